#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vigil stacks of a run on several hosts: each host's monitor answers for its own processes, and who does not is named."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hosts
import tap
import watched

LACK = hosts.missing()

# Waits in a function that its rank chooses, with a thread beside it.
PROGRAM = r"""
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
volatile int counted;
static void *beside(void *nothing) { pause(); return nothing; }
__attribute__((noinline)) static void loads(void) { pause(); counted++; }
__attribute__((noinline)) static void reduces(void) { pause(); counted++; }
int main(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, beside, NULL);
	if (atoi(getenv("RANK")) == 3)
		loads();
	else
		reduces();
	return 0;
}
"""


@unittest.skipIf(LACK, LACK)
class Stacks(watched.Case):
    def setUp(self):
        super().setUp()
        os.chmod(self.directory, 0o755)
        done = subprocess.run(["gcc", "-g", "-O0", "-pthread", "-x", "c", "-", "-o", self.path("solver")], input=PROGRAM, text=True, check=False,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def begin(self, host, number, *how):
        """Two ranks on HOST, below one vigil run, or with HOW below one each."""
        ranks = f"{2 * number} {2 * number + 1}"
        each = f"{watched.VIGIL} run --worker -d run --run-id job17 -q -- ./solver"
        script = f"for r in {ranks}; do RANK=$r WORLD_SIZE=6 {each if 'worker' in how else './solver'} & done; wait"
        command = ["sh", "-c", script]
        if "worker" not in how:
            command = [watched.VIGIL, "run", "-q", "-d", "run", "--run-id", "job17", "--", *command]
        return host.popen(*command, cwd=self.directory, env=watched.environment())

    def ready(self, count):
        """COUNT ranks have begun."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            ranks = {event["rank"] for event in self.so_far() if "rank" in event and event["process"]["program"] == "solver"}
            if len(ranks) == count:
                break
            time.sleep(0.05)
        self.assertEqual(ranks, set(range(count)))
        time.sleep(0.3)

    def so_far(self):
        return watched.events_so_far(self.path("run")) if os.path.isdir(self.path("run")) else []

    def look(self, host, *options):
        process = host.popen(watched.VIGIL, "stacks", *options, "run", cwd=self.directory, env=watched.environment(),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return (process, *process.communicate())

    def end(self, started, *there):
        for host in there:
            host.run("sh", "-c", "kill $(pidof solver) || :")
        self.assertEqual([process.wait() for process in started], [0] * len(started))

    def left(self):
        return [name for name in os.listdir(self.path("run")) if ".stacks" in name]

    def test_all_hosts_answer(self):
        with hosts.Hosts(3, [self.directory]) as all_of_them:
            started = [self.begin(host, i) for i, host in enumerate(all_of_them)]
            self.ready(6)
            process, out, err = self.look(all_of_them[0])
            self.assertEqual((process.returncode, err), (0, ""))
            self.assertRegex(out, r"(?m)^thread \d+ \(solver\) of rank 3 \(process \d+, solver, on n1\), waiting:$\n.*pause.*\n.* loads\+")
            self.assertRegex(out, r"(?m)^5 threads, waiting: (\d+ \(solver\)\s+of\s+rank [01245],?\s+){5}.*pause.*\n.* reduces\+")
            process, out, err = self.look(all_of_them[2], "--json", "--samples=3", "--interval=0.2")
            self.assertEqual((process.returncode, err), (0, ""))
            found = {process["rank"]: process for process in json.loads(out)["processes"] if "rank" in process}
            self.assertEqual(set(found), set(range(6)))
            for rank, own in found.items():
                self.assertEqual(own.get("hostname"), None if rank >= 4 else f"n{rank // 2}")
                self.assertEqual([(thread["samples"], thread["moved"]) for thread in own["threads"]], [(3, False)] * 2)
                names = [frame.get("function") for frame in own["threads"][0]["frames"]]
                self.assertIn("loads" if rank == 3 else "reduces", names)
                self.assertTrue(all(frame["pc"] != "0x0" for frame in own["threads"][0]["frames"]))
            # Who is on none of the hosts sees them all by their monitors.
            done = self.vigil("stacks", "run")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("on n0", done.stdout)
            self.assertEqual(self.left(), [])
            self.end(started, *all_of_them)
        self.assertEqual(self.left(), [])
        # Who looked is no process of the job.
        ranks = {(event["hostname"], event["pid"]) for event in self.events() if "rank" in event and event["rank"] is not None}
        ended = {(event["hostname"], event["pid"]) for event in watched.ends(self.events())}
        self.assertEqual((len(ranks), len(ended), ranks - ended), (6, 9, set()))

    def test_each_of_several_monitors_of_a_host_answers_for_its_own(self):
        with hosts.Hosts(2, [self.directory]) as both:
            started = [self.begin(host, i, "worker") for i, host in enumerate(both)]
            self.ready(4)
            done = self.vigil("stacks", "--json", "run")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            found = [process for process in json.loads(done.stdout)["processes"]]
            self.assertEqual(sorted(process["rank"] for process in found), [0, 1, 2, 3])
            self.assertTrue(all(len(process["threads"]) == 2 for process in found))
            self.end(started, *both)

    def test_a_host_without_a_monitor_is_named(self):
        with hosts.Hosts(2, [self.directory]) as (one, other):
            started = [self.begin(host, i) for i, host in enumerate((one, other))]
            self.ready(4)
            other.run("sh", "-c", "kill -9 $(pgrep -x vigil)")
            started.pop().wait()
            process, out, err = self.look(one)
            self.assertEqual(process.returncode, 1)
            self.assertRegex(err, r"^vigil: host n1: \d of \d processes of the run are not shown: no vigil run on that host has answered for them "
                             r"within 5 seconds\n$")
            self.assertIn("of rank 0", out)
            self.assertNotIn("rank 2", out)
            self.assertEqual(self.left(), [])
            self.end(started, one)
            other.run("sh", "-c", "kill $(pidof solver) || :")

    def test_a_directory_that_cannot_be_written_to_is_named(self):
        with hosts.Hosts(2, [self.directory]) as (one, other):
            started = [self.begin(host, i) for i, host in enumerate((one, other))]
            self.ready(4)
            run = self.path("run")
            script = f"mount --bind {run} {run} && mount -o remount,ro,bind {run} && exec {watched.VIGIL} stacks {run}"
            done = self.bare("unshare", "--mount", "sh", "-c", script)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"(?m)^vigil: host n0: .* cannot be asked, as in .*/run no file can be made: Read-only file system$")
            self.end(started, one, other)

    def test_nothing_is_left_of_a_command_that_was_ended(self):
        with hosts.Hosts(1, [self.directory]) as (one,):
            started = [self.begin(one, 0)]
            self.ready(2)
            command = self.start(watched.VIGIL, "stacks", "--samples=100", "run", stdout=subprocess.PIPE)
            time.sleep(1.5)
            self.assertTrue(self.left())
            command.send_signal(signal.SIGTERM)
            self.assertEqual(command.wait(), -signal.SIGTERM)
            self.assertEqual([name for name in self.left() if "answer" not in name], [])
            time.sleep(1.2)
            self.assertEqual(self.left(), [])
            self.assertEqual(one.run("sh", "-c", "pgrep -fc '[v]igil stacks' || :"), "0\n")
            self.end(started, one)

    def request(self, name, text, owner):
        """Put it into the run directory in one step, as the monitor looks at once: a file that is there has its owner and its text."""
        self.write("request", text)
        os.chown(self.path("request"), owner, owner)
        os.rename(self.path("request"), self.path(f"run/.stacks-request-{name}"))

    def test_a_request_of_somebody_else_is_not_answered(self):
        with hosts.Hosts(1, [self.directory]) as (one,):
            started = [self.begin(one, 0)]
            self.ready(2)
            for name, text, owner in (("0123456789abcdef", "1 1000 x\n", 65534), ("0123456789abcde0", "1 1000\n", 0),
                                      ("0123456789abcde1", "9999999 1000 x\n", 0), ("0123456789abcde4", "1 0 x\n", 0),
                                      ("0123456789abcde5", "", 0), ("0123", "1 1000 x\n", 0), ("", "1 1000 x\n", 0)):
                self.request(name, text, owner)
            os.mkfifo(self.path("run/.stacks-request-0123456789abcde2"))
            os.symlink("/etc/passwd", self.path("run/.stacks-request-0123456789abcde3"))
            # One of our own is, after them.
            self.request("fedcba9876543210", "1 1 x\n", 0)
            until = time.monotonic() + 60
            while not self.answers("fedcba9876543210") and time.monotonic() < until:
                time.sleep(0.05)
            os.unlink(self.path("run/.stacks-request-fedcba9876543210"))
            time.sleep(1.2)
            answers = self.answers()
            self.assertEqual((len(answers), answers), (1, self.answers("fedcba9876543210")))
            done = self.vigil("stacks", "run")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.end(started, one)

    def answers(self, name=""):
        return [left for left in self.left() if f"answer-{name}" in left and not left.endswith(".part")]


if __name__ == "__main__":
    tap.main()
