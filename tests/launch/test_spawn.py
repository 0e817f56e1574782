#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Of torch.multiprocessing.spawn a process that it started failed first, and its own exception is the consequence."""

import json

import jobs
import tap  # jobs has put its folder into the path

SPAWN = jobs.PROGRAMS / "spawn.py"


class Spawn(jobs.Case):
    def setUp(self):
        super().setUp()
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")

    def check(self, how, cause, confidence, exception):
        ended = self.bare(jobs.watched.VIGIL, "run", "-d", "run", "--", "/usr/bin/python3", str(SPAWN), how, env=jobs.environment())
        self.assertEqual(ended.returncode, 1, ended.stderr)
        found = json.loads(self.bare(jobs.watched.VIGIL, "report", "--json", "run").stdout)["attempts"][-1]["root_cause"]
        self.assertEqual((found["cause"], found["confidence"]), (cause, confidence), ended.stderr)
        (parent,) = found["consequences"]
        self.assertEqual(parent["link"], "mention")
        self.assertTrue(parent["reason"].startswith(exception), parent)
        self.assertIn("spawn_main", found["command"])
        self.assertIn("\n  then python3", ended.stderr)

    def test_a_fault(self):
        self.check("fault", "fault", "proven", "ProcessExitedException")

    def test_an_exit(self):
        self.check("exit", "exit", "likely", "ProcessExitedException")

    def test_an_exception_that_the_parent_quotes(self):
        self.check("raise", "exit", "likely", "ProcessRaisedException")


if __name__ == "__main__":
    tap.main()
