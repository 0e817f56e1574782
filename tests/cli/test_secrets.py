#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets in command lines: in no event, no report, no page, unless the configuration wants them."""

import os
import pathlib
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# A child, so that the command line is in several processes' events; it fails, so that there is a verdict.
COMMAND = ("sh", "-c", "python3 -c 'import os; os.abort()' --token=HUSH1 --password HUSH2 https://me:HUSH3@host/; exit 7")


class Secrets(watched.Case):
    def run_with(self, settings):
        options = ()
        if settings is not None:
            options = ("-c", self.write("log.yaml", f"version: 1\nvigil: {{argv: {settings}}}\n"))
        ended = self.vigil("run", *options, "-d", "run", "--", *COMMAND)
        self.assertEqual(ended.returncode, 7, ended.stderr)
        return ended.stderr

    def recorded(self):
        text = "".join(path.read_text(encoding="utf-8") for path in pathlib.Path(self.path("run")).iterdir())
        for form in ((), ("--json",), ("--dot", "graph"), ("--perfetto", "trace"), ("--html", "page")):
            text += self.vigil("report", *form, "run").stdout
        for name in ("graph", "trace", "page"):
            if os.path.exists(self.path(name)):
                text += pathlib.Path(self.path(name)).read_text(encoding="utf-8")
        return text

    def command_lines(self):
        """As their arguments; the shell reads the same from the line."""
        processes = [event["process"] for event in self.events()
                     if event["node_state"] == "INIT" and event["process"]["program"].startswith("python3")]
        for process in processes:
            self.assertEqual(shlex.split(process["command"]) if "command" in process else None, process.get("argv"))
        return [process.get("argv") for process in processes]

    def test_are_masked(self):
        stderr = self.run_with(None)
        self.assertNotIn("HUSH", stderr)
        self.assertNotIn("HUSH", self.recorded())
        self.assertEqual(self.command_lines(), [["python3", "-c", "import os; os.abort()", "--token=***", "--password", "***",
                                                 "https://me:***@host/"]])

    def test_are_kept_where_the_configuration_says_so(self):
        self.run_with("full")
        self.assertEqual(self.command_lines()[0][3:], ["--token=HUSH1", "--password", "HUSH2", "https://me:HUSH3@host/"])

    def test_may_go_with_the_whole_command_line(self):
        self.run_with("none")
        self.assertEqual(self.command_lines(), [None])
        self.assertNotIn("os.abort", self.recorded())


if __name__ == "__main__":
    tap.main()
