#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where a run's events go, and what becomes of the job when they cannot go there."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched


class Directory(watched.Case):
    def test_without_a_name_it_is_called_by_the_run_id(self):
        self.assertEqual(self.vigil("run", "-q", "true").returncode, 0)
        (name,) = os.listdir(self.directory)
        self.assertRegex(name, r"^vigil-[0-9a-f]{6}$")
        self.assertEqual({event["run_id"] for event in self.events(name)}, {name.removeprefix("vigil-")})

    def test_each_run_has_another(self):
        for _ in range(5):
            self.vigil("run", "-q", "true")
        self.assertEqual(len(os.listdir(self.directory)), 5)

    def test_one_with_events_is_refused_unless_appending(self):
        self.assertEqual(self.run_quietly("true").returncode, 0)
        first = self.events()
        again = self.run_quietly("touch", "started")
        self.assertEqual(again.returncode, 125)
        self.assertIn("run: holds the events of another run; nothing was started", again.stderr)
        self.assertFalse(os.path.exists(self.path("started")))
        self.assertEqual(self.vigil("run", "-q", "-d", "run", "--append", "true").returncode, 0)
        self.assertEqual(len({event["run_id"] for event in self.events()}), 2)
        self.assertEqual(self.events()[:len(first)], first)

    def test_an_empty_one_is_taken(self):
        os.mkdir(self.path("run"))
        self.write("run/notes.txt", "mine\n")
        self.assertEqual(self.run_quietly("true").returncode, 0)
        self.assertTrue(self.events())

    def test_one_that_cannot_be_made_is_refused(self):
        self.write("file", "")
        for name, reason in (("file", "Not a directory"), ("file/x", "Not a directory"), ("no/such", "No such file"),
                             ("", "option '-d' needs a value"), ("/proc/x", "No such file"), ("x" * 300, "File name too long")):
            with self.subTest(name):
                ended = self.vigil("run", "-d", name, "touch", "started")
                self.assertEqual(ended.returncode, 125)
                self.assertIn(reason, ended.stderr)
                self.assertEqual(os.listdir(self.directory), ["file"])

    def test_one_that_cannot_be_written_is_refused(self):
        if os.geteuid() != 0:
            os.mkdir(self.path("run"), 0o555)
            ended = self.run_quietly("true")
        else:
            self.needs_mounts()
            os.mkdir(self.path("run"))
            inner = f"mount -t tmpfs -o ro,size=64k none run && exec {watched.VIGIL} run -d run -- true"
            ended = self.bare("unshare", "-m", "sh", "-c", inner)
        self.assertEqual(ended.returncode, 125)
        self.assertRegex(ended.stderr, r"^vigil: run: (Permission denied|Read-only file system); nothing was started\n$")

    def test_a_full_disk_does_not_touch_the_job(self):
        self.needs_mounts()
        os.mkdir(self.path("disk"))
        inner = ("mount -t tmpfs -o size=16k none disk && mkdir disk/run && "
                 "{ head -c 100000 /dev/zero >disk/fill 2>/dev/null || :; } && "
                 f"exec {watched.VIGIL} run -q -d disk/run -- sh -c 'echo out; echo err >&2; exit 3'")
        ended = self.bare("unshare", "-m", "sh", "-c", inner)
        self.assertEqual((ended.returncode, ended.stdout), (3, "out\n"))
        self.assertEqual(re.sub(r"(?m)^vigil: .*\n", "", ended.stderr), "err\n")

    def test_one_removed_under_the_job_does_not_touch_it(self):
        ended = self.run_quietly("sh", "-c", f"rm -r {self.path('run')}; true; echo out; exit 4")
        self.assertEqual((ended.returncode, ended.stdout), (4, "out\n"))
        self.assertFalse(os.path.exists(self.path("run")))

    def test_a_job_that_changes_directory_is_recorded_in_the_first(self):
        self.run_quietly("sh", "-c", "cd /; exit 1")
        self.assertTrue(self.events())


class Verdict(watched.Case):
    def test_a_failed_command_has_a_verdict_on_stderr(self):
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", "echo mine >&2; exit 5")
        self.assertEqual(ended.returncode, 5)
        self.assertTrue(ended.stderr.startswith("mine\n\nvigil: "), ended.stderr)
        self.assertIn("exit 5", ended.stderr)
        self.assertIn("vigil report ./run", ended.stderr)

    def test_a_command_that_succeeds_has_none(self):
        ended = self.vigil("run", "-d", "run", "true")
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "", ""))

    def test_quiet_and_never_say_nothing(self):
        for number, option in enumerate(("-q", "--quiet", "--report=never")):
            ended = self.vigil("run", option, "-d", f"run{number}", "false")
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (1, "", ""))

    def test_always_says_it_of_a_success(self):
        ended = self.vigil("run", "--report", "always", "-d", "run", "true")
        self.assertEqual(ended.returncode, 0)
        self.assertTrue(ended.stderr.startswith("\nvigil: "), ended.stderr)

    def test_a_closed_stderr_changes_nothing(self):
        ended = self.bare("sh", "-c", f"{watched.VIGIL} run -d run -- sh -c 'exit 5' 2>&-; echo $?")
        self.assertEqual(ended.stdout, "5\n")

    def test_a_stderr_that_nobody_reads_changes_nothing(self):
        read, write = os.pipe()
        os.close(read)
        ended = subprocess.run([watched.VIGIL, "run", "-d", "run", "--", "sh", "-c", "exit 5"], stderr=write,
                               cwd=self.directory, env=watched.environment(), check=False, timeout=60)
        os.close(write)
        self.assertEqual(ended.returncode, 5)


class Records(watched.Case):
    def test_the_usage_of_a_death_by_signal_is_the_process_s_own(self):
        burn = "import os, time\nwhile time.process_time() < 0.3: pass\nos.kill(os.getpid(), 11)"
        self.run_quietly("/usr/bin/python3", "-c", burn)
        (usage,) = [event["usage"] for event in self.events() if event["source"] == "WORKER" and event["node_state"] == "FAILED"]
        self.assertGreater(usage["user_us"] + usage["system_us"], 250000)

    def test_handlers_get_the_command_s_failure_once(self):
        self.write("log.yaml", "version: 1\nhandlers: {c: {class: logging.StreamHandler, level: WARNING}}\nroot: {level: INFO, handlers: [c]}\n")
        for code, expected in (("exit 3", "exit 3"), ("kill -9 $$", "SIGKILL")):
            with self.subTest(code):
                ended = self.vigil("run", "-q", "-c", "log.yaml", "--", "sh", "-c", code)
                self.assertEqual(re.sub(r"pid [0-9]+", "pid N", ended.stderr), f"dash (pid N) FAILED: {expected}\n")


if __name__ == "__main__":
    tap.main()
