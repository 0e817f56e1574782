#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The name of a run that several vigil runs make: from --run-id, the environment, the batch system or torchrun's command line."""

import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# What a process of a job on two hosts finds in its environment.
SLURM = {"SLURM_JOB_ID": "71", "SLURM_STEP_ID": "3", "SLURM_STEP_NUM_TASKS": "2"}
LSF = {"LSB_JOBID": "72", "LSB_JOBINDEX": "0", "LSB_MCPU_HOSTS": "n0 2 n1 2"}
FLUX = {"FLUX_JOB_ID": "f7", "FLUX_JOB_NNODES": "2"}
GRID_ENGINE = {"JOB_ID": "73", "SGE_O_HOST": "login", "NHOSTS": "2", "SGE_TASK_ID": "undefined"}


class RunId(watched.Case):
    def run_id(self, *command, options=(), **variables):
        """The run id of vigil run COMMAND, which is a script of that name; None: it is a drawn one."""
        self.count = getattr(self, "count", 0) + 1
        directory = f"run{self.count}"
        ended = self.vigil("run", "-q", "-d", directory, *options, "--", *(command or ["true"]),
                           env=watched.environment(**variables))
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        (name,) = {event["run_id"] for event in self.events(directory)}
        return None if len(name) == 6 and all(letter in "0123456789abcdef" for letter in name) else name

    def torchrun(self, *arguments, program="torchrun", **variables):
        self.write(program, "#!/bin/sh\nexit 0\n", 0o755)
        return self.run_id(f"./{program}", *arguments, **variables)

    def test_what_is_said_wins(self):
        self.assertIsNone(self.run_id())
        self.assertEqual(self.run_id(VIGIL_RUN_ID="job17"), "job17")
        self.assertEqual(self.run_id(options=["--run-id", "a/b c"], VIGIL_RUN_ID="job17", **SLURM), "a/b c")
        self.assertEqual(self.run_id(VIGIL_RUN_ID="job17", **SLURM), "job17")
        self.assertEqual(self.run_id(options=["--run-id=ünï\"\\x"]), "ünï\"\\x")

    def test_batch_systems_name_jobs_of_several_tasks(self):
        for name, variables in (("71.3", SLURM), ("72", LSF), ("f7", FLUX), ("73", GRID_ENGINE)):
            self.assertEqual(self.run_id(**variables), name, variables)
        self.assertEqual(self.run_id(**dict(LSF, LSB_JOBINDEX="4")), "72.4")
        self.assertEqual(self.run_id(**dict(GRID_ENGINE, SGE_TASK_ID="4")), "73.4")
        self.write("nodes", "n0\nn0\nn1\n")
        self.assertEqual(self.run_id(PBS_JOBID="74.server", PBS_NODEFILE=self.path("nodes")), "74.server")

    def test_a_batch_job_on_one_host_may_have_many_runs(self):
        self.write("nodes", "n0\nn0\n")
        for variables in (dict(SLURM, SLURM_STEP_NUM_TASKS="1"), {"SLURM_JOB_ID": "71", "SLURM_STEP_NUM_TASKS": "2"},
                          dict(LSF, LSB_MCPU_HOSTS="n0 4"), dict(FLUX, FLUX_JOB_NNODES="1"), dict(GRID_ENGINE, NHOSTS="1"),
                          {"JOB_ID": "73", "NHOSTS": "2"}, {"PBS_JOBID": "74", "PBS_NODEFILE": self.path("nodes")},
                          {"PBS_JOBID": "74", "PBS_NODEFILE": "/nowhere"}):
            self.assertIsNone(self.run_id(**variables), variables)

    def test_torchrun_on_several_hosts(self):
        many = ["--nnodes=2"]
        for arguments in (["--rdzv-id", "t7"], ["--rdzv_id=t7"], ["--rdzv-id=t7", "--rdzv-endpoint", "n0:1"]):
            self.assertEqual(self.torchrun(*many, *arguments, "train.py"), "t7", arguments)
            self.assertEqual(self.torchrun(*arguments, "--nnodes", "1:3", "train.py"), "t7", arguments)
            self.assertIsNone(self.torchrun(*arguments, "train.py"), arguments)
            self.assertIsNone(self.torchrun("--nnodes", "1", *arguments, "train.py"), arguments)
        self.assertEqual(self.torchrun("--nnodes=2", "train.py", PET_RDZV_ID="t8"), "t8")
        self.assertEqual(self.torchrun("train.py", PET_NNODES="2", PET_RDZV_ID="t8"), "t8")
        self.assertEqual(self.torchrun(*many, "--rdzv_id=none", "--rdzv_endpoint=n0:29400", "train.py"), "n0-29400")
        self.assertEqual(self.torchrun(*many, "--rdzv_endpoint=[fd00::1]:29400", "train.py"), "[fd00--1]-29400")
        self.assertEqual(self.torchrun(*many, "--master_addr", "10.1.2.3", "--node_rank", "1", "train.py"), "10.1.2.3-29500")
        self.assertEqual(self.torchrun(*many, "--master-addr=n0", "--master-port=7", "train.py"), "n0-7")

    def test_what_torchrun_does_not_say(self):
        self.assertIsNone(self.torchrun("--nnodes=2", "train.py", "--rdzv_id=t7"))
        self.assertIsNone(self.torchrun("--nnodes=2", "--", "--rdzv_id=t7"))
        self.assertIsNone(self.torchrun("--nnodes=2", "--rdzv_endpoint=localhost:0", "train.py"))
        self.assertIsNone(self.torchrun("--nnodes=2", "--master_addr", "127.0.0.1", "train.py"))
        self.assertIsNone(self.torchrun("--nnodes=2", "--rdzv_id"))
        self.assertIsNone(self.torchrun("--nnodes=2", "--rdzv_id=t7", program="other"))
        self.assertEqual(self.run_id("env", "python3", "-c", "", "-m", "torch.distributed.run", "--nnodes=2", "--rdzv_id=t7"), "t7")

    @unittest.skipIf(os.geteuid() != 0, "needs root, to have another hostname")
    def test_a_pod_of_an_indexed_job(self):
        for hostname, index, name in (("train-4", "4", "train"), ("a-train-0-12", "12", "a-train-0"), ("train-4", "5", None),
                                      ("train", "0", None)):
            directory = f"pod-{hostname}-{index}"
            subprocess.run(["unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', hostname, watched.VIGIL, "run", "-d", directory,
                            "--", "true"], cwd=self.directory, env=watched.environment(JOB_COMPLETION_INDEX=index), check=True)
            (found,) = {event["run_id"] for event in self.events(directory)}
            self.assertEqual(found if name else len(found), name or 6)

    def test_what_is_no_name_is_refused(self):
        for name in ("x" * 128, "a\nb", "\x7f", os.fsdecode(b"a\xff")):
            ended = self.vigil("run", "--run-id", name, "--", "touch", "started", errors="replace")
            self.assertEqual((ended.returncode, ended.stdout), (125, ""))
            self.assertRegex(ended.stderr, r"\Avigil: --run-id '.*': a run's id is text of 1 to 127 bytes on one line; nothing was started\n\Z")
            self.assertFalse(os.path.exists(self.path("started")))
        ended = self.vigil("run", "--", "touch", "started", env=watched.environment(VIGIL_RUN_ID="a\tb"))
        self.assertEqual(ended.returncode, 125)
        self.assertIn("VIGIL_RUN_ID 'a\tb': a run's id is", ended.stderr)
        self.assertFalse(os.path.exists(self.path("started")))
        self.assertEqual(self.run_id(VIGIL_RUN_ID=""), None)

    def test_the_directory_of_a_name(self):
        self.assertEqual(self.vigil("run", "--run-id", "a/b", "--", "true").returncode, 0)
        self.assertTrue(os.path.isdir(self.path("vigil-a_b")))
        again = self.vigil("run", "--run-id", "a/b", "--", "sh", "-c", "exit 3")
        self.assertEqual(again.returncode, 3)
        self.assertIn("vigil: job a/b failed", again.stderr)
        other = self.vigil("run", "--run-id", "c", "-d", "vigil-a_b", "--", "touch", "started")
        self.assertEqual(other.returncode, 125)
        self.assertIn("holds the events of another run", other.stderr)
        self.assertFalse(os.path.exists(self.path("started")))
        self.assertEqual(self.vigil("run", "--run-id", "c", "-a", "-d", "vigil-a_b", "--", "true").returncode, 0)

    def test_below_another_vigil_run(self):
        nested = self.vigil("run", "-d", "outer", "--", watched.VIGIL, "run", "--run-id", "inner", "-d", "inner", "--", "true")
        self.assertEqual(nested.returncode, 0)
        self.assertEqual({event["run_id"] for event in self.events("inner")}, {"inner"})
        self.assertNotIn("inner", {event["run_id"] for event in self.events("outer")})

    def test_the_first_vigil_run_of_a_pod_is_not_below_another(self):
        pod = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "VIGIL_DIR": self.path("shared"), "VIGIL_RUN_ID": "job17"}
        os.mkdir(self.path("shared"))
        for name, variables, verdict in (("pod", pod, True), ("host", dict(pod, KUBERNETES_SERVICE_HOST=""), False)):
            ended = self.vigil("run", "--", "sh", "-c", "exit 3", env=watched.environment(**variables))
            self.assertEqual((ended.returncode, "vigil: job job17 failed" in ended.stderr), (3, verdict), name)
        events = self.events("shared")
        self.assertEqual({event["run_id"] for event in events}, {"job17"})
        self.assertEqual([event["name"] for event in events if event["process"]["program"] == "vigil"], ["vigil:watch", "vigil:watched"])
        inner = self.vigil("run", "--", watched.VIGIL, "run", "--", "sh", "-c", "exit 3", env=watched.environment(**pod))
        self.assertEqual(inner.stderr.count("vigil: job job17 failed"), 1)
        self.assertEqual(self.vigil("run", "--", "true", env=watched.environment(**dict(pod, VIGIL_DIR=self.path("none")))).returncode, 0)
        self.assertTrue(os.path.isdir(self.path("none")))

    def test_env_names_the_run(self):
        ended = self.vigil("env", "--run-id", "job17", "-d", "run")
        self.assertIn("export VIGIL_RUN_ID='job17'\n", ended.stdout)
        self.assertEqual(self.vigil("env", "--run-id", "a\nb", "-d", "other").returncode, 1)
        self.assertFalse(os.path.exists(self.path("other")))

    def test_a_vigil_run_alone_says_nothing_of_itself(self):
        self.assertIsNone(self.run_id())
        self.assertEqual({event["process"]["program"] for event in self.events("run1")}, {"true"})


if __name__ == "__main__":
    tap.main()
