#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The wheel: what is in it, and that each Python's pip installs it, where it is used on jobs that fail, upgraded while one runs, and
uninstalled."""

import base64
import glob
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installed
import tap

NAME = "vigil-run"
OLDEST = (3, 8)

# What auditwheel lets a wheel of this policy need that a program of C may need.
LIBRARIES = {"libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
GLIBC = (2, 28)


def wheel():
    return installed.packages("vigil_run-*.whl")[0]


def is_binary(path):
    """Not one of pyenv's scripts, which start any of them."""
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def pythons():
    """{"3.8": path} of the interpreters in PATH and of pyenv."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    folders = [*os.environ["PATH"].split(":"), *sorted(glob.glob(root + "/versions/3.*/bin"))]
    found = {}
    for path in sorted(path for folder in folders for path in glob.glob(folder + "/python3.*")):
        if re.search(r"/python3\.\d+$", path) and is_binary(path):
            said = installed.output(path, "-ISc", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
            if said and tuple(map(int, said.split("."))) >= OLDEST:
                found.setdefault(said, path)
    return found


class Contents(installed.Case):
    def setUp(self):
        super().setUp()
        self.file = zipfile.ZipFile(wheel())
        self.addCleanup(self.file.close)
        self.version = re.match(r"vigil_run-([\d.]+)-py3-none-manylinux_2_28_\w+\.whl$", wheel().name)[1]
        self.start = f"vigil_run-{self.version}"

    def member(self, name):
        return self.file.read(f"{self.start}.{name}")

    def test_the_record_is_right(self):
        self.assertIsNone(self.file.testzip())
        lines = [line.rsplit(",", 2) for line in self.member("dist-info/RECORD").decode().splitlines()]
        self.assertEqual([line[0] for line in lines], self.file.namelist())
        self.assertEqual(lines.pop(), [f"{self.start}.dist-info/RECORD", "", ""])
        for name, digest, size in lines:
            data = self.file.read(name)
            self.assertEqual(digest, "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("="))
            self.assertEqual(int(size), len(data))

    def test_the_names_and_the_modes(self):
        names = {name.removeprefix(self.start + ".") for name in self.file.namelist()}
        self.assertLessEqual({"data/scripts/vigil", "data/data/lib/vigil/libvigil.so", "data/data/share/man/man7/vigil.7",
                              "data/data/share/bash-completion/completions/vigil", "dist-info/METADATA", "dist-info/WHEEL",
                              "dist-info/licenses/LICENSE"}, names)
        self.assertTrue(all(name.startswith(("data/scripts/vigil", "data/data/lib/vigil/", "data/data/share/", "dist-info/"))
                            for name in names), names)
        for entry in self.file.infolist():
            mode = 0o755 if entry.filename.endswith(".data/scripts/vigil") else 0o644
            self.assertEqual(entry.external_attr >> 16, 0o100000 | mode, entry.filename)
        said = self.member("dist-info/WHEEL").decode()
        self.assertIn("Tag: " + wheel().name.removesuffix(".whl").split("-", 2)[2], said)
        self.assertIn("Root-Is-Purelib: false\n", said)
        self.assertRegex(self.member("dist-info/METADATA").decode(), rf"^Metadata-Version: 2.1\nName: {NAME}\nVersion: {self.version}\n")

    def test_the_licences_of_what_is_linked_in_are_there(self):
        self.assert_licences(self.member("dist-info/licenses/linked-libraries").decode())

    @unittest.skipUnless(shutil.which("readelf"), "not installed: readelf")
    def test_the_binaries_run_wherever_the_tag_says(self):
        for name in ("data/scripts/vigil", "data/data/lib/vigil/libvigil.so"):
            with self.subTest(name):
                path = self.path("file")
                pathlib.Path(path).write_bytes(self.member(name))
                dynamic = self.done("readelf", "-dW", path)
                self.assertLessEqual(set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)), LIBRARIES)
                self.assertNotRegex(dynamic, r"\((RPATH|RUNPATH|RELR)\)")
                versions = re.findall(r"Name: (\w+?)_(\S+)", self.done("readelf", "-VW", path).partition("Version needs")[2])
                self.assertTrue(versions)
                for family, version in versions:
                    self.assertEqual(family, "GLIBC")
                    self.assertLessEqual(tuple(map(int, version.split("."))), GLIBC)

    @unittest.skipUnless((installed.DIST / "stage").exists() and shutil.which("readelf"), "what it was made of is not here")
    def test_it_is_made_the_same_again(self):
        stage = next((installed.DIST / "stage").iterdir())
        environment = dict(os.environ, SOURCE_DATE_EPOCH="1700000000")
        made = []
        for name in ("one", "other"):
            os.mkdir(self.path(name))
            os.utime(stage / "bin" / "vigil")
            path = self.done(installed.watched.TREE / "packaging" / "wheel", stage, self.version, self.path(name), env=environment).strip()
            made.append(pathlib.Path(path).read_bytes())
        self.assertEqual(made[0], made[1])

    def test_what_breaks_the_promise_of_the_tag_makes_no_wheel(self):
        if not shutil.which("gcc") or not shutil.which("readelf"):
            self.skipTest("not installed: gcc or readelf")
        for folder in ("bin", "lib/vigil", "share"):
            os.makedirs(self.path("stage", folder))
        pathlib.Path(self.path("stage/lib/vigil/libvigil.so")).write_bytes(self.member("data/data/lib/vigil/libvigil.so"))
        self.done("gcc", "-shared", "-o", self.path("libother.so"), "-x", "c", "/dev/null")
        source = self.write("main.c", "int main(void) { return 0; }\n")
        self.done("gcc", "-o", self.path("stage/bin/vigil"), source, "-Wl,--no-as-needed", "-L" + self.directory, "-lother")
        made = subprocess.run([installed.watched.TREE / "packaging" / "wheel", self.path("stage"), "1", self.directory],
                              capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 1)
        self.assertIn("bin/vigil: needs libother.so, which not every system has", made.stderr)
        self.assertEqual(glob.glob(self.path("*.whl")), [])


class Installed(installed.Case):
    """In a virtual environment of each Python that is here."""

    def venv(self, name, python):
        folder = self.path("venv" + name)
        made = subprocess.run([python, "-m", "venv", "--system-site-packages", folder], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise unittest.SkipTest(f"Python {name} makes no virtual environment: {(made.stdout + made.stderr).strip()[:200]}")
        return folder

    def pip(self, folder, *arguments):
        return self.done(folder + "/bin/python", "-m", "pip", "--disable-pip-version-check", *arguments)

    def install(self, folder, package):
        self.pip(folder, "install", "--no-index", "--no-warn-script-location", "--force-reinstall", str(package))

    def newer(self):
        """The wheel of a next version."""
        old = wheel().name.split("-")[1]
        path = self.path(wheel().name.replace(old, old + ".1"))
        record = ""
        with zipfile.ZipFile(wheel()) as read, zipfile.ZipFile(path, "w") as made:
            for entry in read.infolist():
                name = entry.filename.replace(f"vigil_run-{old}.", f"vigil_run-{old}.1.")
                data = read.read(entry)
                if name.endswith("/METADATA"):
                    data = data.replace(f"Version: {old}".encode(), f"Version: {old}.1".encode(), 1)
                if name.endswith("/scripts/vigil"):
                    data = data.replace(b"\0" + old.encode() + b"\0", b"\0" + b"9" * len(old) + b"\0")
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
                record += f"{name},,\n" if name.endswith("/RECORD") else f"{name},sha256={digest},{len(data)}\n"
                entry.filename = name
                made.writestr(entry, record if name.endswith("/RECORD") else data)
        return path

    def in_venv(self, folder, newer):
        vigil, python = folder + "/bin/vigil", folder + "/bin/python"
        print("# " + self.pip(folder, "--version").strip())
        before = installed.files(folder)
        self.install(folder, wheel())
        self.assertEqual(self.done(vigil, "--version"), f"vigil {wheel().name.split('-')[1]}\n")
        self.assertEqual(pathlib.Path(vigil).read_bytes()[:4], b"\x7fELF")
        self.assertIn(NAME, self.pip(folder, "list"))
        self.assert_completes(vigil, folder + "/share/bash-completion/completions/vigil")
        self.assert_configured(vigil)
        self.assert_jobs(vigil, python)
        self.assert_jobs(vigil, python, before=lambda: self.install(folder, wheel()), meanwhile=lambda: self.install(folder, newer))
        self.assertRegex(self.done(vigil, "--version"), "^vigil 9+\n$")
        self.pip(folder, "uninstall", "-y", NAME)
        left = sorted(installed.files(folder) - before)
        self.assertEqual([path for path in left if not os.path.isdir(path)], [])
        if left:  # of folders that only had folders in them, older versions of pip
            print("# this pip leaves empty folders: " + " ".join(left))
        self.assertEqual(sorted(before - installed.files(folder)), [])

    def test_each_python_installs_upgrades_and_uninstalls_it(self):
        newer, missing = self.newer(), {}
        for name, python in pythons().items():
            with self.subTest(python=name):
                try:
                    folder = self.venv(name, python)
                except unittest.SkipTest as reason:
                    missing[name] = str(reason)
                    continue
                self.in_venv(folder, newer)
                shutil.rmtree(folder)
        if missing:
            print("# " + "; ".join(missing.values()))
        self.assertLess(len(missing), len(pythons()), missing)


if __name__ == "__main__":
    tap.main()
