#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stack overflow in a rank is called that, with its whole stack, though MPI's library or Fortran's handles SIGSEGV."""

import jobs
import tap  # jobs has put its folder into the path


class Overflow(jobs.Case):
    def launch(self, program, *arguments, launcher="openmpi", **more):
        if launcher == "openmpi":
            return self.watch("mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "3", program, *arguments, **more)
        return self.watch("mpiexec.hydra", "-n", "3", program, *arguments)

    def assert_overflow(self, attempt, functions, outermost):
        self.assert_culprit(attempt, 1, "fault", r"^SIGSEGV \(stack overflow\) at 0x", 3)
        self.assertEqual(attempt["root_cause"]["confidence"], "proven")
        frames = attempt["root_cause"]["frames"]
        names = [frame.get("function", "") for frame in frames]
        self.assertIn(names[0], functions)
        self.assertLessEqual(set(names[:90]), set(functions))
        self.assertTrue(any(name.startswith(outermost) for name in names[90:]), names)
        self.assertGreater(sum(frame.get("left_out", 0) for frame in frames), 1000)
        self.assertRegex(attempt["said"], rf"(?m)^    … \d+ more frames of ({'|'.join(functions)})")
        self.assertRegex(attempt["said"], rf"(?m)^    #\d\d\d\d+ {outermost}")
        self.assertIn("ulimit -s", attempt["said"])

    def test_openmpi_in_the_first_thread(self):
        self.need("mpirun.openmpi", "mpicc.openmpi")
        self.assert_overflow(self.launch(self.compile("mpicc.openmpi -fopenmp", "overflow.c"), "1", "first"),
                             ["visit", "descend"], "main")

    def test_openmpi_in_a_thread_of_openmp(self):
        self.need("mpirun.openmpi", "mpicc.openmpi")
        self.assert_overflow(self.launch(self.compile("mpicc.openmpi -fopenmp", "overflow.c"), "1", "openmp"),
                             ["visit", "descend"], "in_a_thread")

    def in_fortran(self, **more):
        self.need("mpirun.openmpi", "mpifort.openmpi")
        return self.launch(jobs.build(f"mpifort.openmpi -J {self.directory}", "overflow.f90", self.path("overflow")), **more)

    def test_openmpi_in_fortran(self):
        self.assert_overflow(self.in_fortran(UCX_HANDLE_ERRORS="none"), ["__tree_MOD_descend"], "MAIN__")

    def test_openmpi_in_fortran_beside_an_alternate_stack_of_ucx(self):
        """Fortran's handler does not run on alternate stacks, and on another library's it must not: then only its waiter tells."""
        self.need("mpicc.openmpi")
        stack = jobs.build("mpicc.openmpi", "alternate_stack.c", self.path("alternate_stack"))
        if self.bare(stack, env=jobs.environment()).stdout != "a library's\n":
            self.skipTest("no library of this system's Open MPI sets an alternate stack")
        self.assert_culprit(self.in_fortran(), 1, "fault", r"^SIGSEGV \(perhaps a stack overflow\)", 3)

    def test_mpich_in_the_first_thread(self):
        self.need("mpiexec.hydra", "mpicc.mpich")
        self.assert_overflow(self.launch(self.compile("mpicc.mpich -fopenmp", "overflow.c"), "1", "first", launcher="mpich"),
                             ["visit", "descend"], "main")


if __name__ == "__main__":
    tap.main()
