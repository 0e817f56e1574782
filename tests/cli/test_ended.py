#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vigil ended: the end of a task, as whoever waited for it hands it on."""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched


class Ended(watched.Case):
    def run_of(self, name, **more):
        """The environment of the run NAME, whose directory is made."""
        os.makedirs(self.path(name), exist_ok=True)
        return watched.environment(VIGIL_DIR=self.path(name), VIGIL_RUN_ID=name, **more)

    def ended(self, pid, status, environment):
        return self.vigil("ended", f"--pid={pid}", f"--status={status}", env=environment)

    def task(self, script, environment):
        """Run SCRIPT, watched; its pid and its wait status, which nobody has recorded."""
        child = subprocess.Popen(["sh", "-c", script], env=dict(environment, LD_PRELOAD=watched.PRELOAD))
        _, status = os.waitpid(child.pid, 0)
        child.returncode = status
        return child.pid, status

    def agents(self, name):
        return [event for event in self.events(name) if event["source"] == "AGENT"]

    def test_a_task_that_was_killed(self):
        environment = self.run_of("run", SLURM_JOB_ID="5", SLURM_STEP_ID="0", SLURM_PROCID="3", SLURM_NTASKS="8")
        pid, status = self.task("kill -9 $$", environment)
        self.assertEqual(self.ended(pid, status, environment).returncode, 0)
        (event,) = self.agents("run")
        self.assertEqual((event["pid"], event["rank"], event["world_size"], event["node_state"]), (pid, 3, 8, "FAILED"))
        self.assertEqual(event["signal"]["name"], "SIGKILL")
        self.assertEqual(event["process"]["program"], "dash")
        report = json.loads(self.vigil("report", "--json", "run").stdout)
        self.assertEqual(report["processes"]["unfinished"], 0)
        self.assertEqual(report["attempts"][-1]["root_cause"]["rank"], 3)

    def test_a_task_that_said_nothing(self):
        environment = self.run_of("run", SLURM_JOB_ID="5", SLURM_STEP_ID="0", SLURM_PROCID="1", SLURM_NTASKS="2")
        for status, state in ((0, "SUCCEEDED"), (7 << 8, "FAILED"), (11 | 128, "FAILED")):
            self.assertEqual(self.ended(4000000, status, environment).returncode, 0)
            self.assertEqual((self.agents("run")[-1]["rank"], self.agents("run")[-1]["node_state"]), (1, state))

    def test_other_tasks_of_the_run_stay_as_they_are(self):
        environment = self.run_of("run")
        other, _ = self.task("kill -9 $$", environment)
        pid, status = self.task("exit 2", environment)
        self.assertEqual(self.ended(pid, status, environment).returncode, 0)
        self.assertEqual([event["pid"] for event in self.agents("run")], [pid])
        self.assertNotEqual(other, pid)

    def test_without_a_run_it_is_that_of_the_step(self):
        environment = watched.environment(SLURM_JOB_ID="5", SLURM_STEP_ID="2", SLURM_PROCID="0", SLURM_NTASKS="1")
        self.assertEqual(self.ended(4000000, 256, environment).returncode, 0)
        self.assertEqual(self.agents("vigil-5.2")[0]["run_id"], "5.2")

    def test_no_run_is_named(self):
        said = self.ended(1, 0, watched.environment())
        self.assertEqual(said.returncode, 1)
        self.assertEqual(said.stderr.count("\n"), 1, said.stderr)
        self.assertEqual(os.listdir(self.directory), [])

    def test_a_directory_that_is_gone(self):
        environment = self.run_of("run")
        os.rmdir(self.path("run"))
        said = self.ended(1, 0, environment)
        self.assertEqual((said.returncode, said.stderr.count("\n")), (1, 1), said.stderr)

    def test_wrong_usage(self):
        environment = self.run_of("run")
        for words in ((), ("--pid=1",), ("--status=0",), ("--pid=0", "--status=0"), ("--pid=x", "--status=0"), ("--pid=1", "--status=-1"),
                      ("--pid=1", "--status=4991"), ("--pid=1", "--status=99999999999"), ("--pid=1", "--status=0", "more")):
            said = self.vigil("ended", *words, env=environment)
            self.assertEqual((said.returncode, said.stdout, said.stderr.count("\n")), (2, "", 1), (words, said.stderr))
        self.assertEqual(os.listdir(self.path("run")), [])


if __name__ == "__main__":
    tap.main()
