#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The preload on a libc that lacks a function: one that came after 2.17 may be missing, any other switches it off, aloud.

The libc is the one that is here, with the name taken out of what it defines. A kernel that lacks something, likewise.
"""

import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import elf_names
import tap
import watched

SHIM = watched.TREE / "shim"
VICTIMS = watched.TREE / "tests" / "shim" / "victims"
TABLE = re.findall(r"^(X|X_SINCE)\([^,]*, (\w+),", (SHIM / "interposed.def").read_text(), re.MULTILINE)
# Without these no end could be reported; they are not interposed.
NEEDED = [name for kind, name in TABLE if kind == "X"] + ["on_exit", "__cxa_at_quick_exit"]
# Asked for by name, and done without.
ASKED = {name for path in SHIM.glob("**/*.c") for name in re.findall(r'real_lookup(?:_libc)?\("(\w+)"', path.read_text())}
# The streams of stdio are in every libc, and programs and libc need them themselves.
OPTIONAL = sorted(({name for kind, name in TABLE if kind == "X_SINCE"} | ASKED) - {"_IO_2_1_stdout_", "_IO_2_1_stderr_"})
NOTE = "plain was not watched: its libc has no {}(), which glibc 2.17 and newer have; only who waited for it can tell how it ended"
# How probes ends: its status, and what is reported.
WAYS = {
    "return": (3, "return"),
    "quick": (4, "quick_exit"),
    "abort": (-signal.SIGABRT, "SIGABRT"),
    "fault": (-signal.SIGSEGV, "SIGSEGV"),
}


def libc_path():
    """The file of the libc that is in this process."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next(line.split()[-1] for line in maps if re.search(r"/libc[.-][^/]*so", line))


class OldLibc(watched.Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vigil-old-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in ("plain", "probes", "refuses"):
            subprocess.run(["cc", "-O1", "-g", "-o", os.path.join(cls.folder, name),
                            str(VICTIMS / "old" / f"{name}.c"), "-ldl"], check=True)

    def libc_without(self, *names):
        """A folder with a libc that lacks NAMES."""
        folder = self.path("lib-" + names[0])
        libc = elf_names.Object(libc_path())
        # One that is itself old lacks some of them as it is.
        self.assertLessEqual(set(names) - libc.hide(*names), set(OPTIONAL))
        os.mkdir(folder)
        libc.write(os.path.join(folder, "libc.so.6"))
        return folder

    def both(self, folder, name, *arguments):
        """NAME with the libc of FOLDER, bare and watched; what was recorded is in "run"."""
        command = [os.path.join(self.folder, name), *arguments]
        shutil.rmtree(self.path("run"), ignore_errors=True)
        os.mkdir(self.path("run"))
        bare = self.bare(*command, env=watched.environment(LD_LIBRARY_PATH=folder))
        seen = self.bare(*command, env=watched.environment(
            LD_LIBRARY_PATH=folder, LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=self.path("run"), VIGIL_RUN_ID="r"))
        return bare, seen

    def shown(self, ended):
        return ended.returncode, ended.stdout, ended.stderr

    def check_watched(self, folder, name, way):
        status, reported = WAYS[way]
        bare, seen = self.both(folder, name, way)
        self.assertEqual(bare.returncode, status, bare.stderr)
        self.assertEqual(self.shown(seen), self.shown(bare))
        events = self.events()
        self.assertEqual([event["node_state"] for event in events], ["INIT", "RUNNING", "FAILED"])
        self.assertEqual(events[-1]["exit"]["how"] if status > 0 else events[-1]["signal"]["name"], reported)
        if way == "fault":
            self.assertEqual(events[-1]["frames"][0]["function"], "main")
        self.assertEqual(glob.glob(self.path("run", ".*")), [])

    def test_what_came_after_2_17_may_be_missing(self):
        self.assertTrue({"tgkill", "pidfd_send_signal", "pthread_create", "_dl_find_object"} < set(OPTIONAL))
        for name in OPTIONAL:
            folder = self.libc_without(name)
            # The probes' own need is dlsym().
            for way in ("return",) if name == "dlsym" else WAYS:
                with self.subTest(f"{name} {way}"):
                    self.check_watched(folder, "plain" if name == "dlsym" else "probes", way)

    def test_all_of_it_may_be_missing(self):
        folder = self.libc_without(*OPTIONAL)
        self.check_watched(folder, "plain", "return")
        folder = self.libc_without(*(name for name in reversed(OPTIONAL) if name != "dlsym"))
        for way in WAYS:
            with self.subTest(way):
                self.check_watched(folder, "probes", way)

    def test_without_any_other_the_program_runs_bare_and_a_note_says_why(self):
        for name in NEEDED:
            with self.subTest(name):
                bare, seen = self.both(self.libc_without(name), "plain")
                self.assertEqual(bare.returncode, 127 if name == "__libc_start_main" else 3)
                if name == "__libc_start_main":  # what starts every program
                    self.assertEqual(seen.returncode, 127)
                else:
                    self.assertEqual(self.shown(seen), self.shown(bare))
                self.assertEqual(self.events(), [])
                notes = sorted(os.listdir(self.path("run")))
                self.assertEqual(len(notes), 2)
                self.assertTrue(notes[1].endswith(f".function.{name}.plain"), notes)

    def test_vigil_run_says_why_once(self):
        folder = self.libc_without("sigqueue")
        command = f"for i in 1 2 3; do LD_LIBRARY_PATH={folder} {self.folder}/plain; done"
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", f"{command}; exit 0")
        self.assertEqual((ended.returncode, ended.stdout), (0, "main\n" * 3))
        self.assertEqual(ended.stderr, f"vigil: {NOTE.format('sigqueue')}\n")
        self.assertIn("warning: " + NOTE.format("sigqueue"), " ".join(self.vigil("report", "run").stdout.split()))

    def test_each_reason_has_a_line(self):
        commands = [f"LD_LIBRARY_PATH={self.libc_without(name)} {self.folder}/plain" for name in ("kill", "wait3")]
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", f"{'; '.join(commands)}; exit 0")
        self.assertEqual(ended.stderr, "".join(f"vigil: {NOTE.format(name)}\n" for name in ("kill", "wait3")))

    def test_nothing_recorded_at_all_is_explained(self):
        folder = self.libc_without("kill")
        os.mkdir(self.path("run"))
        self.bare(os.path.join(self.folder, "plain"), env=watched.environment(
            LD_LIBRARY_PATH=folder, LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=self.path("run"), VIGIL_RUN_ID="r"))
        ended = self.vigil("report", "run")
        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        self.assertIn(f"run: no event; {NOTE.format('kill')}", ended.stderr)

    def test_a_program_without_a_place_for_debuggers_is_watched(self):
        program = elf_names.Object(os.path.join(self.folder, "plain"))
        self.assertTrue(program.lose(elf_names.DT_DEBUG))
        program.write(self.path("plain"))
        ended = self.run_quietly(self.path("plain"))
        self.assertEqual(self.shown(ended), (3, "main\n", ""))
        self.assertEqual([event["node_state"] for event in self.events() if event["source"] == "WORKER"],
                         ["INIT", "RUNNING", "FAILED"])

    def test_an_older_kernel_is_named(self):
        ended = self.vigil("run", "-d", "run", "--", os.path.join(self.folder, "refuses"),
                           os.path.join(self.folder, "plain"))
        self.assertEqual((ended.returncode, ended.stdout), (3, "main\n"))
        self.assertEqual([line for line in ended.stderr.splitlines() if "watched" in line],
                         ["vigil: plain was not watched: the kernel refuses MADV_WIPEONFORK, which Linux 4.14 and newer "
                          "have; only who waited for it can tell how it ended"])

    def test_status_127_of_a_program_that_was_not_watched_is_its_own(self):
        env = watched.environment(LD_LIBRARY_PATH=self.libc_without("on_exit"))
        ended = self.vigil("run", "-q", "-d", "run", "--", os.path.join(self.folder, "plain"), "127", env=env)
        self.assertEqual((ended.returncode, ended.stdout), (127, "main\n"))
        self.assertEqual([end["cause"] for end in watched.ends(self.events())], ["exit"])

    def test_a_directory_that_takes_no_note_is_no_matter(self):
        folder = self.libc_without("kill")
        for directory in ("/proc/self", "/nowhere", "relative", ""):
            seen = self.bare(os.path.join(self.folder, "plain"), env=watched.environment(
                LD_LIBRARY_PATH=folder, LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=directory, TMPDIR=self.directory))
            self.assertEqual(self.shown(seen), (3, "main\n", ""))

    def test_a_libc_that_is_not_known_for_glibc_is_left_alone(self):
        bare, seen = self.both(self.libc_without("gnu_get_libc_version"), "plain")
        self.assertEqual(self.shown(seen), self.shown(bare))
        self.assertEqual(self.events(), [])


if __name__ == "__main__":
    tap.main()
