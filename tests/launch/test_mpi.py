#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Open MPI's and MPICH's launchers, with ranks in C and one in Python: each run names the rank that failed first."""

import json
import os
import pathlib
import shutil
import socket
import subprocess

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

    def beside_python(self, how, *arguments):
        """Two ranks of the ring with ARGUMENTS, and a third in Python that fails by HOW."""
        ring = (self.ring, *arguments)
        return jobs.by_rank(ring, ring, (jobs.PYTHON, RING, "openmpi", how))

    def test_openmpi_a_fault_in_c_beside_a_rank_in_python(self):
        self.assert_fault(self.mpirun("-np", "3", *self.beside_python("none", "1")), 1, 3)

    def test_openmpi_a_fault_in_the_rank_in_python(self):
        self.assert_fault(self.mpirun("-np", "3", *self.beside_python("fault")), 2, 3)

    def test_openmpi_an_exception_in_the_rank_in_python(self):
        self.assert_exception(self.mpirun("-np", "3", *self.beside_python("exception")), 2, 3)

    def test_openmpi_two_programs(self):
        self.need_contexts()
        attempt = self.mpirun("-np", "2", self.ring, "1", ":", "-np", "1", jobs.PYTHON, RING, "openmpi", "none")
        self.assert_fault(attempt, 1, 3)

    def assert_raised(self, attempt, rank):
        root = attempt["root_cause"]
        self.assertIsNotNone(root, attempt)
        self.assertEqual((root["rank"], root["cause"]), (rank, "exception"), root)
        self.assertIn(root["confidence"], ("proven", "likely"))
        self.assertRegex(attempt["said"], rf"vigil: job \w+ failed after .*: rank {rank} failed first")

    def test_openmpi_a_rank_that_raised_is_stuck_when_time_is_over(self):
        mpirun = ["mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "3", *self.beside_python("cleanup")]
        self.assert_raised(self.watch("timeout", "5", *mpirun), 2)
        self.assert_raised(self.watch("timeout", "-s", "KILL", "5", *mpirun), 2)

    def test_openmpi_by_the_launcher_s_other_names(self):
        """mpirun is one, or starts one: orterun before Open MPI 5, prterun since."""
        there = [name for name in ("orterun", "prterun") if shutil.which(name)]
        self.assertNotEqual(there, [])
        for name in there:
            self.assert_fault(self.mpirun("-np", "2", self.ring, "0", launcher=name), 0, 2)

    def test_openmpi_in_a_script(self):
        script = self.write("job.sh", f"#!/bin/sh\nmpirun.openmpi {' '.join(jobs.as_root())} --oversubscribe -np 3 "
                            f"sh -c 'exec {self.ring} 2'\n", 0o755)
        self.assert_fault(self.watch(script), 2, 3)


# As ssh does: HOST COMMAND…, in an environment of its own, under the name of the host.
REMOTE_SHELL = """#!/bin/sh
host=$1
shift
exec env -i PATH=/usr/bin:/bin HOME=/ unshare --uts sh -c "hostname $host && $*"
"""


class OpenMpiOfTwoMachines(jobs.Case):
    """The second machine is this one by another name, with an address that nobody has, below a remote shell that hands nothing on."""

    def setUp(self):
        super().setUp()
        self.need("mpirun.openmpi", "unshare")
        if os.geteuid() != 0 or self.bare("unshare", "--mount", "--uts", "true").returncode != 0:
            self.skipTest("needs root, and namespaces of mounts and host names")
        self.plain = self.path("plain")
        subprocess.run(["gcc", "-O1", "-g", "-o", self.plain, str(jobs.PROGRAMS / "plain.c")], check=True)

    def mpirun(self, *words, wrap=(jobs.watched.VIGIL, "run", "-d", "run", "--")):
        shell = self.write("shell", REMOTE_SHELL, 0o755)
        hosts = self.write("hosts", pathlib.Path("/etc/hosts").read_text(encoding="ascii") + "192.0.2.99 n2\n")
        there = ["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
        return self.bare(*there, *wrap, "mpirun.openmpi", *jobs.as_root(), *words,
                         env=dict(jobs.environment(), OMPI_MCA_plm_rsh_agent=shell, PRTE_MCA_plm_ssh_agent=shell))

    def assert_named(self, words):
        """Rank 1, which is the second machine's, failed first. Whether mpirun starts ranks there at all is tried bare; WORDS of a program."""
        bare = self.mpirun(*words(["hostname"]), wrap=())
        if "n2" not in bare.stdout.split():
            self.skipTest(f"the bare mpirun, which ends with {bare.returncode}, does not start it: {bare.stderr[-200:]}")
        self.mpirun(*words([self.plain, "fault"]))
        root = json.loads(self.vigil("report", "--json", "run").stdout)["attempts"][-1]["root_cause"]
        self.assertEqual((root["rank"], root["hostname"], root["cause"]), (1, "n2", "fault"), root)

    def test_openmpi_one_program_on_two_machines(self):
        self.assert_named(lambda program: ["--host", f"{socket.gethostname()},n2", "-np", "2", *program])

    def test_openmpi_a_program_on_each_machine(self):
        self.assert_named(lambda program: ["--host", socket.gethostname(), "-np", "1", *program, ":", "--host", "n2", "-np", "1", *program])


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

    def test_mpich_a_kill_below_a_monitor_of_its_own(self):
        """mpiexec.hydra kills the monitors as soon as the socket of the rank is closed: that of the dead rank has reported it by then."""
        attempt = self.mpiexec("-n", "3", jobs.watched.VIGIL, "run", "--worker", "--", self.ring, "1", "kill")
        root = attempt["root_cause"]
        self.assertEqual((root["rank"], root["confidence"], root["reason"]), (1, "likely", "SIGKILL"), attempt["said"])
        self.assertNotIn("crashed", attempt["said"])


if __name__ == "__main__":
    tap.main()
