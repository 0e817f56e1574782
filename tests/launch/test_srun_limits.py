#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A job that Slurm itself ends: a more urgent one takes its nodes, in a step and in a batch job."""

import json
import os
import subprocess
import time

import jobs
import slurm
import tap  # jobs has put its folder into the path

SLEEP = "import time; open('there', 'a').close(); time.sleep(60)"
EXCLUSIVE = ("-N3", "--exclusive")


class Preempted(slurm.Case):
    more = "PreemptType=preempt/partition_prio\nPreemptMode=CANCEL\nPartitionName=urgent Nodes=ALL State=UP PriorityTier=10 PreemptMode=OFF\n"

    def make_room(self):
        until = time.monotonic() + 60
        while not os.path.exists(self.path("there")) and time.monotonic() < until:
            time.sleep(0.1)
        urgent = self.bare("srun", "-p", "urgent", *EXCLUSIVE, "true", env=self.environment())
        self.assertEqual(urgent.returncode, 0, urgent.stderr)

    def assert_preempted(self, words):
        attempt = json.loads(self.vigil("report", "--json", "run").stdout)["attempts"][-1]
        self.assertEqual((attempt["cause_class"], attempt["cause_confidence"]), ("preempted", "proven"), attempt)
        self.assertIsNone(attempt["root_cause"])
        self.assertRegex(attempt["explanation"], r"it was ended from outside \(SIGTERM from slurmstepd .*Slurm said at the end: " + words)

    def test_a_step(self):
        job = self.start(jobs.watched.VIGIL, "run", "-q", "-d", "run", "--", "srun", *EXCLUSIVE, "python3", "-c", SLEEP, env=self.environment(),
                         stderr=subprocess.DEVNULL)
        self.make_room()
        job.communicate(timeout=60)
        self.assert_preempted("slurmstepd-n1: error: .* DUE TO PREEMPTION")

    def test_a_batch_job(self):
        """What `vigil run` asks Slurm when the job ends, and Slurm's answer."""
        script = self.write("job.sh", f"#!/bin/sh\n{jobs.watched.VIGIL} run -d run -- srun python3 -c \"{SLEEP}\" >/dev/null 2>&1\n")
        job = self.start("sbatch", "-W", "--no-requeue", "-o", "/dev/null", *EXCLUSIVE, script, env=self.environment(), stdout=subprocess.DEVNULL)
        self.make_room()
        job.communicate(timeout=60)
        self.assert_preempted(r"(JobState=\w+ .*PreemptTime=|slurmstepd-n1: error: .* DUE TO PREEMPTION)")
        (said,) = [event for event in self.events() if event["name"].endswith(":slurm")]
        self.assertRegex(said["system_message"], "JobState=.* PreemptTime=20")


if __name__ == "__main__":
    tap.main()
