#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Of a parent that fails because of its child the child failed first; what a parent bore with did not, and is said besides."""

import json
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

CRASHES = str(watched.BUILD / "tests" / "victims" / "crashes")
PYTHON = "/usr/bin/python3"

POOL = """
import concurrent.futures, ctypes, multiprocessing, os, sys, time

def work(how):
    if how == "segv":
        ctypes.string_at(8)
    if how == "exit":
        os._exit(7)
    if how == "raise":
        raise ValueError("bad batch")
    time.sleep(0.05)
    return how

if __name__ == "__main__":
    kind, method, how, then = sys.argv[1:5]
    multiprocessing.set_start_method(method)
    if kind == "executor":
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            print(list(pool.map(work, ["", how, ""])))
    if kind == "pool":
        with multiprocessing.Pool(2) as pool:
            print(pool.map_async(work, ["", how, ""]).get(timeout=2))
    if kind == "process":
        child = multiprocessing.Process(target=work, args=(how,))
        child.start()
        child.join()
        if child.exitcode and then == "raise":
            raise RuntimeError(f"the worker ended with {child.exitcode}")
        sys.exit(42 if child.exitcode and then == "exit" else 0)
"""

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(0.1)
        os.execv(sys.argv[1], sys.argv[1:])
    os._exit(0)
os.wait()
time.sleep(0.5)
raise RuntimeError("the server does not answer")
"""

RUN = f"import subprocess, sys; r = subprocess.run(['{CRASHES}', 'null_write']); "

JAVA = """
public class Parent {
	public static void main(String[] arguments) throws Exception {
		int status = new ProcessBuilder(arguments).inheritIO().start().waitFor();
		if (status != 0)
			throw new RuntimeException("the child ended with " + status);
	}
}
"""


class Parents(watched.Case):
    def report_of(self, *command, status=None):
        """The report on COMMAND, which ends with STATUS as it does bare."""
        bare = self.bare(*command, stdin=subprocess.DEVNULL)
        ended = self.vigil("run", "-q", "-d", "run", "--", *command, stdin=subprocess.DEVNULL)
        self.assertEqual(ended.returncode, bare.returncode, ended.stderr)
        if status is not None:
            self.assertEqual(ended.returncode, status)
        report = json.loads(self.vigil("report", "--json", "run").stdout)
        self.text = self.vigil("report", "run").stdout
        shutil.rmtree(self.path("run"))
        return report

    def cause_of(self, *command, status=None):
        return self.report_of(*command, status=status)["attempts"][-1]["root_cause"]

    def crash_is_first(self, command, confidence, parent, link, status=None):
        """crashes, the child, failed first; PARENT, the last of the consequences, followed from it by LINK."""
        cause = self.cause_of(*command, status=status)
        self.assertEqual((cause["program"], cause["cause"], cause["confidence"]), ("crashes", "fault", confidence), self.text)
        self.assertTrue(cause["frames"])
        self.assertIn("null_write", cause["command"])
        self.assertIn("command: " + cause["command"][:60], self.text)
        last = cause["consequences"][-1]
        self.assertEqual((last["program"], last["link"]), (parent, link))
        self.assertIn("  then " + parent, self.text)

    def python(self, text):
        return [PYTHON, "-c", RUN + text]

    def named(self):
        """What the kernel calls Python's program."""
        return pathlib.Path(PYTHON).resolve().name

    def test_subprocess_with_check(self):
        self.crash_is_first([PYTHON, "-c", f"import subprocess; subprocess.run(['{CRASHES}', 'null_write'], check=True)"], "proven",
                            self.named(), "mention", 1)

    def test_an_error_that_says_how_the_child_ended(self):
        for error in ("RuntimeError(f'solver: {r.returncode}')", "SystemError('Segmentation fault')",
                      "ValueError('crashes did not write its output')"):
            with self.subTest(error):
                self.crash_is_first(self.python(f"raise {error}"), "proven", self.named(), "mention", 1)

    def test_an_error_raised_from_that_of_the_child(self):
        self.crash_is_first([PYTHON, "-c", f"""
import subprocess
try:
    subprocess.check_call(['{CRASHES}', 'null_write'])
except subprocess.CalledProcessError as error:
    raise KeyError('mesh') from error"""], "proven", self.named(), "mention", 1)

    def test_a_status_of_its_own(self):
        self.crash_is_first(self.python("sys.exit(42 if r.returncode else 0)"), "likely", self.named(), "time", 42)

    def test_children_that_are_waited_for_late(self):
        self.crash_is_first([PYTHON, "-c", f"""
import subprocess, sys, time
child = subprocess.Popen(['{CRASHES}', 'null_write'])
time.sleep(1.3)
sys.exit(3 if child.wait() else 0)"""], "likely", self.named(), "time", 3)

    def test_an_error_that_speaks_of_what_a_shell_ran(self):
        self.crash_is_first([PYTHON, "-c", f"import os; raise RuntimeError('status %d' % os.system('{CRASHES} null_write; exit $?'))"],
                            "proven", self.named(), "mention", 1)

    def test_a_script_with_a_status_of_its_own(self):
        self.crash_is_first(["bash", "-c", f"{CRASHES} null_write || exit 42"], "likely", "bash", "time", 42)

    def test_an_error_at_once_that_does_not_speak_of_the_child(self):
        self.crash_is_first(self.python("raise KeyError('mesh')"), "likely", self.named(), "time", 1)
        self.assertIn("perhaps by itself: KeyError", self.text)

    def test_an_error_long_after_a_crash_is_the_parents_own(self):
        report = self.report_of(*self.python("import time; time.sleep(1.5); raise KeyError('mesh')"))
        cause = report["attempts"][-1]["root_cause"]
        self.assertEqual((cause["program"], cause["confidence"]), (self.named(), "likely"))
        self.assertEqual([crash["program"] for crash in report["crashes"]], ["crashes"])
        self.assertIn("before that, 1 process crashed, and the job went on:", self.text)

    def test_perl(self):
        self.crash_is_first(["perl", "-e", f"system('{CRASHES}', 'null_write') == 0 or die 'no mesh';"], "likely", "perl", "time")

    def test_node(self):
        if not shutil.which("node"):
            self.skipTest("not installed: node")
        self.crash_is_first(["node", "-e", f"require('child_process').execFileSync('{CRASHES}', ['null_write'])"], "likely", "node",
                            "time")

    def test_java(self):
        if not shutil.which("javac"):
            self.skipTest("not installed: javac")
        self.write("Parent.java", JAVA)
        self.assertEqual(self.bare("javac", "Parent.java").returncode, 0)
        self.crash_is_first(["java", "Parent", CRASHES, "null_write"], "likely", "java", "time")

    def test_make_of_python(self):
        self.write("Makefile", f"all:\n\t{PYTHON} -c \"import subprocess; subprocess.check_call(['{CRASHES}', 'null_write'])\"\n")
        cause = self.cause_of("make")
        self.assertEqual((cause["program"], cause["confidence"]), ("crashes", "proven"))
        self.assertEqual([step["program"] for step in cause["consequences"]][0], self.named())

    def test_gnu_parallel_names_the_input(self):
        if not shutil.which("parallel"):
            self.skipTest("not installed: parallel")
        cause = self.cause_of("parallel", "-j1", f"[ {{}} != b ] || {CRASHES} null_write {{}}", ":::", "a", "b", "c")
        self.assertEqual((cause["program"], cause["confidence"]), ("crashes", "likely"), self.text)
        self.assertTrue(cause["command"].endswith("crashes null_write b"), cause["command"])

    def test_multiprocessing(self):
        self.write("pool.py", POOL)
        for method in ("fork", "spawn", "forkserver"):
            for kind, how, then, cause, confidence, link in (
                    ("executor", "segv", "", "fault", "proven", "mention"),
                    ("executor", "exit", "", "exit", "likely", "mention"),
                    ("pool", "segv", "", "fault", "likely", "time"),
                    ("pool", "exit", "", "exit", "likely", "time"),
                    ("process", "segv", "raise", "fault", "proven", "mention"),
                    ("process", "exit", "raise", "exit", "likely", "mention"),
                    ("process", "segv", "exit", "fault", "likely", "time"),
                    ("process", "exit", "exit", "exit", "likely", "time"),
                    ("process", "raise", "raise", "exit", "likely", "mention")):
                if (method, kind) == ("forkserver", "pool"):
                    continue  # it takes two seconds, and is as spawn
                with self.subTest(" ".join((method, kind, how, then))):
                    found = self.cause_of(PYTHON, "pool.py", kind, method, how, then)
                    self.assertEqual((found["cause"], found["confidence"]), (cause, confidence), self.text)
                    self.assertEqual([step["link"] for step in found["consequences"]], [link], self.text)
                    self.assertNotEqual(found["pid"], found["consequences"][0]["pid"])

    def test_a_daemon(self):
        self.write("daemon.py", DAEMON)
        self.crash_is_first([PYTHON, "daemon.py", CRASHES, "null_write"], "likely", self.named(), "time", 1)

    def test_a_tolerated_exception_is_not_what_ended_the_script(self):
        self.write("script", f"{PYTHON} -c 'import nope' || echo no\n{PYTHON} -c 'raise KeyError(1)' || true\ncp a /no/such/\n")
        for command in (["bash", "script"], ["bash", "-c", f"{PYTHON} -c 'import nope' || echo no; cp a /no/such/"]):
            with self.subTest(command):
                self.assertEqual(self.cause_of(*command)["program"], "cp")

    def test_a_tolerated_crash_is_not_what_ended_the_script(self):
        report = self.report_of("bash", "-c", f"{CRASHES} null_write || true; cp a /no/such/; exit $?")
        self.assertEqual(report["attempts"][-1]["root_cause"]["program"], "cp")
        self.assertEqual(len(report["crashes"]), 1)

    def test_a_common_status_that_the_script_went_on_after_is_unsure(self):
        for status, candidates in ((1, 2), (4, 0)):
            with self.subTest(status):
                attempt = self.report_of("bash", "-c", f"sh -c 'exit {status}'; rc=$?; ls >log; exit $rc")["attempts"][-1]
                self.assertEqual(attempt["root_cause"]["confidence"], "unsure" if candidates else "likely")
                self.assertEqual(len(attempt["candidates"]), candidates)

    def test_a_child_that_its_parent_ended_did_not_fail_first(self):
        cause = self.cause_of(PYTHON, "-c", "import subprocess; subprocess.run(['sleep', '60'], timeout=0.2)")
        self.assertEqual(cause["program"], self.named())


class Successes(watched.Case):
    def run_of(self, *command):
        """The JSON of the report on COMMAND, and what `vigil run` says."""
        ended = self.vigil("run", "-d", "run", "--", *command)
        self.assertEqual(ended.returncode, 0)
        return json.loads(self.vigil("report", "--json", "run").stdout), ended.stderr

    def test_a_crash_on_the_way_is_said(self):
        report, said = self.run_of("bash", "-c", f"{CRASHES} null_write || true; true")
        self.assertEqual((report["outcome"], report["processes"]["crashed"]), ("SUCCEEDED", 1))
        self.assertEqual([crash["program"] for crash in report["crashes"]], ["crashes"])
        self.assertIn(", and yet 1 process crashed\n", said)
        self.assertIn("null_write+0x", said)
        self.assertIn("crashes null_write\n", said)
        page = self.path("page.html")
        self.vigil("report", "--html", page, "run")
        with open(page, encoding="utf-8") as file:
            self.assertIn('"crashed":1,"crashes":[{', file.read())

    def test_an_exception_before_a_pipe_is_said(self):
        self.write("program.py", "raise OSError(5, 'no disk')\n")
        report, said = self.run_of("bash", "-c", f"{PYTHON} program.py 2>&1 | tee log")
        self.assertEqual(report["crashes"][0]["cause"], "exception")
        self.assertIn("no disk", said)

    def test_many_are_counted(self):
        report, said = self.run_of("bash", "-c", f"for i in $(seq 20); do {CRASHES} null_write; done; true")
        self.assertEqual((report["processes"]["crashed"], len(report["crashes"])), (20, 16))
        self.assertIn("and yet 20 processes crashed", said)
        self.assertIn("17 more crashes", said)

    def test_commands_that_answer_no_are_no_crash(self):
        script = (f"grep -q x /dev/null; test -f /no; [ 1 = 2 ]; false; cmp /dev/null /proc/version; {PYTHON} -c 'import nope'; "
                  "yes | head -1; sleep 60 & kill $!; wait; timeout 0.1 sleep 60; sh -c 'exit 3'; cp a /no/such/; true")
        report, said = self.run_of("bash", "-c", script)
        self.assertEqual(report["crashes"], [], said)
        self.assertNotIn("vigil: job", said)

    def test_the_first_process_of_a_directory_succeeds(self):
        script = f'eval "$({watched.VIGIL} env -d run)"; /bin/true; {CRASHES} null_write; :'
        self.bare("bash", "-c", script)
        report = json.loads(self.vigil("report", "--json", "run").stdout)
        self.assertEqual((report["outcome"], len(report["crashes"])), ("SUCCEEDED", 1))

    def test_a_command_line_is_shown_without_secrets(self):
        self.vigil("run", "-q", "-d", "run", "--", "bash", "-c", f"{CRASHES} null_write --token=hunter2; exit $?")
        text = self.vigil("report", "run").stdout
        self.assertIn("null_write --token=", text)
        self.assertNotIn("hunter2", text)


if __name__ == "__main__":
    tap.main()
