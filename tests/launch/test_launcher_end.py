#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The launcher ends first, or kills all: MPI's library ends the ranks later for lack of it, and nobody of them is blamed; one that was
dead before its launcher killed all is named."""

import json
import os
import pathlib
import signal
import subprocess
import time

import jobs
import slurm
import tap  # jobs has put its folder into the path

RANKS = 3


class Case(jobs.Case):
    source, compiler = "ring.c", None

    def setUp(self):
        super().setUp()
        self.need(self.launcher, self.compiler)
        self.ring = self.compile(self.compiler)

    def begin(self, *command):
        """vigil run COMMAND, once all ranks have begun to wait for each other, which they do behind MPI_Init."""
        process = subprocess.Popen([jobs.watched.VIGIL, "run", "-d", self.path("run"), "--", *command],
                                   env=jobs.environment(STAGE=self.directory), cwd=self.directory, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.clear_up, process)
        self.wait_for(lambda: len(self.ranks()) == RANKS)
        time.sleep(1)
        return process

    def clear_up(self, process):
        process.kill()
        process.wait()
        process.stderr.close()
        jobs.end_left_behind(self.ring)

    def wait_for(self, condition):
        until = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), until, condition)
            time.sleep(0.05)

    def ranks(self):
        """The pid of each rank that is through with MPI_Init."""
        return {int(path.name.split(".")[1]): int(path.read_text(encoding="ascii")) for path in pathlib.Path(self.directory).glob("0.*.pid")}

    def pid_of(self, program):
        return next(event["pid"] for event in self.events("run") if event["process"]["program"] == program)

    def attempt(self):
        return json.loads(self.vigil("report", "--json", "run").stdout)["attempts"][-1]

    def attempt_when_all_have_ended(self):
        """Rank 1 sleeps outside of MPI: some libraries end it, too, by a thread of theirs, and others in its next call."""
        ended = lambda: {event["rank"] for event in jobs.watched.events_so_far(self.path("run")) if event["node_state"] == "FAILED"}
        self.wait_for(lambda: ended() >= {0, 2})
        until = time.monotonic() + 3
        while 1 not in ended() and time.monotonic() < until:
            time.sleep(0.1)
        return self.attempt()

    def assert_nobody(self, attempt, why):
        self.assertIsNone(attempt["root_cause"], attempt["root_cause"])
        self.assertRegex(attempt["explanation"], why)

    def assert_victims(self, attempt):
        roles = [one["role"] for one in attempt["ranks"]]
        self.assertIn(roles.pop(1), ("terminated", "silent"), attempt["ranks"])
        self.assertEqual(roles, ["terminated"] * (RANKS - 1), attempt["ranks"])


class OpenMpi(Case):
    launcher, compiler = "mpirun.openmpi", "mpicc.openmpi"

    def command(self, *before):
        return [*before, self.launcher, *jobs.as_root(), "--oversubscribe", "-np", str(RANKS), self.ring, "1", "sleep"]

    @staticmethod
    def told(words):
        return f"{jobs.openmpi_launcher()} .* was told to end, by {words}"

    def test_openmpi_interrupted_twice_by_timeout(self):
        """mpirun ends at the second signal, and its ranks a second later, or it kills them before, and they cannot say where they were."""
        self.begin(*self.command("timeout", "-s", "INT", "8")).wait()
        self.assert_nobody(self.attempt(), self.told("SIGINT from timeout .*, whose time was over"))
        attempt = self.attempt_when_all_have_ended()
        self.assert_nobody(attempt, self.told("SIGINT from timeout .*, whose time was over"))
        self.assert_victims(attempt)
        if not all(one["reason"].startswith("SIGKILL") for one in attempt["ranks"]):
            self.assertRegex(json.dumps(attempt["stacks"]), "sleep")

    def test_openmpi_killed_by_timeout(self):
        self.begin(*self.command("timeout", "-s", "KILL", "8")).wait()
        self.assert_nobody(self.attempt(), self.told("SIGKILL from timeout .*, whose time was over"))
        self.assert_nobody(self.attempt_when_all_have_ended(), "by SIGKILL from timeout")

    def test_openmpi_killed(self):
        process = self.begin(*self.command())
        os.kill(self.pid_of(jobs.openmpi_launcher()), signal.SIGKILL)
        said = process.communicate()[1]
        self.assertRegex(said, rf"{jobs.openmpi_launcher()} \(pid \d+\) failed first")
        attempt = self.attempt_when_all_have_ended()
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["cause"]), (None, "killed"))
        self.assert_victims(attempt)

    def test_openmpi_vigil_run_and_then_the_launcher_killed(self):
        process = self.begin(*self.command())
        process.kill()
        process.wait()
        os.kill(self.pid_of(jobs.openmpi_launcher()), signal.SIGKILL)
        attempt = self.attempt_when_all_have_ended()
        self.assert_nobody(attempt, f"MPI's library ended the ranks, as their launcher, {jobs.openmpi_launcher()} .*, was gone")
        self.assert_victims(attempt)


class Mpich(Case):
    launcher, compiler = "mpiexec.hydra", "mpicc.mpich"

    def command(self, *before):
        return [*before, self.launcher, "-np", str(RANKS), self.ring, "1", "sleep"]

    def killed(self, *ranks):
        process = self.begin(*self.command())
        pids = self.ranks()
        for rank in ranks:
            os.kill(pids[rank], signal.SIGKILL)
        process.communicate()
        return self.attempt()

    def test_mpich_one_killed(self):
        for rank in range(RANKS):
            with self.subTest(rank):
                self.setUp()
                attempt = self.killed(rank)
                self.assertEqual(attempt["root_cause"]["rank"], rank)
                self.assertRegex(attempt["root_cause"]["reason"], "^SIGKILL, not from its launcher")
                self.assertEqual(attempt["candidates"], [])

    def test_mpich_two_killed(self):
        attempt = self.killed(0, 2)
        named = {one["rank"] for one in attempt["candidates"]} or {attempt["root_cause"]["rank"]}
        self.assertLessEqual(named, {0, 2})
        self.assertEqual(attempt["ranks"][1]["role"], "terminated")

    def test_mpich_ended_by_timeout(self):
        self.begin(*self.command("timeout", "8")).wait()
        self.assert_nobody(self.attempt(), "mpiexec.hydra .* was told to end, by SIGTERM from timeout .*, whose time was over")


class Srun(slurm.Case):
    """slurmstepd, which is not watched, kills all ranks as srun ends."""

    def watch_srun(self, *before):
        program = self.path("plain")
        subprocess.run(["gcc", "-O1", "-g", "-o", program, str(jobs.PROGRAMS / "plain.c")], check=True)
        return self.watch(*before, "srun", f"-n{RANKS}", program, "hang", **self.cluster.environment)

    def test_srun_ended_by_timeout(self):
        attempt = self.watch_srun("timeout", "4")
        self.assertIsNone(attempt["root_cause"], attempt["root_cause"])
        self.assertRegex(attempt["explanation"], "srun .* was told to end, by SIGTERM from timeout .*, whose time was over")

    def test_srun_killed(self):
        attempt = self.watch_srun("sh", "-c", '"$@" & sleep 4; kill -9 $!; wait $!', "sh")
        self.assertNotIn((attempt["root_cause"] or {"rank": None})["rank"], range(RANKS))


if __name__ == "__main__":
    tap.main()
