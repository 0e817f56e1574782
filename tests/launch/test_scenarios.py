#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each scenario of scenarios.py once: the culprit, the cause, and every rank's role. The jobs run side by side, three at a time.

`measure-scenarios` repeats them, and runs those that take a minute.
"""

import concurrent.futures
import contextlib
import re
import sys
import tempfile
import unittest

import jobs
import launchers
import scenarios
import slurm
import stage as stages
import tap  # jobs has put its folder into the path

SIDE_BY_SIDE = 3


def name_of(scenario):
    return "test_" + re.sub(r"\W+", "_", scenario.title).strip("_")


def is_chosen(scenario):
    """As tap.py chooses."""
    words = [word.replace("_", " ") for word in sys.argv[1:]]
    return not words or any(word in name_of(scenario).replace("_", " ") for word in words)


class Scenarios(unittest.TestCase):
    maxDiff = None
    stack = results = cluster = None

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.where = cls.stack.enter_context(tempfile.TemporaryDirectory(prefix="vigil-stages-", dir="/tmp"))
        wanted = [one for one in scenarios.SCENARIOS if not one.seldom and is_chosen(one) and one.lacks() is None]
        if any(one.launcher == "srun" for one in wanted):
            cls.cluster = cls.stack.enter_context(slurm.Slurm())
        pool = cls.stack.enter_context(concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE))
        cls.results = {one.title: pool.submit(cls.perform, one) for one in wanted}

    @classmethod
    def perform(cls, scenario):
        with stages.Stage(scenario, cls.where, True, cls.cluster if scenario.launcher == "srun" else None) as stage:
            stage.run()
            return stage.report(), stage.named(launchers.NAMES[scenario.launcher]), stage.said

    def judge(self, scenario):
        if scenario.lacks() is not None:
            self.skipTest(scenario.lacks())
        report, named, said = self.results[scenario.title].result()
        for _ in range(1, scenario.tries):
            if stages.complaints(scenario, report):
                report, named, said = self.perform(scenario)
        jobs.Case.launcher_said(scenario.title, said)
        print(f"# {scenario.launcher} named {sorted(named) or 'nobody'}")
        self.assertEqual(stages.complaints(scenario, report), [], said)


for one in scenarios.SCENARIOS:
    if not one.seldom:
        setattr(Scenarios, name_of(one), lambda self, scenario=one: self.judge(scenario))


if __name__ == "__main__":
    tap.main()
