#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Colours are for terminals, each handler's own; and what strangers say does not steer a terminal."""

import logging.config
import os
import pathlib
import pty
import re
import select
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

PYTHON = "/usr/bin/python3"
PROGRAM = os.path.basename(os.path.realpath(PYTHON))
GREEN, RESET = "\x1b[32m", "\x1b[0m"
COLOURED, PLAIN = f"{GREEN}a.b {RESET}m\n", "a.b m\n"

CONFIG = """version: 1
formatters: {c: {class: vigil.ColorFormatter, format: '%%(name)s %%(message)s', color: %s}}
handlers:
  out: {class: logging.StreamHandler, formatter: c, stream: ext://sys.stdout}
  err: {class: logging.StreamHandler, formatter: c}
  file: {class: logging.FileHandler, formatter: c, filename: log}
root: {level: 1, handlers: [out, err, file]}
"""


def environment(**more):
    """TERM is a good terminal's where MORE does not say otherwise; a value None is not set."""
    clean = watched.environment()
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        clean.pop(name, None)
    clean.update(TERM="xterm")
    clean.update(more)
    return {name: value for name, value in clean.items() if value is not None}


class Color(watched.Case):
    def on_terminal(self, *command, env, stderr=subprocess.PIPE):
        """(status, what came on the terminal that is stdout, what came on stderr)."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs if stderr is None else stderr,
                              cwd=self.directory, env=env) as process:
            os.close(theirs)
            said = b""
            while select.select([ours], [], [], 30)[0]:
                try:
                    some = os.read(ours, 65536)
                except OSError:  # how a terminal that nobody has open any more ends
                    break
                said += some
            error = process.stderr.read() if stderr is not None else b""
        return process.returncode, said.decode().replace("\r\n", "\n"), error.decode()

    def emit(self, color, **variables):
        """What came to the terminal on stdout, to the pipe on stderr, and to the file."""
        config = self.write("job.yaml", CONFIG % color)
        pathlib.Path(self.path("log")).unlink(missing_ok=True)
        status, out, err = self.on_terminal(watched.VIGIL, "emit", "-c", config, "-n", "a.b", "m", env=environment(**variables))
        self.assertEqual(status, 0, err)
        return out, err, pathlib.Path(self.path("log")).read_text(encoding="utf-8")

    def test_the_first_of_the_environments_wishes_decides(self):
        for variables, terminal, pipe in (
                ({}, True, False),
                ({"TERM": "dumb"}, False, False),
                ({"TERM": None}, False, False),
                ({"NO_COLOR": ""}, True, False),
                ({"NO_COLOR": "1"}, False, False),
                ({"NO_COLOR": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False, False),
                ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
                ({"FORCE_COLOR": ""}, True, False),
                ({"CLICOLOR_FORCE": "1", "TERM": None}, True, True),
                ({"CLICOLOR_FORCE": "0"}, True, False),
                ({"CLICOLOR_FORCE": "0", "TERM": "dumb"}, False, False)):
            with self.subTest(**variables):
                self.assertEqual(self.emit("auto", **variables),
                                 (COLOURED if terminal else PLAIN, COLOURED if pipe else PLAIN, PLAIN))

    def test_a_config_that_decides_for_itself_is_asked_first(self):
        self.assertEqual(self.emit("always", NO_COLOR="1"), (COLOURED, COLOURED, COLOURED))
        self.assertEqual(self.emit("never", FORCE_COLOR="1"), (PLAIN, PLAIN, PLAIN))

    def watched_on_terminal(self, config, script):
        variables = {"LD_PRELOAD": watched.PRELOAD, "PYTHONDONTWRITEBYTECODE": "1"}
        if config is not None:
            variables["VIGIL_CONFIG"] = self.write("job.yaml", config)
        return self.on_terminal(PYTHON, "-c", script, env=environment(**variables), stderr=None)

    def test_a_watched_program_that_redirects_its_output_takes_the_colour_from_it(self):
        script = "import os; os.dup2(os.open('moved', os.O_WRONLY | os.O_CREAT), 1)"
        status, said, _ = self.watched_on_terminal(CONFIG % "auto", script)
        self.assertEqual(status, 0)
        logger = "vigil.worker." + PROGRAM.replace(".", "_")
        self.assertIn(f"{GREEN}{logger} ", said)
        moved = pathlib.Path(self.path("moved")).read_text(encoding="utf-8")
        self.assertIn(f"{logger} ", moved)
        self.assertNotIn("\x1b", moved)

    def test_an_exception_does_not_steer_the_terminal_where_nothing_is_configured(self):
        script = ("import sys; sys.excepthook = lambda *exception: None\n"
                  "def f(): raise ValueError('a\\x1b]0;title\\x07\\n\\u202e\\t\\\\')\nf()")
        status, said, _ = self.watched_on_terminal(None, script)
        self.assertEqual(status, 1)
        self.assertRegex(said, rf"^{re.escape(PROGRAM)} \(pid \d+\) FAILED: ValueError: a\\x1b\]0;title\\x07\n")
        self.assertIn("\n  File \"<string>\", line 2, in f\n", said)
        self.assertIn("\nValueError: a\\x1b]0;title\\x07\n\\u202e\t\\\n", said)

    def test_a_programs_name_does_not_steer_the_terminal_where_nothing_is_configured(self):
        name = self.path("x\x1b[2J\ny")
        os.symlink("/bin/false", self.path("plain"))
        with open("/bin/false", "rb") as source, open(name, "wb") as target:
            target.write(source.read())
        os.chmod(name, 0o755)
        _, said, _ = self.on_terminal(name, env=environment(LD_PRELOAD=watched.PRELOAD), stderr=None)
        self.assertRegex(said, r"^x\\x1b\[2J\\ny \(pid \d+\) FAILED: exit 1\n$")

    def test_a_record_is_one_line_if_the_config_says_so(self):
        for ini, keys in ((False, "escape: control"), (True, "escape=control")):
            name = self.write("job.ini", INI % keys) if ini else self.write("job.yaml", YAML % keys)
            result = self.vigil("emit", "-c", name, "-n", "a\nb", "m\x1b\nFAKE\u2028\\")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(result.stdout, "a\\nb m\\x1b\\nFAKE\\u2028\\\\\n")

    def test_further_lines_are_indented_if_the_config_says_so(self):
        result = self.vigil("emit", "-c", self.write("job.yaml", YAML % "multiline: indent"), "m\nn")
        self.assertEqual(result.stdout, "root m\n    n\n")

    def test_python_takes_the_same_file_and_passes_over_the_keys(self):
        keys = {"format": "%(message)s", "escape": "control", "multiline": "indent"}
        logging.config.dictConfig({"version": 1, "formatters": {"f": keys}})
        name = self.write("job.ini", INI % "escape=control\nmultiline=indent")
        logging.config.fileConfig(name, disable_existing_loggers=False)
        self.assertEqual(len(logging.getLogger().handlers), 1)

    def test_check_draws_the_formatter(self):
        result = self.vigil("check", self.write("job.yaml", CONFIG % "auto"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("     Formatter vigil.ColorFormatter color=auto fmt='%(name)s %(message)s' "
                      "datefmt='%m/%d %H:%M:%S'\n", result.stdout)
        column = (CONFIG % "maybe").split("\n")[1].index("maybe") + 1
        result = self.vigil("check", self.write("job.yaml", CONFIG % "maybe"))
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, f"vigil: {self.path('job.yaml')}:2:{column}: formatters.c.color: "
                                        "expected one of auto, always, never, found 'maybe'\n")


YAML = """version: 1
formatters: {f: {format: '%%(name)s %%(message)s', %s}}
handlers: {h: {class: logging.StreamHandler, formatter: f, stream: ext://sys.stdout}}
root: {level: 1, handlers: [h]}
"""

INI = """[loggers]
keys=root
[handlers]
keys=h
[formatters]
keys=f
[logger_root]
level=DEBUG
handlers=h
[handler_h]
class=StreamHandler
args=(sys.stdout,)
formatter=f
[formatter_f]
format=%%(name)s %%(message)s
%s
"""

if __name__ == "__main__":
    tap.main()
