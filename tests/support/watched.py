# SPDX-License-Identifier: Apache-2.0
"""The vigil that was built, and runs of it in directories of their own.

VIGIL_BUILD names the build directory, build/release of this tree if it is not set.
"""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VIGIL_BUILD", TREE / "build" / "release")).resolve()
VIGIL = str(BUILD / "bin" / "vigil")
PRELOAD = str((BUILD / "lib" / "vigil" / "libvigil.so").resolve())

# Nothing of the caller's own watching or job may leak into a test.
LEAKS = ("LD_PRELOAD", "VIGIL_", "ASAN_OPTIONS", "SLURM_", "OMPI_", "PMIX_", "PMI_", "RANK", "LOCAL_RANK",
         "WORLD_SIZE", "MASTER_", "TORCHELASTIC_", "LOGLEVEL")


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(LEAKS)}
    clean.update(more)
    return clean


def events(directory):
    """All events in DIRECTORY, in the order of their files' lines; a broken line is an error."""
    found = []
    for path in sorted(pathlib.Path(directory).glob("*.jsonl")):
        with open(path, encoding="utf-8") as file:
            found += [json.loads(line) for line in file]
    return found


def events_so_far(directory):
    """All events in DIRECTORY while they are still written: a reader may see the beginning of a line before the rest."""
    found = []
    for path in sorted(pathlib.Path(directory).glob("*.jsonl")):
        found += [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    return found


def ends(records):
    return [record for record in records if record["node_state"] in ("SUCCEEDED", "FAILED")]


def one_end_each(records):
    """For each process (pid, start_ticks): the states it told of itself, to be checked for INIT and one end."""
    states = collections.defaultdict(list)
    for record in records:
        if record["source"] == "WORKER":
            states[record["pid"], record["process"].get("start_ticks")].append(record["node_state"])
    return states


class Case(unittest.TestCase):
    """A test with an empty directory of its own, where it runs vigil."""

    maxDiff = None

    def setUp(self):
        if not os.access(VIGIL, os.X_OK):
            self.fail(f"{VIGIL} is not built; VIGIL_BUILD names another build directory")
        self.directory = tempfile.mkdtemp(prefix="vigil-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def needs_mounts(self):
        """Skips the test where nothing can be mounted in a mount namespace of its own."""
        if not shutil.which("mount"):
            self.skipTest("not installed: mount")
        tried = self.bare("unshare", "--mount", "mount", "-t", "tmpfs", "none", self.directory)
        if tried.returncode:
            self.skipTest(f"nothing can be mounted: {tried.stderr.strip()}")

    def lend(self):
        """Another user may be given self.lent, a vigil with its preload: the tree may lie where that user cannot read."""
        if getattr(self, "lent", None):
            return
        place = tempfile.mkdtemp(prefix="vigil-lent-")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        os.chmod(place, 0o755)
        for path in (VIGIL, PRELOAD):
            copy = os.path.join(place, os.path.relpath(path, BUILD))
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(path, copy)
        self.lent = os.path.join(place, os.path.relpath(VIGIL, BUILD))

    def bare(self, *command, **options):
        options.setdefault("env", environment())
        options.setdefault("cwd", self.directory)
        options.setdefault("timeout", 120)
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)

    def vigil(self, *arguments, **options):
        return self.bare(VIGIL, *arguments, **options)

    def run_quietly(self, *command, **options):
        """`vigil run -q -d run -- COMMAND`: nothing of vigil's own on stderr."""
        return self.vigil("run", "-q", "-d", "run", "--", *command, **options)

    def events(self, name="run"):
        return events(self.path(name))

    def start(self, *command, **options):
        """COMMAND in the background, killed when the test is over."""
        options.setdefault("env", environment())
        options.setdefault("cwd", self.directory)
        process = subprocess.Popen(command, text=True, **options)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.wait(),
                                 [end.close() for end in (process.stdin, process.stdout, process.stderr) if end]))
        return process
