#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""srun vigil run --worker: each task has a witness, where slurmstepd, its parent, cannot have vigil in it."""

import collections
import json
import os
import subprocess
import time

import jobs
import slurm
import tap  # jobs has put its folder into the path

# A task that counts the signals it gets, and says so at its end.
COUNTS = """
import os, signal, sys, time
got = []
for number in (signal.SIGTERM, signal.SIGCONT, signal.SIGUSR1):
    signal.signal(number, lambda number, _: got.append(signal.Signals(number).name))
open(f"ready.{os.environ['SLURM_PROCID']}", "w").close()
end = time.monotonic() + 20
while "SIGTERM" not in got and time.monotonic() < end:
    time.sleep(0.1)
time.sleep(0.5)
with open(f"got.{os.environ['SLURM_PROCID']}", "w") as file:
    file.write(" ".join(sorted(got)))
"""


class Worker(slurm.Case):
    def srun(self, *task, options=()):
        """srun's command line for six tasks on three nodes, each with a witness."""
        return ["srun", "-N3", "-n6", *options, jobs.watched.VIGIL, "run", "--worker", "--", *task]

    def run_of_step(self):
        """The only directory that the tasks have made."""
        (name,) = [name for name in os.listdir(self.directory) if name.startswith("vigil-")]
        self.assertRegex(name, r"^vigil-\d+\.\d+$")
        return name

    def report(self, name):
        return json.loads(self.vigil("report", "--json", name).stdout)

    def agents(self, name):
        told = collections.Counter()
        for event in self.events(name):
            if event["source"] == "AGENT" and event["node_state"] in ("SUCCEEDED", "FAILED"):
                told[event["pid"]] += 1
        return told

    def test_a_task_that_is_killed(self):
        script = 'if [ $SLURM_PROCID = 4 ]; then sleep 0.5; kill -9 $$; fi; sleep 1'
        ended = self.bare(*self.srun("sh", "-c", script), env=self.environment())
        self.assertEqual(ended.returncode, 137)
        self.assertNotIn("vigil:", ended.stderr)
        name = self.run_of_step()
        report = self.report(name)
        self.assertEqual(report["processes"]["unfinished"], 0)
        attempt = report["attempts"][-1]
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["cause"]), (4, "killed"))
        self.assertEqual([rank["state"] for rank in attempt["ranks"]], ["SUCCEEDED"] * 4 + ["FAILED", "SUCCEEDED"])
        self.assertEqual(set(self.agents(name).values()), {1})

    def test_the_statuses_are_those_of_the_tasks(self):
        script = "exit $((SLURM_PROCID * 10))"
        bare = self.bare("srun", "-N3", "-n6", "sh", "-c", script, env=self.environment())
        ended = self.bare(*self.srun("sh", "-c", script), env=self.environment())
        self.assertEqual((ended.returncode, ended.stdout), (bare.returncode, bare.stdout))
        codes = {event["rank"]: event.get("exit", {}).get("code") for event in self.events(self.run_of_step())
                 if event["source"] == "AGENT"}
        self.assertEqual(codes, {rank: rank * 10 for rank in range(6)})

    def test_below_an_outer_one_there_is_one_run_and_one_verdict(self):
        script = 'if [ $SLURM_PROCID = 2 ]; then exec 2>/dev/null; sleep 0.5; kill -9 $$; fi; sleep 1'
        ended = self.vigil("run", "-d", "outer", "--", *self.srun("sh", "-c", script), env=self.environment())
        self.assertEqual(ended.returncode, 137)
        self.assertEqual(ended.stderr.count("failed first"), 1, ended.stderr)
        self.assertRegex(ended.stderr, r"rank 2 failed first")
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith("vigil-")], [])
        report = self.report("outer")
        self.assertEqual(report["processes"]["unfinished"], 0)
        self.assertEqual([rank["state"] for rank in report["attempts"][-1]["ranks"]],
                         ["SUCCEEDED"] * 2 + ["FAILED"] + ["SUCCEEDED"] * 3)

    def test_a_task_under_the_outer_one_alone(self):
        # slurmstepd is here on the same machine, and the outer one sees what it does not wait for.
        script = 'if [ $SLURM_PROCID = 2 ]; then sleep 0.5; kill -9 $$; fi; sleep 1'
        self.vigil("run", "-q", "-d", "outer", "--", "srun", "-N3", "-n6", "sh", "-c", script, env=self.environment())
        report = self.report("outer")
        self.assertEqual(report["processes"]["unfinished"], 0)
        self.assertEqual(report["attempts"][-1]["root_cause"]["rank"], 2)

    def signalled(self, *command):
        """What each of six tasks of COMMAND got when all of the step was told to end."""
        step = self.start(*command, env=self.environment(), stdout=-1, stderr=-1)
        end = time.monotonic() + 20
        while len([name for name in os.listdir(self.directory) if name.startswith("ready.")]) < 6 and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(0.3)
        job = subprocess.run(["squeue", "-h", "-o", "%i"], env=self.environment(), check=True, capture_output=True, text=True)
        subprocess.run(["scancel", "--signal=TERM", job.stdout.strip()], env=self.environment(), check=True)
        step.communicate(timeout=60)
        got = []
        for rank in range(6):
            with open(self.path(f"got.{rank}"), encoding="ascii") as file:
                got.append(file.read())
            os.unlink(self.path(f"got.{rank}"))
            os.unlink(self.path(f"ready.{rank}"))
        return got

    def test_signals_come_as_often_as_without(self):
        bare = self.signalled("srun", "-N3", "-n6", jobs.PYTHON, "-c", COUNTS)
        self.assertEqual(self.signalled(*self.srun(jobs.PYTHON, "-c", COUNTS)), bare)


if __name__ == "__main__":
    tap.main()
