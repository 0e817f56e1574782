# SPDX-License-Identifier: Apache-2.0
"""Processes whose ends nobody but vigil run sees: their launcher is a static program, in which vigil is not."""

import collections
import json
import platform
import re

import watched

# Each argument is a rank: a script of sh's.
LAUNCH = r"""
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char rank[16], size[16];
	int status, failed = 0;

	snprintf(size, sizeof size, "%d", argc - 1);
	setenv("WORLD_SIZE", size, 1);
	for (int i = 1; i < argc; i++) {
		snprintf(rank, sizeof rank, "%d", i - 1);
		setenv("RANK", rank, 1);
		setenv("LOCAL_RANK", rank, 1);
		if (vfork() == 0) {
			execl("/bin/sh", "sh", "-c", argv[i], (char *)0);
			_exit(127);
		}
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}
"""

# Lives for a moment, then ends with a status that no function of libc's hears of.
RAW = r"""
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	usleep(argc > 2 ? atoi(argv[2]) : 200000);
	return syscall(SYS_exit_group, atoi(argv[1]));
}
"""

# A busy main, which ends on its own in time.
PLAIN = r"""
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	usleep(100000);
	return argc > 1 ? atoi(argv[1]) : 0;
}
"""

# Kills its child, and goes on.
CARELESS = r"""
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	FILE *file = fopen("pid.new", "w");
	pid_t pid = vfork();

	if (pid == 0) {
		execlp("sleep", "sleep", "9", (char *)0);
		_exit(127);
	}
	usleep(100000);
	kill(pid, SIGKILL);
	fprintf(file, "%d\n", (int)pid);
	fclose(file);
	rename("pid.new", "pid");
	sleep(3);
	return 0;
}
"""

# Once its parent is gone, and the microseconds are over, it is killed by itself; vigil is in it.
LATE = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	FILE *file = fopen(argv[1], "w");

	fprintf(file, "%d\n", (int)getpid());
	fclose(file);
	while (getppid() == parent)
		usleep(1000);
	usleep(atoi(argv[2]));
	return kill(getpid(), SIGKILL);
}
"""

# Takes memory until it is stopped, but not before a busy machine's vigil run has seen where it is.
GREEDY = r"""
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	usleep(300000);
	for (;;)
		memset(malloc(1 << 20), 1, 1 << 20);
}
"""

WAIT_FOR = "while ! [ -s %s ]; do sleep 0.01; done; sleep 0.1; "

# From here on the kernel keeps the status for who holds a pidfd, so that it is always known.
KEEPS_STATUS = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2]) >= (6, 15)


def end_of(event):
    """What matters of an end: its cause, its exit code or its signal's name."""
    return event.get("cause"), event.get("exit", {}).get("code"), event.get("signal", {}).get("name")


def is_by_vigil_run(event):
    """Whether vigil run reported it, and not a waiter that vigil is in."""
    return event.get("teller", {}).get("comm") == "vigil"


class Case(watched.Case):
    def setUp(self):
        super().setUp()
        self.build("launch", LAUNCH, "-static")

    def build(self, name, source, *flags):
        self.write(f"{name}.c", source)
        built = self.bare("gcc", "-w", "-O1", "-o", name, f"{name}.c", *flags)
        self.assertEqual(built.returncode, 0, built.stderr)

    def launch(self, *ranks, **options):
        return self.run_quietly("./launch", *ranks, **options)

    def pid_in(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return int(file.read())

    def agents(self, name="run"):
        """The ends that were reported by others, by pid."""
        reported = collections.defaultdict(list)
        for event in watched.ends(self.events(name)):
            if event["source"] == "AGENT":
                reported[event["pid"]].append(event)
        return reported

    def report(self, name="run"):
        return json.loads(self.vigil("report", "--json", name).stdout)

    def assert_all_ended(self, name="run"):
        """Every process that is known has an end, and no two others reported it."""
        begun = collections.defaultdict(set)
        for event in self.events(name):
            begun[event["pid"]].add(event["process"].get("start_ticks"))
        twice = {pid: [(end_of(event), event["process"].get("start_ticks")) for event in events]
                 for pid, events in self.agents(name).items() if len(events) > max(1, len(begun[pid] - {None}))}
        self.assertEqual(twice, {})
        report = self.report(name)
        self.assertEqual(report["processes"]["unfinished"], 0)
        return report

    def assert_reported(self, pid, end, name="run"):
        """Somebody else, one alone, reported END of PID; where the kernel keeps no status, perhaps only that it is gone."""
        (event,) = self.agents(name)[pid]
        if KEEPS_STATUS or event["cause"] != "vanished":
            self.assertEqual(end_of(event), end)
        return event
