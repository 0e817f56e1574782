#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Between two signals that a program sends one after the other, the preload makes no system call that takes time; what was sent is reported
before the sender's end all the same."""

import os
import pathlib
import re
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# What is asked of the kernel in between, by sigqueue() of libc's too: each reads a number, in less than 0.1 us.
QUESTIONS = {"getpid", "getpgid", "getuid", "clock_gettime"}
SENDS = {"kill": "kill", "group": "kill", "killpg": "kill", "tgkill": "tgkill", "sigqueue": "rt_sigqueueinfo",
         "pidfd": "pidfd_send_signal", "call": "kill", "call_of_thread": "tgkill", "call_of_pidfd": "pidfd_send_signal",
         "own_group": "kill"}
VICTIM = str(watched.BUILD / "tests" / "victims" / "pending")
TWICE = str(watched.BUILD / "tests" / "victims" / "sends_twice")
ANSWERED = str(watched.BUILD / "tests" / "victims" / "answered")


class Order(watched.Case):
    def test_what_was_sent_is_reported_before_the_end(self):
        for end in ("exit", "_exit", "quick_exit", "abort", "fault", "term", "term_to_own_group"):
            with self.subTest(end):
                directory = self.path(end)
                os.mkdir(directory)
                self.bare(VICTIM, "then", end, env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=directory))
                events = watched.events(directory)
                sent = [i for i, event in enumerate(events) if event["name"].endswith(":kill")]
                sender = events[sent[0]]["teller"]["pid"]
                ends = [i for i, event in enumerate(events) if event["pid"] == sender and event["source"] == "WORKER"
                        and event["node_state"] in ("SUCCEEDED", "FAILED")]
                self.assertLess(sent[-1], ends[0])


@unittest.skipUnless(shutil.which("strace"), "needs strace")
class BetweenCalls(watched.Case):
    def calls(self, *command, is_watched):
        """The system calls of COMMAND's first process, in order: (name, arguments)."""
        os.makedirs(self.path("run"), exist_ok=True)
        preload = ["-E", f"LD_PRELOAD={watched.PRELOAD}", "-E", f"VIGIL_DIR={self.path('run')}"] if is_watched else []
        ended = self.bare("strace", "-f", "-qq", "-o", self.path("trace"), *preload, *command)
        with open(self.path("trace"), encoding="utf-8", errors="replace") as file:
            lines = [re.match(r"(\d+) +(\w+)\((.*)", line) for line in file]
        found = [match.groups() for match in lines if match]
        return ended, [(name, rest) for pid, name, rest in found if pid == found[0][0]]

    def between_marks(self, *command, is_watched):
        ended, calls = self.calls(*command, is_watched=is_watched)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        names = [name for name, _ in calls]
        first = names.index("getppid")
        return names[first + 1 : names.index("getppid", first + 1)]

    def sent(self):
        return [event for event in watched.events(self.path("run")) if event["name"].endswith(":kill")]

    def assert_alike(self, one, other, more=frozenset()):
        bare = self.between_marks(TWICE, "twice", one, other, is_watched=False)
        reported = self.between_marks(TWICE, "twice", one, other, is_watched=True)
        for names in (bare, reported):
            self.assertEqual([name for name in names if name not in QUESTIONS | more], [SENDS[one], SENDS[other]])
        self.assertLessEqual(len(reported), len(bare) + 12)
        return self.sent()

    def test_two_signals_to_one_process_follow_each_other(self):
        for way in ("kill", "killpg", "tgkill", "sigqueue", "call", "call_of_thread"):
            with self.subTest(way):
                self.setUp()
                self.assertTrue(self.assert_alike(way, way))

    def test_two_signals_to_a_pidfd_follow_each_other(self):
        if not self.kernel_says_whose_pidfd_it_is():
            self.skipTest("needs Linux 6.13")
        for way in ("pidfd", "call_of_pidfd"):
            with self.subTest(way):
                self.setUp()
                self.assertTrue(self.assert_alike(way, way, {"ioctl"}))

    def kernel_says_whose_pidfd_it_is(self):
        with open("/proc/sys/kernel/osrelease", encoding="utf-8") as file:
            return tuple(map(int, re.findall(r"\d+", file.read())[:2])) >= (6, 13)

    def test_a_signal_to_a_child_and_one_to_its_group_follow_each_other(self):
        kills = self.assert_alike("kill", "group")
        self.assertEqual([bool(kill.get("to_group")) for kill in kills[:2]], [False, True])

    def test_a_signal_to_a_child_and_one_to_the_own_group_follow_each_other(self):
        kills = self.assert_alike("kill", "own_group")
        self.assertEqual([bool(kill.get("to_group")) for kill in kills[:2]], [False, True])

    def test_a_signal_that_comes_while_a_sent_signal_is_reported_ends_the_wait(self):
        """The child answers after 50 ms; each event of its parent is delayed by 150 ms."""
        os.mkdir(self.path("run"))
        delay = ["strace", "-f", "-qq", "-o", self.path("trace"), "-e", "inject=prlimit64:delay_enter=150000"]
        preload = ["-E", f"LD_PRELOAD={watched.PRELOAD}", "-E", f"VIGIL_DIR={self.path('run')}"]
        for wait in ("pause", "sigsuspend", "sleep", "usleep", "nanosleep", "clock_nanosleep", "poll", "ppoll", "select",
                     "pselect", "epoll_wait", "epoll_pwait"):
            with self.subTest(wait):
                bare = self.bare(ANSWERED, wait)
                reported = self.bare(*delay, *preload, ANSWERED, wait)
                self.assertEqual(bare.stdout, "-1 Interrupted system call\n")
                self.assertEqual((reported.stdout, reported.returncode), (bare.stdout, bare.returncode))
        self.assertEqual(len(self.sent()), 24)

    @unittest.skipUnless(shutil.which("timeout"), "needs timeout")
    def test_the_signals_of_timeout_follow_each_other(self):
        """To its child, then to its group, which it ignores from then on, and SIGCONT to both."""
        for is_watched in (False, True):
            ended, calls = self.calls("timeout", "0.3", "sleep", "20", is_watched=is_watched)
            self.assertEqual(ended.returncode, 124)
            names = [name for name, _ in calls]
            sent = [i for i, name in enumerate(names) if name == "kill"]
            self.assertIn("SIGTERM", calls[sent[0]][1])
            between = names[sent[0] : sent[-1] + 1]
            self.assertGreaterEqual(between.count("kill"), 2)
            self.assertLessEqual(set(between), {"kill", "rt_sigaction", "rt_sigreturn"} | (QUESTIONS if is_watched else set()))
        self.assertEqual([(kill["signal"]["name"], bool(kill.get("to_group"))) for kill in self.sent()],
                         [("SIGTERM", False), ("SIGTERM", True)])


if __name__ == "__main__":
    tap.main()
