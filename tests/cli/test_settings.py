#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vigil's own settings, as the command takes them: what `vigil check` draws, and a run with them. Their effect on events is in
tests/shim/test_settings.c."""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

VICTIMS = watched.BUILD / "tests" / "victims"
TREE = '<--""\n   Level WARNING\n'


class Settings(watched.Case):
    def config(self, settings, name="job.yaml"):
        return self.write(name, f"version: 1\nvigil: {settings}\n")

    def assert_drawn(self, settings, *lines):
        result = self.vigil("check", self.config(settings))
        drawn = "".join(f"   {line}\n" for line in lines)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, TREE + ("vigil\n" if lines else "") + drawn, ""))

    def test_check_draws_what_is_not_the_default(self):
        self.assert_drawn("{}")
        self.assert_drawn("{trace: true, error_file: true}")
        self.assert_drawn("{argv: masked}")
        self.assert_drawn("{argv: full}", "argv: full")
        self.assert_drawn("{trace: false, error_file: false}", "error_file: false", "trace.timeout_ms: 0")
        self.assert_drawn("{trace: {threads: all, registers: true}, signals: {core: [QUIT, SEGV], terminated: [RTMIN, RTMIN+1]}}",
                          "trace.threads: all", "trace.registers: true", "signals.core: QUIT, SEGV",
                          "signals.terminated: RTMIN to RTMIN+1")

    def test_check_tells_all_that_is_wrong(self):
        path = self.config("{trace: {frames: 0, thread: all}, signals: {core: [11], terminated: [KILL]}}")
        result = self.vigil("check", path)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual([line.removeprefix(f"vigil: {path}:2:") for line in result.stderr.splitlines()], [
            "25: vigil.trace.frames: expected 1 to 128, found 0",
            "28: vigil.trace.thread: unknown setting; known are: frames, threads, timeout_ms, names, registers, python, cxx, "
            "abort_message, exits, terminated, alternate_stacks; did you mean 'threads'?",
            "59: vigil.signals.core[0]: expected the name of a signal, found 11; did you mean 'SEGV'?",
            "77: vigil.signals.terminated[0]: SIGKILL cannot be caught"])

    def test_a_run_with_a_wrong_setting_starts_nothing(self):
        path = self.config("{trace: {timeout_ms: never}}")
        result = self.vigil("run", "--config", path, "--", "touch", self.path("ran"))
        self.assertEqual(result.returncode, 125)
        self.assertIn(f"{path}:2:29: vigil.trace.timeout_ms: expected a number from 0 to 60000, found never", result.stderr)
        self.assertFalse(pathlib.Path(self.path("ran")).exists())

    def test_of_a_signal_that_is_not_watched_the_waiter_tells(self):
        path = self.config("{signals: {core: [], terminated: []}}")
        result = self.vigil("run", "-d", "run", "--config", path, "--", VICTIMS / "crashes", "null_write")
        self.assertEqual(result.returncode, -signal.SIGSEGV)
        self.assertIn("SIGSEGV", result.stderr)
        failed = [event for event in self.events("run") if event["node_state"] == "FAILED"]
        self.assertEqual({event["source"] for event in failed}, {"AGENT"})


if __name__ == "__main__":
    tap.main()
