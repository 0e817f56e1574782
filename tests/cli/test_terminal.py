#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""At a terminal, in a shell with job control, vigil run is not to be noticed."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

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


def state_of(pid):
    """The letter of ps(1) for PID's state: T is stopped."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


def kill_silently(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


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

    def wait_until(self, is_so):
        for _ in range(400):
            if is_so():
                return
            time.sleep(0.05)
        raise AssertionError("it has not come")

    def wait_for_child(self, parent, name):
        """The child NAME of the process PARENT, which may start it just now."""
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
        found = []

        def look():
            found[:] = [int(pid) for pid in children.read_text().split() if pathlib.Path(f"/proc/{pid}/comm").read_text() == name + "\n"]
            return found

        self.wait_until(look)
        return found[0]

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

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_ctrl_z_stops_the_job_again_while_the_sentinel_gets_no_processor(self):
        """vigil run hears nothing of it of the SIGCONT of fg, and must not forward that after the next stop."""
        self.shell.command(f"{self.vigil_run} cat")
        cat = self.wait_for_run("cat")
        self.shell.type("\x1a")
        self.shell.expect(r"Stopped ")
        run = int(pathlib.Path(f"/proc/{cat}/stat").read_text().rpartition(") ")[2].split()[1])
        with open(self.path("strace"), "wb") as said:
            strace = subprocess.Popen(["strace", "-o", self.path("trace"), "-e", "inject=?poll,ppoll:delay_exit=3000000", "-p",
                                       str(self.wait_for_child(run, "vigil-sentinel"))], stderr=said)
        self.addCleanup(strace.wait)
        self.addCleanup(strace.terminate)
        self.wait_until(lambda: b"attached" in pathlib.Path(self.path("strace")).read_bytes())
        self.shell.command("fg")
        self.wait_for_run("cat")
        self.shell.type("word\n")
        self.shell.expect(r"word\nword\n")
        self.shell.type("\x1a")
        self.shell.expect(r"Stopped ")
        strace.terminate()
        self.shell.command("fg")
        self.wait_for_run("cat")
        self.shell.type("\x04")
        self.shell.command("echo status $?")
        self.shell.expect(r"status 0\n")

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_a_sigcont_that_comes_too_late_does_not_leave_vigil_run_alone(self):
        """The sentinel continues vigil run when the command is continued; by then the command may have stopped anew."""
        run = subprocess.Popen([*self.vigil_run.split(), "sleep", "30"], cwd=self.directory, env=watched.environment())
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        sentinel = self.wait_for_child(run.pid, "vigil-sentinel")
        sleep = self.wait_for_child(run.pid, "sleep")
        self.addCleanup(kill_silently, sleep)
        with open(self.path("strace"), "wb") as said:
            strace = subprocess.Popen(["strace", "-o", self.path("trace"), "-e", "inject=kill:delay_enter=4000000", "-p", str(sentinel)],
                                      stderr=said)
        self.addCleanup(strace.wait)
        self.addCleanup(strace.terminate)
        self.wait_until(lambda: b"attached" in pathlib.Path(self.path("strace")).read_bytes())
        os.kill(sleep, signal.SIGSTOP)
        self.wait_until(lambda: state_of(run.pid) == "T")
        os.kill(sleep, signal.SIGCONT)  # seen by the sentinel, which is held before its kill()
        self.wait_until(lambda: [state_of(sentinel), time.sleep(0.05), state_of(sentinel)] == ["t", None, "t"])
        os.kill(run.pid, signal.SIGCONT)
        self.wait_until(lambda: state_of(run.pid) != "T")
        time.sleep(1)  # by then it has forwarded the SIGCONT
        os.kill(sleep, signal.SIGSTOP)
        self.wait_until(lambda: state_of(run.pid) == "T")
        self.wait_until(lambda: "(DELAYED)" in pathlib.Path(self.path("trace")).read_text())
        self.wait_until(lambda: state_of(run.pid) == "T")
        time.sleep(0.3)
        self.assertEqual((state_of(sleep), state_of(run.pid)), ("T", "T"))
        os.kill(sleep, signal.SIGCONT)
        self.wait_until(lambda: state_of(run.pid) != "T")
        os.kill(sleep, signal.SIGTERM)
        self.assertEqual(run.wait(20), -signal.SIGTERM)

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
