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

    def test_written_by_exit(self):
        self.assert_said("exits", "exit", [{"from": "stdout", "text": WORDS}])

    def test_streams_that_the_program_closes(self):
        self.assert_said("closes", "exit", [{"from": "stdout", "text": WORDS}, {"from": "stderr", "text": "a mere remark\n"}])

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
    """slurmstepd, which reads the pipes, has no preload in it; srun has, which gets each task's output from there."""

    def root(self, *command):
        attempt = self.watch("srun", *command, **self.cluster.environment)
        self.assertEqual(attempt["root_cause"]["rank"], 1, attempt)
        return attempt["root_cause"]

    def said(self, act, *options):
        script = f"case $SLURM_PROCID in 1) exec {SAYS} {act};; *) echo step 2 of 2; exec sleep 2;; esac"
        return self.root("-N2", "-n4", "-K1", *options, "sh", "-c", script)["last_words"]

    def test_flushed(self):
        self.assertEqual(self.said("flushed"), [{"from": "stdout", "text": WORDS}])

    def test_killed(self):
        self.assertEqual(self.said("killed", "-l"), [{"from": "stdout", "text": WORDS}])

    def test_both_streams(self):
        (out, err) = self.said("both", "-u")
        self.assertIn("ERROR: out", out["text"])
        self.assertEqual(err, {"from": "stderr", "text": "a mere remark\n"})

    def test_written_by_exit(self):
        self.assertEqual(self.said("exits"), [{"from": "stdout", "text": WORDS}])

    def test_a_file_for_each_task(self):
        self.assertEqual(self.said("flushed", "-o", self.path("out.%t")), [{"from": "output", "text": WORDS}])

    def test_a_file_for_all(self):
        (words,) = self.said("flushed", "-o", self.path("out"))
        self.assertIn("ERROR: Lost atoms", words["text"])

    def test_the_end_of_much(self):
        script = "case $SLURM_PROCID in 1) seq 20000; exit 3;; *) exec sleep 2;; esac"
        (words,) = self.root("-n2", "-K1", "sh", "-c", script)["last_words"]
        self.assertEqual((len(words["text"]), words["text"][-6:]), (4096, "20000\n"))

    def test_of_two_steps_at_once_neither(self):
        """Either srun may have started the rank."""
        program = self.write("fails.sh", f"case $SLURM_PROCID in 1) sleep .5; exec {SAYS} flushed;; *) exec sleep 2;; esac\n")
        steps = "srun -N1 -n2 -w n1 -K1 sh {0} & srun -N1 -n2 -w n2 -K1 sh {0} & wait; exit 1"
        attempt = self.watch("sh", "-c", steps.format(program), **self.cluster.environment)
        self.assertEqual(attempt["root_cause"].get("last_words", []), [], attempt)

    def test_of_several_programs_none(self):
        """Their tasks are numbered program by program, their ranks are not."""
        others = self.write("others.sh", f"{SAYS} flushed; sleep 5\n")
        attempt = self.watch("srun", "-n2", "-K1", "sh", "-c", "sleep 1; exit 1", ":", "-n2", "-K1", "sh", others, **self.cluster.environment)
        self.assertIn(attempt["root_cause"]["rank"], (0, 1))
        self.assertEqual(attempt["root_cause"].get("last_words", []), [], attempt)

    def test_what_slurmstepd_says(self):
        """It says that the step was cancelled as if the first task of the node had."""
        script = "case $SLURM_PROCID in 0) echo ERROR: no shard >&2; exit 3;; *) exec sleep 2;; esac"
        attempt = self.watch("srun", "-n2", "-K1", "sh", "-c", script, **self.cluster.environment)
        self.assertEqual(attempt["root_cause"]["last_words"], [{"from": "stderr", "text": "ERROR: no shard\n"}])

    def test_srun_prints_the_same(self):
        command = ["srun", "-n1", SAYS, "flushed"]
        bare = self.bare(*command, env=jobs.environment(**self.cluster.environment))
        _, ended = self.run_watched(*command, **self.cluster.environment)
        self.assertEqual((bare.returncode, bare.stdout), (ended.returncode, ended.stdout))


if __name__ == "__main__":
    tap.main()
