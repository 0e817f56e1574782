#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `vigil report` is given to read: pipes, what is stored nowhere, and more of it than anybody wants to wait for."""

import os
import pathlib
import pty
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

FIXTURE = watched.TREE / "tests" / "unit" / "fixtures" / "torchrun_python_segv.jsonl"
VERDICT = "rank 3 failed first"


class Input(watched.Case):
    def report(self, *arguments, **options):
        return self.bare(watched.VIGIL, "report", "--no-lines", *arguments, **options)

    def test_standard_input_and_pipes_are_read(self):
        with open(FIXTURE, encoding="utf-8") as file:
            self.assertIn(VERDICT, self.report("-", stdin=file).stdout)
        self.assertIn(VERDICT, self.report("-", input=FIXTURE.read_text()).stdout)
        self.assertIn(VERDICT, self.report("/dev/stdin", input=FIXTURE.read_text()).stdout)
        read = self.bare("bash", "-c", f"{watched.VIGIL} report --no-lines <(cat {FIXTURE})")
        self.assertIn(VERDICT, read.stdout)

    def test_what_is_stored_nowhere_is_refused_at_once(self):
        os.mkfifo(self.path("fifo"))
        for path, what in ((self.path("fifo"), "is a FIFO"), ("/dev/zero", "is a device"), ("/proc/self/pagemap", "is not stored"),
                           ("/sys/kernel/mm/transparent_hugepage/enabled", "is not stored")):
            for options in ((), ("--follow",)):
                done = self.report(*options, path, timeout=30)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr, f"^vigil: {path}: {what}[^\n]*; nothing to (report on|follow)\n$")
        with open("/dev/zero", encoding="utf-8") as zero:
            self.assertEqual(self.report("-", stdin=zero, timeout=30).returncode, 2)

    def test_what_lies_beside_the_events_does_not_hold_up_the_report(self):
        self.write("a.jsonl", FIXTURE.read_text())
        os.mkfifo(self.path("f.jsonl"))
        os.symlink("/proc/self/pagemap", self.path("m.jsonl"))
        os.symlink("/dev/zero", self.path("z.jsonl"))
        with open(self.path("s.jsonl"), "w", encoding="utf-8") as file:
            os.truncate(file.fileno(), 20 << 30)
        done = self.report(self.directory, timeout=30)
        self.assertIn(VERDICT, done.stdout)
        self.assertEqual([line.split(":")[1] for line in done.stdout.splitlines() if line.startswith("warning: ")],
                         [" f.jsonl", " m.jsonl", " s.jsonl", " z.jsonl"])

    def test_a_directory_with_very_many_files(self):
        for number in range(20000):
            os.symlink("/nowhere", self.path(f"{number}.jsonl"))
        self.write("events.jsonl", FIXTURE.read_text())
        done = self.report(self.directory, timeout=100)
        self.assertIn(VERDICT, done.stdout)
        self.assertEqual(done.stdout.count("warning: "), 101)
        self.assertIn("warning: and 19900 more warnings of its files\n", done.stdout)

    def slow(self, stderr):
        """A report on a pipe that takes three seconds to say all; returns its stdout."""
        with subprocess.Popen([watched.VIGIL, "report", "--no-lines", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=stderr, env=watched.environment()) as process:
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline:
                process.stdin.write(b"\n")
                process.stdin.flush()
                time.sleep(0.05)
            process.stdin.write(FIXTURE.read_bytes())
            process.stdin.close()
            return process.stdout.read().decode()

    def test_reading_that_takes_long_shows_its_progress_on_a_terminal(self):
        main, side = pty.openpty()
        shown = []

        def listen():
            try:
                while data := os.read(main, 65536):
                    shown.append(data)
            except OSError:
                pass

        thread = threading.Thread(target=listen)
        thread.start()
        out = self.slow(side)
        os.close(side)
        thread.join()
        os.close(main)
        said = b"".join(shown).decode()
        self.assertIn(VERDICT, out)
        self.assertRegex(said, r"^(\r\x1b\[Kvigil: reading events: 0 MB, file 1 of 1)+\r\x1b\[K$")

    def test_elsewhere_it_shows_nothing(self):
        with open(self.path("said"), "wb") as file:
            self.assertIn(VERDICT, self.slow(file))
        self.assertEqual(os.path.getsize(self.path("said")), 0)


if __name__ == "__main__":
    tap.main()
