#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stock torchrun says why a worker failed, from the error file that vigil left for it."""

import json
import pathlib
import re

import jobs
import tap  # jobs has put its folder into the path

FAILS = jobs.PROGRAMS / "fails.py"
HINT = "To enable traceback see"


class ErrorFile(jobs.Case):
    def setUp(self):
        super().setUp()
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")

    def summary(self, how, *before, **more):
        """What torchrun says of its root cause: {"exitcode": …, "error_file": …, "traceback": …}."""
        ended = self.bare(*before, *jobs.torchrun(self.path("logs"), 2, FAILS, 1, how), env=jobs.environment(**more))
        self.assertEqual(ended.returncode, 1, ended.stderr)
        root = ended.stderr.split("Root Cause (first observed failure):")[1].split("\n====")[0]
        head, traceback = root.split("\n  traceback : ")
        found = dict(re.findall(r"(?m)^  (\w+) *: (.*)", head), traceback=traceback.rstrip())
        self.assertEqual(found["rank"], "1 (local_rank: 1)")
        return found

    def watched_summary(self, how, **more):
        return self.summary(how, jobs.watched.VIGIL, "run", "-q", "-d", "run", "--", **more)

    def error_files(self):
        return sorted("/".join(path.parts[-2:]) for path in pathlib.Path(self.path("logs")).rglob("*error.json*"))

    def test_a_fault_is_told_with_its_stack(self):
        found = self.watched_summary("fault")
        self.assertEqual(found["exitcode"].split()[0], "-11")
        self.assertTrue(found["error_file"].endswith("/1/error.json"), found)
        lines = found["traceback"].split("\n  ")
        self.assertRegex(lines[0], r"^rank 1 FAILED: SIGSEGV \(address not mapped\) at 0x0 in ")
        self.assertTrue(any(re.match(r"#\d+ +_?_?\w+\+0x\w+ \(/", line) for line in lines[1:]), found)
        self.assertIn("1/error.json", self.error_files())
        self.assertLessEqual(set(self.error_files()), {"0/error.json", "1/error.json"})  # and nothing half-made

    def test_an_exit_is_told_in_place_of_the_hint(self):
        found = self.watched_summary("exit")
        self.assertEqual(found["exitcode"].split()[0], "3")
        self.assertRegex(found["traceback"], r"^rank 1 FAILED: exit 3 in fail \(fails.py:\d+\)\n +Python stack ")

    def test_an_exception_is_told_with_its_traceback(self):
        found = self.watched_summary("exception")
        self.assertRegex(found["traceback"], r"\ATraceback \(most recent call last\):\n(?s:.*)\n  ValueError: bad batch\Z")

    def test_without_vigil_there_is_only_the_hint(self):
        self.assertTrue(self.summary("exit")["traceback"].startswith(HINT))
        self.assertEqual(self.error_files(), [])

    def test_the_file_of_torchelastic_itself_is_left_alone(self):
        found = self.watched_summary("record")
        self.assertIn("ValueError: bad batch", found["traceback"])
        with open(found["error_file"], encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.startswith('{"message": {"message": "ValueError: bad batch", '), text)  # json.dump's blanks
        self.assertIn("errors/__init__.py", json.loads(text)["message"]["extraInfo"]["py_callstack"])

    def test_a_fault_below_torchelastic_s_decorator_is_told(self):
        self.assertIn("SIGSEGV", self.watched_summary("record-fault")["traceback"])

    def test_a_setting_turns_it_off(self):
        config = self.write("job.yaml", "version: 1\nvigil: {error_file: false}\n")
        self.assertTrue(self.watched_summary("exit", VIGIL_CONFIG=config)["traceback"].startswith(HINT))
        self.assertEqual(self.error_files(), [])


if __name__ == "__main__":
    tap.main()
