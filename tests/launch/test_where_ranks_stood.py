#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs that hang until somebody ends their launcher: the report says where each rank stood, in the words of the program."""

import re

import jobs
import tap  # jobs has put its folder into the path

# Ends the launcher, once all ranks are where they hang.
END = """#!/bin/sh
ranks=$1
shift
"$@" &
while [ "$(ls | grep -c '^ready')" -lt "$ranks" ]; do sleep 0.1; done
sleep 1
kill $!
wait $!
"""


def line_of(program, mark):
    lines = (jobs.PROGRAMS / program).read_text(encoding="ascii").splitlines()
    return next(number for number, line in enumerate(lines, 1) if re.search(rf"(/\*|#) {mark}\b", line))


class Where(jobs.Case):
    def hang(self, ranks, *command):
        """The last attempt, and the lines of the report that say where the ranks stood, by rank."""
        end = self.write("end.sh", END, 0o755)
        attempt = self.watch(end, str(ranks), *command)
        self.assertIsNone(attempt["root_cause"], attempt["root_cause"])
        self.text = self.vigil("report", f"run{self.runs - 1}").stdout
        return attempt, {rank: one["where"] for one in attempt["positions"] for rank in one["ranks"]}

    def assert_sides(self, ranks, *command):
        """Both lines are named, and nobody is an outlier. A rank that its launcher killed at once may lack a stack."""
        attempt, where = self.hang(ranks, *command)
        self.assertEqual(attempt["odd_ones_out"], [])
        if all(rank["reason"].startswith("SIGKILL") for rank in attempt["ranks"]):
            self.assertEqual(where, {})  # Open MPI 6 sends no signal before that one
            return
        self.assertGreaterEqual(len(where), 1)
        for rank, position in where.items():
            line = line_of("hang.c", "odd" if rank % 2 else "even")
            self.assertEqual(position, f"PMPI_Recv, called by exchange (hang.c:{line})")
        for position in attempt["positions"]:
            names = re.escape(",".join(map(str, position["ranks"])))
            self.assertRegex(self.text, rf"(?m)^  ranks? {names} stood in {re.escape(position['where'])}$")
        unknown = set(range(ranks)) - set(where)
        self.assertEqual(bool(unknown), "no stack is known of" in self.text)
        self.assertRegex(self.text, r"exchange \(hang\.c:\d+\) › PMPI_Recv › … \d+ more\n")
        self.assertNotRegex(self.text, r"_start|__libc|libvigil|/lib/")

    def test_both_sides_of_two_ranks_of_openmpi(self):
        self.need("mpirun.openmpi", "mpicc.openmpi")
        hang = self.compile("mpicc.openmpi", "hang.c")
        self.assert_sides(2, "mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "2", hang)

    def test_both_sides_of_four_ranks_of_openmpi(self):
        self.need("mpirun.openmpi", "mpicc.openmpi")
        hang = self.compile("mpicc.openmpi", "hang.c")
        self.assert_sides(4, "mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "4", hang)

    def test_both_sides_of_four_ranks_of_mpich(self):
        self.need("mpiexec.hydra", "mpicc.mpich")
        hang = self.compile("mpicc.mpich", "hang.c")
        self.assert_sides(4, "mpiexec.hydra", "-n", "4", hang)

    def test_the_odd_one_of_torchrun(self):
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")
        attempt, where = self.hang(3, *jobs.torchrun(self.path("logs"), 3, jobs.PROGRAMS / "hang.py"))
        self.assertEqual(where[1], f"load (hang.py:{line_of('hang.py', 'data')})")
        for rank in (0, 2):
            self.assertRegex(where[rank], rf"^all_reduce \(distributed_c10d\.py:\d+\).*, called by train \(hang\.py:{line_of('hang.py', 'reduce')}\)$")
        self.assertEqual([one["rank"] for one in attempt["odd_ones_out"]], [1])
        self.assertIn(f"  odd one out: rank 1 stood in {where[1]}\n", self.text)


if __name__ == "__main__":
    tap.main()
