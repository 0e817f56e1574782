#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""At a terminal, in a shell with job control, vigil run is not to be noticed."""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import terminal
import watched

# Says how often each signal came; ends after the last word.
COUNTER = r"""
import collections, os, signal, sys, time
seen = collections.Counter()
for name in sys.argv[1].split(","):
    signal.signal(getattr(signal, name), lambda number, frame: seen.update([signal.Signals(number).name]))
print("ready", os.getpid(), os.getpgrp(), os.tcgetpgrp(0) == os.getpgrp(), flush=True)
until = time.monotonic() + 20
while time.monotonic() < until and not seen:
    time.sleep(0.05)
time.sleep(0.5)
print("seen", *(f"{name}={count}" for name, count in sorted(seen.items())), flush=True)
"""


class Terminal(watched.Case):
    def setUp(self):
        super().setUp()
        self.write("counter.py", COUNTER)
        self.vigil_run = f"{watched.VIGIL} run -q -d run --append --"
        self.shell = terminal.Terminal(self.directory, watched.environment())
        self.addCleanup(self.shell.close)

    def test_the_command_is_in_the_foreground_group(self):
        self.shell.command(f"{self.vigil_run} /usr/bin/python3 counter.py SIGINT")
        ready = self.shell.expect(r"ready (\d+) (\d+) (\w+)")
        self.assertEqual(ready[3], "True")
        self.shell.type("\x03")
        self.shell.expect(r"seen SIGINT=1\n")
        self.shell.expect(r"\$ $")

    def test_ctrl_c_and_ctrl_backslash_reach_the_command_once(self):
        for name, key in (("SIGINT", "\x03"), ("SIGQUIT", "\x1c")):
            self.shell.command(f"{self.vigil_run} /usr/bin/python3 counter.py {name}")
            self.shell.expect(r"ready")
            self.shell.type(key)
            self.shell.expect(rf"seen {name}=1\n")

    def test_a_command_that_dies_of_ctrl_c_gives_130(self):
        self.shell.command(f"{self.vigil_run} sleep 30; echo status $?")
        self.wait_for_run("sleep")
        self.shell.type("\x03")
        self.shell.command("echo status $?")  # the shell drops the rest of the line that was interrupted
        self.shell.expect(r"status 130\n")

    def wait_for_run(self, name):
        """Until a process NAME runs in the foreground of the terminal."""
        for _ in range(200):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                        comm, _, rest = file.read().partition(") ")
                    fields = rest.split()
                    if comm.endswith(f"({name}") and fields[2] == fields[5] and os.getsid(int(pid)) == self.shell.pid:
                        return int(pid)
                except (OSError, IndexError):
                    pass
            time.sleep(0.05)
        raise AssertionError(f"no {name} in the foreground")

    def test_ctrl_z_stops_the_job_and_fg_goes_on(self):
        self.shell.command(f"{self.vigil_run} sh -c 'read line; echo got $line; exit 6'; echo status $?")
        self.wait_for_run("sh")
        self.shell.type("\x1a")
        self.shell.expect(r"\[1\]\+\s+Stopped ")
        self.shell.command("fg")
        self.shell.type("word\n")
        self.shell.expect(r"got word\n")
        self.shell.command("echo status $?")
        self.shell.expect(r"status 6\n")

    def test_ctrl_z_can_be_done_again_and_again(self):
        self.shell.command(f"{self.vigil_run} cat")
        self.wait_for_run("cat")
        for turn in range(3):
            self.shell.type("\x1a")
            self.shell.expect(r"Stopped ")
            self.shell.command("fg")
            self.wait_for_run("cat")
            self.shell.type(f"turn {turn}\n")
            self.shell.expect(rf"turn {turn}\nturn {turn}\n")
        self.shell.type("\x04")
        self.shell.command("echo status $?")
        self.shell.expect(r"status 0\n")

    def test_bg_goes_on_in_the_background(self):
        self.shell.command(f"{self.vigil_run} sh -c 'sleep 1; echo over'")
        self.wait_for_run("sleep")
        self.shell.type("\x1a")
        self.shell.expect(r"Stopped ")
        self.shell.command("bg")
        self.shell.expect(r"over\n")
        # The shell says "Done" before whichever prompt comes next: not to be waited for.
        self.shell.command("wait; echo left $(jobs -pr | wc -l)")
        self.shell.expect(r"left 0\n")

    def test_a_background_job_that_reads_is_stopped(self):
        self.shell.command(f"{self.vigil_run} cat &")
        self.shell.expect(r"\$ $")
        for _ in range(60):
            self.shell.type("jobs -l\n")
            try:
                self.shell.expect(r"Stopped \(tty input\)", 0.5)
                break
            except AssertionError:
                pass
        else:
            self.fail(f"the job was never stopped: {self.shell.text!r}")
        self.shell.command("fg")
        self.shell.expect(r"-- cat\n")
        self.wait_for_run("cat")
        self.shell.type("hello\n")
        self.shell.expect(r"hello\nhello\n")
        self.shell.type("\x04")

    def test_kill_of_the_job_reaches_the_command_once(self):
        # The shell sends it to the whole group, from outside of the group.
        for name in ("INT", "TERM", "HUP", "USR1"):
            self.shell.command(f"{self.vigil_run} /usr/bin/python3 counter.py SIG{name} &")
            self.shell.expect(r"ready")
            self.shell.command(f"kill -{name} %%")
            self.shell.expect(rf"seen SIG{name}=1\n")
            self.shell.command("wait")

    def test_hanging_up_ends_the_job(self):
        self.shell.command(f"{self.vigil_run} sh -c 'trap \"echo hup >hup; exit\" HUP; echo set; sleep 20 & wait'")
        self.shell.expect(r"\nset\n|^set\n")
        os.close(self.shell.fd)
        self.shell.fd = os.open("/dev/null", os.O_RDONLY)
        for _ in range(100):
            if os.path.exists(self.path("hup")):
                break
            time.sleep(0.05)
        with open(self.path("hup"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "hup\n")

    def test_an_interactive_shell_under_it_has_job_control(self):
        self.shell.command(f"{self.vigil_run} bash --norc --noprofile --noediting -i")
        self.shell.expect(r"\$ $")
        self.shell.command("sleep 30")
        self.wait_for_run("sleep")
        self.shell.type("\x1a")
        self.shell.expect(r"Stopped ")
        self.shell.command("kill -KILL %1; sleep 0.5; exit 9")
        self.shell.command("echo status $?")
        self.shell.expect(r"status 9\n")


if __name__ == "__main__":
    tap.main()
