#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The class of a cause: of the labelled set in tests/support/cause_cases.py, and what is said of it."""

import concurrent.futures
import json
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cause_cases
import tap
import watched


class Causes(watched.Case):
    def attempt(self, *command, name="run"):
        environment = dict(watched.environment(), PYTHON=sys.executable)
        self.vigil("run", "-q", "-d", name, "--", *command, env=environment)
        return json.loads(self.vigil("report", "--json", name).stdout)["attempts"][-1]

    def root(self, *command, name="run"):
        return self.attempt(*command, name=name)["root_cause"]

    @unittest.skipUnless(shutil.which("g++") and shutil.which("gfortran"), "not installed: g++, gfortran")
    def test_each_case_has_its_class(self):
        cause_cases.build(self.path("."))
        cases = list(cause_cases.commands())
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            attempts = pool.map(lambda number: self.attempt("sh", "-c", cases[number][2], name=f"run{number}"), range(len(cases)))
            for (label, title, _), attempt in zip(cases, attempts):
                with self.subTest(title):
                    cause = attempt["root_cause"] or attempt
                    self.assertEqual(cause.get("cause_class"), label, cause)
                    self.assertIn(cause["cause_confidence"], ("proven", "likely", "unsure"))

    def test_the_text_says_what_to_do(self):
        self.write("raise.py", "raise RuntimeError('CUDA error: device-side assert triggered')\n")
        self.root(sys.executable, "raise.py")
        said = " ".join(self.vigil("report", "run").stdout.split())
        self.assertIn("cause: cuda_assert (likely): an assertion failed on the GPU", said)
        self.assertIn("CUDA_LAUNCH_BLOCKING=1", said)
        plain = self.root("sh", "-c", "exit 3", name="other")
        self.assertNotIn("advice", plain)
        self.assertNotIn("cause:", self.vigil("report", "other").stdout)

    def test_what_was_ended_from_outside_has_a_class(self):
        late = self.attempt("timeout", "0.3", "sleep", "30", name="late")
        self.assertIsNone(late["root_cause"])
        self.assertEqual((late["cause_class"], late["cause_confidence"]), ("time_limit", "proven"))
        self.assertIn("cause: time_limit (proven)", self.vigil("report", "late").stdout)
        ended = self.attempt("sh", "-c", "sleep 30 & kill $!; wait $!", name="ended")
        self.assertEqual(ended["cause_class"], "killed")
        self.assertNotIn("cause:", self.vigil("report", "ended").stdout)


if __name__ == "__main__":
    tap.main()
