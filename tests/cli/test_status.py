#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vigil run ends as its command does, and refuses with statuses of its own."""

import os
import pathlib
import resource
import shutil
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched


class Status(watched.Case):
    def status_of(self, script):
        return self.run_quietly("sh", "-c", script).returncode

    def test_the_status_is_the_commands(self):
        for number in (0, 1, 2, 5, 125, 126, 127, 128, 137, 255):
            with self.subTest(number):
                ended = self.vigil("run", "-q", "-d", f"run{number}", "--", "sh", "-c", f"exit {number}")
                self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (number, "", ""))

    def test_death_by_a_signal_is_death_by_the_same_signal(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGINT,
                       signal.SIGPIPE, signal.SIGUSR1, signal.SIGRTMIN + 3):
            with self.subTest(number):
                ended = self.vigil("run", "-q", "-d", f"run{number}", "--", "sh", "-c", f"kill -{number} $$")
                self.assertEqual(ended.returncode, -number)

    def test_the_wrapper_leaves_no_core(self):
        self.run_quietly("sh", "-c", "ulimit -c 0; kill -SEGV $$")
        self.assertEqual([name for name in os.listdir(self.directory) if "core" in name], [])

    def test_a_missing_command_is_127_and_nothing_is_left(self):
        ended = self.vigil("run", "--", "there-is-no-such-command", "x")
        self.assertEqual(ended.returncode, 127)
        self.assertEqual(ended.stderr, "vigil: there-is-no-such-command: command not found\n")
        self.assertEqual(os.listdir(self.directory), [])

    def test_a_command_without_permission_is_126_and_nothing_is_left(self):
        self.write("script", "#!/bin/sh\n", 0o644)
        ended = self.vigil("run", "--", "./script")
        self.assertEqual(ended.returncode, 126)
        self.assertEqual(ended.stderr, "vigil: ./script: Permission denied\n")
        self.assertEqual(os.listdir(self.directory), ["script"])

    def test_a_command_that_only_execve_refuses_is_126_and_nothing_is_left(self):
        self.write("script", "#!/no/such/interpreter\n", 0o755)
        ended = self.vigil("run", "--", "./script")
        self.assertIn(ended.returncode, (126, 127))
        self.assertEqual(ended.stderr.count("\n"), 1)
        self.assertEqual(os.listdir(self.directory), ["script"])

    def test_a_script_without_a_first_line_runs_as_execvp_has_it(self):
        self.write("script", "exit 7\n", 0o755)
        self.assertEqual(self.run_quietly("./script").returncode, 7)

    def test_path_is_searched_as_execvp_does(self):
        os.mkdir(self.path("one"))
        os.mkdir(self.path("two"))
        self.write("one/tool", "#!/bin/sh\nexit 1\n", 0o644)
        self.write("two/tool", "#!/bin/sh\nexit 2\n", 0o755)
        env = watched.environment()
        env["PATH"] = f"{self.path('one')}:{self.path('two')}:{env['PATH']}"
        self.assertEqual(self.run_quietly("tool", env=env).returncode, 2)
        env["PATH"] = self.path("one")
        self.assertEqual(self.vigil("run", "tool", env=env).returncode, 126)

    def refused(self, *arguments, **options):
        """Asserts 125, one line and nothing left; returns the line."""
        before = sorted(os.listdir(self.directory))
        ended = self.vigil("run", *arguments, **options)
        self.assertEqual(ended.returncode, 125, ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertEqual(sorted(os.listdir(self.directory)), before)
        return ended.stderr

    def limited(self, limits, *command, **options):
        """What COMMAND comes to under vigil run, as a user with LIMITS, whose directory is fresh each time."""
        def limit():
            os.setgroups([])
            os.setgid(65533)
            os.setuid(65533)
            for kind, most in limits:
                resource.setrlimit(kind, (most, most))

        os.chmod(self.directory, 0o777)
        self.lend()
        return self.bare(self.lent, "run", "-d", self.path("run"), *command, preexec_fn=limit, **options)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
    def test_a_command_runs_where_vigil_run_lacks_what_it_needs(self):
        for kind, most in [(resource.RLIMIT_NOFILE, most) for most in range(4, 13)] + \
                          [(resource.RLIMIT_NPROC, most) for most in range(5)] + \
                          [(resource.RLIMIT_AS, most << 20) for most in (12, 16, 24, 32)]:
            with self.subTest(kind=kind, most=most):
                ended = self.limited([(kind, most)], "--", "/bin/sh", "-c", "echo runs; exit 3")
                self.assertEqual((ended.returncode, ended.stdout), (3, "runs\n"), ended.stderr)
                shutil.rmtree(self.path("run"), ignore_errors=True)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
    def test_where_no_process_is_to_be_had_the_command_takes_the_place_and_is_recorded(self):
        ended = self.limited([(resource.RLIMIT_NPROC, 0)], "--", "/bin/echo", "runs")
        self.assertEqual((ended.returncode, ended.stdout), (0, "runs\n"))
        self.assertRegex(ended.stderr, "^vigil: /bin/echo: fork: Resource temporarily unavailable; it takes vigil run's own place, [^\n]*\n$")
        self.assertEqual([event["node_state"] for event in watched.events(self.path("run"))], ["INIT", "RUNNING", "SUCCEEDED"])

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
    def test_what_is_missing_or_no_program_is_so_whatever_vigil_lacks(self):
        for kind, most in ((resource.RLIMIT_NOFILE, 4), (resource.RLIMIT_NPROC, 0)):
            self.write("none", "", 0o644)
            self.assertEqual(self.limited([(kind, most)], "--", "./none").returncode, 126)
            self.assertEqual(self.limited([(kind, most)], "--", "./nosuch").returncode, 127)

    def test_without_proc_the_command_runs(self):
        self.needs_mounts()
        ended = self.bare("unshare", "--mount", "sh", "-c",
                          f"mount -t tmpfs none /proc && exec {watched.VIGIL} run -d run -- sh -c 'echo runs; exit 3'")
        self.assertEqual((ended.returncode, ended.stdout), (3, "runs\n"), ended.stderr)

    def test_no_command_is_refused(self):
        self.assertIn("no command given", self.refused())
        self.assertIn("no command given", self.refused("-q", "--"))

    def test_an_unknown_option_is_refused(self):
        self.assertIn("unknown option '--nonsense'", self.refused("--nonsense", "--", "true"))
        self.assertIn("unknown option '-z'", self.refused("-z", "true"))
        self.assertIn("needs a value", self.refused("-d"))
        self.assertIn("always, failure or never", self.refused("--report=sometimes", "true"))

    def test_the_commands_own_options_are_its_own(self):
        ended = self.run_quietly("echo", "-q", "--report", "-d")
        self.assertEqual(ended.stdout, "-q --report -d\n")

    def test_a_program_of_another_word_size_is_refused(self):
        header = b"\x7fELF\x01\x01\x01" + bytes(45)
        with open(self.path("old"), "wb") as file:
            file.write(header)
        os.chmod(self.path("old"), 0o755)
        self.assertIn("is a 32-bit program", self.refused("./old"))
        self.write("script", f"#! {self.path('old')} -x\n", 0o755)
        self.assertIn("is a 32-bit program", self.refused("./script"))

    def copied_vigil(self):
        os.mkdir(self.path("bin"))
        copy = self.path("bin", "vigil")
        with open(watched.VIGIL, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        os.chmod(copy, 0o755)
        return copy

    def test_a_missing_preload_is_refused(self):
        ended = self.bare(self.copied_vigil(), "run", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertRegex(ended.stderr, r"^vigil: .*/libvigil\.so: No such file or directory; nothing was started\n$")
        self.assertEqual(os.listdir(self.directory), ["bin"])

    def test_a_preload_that_is_none_is_refused(self):
        copy = self.copied_vigil()
        os.makedirs(self.path("lib", "vigil"))
        self.write("lib/vigil/libvigil.so", "not a library\n")
        ended = self.bare(copy, "run", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("is not a shared library", ended.stderr)

    def test_a_preload_that_ld_preload_cannot_name_is_refused(self):
        self.directory = self.path("with blank")
        os.mkdir(self.directory)
        copy = self.copied_vigil()
        os.makedirs(self.path("lib", "vigil"))
        os.symlink(watched.PRELOAD, self.path("lib", "vigil", "link"))
        with open(watched.PRELOAD, "rb") as source, open(self.path("lib", "vigil", "libvigil.so"), "wb") as target:
            target.write(source.read())
        ended = self.bare(copy, "run", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("blank or a colon", ended.stderr)

        ended = self.bare(copy, "run", "-d", watched.tempfile.mkdtemp(), "true")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_a_configuration_that_cannot_be_read_is_refused(self):
        os.mkdir(self.path("config.yaml"))
        self.assertIn("Is a directory", self.refused("--config", "config.yaml", "true"))
        self.assertIn("No such file or directory", self.refused("--config=gone.yaml", "true"))
        env = watched.environment(VIGIL_CONFIG=self.path("config.yaml"))
        self.assertIn("Is a directory", self.refused("true", env=env))

    def test_a_configuration_that_does_not_validate_is_refused_with_its_errors(self):
        self.write("job.json", '{"version": 1, "root": {"level": "WARNIG"}, "loggers": 3}')
        ended = self.vigil("run", "-c", "job.json", "--", "touch", "started")
        self.assertEqual(ended.returncode, 125)
        lines = ended.stderr.splitlines()
        self.assertGreaterEqual(len(lines), 3)
        self.assertTrue(any(line.startswith("vigil: job.json:1:") and "WARNIG" in line for line in lines), lines)
        self.assertRegex(lines[-1], r"^vigil: job\.json: \d+ errors; nothing was started$")
        self.assertEqual(os.listdir(self.directory), ["job.json"])
        again = self.vigil("run", "touch", "started", env=watched.environment(VIGIL_CONFIG="job.json"))
        self.assertEqual((again.returncode, again.stderr), (125, ended.stderr))

    def test_help_is_on_stdout_with_status_0(self):
        ended = self.vigil("run", "--help")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn("--append", ended.stdout)


if __name__ == "__main__":
    tap.main()
