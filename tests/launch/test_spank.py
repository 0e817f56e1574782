#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""srun --vigil: Slurm's plugin watches a step, and slurmstepd, which cannot have vigil in it, has its tasks' ends recorded."""

import collections
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import unittest

import jobs
import slurm
import tap  # jobs has put its folder into the path

PLUGIN = jobs.watched.BUILD / "lib" / "vigil" / "vigil_spank.so"

# A program without the preload: nothing in it tells how it ends.
MUTE = ("env", "-u", "LD_PRELOAD", "sh", "-c")


@unittest.skipUnless(PLUGIN.exists(), "not built: vigil_spank.so (no slurm/spank.h)")
class Spank(slurm.Case):
    @classmethod
    def setUpClass(cls):
        """The plugin and what it looks for beside itself, where every user may read it: a home may be closed to others."""
        place = pathlib.Path(tempfile.mkdtemp(prefix="vigil-spank-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, place)
        place.chmod(0o755)
        for file in (PLUGIN, jobs.watched.PRELOAD, jobs.watched.VIGIL):
            folder = place / ("bin" if file == jobs.watched.VIGIL else "lib/vigil")
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder)
        cls.plugin = place / "lib" / "vigil" / PLUGIN.name
        super().setUpClass()

    def srun(self, *command, **more):
        return self.bare("srun", *command, env=self.environment(), **more)

    def run_directory(self):
        (name,) = [name for name in os.listdir(self.directory) if name.startswith("vigil-")]
        return name

    def attempt(self, name):
        return json.loads(self.vigil("report", "--json", name).stdout)["attempts"][-1]

    def task_ends(self, name):
        """How slurmstepd saw each task end, by its rank."""
        ends = collections.defaultdict(list)
        for event in self.events(name):
            if event["source"] == "AGENT" and event["rank"] is not None:
                signal = event.get("signal") or {}
                ends[event["rank"]].append(signal.get("name") or event["exit"]["code"])
        return dict(ends)

    def test_a_step_is_watched_and_judged_once(self):
        script = 'if [ $SLURM_PROCID = 4 ]; then exec 2>/dev/null; sleep 0.5; kill -9 $$; fi; sleep 1'
        bare = self.srun("-N3", "-n6", "sh", "-c", script)
        ended = self.srun("--vigil", "-N3", "-n6", "sh", "-c", script)
        self.assertEqual((ended.returncode, ended.stdout), (bare.returncode, bare.stdout))
        self.assertEqual(ended.stderr.count("failed first"), 1, ended.stderr)
        self.assertRegex(ended.stderr, "rank 4 failed first")
        attempt = self.attempt(self.run_directory())
        self.assertEqual([rank["state"] for rank in attempt["ranks"]], ["SUCCEEDED"] * 4 + ["FAILED", "SUCCEEDED"])
        self.assertEqual(attempt["root_cause"]["cause"], "killed")

    def test_the_ends_of_mute_tasks_are_those_that_slurm_waited_for(self):
        script = "case $SLURM_PROCID in 0) exit 0;; 1) exit 7;; 2) kill -9 $$;; *) kill -SEGV $$;; esac"
        bare = self.srun("-N2", "-n4", *MUTE, script)
        ended = self.srun("--vigil=into", "-N2", "-n4", *MUTE, script)
        self.assertEqual(ended.returncode, bare.returncode)
        self.assertEqual(self.task_ends("into"), {0: [0], 1: [7], 2: ["SIGKILL"], 3: ["SIGSEGV"]})

    def test_below_vigil_run_without_the_option(self):
        ended = self.vigil("run", "-d", "outer", "--", "srun", "-n3", *MUTE, "exit $SLURM_PROCID", env=self.environment())
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(self.task_ends("outer"), {0: [0], 1: [1], 2: [2]})
        self.assertEqual(ended.stderr.count("failed first"), 1, ended.stderr)

    def test_an_environment_that_is_not_exported(self):
        script = 'if [ $SLURM_PROCID = 1 ]; then exit 3; fi; sleep 1; env'
        ended = self.srun("--export=NONE", "--vigil", "-N3", "-n3", "/bin/sh", "-c", script)
        self.assertEqual(ended.returncode, 3)
        self.assertNotIn("SLURM_VIGIL", ended.stdout)
        attempt = self.attempt(self.run_directory())
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["cause"]), (1, "exit"))
        self.assertEqual([rank["state"] for rank in attempt["ranks"]], ["SUCCEEDED", "FAILED", "SUCCEEDED"])

    def test_nothing_without_the_option(self):
        ended = self.srun("-n2", "env")
        self.assertEqual(ended.returncode, 0)
        self.assertNotRegex(ended.stdout, "VIGIL|libvigil")
        self.assertEqual(os.listdir(self.directory), [])

    def test_a_batch_script(self):
        script = "#!/bin/sh\n#SBATCH --vigil\nsrun -n2 sh -c 'exit $SLURM_PROCID'\n:\nkill -9 $$\n"
        with open(self.path("job.sh"), "w", encoding="ascii") as file:
            file.write(script)
        self.bare("sbatch", "-W", "-N2", "-o", "said", "job.sh", env=self.environment())
        with open(self.path("said"), encoding="utf-8") as file:
            said = file.read()
        self.assertEqual(said.count("failed first"), 1, said)
        self.assertIn("rank 1 failed first", said)
        name = self.run_directory()
        self.assertRegex(name, r"^vigil-\d+$")
        self.assertEqual([rank["state"] for rank in self.attempt(name)["ranks"]], ["SUCCEEDED", "FAILED"])
        killed = [event for event in self.events(name) if event["source"] == "AGENT" and event["rank"] is None
                  and (event.get("signal") or {}).get("name") == "SIGKILL"]
        self.assertEqual(len(killed), 1, "the script's end, which slurmstepd waited for")

    def test_an_allocation(self):
        ended = self.bare("salloc", "-n2", "--vigil", "srun", "sh", "-c", "exit $SLURM_PROCID", env=self.environment())
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(ended.stderr.count("failed first"), 1, ended.stderr)
        self.assertEqual(self.task_ends(self.run_directory()), {0: [0], 1: [1]})

    def test_the_daemon_writes_as_the_jobs_user(self):
        if os.getuid() != 0:
            self.skipTest("needs root: slurmstepd is to run a job of another user")
        nobody = pwd.getpwnam("nobody")
        os.chmod(self.directory, 0o755)
        os.mkdir(self.path("home"))
        os.chown(self.path("home"), nobody.pw_uid, nobody.pw_gid)
        with open(self.path("config.json"), "w", encoding="ascii") as file:
            json.dump({"version": 1, "handlers": {"log": {"class": "logging.FileHandler", "filename": self.path("home", "log"), "delay": True}},
                       "loggers": {"vigil.agent": {"handlers": ["log"], "level": "INFO"}}}, file)
        environment = dict(self.environment(), VIGIL_CONFIG=self.path("config.json"))
        command = ["srun", "--vigil", "-n1", *MUTE, "exit 5"]
        ended = subprocess.run(command, cwd=self.path("home"), env=environment, check=False, capture_output=True, text=True,
                               user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], timeout=60)
        self.assertEqual(ended.returncode, 5, ended.stderr)
        (name,) = [name for name in os.listdir(self.path("home")) if name.startswith("vigil-")]
        self.assertEqual(self.task_ends(os.path.join("home", name)), {0: [5]})
        owners = {os.stat(self.path("home", name, file)).st_uid for file in os.listdir(self.path("home", name))}
        # The log is made by whoever writes the first event of a monitor's: vigil ended.
        self.assertEqual(owners | {os.stat(self.path("home", "log")).st_uid}, {nobody.pw_uid})

    def test_a_directory_that_cannot_be_made_is_refused_as_by_vigil_run(self):
        ended = self.srun("--vigil=/proc/nothing", "-n1", "sh", "-c", "echo done")
        self.assertEqual(ended.returncode, 125, ended.stderr)
        self.assertIn("/proc/nothing", ended.stderr)


if __name__ == "__main__":
    tap.main()
