#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a program said last, by where it said it: a file, a pipe, nowhere; what stdio still held; what an interpreter says itself."""

import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

SAYS = str(watched.BUILD / "tests" / "victims" / "says")
WORDS = "step 1 of 2\ntoken=*********\nERROR: Lost atoms\n"
RANK = {"RANK": "0", "WORLD_SIZE": "1"}


class LastWords(watched.Case):
    def run_to(self, *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, options=(), **more):
        """COMMAND under vigil, its output to files or pipes; returns what vigil says of it, as JSON and as text."""
        ended = subprocess.run([watched.VIGIL, "run", "-q", "-d", "run", *options, "--", *command], stdout=stdout, stderr=stderr,
                               cwd=self.directory, env=watched.environment(**more), timeout=120, check=False)
        self.assertNotEqual(ended.returncode, 0)
        report = self.vigil("report", "--json", "run")
        self.assertEqual(report.stderr, "")
        return json.loads(report.stdout)["attempts"][-1]["root_cause"], self.vigil("report", "run").stdout

    def open(self, name, mode="wb"):
        file = open(self.path(name), mode)
        self.addCleanup(file.close)
        return file

    def test_in_a_file_and_what_was_not_yet_in_it(self):
        for act in ("exits", "flushed"):
            with self.subTest(act):
                root, text = self.run_to(SAYS, act, stdout=self.open("out"))
                self.assertEqual(root["last_words"], [{"from": "stdout", "text": WORDS}])
                self.assertRegex(root["reason"], r"^exit 1 in \w+ .*; it said last: ERROR: Lost atoms$")
                self.assertIn("  it said last on stdout:\n    step 1 of 2\n    token=*********\n    ERROR: Lost atoms\n", text)
                self.assertEqual(pathlib.Path(self.path("out")).read_text(), WORDS.replace("*********", "swordfish"))
                shutil.rmtree(self.path("run"))

    def test_of_a_pipe_only_what_was_never_written(self):
        root, _ = self.run_to(SAYS, "exits")
        self.assertEqual(root["last_words"], [{"from": "stdout", "text": WORDS}])
        shutil.rmtree(self.path("run"))
        root, _ = self.run_to(SAYS, "flushed")
        self.assertNotIn("last_words", root)

    def test_a_buffer_that_nobody_writes_any_more(self):
        root, text = self.run_to(SAYS, "crashes", stdout=subprocess.DEVNULL)
        self.assertEqual((root["cause"], root["last_words"]), ("fault", [{"from": "stdout", "text": WORDS}]))
        self.assertNotIn("it said last", root["reason"])
        self.assertIn("    ERROR: Lost atoms\n", text)
        self.assertNotIn("swordfish", "".join(path.read_text() for path in pathlib.Path(self.path("run")).iterdir() if path.is_file()))

    def test_the_last_4_KiB_of_much(self):
        root, _ = self.run_to(SAYS, "much")
        (said,) = root["last_words"]
        self.assertEqual(len(said["text"]), 4096)
        self.assertTrue(said["text"].endswith("line 1023 of much that was not written before the end of it all\n" + WORDS))

    def test_what_open_mpis_handler_prints_is_none(self):
        for before, after in (("bad cell 7\n[vm:1] *** Process received signal ***\n", "bad cell 7\n"), ("", "")):
            with self.subTest(before):
                shown = before + "[vm:1] [ 0] main+0x7\n[vm:1] *** End of error message ***\n"
                root, _ = self.run_to("sh", "-c", 'printf "%s" "$0" >&2; kill -SEGV $$', shown, stderr=self.open("err"))
                self.assertEqual(root.get("last_words", []), [{"from": "stderr", "text": after}] if after else [])
                shutil.rmtree(self.path("run"))

    def test_what_is_no_text_or_not_there(self):
        for act in ("binary", "silent"):
            with self.subTest(act):
                root, _ = self.run_to(SAYS, act, stdout=self.open("out"))
                self.assertNotIn("last_words", root)
                self.assertNotIn("it said last", root["reason"])
                shutil.rmtree(self.path("run"))

    def test_descriptors_that_are_closed(self):
        root, _ = self.run_to(SAYS, "closed", stdout=self.open("out"), stderr=self.open("err"))
        self.assertEqual(root["last_words"], [{"from": "stdout", "text": WORDS}])
        self.assertEqual(os.path.getsize(self.path("out")), 0)

    def test_streams_that_the_program_closes(self):
        """As coreutils' programs do, at the last moment before their end."""
        pathlib.Path(self.path("out")).write_text("of another run\n")
        for mode in ("ab", "r+b"):
            with self.subTest(mode):
                root, _ = self.run_to(SAYS, "closes", stdout=self.open("out", mode), stderr=self.open("err"))
                self.assertEqual(root["last_words"], [{"from": "stdout", "text": WORDS}, {"from": "stderr", "text": "a mere remark\n"}])
                shutil.rmtree(self.path("run"))
        root, _ = self.run_to("cp", "/nonexistent", "to", stderr=self.open("err"))
        self.assertRegex(root["reason"], r"it said last: cp: cannot stat .*: No such file or directory$")

    def test_a_stream_that_cannot_be_closed(self):
        command = (SAYS, "closes")
        with open("/dev/full", "wb") as full:
            bare = subprocess.run(command, stdout=full, stderr=subprocess.DEVNULL, check=False).returncode
        with open("/dev/full", "wb") as full:
            watched_one = subprocess.run([watched.VIGIL, "run", "-q", "-d", "run", "--", *command], stdout=full, stderr=subprocess.DEVNULL,
                                         cwd=self.directory, check=False).returncode
        self.assertEqual((bare, watched_one), (errno.ENOSPC, errno.ENOSPC))

    def test_only_what_the_program_said_itself(self):
        """The file has words of others before and after."""
        out = self.open("out")
        out.write(b"words of another program\n")
        out.flush()
        root, _ = self.run_to("sh", "-c", f"{SAYS} flushed; s=$?; echo later; exit $s", stdout=out)
        self.assertEqual(root["last_words"], [{"from": "stdout", "shared": True, "text": WORDS}])
        self.assertNotIn("it said last", root["reason"])  # it may have been another
        shutil.rmtree(self.path("run"))
        root, _ = self.run_to(SAYS, "silent", stdout=self.open("out", "ab"))
        self.assertNotIn("last_words", root)

    def test_a_file_that_is_another_one_by_now(self):
        out = self.open("out")
        self.run_to(SAYS, "flushed", stdout=out)
        for change in ("truncate -s 3 out", "rm out; cp /etc/passwd out"):
            subprocess.run(["sh", "-c", change], cwd=self.directory, check=True)
            root = json.loads(self.vigil("report", "--json", "run").stdout)["attempts"][-1]["root_cause"]
            self.assertNotIn("last_words", root)

    def test_a_file_that_several_ranks_append_to(self):
        """Each rank's offset is behind its own words; before these may be others'."""
        script = (f"for rank in 0 1; do RANK=$rank WORLD_SIZE=2 sh -c 'exec {SAYS} flushed' >>all & pids=\"$pids $!\"; wait $!; done; "
                  "exit 1")
        root, text = self.run_to("bash", "-c", script)
        (said,) = root["last_words"]
        self.assertEqual((said["from"], said["shared"]), ("stdout", True))
        self.assertTrue(said["text"].endswith(WORDS))
        self.assertIn("  it said last on stdout, to which others write, too:\n", text)

    def test_one_file_for_both_streams(self):
        root, _ = self.run_to(SAYS, "both", stdout=self.open("out"), stderr=subprocess.STDOUT)
        self.assertEqual([said["from"] for said in root["last_words"]], ["output"])
        self.assertEqual(root["last_words"][0]["text"].splitlines()[0], "a mere remark")

    def test_the_stream_that_speaks_of_an_error_comes_first_and_nothing_steers_a_terminal(self):
        root, text = self.run_to(SAYS, "both", stdout=self.open("out"), stderr=self.open("err"))
        self.assertEqual([said["from"] for said in root["last_words"]], ["stdout", "stderr"])
        self.assertIn("    ERROR: out \\xd8\\x9c\\x1b[31m of range\n", text)
        self.assertNotIn("\x1b", text)
        self.assertNotIn("\u061c", text)
        self.vigil("report", "--html=page.html", "run")
        self.assertIn("a mere remark", pathlib.Path(self.path("page.html")).read_text())

    def test_a_rank_that_was_killed(self):
        root, _ = self.run_to(SAYS, "killed", stdout=self.open("out"), **RANK)
        self.assertEqual((root["cause"], root["last_words"]), ("killed", [{"from": "stdout", "text": WORDS}]))

    def test_a_setting_switches_it_off(self):
        config = self.write("job.yaml", "version: 1\nvigil: {output: false}\n")
        root, _ = self.run_to(SAYS, "exits", stdout=self.open("out"), options=("--config", config), **RANK)
        self.assertNotIn("last_words", root)
        self.assertTrue(all(not {"stdout", "stderr", "unwritten"} & set(event) for event in self.events()))

    def test_it_is_evidence_of_a_class(self):
        script = 'print STDERR "write failed: No space left on device\\n"; exit 3'
        root, text = self.run_to("perl", "-e", script, stderr=self.open("err"))
        self.assertEqual((root["cause_class"], root["cause_confidence"]), ("disk_full", "likely"))
        self.assertIn("cause: disk_full (likely)", text)
        self.assertRegex(root["reason"], r"it said last: write failed: No space left on device$")

    def test_perl(self):
        root, _ = self.run_to("perl", "-e", 'die "bad shard"', stderr=self.open("err"))
        self.assertEqual(root["last_words"], [{"from": "stderr", "text": "bad shard at -e line 1.\n"}])

    def test_r(self):
        if not shutil.which("Rscript"):
            self.skipTest("not installed: Rscript")
        root, text = self.run_to("Rscript", "-e", 'stop("bad shard")')
        self.assertEqual(root["last_words"], [{"from": "interpreter", "text": "Error: bad shard\n"}])
        self.assertIn("it said last: Error: bad shard", text)

    def test_fortran(self):
        if not shutil.which("gfortran"):
            self.skipTest("not installed: gfortran")
        self.write("stops.f90", 'program stops\n  stop "bad mesh"\nend program\n'.replace("stop \"", "error stop \""))
        self.assertEqual(self.bare("gfortran", "-o", "stops", "stops.f90").returncode, 0)
        root, _ = self.run_to("./stops", stderr=self.open("err"))
        self.assertTrue(root["last_words"][0]["text"].startswith("ERROR STOP bad mesh\n"), root)

    def test_java(self):
        if not shutil.which("java"):
            self.skipTest("not installed: java")
        self.write("Fails.java", 'class Fails { public static void main(String[] a) { throw new IllegalStateException("bad shard"); } }')
        root, _ = self.run_to("java", "Fails.java", stderr=self.open("err"))
        self.assertIn('Exception in thread "main" java.lang.IllegalStateException: bad shard\n', root["last_words"][0]["text"])

    def test_pythons_traceback_is_not_said_twice(self):
        _, text = self.run_to(sys.executable, "-c", "raise ValueError('bad batch')", stderr=self.open("err"))
        self.assertNotIn("it said last", text)

    def test_the_program_gets_what_it_would_get(self):
        """Of both streams in one file the order, which shows what stdio kept back."""
        for name, before in ("bare", ()), ("watched", (watched.VIGIL, "run", "-q", "-d", "run", "--")):
            subprocess.run([*before, SAYS, "both"], stdout=self.open(name), stderr=subprocess.STDOUT, check=False, cwd=self.directory,
                           env=watched.environment())
        self.assertEqual(pathlib.Path(self.path("bare")).read_bytes(), pathlib.Path(self.path("watched")).read_bytes())


if __name__ == "__main__":
    tap.main()
