#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a user may get wrong with any of the commands: one line says who, what and why, by a status of its own, and nothing is left."""

import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

FIXTURE = str(watched.TREE / "tests" / "unit" / "fixtures" / "mpirun_segv.jsonl")
CONFIG = """version: 1
handlers: {h: {class: logging.FileHandler, filename: job.log}, out: {class: logging.StreamHandler, stream: ext://sys.stdout}}
root: {level: 1, handlers: [h, out]}
"""
COMMANDS = {"run": 125, "report": 2, "check": 2, "env": 2, "emit": 2}

# Of each command: the options that need a value, with words that make the rest of the line good.
VALUES = {
    "run": (("-d", "-c", "-r", "--directory", "--config", "--report"), ("touch", "started")),
    "report": (("--html", "--perfetto", "--clock-skew", "--run-id", "--debug-dir"), (FIXTURE,)),
    "env": (("-d", "-c", "--directory", "--config"), ()),
    "emit": (("-c", "-n", "-l", "-e", "--config", "--logger", "--level", "--extra", "--script"), ("message",)),
}

ERRORS = (
    ("", 2, "vigil: no command given; 'vigil --help' lists them"),
    ("nosuch", 2, "vigil: unknown command 'nosuch'; 'vigil --help' lists them"),
    ("run", 125, "vigil run: no command given; see 'vigil run --help'"),
    ("run --", 125, "vigil run: no command given; see 'vigil run --help'"),
    ("run ''", 127, "vigil: '': command not found"),
    ("run -- /no/such/program", 127, "vigil: /no/such/program: No such file or directory"),
    ("run ./folder", 126, "vigil: ./folder: a directory"),
    ("run -d file touch started", 125, "vigil: file: Not a directory; nothing was started"),
    ("run -c folder touch started", 125, "vigil: folder: Is a directory; nothing was started"),
    ("run -c file touch started", 125,
     "vigil: file:1:1: expected a mapping (dictConfig, version 1), found a string; nothing was started"),
    ("run --quie true", 125, "vigil run: unknown option '--quie'; see 'vigil run --help'"),
    ("run --quiet=yes true", 125, "vigil run: option '--quiet' takes no value; see 'vigil run --help'"),
    ("run -qx true", 125, "vigil run: unknown option '-x'; see 'vigil run --help'"),
    ("run -qd", 125, "vigil run: option '-d' needs a value; see 'vigil run --help'"),
    ("report --js file", 2, "vigil report: unknown option '--js'; see 'vigil report --help'"),
    ("report --=x file", 2, "vigil report: unknown option '--'; see 'vigil report --help'"),
    ("report -j= file", 2, "vigil report: unknown option '-='; see 'vigil report --help'"),
    ("report file --debug-di=/", 2, "vigil report: unknown option '--debug-di'; see 'vigil report --help'"),
    ("report", 2, "vigil report: no directory and no file given; see 'vigil report --help'"),
    ("report ''", 2, "vigil report: '' is no directory and no file; see 'vigil report --help'"),
    ("report folder", 2, "vigil: folder: no event in it; nothing to report on"),
    ("report file", 2, "vigil: file: no event; file: 1 line skipped, not JSON (the first is line 1); nothing to report on"),
    ("report nosuch --json", 2, "vigil: nosuch: No such file or directory; nothing to report on"),
    ("report -- --json", 2, "vigil: --json: No such file or directory; nothing to report on"),
    ("report --debug-dir nosuch folder", 2, "vigil report: 'nosuch': No such file or directory; see 'vigil report --help'"),
    ("check", 2, "vigil check: no configuration file given; see 'vigil check --help'"),
    ("check file file", 2, "vigil check: one configuration file at a time, not 2; see 'vigil check --help'"),
    ("check ''", 2, "vigil check: '' is no file; see 'vigil check --help'"),
    ("check folder", 1, "vigil: folder: Is a directory"),
    ("check empty", 1, "vigil: empty: is an empty file"),
    ("env file", 2, "vigil env: takes no operand, not 'file'; see 'vigil env --help'"),
    ("env -d file", 1, "vigil: file: Not a directory; nothing was started"),
    ("emit", 2, "vigil emit: no message given; see 'vigil emit --help'"),
    ("emit -c folder message", 1, "vigil: folder: Is a directory; nothing was logged"),
    ("emit -s folder", 1, "vigil: folder: Is a directory; the script ends here"),
    ("emit -s - <&-", 1, "vigil: standard input: Bad file descriptor; the script ends here"),
)


class Usage(watched.Case):
    def setUp(self):
        super().setUp()
        self.write("file", "text\n")
        self.write("empty", "")
        self.write("job.yaml", CONFIG)
        os.mkdir(self.path("folder"))
        self.files = sorted(os.listdir(self.directory))

    def shell(self, line, **options):
        """`vigil LINE` as a user types it: in a shell, which may close or turn its descriptors."""
        return self.bare("sh", "-c", f"exec {watched.VIGIL} {line}", **options)

    def refused(self, ended, status, words):
        self.assertEqual((ended.returncode, ended.stdout), (status, ""))
        self.assertEqual(ended.stderr, words + "\n")
        self.assertEqual(sorted(os.listdir(self.directory)), self.files)

    def test_every_error_is_one_line(self):
        for line, status, words in ERRORS:
            with self.subTest(line):
                self.refused(self.shell(line), status, words)

    def test_an_unknown_option_is_named(self):
        for command, status in COMMANDS.items():
            for option in ("--nosuch", "-Z"):
                with self.subTest(command):
                    self.refused(self.vigil(command, option, "file"), status,
                                 f"vigil {command}: unknown option '{option}'; see 'vigil {command} --help'")

    def test_a_value_that_is_missing_or_empty_is_none(self):
        for command, (options, rest) in VALUES.items():
            for option in options:
                words = f"vigil {command}: option '{option}' needs a value; see 'vigil {command} --help'"
                with self.subTest(option):
                    self.refused(self.vigil(command, option), COMMANDS[command], words)
                    self.refused(self.vigil(command, option, "", *rest), COMMANDS[command], words)
                    if option.startswith("--"):
                        self.refused(self.vigil(command, option + "=", *rest), COMMANDS[command], words)

    def test_an_unreadable_file_is_reported(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to become another user")
        os.chmod(self.directory, 0o755)
        self.write("secret.jsonl", "{}\n", mode=0)
        self.files.append("secret.jsonl")
        self.files.sort()
        for line, status, end in (("report secret.jsonl", 2, "; nothing to report on"), ("check secret.jsonl", 1, ""),
                                  ("emit -s secret.jsonl", 1, "; the script ends here"),
                                  ("emit -c secret.jsonl m", 1, "; nothing was logged"),
                                  ("run -c secret.jsonl true", 125, "; nothing was started")):
            with self.subTest(line):
                self.refused(self.as_nobody(line), status, f"vigil: secret.jsonl: Permission denied{end}")
        self.refused(self.as_nobody("report --html page.html " + self.as_nobodys(FIXTURE)), 1,
                     "vigil: page.html: Permission denied; nothing was written")

    def as_nobody(self, line):
        self.lend()
        return self.bare("sh", "-c", f"exec {self.lent} {line}", user=65534, group=65534, extra_groups=[])

    def as_nobodys(self, path):
        """A name of PATH that another user reaches, wherever this tree is."""
        text = pathlib.Path(path).read_text(encoding="utf-8")
        self.files.append("fixture.jsonl")
        self.files.sort()
        return self.write("fixture.jsonl", text)

    def test_options_may_stand_behind_what_they_are_for(self):
        for words in (["--json", FIXTURE], [FIXTURE, "--json"], [FIXTURE, "--json", "--no-lines"], [FIXTURE, "-j", "--"],
                      ["--no-lines", FIXTURE, "-j"], [FIXTURE, FIXTURE, "--json"], ["-j", "--", FIXTURE, FIXTURE],
                      [FIXTURE, "--json", FIXTURE], [FIXTURE, "-j", "--", FIXTURE]):
            with self.subTest(words):
                ended = self.vigil("report", *words)
                self.assertEqual((ended.returncode, ended.stderr, ended.stdout[:26]), (0, "", '{"schema":"vigil.report/1"'))
                self.assertEqual(self.vigil("report", *words, env=watched.environment(POSIXLY_CORRECT="1")).stdout, ended.stdout)
        self.assertEqual(self.vigil("emit", "-n", "a", "message", "-l", "ERROR").stderr, "message\n")
        self.assertEqual(self.vigil("run", "-q", "-d", "run", "echo", "-d", "--json").stdout, "-d --json\n")

    def test_what_standard_output_does_not_take_is_reported(self):
        lost = ("the report is cut short", "what it was to get is cut short", "nothing is to be watched")
        for line, words in ((f"report {FIXTURE}", lost[0]), (f"report --json {FIXTURE}", lost[0]),
                            (f"report --html - {FIXTURE}", lost[0]), ("check job.yaml", lost[1]), ("env", lost[2]),
                            ("--help", lost[1]), ("--version", lost[1]), ("run --help", lost[1])):
            for where, reason in ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
                with self.subTest(line + where):
                    self.refused(self.shell(line + where), 1, f"vigil: standard output: {reason}; {words}")
            with self.subTest(line):
                reported = (1, f"vigil: standard output: Broken pipe; {words}\n".encode())
                self.assertEqual(self.into_nothing(line, ignored=True), reported)
                # env has made a directory, and takes it away
                self.assertEqual(self.into_nothing(line), reported if line == "env" else (-signal.SIGPIPE, b""))

    def into_nothing(self, line, ignored=False):
        """The status and stderr of `vigil LINE` whose reader is gone; IGNORED: so is SIGPIPE."""
        reader, writer = os.pipe()
        os.close(reader)
        try:
            ended = subprocess.run(["sh", "-c", f"exec {watched.VIGIL} {line}"], restore_signals=not ignored, stdout=writer, stderr=subprocess.PIPE, check=False,
                                   env=watched.environment(), cwd=self.directory)
        finally:
            os.close(writer)
        self.assertEqual(sorted(os.listdir(self.directory)), self.files)
        return ended.returncode, ended.stderr

    def test_a_file_does_not_take_the_place_of_a_closed_stream(self):
        self.assertEqual(self.shell(f"report --html page.html {FIXTURE} folder >&- 2>&-").returncode, 0)
        self.assertTrue(pathlib.Path(self.path("page.html")).read_text(encoding="utf-8").startswith("<!DOCTYPE html>"))
        self.shell("emit -c job.yaml -l ERROR message >&- 2>&-")
        self.assertEqual(pathlib.Path(self.path("job.log")).read_text(encoding="utf-8"), "message\n")

    def test_a_job_that_still_runs_is_reported_on_so_far(self):
        job = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "sleep", "60")
        until = time.monotonic() + 30
        while not list(pathlib.Path(self.directory).glob("run/*.jsonl")) and time.monotonic() < until:
            time.sleep(0.05)
        ended = self.vigil("report", "run")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertRegex(ended.stdout, r"^vigil: job \w+ has not ended; its last event came after \d")
        job.send_signal(signal.SIGTERM)
        job.wait(30)

    def test_the_words_are_the_same_in_every_locale_and_width(self):
        plain = self.vigil("report", FIXTURE).stdout
        for more in ({"COLUMNS": "20"}, {"COLUMNS": "1000000"}, {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"NO_COLOR": "1"},
                     {"TERM": "dumb"}):
            with self.subTest(more):
                self.assertEqual(self.vigil("report", FIXTURE, env=watched.environment(**more)).stdout, plain)


if __name__ == "__main__":
    tap.main()
