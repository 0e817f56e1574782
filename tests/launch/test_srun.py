#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""srun on a Slurm of three nodes, six ranks with gloo: each run names the rank that failed first."""

import jobs
import slurm
import tap  # jobs has put its folder into the path

TRAIN = str(jobs.PROGRAMS / "train.py")


class Srun(slurm.Case):
    def setUp(self):
        super().setUp()
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")

    def srun(self, *program, options=()):
        return self.watch("srun", "-N3", "-n6", *options, jobs.PYTHON, TRAIN, *program, **self.cluster.environment)

    def test_srun_a_fault(self):
        self.assert_fault(self.srun("1", "fault"), 1, 6)

    def test_srun_an_exception(self):
        self.assert_exception(self.srun("2", "exception"), 2, 6)

    def test_srun_that_kills_the_rest(self):
        self.assert_fault(self.srun("1", "fault", options=["-K1"]), 1, 6)

    def test_vigil_run_in_each_task(self):
        # `srun vigil run …`: where a batch system's own daemons start the ranks in an environment of their own.
        ended = self.bare("srun", "-N3", "-n6", "--export=ALL", jobs.watched.VIGIL, "run", "-q", "--append", "-d", self.path("all"),
                          "--", jobs.PYTHON, TRAIN, "3", "exception", env=self.environment())
        self.assertNotEqual(ended.returncode, 0)
        ends = [event for event in self.events("all") if event["node_state"] == "FAILED" and event["source"] == "WORKER"]
        self.assertEqual({event["rank"] for event in ends if event["leader"]}, set(range(6)))


if __name__ == "__main__":
    tap.main()
