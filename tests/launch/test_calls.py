#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of MPI are counted under real MPI libraries, in C, Fortran and Python, and show which rank the others wait for."""

import json
import subprocess
import time

import jobs
import tap  # jobs has put its folder into the path
import watched

LAUNCHERS = {
    "openmpi": (["mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np"], "mpicc.openmpi", "mpif90.openmpi"),
    "mpich": (["mpiexec.hydra", "-n"], "mpicc.mpich", "mpif90.mpich"),
}

# mpi4py is loaded long after the start; what calls MPI is a library of Python's.
LATE = """
from mpi4py import MPI
for _ in range(6):
    MPI.COMM_WORLD.Barrier()
"""


class Calls(jobs.Case):
    def counts(self, end):
        return {(call["function"], call.get("communicator")): call["count"] for call in end.get("calls", [])}

    def ends_of(self, *command):
        """The counts of each rank's end, by rank, of a job that succeeds."""
        done = self.run_quietly(*command, env=jobs.environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return {end["rank"]: self.counts(end) for end in watched.ends(self.events()) if end["rank"] is not None and "calls" in end}

    def counts_now(self):
        """How often each rank, by its number, has called MPI_Allreduce by now; they need not have begun."""
        done = self.vigil("stacks", "--json", "run")
        processes = json.loads(done.stdout)["processes"] if done.stdout else []
        return {process["rank"]: self.counts(process).get(("MPI_Allreduce", "world")) for process in processes if "rank" in process and "calls" in process}

    def hang_and_end(self, run, program, rounds):
        """What `vigil stacks` said of a job in which rank 2 is one call behind, and then, once it has been ended, the report of its attempt."""
        vigil = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", *run, "4", program, str(rounds), "2", env=jobs.environment(),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wanted = {0: rounds, 1: rounds, 2: rounds - 1, 3: rounds}
        until = time.monotonic() + 60
        while self.counts_now() != wanted and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(self.counts_now(), wanted)
        shown = self.vigil("stacks", "run")
        vigil.send_signal(jobs.signal.SIGINT)
        vigil.wait(60)
        return shown.stdout, json.loads(self.vigil("report", "--json", "run").stdout)["attempts"][-1]

    def behind(self, launcher, rounds):
        run, compiler, _ = LAUNCHERS[launcher]
        self.need(run[0], compiler)
        program = self.compile(compiler, "behind.c")
        self.addCleanup(jobs.end_left_behind, program)
        # On a busy machine launchers kill ranks that have had no time to say what they counted.
        for _ in range(5):
            jobs.shutil.rmtree(self.path("run"), ignore_errors=True)
            shown, attempt = self.hang_and_end(run, program, rounds)
            if "calls" in attempt or not any(rank["reason"].startswith("SIGKILL") for rank in attempt["ranks"]):
                break
        self.assertIn(f"rank 2 made {rounds - 1:,} calls of MPI_Allreduce on MPI_COMM_WORLD, the others {rounds:,}\n", shown)
        self.assertEqual(shown.count(" made "), 2)  # the other is the head of the list
        self.assertEqual(attempt.get("calls"), f"rank 2 made {rounds - 1:,} calls of MPI_Allreduce on MPI_COMM_WORLD, the others wait in call {rounds:,}")
        self.assertIn(f"  {attempt['calls']}\n", self.vigil("report", "run").stdout)

    def test_one_rank_of_openmpi_makes_one_call_less(self):
        self.behind("openmpi", 4321)

    def test_one_rank_of_mpich_makes_one_call_less(self):
        self.behind("mpich", 121)  # its ranks wait by running

    def fortran(self, launcher):
        run, _, compiler = LAUNCHERS[launcher]
        self.need(run[0], compiler)
        for module in ("", "-DMODULE=mpi", "-DMODULE=mpi_f08"):
            with self.subTest(module=module):
                ends = self.ends_of(*run, "2", self.compile(f"{compiler} {module}", "behind.F90"))
                self.assertEqual(ends, {rank: {("MPI_Init", "world"): 1, ("MPI_Allreduce", "world"): 7, ("MPI_Finalize", "world"): 1} for rank in range(2)})
                jobs.shutil.rmtree(self.path("run"))

    def test_fortran_with_openmpi(self):
        self.fortran("openmpi")

    def test_fortran_with_mpich(self):
        self.fortran("mpich")

    def test_a_library_of_python_that_is_loaded_late(self):
        if not jobs.has_module("mpi4py"):
            self.skipTest("not installed: python3-mpi4py")
        run, _, _ = LAUNCHERS["openmpi"]
        self.need(run[0])
        ends = self.ends_of(*run, "2", jobs.PYTHON, self.write("late.py", LATE))
        for rank in range(2):
            self.assertEqual(ends[rank]["MPI_Barrier", "world"], 6)


if __name__ == "__main__":
    tap.main()
