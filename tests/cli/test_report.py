#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`vigil report`: its exit statuses, what it says where, and that its JSON keeps to its schema."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import terminal
import watched
from schemas import FOLDER, validator

FIXTURES = watched.TREE / "tests" / "unit" / "fixtures"


def fixture(name):
    return str(FIXTURES / name)


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
        names = sorted(os.listdir(FIXTURES))
        self.assertGreater(len(names), 30)
        for name in names:
            with self.subTest(name):
                check.validate(self.json(fixture(name)))

    def test_real_events_keep_to_their_schema_and_so_does_their_report(self):
        self.run_quietly("sh", "-c", "python3 -c 1/0; sh -c 'kill -SEGV $$'; kill -TERM $$")
        check = validator("vigil.event-1.schema.json")
        events = self.events()
        self.assertGreater(len(events), 5)
        for event in events:
            check.validate(event)
        validator("vigil.report-1.schema.json").validate(self.json(self.path("run")))

    def test_the_schema_names_every_member_of_every_object(self):
        def objects(schema, where):
            if isinstance(schema, dict):
                if schema.get("type") == "object" and schema.get("maxProperties") != 0:
                    yield where, schema
                for key, inner in schema.items():
                    yield from objects(inner, where + "/" + key)
            elif isinstance(schema, list):
                for index, inner in enumerate(schema):
                    yield from objects(inner, f"{where}/{index}")

        found = list(objects(json.loads((FOLDER / "vigil.report-1.schema.json").read_text()), ""))
        self.assertGreater(len(found), 7)
        for where, schema in found:
            self.assertIs(schema.get("additionalProperties"), False, where)

    def rich(self):
        """A fixture whose root cause has every field."""
        with open(self.path("rich.jsonl"), "w", encoding="ascii") as file:
            for line in (FIXTURES / "mpirun_segv.jsonl").read_text().splitlines():
                event = json.loads(line)
                if event["rank"] == 1 and "frames" in event:
                    frames = event["frames"]
                    event.update(
                        registers={"rip": "0x10"}, threads_left_out=2, threads_error="no more time",
                        threads=[{"tid": 5000, "name": "one", "frames": frames}, {"tid": 5001, "name": "two", "same_as": 5000},
                                 {"tid": 5002, "name": "three", "frames": [], "error": "it is gone"},
                                 {"tid": 5003, "frames": frames[:1], "truncated": True}],
                        trace={"outcome": "ok", "us": 9, "truncated": True, "stop": "no frame"})
                file.write(json.dumps(event, separators=(",", ":")) + "\n")
        return self.path("rich.jsonl")

    def test_the_fixtures_have_every_member_of_the_schema(self):
        def names(value):
            for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                yield from names(inner)
            yield from value if isinstance(value, dict) else ()

        reports = [self.json(fixture(name)) for name in os.listdir(FIXTURES)] + [self.json(self.rich())]
        validator("vigil.report-1.schema.json").validate(reports[-1])
        there = {name for report in reports for name in names(report)}
        schema = json.loads((FOLDER / "vigil.report-1.schema.json").read_text())
        allowed = set(schema["properties"]).union(*(part.get("properties", ()) for part in schema["$defs"].values()))
        # of compiled programs alone, which other tests make
        self.assertEqual(allowed - there, {"symbol", "inlined", "last_words"})

    def test_the_schema_refuses_what_is_no_report(self):
        report = self.json(fixture("mpirun_segv.jsonl"))
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
        report = self.json(fixture("two_hosts_peer/n1.jsonl"), fixture("two_hosts_peer/n2.jsonl"))
        self.assertEqual(report["hosts"], ["n1", "n2"])
        self.assertEqual(report["attempts"][0]["root_cause"]["rank"], 3)

    def test_the_clock_skew_decides_between_hosts(self):
        close = fixture("two_hosts_close")
        self.assertEqual(len(self.json("--clock-skew", "10", close)["attempts"][0]["candidates"]), 2)
        self.assertEqual(self.json("--clock-skew=1", close)["attempts"][0]["candidates"], [])

    def test_a_run_is_picked(self):
        runs = fixture("two_runs.jsonl")
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
                                  (["--run-id", "x", fixture("two_runs.jsonl")], "no event of run x")):
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
            result = subprocess.run([watched.VIGIL, "report", fixture("mpirun_segv.jsonl")], stdout=full,
                                    stderr=subprocess.PIPE, text=True, check=False, env=watched.environment())
        self.assertEqual(result.returncode, 1)
        self.assertIn("the report is cut short", result.stderr)

    PROGRAM = """\
#include <stdio.h>
static volatile int *nowhere = (int *)8;
static __attribute__((noinline)) void step(void) {
    printf("%d\\n", __LINE__ + 1); fflush(stdout);
    *nowhere = 1;
}
int main(void) {
    step();
    return 0;
}
"""

    def crash(self, *flags):
        """PROGRAM's crash in ./run; what it says is its line, and what `vigil run` says."""
        self.write("solver.c", self.PROGRAM)
        built = self.bare("cc", "-w", "-O0", *flags, "-o", "solver", "solver.c")
        self.assertEqual((built.returncode, built.stderr), (0, ""))
        ran = self.vigil("run", "-d", "run", "--", "./solver")
        return int(ran.stdout), ran.stderr

    def test_a_crash_has_the_line_that_the_program_says(self):
        line, verdict = self.crash("-g", "-Wl,--build-id")
        self.assertIn(f"in step (solver.c:{line})\n", verdict)
        self.assertRegex(verdict, rf"\n    #0  step\+0x[0-9a-f]+ \(solver\)  solver\.c:{line}\n")
        self.assertRegex(verdict, r"\n    #1  main\+0x[0-9a-f]+ \(solver\)  solver\.c:8\n")
        report = self.json("run")
        validator("vigil.report-1.schema.json").validate(report)
        frame = report["attempts"][0]["root_cause"]["frames"][0]
        self.assertEqual((frame["file"], frame["line"]), (os.path.realpath(self.path("solver.c")), line))
        self.assertEqual(report["warnings"], [])

    def test_lines_can_be_left_out(self):
        self.crash("-g", "-Wl,--build-id")
        frames = self.json("--no-lines", "run")["attempts"][0]["root_cause"]["frames"]
        self.assertGreater(len(frames), 1)
        self.assertFalse([frame for frame in frames if "file" in frame])
        self.assertRegex(self.report("--no-lines", "run").stdout, r"in step \(solver\+0x[0-9a-f]+\)\n")

    def test_a_program_that_was_built_again_has_no_lines(self):
        self.crash("-g", "-Wl,--build-id")
        self.write("solver.c", "int main(void) { return 0; }\n")
        self.assertEqual(self.bare("cc", "-g", "-Wl,--build-id", "-o", "solver", "solver.c").returncode, 0)
        report = self.json("run")
        self.assertNotIn("file", report["attempts"][0]["root_cause"]["frames"][0])
        self.assertEqual(report["warnings"], [
            os.path.realpath(self.path("solver")) + " is another build than the one that ran; no lines of it"])
        self.assertIn("\nwarning: ", self.report("run").stdout)
        self.assertEqual(self.json("--no-lines", "run")["warnings"], [])

    def test_debug_files_may_lie_in_a_directory_of_their_own(self):
        identity = "0123456789abcdef0123456789abcdef01234567"
        line, _ = self.crash("-g", f"-Wl,--build-id=0x{identity}")
        os.makedirs(self.path("debug", ".build-id", identity[:2]))
        self.assertEqual(self.bare("objcopy", "--only-keep-debug", "solver",
                                   f"debug/.build-id/{identity[:2]}/{identity[2:]}.debug").returncode, 0)
        self.assertEqual(self.bare("strip", "solver").returncode, 0)
        self.assertNotIn("file", self.json("run")["attempts"][0]["root_cause"]["frames"][0])
        frame = self.json("--debug-dir", "debug", "run")["attempts"][0]["root_cause"]["frames"][0]
        self.assertEqual((frame["function"], frame["line"]), ("step", line))
        for wrong in ("no/such", self.path("a:b")):
            os.makedirs(self.path("a:b"), exist_ok=True)
            result = self.report("--debug-dir", wrong, "run")
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (2, "", 1))

    def test_a_server_that_does_not_answer_delays_the_verdict_by_two_seconds_at_most(self):
        self.crash("-s", "-Wl,--build-id")
        with socket.create_server(("127.0.0.1", 0)) as server:
            asking = watched.environment(DEBUGINFOD_URLS=f"http://127.0.0.1:{server.getsockname()[1]}",
                                         DEBUGINFOD_CACHE_PATH=self.path("cache"))
            began = time.monotonic()
            ran = self.vigil("run", "-d", "asked", "--", "./solver", env=asking)
            took = time.monotonic() - began
        self.assertIn("failed first (proven)\n", ran.stderr)
        self.assertGreater(took, 1.5)
        self.assertLess(took, 4)

    def test_names_of_cplusplus_are_for_people(self):
        self.write("solver.cc", "namespace solver { template <class T> __attribute__((noinline)) T step(T *at)"
                                " { return *at; } }\nint main() { return solver::step((volatile int *)8); }\n")
        built = self.bare("c++", "-g", "-O0", "-Wl,--build-id", "-o", "solver", "solver.cc")
        self.assertEqual((built.returncode, built.stderr), (0, ""))
        self.run_quietly("./solver", env=watched.environment(RANK="0", WORLD_SIZE="1"))
        report = self.json("run")
        validator("vigil.report-1.schema.json").validate(report)
        frame = report["attempts"][0]["root_cause"]["frames"][0]
        self.assertEqual(frame["function"], "int volatile solver::step<int volatile>(int volatile*)")
        self.assertTrue(frame["symbol"].startswith("_ZN6solver4step"))
        self.assertIn(frame["function"], json.dumps(report["attempts"][0]["stacks"]))

    def follow(self, *arguments, **options):
        return self.start(watched.VIGIL, "report", "--follow", *arguments, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options)

    def test_follow_says_each_verdict_once_and_ends_with_the_job(self):
        os.mkdir(self.path("run"))
        followed = self.follow("run")
        with open(fixture("mpirun_segv.jsonl"), encoding="utf-8") as file:
            lines = file.readlines()
        with open(self.path("run", "n1.jsonl"), "w", encoding="utf-8") as grown:
            for line in lines[:9]:
                grown.write(line[:40])  # torn: its rest comes later
                grown.flush()
                time.sleep(0.01)
                grown.write(line[40:])
                grown.flush()
            time.sleep(1)
            grown.writelines(lines[9:])
        out, errors = followed.communicate(timeout=60)
        self.assertEqual((followed.returncode, errors), (0, ""))
        heads = [line for line in out.splitlines() if line.startswith("vigil: job")]
        self.assertIn("failed after 2.1 s: rank 1 failed first (proven)", heads[-1])
        self.assertIn("has not ended", heads[0])
        self.assertEqual(len([head for head in heads if " failed after " in head]), 1)
        self.assertNotIn("\033", out)

    def test_follow_waits_for_events_and_is_interrupted_with_130(self):
        os.mkdir(self.path("run"))
        followed = self.follow("run")
        time.sleep(1)
        self.assertIsNone(followed.poll())
        followed.send_signal(signal.SIGINT)
        self.assertEqual(followed.communicate(timeout=20), ("", ""))
        self.assertEqual(followed.returncode, 130)

    def test_follow_shows_its_report_in_place_on_a_terminal(self):
        seat = terminal.Terminal(self.directory, watched.environment())
        self.addCleanup(seat.close)
        seat.command(f"{watched.VIGIL} report --follow {fixture('mpirun_segv.jsonl')}; echo status $?")
        seat.expect(r"\033\[H\033\[J.*rank 1 failed first \(proven\)")
        seat.expect(r"\033\[H\033\[J.*rank 1 failed first \(proven\)")
        seat.expect(r"status 0\n")

    def test_follow_refuses_json_and_what_is_not_there(self):
        for arguments, reason in ((["--json", "."], "--json is one report, --follow is many"),
                                  (["no/such"], "no/such: No such file or directory; nothing to follow")):
            with self.subTest(arguments):
                result = self.report("--follow", *arguments)
                self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (2, "", 1))
                self.assertIn(reason, result.stderr)

    def test_rotated_files_are_one_run(self):
        with open(fixture("mpirun_segv.jsonl"), encoding="utf-8") as file:
            lines = file.readlines()
        os.mkdir(self.path("run"))
        for name, part in (("n1.jsonl.2", lines[:4]), ("n1.jsonl.1", lines[4:9]), ("n1.jsonl", lines[9:])):
            self.write(f"run/{name}", "".join(part))
        self.assertEqual(self.json("run"), self.json(fixture("mpirun_segv.jsonl")))

    def test_a_clock_that_is_off_is_in_the_json(self):
        clock = self.json(fixture("clock_ahead_2s"))["clock"]
        self.assertEqual(clock["reference"], "n1")
        self.assertEqual([host["hostname"] for host in clock["hosts"]], ["n2"])
        self.assertAlmostEqual(clock["hosts"][0]["ahead_us"], 2_000_000, delta=20_000)
        self.assertEqual(self.json(fixture("two_hosts_peer"))["clock"]["hosts"], [])

    def test_the_odd_ones_out_of_a_hang_are_in_both_forms(self):
        attempt = self.json(fixture("hang_scancel.jsonl"))["attempts"][0]
        self.assertEqual(attempt["odd_ones_out"], [{"rank": 2, "where": "clock_nanosleep, called by load (data.c:33)"}])
        text = self.report(fixture("hang_scancel.jsonl")).stdout
        self.assertIn("  odd one out: rank 2 stood in clock_nanosleep, called by load (data.c:33)\n", text)
        self.assertIn("  the other 3 ranks stood in PMPI_Allreduce, called by step (ring.c:41)\n", text)

    def test_a_lost_host_is_in_both_forms(self):
        report = self.json(fixture("node_lost_mpirun"))
        validator("vigil.report-1.schema.json").validate(report)
        attempt = report["attempts"][0]
        self.assertEqual(attempt["lost_host"], "n2")
        self.assertEqual([(one["rank"], one["confidence"]) for one in attempt["candidates"]], [(2, "likely"), (3, "likely")])
        self.assertIn(": host n2 was lost first, with ranks 2,3 (likely)\n", self.report(fixture("node_lost_mpirun")).stdout)

    def test_a_common_cause_is_in_both_forms(self):
        report = self.json(fixture("all_exit_alike"))
        validator("vigil.report-1.schema.json").validate(report)
        attempt = report["attempts"][0]
        self.assertEqual(attempt["common_cause"], {"ranks": 4, "within_us": 1800, "where": "lost_atoms (thermo.c:88)"})
        self.assertEqual([(one["rank"], one["confidence"]) for one in attempt["candidates"]],
                         [(3, "likely"), (0, "likely"), (1, "likely"), (2, "likely")])
        text = self.report(fixture("all_exit_alike")).stdout
        self.assertIn(": all 4 ranks failed alike (likely a common cause)\n", text)
        self.assertIn("  all 4 ranks ended alike within 2 ms, in lost_atoms (thermo.c:88): the cause is likely common", text)

    def test_both_sides_of_a_hang_are_in_both_forms(self):
        attempt = self.json(fixture("hang_two_sides"))["attempts"][0]
        self.assertEqual(attempt["odd_ones_out"], [])
        self.assertEqual(attempt["positions"], [
            {"where": "MPI_Recv, called by exchange (ring.c:11)", "count": 2, "ranks": [0, 2]},
            {"where": "MPI_Recv, called by exchange (ring.c:13)", "count": 2, "ranks": [1, 3]}])
        [main] = attempt["stacks"]["children"]
        self.assertEqual([(one["line"], one["part"], one["ranks"], one["children"][0]["part"]) for one in main["children"]],
                         [(11, "program", [0, 2], "entry"), (13, "program", [1, 3], "entry")])
        text = self.report(fixture("hang_two_sides")).stdout
        self.assertIn("  ranks 0,2 stood in MPI_Recv, called by exchange (ring.c:11)\n"
                      "  ranks 1,3 stood in MPI_Recv, called by exchange (ring.c:13)\n", text)
        self.assertIn("  2  0,2    exchange (ring.c:11) › MPI_Recv › … 1 more\n", text)

    def test_ranks_of_which_no_stack_is_known_are_named(self):
        run = self.path("run.jsonl")
        with open(run, "w", encoding="ascii") as file:
            for line in pathlib.Path(fixture("hang_scancel.jsonl")).read_text().splitlines():
                event = json.loads(line)
                if event["rank"] in (0, 1):
                    event.pop("frames", None)
                file.write(json.dumps(event) + "\n")
        attempt = self.json(run)["attempts"][0]
        self.assertEqual(attempt["odd_ones_out"], [])  # two ranks are not more than half of four
        text = self.report(run).stdout
        self.assertIn("  rank 2 stood in clock_nanosleep, called by load (data.c:33)\n"
                      "  rank 3 stood in PMPI_Allreduce, called by step (ring.c:41)\n"
                      "  no stack is known of ranks 0,1\n", text)

    def test_a_second_fault_is_a_candidate_of_its_own_in_both_forms(self):
        report = self.json(fixture("double_fault_one_host.jsonl"))
        validator("vigil.report-1.schema.json").validate(report)
        attempt = report["attempts"][0]
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["confidence"]), (0, "proven"))
        self.assertEqual([(one["rank"], one["confidence"], one.get("after_us")) for one in attempt["candidates"]],
                         [(0, "proven", None), (3, "unsure", 3000)])
        self.assertEqual([one["role"] for one in attempt["ranks"]], ["culprit", "terminated", "terminated", "own_fault"])
        text = self.report(fixture("double_fault_one_host.jsonl")).stdout
        self.assertIn(": rank 0 failed first (proven), rank 3 by itself +3 ms\n", text)
        self.assertIn("  1 rank had its own fault  3    SIGSEGV", text)

    def test_launches_are_numbered_where_there_are_several(self):
        report = self.json(fixture("launch_then_cleanup.jsonl"))
        validator("vigil.report-1.schema.json").validate(report)
        self.assertEqual([(one["launch"], one["outcome"]) for one in report["attempts"]], [(2, "SUCCEEDED"), (1, "FAILED")])
        self.assertNotIn("launch", self.json(fixture("mpirun_segv.jsonl"))["attempts"][0])

    def test_every_event_of_a_fixture_keeps_to_the_schema(self):
        check = validator("vigil.event-1.schema.json")
        for name in ("mpich_abort_kills.jsonl", "oom_witnessed.jsonl", "mpirun_segv_kills.jsonl", "exec_failed.jsonl",
                     "double_fault_still_telling.jsonl", "launch_then_cleanup.jsonl"):
            with open(fixture(name), encoding="utf-8") as file:
                for line in file:
                    check.validate(json.loads(line))

    def test_help_is_status_0(self):
        result = self.report("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for option in ("--json", "--follow", "--dot", "--html", "--perfetto", "--clock-skew", "--run-id", "--no-lines", "--debug-dir", "--help"):
            self.assertIn(option, result.stdout)

    def test_a_pipe_has_no_colours_unless_forced(self):
        self.assertNotIn("\033", self.report(fixture("mpirun_segv.jsonl")).stdout)
        forced = self.report(fixture("mpirun_segv.jsonl"), env=watched.environment(FORCE_COLOR="1"))
        self.assertIn("\033[1m", forced.stdout)


if __name__ == "__main__":
    tap.main()
