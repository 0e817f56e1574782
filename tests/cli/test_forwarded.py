#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who sent a signal to vigil run, which forwards it to the command, is reported, also where the command handles it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

HANDLES = "import signal, sys, time; signal.signal(signal.SIG{0}, lambda *_: sys.exit({1})); open('ready', 'w').close(); time.sleep(60)"


class Forwarded(watched.Case):
    def ended_by(self, number, *command):
        """What vigil run says, when a shell called "sender" has sent it signal NUMBER."""
        sender = self.write("sender", f'#!/bin/sh\n"$@" 2>said &\nuntil [ -e ready ]; do sleep 0.05; done\nkill -{number} $!\nwait $!\n', 0o755)
        self.bare(sender, watched.VIGIL, "run", "-d", "run", "--", *command)
        return " ".join(pathlib.Path(self.path("said")).read_text(encoding="utf-8").split())

    def test_one_that_ends_the_command(self):
        said = self.ended_by("TERM", "sh", "-c", "touch ready; exec sleep 60")
        self.assertRegex(said, r"nobody failed first: it was ended from outside \(SIGTERM from sender \(pid \d+\)\)")

    def test_one_that_the_command_handles(self):
        for number, status in (("QUIT", 131), ("TERM", 143), ("HUP", 129)):
            with self.subTest(number):
                self.setUp()
                said = self.ended_by(number, "/usr/bin/python3", "-c", HANDLES.format(number, status))
                self.assertRegex(said, rf"ended from outside \(exit {status}.*, after SIG{number} from sender \(pid \d+\)\)")


if __name__ == "__main__":
    tap.main()
