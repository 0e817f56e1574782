#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The frames are right at every instruction: of prologues and epilogues, of libc, its loader and its assembly, of the vdso
and of exceptions (steps.c says how it is known what is right)."""

import pathlib
import platform
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import stacks
import tap
import watched


@unittest.skipUnless(platform.machine() == "x86_64", "the steps are x86-64's")
class Steps(watched.Case):
    def stepped(self, how, *arguments):
        """What the program said of its mismatches, a line each."""
        result = self.bare(str(stacks.PROGRAMS / how / "steps"), *map(str, arguments))
        *lines, last = result.stdout.splitlines() or [result.stderr]
        print(f"# {last}")
        match = re.fullmatch(r"(\d+) steps, (\d+) frames, (\d+) mismatches", last)
        self.assertTrue(match, result)
        self.assertGreater(int(match[1]), 5000)
        self.assertGreater(int(match[2]), 3 * int(match[1]))
        self.assertEqual(len(lines), int(match[3]))
        return lines

    def test_libc_the_loader_and_the_vdso(self):
        self.assertEqual([], self.stepped("lazy"))

    def test_a_static_pie_with_the_unwinder_in_it(self):
        self.assertEqual([], self.stepped("static_pie"))

    def test_exceptions(self):
        # The unwinder of exceptions ends by writing the frame that it goes to over its own: no stack is right there.
        lines = self.stepped("lazy", stacks.PROGRAMS / "libstacks_throws.so")
        self.assertEqual([], [line for line in lines if "libgcc_s" not in line])
        self.assertLess(len(lines), 100)


if __name__ == "__main__":
    tap.main()
