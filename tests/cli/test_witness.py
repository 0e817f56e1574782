#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What vigil run tells of processes that cannot speak and that it does not wait for.

The launcher here is a static program: vigil is not in it, so that nobody but vigil run sees how its children end.
"""

import collections
import glob
import json
import os
import pathlib
import platform
import random
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
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
	usleep(argc > 2 ? atoi(argv[2]) : 100000);
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

# Takes memory until it is stopped.
GREEDY = r"""
#include <stdlib.h>
#include <string.h>

int main(void)
{
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
        """The ends that were told by others, by pid."""
        told = collections.defaultdict(list)
        for event in watched.ends(self.events(name)):
            if event["source"] == "AGENT":
                told[event["pid"]].append(event)
        return told

    def report(self, name="run"):
        return json.loads(self.vigil("report", "--json", name).stdout)

    def assert_all_ended(self, name="run"):
        """Every process that is known has an end, and no two others told of it."""
        begun = collections.defaultdict(set)
        for event in self.events(name):
            begun[event["pid"]].add(event["process"].get("start_ticks"))
        twice = {pid: [(end_of(event), event["process"].get("start_ticks")) for event in events]
                 for pid, events in self.agents(name).items() if len(events) > max(1, len(begun[pid] - {None}))}
        self.assertEqual(twice, {})
        report = self.report(name)
        self.assertEqual(report["processes"]["unfinished"], 0)
        return report

    def assert_told(self, pid, end, name="run"):
        """Somebody else, one alone, told END of PID; where the kernel keeps no status, perhaps only that it is gone."""
        (event,) = self.agents(name)[pid]
        if KEEPS_STATUS or event["cause"] != "vanished":
            self.assertEqual(end_of(event), end)
        return event


class Ends(Case):
    def assert_rank(self, script, end):
        """Rank 1, whose pid is in the file 1, ends as END says, and the report names it."""
        ended = self.launch("sleep 0.4", "echo $$ >1; " + script)
        self.assertEqual(ended.returncode, 0 if end == (None, 0, None) else 1)
        event = self.assert_told(self.pid_in("1"), end)
        self.assertEqual((event["rank"], event["leader"]), (1, True))
        report = self.assert_all_ended()
        (rank,) = [rank for rank in report["attempts"][-1]["ranks"] if rank["rank"] == 1]
        self.assertEqual(rank["state"], event["node_state"])
        if end[0] is not None:
            self.assertEqual(report["attempts"][-1]["root_cause"]["rank"], 1)
        return event

    def test_a_rank_that_somebody_kills(self):
        ended = self.launch("echo $$ >0; exec sleep 9", WAIT_FOR % 0 + "kill -9 $(cat 0)")
        self.assertEqual(ended.returncode, 1)
        event = self.assert_told(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assertEqual((event["rank"], event["leader"], event["process"]["program"]), (0, True, "sleep"))
        self.assertEqual(event["teller"]["comm"], "vigil")
        cause = self.assert_all_ended()["attempts"][-1]["root_cause"]
        self.assertEqual((cause["rank"], cause["cause"]), (0, event["cause"]))

    def test_it_is_told_of_when_it_happened(self):
        self.launch("echo $$ >0; exec sleep 9", WAIT_FOR % 0 + "date +%s%N >before; kill -9 $(cat 0); date +%s%N >after; sleep 0.5")
        event = self.assert_told(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assertGreater(event["time_us"], self.pid_in("before") // 1000)
        self.assertLess(event["time_us"], self.pid_in("after") // 1000 + 100_000)

    def test_it_is_told_of_while_the_job_goes_on(self):
        self.launch("echo $$ >0; exec sleep 9", WAIT_FOR % 0 + "kill -9 $(cat 0); sleep 0.5; cat run/*.jsonl >middle")
        with open(self.path("middle"), encoding="utf-8") as file:
            seen = [json.loads(line) for line in file]
        self.assertEqual([event["pid"] for event in seen if event["source"] == "AGENT"], [self.pid_in("0")])

    def test_a_raw_exit(self):
        self.build("raw", RAW)
        self.assert_rank("exec ./raw 7", ("exit", 7, None))

    def test_a_raw_exit_with_status_0(self):
        self.build("raw", RAW)
        self.assert_rank("exec ./raw 0", (None, 0, None))

    def test_a_static_program(self):
        self.build("static", PLAIN, "-static")
        self.assert_rank("exec ./static 6", ("exit", 6, None))

    def test_a_static_program_below_a_shell(self):
        # The shell tells its own end, and what it waited for may tell the other's.
        self.build("static", PLAIN, "-static")
        ended = self.launch("true", "./static 6; exit 6")
        self.assertEqual(ended.returncode, 1)
        self.assert_all_ended()

    def test_a_static_program_that_is_the_command(self):
        self.build("static", PLAIN, "-static")
        self.assertEqual(self.run_quietly("./static", "127").returncode, 127)
        (event,) = self.events()
        self.assertEqual(end_of(event), ("exit", 127, None))  # vigil was not in it: nobody knows more

    def test_a_go_program(self):
        go = watched.BUILD / "tests" / "victims" / "go" / "pure"
        if not os.access(go, os.X_OK):
            self.skipTest("golang-go is not here")
        self.launch("true", f"echo $$ >1; exec {go} panic")
        (event,) = self.agents()[self.pid_in("1")]
        self.assertIn(end_of(event), ((("exit", 2, None)), ("vanished", None, None)))
        self.assert_all_ended()

    def test_an_emptied_environment(self):
        self.build("plain", PLAIN)
        self.assert_rank("exec env -i ./plain 5", ("exit", 5, None))

    def test_a_program_that_clears_ld_preload(self):
        self.build("plain", PLAIN)
        self.assert_rank("unset LD_PRELOAD; exec ./plain 5", ("exit", 5, None))

    def test_a_set_user_id_program(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to make one that is not its caller's")
        self.build("plain", PLAIN)
        os.chmod(self.directory, 0o755)
        os.chown(self.path("plain"), 65534, 65534)
        os.chmod(self.path("plain"), 0o4755)
        self.assert_rank("exec ./plain 5", ("exit", 5, None))

    def test_a_fault_after_vigil_has_gone(self):
        self.assert_rank("unset LD_PRELOAD; exec sh -c 'sleep 0.1; kill -SEGV $$'", ("fault", None, "SIGSEGV"))

    def test_vfork_and_exec_by_a_program_that_vigil_is_in(self):
        self.build("raw", RAW)
        self.run_quietly("/usr/bin/python3", "-c", "import subprocess, time; p = subprocess.Popen(['./raw', '7']); "
                         "print(p.pid, file=open('pid', 'w'), flush=True); time.sleep(0.3); p.wait()")
        self.assert_told(self.pid_in("pid"), ("exit", 7, None))
        self.assert_all_ended()

    def test_a_daemon_by_two_forks(self):
        self.run_quietly("sh", "-c", "(setsid sh -c 'echo $$ >0; exec sleep 9' &); " + WAIT_FOR % 0 + "kill -9 $(cat 0); sleep 0.1")
        event = self.assert_told(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assertEqual(event["process"]["program"], "sleep")
        self.assert_all_ended()

    def test_numbers_of_another_namespace_are_nobodys(self):
        script = "echo $$ >pid; sleep 0.6 & sleep 0.5; cat run/*.jsonl >middle; wait; exit 2"
        ended = self.run_quietly("unshare", "-p", "-f", "--mount-proc", "sh", "-c", script)
        if ended.returncode != 2:
            self.skipTest("no pid namespaces here")
        self.assertEqual(self.pid_in("pid"), 1)
        self.assertEqual(len(self.agents()), 1)  # unshare itself, the command
        self.assert_all_ended()

    def test_a_daemon_of_another_namespace_lives_on(self):
        script = "setsid sh -c 'echo >begun; sleep 2' >/dev/null 2>&1 & " + WAIT_FOR % "begun" + "exec sleep 2"
        ended = self.run_quietly("sh", "-c", f'unshare -p -f --mount-proc sh -c "$1" >/dev/null 2>&1 & {WAIT_FOR % "begun"} :', "sh", script)
        if not os.path.exists(self.path("begun")):
            self.skipTest("no pid namespaces here")
        self.assertEqual(ended.returncode, 0)
        self.assertEqual([event["name"] for events in self.agents().values() for event in events], ["dash:wait"])

    def test_a_stopped_process_has_not_ended(self):
        self.launch("echo $$ >0; exec sleep 9",
                    WAIT_FOR % 0 + "kill -STOP $(cat 0); sleep 0.4; cat run/*.jsonl >middle; kill -9 $(cat 0)")
        with open(self.path("middle"), encoding="utf-8") as file:
            self.assertEqual([event for event in map(json.loads, file) if event["node_state"] in ("SUCCEEDED", "FAILED")
                              and event["rank"] == 0], [])
        self.assert_told(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assert_all_ended()

    def test_a_zombie_that_nobody_waits_for(self):
        # Its parent is a daemon that outlives the run, and never asks.
        self.build("careless", CARELESS, "-static")
        self.run_quietly("sh", "-c", f"setsid ./careless >/dev/null 2>&1 & {WAIT_FOR % 'pid'} sleep 0.3")
        self.assert_told(self.pid_in("pid"), ("killed", None, "SIGKILL"))

    def test_of_whom_a_waiter_tells_vigil_run_does_not(self):
        script = "import subprocess, time\nfor i in range(20):\n    p = subprocess.Popen(['sleep', '9']); " \
                 "print(p.pid, file=open('pids', 'a')); time.sleep(0.02); p.kill(); p.wait()\ntime.sleep(0.4)"
        self.run_quietly("/usr/bin/python3", "-c", script)
        with open(self.path("pids"), encoding="utf-8") as file:
            for pid in map(int, file):
                event = self.assert_told(pid, ("killed", None, "SIGKILL"))
                self.assertNotEqual(event.get("teller", {}).get("comm"), "vigil")

    def test_a_whole_group_that_is_killed(self):
        self.launch("exec setsid sh -c 'sleep 9 & sleep 9 & echo $$ >0; wait'", WAIT_FOR % 0 + "kill -9 -$(cat 0); sleep 0.3")
        killed = [event for events in self.agents().values() for event in events if event["rank"] == 0]
        self.assertEqual({end_of(event) for event in killed}, {("killed", None, "SIGKILL")})
        self.assertEqual(sorted(event["process"]["program"] for event in killed)[-2:], ["sleep", "sleep"])
        self.assertEqual(len(killed), 3)
        self.assert_all_ended()

    def test_a_launcher_that_is_killed(self):
        ended = self.launch("exec >/dev/null 2>&1; sleep 1; exit 0", "exec >/dev/null 2>&1; sleep 0.2; kill -9 $PPID; sleep 1; exit 3")
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        report = self.report()
        self.assertGreaterEqual(report["processes"]["unfinished"], 2)  # they live on
        time.sleep(1.5)
        self.assert_all_ended()  # and told their ends themselves

    def test_vigil_run_that_is_killed(self):
        process = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "./launch", "echo $$ >0; sleep 0.5; exit 3")
        while not os.path.exists(self.path("0")):
            time.sleep(0.01)
        process.kill()
        time.sleep(1)
        told = [event for event in watched.ends(self.events()) if event["pid"] == self.pid_in("0")]
        self.assertEqual([(event["source"], end_of(event)) for event in told], [("WORKER", ("exit", 3, None))])


class Beginnings(Case):
    """Programs that could not be started."""

    def needs(self):
        self.build("libgone.so", "int gone(void) { return 0; }", "-shared", "-fPIC")
        self.build("needs", "int gone(void); int main(void) { return gone(); }", self.path("libgone.so"))
        os.unlink(self.path("libgone.so"))

    def test_a_command_that_lacks_a_library(self):
        self.needs()
        ended = self.vigil("run", "-d", "run", "--", "./needs")
        self.assertEqual(ended.returncode, 127)
        self.assertIn("libgone.so", ended.stderr)  # ld.so's own words
        (event,) = self.events()
        self.assertEqual(end_of(event), ("exec_failed", 127, None))
        cause = self.report()["attempts"][-1]["root_cause"]
        self.assertEqual((cause["program"], cause["cause"]), ("needs", "exec_failed"))

    def test_a_rank_that_lacks_a_library(self):
        self.needs()
        self.assertEqual(self.launch("sleep 0.3", "echo $$ >1; exec ./needs").returncode, 1)
        (event,) = self.agents()[self.pid_in("1")]
        self.assertIn(end_of(event), (("exit", 127, None), ("exec_failed", 127, None), ("vanished", None, None)))
        self.assertEqual(self.assert_all_ended()["attempts"][-1]["root_cause"]["rank"], 1)

    def test_a_command_that_ends_with_127_itself(self):
        self.build("plain", PLAIN)
        self.assertEqual(self.run_quietly("./plain", "127").returncode, 127)
        (event,) = self.agents().popitem()[1]
        self.assertEqual(end_of(event), ("exit", 127, None))

    def test_a_command_that_a_shell_does_not_find(self):
        self.assertEqual(self.run_quietly("sh", "-c", "./nosuch").returncode, 127)
        self.assert_all_ended()

    def test_a_disabled_vigil_knows_no_reason(self):
        self.needs()
        self.assertEqual(self.run_quietly("./needs", env=watched.environment(VIGIL_DISABLE="1")).returncode, 127)
        (event,) = self.events()
        self.assertEqual(end_of(event), ("exit", 127, None))


class Memory(Case):
    """Processes that the kernel kills for lack of memory, in a cgroup made for that."""

    LIMIT = 24 * 1024 * 1024

    def group(self):
        """A new memory cgroup, and whether it is of v2."""
        for mount, line in (("/sys/fs/cgroup/memory", "memory"), ("/sys/fs/cgroup", "")):
            unified = line == ""
            try:
                with open("/proc/self/cgroup", encoding="utf-8") as file:
                    own = next(path for _, names, path in (entry.rstrip("\n").split(":", 2) for entry in file)
                               if line in names.split(","))
                path = f"{mount}{own.rstrip('/')}/vigil-test-{os.getpid()}-{random.randrange(10**6)}"
                os.mkdir(path)
                self.addCleanup(os.rmdir, path)
                with open(f"{path}/memory.max" if unified else f"{path}/memory.limit_in_bytes", "w", encoding="utf-8") as file:
                    file.write(str(self.LIMIT))
                return path, unified
            except (OSError, StopIteration):
                continue
        self.skipTest("no memory cgroup can be made here")

    def enter(self, group):
        return f"echo $$ >{group}/cgroup.procs; "

    def test_a_rank_without_memory(self):
        group, _ = self.group()
        self.build("greedy", GREEDY)
        self.launch("sleep 0.5", self.enter(group) + "echo $$ >1; exec ./greedy")
        event = self.assert_told(self.pid_in("1"), ("oom", None, "SIGKILL"))
        self.assertEqual(event["oom"]["kills_after"] - event["oom"]["kills_before"], 1)
        self.assertTrue(group.endswith(event["oom"]["cgroup"]), event["oom"])
        cause = self.assert_all_ended()["attempts"][-1]["root_cause"]
        self.assertEqual((cause["rank"], cause["cause"]), (1, "oom"))

    def test_a_rank_without_memory_below_a_launcher_that_waits(self):
        # The launcher, in which vigil is, tells of SIGKILL; why it came, it does not know.
        group, _ = self.group()
        self.build("greedy", GREEDY)
        self.run_quietly("/usr/bin/python3", "-c", "import subprocess, sys, time; p = subprocess.Popen(['sh', '-c', sys.argv[1]]); "
                         "p.wait(); time.sleep(0.3); sys.exit(1)", self.enter(group) + "echo $$ >1; export RANK=1 WORLD_SIZE=2; exec ./greedy")
        self.assertIn(("oom", None, "SIGKILL"), [end_of(event) for event in self.agents()[self.pid_in("1")]])
        self.assertEqual(self.report()["attempts"][-1]["root_cause"]["cause"], "oom")

    def test_who_is_killed_later_had_memory(self):
        group, _ = self.group()
        self.build("greedy", GREEDY)
        self.launch(self.enter(group) + "echo $$ >0; exec sleep 9", self.enter(group) + WAIT_FOR % 0 + "echo $$ >1; exec ./greedy",
                    WAIT_FOR % 1 + "sleep 0.5; kill -9 $(cat 0)")
        self.assert_told(self.pid_in("1"), ("oom", None, "SIGKILL"))
        self.assert_told(self.pid_in("0"), ("killed", None, "SIGKILL"))

    def test_a_command_without_memory(self):
        group, _ = self.group()
        self.build("greedy", GREEDY)
        ended = self.run_quietly("sh", "-c", self.enter(group) + "exec ./greedy")
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        ((event,),) = self.agents().values()
        self.assertEqual(end_of(event), ("oom", None, "SIGKILL"))

    def test_a_group_that_is_killed_as_one(self):
        group, unified = self.group()
        if not unified:
            self.skipTest("memory.oom.group is of cgroup v2")
        with open(f"{group}/memory.oom.group", "w", encoding="utf-8") as file:
            file.write("1")
        self.build("greedy", GREEDY)
        self.launch(self.enter(group) + "echo $$ >0; exec sleep 9", self.enter(group) + WAIT_FOR % 0 + "echo $$ >1; exec ./greedy",
                    "sleep 0.6")
        for name in ("0", "1"):
            self.assert_told(self.pid_in(name), ("oom", None, "SIGKILL"))


class Nested(Case):
    """Several vigil runs, one run."""

    def test_two_share_one_run_and_one_verdict(self):
        ended = self.vigil("run", "-d", "run", "--", watched.VIGIL, "run", "--", "sh", "-c", "exit 3")
        self.assertEqual(ended.returncode, 3)
        self.assertEqual(len(re.findall(r"failed first", ended.stderr)), 1, ended.stderr)
        self.assertNotIn(next(iter(glob.glob(self.path("vigil-*"))), "none"), ended.stderr)
        self.assertEqual(len({event["run_id"] for event in self.events()}), 1)
        self.assertNotIn("WORKER", {event["source"] for event in self.events() if event["process"]["program"] == "vigil"})
        self.assert_all_ended()

    def test_what_ends_below_both_is_told_once(self):
        rank = "echo $$ >>pids; exec sleep 9"
        last = "while [ $(wc -l <pids) -lt 20 ]; do sleep 0.05; done; sleep 0.2; kill -9 $(cat pids); sleep 0.5"
        self.run_quietly(watched.VIGIL, "run", "--", "./launch", *[rank] * 20, last)
        with open(self.path("pids"), encoding="utf-8") as file:
            for pid in map(int, file):
                self.assert_told(pid, ("killed", None, "SIGKILL"))
        self.assert_all_ended()

    def test_the_inner_one_says_its_verdict_when_asked_to(self):
        ended = self.run_quietly(watched.VIGIL, "run", "--report=always", "--", "true")
        self.assertIn("succeeded", ended.stderr)

    def test_another_directory_is_another_run(self):
        ended = self.run_quietly(watched.VIGIL, "run", "-d", "other", "--", "sh", "-c", "exit 3")
        self.assertIn("failed first", ended.stderr)
        ids = [{event["run_id"] for event in self.events(name)} for name in ("run", "other")]
        self.assertEqual([len(one) for one in ids], [1, 1])
        self.assertNotEqual(*ids)

    def test_the_same_directory_is_the_same_run(self):
        ended = self.run_quietly(watched.VIGIL, "run", "-d", "./run/../run", "--", "sh", "-c", "exit 3")
        self.assertEqual((ended.returncode, ended.stderr), (3, ""))
        self.assertEqual(len({event["run_id"] for event in self.events()}), 1)

    def test_a_new_run_when_asked_for(self):
        self.run_quietly(watched.VIGIL, "run", "--new", "-q", "--", "true")
        (other,) = glob.glob(self.path("vigil-*"))
        self.assertIn("true", {event["process"]["program"] for event in self.events(other)})

    def test_a_directory_that_is_gone_is_not_shared(self):
        env = watched.environment(VIGIL_DIR=self.path("gone"), VIGIL_RUN_ID="abc")
        self.assertEqual(self.vigil("run", "-q", "--", "true", env=env).returncode, 0)
        self.assertEqual(len(glob.glob(self.path("vigil-*"))), 1)

    def test_a_directory_that_cannot_be_written_is_refused(self):
        os.mkdir(self.path("run"), 0o755)
        env = watched.environment(VIGIL_DIR="/proc/self", VIGIL_RUN_ID="abc")
        ended = self.vigil("run", "-q", "--", "touch", "started", env=env)
        if os.geteuid() == 0 and ended.returncode == 0:
            self.skipTest("root may write everywhere")
        self.assertEqual(ended.returncode, 125)
        self.assertRegex(ended.stderr, r"^vigil: /proc/self: .*; nothing was started\n$")


class Worker(Case):
    """A witness for each task of a step."""

    def task(self, rank, *command, **more):
        env = watched.environment(SLURM_JOB_ID="77", SLURM_STEP_ID="3", SLURM_PROCID=str(rank), SLURM_LOCALID=str(rank),
                                  SLURM_NTASKS="3", **more)
        return self.start(watched.VIGIL, "run", "--worker", "--", *command, env=env, stdout=-1, stderr=-1)

    def test_all_tasks_of_a_step_record_into_one_directory(self):
        self.build("raw", RAW)
        tasks = [self.task(0, "true"), self.task(1, "./raw", "7"), self.task(2, "sh", "-c", "sleep 0.3; kill -9 $$")]
        self.assertEqual([(*task.communicate(), task.returncode) for task in tasks],
                         [("", "", 0), ("", "", 7), ("", "", -signal.SIGKILL)])
        records = self.events("vigil-77.3")
        self.assertEqual({event["run_id"] for event in records}, {"77.3"})
        leaders = {(event["rank"], event["pid"]) for event in records if event["leader"] and event["node_state"] == "INIT"}
        self.assertEqual(sorted(rank for rank, _ in leaders), [0, 1, 2])
        report = self.assert_all_ended("vigil-77.3")
        self.assertEqual([rank["state"] for rank in report["attempts"][-1]["ranks"]], ["SUCCEEDED", "FAILED", "FAILED"])
        self.assertEqual((report["outcome"], report["attempts"][-1]["root_cause"]["rank"]), ("FAILED", 1))

    def test_below_another_it_records_there(self):
        self.run_quietly("./launch", f"exec {watched.VIGIL} run --worker -- sh -c 'echo $$ >0; kill -9 $$'",
                         f"exec {watched.VIGIL} run --worker -- ./launch 'echo $$ >1; sleep 0.3; kill -9 $$'")
        self.assertEqual(glob.glob(self.path("vigil-*")), [])
        for name in ("0", "1"):
            self.assert_told(self.pid_in(name), ("killed", None, "SIGKILL"))
        report = self.assert_all_ended()
        self.assertEqual({rank["rank"]: rank["state"] for rank in report["attempts"][-1]["ranks"]}[0], "FAILED")
        self.assertEqual(len(self.agents()[self.pid_in("0")]), 1)

    def test_without_a_step_it_is_refused(self):
        ended = self.vigil("run", "--worker", "--", "touch", "started")
        self.assertEqual(ended.returncode, 125)
        self.assertRegex(ended.stderr, r"^vigil: --worker: .*; nothing was started\n$")
        self.assertFalse(os.path.exists(self.path("started")))

    def test_a_signal_to_every_process_of_a_task_comes_once(self):
        script = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: print('term', flush=True)); " \
                 "print('ready', flush=True); time.sleep(1.5); sys.exit(4)"
        for pause in (0, 0.001, 0.02):
            with self.subTest(pause=pause):
                task = self.task(0, "/usr/bin/python3", "-c", script)
                self.assertEqual(task.stdout.readline(), "ready\n")
                for pid in self.family(task.pid):
                    os.kill(pid, signal.SIGTERM)
                    time.sleep(pause)
                self.assertEqual((task.communicate()[0], task.returncode), ("term\n", 4))

    def test_a_signal_to_the_witness_alone_reaches_the_task(self):
        task = self.task(0, "/usr/bin/python3", "-c", "import time; print('ready', flush=True); time.sleep(9)")
        self.assertEqual(task.stdout.readline(), "ready\n")
        task.terminate()
        self.assertEqual(task.wait(), -signal.SIGTERM)

    @staticmethod
    def family(pid):
        """PID and its children, in the order of their numbers, as slurmstepd's linuxproc has them."""
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            return [pid, *map(int, file.read().split())]


class Cost(Case):
    def test_nobody_wakes_while_nothing_happens(self):
        process = self.start(watched.VIGIL, "run", "-q", "-d", "idle", "--", "./launch", "exec sleep 30")
        time.sleep(0.7)
        before = self.switches(process.pid)
        time.sleep(1.5)
        self.assertEqual(self.switches(process.pid), before)
        process.terminate()

    @staticmethod
    def switches(pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return re.findall(r"ctxt_switches:\t(\d+)", file.read())

    def test_the_command_keeps_its_limit_of_descriptors(self):
        ended = self.bare("sh", "-c", f"ulimit -Sn 50; exec {watched.VIGIL} run -q -d run -- sh -c 'ulimit -Sn; ulimit -Hn'")
        hard = self.bare("sh", "-c", "ulimit -Hn").stdout
        self.assertEqual(ended.stdout, "50\n" + hard)

    def kill_many(self, limit):
        """How a hundred sleeping ranks ended, which were killed together."""
        rank = "echo $$ >>pids; exec sleep 30"
        last = "while [ $(wc -l <pids) -lt 100 ]; do sleep 0.05; done; sleep 0.3; kill -9 $(cat pids); sleep 0.5"
        self.bare("sh", "-c", f'ulimit {limit}; exec {watched.VIGIL} run -q -d run -- ./launch "$@"', "sh", *[rank] * 100, last)
        self.assert_all_ended()
        told = self.agents()
        with open(self.path("pids"), encoding="utf-8") as file:
            return collections.Counter(end_of(event)[0] for pid in file for event in told[int(pid)])

    def test_the_hard_limit_is_used(self):
        causes = self.kill_many("-Sn 50")
        self.assertEqual(causes["killed"] + (0 if KEEPS_STATUS else causes["vanished"]), 100)

    def test_what_is_beyond_the_hard_limit_has_an_end_all_the_same(self):
        causes = self.kill_many("-n 50")
        self.assertEqual(causes["killed"] + causes["vanished"], 100)
        self.assertGreater(causes["vanished"], 30)


class Trees(Case):
    """A thousand processes that end in every way, many of them at a random moment.

    VIGIL_SOAK=100 runs a hundred of them, each with another seed.
    """

    TREE = r"""
import os, random, signal, subprocess, sys, time
draw = random.Random(int(sys.argv[1]))
kinds = [["true"], ["sh", "-c", "exit 3"], ["sleep", "0.05"], ["sleep", "5"], ["./raw", "7", "1000"], ["./static", "8"],
         ["./raw", "0", "0"], ["env", "-i", "sleep", "0.02"], ["sh", "-c", "kill -SEGV $$"], ["sh", "-c", "kill -KILL $$"],
         ["sh", "-c", "sleep 5 & sleep 5 & wait"], ["sh", "-c", "(setsid sleep 0.1 &); exit 0"], ["sh", "-c", "exec ./static 9"],
         ["sh", "-c", "./nosuch"], ["sh", "-c", "unset LD_PRELOAD; exec sleep 5"], ["sh", "-c", "exec ./raw 5 0"],
         ["./launch", "sleep 5", "kill -9 $$", "exec ./raw 3 500", "exit 2"], ["sh", "-c", "trap '' TERM; sleep 0.2"],
         ["sh", "-c", "kill -STOP $$; sleep 5"]]
live, sessions = [], []

def kill(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass

for i in range(700):
    live.append(subprocess.Popen(draw.choice(kinds), stderr=subprocess.DEVNULL, start_new_session=True))
    sessions.append(live[-1].pid)
    if len(live) > 40:
        one = live.pop(draw.randrange(len(live)))
        time.sleep(draw.random() * 0.002)
        if draw.random() < 0.8:
            kill(one.pid)
        one.kill()
        one.wait()
for session in sessions:
    kill(session)
for one in live:
    one.kill()
    one.wait()
time.sleep(0.4)
"""

    def test_every_process_of_a_thousand_has_one_end(self):
        self.build("raw", RAW)
        self.build("static", PLAIN, "-static")
        self.write("tree.py", self.TREE)
        for seed in range(int(os.environ.get("VIGIL_SOAK", "1"))):
            with self.subTest(seed=seed):
                name = f"run{seed}"
                ended = self.vigil("run", "-q", "-d", name, "--", "/usr/bin/python3", "tree.py", str(seed))
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                report = self.assert_all_ended(name)
                self.assertGreater(report["processes"]["seen"], 900)
                self.assertGreater(sum(event["teller"]["comm"] == "vigil" for events in self.agents(name).values()
                                       for event in events if "teller" in event), 50)


if __name__ == "__main__":
    tap.main()
