#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a configuration is said once for a job, however many processes it has."""

import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

BAD = "version: 1\nhandlers: {file: {class: logging.FileHandler, filename: /nowhere/at/all.log}}\n"
TEN = "for i in 1 2 3 4 5; do /bin/true; /bin/true & done; wait; "
ORPHANS = "/bin/dash -c '(/bin/sleep 0.1; exec /bin/true) & setsid /bin/dash -c \"/bin/sleep 0.2; exec /bin/true\" & exit'; "


class Rejected(watched.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("bad.yaml", BAD)

    def started(self, command, **environment):
        environment = watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=self.config, **environment)
        return subprocess.Popen(["/bin/dash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=environment, cwd=self.directory)

    def lines(self, *processes):
        """All that they and their children print on stderr, to the end of the last that has it open."""
        said = []
        for process in processes:
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out), (0, ""))
            said += err.splitlines()
        return said

    def run_directory(self, **more):
        os.makedirs(self.path("run"), exist_ok=True)
        return dict({"VIGIL_DIR": self.path("run"), "VIGIL_RUN_ID": "job"}, **more)

    def assert_said(self, lines, times=1):
        self.assertEqual(len(lines), times, lines)
        for line in lines:
            self.assertTrue(line.startswith(f"vigil: {self.config}:2:"), line)
            self.assertTrue(line.endswith("; this config is not used, the job goes on"), line)

    def test_one_process_of_a_tree_says_it(self):
        self.assert_said(self.lines(self.started(TEN)))
        self.assert_said(self.lines(self.started(TEN, **self.run_directory())))

    def test_one_of_many_that_begin_together_says_it(self):
        run = self.run_directory()
        self.assert_said(self.lines(*(self.started(TEN, **run) for _ in range(10))))
        recorded = [event for event in self.events() if event["name"] == "dash:init"]
        self.assertEqual(len(recorded), 10)

    def test_orphans_say_nothing(self):
        self.assert_said(self.lines(self.started(TEN + ORPHANS, **self.run_directory())))

    def test_orphans_of_the_same_group_or_session_say_nothing_without_a_run_directory(self):
        group = "/bin/dash -c '(/bin/sleep 0.1; exec /bin/true) & exit'; /bin/sleep 0.5"
        process = subprocess.Popen(["/bin/dash", "-c", group], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True, env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=self.config))
        self.assert_said(self.lines(process))

    def test_the_first_rank_speaks_for_its_job(self):
        ranks = [self.started(TEN, SLURM_JOB_ID="7", SLURM_STEP_ID="0", SLURM_NTASKS="4", SLURM_PROCID=str(rank), SLURM_LOCALID=str(rank))
                 for rank in range(4)]
        self.assert_said(self.lines(*ranks))

    def test_another_run_in_the_same_directory_says_it_again(self):
        self.assert_said(self.lines(self.started(TEN, **self.run_directory())))
        self.assert_said(self.lines(self.started(TEN, **self.run_directory(VIGIL_RUN_ID="next"))))

    def test_a_directory_of_no_run_says_it_once_an_hour(self):
        run = {"VIGIL_DIR": os.path.dirname(self.run_directory()["VIGIL_DIR"]) + "/run"}
        self.assert_said(self.lines(self.started(TEN, **run)))
        self.assert_said(self.lines(self.started(TEN, **run)), times=0)
        for entry in os.listdir(self.path("run")):
            if entry.startswith(".vigil-"):
                os.utime(self.path("run", entry), (time.time() - 4000,) * 2)
        self.assert_said(self.lines(*(self.started(TEN, **run) for _ in range(5))))

    def test_a_directory_by_a_relative_path_is_the_same(self):
        self.run_directory()
        relative = {"VIGIL_DIR": "run", "VIGIL_RUN_ID": "job"}
        self.assert_said(self.lines(*(self.started(TEN, **relative) for _ in range(3))))

    def test_where_no_mark_can_be_made_one_process_of_a_tree_says_it(self):
        for directory in "/nowhere", "/proc/self":
            self.assert_said(self.lines(self.started(TEN, VIGIL_DIR=directory, VIGIL_RUN_ID="job", TMPDIR=self.directory)))

    def test_a_config_that_goes_bad_after_the_start_is_said_once(self):
        good = self.write("good.yaml", "version: 1\n")
        ended = self.vigil("run", "-q", "-d", "run", "-c", good, "--", "/bin/dash", "-c", f"cp {self.config} {good}; {TEN}{TEN}")
        lines = [line for line in ended.stderr.splitlines() if "this config is not used" in line]
        self.assertEqual((ended.returncode, len(lines)), (0, 1), ended.stderr)
        self.assertEqual([entry for entry in os.listdir(self.path("run")) if not entry.endswith(".jsonl")], [])

    def test_a_stderr_that_nobody_reads_holds_nobody_up(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 512)
        except BlockingIOError:
            os.set_blocking(writer, True)
        ended = subprocess.run(["/bin/dash", "-c", TEN], stderr=writer, timeout=30, check=False,
                               env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=self.config))
        os.close(writer)
        self.assertEqual(ended.returncode, 0)


if __name__ == "__main__":
    tap.main()
