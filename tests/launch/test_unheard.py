#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ranks whose programs the preload is not in: the report says that none was heard of, and why that may be, and blames nobody for it."""

import subprocess

import jobs
import slurm
import tap  # jobs has put its folder into the path

WHY = "--export=NONE, env -i.*LD_PRELOAD.*static.*another architecture"
OVERWRITES = "#!/bin/sh\nexport LD_PRELOAD=/nowhere/libother.so\nexec \"$@\"\n"


class Unheard:
    """Tests of a launcher: self.launch(*words) is its command line for three ranks."""

    def plain(self, *options):
        program = self.path("plain" + "".join(options))
        subprocess.run(["gcc", "-O1", "-g", *options, "-o", program, str(jobs.PROGRAMS / "plain.c")], check=True)
        return program

    def assert_unheard(self, attempt, *reasons):
        """No rank was heard of; where somebody is named, it is a process of which its waiter said one of REASONS."""
        self.assertRegex(attempt["explanation"], "no rank .*was heard of: .*" + WHY)
        self.assertRegex(" ".join(attempt["said"].split()), "no rank .*was heard of: .*" + WHY)
        self.assertEqual(attempt["ranks"], [])
        root = attempt["root_cause"]
        self.assertEqual(root is not None, bool(reasons), attempt)
        if root is not None:
            self.assertRegex(root["reason"], "|".join(reasons))
            self.assertIn(root["confidence"], ("likely", "unsure"))

    def test_a_static_program_that_faults(self):
        self.assert_unheard(self.watch(*self.launch(self.plain("-static"), "fault")), "^SIGSEGV")

    def test_a_static_program_that_exits(self):
        self.assert_unheard(self.watch(*self.launch(self.plain("-static"), "exit")), "^exit 3")

    def test_a_static_program_whose_time_is_over(self):
        attempt = self.watch("timeout", "2", *self.launch(self.plain("-static"), "hang"))
        if "ended from outside (exit 124 (its time was over))" in attempt["explanation"]:
            return  # timeout signals its child and then its group: the second one may end the launcher before it has reported the first
        self.assert_unheard(attempt)
        self.assertRegex(attempt["explanation"], r"was told to end, by SIGTERM from timeout \(pid \d+\), whose time was over")


class OpenMpi(Unheard, jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpirun.openmpi")

    def launch(self, *words):
        return ["mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "3", *words]

    def test_some_were_heard_of(self):
        self.need_contexts()
        attempt = self.watch("mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "1", self.plain(), "fault", ":", "-np", "2",
                             self.plain("-static"), "fault")
        self.assertRegex(attempt["explanation"], "ranks 1,2 were never heard of: .*" + WHY)
        self.assertRegex(attempt["root_cause"]["reason"], "^SIGSEGV")

    def test_a_script_that_overwrites_the_preload(self):
        script = self.write("overwrites.sh", OVERWRITES, 0o755)
        attempt = self.watch(*self.launch(script, self.plain(), "fault"))
        self.assertEqual(attempt["root_cause"]["rank"], 1)
        self.assertRegex(attempt["root_cause"]["reason"], "^SIGSEGV")


class Mpich(Unheard, jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpiexec.hydra")

    def launch(self, *words):
        return ["mpiexec.hydra", "-np", "3", *words]


class Torchrun(Unheard, jobs.Case):
    def setUp(self):
        super().setUp()
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")

    def launch(self, *words):
        return jobs.torchrun(self.path("logs"), 3, "--no_python", *words)

    test_a_static_program_whose_time_is_over = None  # torchrun takes longer to begin


class Srun(slurm.Case):
    def watch_srun(self, *options):
        program = self.path("plain")
        subprocess.run(["gcc", "-O1", "-g", "-o", program, str(jobs.PROGRAMS / "plain.c")], check=True)
        return self.watch("srun", "-n3", *options, program, "fault", **self.cluster.environment)

    def test_srun_that_drops_the_environment(self):
        attempt = self.watch_srun("--export=NONE", "-K1")
        self.assertRegex(attempt["explanation"], "no rank .*was heard of: .*" + WHY)
        self.assertRegex(attempt["explanation"], "it is not known who failed first")
        self.assertIsNone(attempt["root_cause"])

    def test_srun_whose_ranks_are_heard_of(self):
        attempt = self.watch_srun("-K1")
        self.assertEqual(attempt["root_cause"]["rank"], 1)
        self.assertNotRegex(attempt.get("explanation", ""), "heard of")


if __name__ == "__main__":
    tap.main()
