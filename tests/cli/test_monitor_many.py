#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs vigil run to see the ends of many processes, and that it sees them all."""

import collections
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import unseen
import watched


class Cost(unseen.Case):
    def test_nobody_wakes_while_nothing_happens(self):
        """Nor for --stall where there are no ranks."""
        for directory, *command in (["idle", "--stall", "0", "--", "./launch", "exec sleep 30"], ["alone", "--", "sleep", "30"]):
            process = self.start(watched.VIGIL, "run", "-q", "-d", directory, *command)
            time.sleep(0.7)
            before = self.switches(process.pid)
            time.sleep(1.5)
            self.assertEqual(self.switches(process.pid), before)
            process.terminate()

    @staticmethod
    def switches(pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return re.findall(r"ctxt_switches:\t(\d+)", file.read())

    def test_the_command_keeps_its_limit_of_descriptors(self):
        ended = self.bare("sh", "-c", f"ulimit -Sn 50; exec {watched.VIGIL} run -q -d run -- sh -c 'ulimit -Sn; ulimit -Hn'")
        hard = self.bare("sh", "-c", "ulimit -Hn").stdout
        self.assertEqual(ended.stdout, "50\n" + hard)

    def kill_many(self, limit):
        """How a hundred sleeping ranks ended, which were killed together."""
        rank = "echo $$ >>pids; exec sleep 30"
        last = "while [ $(wc -l <pids) -lt 100 ]; do sleep 0.05; done; sleep 0.3; kill -9 $(cat pids); sleep 0.5"
        self.bare("sh", "-c", f'ulimit {limit}; exec {watched.VIGIL} run -q -d run -- ./launch "$@"', "sh", *[rank] * 100, last)
        self.assert_all_ended()
        reported = self.agents()
        with open(self.path("pids"), encoding="utf-8") as file:
            return collections.Counter(unseen.end_of(event)[0] for pid in file for event in reported[int(pid)])

    def test_the_hard_limit_is_used(self):
        causes = self.kill_many("-Sn 50")
        self.assertEqual(causes["killed"] + (0 if unseen.KEEPS_STATUS else causes["vanished"]), 100)

    def test_what_is_beyond_the_hard_limit_has_an_end_all_the_same(self):
        causes = self.kill_many("-n 50")
        self.assertEqual(causes["killed"] + causes["vanished"], 100)
        self.assertGreater(causes["vanished"], 30)


class Trees(unseen.Case):
    """A thousand processes that end in every way, many of them at a random moment.

    VIGIL_SOAK=100 runs a hundred of them, each with another seed.
    """

    TREE = r"""
import os, random, signal, subprocess, sys, time
draw = random.Random(int(sys.argv[1]))
kinds = [["true"], ["sh", "-c", "exit 3"], ["sleep", "0.05"], ["sleep", "5"], ["./raw", "7", "1000"], ["./static", "8"],
         ["./raw", "0", "0"], ["env", "-i", "sleep", "0.02"], ["sh", "-c", "kill -SEGV $$"], ["sh", "-c", "kill -KILL $$"],
         ["sh", "-c", "sleep 5 & sleep 5 & wait"], ["sh", "-c", "(setsid sleep 0.1 &); exit 0"], ["sh", "-c", "exec ./static 9"],
         ["sh", "-c", "./nosuch"], ["sh", "-c", "unset LD_PRELOAD; exec sleep 5"], ["sh", "-c", "exec ./raw 5 0"],
         ["./launch", "sleep 5", "kill -9 $$", "exec ./raw 3 500", "exit 2"], ["sh", "-c", "trap '' TERM; sleep 0.2"],
         ["sh", "-c", "kill -STOP $$; sleep 5"]]
live, later = [], []

def kill(one):
    # Nobody has waited for it: its number, and that of its group, are no other's.
    os.kill(one.pid, signal.SIGKILL)

def kill_group(one):
    os.killpg(one.pid, signal.SIGKILL)
    one.wait()

for i in range(700):
    live.append(subprocess.Popen(draw.choice(kinds), stderr=subprocess.DEVNULL, start_new_session=True))
    if len(live) > 40:
        one = live.pop(draw.randrange(len(live)))
        time.sleep(draw.random() * 0.002)
        if draw.random() < 0.8:
            kill_group(one)
        else:
            kill(one)
            later.append(one)
for one in live + later:
    kill_group(one)
time.sleep(0.4)
"""

    def test_every_process_of_a_thousand_has_one_end(self):
        self.build("raw", unseen.RAW)
        self.build("static", unseen.PLAIN, "-static")
        self.write("tree.py", self.TREE)
        for seed in range(int(os.environ.get("VIGIL_SOAK", "1"))):
            with self.subTest(seed=seed):
                name = f"run{seed}"
                ended = self.vigil("run", "-q", "-d", name, "--", "/usr/bin/python3", "tree.py", str(seed))
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                report = self.assert_all_ended(name)
                self.assertGreater(report["processes"]["seen"], 900)
                self.assertGreater(sum(map(unseen.is_by_vigil_run, self.events(name))), 20)


if __name__ == "__main__":
    tap.main()
