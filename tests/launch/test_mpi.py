#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Open MPI's and MPICH's launchers, with ranks in C and one in Python: each run names the rank that failed first."""

import jobs
import tap  # jobs has put its folder into the path

RING = str(jobs.PROGRAMS / "ring.py")


class OpenMpi(jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpirun.openmpi", "mpicc.openmpi")
        self.ring = self.compile("mpicc.openmpi")

    def mpirun(self, *programs, launcher="mpirun.openmpi"):
        return self.watch(launcher, *jobs.as_root(), "--oversubscribe", *programs)

    def test_openmpi_a_fault_in_a_rank_in_c(self):
        self.assert_fault(self.mpirun("-np", "4", self.ring, "1"), 1, 4)

    def test_openmpi_a_fault_in_c_beside_a_rank_in_python(self):
        attempt = self.mpirun("-np", "2", self.ring, "1", ":", "-np", "1", jobs.PYTHON, RING, "openmpi", "none")
        self.assert_fault(attempt, 1, 3)

    def test_openmpi_a_fault_in_the_rank_in_python(self):
        attempt = self.mpirun("-np", "2", self.ring, ":", "-np", "1", jobs.PYTHON, RING, "openmpi", "fault")
        self.assert_fault(attempt, 2, 3)

    def test_openmpi_an_exception_in_the_rank_in_python(self):
        attempt = self.mpirun("-np", "2", self.ring, ":", "-np", "1", jobs.PYTHON, RING, "openmpi", "exception")
        self.assert_exception(attempt, 2, 3)

    def assert_raised(self, attempt, rank):
        root = attempt["root_cause"]
        self.assertIsNotNone(root, attempt)
        self.assertEqual((root["rank"], root["cause"]), (rank, "exception"), root)
        self.assertIn(root["confidence"], ("proven", "likely"))
        self.assertRegex(attempt["said"], rf"vigil: job \w+ failed after .*: rank {rank} failed first")

    def test_openmpi_a_rank_that_raised_is_stuck_when_time_is_over(self):
        programs = ["-np", "2", self.ring, ":", "-np", "1", jobs.PYTHON, RING, "openmpi", "cleanup"]
        mpirun = ["mpirun.openmpi", *jobs.as_root(), "--oversubscribe", *programs]
        self.assert_raised(self.watch("timeout", "5", *mpirun), 2)
        self.assert_raised(self.watch("timeout", "-s", "KILL", "5", *mpirun), 2)

    def test_openmpi_by_the_name_orterun(self):
        self.assert_fault(self.mpirun("-np", "2", self.ring, "0", launcher="orterun"), 0, 2)

    def test_openmpi_in_a_script(self):
        script = self.write("job.sh", f"#!/bin/sh\nmpirun.openmpi {' '.join(jobs.as_root())} --oversubscribe -np 3 "
                            f"sh -c 'exec {self.ring} 2'\n", 0o755)
        self.assert_fault(self.watch(script), 2, 3)


class Mpich(jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpiexec.hydra", "mpicc.mpich")
        self.ring = self.compile("mpicc.mpich")

    def mpiexec(self, *programs):
        return self.watch("mpiexec.hydra", *programs)

    def test_mpich_a_fault_in_a_rank_in_c(self):
        self.assert_fault(self.mpiexec("-n", "4", self.ring, "1"), 1, 4)

    def test_mpich_a_fault_in_c_beside_a_rank_in_python(self):
        attempt = self.mpiexec("-n", "2", self.ring, "1", ":", "-n", "1", jobs.PYTHON, RING, "mpich", "none")
        self.assert_fault(attempt, 1, 3)

    def test_mpich_an_exception_in_the_rank_in_python(self):
        attempt = self.mpiexec("-n", "2", self.ring, ":", "-n", "1", jobs.PYTHON, RING, "mpich", "exception")
        self.assert_exception(attempt, 2, 3)


if __name__ == "__main__":
    tap.main()
