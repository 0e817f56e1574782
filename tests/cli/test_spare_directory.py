#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A run directory that a host does not have: events go to a directory of the host's own, ${TMPDIR:-/tmp}/vigil-UID/RUN-ID."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched


class Case(watched.Case):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("own"))
        self.base = self.path("own", f"vigil-{os.geteuid()}")

    def environment(self, **more):
        return watched.environment(TMPDIR=self.path("own"), **more)

    def spare(self, run_id):
        return os.path.join(self.base, run_id)


class Preload(Case):
    def watch(self, *command, **more):
        variables = {"LD_PRELOAD": watched.PRELOAD, "VIGIL_DIR": "/nowhere/run", "VIGIL_RUN_ID": "r/1"}
        return self.bare(*command, env=self.environment(**dict(variables, **more)))

    def test_every_process_records_there(self):
        bare = self.bare("sh", "-c", "/bin/echo out; exit 3")
        ended = self.watch("sh", "-c", "/bin/echo out; exit 3")
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (bare.returncode, bare.stdout, bare.stderr))
        states = watched.one_end_each(watched.events(self.spare("r_1")))
        self.assertEqual(len(states), 2)
        for path in (self.base, self.spare("r_1")):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
        self.assertIn("exit 3", self.vigil("report", self.spare("r_1")).stdout)

    def test_a_run_without_a_name_and_with_an_odd_one(self):
        self.watch("true", VIGIL_RUN_ID="")
        self.watch("true", VIGIL_RUN_ID="..")
        self.watch("true", VIGIL_RUN_ID="../../x")
        self.assertEqual(sorted(os.listdir(self.base)), ["_..", "_.._.._x", "unnamed"])

    def test_what_is_another_ones_is_not_used(self):
        for make in (lambda: os.symlink(self.path("elsewhere"), self.base), lambda: pathlib.Path(self.base).touch(),
                     lambda: (os.mkdir(self.base), os.chmod(self.base, 0o777)),
                     lambda: (os.mkdir(self.base), os.geteuid() == 0 and os.chown(self.base, 4711, 4711))):
            os.mkdir(self.path("elsewhere"))
            make()
            foreign = os.lstat(self.base).st_uid != os.geteuid() or not os.path.isdir(self.base) or os.path.islink(self.base) \
                or os.stat(self.base).st_mode & 0o22
            ended = self.watch("sh", "-c", "exit 3")
            self.assertEqual((ended.returncode, ended.stderr), (3, ""))
            if foreign:
                self.assertEqual(os.listdir(self.path("elsewhere")), [])
                self.assertFalse(os.path.isdir(self.base) and os.listdir(self.base))
            self.bare("rm", "-rf", self.base, self.path("elsewhere"))

    def test_a_directory_that_is_there_is_used(self):
        os.mkdir(self.path("run"))
        self.watch("true", VIGIL_DIR=self.path("run"))
        self.assertTrue(watched.events(self.path("run")))
        self.assertFalse(os.path.exists(self.base))


class Monitor(Case):
    def test_one_of_several_vigil_runs(self):
        ended = self.vigil("run", "-d", "/nowhere/run", "--run-id", "r", "--", "sh", "-c", "sh -c 'kill -SEGV $$'; exit 3",
                           env=self.environment())
        self.assertEqual(ended.returncode, 3)
        self.assertEqual(ended.stderr.count("No such file or directory; the events of "), 1)
        self.assertIn(f"go to {self.spare('r')}\n", ended.stderr)
        self.assertIn("SIGSEGV", ended.stderr)
        self.assertIn(f"vigil report {self.spare('r')}", ended.stderr)

    def test_workers_say_it_once(self):
        job = f"for i in 1 2 3; do {watched.VIGIL} run --worker -- sh -c 'exit 3'; done; exit 4"
        ended = self.bare("sh", "-c", job, env=self.environment(VIGIL_DIR="/nowhere/run", VIGIL_RUN_ID="r"))
        self.assertEqual(ended.returncode, 4)
        self.assertEqual(ended.stderr.count("the events of "), 1)
        self.assertEqual(len(ended.stderr.splitlines()), 1)
        self.assertEqual(len(watched.one_end_each(watched.events(self.spare("r")))), 3)

    def test_alone_it_is_refused_as_before(self):
        ended = self.vigil("run", "-d", "/nowhere/run", "--", "echo", "out", env=self.environment())
        self.assertEqual((ended.returncode, ended.stdout), (125, ""))
        self.assertFalse(os.path.exists(self.base))

    def test_a_read_only_file_system(self):
        self.needs_mounts()
        os.mkdir(self.path("shared"))
        script = f"mount --bind shared shared && mount -o remount,bind,ro shared && exec {watched.VIGIL} run -d shared/run --run-id r -- false"
        ended = self.bare("unshare", "--mount", "sh", "-c", script, env=self.environment())
        self.assertEqual(ended.returncode, 1)
        self.assertIn("Read-only file system; the events of ", ended.stderr)
        self.assertTrue(watched.events(self.spare("r")))


if __name__ == "__main__":
    tap.main()
