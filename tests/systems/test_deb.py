#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: installed, used on jobs that fail, upgraded while one runs, and purged."""

import os
import pathlib
import platform
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installed
import tap

VIGIL = "/usr/bin/vigil"
NAMES = ("vigil", "libvigil-core0", "libvigil-core-dev")
PROGRAM = """#include <vigil/loggers.h>
int main(void) { vigil_info(vigil_get_logger("a"), "unseen"); vigil_error(vigil_get_logger("a"), "seen %d", 7); return 0; }
"""


def version_of(package):
    return installed.output("dpkg-deb", "-f", package, "Version").strip()


def debs():
    return [str(installed.packages(f"{name}_*.deb")[0]) for name in NAMES]


def lines_of_lintian(text):
    return [line for line in text.splitlines() if line[:2] in ("E:", "W:")]


class Built(installed.Case):
    @unittest.skipUnless(shutil.which("lintian"), "not installed: lintian")
    def test_lintian_finds_neither_errors_nor_warnings(self):
        changes = [str(path) for path in installed.packages("vigil_*.changes")]
        said = subprocess.run(["lintian", "--no-tag-display-limit", "--allow-root", *changes], capture_output=True, text=True, check=False)
        self.assertEqual(lines_of_lintian(said.stdout), [], said.stdout + said.stderr)
        self.assertIn(said.returncode, (0, 2), said.stderr)

    def test_who_made_them_can_be_written_to(self):
        for package in debs():
            self.assertRegex(installed.output("dpkg-deb", "-f", package, "Maintainer").strip(), r"^[^<>]+ <[^<>@ ]+@[^<>@ ]+>$")


@installed.in_tree()
@unittest.skipUnless(os.geteuid() == 0, "needs root, to install packages")
class Installed(installed.Case):
    @classmethod
    def setUpClass(cls):
        """What the packages depend on is installed once, and stays."""
        subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *debs()], stdout=subprocess.DEVNULL, check=True)

    def setUp(self):
        super().setUp()
        self.dpkg("-i", *debs())
        self.addCleanup(self.dpkg, "--purge", *reversed(NAMES))

    def dpkg(self, *arguments):
        self.done("dpkg", *arguments, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))

    def newer(self):
        """The packages of a next version, whose command says so."""
        made = []
        for package in debs():
            version = version_of(package)
            folder = self.path(os.path.basename(package) + ".tree")
            self.done("dpkg-deb", "-R", package, folder)
            control = pathlib.Path(folder, "DEBIAN", "control")
            text = control.read_text(encoding="utf-8")
            control.write_text(text.replace(f"Version: {version}", f"Version: {version}.1").replace(f"(= {version})", f"(= {version}.1)"),
                               encoding="utf-8")
            command = pathlib.Path(folder, "usr/bin/vigil")
            if command.exists():
                command.write_bytes(command.read_bytes().replace(b"\0" + version.encode() + b"\0", b"\0" + b"9" * len(version) + b"\0"))
            made.append(self.path(os.path.basename(package)))
            self.done("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", folder, made[-1])
        return made

    def test_what_is_installed_is_what_was_built(self):
        self.assertEqual(self.done(VIGIL, "--version"), f"vigil {version_of(debs()[0])}\n")
        self.assert_completes(VIGIL, "/usr/share/bash-completion/completions/vigil")
        self.assert_configured(VIGIL)
        for page in ("man1/vigil.1.gz", "man1/vigil-run.1.gz", "man5/vigil-config.5.gz", "man7/vigil.7.gz"):
            self.assertTrue(os.path.exists("/usr/share/man/" + page) or not os.path.exists("/usr/share/man/man1"), page)
        for schema in ("event", "report"):
            self.assertTrue(os.path.exists(f"/usr/share/vigil/vigil.{schema}-1.schema.json"))
        for name in NAMES:
            text = pathlib.Path("/usr/share/doc", name, "copyright").read_text(encoding="utf-8")
            self.assertTrue("Apache License" in text)
            self.assert_licences(text, whole=False)
        self.assertEqual(self.done("dpkg", "--verify", *NAMES), "")

    def test_jobs_that_fail_are_reported_also_where_the_packages_are_upgraded_meanwhile(self):
        newer = self.newer()
        self.assert_jobs(VIGIL, "/usr/bin/python3")
        self.assert_jobs(VIGIL, "/usr/bin/python3", before=lambda: self.dpkg("-i", *debs()),
                         meanwhile=lambda: self.dpkg("-i", *newer))
        self.assertRegex(self.done(VIGIL, "--version"), "^vigil 9+\n$")

    def test_a_purge_leaves_nothing(self):
        self.dpkg("--purge", *reversed(NAMES))
        before = installed.files()
        for way in ("-r", "--purge"):
            self.dpkg("-i", *debs())
            self.dpkg(way, *reversed(NAMES))
            after = installed.files()
            self.assertEqual((sorted(after - before), sorted(before - after)), ([], []))

    @unittest.skipUnless(shutil.which("gcc") and shutil.which("pkg-config"), "not installed: gcc or pkg-config")
    def test_programs_are_built_with_the_library(self):
        source = self.write("program.c", PROGRAM)
        flags = self.done("pkg-config", "--cflags", "--libs", "vigil-core").split()
        self.done("gcc", "-o", self.path("shared"), source, *flags)
        archive = f"/usr/lib/{platform.machine()}-linux-gnu/libvigil-core.a"
        libraries = self.done("pkg-config", "--static", "--libs", "vigil-core").replace("-lvigil-core", archive).split()
        self.done("gcc", "-o", self.path("static"), source, *libraries)
        for program in ("shared", "static"):
            with self.subTest(program):
                done = subprocess.run([self.path(program)], capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", "seen 7\n"))


if __name__ == "__main__":
    tap.main()
