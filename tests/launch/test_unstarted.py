#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that a launcher cannot start, and scripts that an interpreter cannot read: the report says which, and why."""

import os

import jobs
import slurm
import tap  # jobs has put its folder into the path


class Files:
    """What cannot be started, in the test's directory: (its name, why)."""

    MISSING = ("./nosuch", "No such file or directory")
    UNKNOWN = ("nosuchprogram", "No such file or directory")
    NO_PROGRAM = ("./data", "Permission denied")
    FOLDER = ("./folder", "a directory")
    NO_INTERPRETER = ("./script", "its interpreter /no/such/sh is missing")
    CRLF = ("./windows", r"its first line \(#!/bin/sh\) ends as lines of Windows do")
    NO_LINE = ("./bare", "no program, and no script that begins with #!")
    FOREIGN = ("./foreign", "a program for another kind of machine")

    def make_files(self):
        with open("/bin/true", "rb") as file:
            program = file.read()
        foreign = self.path("foreign")
        with open(foreign, "wb") as file:
            file.write(program[:18] + b"\x02\x00" + program[20:])  # SPARC
        os.chmod(foreign, 0o755)
        os.mkdir(self.path("folder"))
        self.write("data", "1 2 3\n", 0o644)
        self.write("script", "#!/no/such/sh\n", 0o755)
        self.write("windows", "#!/bin/sh\r\ntrue\r\n", 0o755)
        self.write("bare", "true\n", 0o755)

    def assert_ranks(self, attempt, file):
        """One of the two ranks could not be started."""
        path, why = file
        root = attempt["root_cause"]
        self.assertIn(root["rank"], (0, 1), attempt)
        self.assertEqual(root["cause"], "exec_failed")
        self.assertRegex(root["reason"], rf"^could not start {path}: {why}$")
        self.assertIn(f"could not start {path}: ", attempt["said"])

    def assert_launcher(self, attempt, file):
        path, why = file
        root = attempt["root_cause"]
        self.assertIsNone(root["rank"], attempt)
        self.assertRegex(root["reason"], rf"^exit \d+ \({path}: {why}\)$")

    def assert_script(self, attempt, path):
        self.assertRegex(attempt["root_cause"]["reason"], rf"^exit \d+ \({path}: No such file or directory\)$")
        self.assertIn(attempt["root_cause"]["rank"], (0, 1))


class OpenMpi(jobs.Case, Files):
    def setUp(self):
        super().setUp()
        self.need("mpirun.openmpi")
        self.make_files()

    def mpirun(self, *program):
        return self.watch("mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "2", *program)

    def test_openmpi_looks_for_the_program_itself(self):
        for file in (self.MISSING, self.UNKNOWN, self.NO_PROGRAM):
            self.assert_launcher(self.mpirun(file[0], "argument"), file)

    def test_openmpi_calls_exec(self):
        for file in (self.FOLDER, self.NO_INTERPRETER, self.CRLF, self.NO_LINE, self.FOREIGN):
            self.assert_ranks(self.mpirun(file[0]), file)

    def test_openmpi_a_program_that_could_be_started_is_not_blamed(self):
        """Too few slots: the launcher fails before it starts a program that is there."""
        attempt = self.watch("mpirun.openmpi", *jobs.as_root(), "-np", "4000", "/bin/true", "./nosuch")
        self.assertNotIn("nosuch", attempt["root_cause"]["reason"])

    def test_openmpi_one_of_two_programs(self):
        self.need_contexts()
        for parts in (("/bin/true", self.MISSING[0]), (self.MISSING[0], "/bin/true")):
            attempt = self.watch("mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "1", parts[0], ":", "-np", "1", parts[1])
            self.assert_launcher(attempt, self.MISSING)

    def test_openmpi_a_script_that_is_not_there(self):
        for interpreter in ("python3", "sh", "bash"):
            self.assert_script(self.mpirun(interpreter, "nosuch.x"), "nosuch.x")


class Scripts(jobs.Case):
    """An interpreter alone, and scripts that were read, and have removed themselves since."""

    def reason(self, *command):
        return self.watch(*command)["root_cause"]["reason"]

    def test_a_script_that_is_not_there(self):
        for interpreter in ("sh", "bash", "python3", "perl"):
            self.assertRegex(self.reason(interpreter, "nosuch"), r"^exit \d+ \(nosuch: No such file or directory\)$")

    def test_a_script_that_has_removed_itself(self):
        for interpreter, text in (("sh", "rm $0; exit 2"), ("bash", "rm $0; exit 127"),
                                  ("python3", "import os, sys; os.remove(__file__); sys.exit(2)")):
            script = self.write("once", text)
            self.assertNotIn("once", self.reason(interpreter, script))

    def test_a_script_that_ends_with_2_itself(self):
        self.assertNotIn("script", self.reason("sh", self.write("script", "exit 2")))


class Mpich(jobs.Case, Files):
    def setUp(self):
        super().setUp()
        self.need("mpiexec.hydra")
        self.make_files()

    def test_mpich(self):
        for file in (self.MISSING, self.UNKNOWN, self.NO_PROGRAM, self.FOLDER, self.NO_INTERPRETER, self.CRLF):
            self.assert_ranks(self.watch("mpiexec.hydra", "-n", "2", file[0]), file)

    def test_mpich_a_program_that_a_shell_takes_for_a_script(self):
        attempt = self.watch("mpiexec.hydra", "-n", "2", "./foreign")
        self.assertRegex(attempt["root_cause"]["reason"], r"^exit \d+ \(./foreign: a program for another kind of machine\)$")


class Slurm(slurm.Case, Files):
    def setUp(self):
        super().setUp()
        self.make_files()

    def watch(self, *command, **more):
        return super().watch(*command, **dict(self.cluster.environment, **more))

    def test_srun_lets_a_daemon_call_exec(self):
        for file in (self.MISSING, self.UNKNOWN, self.NO_PROGRAM, self.FOLDER, self.NO_INTERPRETER, self.NO_LINE, self.FOREIGN):
            self.assert_launcher(self.watch("srun", "-n", "2", file[0]), file)

    def test_srun_a_script_that_is_not_there(self):
        self.assert_script(self.watch("srun", "-n", "2", "python3", "-u", "nosuch.py"), "nosuch.py")


class Torchrun(jobs.Case, Files):
    def setUp(self):
        super().setUp()
        if not jobs.has_torch():
            self.skipTest("not installed: torch")
        self.make_files()

    def test_torchrun_a_script_that_is_not_there(self):
        self.assert_script(self.watch(*jobs.torchrun(self.path("logs"), 2, "nosuch.py")), "nosuch.py")


if __name__ == "__main__":
    tap.main()
