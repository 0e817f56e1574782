#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""/dev/termination-log: the verdict in one line, for whoever looks at a pod of Kubernetes."""

import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# A /dev of its own: $1 is a folder for it, $2 makes the file "log" in it; the rest is run, and the file printed.
CONTAINER = r"""
set -e
dev=$1 make=$2; shift 2
for name in null zero urandom; do : >"$dev/$name"; mount --bind /dev/$name "$dev/$name"; done
cd "$dev"; eval "$make"; cd - >/dev/null
mount --bind "$dev" /dev
"$@" 2>"$dev/said" || echo "status $?"
if [ -f /dev/termination-log ]; then cat /dev/termination-log; fi
"""


@unittest.skipIf(os.geteuid() != 0, "needs root, for a /dev of its own")
class TerminationLog(watched.Case):
    def setUp(self):
        super().setUp()
        if hasattr(self, "needs_mounts"):
            self.needs_mounts()

    def end(self, *command, make=": >termination-log", **variables):
        """What vigil run of COMMAND leaves in the file, and its status before it."""
        self.count = getattr(self, "count", 0) + 1
        os.mkdir(self.path(f"dev{self.count}"))
        variables.setdefault("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        ended = subprocess.run(["unshare", "--mount", "sh", "-c", CONTAINER, "container", self.path(f"dev{self.count}"), make,
                                watched.VIGIL, "run", "-d", f"run{self.count}", *command], cwd=self.directory, capture_output=True,
                               text=True, check=False, env=watched.environment(**variables))
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return ended.stdout

    def test_a_failure_is_said_in_one_line(self):
        said = self.end("sh", "-c", "exit 3")
        self.assertRegex(said, r"\Astatus 3\nvigil: job \w{6} failed after \d+ ms: dash \(pid \d+\) failed first \(likely\): exit 3\n\Z")
        with open(self.path("dev1", "said"), encoding="utf-8") as file:
            self.assertTrue(file.read().startswith(said.split("\n")[1].removesuffix(": exit 3") + "\n"))

    def test_success_and_what_is_not_printed_are_not_said(self):
        self.assertEqual(self.end("true"), "")
        self.assertEqual(self.end("-q", "sh", "-c", "exit 3"), "status 3\n")
        self.assertRegex(self.end("-r", "always", "true"), r"\Avigil: job \w+ succeeded after \d+ ms\n\Z")

    def test_what_the_program_has_said_stays(self):
        self.assertEqual(self.end("sh", "-c", "echo mine >/dev/termination-log; exit 3"), "status 3\nmine\n")

    def test_elsewhere_and_other_files_are_left_alone(self):
        self.assertEqual(self.end("sh", "-c", "exit 3", KUBERNETES_SERVICE_HOST=""), "status 3\n")
        self.assertEqual(self.end("sh", "-c", "exit 3", make=":"), "status 3\n")
        self.assertEqual(self.end("sh", "-c", "exit 3", make=": >other; ln -s other termination-log"), "status 3\n")
        self.assertEqual(self.end("sh", "-c", "exit 3", make="mkfifo termination-log"), "status 3\n")

    def test_a_long_reason_is_cut(self):
        said = self.end("python3", "-c", "raise ValueError('x' * 9000)").removeprefix("status 1\n")
        self.assertTrue(said.startswith("vigil: job "), said[:200])
        self.assertIn("ValueError: xxx", said)
        self.assertLessEqual(len(said), 4096)
        self.assertEqual(said.count("\n"), 1)


if __name__ == "__main__":
    tap.main()
