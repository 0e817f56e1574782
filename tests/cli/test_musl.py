#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A program of another libc, musl's, runs as ever with the preload in it; vigil run says that it was not watched."""

import glob
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import elf_names
import tap
import watched

SOURCE = watched.TREE / "tests" / "shim" / "victims" / "musl" / "acts.c"
GLIBC_VICTIM = str(watched.BUILD / "tests" / "victims" / "exits")
NOTE = "{} was not watched: its libc is not glibc; only who waited for it can tell how it ended"

# Each act, its arguments, and the status that it ends with as subprocess has it.
ACTS = [
    (["returns", "0"], 0),
    (["returns", "3"], 3),
    (["exits", "4"], 4),
    (["exits_at_once", "5"], 5),
    (["exits_in_c99", "6"], 6),
    (["exits_quickly", "7"], 7),
    (["exits_in_thread", "8"], 8),
    (["aborts"], -signal.SIGABRT),
    (["faults"], -signal.SIGSEGV),
    (["is_killed", "15"], -signal.SIGTERM),
    (["is_killed", "9"], -signal.SIGKILL),
    (["handles"], 0),
    (["views"], 0),
    (["threads"], 0),
    (["waits"], 0),
    (["calls"], 0),
    (["probes"], 0),
    (["begins_others"], 0),
    (["cancels"], 0),
    (["overflows", "0"], -signal.SIGSEGV),
    (["overflows", "1"], 11),
    (["outlives_main"], 0),
    (["runs", "sh", "-c", "exit 9"], 0),
    (["runs", "sh", "-c", "kill -SEGV $$"], 0),
    (["becomes", "sh", "-c", "exit 9"], 9),
]


@unittest.skipUnless(shutil.which("musl-gcc"), "not installed: musl-tools")
class Musl(watched.Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vigil-musl-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.victim = os.path.join(cls.folder, "acts")
        subprocess.run(["musl-gcc", "-O1", "-g", f"-I{watched.TREE}", "-o", cls.victim, SOURCE], check=True)
        cls.library = os.path.join(cls.folder, "libbegins.so")
        subprocess.run(["musl-gcc", "-O1", "-fPIC", "-shared", "-o", cls.library, SOURCE.parent / "begins.c"], check=True)
        cls.begins = os.path.join(cls.folder, "begins")
        subprocess.run(["musl-gcc", "-O1", f"-I{watched.TREE}", "-o", cls.begins, SOURCE, "-Wl,--no-as-needed", cls.library],
                       check=True)
        cls.kills = os.path.join(cls.folder, "kills")
        subprocess.run(["cc", "-O1", "-o", cls.kills, SOURCE.parent.parent / "old" / "kills.c"], check=True)
        cls.loader = glob.glob("/lib/ld-musl-*.so.1")[0]

    def compiled(self, name, *flags):
        """The acts once more, in a program that is linked otherwise."""
        program = self.path(name)
        subprocess.run(["musl-gcc", "-O1", f"-I{watched.TREE}", *flags, "-o", program, SOURCE], check=True)
        return program

    def watched(self, *command, **more):
        """COMMAND with the preload, recording into "run"."""
        os.makedirs(self.path("run"), exist_ok=True)
        env = watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=self.path("run"), VIGIL_RUN_ID="r", **more)
        return self.bare(*command, env=env)

    def shown(self, ended):
        return ended.returncode, ended.stdout, ended.stderr

    def notes(self):
        return sorted(name for name in os.listdir(self.path("run")) if "unwatched" in name)

    def check_all(self, *victim):
        for act, status in ACTS:
            with self.subTest(" ".join(act)):
                bare = self.bare(*victim, *act)
                self.assertEqual(bare.returncode, status, bare.stderr)
                self.assertEqual(self.shown(self.watched(*victim, *act)), self.shown(bare))
                self.assertEqual(self.shown(self.watched(*victim, *act, VIGIL_DISABLE="1")), self.shown(bare))
        self.assertEqual(len(self.notes()), 2, "the preload was there")

    def test_every_act_is_as_without_the_preload(self):
        self.check_all(self.victim)

    def test_every_act_is_so_where_the_loader_is_the_command(self):
        self.check_all(self.loader, self.victim)

    def check_static(self, *flags):
        victim = self.compiled("static", *flags)
        with open(victim, "rb") as file:
            if b"/lib/ld-musl-" in file.read():
                self.skipTest(f"this musl-gcc makes a dynamic program by {' '.join(flags)}")
        for act, status in ACTS:
            with self.subTest(" ".join(act)):
                bare = self.bare(victim, *act)
                if bare.returncode == status:  # some acts need a loader
                    self.assertEqual(self.shown(self.watched(victim, *act)), self.shown(bare))
        self.assertEqual(self.notes(), [], "no loader, no preload")
        ended = self.vigil("run", "-d", "static-run", "--", victim, "exits", "4")
        self.assertEqual(ended.returncode, 4)

    def test_a_static_program_runs_as_ever(self):
        self.check_static("-static")

    def test_a_static_program_at_any_address_runs_as_ever(self):
        self.check_static("-static-pie", "-fPIE")

    def test_programs_of_both_libcs_start_one_another(self):
        for program, word in ((GLIBC_VICTIM, "return"), (self.victim, "returns")):
            for starter, status in ((["env"], 3), ([self.victim, "becomes"], 3), ([self.victim, "runs"], 0)):
                with self.subTest(f"{starter} {program}"):
                    ended = self.vigil("run", "-q", "-d", self.path("both"), "--append", "--", *starter, program, word, "3")
                    self.assertEqual(ended.returncode, status, ended.stderr)

    def test_libraries_begin_and_end_as_ever(self):
        for act in (["returns", "0"], ["exits", "4"], ["loads", self.library]):
            for what, status in ((None, None), ("exit", 8), ("_exit", 9), ("kill", -signal.SIGTERM), ("abort", -signal.SIGABRT)):
                for victim in (self.begins, self.victim):
                    with self.subTest(f"{victim} {act} {what}"):
                        more = {} if what is None else {"BEGINS": what}
                        bare = self.bare(victim, *act, env=watched.environment(**more))
                        if status is not None and victim == self.begins:
                            self.assertEqual(bare.returncode, status)
                        self.assertEqual(self.shown(self.watched(victim, *act, **more)), self.shown(bare))

    def check_without(self, tag):
        libc = elf_names.Object(self.loader)
        self.assertTrue(libc.lose(tag))
        libc.write(self.path("libc.so"))
        self.check_all(self.path("libc.so"), self.victim)

    def test_a_libc_with_the_old_table_of_hashes_alone_will_do(self):
        self.check_without(elf_names.DT_GNU_HASH)

    def test_a_libc_with_the_new_table_of_hashes_alone_will_do(self):
        self.check_without(elf_names.DT_HASH)

    def test_the_note_takes_no_call_that_a_filter_may_kill_for(self):
        self.assertEqual(self.bare(self.kills, self.victim, "returns", "3").returncode, 3)
        self.assertEqual(self.shown(self.watched(self.kills, self.victim, "returns", "3")), (3, "", ""))
        self.assertEqual(len(self.notes()), 2)

    def test_the_kill_switch_leaves_nothing(self):
        self.watched(self.victim, "returns", "0", VIGIL_DISABLE="1")
        self.assertEqual(os.listdir(self.path("run")), [])

    def test_many_processes_leave_one_note(self):
        for _ in range(20):
            self.watched(self.victim, "returns", "0")
        self.assertEqual(len(self.notes()), 2, "its place, and the note")

    def test_a_child_of_glibcs_is_watched(self):
        self.watched(self.victim, "runs", GLIBC_VICTIM, "return", "3")
        states = [event["node_state"] for event in self.events() if event["process"]["program"] == "exits"]
        self.assertEqual(states, ["INIT", "RUNNING", "FAILED"])

    def test_vigil_run_says_so_once_and_knows_the_end(self):
        ended = self.vigil("run", "-d", "run", "--", self.victim, "aborts")
        self.assertEqual(ended.returncode, -signal.SIGABRT)
        self.assertEqual([line for line in ended.stderr.splitlines() if "watched" in line],
                         ["vigil: " + NOTE.format("acts")])
        self.assertEqual([(end["source"], end["signal"]["name"]) for end in watched.ends(self.events())],
                         [("AGENT", "SIGABRT")])

    def test_a_job_that_succeeded_says_so_too(self):
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", f"{self.victim} returns 0; {self.victim} views")
        self.assertEqual((ended.returncode, ended.stderr), (0, f"vigil: {NOTE.format('acts')}\n"))

    def test_its_status_127_is_its_own(self):
        self.run_quietly(self.victim, "returns", "127")
        self.assertEqual([end["cause"] for end in watched.ends(self.events())], ["exit"])

    def test_quiet_is_quiet(self):
        ended = self.run_quietly(self.victim, "returns", "3")
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (3, "", ""))

    def test_the_report_says_so_of_its_run(self):
        self.vigil("run", "-d", "run", "--", "sh", "-c", f"{self.victim} returns 0; exit 2")
        self.assertIn("warning: " + NOTE.format("acts"), " ".join(self.vigil("report", "run").stdout.split()))
        self.vigil("run", "-d", "run", "--append", "--", "sh", "-c", "sleep 0.01; exit 2")
        self.assertNotIn("not watched", self.vigil("report", "run").stdout)

    def test_several_programs_share_a_line(self):
        for name in ("a", "b", "c", "d", "e", "f"):
            shutil.copy(self.victim, self.path(name))
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", "for i in a b c d e f; do ./$i returns 0; done")
        self.assertEqual(ended.stderr, "vigil: a, b, c, d and 2 more were not watched: their libc is not glibc; "
                                       "only who waited for them can tell how they ended\n")

    def test_notes_have_a_limit(self):
        for i in range(300):
            shutil.copy(self.victim, self.path(f"p{i}"))
            self.watched(self.path(f"p{i}"), "returns", "0")
        self.assertLessEqual(len(self.notes()), 128, "64 places, each with a note")
        self.assertGreater(len(self.notes()), 60)


if __name__ == "__main__":
    tap.main()
