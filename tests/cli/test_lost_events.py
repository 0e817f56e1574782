#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A run directory that loses events, because its disk is full or it is gone: the verdict of `vigil run` has what it saw itself, and says so."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

FAULT = "sh -c 'kill -SEGV $$'"
LOST = r"vigil: \S+: (No space left on device: |No such file or directory: )?events of this run are lost"


class LostEvents(watched.Case):
    def assert_lost(self, ended, status, verdict):
        self.assertEqual(ended.returncode, status, ended.stderr)
        self.assertRegex(ended.stderr, LOST)
        self.assertRegex(ended.stderr, verdict)
        self.assertNotIn("has not ended", ended.stderr)

    def limited(self, kilobytes, script):
        """SCRIPT under vigil run, with files of so many kilobytes at most."""
        return self.bare("bash", "-c", f"ulimit -f {kilobytes}; trap '' XFSZ; exec {watched.VIGIL} run -d run -- bash -c \"$0\"", script,
                         env=watched.environment())

    def test_a_file_that_cannot_grow(self):
        ended = self.limited(4, f"for i in 1 2 3 4 5 6; do /bin/true; done; {FAULT}; exit 9")
        self.assert_lost(ended, 9, r"failed after .*: bash \(pid \d+\) failed first \(unsure\)\n  bash .* exit 9\n")

    def test_a_file_that_cannot_grow_and_a_fault_of_the_command(self):
        ended = self.limited(4, "for i in 1 2 3 4 5 6; do /bin/true; done; kill -SEGV $$")
        self.assert_lost(ended, -11, r"failed after .*failed first \(likely\)\n  bash .* SIGSEGV")

    def test_success_is_success(self):
        ended = self.limited(4, "for i in 1 2 3 4 5 6; do /bin/true; done")
        self.assertEqual(ended.returncode, 0)
        self.assertRegex(ended.stderr, rf"\A{LOST}[^\n]*\n\Z")

    def test_a_report_of_what_is_left(self):
        self.limited(4, "for i in 1 2 3 4 5 6; do /bin/true; done; exit 9")
        report = self.vigil("report", "run")
        self.assertRegex(report.stdout, "has no known end; last heard of after")
        self.assertIn("torn: their writer was cut off", report.stdout)

    def test_a_directory_that_is_removed(self):
        ended = self.vigil("run", "-d", "run", "--", "bash", "-c", f"{FAULT}; sleep 0.3; rm -r run; exit 9")
        self.assert_lost(ended, 9, r"failed after .*failed first[^\n]*\n  \w+ .* SIGSEGV")

    def test_a_directory_that_is_there_is_nothing_new(self):
        ended = self.vigil("run", "-d", "run", "--", "bash", "-c", f"{FAULT}; exit 9")
        self.assertNotRegex(ended.stderr, "lost")

    def test_a_full_disk(self):
        self.needs_mounts()
        os.mkdir(self.path("small"))
        script = "mount -t tmpfs -o size=16k none small && dd if=/dev/zero of=small/fill bs=1k count=$0 2>/dev/null; " \
                 f"exec {watched.VIGIL} run -d small/run -- bash -c 'kill -SEGV $$'"
        for kilobytes in (16, 12):
            with self.subTest(kilobytes):
                ended = self.bare("unshare", "--mount", "bash", "-c", script, str(kilobytes), env=watched.environment())
                self.assertEqual(ended.returncode, -11, ended.stderr)
                self.assertRegex(ended.stderr, r"failed after .*failed first \((likely|proven)\)\n  bash .* SIGSEGV")
                if kilobytes == 16:
                    self.assertRegex(ended.stderr, r"small/run: No space left on device: events of this run are lost")


if __name__ == "__main__":
    tap.main()
