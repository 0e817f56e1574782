#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs whose processes belong to several users, and what others may see of a run."""

import json
import os
import pathlib
import shutil
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

OTHER = 65534
AS_OTHER = ("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups", "--")


class Mode(watched.Case):
    def mode(self, name):
        return stat.S_IMODE(os.stat(self.path(name)).st_mode)

    def test_a_run_directory_is_its_owners_whatever_the_umask(self):
        for umask in ("000", "022", "077"):
            for name in ("", "-d named"):
                with self.subTest(umask=umask, name=name):
                    self.bare("sh", "-c", f"umask {umask}; exec {watched.VIGIL} run -q {name} -- true")
                    (made,) = os.listdir(self.directory)
                    self.assertEqual(self.mode(made), 0o700)
                    shutil.rmtree(self.path(made))

    def test_that_of_a_step_is_too(self):
        worker = self.vigil("run", "-q", "--worker", "--", "true", env=watched.environment(SLURM_JOB_ID="7", SLURM_STEP_ID="0"))
        self.assertEqual((worker.returncode, worker.stderr), (0, ""))
        self.assertEqual(self.mode("vigil-7.0"), 0o700)

    def test_one_that_is_there_keeps_its_mode(self):
        os.mkdir(self.path("run"))
        os.chmod(self.path("run"), 0o2770)
        self.assertEqual(self.run_quietly("true").returncode, 0)
        self.assertEqual(self.mode("run"), 0o2770)


class Users(watched.Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("needs root to run programs as another user")
        os.chmod(self.directory, 0o755)
        # The other user may not see the build directory.
        for path in ("bin/vigil", "lib/vigil/libvigil.so"):
            os.makedirs(os.path.dirname(self.path("installed", path)))
            shutil.copy2(watched.BUILD / path, self.path("installed", path))
        self.installed = self.path("installed", "bin", "vigil")

    def make(self, mode=0o1777):
        os.mkdir(self.path("run"))
        os.chmod(self.path("run"), mode)

    def run_here(self, *command):
        return self.bare(self.installed, "run", "-q", "-d", "run", "--", *command)

    def states(self, program):
        return [event["node_state"] for event in self.events()
                if event["process"]["program"] == program and event["source"] == "WORKER"]

    def test_a_rank_that_drops_its_privileges_is_recorded(self):
        self.make()
        ended = self.bare(self.installed, "run", "-d", "run", "--", "env", "RANK=0", "WORLD_SIZE=1", *AS_OTHER,
                          "python3", "-c", "import os; os.abort()")
        self.assertEqual(ended.returncode, -6, ended.stderr)
        self.assertIn("rank 0 failed first (proven)", ended.stderr)
        self.assertIn("#0", ended.stderr)
        self.assertEqual(sorted(os.listdir(self.path("run"))),
                         [f"{os.uname().nodename}+uid{OTHER}.jsonl", f"{os.uname().nodename}.jsonl"])

    def test_one_that_does_so_by_itself_keeps_its_file(self):
        self.make(0o755)
        script = f"import os; os.setgroups([]); os.setgid({OTHER}); os.setuid({OTHER}); os._exit(3)"
        self.assertEqual(self.run_here("/usr/bin/python3", "-c", script).returncode, 3)
        self.assertEqual(self.states(pathlib.Path("/usr/bin/python3").resolve().name),
                         ["INIT", "RUNNING", "FAILED"])

    def test_its_children_are_recorded_too(self):
        self.make()
        self.assertEqual(self.run_here(*AS_OTHER, "dash", "-c", "/bin/true; dash -c 'exit 3'; exit 4").returncode, 4)
        self.assertEqual(self.states("true"), ["INIT", "RUNNING", "SUCCEEDED"])
        self.assertEqual(sorted(self.states("dash")), ["FAILED", "FAILED", "INIT", "INIT", "RUNNING", "RUNNING"])

    def test_one_that_raw_exits_is_known_to_vigil_run(self):
        self.make()
        script = "import ctypes; ctypes.CDLL(None).syscall(231, 9)"
        self.run_here("dash", "-c", " ".join((*AS_OTHER, "python3", "-c", f"'{script}' & wait; true")))
        ends = [event for event in self.events() if event["source"] == "AGENT" and event.get("exit", {}).get("code") == 9]
        self.assertEqual(len(ends), 1)

    def test_whoever_was_there_first_silences_nobody(self):
        name = f"{os.uname().nodename}.jsonl"

        def plant(path):
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
            os.chown(path, OTHER, OTHER)

        def plant_all(path):
            plant(path)
            plant(path.replace(".jsonl", "+uid0.jsonl"))

        for how in (plant, plant_all, os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/passwd", path)):
            with self.subTest(how=how):
                shutil.rmtree(self.path("run"), ignore_errors=True)
                self.make()
                how(self.path("run", name))
                ended = self.bare(self.installed, "run", "-d", "run", "--", "sh", "-c", "/bin/true; kill -SEGV $$")
                self.assertEqual(ended.returncode, -11)
                self.assertIn("failed first", ended.stderr)
                self.assertEqual(ended.stderr.count("vigil: "), 1, ended.stderr)
                found = []
                for path in pathlib.Path(self.path("run")).glob("*+uid0*.jsonl"):
                    found += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
                states = [event["node_state"] for event in found if event["process"]["program"] == "true"]
                self.assertEqual(states[:3], ["INIT", "RUNNING", "SUCCEEDED"])

    def test_a_directory_that_is_closed_to_the_user_is_named(self):
        ended = self.bare(self.installed, "run", "-d", "run", "--", *AS_OTHER, "dash", "-c", "exit 5")
        self.assertEqual(ended.returncode, 5)
        self.assertIn(f"vigil: {self.path('run')}: user {OTHER}, as whom processes of this run ran, may not write there", ended.stderr)
        self.assertEqual(ended.stderr.count(f"user {OTHER}"), 1)


if __name__ == "__main__":
    tap.main()
