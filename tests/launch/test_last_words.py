#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a rank said last, which its launcher has read from a pipe or a terminal, or which went to a file of the rank's own."""

import jobs
import slurm
import tap  # jobs has put its folder into the path

SAYS = str(jobs.watched.BUILD / "tests" / "victims" / "says")
WORDS = "step 1 of 2\ntoken=*********\nERROR: Lost atoms\n"
REST = ["sleep", "2"]


class Pipes:
    """Of one launcher: `launch` starts N ranks of a program."""

    def assert_said(self, act, cause, words):
        attempt = self.watch(*self.launch, "3", *jobs.by_rank(REST, [SAYS, act], REST))
        root = attempt["root_cause"]
        self.assertEqual((root["rank"], root["cause"]), (1, cause), attempt)
        self.assertEqual([{**said, "text": said["text"].replace("\r", "")} for said in root["last_words"]], words)
        return root

    def test_flushed(self):
        root = self.assert_said("flushed", "exit", [{"from": "stdout", "text": WORDS}])
        self.assertRegex(root["reason"], r"^exit 1.*; it said last: ERROR: Lost atoms$")

    def test_killed(self):
        self.assert_said("killed", "killed", [{"from": "stdout", "text": WORDS}])

    def test_both_streams(self):
        root = self.watch(*self.launch, "3", *jobs.by_rank(REST, [SAYS, "both"], REST))["root_cause"]
        self.assertEqual(root["rank"], 1)
        (out, err) = root["last_words"]
        self.assertIn("ERROR: out", out["text"])
        self.assertEqual(err, {"from": "stderr", "text": "a mere remark\n"})

    def test_the_launcher_prints_the_same(self):
        command = [*self.launch, "1", SAYS, "flushed"]
        bare = self.bare(*command, env=jobs.environment())
        _, ended = self.run_watched(*command)
        self.assertEqual((bare.returncode, bare.stdout), (ended.returncode, ended.stdout))


class OpenMpi(Pipes, jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpirun.openmpi")
        self.launch = ["mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np"]


class Mpich(Pipes, jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpiexec.hydra")
        self.launch = ["mpiexec.hydra", "-n"]


class Torchrun(jobs.Case):
    def test_redirected(self):
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")
        program = self.write("fails.py", "import os, sys, time\nif os.environ['RANK'] == '1':\n    print('loss 0.5')\n"
                                         "    print('ERROR: Lost atoms')\n    sys.exit(3)\ntime.sleep(2)\n")
        root = self.watch(*jobs.torchrun(self.path("logs"), 2, program))["root_cause"]
        self.assertEqual((root["rank"], root["last_words"]), (1, [{"from": "stdout", "text": "loss 0.5\nERROR: Lost atoms\n"}]), root)
        self.assertRegex(root["reason"], r"it said last: ERROR: Lost atoms$")


class Srun(slurm.Case):
    """slurmstepd, which reads the pipes, has no preload in it: what stdio still held is known, and what went to a rank's own file."""

    def said(self, act, *options):
        script = f"case $SLURM_PROCID in 1) exec {SAYS} {act};; *) exec sleep 2;; esac"
        attempt = self.watch("srun", "-N1", "-n2", "-K1", *options, "sh", "-c", script, **self.cluster.environment)
        self.assertEqual(attempt["root_cause"]["rank"], 1)
        return attempt["root_cause"]["last_words"]

    def test_what_stdio_kept_back(self):
        self.assertEqual(self.said("exits"), [{"from": "stdout", "text": WORDS}])

    def test_a_file_for_each_task(self):
        self.assertEqual(self.said("flushed", "-o", self.path("out.%t")), [{"from": "output", "text": WORDS}])


if __name__ == "__main__":
    tap.main()
