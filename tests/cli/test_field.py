#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Failures that were reported in public, each reduced to a small job: who runs what, which statuses and signals there were.

Of every case the status and the output are the same with vigil and without it. What the verdict has to say is in the table: PROGRAM failed first
(or, with a number, that rank), for a REASON, with one of the CONFIDENCES.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

PYTHON = "/usr/bin/python3"
TIME = re.compile(r"pid[ =]?\d+|line \d+: +\d+|0x[0-9a-f]+|Killing subprocess \d+|/mp-\w+|\b\d{4,7}\b")  # what differs from run to run

# crash HOW [MILLISECONDS]: it ends in that way, after a while.
CRASH = r"""
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void step(volatile int *where)
{
	*where = 1;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "segv";

	if (argc > 2)
		usleep(atoi(argv[2]) * 1000);
	if (strcmp(how, "segv") == 0)
		step((int *)8);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "kill") == 0)
		kill(getpid(), SIGKILL);
	if (strcmp(how, "free") == 0)
		free(argv);
	if (strcmp(how, "sleep") == 0)
		sleep(20);
	return atoi(how);
}
"""

# handler FAULT: its handler of that waits for ever for a lock that it holds itself.
HANDLER = r"""
#define _GNU_SOURCE
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;
static volatile double nothing;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void wait_for_ever(int number)
{
	(void)number;
	pthread_mutex_lock(&lock);
}

static void solve(const char *how)
{
	if (strcmp(how, "division") == 0)
		printf("%d\n", 3 / zero);
	if (strcmp(how, "float") == 0)
		printf("%g\n", 3 / nothing);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "segv") == 0)
		*(volatile int *)8 = 1;
}

int main(int argc, char **argv)
{
	static const int numbers[] = {SIGFPE, SIGABRT, SIGSEGV};
	const char *rank = getenv("RANK");

	pthread_mutex_lock(&lock);
	feenableexcept(FE_DIVBYZERO);
	for (int i = 0; i < 3; i++)
		signal(numbers[i], wait_for_ever);
	if (argc > 1 && (rank == NULL || strcmp(rank, "1") == 0))
		solve(argv[1]);
	pthread_mutex_lock(&lock);
	return 0;
}
"""

KILLED = "#include <signal.h>\n#include <unistd.h>\nint main(void) { return kill(getpid(), SIGKILL); }\n"

PROGRAMS = {"crash": CRASH, "handler": HANDLER, "cc1plus": KILLED}

FILES = {
    # A supervisor of two programs: one ends, it ends the other, and hands on the status of that.
    "supervisor.sh": "./crash sleep & one=$!\n./crash segv 200 &\nwait -n\nkill $one\nwait $one\nexit $?\n",
    # A pool whose worker dies waits for its answer for ever.
    "pool.py": "import ctypes, multiprocessing, sys\ndef work(i):\n    return ctypes.string_at(0) if i == 1 else i\n"
               "if __name__ == '__main__':\n    multiprocessing.set_start_method(sys.argv[1])\n"
               "    with multiprocessing.Pool(2) as pool:\n        pool.map(work, range(4), chunksize=1)\n",
    # Who reads a queue waits for ever for a worker that failed.
    "reader.py": "import multiprocessing\ndef work(queue):\n    raise ValueError('bad batch')\nif __name__ == '__main__':\n"
                 "    queue = multiprocessing.Queue()\n    multiprocessing.Process(target=work, args=(queue,)).start()\n    queue.get()\n",
    # A compiler proper that is killed, below two makes.
    "a.cc": "int main() { return 0; }\n",
    "Makefile": "all:\n\t$(MAKE) -f inner\n",
    "inner": "a.o: a.cc\n\tg++ -B./ -c -o a.o a.cc\n",
    # A launcher that looks at its ranks from time to time, ends them all after the first failure, and exits with its returncode.
    "launcher.py": "import os, subprocess, sys, time\nranks = [subprocess.Popen(sys.argv[1:], env=dict(os.environ, RANK=str(i), LOCAL_RANK=str(i), "
                   "WORLD_SIZE='3')) for i in range(3)]\nwhile True:\n    time.sleep(0.5)\n    for rank in ranks:\n        if rank.poll():\n"
                   "            for other in ranks:\n                other.kill()\n            sys.exit(rank.returncode)\n",
    # A launcher that ends its ranks when their time is over.
    "limit.py": "import os, subprocess, sys, time\nranks = [subprocess.Popen(sys.argv[1:], env=dict(os.environ, RANK=str(i), LOCAL_RANK=str(i), "
                "WORLD_SIZE='3')) for i in range(3)]\ntime.sleep(0.7)\nfor rank in ranks:\n    rank.terminate()\nfor rank in ranks:\n"
                "    rank.wait()\nsys.exit(3)\n",
    "rank.sh": "[ $RANK = 1 ] && exec ./crash $1 100\nexec ./crash sleep\n",
    # What cleans up aborts, after an exception.
    # A rank whose cleanup waits, and whose other threads give up, as do those of the other ranks.
    "gives_up.py": "import atexit, os, threading, time\nrank = int(os.environ['RANK'])\ndef give_up():\n    time.sleep(1.1 + 0.1 * (rank > 0))\n"
                   "    os.abort()\nthreading.Thread(target=give_up, daemon=True).start()\nif rank == 2:\n    atexit.register(time.sleep, 20)\n"
                   "    time.sleep(0.5)\n    raise ValueError('bad shard')\ntime.sleep(20)\n",
    "destructor.py": "import os\nclass Context:\n    def __del__(self):\n        os.abort()\ncontext = Context()\n"
                     "raise MemoryError('out of memory: tried to allocate 2.00 GiB')\n",
    "reloader.py": "import subprocess, sys\nsys.exit(subprocess.call(['./crash', 'segv']))\n",
    "trap.sh": "set -e\ntrap 'rm -f lock; false' EXIT\n./crash segv\n",
    "heap.js": "const all = []; for (;;) all.push({x: [1, 2, 3]});\n",
    "null.js": "require('child_process').spawn('./crash', ['segv'], {stdio: 'inherit'}).on('close', code => process.exit(code));\n",
    # Workers that die of SIGSEGV one after the other, and a parent that gives up.
    "retries.js": "const {fork} = require('child_process');\nif (process.argv[2]) process.on('message', () => process.kill(process.pid, 'SIGSEGV'));\n"
                  "else { let n = 0; const go = () => { const w = fork(__filename, ['worker']); w.send('go'); w.on('exit', () => {\n"
                  "  if (++n === 3) throw new Error('worker encountered 3 child process exceptions'); go(); }); }; go(); }\n",
    "import_fails.py": "import subprocess, sys\nif subprocess.run([sys.executable, '-c', 'import signal; signal.SIGINT.no_such']).returncode:\n"
                       "    raise RuntimeError('a worker was terminated: by a segmentation fault or for lack of memory?')\n",
    "replaces.py": "import ctypes, os, sys\nfor attempt in range(2):\n    pid = os.fork()\n    if pid == 0:\n"
                   "        ctypes.string_at(0) if attempt == 0 else os._exit(0)\n    os.waitpid(pid, 0)\nsys.exit(1)\n",
    "hides.sh": "trap 'exit 0' EXIT\n./crash segv\nno_such_program\n",
    "waits.sh": "./crash segv & ./crash 3 &\nsleep 0.2\nwait\n",
}


@dataclasses.dataclass(frozen=True)
class Case:
    source: str  # who reported it
    kind: str
    command: tuple
    status: int
    program: object = None  # the program that failed first, or a rank; None: the job succeeded
    reason: str = ""
    confidences: str = "likely|proven"
    evidence: str = ""
    functions: str = ""  # one of the stack's
    crashed: int = 0  # how many processes crashed while the job succeeded
    needs: tuple = ()
    exact: bool = True  # the output is the same in each run


def bash(script):
    return "bash", "-c", script


CASES = (
    Case("mrklein/openfoam-os-x#1", "a rank hangs in its handler of a division by zero", (PYTHON, "limit.py", "./handler", "division"),
         3, 1, r"after SIGFPE \(integer division by zero\)", "likely", "stood in the handler of that"),
    Case("google/glog#235", "a handler of SIGSEGV hangs, and a timer ends it", ("timeout", "1", "./handler", "segv"),
         124, "handler", "after SIGSEGV", "likely", "stood in the handler of that"),
    Case("AMReX-Codes/amrex#3038", "a handler of SIGABRT hangs, and a timer ends it", ("timeout", "1", "./handler", "abort"),
         124, "handler", "after SIGABRT", "likely", "stood in the handler of that"),
    Case("davidsblom/FOAM-FSI#59", "a handler of a floating-point fault hangs", ("timeout", "1", "./handler", "float"),
         124, "handler", r"after SIGFPE \(floating-point division by zero\)", "likely"),
    *(Case("python/cpython#96062", f"a pool by {method} hangs for a worker that crashed, and a timer ends it",
           ("timeout", "3", PYTHON, "pool.py", method), 124, r"python3.*", "^SIGSEGV", "unsure", "may have waited for this one")
      for method in ("fork", "forkserver", "spawn")),  # the default is another one from Python 3.14 on
    Case("hrcorval/behavex#114", "a queue is read for ever whose writer failed, and a timer ends it", ("timeout", "3", PYTHON, "reader.py"),
         124, r"python3.*", "^exit 1", "unsure", "may have waited for this one"),
    Case("Supervisor/supervisor#733", "a supervisor ends the others for a crash, and hands on their status", ("bash", "supervisor.sh"),
         143, "crash", "^SIGSEGV", "likely", "was ended only after it", exact=False),
    Case("stellar/stellar-core#5308", "the compiler proper is killed below g++ and make", ("make",),
         2, "cc1plus", "^SIGKILL", "likely|proven", needs=("make", "g++")),
    Case("CyberShadow/DustMite#9", "grep finds nothing in what a crashing program wrote", bash("./crash segv 100 | grep -q OK"),
         1, "crash", "^SIGSEGV", "likely", exact=False),
    Case("metal3-io/ironic-image#611", "grep -q has enough, and pipefail takes the writer's SIGPIPE", bash("set -o pipefail; seq 2000000 | grep -q 7"),
         141, "seq", r"^SIGPIPE \(nobody reads what it wrote\)", "likely", r"grep \(pid \d+\), which ran beside it, had ended with success"),
    Case("conda/conda#9599", "a wrapper that nobody knows ends with its program's status 1", ("flock", "lock", "./crash", "1"),
         1, "crash", "^exit 1", "likely", needs=("flock",)),
    Case("deepspeedai/DeepSpeedExamples#626", "a rank crashes, the launcher kills all and exits with -11", (PYTHON, "launcher.py", "sh", "rank.sh", "segv"),
         245, 1, "^SIGSEGV", "proven"),
    Case("deepspeedai/DeepSpeed#3232", "a rank is killed, the launcher kills all and exits with -9", (PYTHON, "launcher.py", "sh", "rank.sh", "kill"),
         247, 1, "^SIGKILL", "likely|proven"),
    Case("jax-ml/jax#23599", "a rank raises, its cleanup waits, and all ranks abort in another thread", (PYTHON, "launcher.py", PYTHON, "gives_up.py"),
         250, 2, "^ValueError: bad shard", "likely|proven", exact=False),
    Case("NKI-AI/direct#238", "a destructor aborts after an exception", (PYTHON, "destructor.py"), -signal.SIGABRT, r"python3.*", "^MemoryError: out of memory"),
    Case("pallets/werkzeug#144", "a parent exits with the returncode of a crash, 245", (PYTHON, "reloader.py"), 245, "crash", "^SIGSEGV"),
    Case("vanillagreencom/kendex#1476", "a trap of EXIT replaces the status", ("bash", "trap.sh"), 1, "crash", "^SIGSEGV", "unsure|likely", exact=False),
    Case("mysticatea/npm-run-all#171", "a JavaScript heap is full", ("node", "--max-old-space-size=20", "heap.js"), -signal.SIGABRT, "node",
         "^SIGABRT", functions="OutOfMemory|OOM", needs=("node",), exact=False),
    Case("dmlc/xgboost#6469", "free() of an invalid pointer", ("./crash", "free"), -signal.SIGABRT, "crash", r"invalid pointer"),
    Case("Yelp/dumb-init#60", "an init for containers runs one program", ("dumb-init", "./crash", "segv"), 139, "crash", "^SIGSEGV", needs=("dumb-init",)),
    Case("joblib/joblib#1378", "a worker cannot import, its parent guesses a segmentation fault", (PYTHON, "import_fails.py"), 1,
         r"python3.*", "^AttributeError", "likely|proven"),
    Case("pytest-dev/pytest-xdist#687", "a worker crashes and is replaced, and the parent exits with 1", (PYTHON, "replaces.py"), 1,
         r"python3.*", "^SIGSEGV", "unsure|likely"),
    Case("jestjs/jest#13976", "three workers crash, and node gives up", ("node", "retries.js"), 1, r"crash|node", "^SIGSEGV", "unsure|likely",
         needs=("node",), exact=False),
    Case("google-gemini/gemini-cli#21086", "node takes a child's crash for success", ("node", "null.js"), 0, crashed=1, needs=("node",)),
    Case("crc-org/snc#312", "a trap of EXIT makes a success of a crash", ("bash", "hides.sh"), 0, crashed=1, exact=False),
    Case("cfengine/masterfiles#1455", "wait succeeds though both jobs failed", ("bash", "waits.sh"), 0, crashed=1, exact=False),
)


class Field(watched.Case):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix="vigil-field-")
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        for name, text in PROGRAMS.items():
            path = os.path.join(cls.place, name)
            subprocess.run(["cc", "-g", "-O0", "-w", "-x", "c", "-o", path, "-", "-pthread", "-lm"], input=text, text=True, check=True)

    def setUp(self):
        super().setUp()
        for name in PROGRAMS:
            shutil.copy(os.path.join(self.place, name), self.directory)
        for name, text in FILES.items():
            self.write(name, text, 0o755)

    def left_over(self):
        """The processes that work in the test's directory, of which a second later none is expected."""
        until = time.monotonic() + 1
        while True:
            left = []
            for path in pathlib.Path("/proc").glob("[0-9]*/cwd"):
                with contextlib.suppress(OSError):
                    if os.readlink(path) == self.directory:
                        left.append(int(path.parts[2]))
            if not left or time.monotonic() > until:
                return left
            time.sleep(0.02)

    def assert_nothing_left(self):
        left = self.left_over()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(left, [])

    def both(self, case):
        """The run with vigil, after it was found to be the same as one without."""
        bare = self.bare(*case.command)
        self.assert_nothing_left()
        seen = self.vigil("run", "-q", "-d", "run", "--", *case.command)
        self.assert_nothing_left()
        self.assertEqual(bare.returncode, case.status, bare.stderr)
        self.assertEqual(seen.returncode, bare.returncode)
        if case.exact:
            self.assertEqual([TIME.sub("N", text) for text in (seen.stdout, seen.stderr)], [TIME.sub("N", text) for text in (bare.stdout, bare.stderr)])
        return seen

    def check(self, case):
        for program in case.needs:
            if not shutil.which(program):
                self.skipTest(f"not installed: {program}")
        self.both(case)
        if case.program is not None:
            self.assert_verdict(case, "run")
        else:
            self.assert_crashes(case)

    def assert_verdict(self, case, run):
        report = json.loads(self.vigil("report", "--json", run).stdout)
        root = report["attempts"][-1]["root_cause"]
        self.assertIsNotNone(root, report["attempts"][-1].get("explanation"))
        if isinstance(case.program, int):
            self.assertEqual(root["rank"], case.program, root)
        else:
            self.assertRegex(root["program"], f"^({case.program})$", root)
        self.assertTrue(re.search(case.reason, root["reason"]), root)
        self.assertIn(root["confidence"], case.confidences.split("|"), root)
        self.assertTrue(re.search(case.evidence, "\n".join(root["evidence"])), root)
        functions = "\n".join(frame.get("function", "") for frame in root.get("frames", []))
        self.assertTrue(re.search(case.functions, functions), root)

    def assert_crashes(self, case):
        report = json.loads(self.vigil("report", "--json", "run").stdout)
        self.assertEqual((report["outcome"], report["processes"]["crashed"]), ("SUCCEEDED", case.crashed))
        self.assertRegex(report["crashes"][0]["reason"], "^SIGSEGV")
        self.assertIn("succeeded after", self.vigil("report", "run").stdout)
        self.assertIn(f"and yet {case.crashed} process crashed", self.vigil("report", "run").stdout)

    def test_the_same_by_vigil_env(self):
        # Nobody waits for the whole, so the verdict may be less sure.
        for case in CASES:
            if case.source not in ("Supervisor/supervisor#733", "CyberShadow/DustMite#9", "python/cpython#96062"):
                continue
            script = f'eval "$({watched.VIGIL} env -d seen)"; exec "$@"'
            with self.subTest(case.source):
                shutil.rmtree(self.path("seen"), ignore_errors=True)
                self.assertEqual(self.bare("sh", "-c", script, "sh", *case.command).returncode, case.status)
                self.assert_verdict(dataclasses.replace(case, confidences="unsure|likely"), "seen")


def test_of(case):
    return lambda self: self.check(case)


for one in CASES:
    setattr(Field, f"test_{one.source} {one.kind}", test_of(one))

if __name__ == "__main__":
    tap.main()
