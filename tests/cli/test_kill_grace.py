#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A parent that sends SIGTERM and, while its children still report where they were, SIGKILL: they have a moment for that, once."""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# The children wait below many frames. Their parent sends SIGKILL as soon as one traces itself: it blocks all signals then.
PARENT = r"""
import os, select, signal, subprocess, sys, time
code = "import sys, time\ndef down(n):\n  if n: down(n - 1)\n  else: print('ready', flush=True); time.sleep(100)\ndown(200)"
children = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
for child in children:
    child.stdout.readline()
if sys.argv[1] == "asked":
    for child in children:
        os.kill(child.pid, signal.SIGTERM)
    while True:
        status = [open(f"/proc/{child.pid}/status").read() for child in children]
        busy = [child for child, lines in zip(children, status) if "SigBlk:\tfffffffffffbfeff" in lines]
        if busy or all("State:\tZ" in lines for lines in status):
            break
        select.select([], [], [], 0.0002)
    children.sort(key=lambda child: child not in busy)
times = [time.monotonic()]
for child in children:
    os.kill(child.pid, signal.SIGKILL)
    times.append(time.monotonic())
for child in children:
    child.wait()
print(*(f"{(after - before) * 1e6:.0f}" for before, after in zip(times, times[1:])))
"""


class Grace(watched.Case):
    def kill(self, how):
        """How long each kill(SIGKILL) took, in microseconds, and the events of the children's own terminations."""
        os.mkdir(self.path("run"))
        done = self.bare("/usr/bin/python3", "-c", PARENT, how,
                         env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=self.path("run")))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        own = [end for end in watched.ends(self.events()) if end["source"] == "WORKER" and end["node_state"] == "FAILED"]
        print(f"# {how}: {done.stdout.strip()} us, {len(own)} reported")
        return [int(time) for time in done.stdout.split()], own

    def test_children_that_trace_themselves_may_finish(self):
        times, own = self.kill("asked")
        self.assertEqual(len(own), 3)
        self.assertTrue(all(end["frames"] for end in own))
        self.assertLess(times[0], 500000)  # 50 ms on an idle machine
        self.assertLess(max(times[1:]), 40000)  # once

    def test_nobody_waits_for_children_that_were_not_requested_to_end(self):
        times, own = self.kill("unasked")
        self.assertEqual(own, [])
        self.assertLess(max(times), 40000)


if __name__ == "__main__":
    tap.main()
