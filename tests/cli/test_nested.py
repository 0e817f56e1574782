#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Several vigil runs, one run: below one another, and one for each task of a step."""

import glob
import os
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import unseen
import watched


class Nested(unseen.Case):
    """Several vigil runs, one run."""

    def test_two_share_one_run_and_one_verdict(self):
        ended = self.vigil("run", "-d", "run", "--", watched.VIGIL, "run", "--", "sh", "-c", "exit 3")
        self.assertEqual(ended.returncode, 3)
        self.assertEqual(len(re.findall(r"failed first", ended.stderr)), 1, ended.stderr)
        self.assertNotIn(next(iter(glob.glob(self.path("vigil-*"))), "none"), ended.stderr)
        self.assertEqual(len({event["run_id"] for event in self.events()}), 1)
        self.assertNotIn("WORKER", {event["source"] for event in self.events() if event["process"]["program"] == "vigil"})
        self.assert_all_ended()

    def test_what_ends_below_both_is_reported_once(self):
        rank = "echo $$ >>pids; exec sleep 9"
        last = "while [ $(wc -l <pids) -lt 20 ]; do sleep 0.05; done; sleep 0.2; kill -9 $(cat pids); sleep 0.5"
        self.run_quietly(watched.VIGIL, "run", "--", "./launch", *[rank] * 20, last)
        with open(self.path("pids"), encoding="utf-8") as file:
            for pid in map(int, file):
                self.assert_reported(pid, ("killed", None, "SIGKILL"))
        self.assert_all_ended()

    def test_the_inner_one_says_its_verdict_when_asked_to(self):
        ended = self.run_quietly(watched.VIGIL, "run", "--report=always", "--", "true")
        self.assertIn("succeeded", ended.stderr)

    def test_another_directory_is_another_run(self):
        ended = self.run_quietly(watched.VIGIL, "run", "-d", "other", "--", "sh", "-c", "exit 3")
        self.assertIn("failed first", ended.stderr)
        ids = [{event["run_id"] for event in self.events(name)} for name in ("run", "other")]
        self.assertEqual([len(one) for one in ids], [1, 1])
        self.assertNotEqual(*ids)

    def test_the_same_directory_is_the_same_run(self):
        ended = self.run_quietly(watched.VIGIL, "run", "-d", "./run/../run", "--", "sh", "-c", "exit 3")
        self.assertEqual((ended.returncode, ended.stderr), (3, ""))
        self.assertEqual(len({event["run_id"] for event in self.events()}), 1)

    def test_a_new_run_when_asked_for(self):
        self.run_quietly(watched.VIGIL, "run", "--new", "-q", "--", "true")
        (other,) = glob.glob(self.path("vigil-*"))
        self.assertIn("true", {event["process"]["program"] for event in self.events(other)})

    def test_a_directory_that_is_gone_is_not_shared(self):
        env = watched.environment(VIGIL_DIR=self.path("gone"), VIGIL_RUN_ID="abc")
        self.assertEqual(self.vigil("run", "-q", "--", "true", env=env).returncode, 0)
        self.assertEqual(len(glob.glob(self.path("vigil-*"))), 1)

    def test_a_directory_that_cannot_be_written_is_refused(self):
        os.mkdir(self.path("run"), 0o755)
        env = watched.environment(VIGIL_DIR="/proc/self", VIGIL_RUN_ID="abc")
        ended = self.vigil("run", "-q", "--", "touch", "started", env=env)
        if os.geteuid() == 0 and ended.returncode == 0:
            self.skipTest("root may write everywhere")
        self.assertEqual(ended.returncode, 125)
        self.assertRegex(ended.stderr, r"^vigil: /proc/self: .*; nothing was started\n$")


class Worker(unseen.Case):
    """A monitor for each task of a step."""

    def task(self, rank, *command, **more):
        env = watched.environment(SLURM_JOB_ID="77", SLURM_STEP_ID="3", SLURM_PROCID=str(rank), SLURM_LOCALID=str(rank),
                                  SLURM_NTASKS="3", **more)
        return self.start(watched.VIGIL, "run", "--worker", "--", *command, env=env, stdout=-1, stderr=-1)

    def test_all_tasks_of_a_step_record_into_one_directory(self):
        self.build("raw", unseen.RAW)
        tasks = [self.task(0, "true"), self.task(1, "./raw", "7"), self.task(2, "sh", "-c", "sleep 0.3; kill -9 $$")]
        self.assertEqual([(*task.communicate(), task.returncode) for task in tasks],
                         [("", "", 0), ("", "", 7), ("", "", -signal.SIGKILL)])
        records = self.events("vigil-77.3")
        self.assertEqual({event["run_id"] for event in records}, {"77.3"})
        leaders = {(event["rank"], event["pid"]) for event in records if event["leader"] and event["node_state"] == "INIT"}
        self.assertEqual(sorted(rank for rank, _ in leaders), [0, 1, 2])
        report = self.assert_all_ended("vigil-77.3")
        self.assertEqual([rank["state"] for rank in report["attempts"][-1]["ranks"]], ["SUCCEEDED", "FAILED", "FAILED"])
        self.assertEqual((report["outcome"], report["attempts"][-1]["root_cause"]["rank"]), ("FAILED", 1))

    def test_below_another_it_records_there(self):
        self.run_quietly("./launch", f"exec {watched.VIGIL} run --worker -- sh -c 'echo $$ >0; kill -9 $$'",
                         f"exec {watched.VIGIL} run --worker -- ./launch 'echo $$ >1; sleep 0.3; kill -9 $$'")
        self.assertEqual(glob.glob(self.path("vigil-*")), [])
        for name in ("0", "1"):
            self.assert_reported(self.pid_in(name), ("killed", None, "SIGKILL"))
        report = self.assert_all_ended()
        self.assertEqual({rank["rank"]: rank["state"] for rank in report["attempts"][-1]["ranks"]}[0], "FAILED")
        self.assertEqual(len(self.agents()[self.pid_in("0")]), 1)

    def test_without_a_step_it_is_refused(self):
        ended = self.vigil("run", "--worker", "--", "touch", "started")
        self.assertEqual(ended.returncode, 125)
        self.assertRegex(ended.stderr, r"^vigil: --worker: .*; nothing was started\n$")
        self.assertFalse(os.path.exists(self.path("started")))

    def test_a_signal_to_every_process_of_a_task_comes_once(self):
        script = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: print('term', flush=True)); " \
                 "print('ready', flush=True); time.sleep(1.5); sys.exit(4)"
        for pause in (0, 0.001, 0.02):
            with self.subTest(pause=pause):
                task = self.task(0, "/usr/bin/python3", "-c", script)
                self.assertEqual(task.stdout.readline(), "ready\n")
                for pid in self.family(task.pid):
                    os.kill(pid, signal.SIGTERM)
                    time.sleep(pause)
                self.assertEqual((task.communicate()[0], task.returncode), ("term\n", 4))

    def test_a_signal_to_the_monitor_alone_reaches_the_task(self):
        task = self.task(0, "/usr/bin/python3", "-c", "import time; print('ready', flush=True); time.sleep(9)")
        self.assertEqual(task.stdout.readline(), "ready\n")
        task.terminate()
        self.assertEqual(task.wait(), -signal.SIGTERM)

    @staticmethod
    def family(pid):
        """PID and its children, in the order of their numbers, as slurmstepd's linuxproc has them."""
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            return [pid, *map(int, file.read().split())]


if __name__ == "__main__":
    tap.main()
