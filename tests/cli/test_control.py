#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing that vigil prints steers a terminal, whatever names, arguments and files are called."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

FIXTURES = watched.TREE / "tests" / "unit" / "fixtures"
# A screen control, a title, one of C1, letter marks and overrides, tags, separators of lines, a soft hyphen, a zero-width space.
EVIL = "\x1b[2J\x1b]0;t\x07\x9b1m\u061c\u200e\u202e\u2066\U000e0041\u2028\u00ad\u200b\ufeff\r"
COLORS = re.compile(r"\x1b\[[0-9;]*m")


def steering(text):
    """The characters of TEXT that a terminal must not get."""
    return sorted({f"U+{ord(char):04X}" for char in text
                   if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")})


def poisoned(value, key=""):
    """VALUE with EVIL behind every string that is no keyword of the format."""
    if isinstance(value, dict):
        return {name: poisoned(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [poisoned(part, key) for part in value]
    keep = {"schema", "name", "source", "node_state", "run_id", "boot_id", "cause", "how", "kind", "pc", "offset", "address", "launcher",
            "rank_source", "build_id"}
    return value + EVIL if isinstance(value, str) and key not in keep else value


def events(lines):
    """Those of LINES that are whole."""
    for line in lines:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            pass


class Control(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="vigil-control-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = self.temporary.name

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def vigil(self, *arguments, colors=False):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("VIGIL_")}
        environment.pop("NO_COLOR", None)
        if colors:
            environment["FORCE_COLOR"] = "1"
        done = subprocess.run([watched.VIGIL, *arguments], cwd=self.directory, env=environment, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=60)
        out, error = done.stdout.decode(), done.stderr.decode()
        for text in (out, error):
            self.assertEqual(steering(COLORS.sub("", text) if colors else text), [], text)
        return done.returncode, out, error

    def test_reports_of_every_fixture_with_names_that_steer(self):
        for fixture in sorted(os.listdir(FIXTURES)):
            if not fixture.endswith(".jsonl"):
                continue
            lines = (FIXTURES / fixture).read_text(encoding="utf-8").split("\n")
            path = self.write("fixture.jsonl", "".join(json.dumps(poisoned(event)) + "\n" for event in events(lines)))
            for form in ([], ["--json"], ["--dot"]):
                with self.subTest(fixture=fixture, form=form):
                    self.assertEqual(self.vigil("report", "--no-lines", *form, path)[0], 0)
            with self.subTest(fixture=fixture, form="colors"):
                self.assertEqual(self.vigil("report", "--no-lines", path, colors=True)[0], 0)

    def test_names_of_files_that_are_passed_over(self):
        self.write("a.jsonl", sorted(FIXTURES.glob("*.jsonl"))[0].read_text(encoding="utf-8"))
        self.write("\u061c\x1bb.jsonl", "no event\n")
        os.mkfifo(os.path.join(self.directory, "\u202e\x9bc.jsonl"))
        os.symlink("nowhere" + EVIL, os.path.join(self.directory, "\u2066\nd.jsonl"))
        status, out, _ = self.vigil("report", self.directory)
        self.assertEqual(status, 0)
        self.assertEqual(out.count("warning: "), 3, out)
        for name in "bcd":
            self.assertIn(f"{name}.jsonl", out)

    def test_arguments_that_steer(self):
        for arguments in (["report", EVIL], ["check", EVIL], ["run", "--", EVIL], [EVIL], ["report", "--" + EVIL, "x"],
                          ["report", "--clock-skew", EVIL, "x"], ["report", "--run-id", EVIL, str(FIXTURES)],
                          ["run", "-c", EVIL, "--", "true"], ["run", "-d", "/dev/null/" + EVIL, "--", "true"],
                          ["report", "--debug-dir", EVIL, "x"], ["check", "a", EVIL], ["env", EVIL],
                          ["report", "--html", "/nonexistent/" + EVIL, str(FIXTURES)],
                          ["emit", "-l", EVIL, "text"], ["emit", EVIL, "x", "y"], ["emit", "--extra", EVIL, "x"],
                          ["emit", "--config", EVIL, "x"], ["emit", "--script", EVIL]):
            with self.subTest(arguments=arguments):
                _, out, error = self.vigil(*arguments)
                if arguments[:2] != ["emit", EVIL]:
                    self.assertLessEqual(error.count("\n"), 2, error)
                self.assertNotEqual(out + error, "")

    def test_the_tree_and_the_errors_of_a_configuration(self):
        good = {"version": 1, "formatters": {"f": {"format": "%(message)s" + EVIL}},
                "handlers": {"h" + EVIL: {"class": "logging.FileHandler", "filename": EVIL + "x", "formatter": "f", "delay": True}},
                "filters": {"f" + EVIL: {"name": EVIL}},
                "loggers": {"l" + EVIL: {"level": 10, "handlers": ["h" + EVIL], "filters": ["f" + EVIL]}}}
        status, out, error = self.vigil("check", self.write("good.json", json.dumps(good)))
        self.assertEqual((status, error), (0, ""))
        self.assertIn("\\u061c", out)
        bad = {"version": 1, EVIL: 1, "handlers": {EVIL: {"class": EVIL, "level": EVIL}}, "root": {"handlers": [EVIL]}}
        self.assertEqual(self.vigil("check", self.write("bad.json", json.dumps(bad)))[0], 1)
        self.assertEqual(self.vigil("check", self.write(EVIL.replace("/", "") + ".json", "{"))[0], 1)

    def test_the_verdict_on_a_program_whose_name_and_arguments_steer(self):
        program = self.write("p" + EVIL, "#!/bin/sh\nkill -SEGV $$\n")
        os.chmod(program, 0o755)
        status, _, error = self.vigil("run", "-d", os.path.join(self.directory, "run"), "--", program, EVIL)
        self.assertNotEqual(status, 0)
        self.assertIn("vigil: job", error)


if __name__ == "__main__":
    tap.main()
