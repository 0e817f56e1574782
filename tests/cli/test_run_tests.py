#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/run-tests counts what test programs print, and fails for whatever is no result."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap

RUN_TESTS = str(pathlib.Path(__file__).resolve().parents[2] / "scripts" / "run-tests")


class RunTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="vigil-run-tests-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def program(self, name, script):
        path = pathlib.Path(self.folder, name)
        path.write_text("#!/bin/sh\n" + script, encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def run_tests(self, *arguments, **variables):
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run([sys.executable, RUN_TESTS, *arguments], capture_output=True, text=True, check=False,
                              env=environment | variables)

    def assert_count(self, done, count, *wanted):
        self.assertEqual((done.stdout.splitlines()[-1], done.returncode), (count, 1 if ", 0 failed" not in count else 0), done)
        for text in wanted:
            self.assertIn(text, done.stdout)

    def test_results_are_counted(self):
        self.assert_count(self.run_tests(self.program("one", "echo 'ok 1 - a'; echo 'ok 2 - b # SKIP needs root'\n"),
                                         self.program("two@", "echo 'ok 1 - c'\n") + "@"),
                          "2 passed, 0 failed, 1 skipped", "one: b: needs root")

    def test_a_failure_is_shown_whole(self):
        self.assert_count(self.run_tests(self.program("one", "echo 'not ok 1 - a'; echo '# because'; exit 1\n")),
                          "0 passed, 1 failed, 0 skipped", "# because", "FAILED")

    def test_a_program_without_a_result_fails(self):
        self.assert_count(self.run_tests(self.program("one", "exit 0\n")), "0 passed, 1 failed, 0 skipped", "no test result")

    def test_a_status_without_a_failed_test_fails(self):
        self.assert_count(self.run_tests(self.program("one", "echo 'ok 1 - a'; exit 3\n")), "1 passed, 1 failed, 0 skipped", "exit status 3")

    def test_a_program_that_hangs_fails(self):
        self.assert_count(self.run_tests("--timeout", "0.5", self.program("one", "echo 'ok 1 - a'; sleep 60\n")),
                          "1 passed, 1 failed, 0 skipped", "no end after 0.5 s")

    def test_one_failed_program_runs_again_alone(self):
        once = 'if [ -e "$0.ran" ]; then echo "ok 1 - a"; else echo "not ok 1 - a"; touch "$0.ran"; fi\n'
        one, two = self.program("one", once), self.program("two", once)
        self.assert_count(self.run_tests("-j1", "--repeat", "1", one, two), "1 passed, 1 failed, 0 skipped", f"passed on its second run: {one} (before: a)",
                          f"FAILED {two}: a")

    def test_a_failure_that_stays_is_a_failure(self):
        done = self.run_tests(self.program("one", "echo 'not ok 1 - a'\n"))
        self.assert_count(done, "0 passed, 1 failed, 0 skipped")
        self.assertNotIn("second run", done.stdout)
        self.assert_count(self.run_tests("--repeat", "0", self.program("two", 'echo x >>"$0.runs"; echo "not ok 1 - a"\n')),
                          "0 passed, 1 failed, 0 skipped")
        self.assertEqual(pathlib.Path(self.folder, "two.runs").read_text(encoding="utf-8"), "x\n")

    def test_results_of_another_run_are_results_of_this_one(self):
        tap_file = os.path.join(self.folder, "tap")
        once = 'if [ -e "$0.ran" ]; then echo "ok 1 - a"; echo "ok 2 - b # SKIP needs root"; else touch "$0.ran"; exit 3; fi\n'
        one, two = self.program("one", once), self.program("two", "echo 'not ok 1 - c'\n")
        self.assert_count(self.run_tests("--tap", tap_file, one, two, "-j1"), "1 passed, 1 failed, 1 skipped")
        outer = self.program("outer", f"cat {tap_file}\n")
        self.assert_count(self.run_tests("--repeat", "0", outer), "1 passed, 1 failed, 1 skipped", f"FAILED {outer}: {two}: c",
                          f"skipped {outer}: {one}: b: needs root", f"passed on its second run: {one} (before: exit status 3)")

    def test_a_program_that_runs_alone_may_have_more_time(self):
        slow = self.program("slow", "sleep 1; echo 'ok 1 - a'\n")
        self.assert_count(self.run_tests("--timeout", "0.2", slow + "@30"), "1 passed, 0 failed, 0 skipped")
        self.assert_count(self.run_tests("--timeout", "0.2", "--repeat", "0", slow + "@"), "0 passed, 1 failed, 0 skipped", "no end")

    def test_what_setup_can_install_may_not_be_missing_in_ci(self):
        program = self.program("one", "echo 'ok 1 - a # SKIP not installed: slurmd'\n")
        self.assert_count(self.run_tests(program), "0 passed, 0 failed, 1 skipped")
        self.assert_count(self.run_tests(program, CI="true"), "0 passed, 1 failed, 0 skipped", "scripts/setup can install it")

    def test_a_make_in_a_test_is_not_the_one_that_runs_the_tests(self):
        program = self.program("one", 'echo "ok 1 - a"; echo "flags: $MAKEFLAGS$MFLAGS$MAKELEVEL" >"$0.out"\n')
        pathlib.Path(self.folder, "Makefile").write_text(
            f"all:\n\t{sys.executable} {RUN_TESTS} {program}\n\tcat {program}.out\n", encoding="utf-8")
        done = subprocess.run(["make", "-j2", "-C", self.folder, "X=1"], capture_output=True, text=True, check=False)
        self.assertIn("\nflags: \n", done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    tap.main()
