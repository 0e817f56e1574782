# SPDX-License-Identifier: Apache-2.0
"""A working tree that is checked, and the violations found in it."""
import functools
import os
import re
import subprocess


class Tree:
    """TOP is the tree's folder, a git repository; BUILD the folder that it is built in. Paths are relative to TOP."""

    def __init__(self, top, build=None):
        self.top = os.path.abspath(top)
        self.build = os.path.join(self.top, build or "build/release")
        self.problems = []
        self.skipped = []

    def complain(self, where, what):
        self.problems.append(f"{where}: {what}")

    def skip(self, what, why):
        self.skipped.append(f"{what}: skipped: {why}")

    @functools.cached_property
    def _listing(self):
        output = subprocess.run(["git", "-C", self.top, "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
        return [path for path in dict.fromkeys(output.split("\0")) if os.path.isfile(self.path(path))]

    def files(self, *suffixes, below=("",)):
        """The paths that git knows, that end in one of SUFFIXES and begin with one of BELOW."""
        return [path for path in self._listing if path.endswith(suffixes or "") and path.startswith(below)]

    def sources(self):
        """The C files of the program, without its tests."""
        return self.files(".c", ".h", below=("core/", "shim/"))

    @functools.lru_cache(maxsize=None)
    def read(self, path):
        """The text of the file PATH; empty if it is no text."""
        try:
            with open(self.path(path), encoding="utf-8") as file:
                return file.read()
        except UnicodeDecodeError:
            return ""

    def path(self, *names):
        return os.path.join(self.top, *names)

    def exists(self, *names):
        return os.path.exists(self.path(*names))

    def scripts(self, interpreter):
        """The files that begin with #! and an INTERPRETER that matches the regular expression."""
        first = re.compile(rf"#!.*\b{interpreter}\b")
        return [path for path in self._listing if "/corpus/" not in path and first.match(self.read(path).partition("\n")[0])]


def run(*command, **more):
    """What COMMAND prints on its output; it has to succeed."""
    return subprocess.run(command, capture_output=True, text=True, check=True, **more).stdout
