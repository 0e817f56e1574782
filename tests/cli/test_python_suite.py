#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPython's own tests of processes and signals come to the same under watch as without: test by test, skips and failures included.

They are those of Debian's libpython3-testsuite. With a module's name and a file as its arguments this is what runs them.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

PYTHON = "/usr/bin/python3"
SECONDS = 400

# May come out otherwise, as CPython 3.11's does: compares all descriptors of a process to those that it was given. The preload
# keeps one, above all that programs use.
OTHER = {"test_subprocess": {"test.test_subprocess.POSIXProcessTestCase.test_pass_fds_redirected"}}


class Outcomes(tap.Result):
    """What each test came to, by its id; nothing is printed but errors."""

    def __init__(self):
        super().__init__(sys.stderr)
        self.reported = {}

    def startTest(self, test):
        super().startTest(test)
        self.reported[test.id()] = "passed"

    def fail(self, test, error):
        self.reported[test.id()] = "failed"
        sys.stderr.write(self._exc_info_to_string(error, test))

    def addFailure(self, test, err):
        self.fail(test, err)

    def addError(self, test, err):
        self.fail(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.fail(test, err)

    def addSkip(self, test, reason):
        self.reported[test.id()] = f"skipped: {reason}"


def run_module(name, path):
    outcomes = Outcomes()
    unittest.defaultTestLoader.loadTestsFromName(f"test.{name}").run(outcomes)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(outcomes.reported, file)


class PythonSuite(watched.Case):
    def start_module(self, name, where, **more):
        """NAME's tests in a directory of their own, with what they say in a file there."""
        directory = pathlib.Path(self.path(where))
        directory.mkdir()
        with open(directory / "said", "wb") as said:
            return self.start(PYTHON, __file__, name, str(directory / "reported"), cwd=directory, stdin=subprocess.DEVNULL,
                              stdout=said, stderr=said, env=watched.environment(**more))

    def reported_by(self, process, where):
        self.assertEqual(process.wait(SECONDS), 0, self.said(where))
        with open(self.path(f"{where}/reported"), encoding="utf-8") as file:
            return json.load(file)

    def said(self, where):
        with open(self.path(f"{where}/said"), encoding="utf-8", errors="replace") as file:
            return file.read()[-6000:]

    def compare(self, name):
        if importlib.util.find_spec(f"test.{name}") is None:
            self.skipTest("not installed: libpython3-testsuite")
        pathlib.Path(self.path("run")).mkdir()
        processes = {"bare": self.start_module(name, "bare"),
                     "watched": self.start_module(name, "watched", LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=self.path("run"))}
        bare, reported = (self.reported_by(processes[where], where) for where in ("bare", "watched"))
        self.assertTrue(bare)
        self.assertEqual(bare.keys(), reported.keys())
        # Newer versions skip what counts system calls where LD_PRELOAD is set, whatever it names.
        differing = {test for test in bare if bare[test] != reported[test]
                     and not (reported[test].startswith("skipped: ") and "LD_PRELOAD" in reported[test])}
        self.assertEqual(differing - OTHER.get(name, set()), set(), self.said("watched"))
        self.assertGreater(len(self.events()), len(bare) / 4)

    def test_cpython_test_wait3(self):
        self.compare("test_wait3")

    def test_cpython_test_wait4(self):
        self.compare("test_wait4")

    def test_cpython_test_posix(self):
        self.compare("test_posix")

    def test_cpython_test_os(self):
        self.compare("test_os")

    def test_cpython_test_signal(self):
        self.compare("test_signal")

    def test_cpython_test_subprocess(self):
        self.compare("test_subprocess")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1].startswith("test_"):
        run_module(*sys.argv[1:])
    else:
        tap.main()
