#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vigil report --history: which failure came again, and which hosts fail more often than by chance."""

import json
import math
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import schemas
import tap
import watched

MAKE = str(watched.TREE / "tests" / "support" / "make-fixture")

JOB = """launcher mpirun
host n5
ranks 0
host n6
ranks 1
host n7
ranks 2
"""
FAULT = "rank {rank} SIGSEGV at 2.{tenth} in step (solver.c:8{tenth}), main (solver.c:120)\nlauncher exit 139 at 3.2\n"
EXIT = "rank {rank} exit 3 at 2.{tenth}\nlauncher exit 3 at 3.2\n"
OTHER_EXIT = EXIT.replace("exit 3", "exit 4")
FINE = "rank 0-2 exit 0 at 2\nlauncher exit 0 at 3\n"


class History(watched.Case):
    def job(self, name, end, rank=2, tenth=1):
        self.write(name + ".job", JOB + end.format(rank=rank, tenth=tenth))
        os.makedirs(self.path("runs", name))
        subprocess.run([MAKE, self.path(name + ".job"), self.path("runs", name)], check=True)
        for path in pathlib.Path(self.path("runs", name)).glob("*.jsonl"):
            events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            path.write_text("".join(json.dumps({**event, "run_id": name}) + "\n" for event in events), encoding="utf-8")

    def history(self, *arguments):
        ended = self.vigil("report", "--history", *arguments)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return ended.stdout

    def test_the_same_failure_is_one_at_any_line_and_address_and_the_host_is_named(self):
        for index in range(6):
            self.job(f"fault{index}", FAULT, tenth=index)
        self.job("other0", EXIT, rank=0)
        for index in range(3):
            self.job(f"fine{index}", FINE)
        text = self.history("runs")
        self.assertEqual(text.splitlines()[0], "10 runs, 7 failed")
        self.assertRegex(text, r"solver: SIGSEGV [^\n]*: seen in 6 of the last 10 runs, always on n7; last in run fault\d\n")
        self.assertRegex(text, r"solver: exit 3[^\n]*: seen in 1 of the last 10 runs, on n5; last in run other0\n")
        self.assertIn("n7 fails more than by chance: first in 6 of 7 failed runs, 2.33 expected, p = 0.021", text)
        self.assertNotIn("n6 fails", text)

        (line,) = self.history("--json", "runs").splitlines()
        found = json.loads(line)
        schemas.validator("vigil.history-1.schema.json").validate(found)
        self.assertEqual((found["schema"], found["runs"], found["failed"]), ("vigil.history/1", 10, 7))
        most = found["failures"][0]
        self.assertEqual((most["count"], sorted(most["runs"]), most["hosts"]),
                         (6, [f"fault{i}" for i in range(6)], [{"hostname": "n7", "count": 6}]))
        hosts = {host["hostname"]: host for host in found["hosts"]}
        chance = 1 / len(hosts)
        tail = sum(math.comb(7, k) * chance ** k * (1 - chance) ** (7 - k) for k in range(6, 8)) * len(hosts)
        self.assertAlmostEqual(hosts["n7"]["p"], tail, places=9)
        self.assertAlmostEqual(hosts["n7"]["expected"], 7 * chance, places=9)
        self.assertEqual([name for name, host in hosts.items() if host["more_than_chance"]], ["n7"])

    def test_failures_all_over_are_nobodys(self):
        for rank in range(3):
            self.job(f"fault{rank}", FAULT, rank=rank)
        text = self.history(*(self.path("runs", f"fault{rank}") for rank in range(3)))
        self.assertIn("seen in 3 of the last 3 runs, on n", text)
        self.assertNotIn("always", text)
        self.assertNotIn("by chance", text)

    def test_another_status_is_another_failure(self):
        self.job("three", EXIT)
        self.job("four", OTHER_EXIT)
        text = self.history("runs")
        self.assertRegex(text, r"exit 3[^\n]*: seen in 1 of")
        self.assertRegex(text, r"exit 4[^\n]*: seen in 1 of")

    def test_a_run_counts_once_and_what_cannot_be_read_is_named(self):
        for name in ("one", "two", "three"):
            self.job(name, FAULT)
        os.symlink("one", self.path("runs", "latest"))
        pathlib.Path(self.path("runs", "notes.txt")).write_text("no run\n", encoding="ascii")
        os.mkdir(self.path("runs", "empty"))
        for path in pathlib.Path(self.path("runs", "three")).glob("*.jsonl"):
            path.write_text("no event\n", encoding="ascii")
        ended = self.vigil("report", "--history", "runs", "runs/two", "./runs")
        self.assertEqual(ended.stdout.splitlines()[0], "2 runs, 2 failed")
        self.assertEqual((ended.returncode, ended.stderr.count("; it is left out\n"), ended.stderr.count("runs/three: ")), (0, 2, 2), ended.stderr)
        if os.getuid() == 0:
            return  # to whom no directory is closed
        os.chmod(self.path("runs", "two"), 0)
        self.addCleanup(os.chmod, self.path("runs", "two"), 0o700)
        self.assertIn("runs/two: Permission denied; it is left out\n", self.vigil("report", "--history", "runs").stderr)

    def test_bad_input(self):
        self.job("fault", FAULT)
        os.mkdir(self.path("empty"))
        ended = self.vigil("report", "--history", "runs", "missing", "empty")
        self.assertEqual((ended.returncode, ended.stderr.count("; it is left out\n")), (0, 2))
        self.assertIn("1 run, 1 failed", ended.stdout)
        schemas.validator("vigil.history-1.schema.json").validate(json.loads(self.history("--json", "runs")))
        for arguments in (("empty",), ("missing",), ("-f", "runs"), ("--html", "x", "runs"), ("--run-id", "r", "runs"), ()):
            ended = self.vigil("report", "--history", *arguments)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (2, "", 1))


if __name__ == "__main__":
    tap.main()
