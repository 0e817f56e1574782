#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Steps of srun that stand still: vigil run names the rank that the others wait for, as under other launchers."""

import slurm
import tap  # jobs has put its folder into the path
from test_stall import Stands, line_of


class Srun(Stands, slurm.Case):
    def srun(self, how, *arguments):
        self.need("mpicc.mpich")
        program = self.compile("mpicc.mpich", "stall.c")
        return self.start("srun", "-N2", "-n4", "--mpi=pmi2", program, how, *arguments, **self.cluster.environment)

    def test_it_sleeps(self):
        self.check_all(self.srun)

    def test_it_is_paused(self):
        line = line_of("stall.c", "paused")
        self.check(self.srun, "paused", f"is stopped in raise, called by load_shard (stall.c:{line})", "^was stopped")

    def test_collectives_differ(self):
        line = line_of("stall.c", "other")
        attempt = self.check(self.srun, "mismatch", f"waits in PMPI_Barrier, called by other (stall.c:{line})", "^waited in PMPI_Barrier")
        self.assertEqual(attempt["root_cause"]["confidence"], "unsure")

    def test_half_of_the_ranks_wait_elsewhere(self):
        self.check_half(self.srun)


if __name__ == "__main__":
    tap.main()
