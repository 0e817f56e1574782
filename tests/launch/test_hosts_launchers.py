#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real launchers over several hosts: Open MPI and Hydra by ssh, srun with a slurmd on each host, torchrun by hand on each; with a run
directory that the hosts share, and with one of its own on each. Each launch here is one of those that measure-hosts repeats."""

import pathlib
import re
import sys
import unittest

import cluster

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap


def without_pids(text):
    return re.sub(r"PID \d+", "PID", text)


class Launchers(unittest.TestCase):
    maxDiff = None

    def launch(self, launcher, how, separate=False, bare=True, served=False,
               part_says="2,3 were never heard of: each host|2 ranks were never seen 2,3", **more):
        """Nothing is wrong with what is said of the last rank's failure by HOW; how the launcher ends is the same without vigil."""
        lack = cluster.lacks(launcher)
        if lack or (served and cluster.nats.missing()):
            self.skipTest(lack or cluster.nats.missing())
        with cluster.Job(launcher, how, separate=separate, served=served, **more).on_hosts() as job:
            alone = job.run(is_watched=False) if bare else None
            ended = job.run()
            if bare:
                self.assertEqual([one.status for one in ended], [one.status for one in alone])
                self.assertEqual([without_pids(one.output) for one in ended], [without_pids(one.output) for one in alone])
            self.assertTrue(any(one.verdict for one in ended), ended)
            self.assertEqual(job.complaints(job.report()), [])
            if separate:
                self.assertEqual(job.part_complaints(job.report(job.hosts[0])), [])
                self.assertRegex(" ".join(ended[0].verdict.split()), part_says)
            return ended, job.report()

    def test_openmpi_fault_shared(self):
        ended, report = self.launch("openmpi", "fault")
        self.assertEqual(report["hosts"], ["n0", "n1"])
        self.assertRegex(ended[0].verdict, r"rank 3 failed first \(proven\)\n  rank 3  pid \d+ on n1  SIGSEGV")

    def test_openmpi_exit_separate(self):
        self.launch("openmpi", "exit", separate=True)

    def test_openmpi_loss_of_a_host(self):
        ended, report = self.launch("openmpi", "loss", bare=False)
        self.assertIn("host n1 is silent since", ended[0].verdict)
        self.assertIn("host n1 was lost first, with ranks 2,3 (likely)", " ".join(ended[0].verdict.split()))
        self.assertEqual(report["attempts"][-1]["lost_host"], "n1")

    def test_hydra_fault_shared(self):
        self.launch("mpich", "fault")

    def test_hydra_kill_separate(self):
        self.launch("mpich", "kill", separate=True)

    def test_hydra_kill_by_way_of_a_server(self):
        _, report = self.launch("mpich", "kill", served=True)
        self.assertEqual(report["attempts"][-1]["root_cause"]["rank"], 3)
        self.assertEqual([one["role"] for one in report["attempts"][-1]["ranks"]][:2], ["terminated"] * 2)

    def test_hydra_loss_of_a_host(self):
        """mpiexec.hydra waits for the host until somebody interrupts it, and kills its ranks then; its ssh has ended before."""
        ended, report = self.launch("mpich", "loss", separate=True, bare=False, part_says="nothing was heard of host n1, and ssh to it")
        self.assertIn("host n1 was lost first, with ranks 2,3 (likely)", " ".join(ended[0].verdict.split()))
        self.assertEqual((report["attempts"][-1]["lost_host"], report["attempts"][-1]["root_cause"]["confidence"]), ("n1", "likely"))

    def test_openmpi_fault_by_way_of_a_server(self):
        ended, _ = self.launch("openmpi", "fault", served=True)
        self.assertRegex(ended[0].verdict, r"rank 3 failed first \(proven\)")

    def test_srun_exception_shared(self):
        ended, _ = self.launch("srun", "exception")
        self.assertRegex(ended[0].verdict, r"rank 3 failed first \(proven\)")

    def test_srun_fault_separate(self):
        self.launch("srun", "fault", separate=True)

    def test_srun_loss_of_a_node(self):
        ended, _ = self.launch("srun", "loss", bare=False)
        self.assertIn("host n1 was lost first, with ranks 2,3 (likely)", " ".join(ended[0].verdict.split()))
        self.assertIn("host n1 is silent since", " ".join(ended[0].verdict.split()))

    def join(self):
        """The report of a job of two nodes that a third one joins, whose rank is killed, and how its commands ended. None: an agent's rank
        had lost its peer, which another agent had ended, before it saw the new node itself; then it gives up, as it may not restart its rank."""
        with cluster.Job("torchrun", "kill", 3, 1, nnodes="1:3", options=("--max_restarts", "0")).on_hosts() as job:
            for node in (0, 1):
                job.start_on(node)
            job.await_ranks(2)
            job.start_on(2)
            if not job.have_come(3, 45):
                return None
            job.hosts[2].run("kill", "-9", job.pid(2))
            ended = job.end()
            report = job.report()
        self.assertEqual(job.complaints(report), [])
        return report, ended

    def test_torchrun_restarts_as_a_node_joins(self):
        lack = cluster.lacks("torchrun")
        if lack:
            self.skipTest(lack)
        joined = self.join() or self.join() or self.join()
        self.assertIsNotNone(joined)
        report, ended = joined
        first, last = report["attempts"]
        self.assertEqual([one["role"] for one in first["ranks"]], ["terminated"] * 2)
        self.assertIn("SIGTERM from torchrun", first["explanation"])
        self.assertEqual([(one["role"], one["hostname"]) for one in last["ranks"]],
                         [("peer_loss", "n0"), ("peer_loss", "n1"), ("culprit", "n2")])
        for one in ended:
            self.assertEqual(one.status, 1)
            self.assertIn("rank 2 failed first", one.verdict)

    def test_torchrun_exit_separate(self):
        self.launch("torchrun", "exit", separate=True, bare=False)


if __name__ == "__main__":
    tap.main()
