#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The stack of a process that calls exit() somewhere in a library: of a rank, and of the command of vigil run."""

import glob
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

LIBRARY = """
#include <stdlib.h>

void input_error(void)
{
	exit(3);
}

void read_input(void)
{
	input_error();
}
"""

PROGRAM = """
void read_input(void);

int main(void)
{
	read_input();
	return 0;
}
"""

PYTHONS = sorted(glob.glob("/usr/lib/*/libpython3.*.so.1.0"))


class Stacks(watched.Case):
    def setUp(self):
        super().setUp()
        self.compile(LIBRARY, "-shared", "-fPIC", "-o", "libinput.so")

    def compile(self, source, *options):
        subprocess.run(["cc", "-g", "-O0", "-x", "c", "-", *options], input=source, text=True, check=True, cwd=self.directory)

    def assert_stack(self, command, **more):
        ended = self.vigil("run", "-d", "run", "--", *command, env=watched.environment(**more))
        self.assertEqual(ended.returncode, 3)
        self.assertRegex(ended.stderr, r"#\d+ +input_error\+.*\n.*#\d+ +read_input\+.*\n.*#\d+ +main\+")
        (attempt,) = json.loads(self.vigil("report", "--json", "run").stdout)["attempts"]
        self.assertRegex(attempt["root_cause"]["reason"], r"^exit 3 in input_error ")

    def link(self, *libraries):
        self.compile(PROGRAM, "-o", "program", "-x", "none", "-Wl,--no-as-needed", self.path("libinput.so"), *libraries,
                     f"-Wl,-rpath,{self.directory}")
        return self.path("program")

    def test_the_command_of_vigil_run(self):
        self.assert_stack([self.link()])

    def test_the_command_behind_a_shell_that_becomes_it(self):
        self.assert_stack(["sh", "-c", f"exec {self.link()}"])

    def test_a_rank(self):
        self.assert_stack([self.link()], RANK="0", WORLD_SIZE="1")

    def test_a_process_below_the_command_has_none(self):
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", f"{self.link()}; exit 3", env=watched.environment())
        self.assertEqual(ended.returncode, 3)
        self.assertNotIn("input_error", ended.stderr)

    @unittest.skipIf(not PYTHONS, "no libpython")
    def test_a_rank_that_is_linked_with_libpython_and_does_not_use_it(self):
        self.assert_stack([self.link(PYTHONS[-1])], RANK="0", WORLD_SIZE="1")


if __name__ == "__main__":
    tap.main()
