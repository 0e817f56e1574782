#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bash completes what --help lists, and nothing else: lines are typed into a bash on a terminal, with Tab behind them."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

COMMANDS = ("run", "report", "stacks", "check", "env", "ended", "emit", "forward")
BASH = shutil.which("bash")

# What bash replied with, and what Tab made of the line, go to files; Control-T ends a line.
RC = """
PS1='' HISTFILE=
PATH=$PWD/programs:$PATH
bind 'set bell-style none' 'set completion-query-items 0' 'set show-all-if-ambiguous off'
{more}
seen() {{ _vigil "$@"; printf '%s\\n' "${{COMPREPLY[@]}}" >candidates; }}
complete -F seen vigil
show() {{ printf '%s.' "$READLINE_LINE" >line.new; command mv line.new line; READLINE_LINE=; READLINE_POINT=0; }}
bind -x '"\\C-t": show'
"""


class Shell:
    """An interactive bash in FOLDER with vigil's completion; MORE is run before."""

    def __init__(self, folder, more=""):
        self.folder = pathlib.Path(folder)
        (self.folder / "rc").write_text(RC.format(more="source ./completion\n" + more), encoding="utf-8")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(BASH, ["bash", "--noprofile", "--rcfile", "rc", "-i"], watched.environment(TERM="dumb", LC_ALL="C.UTF-8"))

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def type(self, keys):
        """The line that KEYS, the last of them Control-T, leave."""
        line = self.folder / "line"
        line.unlink(missing_ok=True)
        (self.folder / "candidates").unlink(missing_ok=True)
        os.write(self.fd, keys.encode())
        until = time.monotonic() + 30
        while not line.exists():
            if time.monotonic() > until:
                raise AssertionError(f"bash does not answer to {keys!r}")
            if select.select([self.fd], [], [], 0.01)[0]:
                os.read(self.fd, 65536)
        return line.read_text(encoding="utf-8")[:-1]

    def completed(self, line, left=0):
        """LINE after Tab, with the cursor LEFT characters before its end."""
        return self.type(line + "\x02" * left + "\t\x14")

    def candidates(self, line):
        """What LINE's last word may become by vigil's own knowledge."""
        self.completed(line)
        path = self.folder / "candidates"
        return [word for word in path.read_text(encoding="utf-8").split("\n") if word] if path.exists() else []


@unittest.skipUnless(BASH, "not installed: bash")
class Completion(watched.Case):
    def setUp(self):
        super().setUp()
        self.write("completion", self.vigil("--bash-completion").stdout)
        for name in ("folder/inner", "two words", "programs"):
            os.makedirs(self.path(name))
        for name in ("file.yaml", "folder/a.jsonl", "a:one", "it's", "größe"):
            self.write(name, "")
        self.write("programs/vigiltest-program", "#!/bin/sh\n", mode=0o755)
        self.shell = self.open()

    def open(self, more=""):
        shell = Shell(self.directory, more)
        self.addCleanup(shell.close)
        return shell

    def options(self, command):
        """[("-d" or "", "--directory", "DIR" or "")], as --help has them."""
        return re.findall(r"^  (?:    )?(-\w)?(?:, )?(--[\w-]+)(?:=(\S+))?", self.vigil(command, "--help").stdout, re.MULTILINE)

    def becomes(self, line, wanted, shell=None):
        with self.subTest(line):
            self.assertEqual((shell or self.shell).completed(line), wanted)

    def offers(self, line, *wanted, shell=None):
        with self.subTest(line):
            self.assertEqual((shell or self.shell).candidates(line), list(wanted))

    def test_the_commands_are_those_of_help(self):
        self.assertEqual(tuple(re.findall(r"^  (\w+) ", self.vigil("--help").stdout, re.MULTILINE)), COMMANDS)
        self.offers("vigil ", *COMMANDS)
        self.offers("vigil r", "run", "report")
        self.becomes("vigil ch", "vigil check ")
        self.becomes("true; vigil ch", "true; vigil check ")
        self.becomes("RANK=1 vigil ch", "RANK=1 vigil check ")
        self.becomes("vigil nosuch -", "vigil nosuch -")
        self.becomes("vigil --ver", "vigil --version ")

    def test_the_options_are_those_of_help(self):
        for command in COMMANDS:
            there = self.options(command)
            self.assertIn(("-h", "--help", ""), there)
            self.assertEqual(sorted(self.shell.candidates(f"vigil {command} -")),
                             sorted(name for letter, long, _ in there for name in (letter, long) if name))
            self.offers(f"vigil {command} --", *(long for _, long, _ in there))
            for _, long, _ in there:
                longer = any(other != long and other.startswith(long) for _, other, _ in there)
                self.becomes(f"vigil {command} {long}", f"vigil {command} {long}" + ("" if longer else " "))

    def test_the_values_are_of_their_kind(self):
        """A file, a directory, a word that the command takes, or nothing."""
        for command in COMMANDS:
            for letter, long, value in self.options(command):
                for start in (f"{long} ", f"{long}=", f"{letter} " if letter else f"{long} ",
                              f"-h{letter[1:]} " if letter else f"{long}="):
                    line = f"vigil {command} {start}"
                    if value == "DIR":
                        self.becomes(line + "fol", line + "folder/")
                        self.becomes(line + "fil", line + "fil")
                    elif value == "FILE":
                        self.becomes(line + "fol", line + "folder/")
                        self.becomes(line + "fil", line + "file.yaml ")
                    elif value:
                        self.becomes(line + "fil", line + "fil")

    def test_fixed_words_are_offered(self):
        for start in ("--report ", "--report=", "-r ", "-qr ", "-d x --report="):
            self.offers("vigil run " + start, "always", "failure", "never")
            self.becomes(f"vigil run {start}al", f"vigil run {start}always ")
        for word in self.shell.candidates("vigil run --report="):
            self.assertEqual(self.vigil("run", "-d", word, "--report", word, "--", "true").returncode, 0)
        words = self.shell.candidates("vigil emit --level ")
        self.assertIn("WARNING", words)
        for word in words:
            self.assertEqual(self.vigil("emit", "-l", word, "m").returncode, 0)

    def test_operands_are_what_the_command_takes(self):
        self.becomes("vigil report fol", "vigil report folder/")
        self.becomes("vigil report fil", "vigil report file.yaml ")
        self.becomes("vigil report folder file", "vigil report folder file.yaml ")
        self.becomes("vigil report folder --js", "vigil report folder --json ")
        self.becomes("vigil report -- --js", "vigil report -- --js")
        self.becomes("vigil check fil", "vigil check file.yaml ")
        self.becomes("vigil env fil", "vigil env fil")
        self.becomes("vigil emit fil", "vigil emit fil")

    def test_behind_the_options_of_run_come_commands_and_files(self):
        for start in ("vigil run ", "vigil run -- ", "vigil run -q -d folder ", "vigil run -dfolder -- ", "vigil run -adfolder ",
                      "vigil run --directory=folder -- ", "vigil run -r always "):
            self.becomes(start + "vigiltest", start + "vigiltest-program ")
            self.becomes(start + "./fol", start + "./folder/")
            self.becomes(start + "programs/vig", start + "programs/vigiltest-program ")
            for command in ("mpirun", "./solver", "-"):
                self.becomes(start + command + " --dir", start + command + " --dir")
                self.becomes(start + command + " -d fil", start + command + " -d file.yaml ")
        self.becomes("vigil run -- --dir", "vigil run -- --dir")
        self.offers("vigil run -- mpirun -")

    def test_names_that_the_shell_must_quote(self):
        self.becomes("vigil report tw", r"vigil report two\ words/")
        self.becomes("vigil run -d tw", r"vigil run -d two\ words/")
        self.becomes("vigil run --directory=tw", r"vigil run --directory=two\ words/")
        self.becomes(r"vigil run -d two\ words --app", r"vigil run -d two\ words --append ")
        self.becomes("vigil check it", r"vigil check it\'s ")
        self.becomes("vigil check grö", "vigil check größe ")
        self.becomes("vigil run -d größe --app", "vigil run -d größe --append ")
        for word in ("a:o", r"a\:o", "'a:o", '"two w', "~/", "$HO", "fi"):
            for start in ("check ", "run -c ", "run --config=", "run ./x "):
                self.becomes(f"vigil {start}{word}", "vigil" + self.shell.completed(f"nosuch {start}{word}").removeprefix("nosuch"))

    def test_the_cursor_may_be_within_the_line(self):
        with self.subTest("in a word"):
            self.assertEqual(self.shell.completed("vigil run --dirxx", left=2), "vigil run --directoryxx")
        with self.subTest("before a word"):
            self.assertEqual(self.shell.completed("vigil run --report=al -- true", left=8), "vigil run --report=always -- true")
        with self.subTest("where nothing is yet"):
            self.assertEqual(self.shell.completed("vigil ch true", left=5), "vigil check true")

    def test_a_shell_may_have_settings_of_its_own(self):
        for more in ("set -u", "IFS=x", "set -f", "shopt -s failglob nullglob", "COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]}", "set -e"):
            shell = self.open(more)
            self.becomes("vigil run --report=al", "vigil run --report=always ", shell)
            self.becomes("vigil run --dir", "vigil run --directory ", shell)
            self.becomes("vigil run -a -d fol", "vigil run -a -d folder/", shell)
            self.becomes("vigil run vigiltest", "vigil run vigiltest-program ", shell)
            self.becomes("vigil ch", "vigil check ", shell)

    @unittest.skipUnless(shutil.which("shellcheck"), "not installed: shellcheck")
    def test_shellcheck_finds_nothing(self):
        done = subprocess.run(["shellcheck", "-s", "bash", "-e", "SC2154", self.path("completion")], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_nothing_is_run_and_nothing_stays(self):
        """Only functions and variables of the completion's own name are left in the shell."""
        script = "before=$(compgen -v; compgen -A function); . ./completion; comm -13 <(sort <<<\"$before\") <(" \
                 "{ compgen -v; compgen -A function; } | sort)"
        done = self.bare(BASH, "--norc", "-c", script, env=watched.environment(PATH="/usr/bin:/bin"))
        left = set(done.stdout.split()) - {"before", "BASH_LINENO", "BASH_SOURCE", "FUNCNAME", "PIPESTATUS", "_"}
        self.assertTrue(left and all(name.startswith("_vigil") for name in left), left)


if __name__ == "__main__":
    tap.main()
