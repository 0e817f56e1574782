# SPDX-License-Identifier: Apache-2.0
"""Runs the unittest cases of a test file and tells of each in a line of TAP.

    ok 1 - the status is the command's
    not ok 2 - a pending SIGTERM is not lost
    ok 3 - a full disk is survived # SKIP needs root

What went wrong follows its "not ok" in lines that begin with "#". A test's name is its method's, in words. A test file ends with
    if __name__ == "__main__":
        tap.main()
and its exit status is 1 if anything failed. Words on the command line choose the tests whose name has one of them in it.
"""

import sys
import time
import unittest


def name_of(test):
    """test_ctrl_c_reaches_the_command_once -> "ctrl c reaches the command once"."""
    method = getattr(test, "_testMethodName", None)
    return method.removeprefix("test_").replace("_", " ") if method else str(test)


class Result(unittest.TestResult):
    """Prints each outcome as it comes."""

    def __init__(self, stream):
        super().__init__()
        self.stream = stream
        self.count = 0
        self.failed = 0
        self.began = 0.0

    def line(self, status, test, note=""):
        self.count += 1
        self.stream.write(f"{status} {self.count} - {name_of(test)}{note}\n")
        self.stream.flush()

    def fail(self, test, error):
        self.failed += 1
        self.line("not ok", test)
        for line in self._exc_info_to_string(error, test).splitlines():
            self.stream.write(f"# {line}\n")
        self.stream.flush()

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def addSuccess(self, test):
        self.line("ok", test)
        took = time.monotonic() - self.began
        if took > 1:
            self.stream.write(f"# {took:.1f} s\n")

    def addFailure(self, test, err):
        self.fail(test, err)

    def addError(self, test, err):
        self.fail(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.fail(test, err)

    def addSkip(self, test, reason):
        self.line("ok", test, f" # SKIP {reason}")

    def addExpectedFailure(self, test, err):
        self.line("ok", test, " fails, as expected")

    def addUnexpectedSuccess(self, test):
        self.failed += 1
        self.line("not ok", test, " unexpectedly")


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def main():
    words = [word.replace("_", " ") for word in sys.argv[1:]]
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    if words:
        chosen = [case for case in cases(suite) if any(word in name_of(case) for word in words)]
        suite = unittest.TestSuite(chosen)
    result = Result(sys.stdout)
    suite.run(result)
    sys.stdout.write(f"1..{result.count}\n")
    sys.exit(1 if result.failed else 0)
