#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signals sent to vigil run from outside of a terminal, as batch systems, scripts and timeout(1) do."""

import collections
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# Prints its pid, then each signal as it comes; ends by itself a second after the last one.
LISTENER = r"""
import os, signal, sys, time
signals = [s for s in signal.valid_signals() if s not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("pid", os.getpid(), flush=True)
quiet = float(sys.argv[1])
while True:
    info = signal.sigtimedwait(signals, quiet)
    if info is None:
        break
    print("got", int(info.si_signo), flush=True)
    quiet = 0.6
print("end", flush=True)
"""


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(") ")[2][0]


class Signals(watched.Case):
    def setUp(self):
        super().setUp()
        self.write("listener.py", LISTENER)

    def listen(self, *prefix, command=None, **options):
        """Start LISTENER under vigil, in a process group of its own; returns vigil's process and the listener's pid."""
        command = command or ["/usr/bin/python3", "listener.py", "5"]
        process = self.start(*prefix, watched.VIGIL, "run", "-q", "-d", "run", "--", *command,
                             stdout=subprocess.PIPE, start_new_session=True, **options)
        return process, int(re.fullmatch(r"pid (\d+)\n", process.stdout.readline())[1])

    def heard(self, process):
        """What the listener got, by number."""
        numbers = [int(line.split()[1]) for line in process.stdout if line.startswith("got")]
        self.assertEqual(process.wait(30), 0)
        return numbers

    def await_state(self, pid, states):
        for _ in range(100):
            if state_of(pid) in states:
                return
            time.sleep(0.05)
        self.fail(f"process {pid} is {state_of(pid)}, not {states}")

    def test_a_signal_to_vigil_alone_is_handed_on_once(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                       signal.SIGALRM, signal.SIGWINCH, signal.SIGRTMIN + 1):
            with self.subTest(number):
                self.directory_name = f"run{number}"
                process = self.start(watched.VIGIL, "run", "-q", "-d", f"run{number}", "--", "/usr/bin/python3",
                                     "listener.py", "5", stdout=subprocess.PIPE, start_new_session=True)
                process.stdout.readline()
                process.send_signal(number)
                self.assertEqual(self.heard(process), [number])

    def test_a_signal_to_the_group_comes_once(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(number):
                process = self.start(watched.VIGIL, "run", "-q", "-d", f"run{number}", "--", "/usr/bin/python3",
                                     "listener.py", "5", stdout=subprocess.PIPE, start_new_session=True)
                process.stdout.readline()
                os.killpg(process.pid, number)
                self.assertEqual(self.heard(process), [number])

    def test_group_and_single_signals_are_distinguished_many_times(self):
        process, _ = self.listen()
        for turn in range(20):
            number = signal.SIGUSR1 if turn % 2 else signal.SIGUSR2
            time.sleep(0.05)  # equal signals that are pending together are one, with vigil and without
            if turn % 3:
                process.send_signal(number)
            else:
                os.killpg(process.pid, number)
            self.assertEqual(process.stdout.readline(), f"got {int(number)}\n", f"turn {turn}")
        self.assertEqual(self.heard(process), [])

    def test_it_dies_of_the_signal_as_the_command_does(self):
        process = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "sh", "-c", "echo x; exec sleep 30",
                             stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), -signal.SIGTERM)

    def test_a_command_that_minds_the_signal_ends_as_it_likes(self):
        process = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "sh", "-c",
                             "trap 'exit 7' TERM; echo x; while :; do sleep 0.05; done", stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), 7)

    def test_under_nohup_a_hang_up_is_ignored(self):
        process = self.start("nohup", watched.VIGIL, "run", "-q", "-d", "run", "--", "sh", "-c",
                             "echo x; sleep 1; exit 3", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(10), 3)

    def test_timeout_ends_it_as_it_ends_the_command(self):
        bare = self.bare("timeout", "0.5", "sleep", "30").returncode
        self.assertEqual(self.bare("timeout", "0.5", watched.VIGIL, "run", "-q", "sleep", "30").returncode, bare)
        bare = self.bare("timeout", "-s", "KILL", "0.5", "sleep", "30").returncode
        self.assertEqual(self.bare("timeout", "-s", "KILL", "0.5", watched.VIGIL, "run", "-q", "sleep", "30").returncode, bare)

    def test_an_alarm_set_before_it_reaches_the_command(self):
        perl = ["perl", "-e", "alarm 1; exec @ARGV"]
        bare = self.bare(*perl, "sleep", "30").returncode
        self.assertEqual(bare, -signal.SIGALRM)
        self.assertEqual(self.bare(*perl, watched.VIGIL, "run", "-q", "sleep", "30").returncode, bare)

    def test_it_stops_and_goes_on_with_the_command(self):
        process, pid = self.listen()
        os.kill(pid, signal.SIGSTOP)
        self.await_state(pid, "T")
        self.await_state(process.pid, "T")
        os.killpg(process.pid, signal.SIGCONT)
        self.await_state(process.pid, "SR")
        self.assertEqual(self.heard(process), [signal.SIGCONT])

    def test_a_shell_above_sees_which_signal_stopped_it(self):
        process, pid = self.listen()
        os.kill(pid, signal.SIGSTOP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        self.assertEqual(os.WSTOPSIG(status), signal.SIGSTOP)
        os.killpg(process.pid, signal.SIGCONT)
        self.heard(process)

    def test_a_command_continued_alone_takes_it_along(self):
        process, pid = self.listen()
        os.kill(pid, signal.SIGSTOP)
        self.await_state(process.pid, "T")
        os.kill(pid, signal.SIGCONT)
        self.await_state(process.pid, "SR")
        self.assertEqual(self.heard(process), [signal.SIGCONT])

    def test_continuing_vigil_alone_continues_the_command(self):
        process, pid = self.listen()
        os.kill(pid, signal.SIGSTOP)
        self.await_state(process.pid, "T")
        os.kill(process.pid, signal.SIGCONT)
        self.await_state(pid, "SR")
        self.assertEqual(self.heard(process), [signal.SIGCONT])

    def test_killing_the_group_leaves_nothing(self):
        process, pid = self.listen()
        os.killpg(process.pid, signal.SIGKILL)
        self.assertEqual(process.wait(10), -signal.SIGKILL)
        for _ in range(100):
            left = self.bare("pgrep", "-g", str(process.pid)).stdout
            if not left:
                break
            time.sleep(0.05)
        self.assertEqual(left, "")

    def test_killing_vigil_leaves_the_command_alone(self):
        process, pid = self.listen(command=["/usr/bin/python3", "listener.py", "1"])
        process.kill()
        self.assertEqual(process.wait(10), -signal.SIGKILL)
        self.assertEqual(process.stdout.read(), "end\n")
        left = self.bare("ps", "-o", "stat=,comm=", "-s", str(process.pid)).stdout.splitlines()
        self.assertEqual([line for line in left if "vigil" in line and not line.startswith("Z")], [])

    def test_killing_the_sentinel_changes_nothing_else(self):
        process, _ = self.listen()
        sentinel = int(self.bare("pgrep", "-P", str(process.pid), "-x", "vigil-sentinel").stdout)
        os.kill(sentinel, signal.SIGKILL)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.heard(process), [signal.SIGTERM])

    def test_a_signal_while_an_event_is_reported_loses_none(self):
        os.mkdir(self.path("run"))
        environment = watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=self.path("run"))
        draw = random.Random(2)
        for _ in range(1000):
            process = subprocess.Popen(["sleep", "9"], env=environment)
            until = time.perf_counter() + draw.uniform(0.0004, 0.002)  # about when it begins
            while time.perf_counter() < until:
                pass
            process.terminate()
            self.assertEqual(process.wait(30), -signal.SIGTERM)
        numbers = collections.defaultdict(list)
        for event in self.events():
            numbers[event["pid"], event["process"]["start_ticks"]].append(event["seq"])
        self.assertEqual([seen for seen in numbers.values() if seen != list(range(len(seen)))], [])

    def test_as_the_init_of_a_pid_namespace_it_ends_like_the_command(self):
        if self.bare("unshare", "--pid", "--fork", "true").returncode != 0:
            self.skipTest("no pid namespaces here")
        ended = self.bare("unshare", "--pid", "--fork", "--mount-proc", watched.VIGIL, "run", "-q", "-d", "run", "--",
                          "sh", "-c", "kill -TERM $$")
        self.assertEqual(ended.returncode, 128 + signal.SIGTERM)

    def test_timeout_ends_a_command_with_a_group_of_its_own(self):
        # It signals its child, and then its group, in which the command is not.
        began = time.monotonic()
        ended = self.bare("timeout", "1", watched.VIGIL, "run", "-q", "-d", "run", "--", "timeout", "20", "sleep", "19")
        self.assertEqual(ended.returncode, 124)
        self.assertLess(time.monotonic() - began, 10)


if __name__ == "__main__":
    tap.main()
