#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`vigil report`: its exit statuses, what it says where, and that its JSON keeps to its schema."""

import json
import os
import pathlib
import subprocess
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

STORIES = watched.TREE / "tests" / "unit" / "stories"
SCHEMAS = watched.TREE / "core" / "report" / "schema"


def validator(name):
    """A jsonschema validator for the schema NAME, which may refer to its neighbours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import jsonschema  # Debian's: not in every python3
        schemas = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
        resolver = jsonschema.RefResolver(name, schemas[name], store=schemas)
        jsonschema.Draft202012Validator.check_schema(schemas[name])
        return jsonschema.Draft202012Validator(schemas[name], resolver=resolver)


def story(name):
    return str(STORIES / name)


class Report(watched.Case):
    def report(self, *arguments, **options):
        return self.vigil("report", *arguments, **options)

    def json(self, *arguments):
        result = self.report("--json", *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout.count("\n"), 1)
        return json.loads(result.stdout)

    def test_every_report_keeps_to_its_schema(self):
        check = validator("vigil.report-1.schema.json")
        names = sorted(os.listdir(STORIES))
        self.assertGreater(len(names), 30)
        for name in names:
            with self.subTest(name):
                check.validate(self.json(story(name)))

    def test_real_events_keep_to_their_schema_and_so_does_their_report(self):
        self.run_quietly("sh", "-c", "python3 -c 1/0; sh -c 'kill -SEGV $$'; kill -TERM $$")
        check = validator("vigil.event-1.schema.json")
        events = self.events()
        self.assertGreater(len(events), 5)
        for event in events:
            check.validate(event)
        validator("vigil.report-1.schema.json").validate(self.json(self.path("run")))

    def test_the_schema_refuses_what_is_no_report(self):
        report = self.json(story("mpirun_segv.jsonl"))
        report["attempts"][0]["ranks"][0]["role"] = "guilty"
        self.assertFalse(validator("vigil.report-1.schema.json").is_valid(report))

    def test_a_crash_is_named_with_its_program(self):
        self.run_quietly("sh", "-c", "true; sh -c 'kill -SEGV $$'")
        report = self.json(self.path("run"))
        self.assertEqual(report["outcome"], "FAILED")
        root = report["attempts"][0]["root_cause"]
        self.assertEqual((root["rank"], root["cause"]), (None, "fault"))

    def test_a_job_that_succeeded_has_no_root_cause_though_commands_failed(self):
        self.run_quietly("sh", "-c", "grep x /dev/null; false; true")
        report = self.json(self.path("run"))
        self.assertEqual(report["outcome"], "SUCCEEDED")
        self.assertIsNone(report["attempts"][0]["root_cause"])
        self.assertGreaterEqual(report["processes"]["failed"], 1)

    def test_several_files_are_one_run(self):
        report = self.json(story("two_hosts_peer/n1.jsonl"), story("two_hosts_peer/n2.jsonl"))
        self.assertEqual(report["hosts"], ["n1", "n2"])
        self.assertEqual(report["attempts"][0]["root_cause"]["rank"], 3)

    def test_the_clock_skew_decides_between_hosts(self):
        close = story("two_hosts_close")
        self.assertEqual(len(self.json("--clock-skew", "10", close)["attempts"][0]["candidates"]), 2)
        self.assertEqual(self.json("--clock-skew=1", close)["attempts"][0]["candidates"], [])

    def test_a_run_is_picked(self):
        runs = story("two_runs.jsonl")
        self.assertEqual(self.json(runs)["run_id"], "new")
        self.assertEqual(self.json("--run-id", "old", runs)["run_id"], "old")
        self.assertIn("old", self.json(runs)["warnings"][0])

    def test_nothing_to_read_is_status_2_and_one_line(self):
        self.write("empty.jsonl", "")
        self.write("foreign.jsonl", "{}\n")
        os.mkdir(self.path("bare"))
        for arguments, reason in ((["no/such"], "no/such: No such file or directory"), (["bare"], "bare: no event in it"),
                                  (["empty.jsonl"], "empty.jsonl: no event in it"),
                                  (["foreign.jsonl"], "1 line skipped, not vigil's"),
                                  (["--run-id", "x", story("two_runs.jsonl")], "no event of run x")):
            with self.subTest(arguments):
                result = self.report(*arguments)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertEqual(result.stderr.count("\n"), 1)
                self.assertIn(reason, result.stderr)
                self.assertTrue(result.stderr.startswith("vigil: "))

    def test_wrong_usage_is_status_2_and_one_line(self):
        for arguments in ([], ["--nonsense"], ["--clock-skew", "-1", "x"], ["--clock-skew", "1s", "x"],
                          ["--clock-skew"], ["--json=1", "x"]):
            with self.subTest(arguments):
                result = self.report(*arguments)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertEqual(result.stderr.count("\n"), 1)

    def test_a_full_disk_is_said(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([watched.VIGIL, "report", story("mpirun_segv.jsonl")], stdout=full,
                                    stderr=subprocess.PIPE, text=True, check=False, env=watched.environment())
        self.assertEqual(result.returncode, 1)
        self.assertIn("the report is cut short", result.stderr)

    def test_help_is_status_0(self):
        result = self.report("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for option in ("--json", "--clock-skew", "--run-id", "--help"):
            self.assertIn(option, result.stdout)

    def test_a_pipe_has_no_colours_unless_forced(self):
        self.assertNotIn("\033", self.report(story("mpirun_segv.jsonl")).stdout)
        forced = self.report(story("mpirun_segv.jsonl"), env=watched.environment(FORCE_COLOR="1"))
        self.assertIn("\033[1m", forced.stdout)


if __name__ == "__main__":
    tap.main()
