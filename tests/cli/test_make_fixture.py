#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/support/make-fixture: what its shorthand describes is what `vigil report` says, and a mistake in it is named with its line."""

import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

MAKE_FIXTURE = str(watched.TREE / "tests" / "support" / "make-fixture")
JOBS = watched.TREE / "tests" / "unit" / "jobs"
FIXTURES = watched.TREE / "tests" / "unit" / "fixtures"
SCHEMA = watched.TREE / "core" / "report" / "schema" / "vigil.event-1.schema.json"


class MakeFixture(watched.Case):
    def make(self, text):
        return self.bare(sys.executable, MAKE_FIXTURE, self.write("shorthand", text), self.path("job"))

    def report(self, text):
        """The last attempt of the report on the job that TEXT describes."""
        done = self.make(text)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("", "", 0))
        return json.loads(self.vigil("report", "--json", self.path("job")).stdout)["attempts"][-1]

    def assert_verdict(self, attempt, rank, reason, roles):
        root = attempt["root_cause"]
        self.assertEqual((root and root["rank"], [one["role"] for one in attempt["ranks"]]), (rank, roles.split()), attempt)
        self.assertRegex(root["reason"] if root else attempt["explanation"], reason)

    def test_the_example_of_its_help(self):
        done = self.bare(sys.executable, MAKE_FIXTURE, "--help")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        example = re.search(r"(?m)^Example.*\n\n((?:  .*\n)+)", done.stdout)[1]
        self.assert_verdict(self.report(example), 1, r"SIGSEGV .* in step \(solver.c:88\)", "terminated culprit terminated")

    def test_an_exception_and_the_peers_that_lose_it(self):
        attempt = self.report('launcher torchrun\nprogram python3.11\n'
                              'rank 1 raises ValueError "bad batch: at 7" at 2.5 in main (train.py:31)\n'
                              'rank 0,2 raises RuntimeError "Connection closed by peer [127.0.0.1]:23456" at 2.51\n'
                              'launcher exit 1 at 3.0\n')
        self.assert_verdict(attempt, 1, "^ValueError: bad batch: at 7$", "peer_loss culprit peer_loss")

    def test_each_launcher_ends_the_others(self):
        for launcher, sender in (("torchrun", "torchrun"), ("mpirun", "mpirun"), ("mpiexec.hydra", "hydra_pmi_proxy"), ("srun", "slurmstepd")):
            attempt = self.report(f"launcher {launcher}\nrank 2 exit 3 at 1.5\nlauncher kills 0-1 SIGTERM at 1.6\n"
                                  "launcher exit 143 at 1.7\n")
            self.assert_verdict(attempt, 2, "^exit 3$", "terminated terminated culprit")
            self.assertEqual(attempt["ranks"][0]["reason"].partition(" (pid")[0], f"SIGTERM from {sender}")

    def test_what_is_known_by_a_wait_alone(self):
        self.assert_verdict(self.report("launcher mpirun\nranks 0-1\nrank 1 SIGKILL at 2\nlauncher kills 0 SIGTERM at 3\nlauncher exit 137 at 4\n"),
                            1, "SIGKILL", "terminated culprit")
        self.assert_verdict(self.report("launcher mpirun\nrank 0 oom at 2\nlauncher kills 1 SIGTERM at 3\nlauncher exit 137 at 4\n"),
                            0, r"SIGKILL \(out of memory\)", "culprit terminated")

    def test_mpi_abort_and_abort(self):
        self.assert_verdict(self.report("launcher mpiexec.hydra\nrank 1 aborts 7 at 2\nlauncher kills 0 SIGKILL at 2.1\nlauncher exit 7 at 3\n"),
                            1, r"MPI_Abort\(7\)", "terminated culprit")
        self.assert_verdict(self.report("launcher mpirun\nrank 1 SIGABRT at 2 in check (solver.c:9)\nlauncher kills 0 SIGTERM at 3\nlauncher exit 134 at 4\n"),
                            1, r"SIGABRT.* in check \(solver.c:9\)", "terminated culprit")

    def test_a_signal_of_another_rank(self):
        attempt = self.report("launcher mpirun\nprogram ring\nrank 1 SIGUSR1 at 2 from rank 0\nlauncher kills 0 SIGTERM at 3\nlauncher exit 138 at 4\n")
        self.assertIn("ring (pid 4010)", attempt["ranks"][1]["reason"])

    def test_a_job_that_succeeds(self):
        attempt = self.report("launcher mpirun\nranks 0-3\nrank 0-3 exit 0 at 2\nlauncher exit 0 at 3\n")
        self.assertEqual((attempt["outcome"], attempt["root_cause"]), ("SUCCEEDED", None))

    def test_every_host_has_its_file_and_its_clock(self):
        attempt = self.report("launcher torchrun\nhost n1\nranks 0-1\nhost n2 clock +2.5\nranks 2-3\n"
                              "rank 3 SIGSEGV at 3\nrank 2 raises RuntimeError 'Connection closed by peer' at 3.01\n"
                              "rank 0-1 raises RuntimeError 'Connection closed by peer' at 3.02\nlauncher exit 1 at 4\n")
        self.assert_verdict(attempt, 3, "SIGSEGV", "peer_loss peer_loss peer_loss culprit")
        first, second = (watched.events(self.path("job")) and [json.loads(line) for line in open(self.path("job", f"{name}.jsonl"), encoding="utf-8")]
                         for name in ("n1", "n2"))
        self.assertEqual({one["hostname"] for one in first}, {"n1"})
        self.assertEqual(second[0]["time_us"] - first[0]["time_us"], 2500000)

    def test_an_unwatched_launcher_says_nothing(self):
        self.report("launcher mpirun unwatched\nrank 0 exit 1 at 2\nlauncher exit 1 at 3\n")
        self.assertEqual({one["name"] for one in watched.events(self.path("job"))},
                         {"solver:init", "solver:main", "solver:exit", "mpirun:wait"})

    def test_what_it_writes_obeys_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("not installed: python3-jsonschema")
        validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
        self.report("launcher mpirun\nhost n1\nranks 0-7\nrank 0 exit 3 at 2 in f (a.c:1)\nrank 1 SIGSEGV at 2\nrank 2 SIGABRT at 2\n"
                    "rank 3 raises ValueError x at 2 in f (a.py:1)\nrank 4 oom at 2\nrank 5 SIGTERM at 2 from sh 9\nrank 6 aborts 1 at 2\n"
                    "launcher kills 7 SIGKILL at 2\nlauncher SIGKILL at 3\n")
        for record in watched.events(self.path("job")):
            self.assertEqual([error.message for error in validator.iter_errors(record)], [], record)

    def test_a_mistake_is_named_with_its_line(self):
        for text, message in (
                ("launcher mpirun\n\nrank 0 dies at 3\n", "3: 'rank 0 dies at 3' is no statement; see make-fixture --help"),
                ("rank 0 exit 1 at 3\n", "1: a `launcher` has to come before the first rank"),
                ("launcher mpirum\n", "1: unknown launcher mpirum; known are torchrun, mpirun, mpiexec.hydra, srun"),
                ("launcher srun\nlauncher mpirun\n", "2: the launcher is srun already"),
                ("launcher srun\nrank 0 SIGSEV at 1\n", "2: unknown signal SIGSEV"),
                ("launcher srun\nrank 0 SIGSEGV at 1 in step\n", "2: 'step' is no frame; one is: step (solver.c:88)"),
                ("launcher srun\nrank 0 exit 1 at 1\nrank 0 exit 2 at 2 # again\n", "3: line 2 says already how rank 0 ends"),
                ("launcher srun\nrank 0 exit 1 at 0.1\n", "2: rank 0 ends before all have started, at 0.2"),
                ("launcher srun\nrank 0 exit 1 at 1\nrank 2 exit 1 at 1\n", "3: rank 1 is missing: `ranks 0-2` says that there is one"),
                ("launcher srun\nranks 3-1\n", "2: ranks 3-1 are none"),
                ("launcher srun\nranks 0-900\n", "2: rank 900 is too high; there may be 900 ranks"),
                ("launcher srun\nrank 0 raises ValueError bad batch at 1\n", "2: the message bad batch is to be one word, or quoted"),
                ("launcher srun\nhost a clock 1\nhost a clock 2\n", "3: the clock of a has been set"),
                ("launcher srun\nranks 0\nlauncher exit 1 at 2\nlauncher exit 1 at 2\n", "4: line 3 says already how the launcher ends"),
                ("launcher srun\n", "1: there is no rank"),
                ("", "1: there is no rank")):
            done = self.make(text)
            self.assertEqual((done.stdout, done.stderr, done.returncode),
                             ("", f"make-fixture: {self.path('shorthand')}:{message}\n", 2))

    def test_a_file_that_is_not_there(self):
        done = self.bare(sys.executable, MAKE_FIXTURE, self.path("none"), self.path("job"))
        self.assertEqual((done.stderr, done.returncode), (f"make-fixture: {self.path('none')}: No such file or directory\n", 2))
        done = self.bare(sys.executable, MAKE_FIXTURE)
        self.assertEqual(done.returncode, 2)

    def test_the_fixtures_are_what_their_shorthand_makes(self):
        """`make fixtures` writes them."""
        self.assertNotEqual(list(JOBS.glob("*.job")), [])
        for job in JOBS.glob("*.job"):
            subprocess.run([sys.executable, MAKE_FIXTURE, str(job), self.path(job.stem)], check=True)
            made, kept = ({path.name: path.read_text(encoding="utf-8") for path in folder.glob("*")}
                          for folder in (pathlib.Path(self.path(job.stem)), FIXTURES / job.stem))
            self.assertEqual(made, kept, job)


if __name__ == "__main__":
    tap.main()
