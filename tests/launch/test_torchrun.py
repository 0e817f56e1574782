#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""torchrun with gloo: ten runs of ten name the rank that failed first."""

import re

import jobs
import tap  # jobs has put its folder into the path

RUNS = 10
TRAIN = jobs.PROGRAMS / "train.py"


class Torchrun(jobs.Case):
    def setUp(self):
        super().setUp()
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")

    def train(self, rank, how):
        return self.watch(*jobs.torchrun(self.path("logs"), 3, TRAIN, rank, how))

    def test_ten_of_ten_runs_name_the_rank_with_the_fault(self):
        for _ in range(RUNS):
            attempt = self.train(1, "fault")
            self.assert_fault(attempt, 1, 3)
            self.assert_lost_peers(attempt)

    def test_ten_of_ten_runs_name_the_rank_with_the_exception(self):
        for _ in range(RUNS):
            attempt = self.train(2, "exception")
            self.assert_exception(attempt, 2, 3)
            self.assert_lost_peers(attempt)

    def assert_lost_peers(self, attempt):
        """A victim that torchrun did not end first says in gloo's words that it lost its peer."""
        for rank in attempt["ranks"]:
            if rank["role"] == "peer_loss":
                self.assertRegex(rank["reason"], r"(?i)connection (closed|reset) by peer|connection reset|broken pipe")

    def test_a_job_that_succeeds_has_no_verdict(self):
        command = jobs.torchrun(self.path("logs"), 3, TRAIN, 0, "none")
        ended = self.bare(jobs.watched.VIGIL, "run", "-d", "run", "--", *command, env=jobs.environment())
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("total 90", ended.stdout)
        self.assertNotIn("vigil", ended.stderr)

    def test_it_prints_and_ends_as_without_vigil(self):
        def clean(text):
            text = re.sub(r"\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d|pid: \d+|PID \d+|process \d+|/tmp/\S+", "#", text)
            return sorted(line for line in text.splitlines() if line and not line.startswith(("vigil", "events:", " ")))
        bare = self.bare(*jobs.torchrun(self.path("logs"), 1, TRAIN, 0, "fault"), env=jobs.environment())
        seen = self.bare(jobs.watched.VIGIL, "run", "-q", "-d", "run", "--",
                         *jobs.torchrun(self.path("logs"), 1, TRAIN, 0, "fault"), env=jobs.environment())
        self.assertEqual(seen.returncode, bare.returncode)
        self.assertEqual(clean(seen.stdout), clean(bare.stdout))


if __name__ == "__main__":
    tap.main()
