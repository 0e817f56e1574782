#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A program that crashes below a wrapper failed first, not the wrapper that hands its end on."""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

VICTIMS = watched.BUILD / "tests" / "victims"
CRASHES = str(VICTIMS / "crashes")
GO = str(VICTIMS / "go" / "cgo")

# Some become the program, some raise its signal again, some have a status of their own.
WRAPPERS = {
    "timeout": ["timeout", "20"],
    "timeout --foreground": ["timeout", "--foreground", "20"],
    "nice": ["nice"],
    "env": ["env", "A=1"],
    "setsid": ["setsid", "-w"],
    "bash": ["bash", "-c", '"$@"; exit $?', "bash"],
    "sh in bash in timeout": ["timeout", "20", "bash", "-c", 'sh -c "\"\$@\"; exit \$?" sh "$@"; exit $?', "bash"],
    "xargs": ["sh", "-c", 'echo "$2" | xargs "$1"', "sh"],
}


class Wrappers(watched.Case):
    def report_of(self, name, *command):
        """The command's status, its run's failed attempt, and all ends that were reported."""
        ended = self.vigil("run", "-q", "-d", name, "--", *command)
        report = self.vigil("report", "--json", name)
        return ended.returncode, json.loads(report.stdout)["attempts"][-1], watched.ends(watched.events(self.path(name)))

    def check(self, name, wrapper):
        bare = self.bare(*wrapper, CRASHES, "null_write")
        status, attempt, ends = self.report_of(name, *wrapper, CRASHES, "null_write")
        self.assertEqual(status, bare.returncode)
        cause = attempt["root_cause"]
        self.assertEqual((cause["program"], cause["cause"], cause["confidence"]), ("crashes", "fault", "proven"))
        self.assertEqual(attempt["candidates"], [])
        faults = [end for end in ends if end["process"]["program"] == "crashes"]
        self.assertEqual([end["node_state"] for end in faults if end["source"] == "WORKER"], ["FAILED"])

    def test_the_program_failed_first_not_its_wrapper(self):
        for name, wrapper in WRAPPERS.items():
            with self.subTest(name):
                self.check(name, wrapper)

    def test_a_timeout_that_struck_is_no_failure_of_the_program(self):
        status, attempt, _ = self.report_of("struck", "timeout", "0.2", "sleep", "9")
        self.assertEqual(status, 124)
        self.assertIsNone(attempt["root_cause"])

    @unittest.skipUnless(os.access(GO, os.X_OK), "golang-go is not here")
    def test_a_go_program_that_panics_is_reported_by_who_waits(self):
        status, attempt, ends = self.report_of("go", GO, "panic")
        self.assertEqual(status, 2)
        self.assertEqual((attempt["root_cause"]["program"], attempt["root_cause"]["reason"]), ("cgo", "exit 2"))
        self.assertEqual([end["source"] for end in ends], ["AGENT"])


if __name__ == "__main__":
    tap.main()
