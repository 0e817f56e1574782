#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vigil stacks: where the threads of living processes are, and that these see nothing of it."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

OTHER = 65534
AS_OTHER = ("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups", "--")
X86_64 = os.uname().machine == "x86_64"

# Each thread waits in a call of its own for WAIT_MS, and says what the call returned and how long it took.
WAITS = r"""
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#define WAIT_MS 1500
static struct timespec span = {WAIT_MS / 1000, WAIT_MS % 1000 * 1000000};
static struct timespec deadline(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += span.tv_sec;
	at.tv_nsec += span.tv_nsec;
	if (at.tv_nsec >= 1000000000) { at.tv_sec++; at.tv_nsec -= 1000000000; }
	return at;
}
static int in_poll(void) { return poll(NULL, 0, WAIT_MS); }
static int in_epoll_wait(void) { struct epoll_event event; return epoll_wait(epoll_create1(0), &event, 1, WAIT_MS); }
static int in_nanosleep(void) { struct timespec left = {0}; return nanosleep(&span, &left) + (int)left.tv_sec; }
static int in_select(void) { struct timeval time = {1, 500000}; return select(0, NULL, NULL, NULL, &time); }
static int in_sem_timedwait(void) { sem_t s; struct timespec at = deadline(); sem_init(&s, 0, 0); return sem_timedwait(&s, &at); }
static int in_cond_timedwait(void)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	struct timespec at = deadline();
	pthread_mutex_lock(&mutex);
	return pthread_cond_timedwait(&cond, &mutex, &at);
}
static int in_recv(void)
{
	int ends[2];
	char byte;
	struct timeval time = {1, 500000};
	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	return (int)recv(ends[0], &byte, 1, 0);
}
static int in_sigtimedwait(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigtimedwait(&set, NULL, &span);
}
static int in_read(void)
{
	char byte;
	return (int)read(0, &byte, 1);
}
static const struct { const char *name; int (*call)(void); } calls[] = {
	{"poll", in_poll}, {"epoll_wait", in_epoll_wait}, {"nanosleep", in_nanosleep}, {"select", in_select},
	{"sem_timedwait", in_sem_timedwait}, {"cond_timedwait", in_cond_timedwait}, {"recv", in_recv},
	{"sigtimedwait", in_sigtimedwait}, {"read", in_read}};
#define COUNT (sizeof calls / sizeof *calls)
static void *wait_in(void *index)
{
	size_t i = (size_t)index;
	struct timespec from, to;
	int result;
	errno = 0;
	clock_gettime(CLOCK_MONOTONIC, &from);
	result = calls[i].call();
	int error = errno;
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%s %d %d %ld\n", calls[i].name, result, error,
		(to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
	fflush(stdout);
	return NULL;
}
int main(void)
{
	pthread_t threads[COUNT];
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < COUNT; i++)
		pthread_create(&threads[i], NULL, wait_in, (void *)i);
	for (size_t i = 0; i < COUNT; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
"""

# Functions of several kinds of frames below pause().
PLACES = r"""
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <alloca.h>
#include <signal.h>
#include <sys/prctl.h>
volatile long counted;
__attribute__((noinline)) static int innermost(void) { int r = pause(); counted++; return r; }
__attribute__((noinline)) static int wide(int n)
{
	char bytes[5000];
	memset(bytes, n, sizeof bytes);
	return innermost() + bytes[n];
}
__attribute__((noinline)) static int arguments(int a, int b, int c, int d, int e, int f, int g, int h)
{
	return wide(a) + b + c + d + e + f + g + h;
}
__attribute__((noinline)) static int recursive(int n) { return n == 0 ? arguments(1, 2, 3, 4, 5, 6, 7, 8) : recursive(n - 1) + 1; }
static int by_pointer(int (*call)(int), int n) { return call(n) + 1; }
static void handler(int signal) { (void)signal; innermost(); }
static void *in_handler(void *nothing) { raise(SIGUSR1); return nothing; }
__attribute__((noinline)) static int with_alloca(int n) { char *p = alloca(n); memset(p, 1, n); pause(); return p[0]; }
static void *in_alloca(void *nothing) { with_alloca(1000); return nothing; }
static void *counter(void *nothing) { for (;;) counted++; return nothing; }
int main(void)
{
	pthread_t thread;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	signal(SIGUSR1, handler);
	pthread_create(&thread, NULL, in_handler, NULL);
	pthread_create(&thread, NULL, in_alloca, NULL);
	pthread_create(&thread, NULL, counter, NULL);
	puts("ready");
	fflush(stdout);
	return by_pointer(recursive, 3);
}
"""

LEADERLESS = r"""
#include <pthread.h>
#include <unistd.h>
static void *stays(void *nothing) { pause(); return nothing; }
int main(void) { pthread_t thread; pthread_create(&thread, NULL, stays, NULL); pthread_exit(NULL); }
"""

UNDUMPABLE = r"""
#include <sys/prctl.h>
#include <unistd.h>
int main(void) { prctl(PR_SET_DUMPABLE, 0); write(1, "ready\n", 6); pause(); }
"""


def soon(what, seconds=20):
    """What() once it is true."""
    until = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


class Case(watched.Case):
    def compile(self, name, source, *options):
        done = subprocess.run(["gcc", "-g", "-pthread", "-x", "c", "-", *options, "-o", name], input=source, text=True, check=False,
                              cwd=self.directory, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.path(name)

    def victim(self, *command, **options):
        """A program that says that it is ready, and is then in place."""
        process = self.start(*command, stdout=subprocess.PIPE, **options)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.assertTrue(soon(lambda: self.field(process.pid, process.pid, "State") in ("S (sleeping)", "T (stopped)")))
        time.sleep(0.1)
        return process

    def field(self, pid, tid, name):
        status = pathlib.Path(f"/proc/{pid}/task/{tid}/status").read_text(encoding="utf-8")
        return re.search(rf"^{name}:\t(.*)$", status, re.MULTILINE).group(1)

    def stacks(self, *pids, status=0):
        """{tid: its thread} of PIDS, which are all shown unless STATUS is another one."""
        done = self.vigil("stacks", "--json", f"--pid={','.join(map(str, pids))}")
        self.assertEqual(done.returncode, status, done.stderr)
        processes = json.loads(done.stdout)["processes"]
        self.assertEqual([process["pid"] for process in processes], list(pids))
        return {thread["tid"]: thread for process in processes for thread in process["threads"]}

    def functions(self, thread):
        return [frame.get("function") for frame in thread["frames"]]


class Untouched(Case):
    def waits(self, meanwhile):
        """[(call, result, errno)] and [milliseconds] of WAITS, while MEANWHILE(its pid) is called every 20 ms."""
        process = self.start(self.path("waits"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            meanwhile(process.pid)
            time.sleep(0.02)
        process.stdin.write("x")
        process.stdin.close()
        lines = [line.split() for line in process.stdout]
        self.assertEqual(process.wait(), 0)
        lines = sorted((line for line in lines))
        return [line[:3] for line in lines], {line[0]: int(line[3]) for line in lines}

    def test_no_thread_that_waits_is_disturbed(self):
        self.compile("waits", WAITS)
        looks = []

        def look(pid):
            """Before their time is over, no look wakes a thread; the first thread, which waits for the others, is woken by them."""
            switches = {}
            began.setdefault("at", time.monotonic())
            for tid in map(int, os.listdir(f"/proc/{pid}/task")):
                switches[tid] = self.field(pid, tid, "voluntary_ctxt_switches"), self.field(pid, tid, "State")[0]
            threads = self.stacks(pid)
            looks.append(threads)
            if len(looks) <= 2 or time.monotonic() - began["at"] > 1.2:
                return
            for tid, before in switches.items():
                after = self.field(pid, tid, "voluntary_ctxt_switches"), self.field(pid, tid, "State")[0]
                if tid != pid and before[1] == "S":
                    asleep.append((before, after))

        asleep, began = [], {}
        bare, _ = self.waits(lambda pid: None)
        looked, took = self.waits(look)
        self.assertEqual(looked, bare)
        self.assertNotIn("4", [error for _, _, error in looked])  # EINTR
        self.assertGreater(len(looks), 5)
        self.assertGreater(len(asleep), 8)
        self.assertEqual([(before, after) for before, after in asleep if before != after], [])
        for name, milliseconds in took.items():
            if name != "read":
                self.assertTrue(1490 <= milliseconds < 2500, (name, milliseconds))
        names = {name for thread in looks[2].values() for name in self.functions(thread) if name}
        self.assertLessEqual({"in_" + name for name, _, _ in looked}, names)

    def test_a_thread_that_runs_is_shown_and_goes_on(self):
        program = self.compile("places", PLACES, "-O0")
        process = self.victim(program)
        for _ in range(20):
            (running,) = [thread for thread in self.stacks(process.pid).values() if "counter" in self.functions(thread)]
            self.assertEqual((running["state"], self.functions(running)[0]), ("running", "counter"))
            spent = self.cpu(process.pid, running["tid"])
            self.assertTrue(soon(lambda: self.cpu(process.pid, running["tid"]) > spent))
            self.assertEqual(self.field(process.pid, running["tid"], "TracerPid"), "0")
        self.assertIsNone(process.poll())

    def cpu(self, pid, tid):
        return int(pathlib.Path(f"/proc/{pid}/task/{tid}/schedstat").read_text(encoding="utf-8").split()[0])


class Frames(Case):
    def by_gdb(self, pid):
        """{tid: [pc]} as gdb has them, without the frames that it makes up for inlined functions and tail calls."""
        done = self.bare("gdb", "-nx", "-batch", "-p", str(pid), "-ex", "set backtrace past-main on", "-ex", "set debuginfod enabled off",
                         "-ex", "python\nfor t in gdb.selected_inferior().threads():\n t.switch()\n f = gdb.newest_frame()\n"
                         " while f:\n  print('FRAME', t.ptid[1], hex(f.pc()), int(f.type() in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME)))\n  f = f.older()\nend")
        found = {}
        for tid, pc, kind in re.findall(r"^FRAME (\d+) (0x\w+) ([01])$", done.stdout, re.MULTILINE):
            if kind == "0":
                found.setdefault(int(tid), []).append(pc)
        return found

    def compare(self, process):
        """The stacks of the threads of PROCESS that wait are those that gdb finds; returns them."""
        threads = {tid: thread for tid, thread in self.stacks(process.pid).items() if thread["state"] == "waiting"}
        gdb = self.by_gdb(process.pid)
        self.assertTrue(gdb)
        for tid, thread in threads.items():
            pcs = [frame["pc"] for frame in thread["frames"] if frame["kind"] != "python"]
            with self.subTest(functions=self.functions(thread)):
                if "stop" in thread:
                    self.assertEqual(pcs, gdb[tid][:len(pcs)])
                else:
                    self.assertEqual(pcs, gdb[tid])
        return threads

    @unittest.skipUnless(shutil.which("gdb"), "not installed: gdb")
    @unittest.skipUnless(X86_64, "the frame pointer is found on x86-64 alone")
    def test_they_are_those_that_gdb_finds(self):
        for options in (["-O0"], ["-O2"], ["-O2", "-fno-omit-frame-pointer"], ["-Os"], ["-O1", "-fno-plt"], ["-O0", "-fcf-protection=full"],
                        ["-O2", "-fno-omit-frame-pointer", "-fstack-protector-all"]):
            with self.subTest(options=options):
                process = self.victim(self.compile("places", PLACES, *options))
                threads = self.compare(process)
                main = self.functions(threads[process.pid])
                if options[0] == "-O0":
                    self.assertEqual([name for name in main if "syscall_cancel" not in name][1:10], ["innermost", "wide", "arguments"] + 4 * ["recursive"] + ["by_pointer", "main"])
                self.assertNotIn("stop", threads[process.pid])
                if "-fno-omit-frame-pointer" not in options:  # else handler() jumps to innermost(): no call tells that function's frame
                    (handled,) = [thread for thread in threads.values() if "<signal handler called>" in self.functions(thread)]
                    self.assertIn("in_handler", self.functions(handled))
                process.kill()

    @unittest.skipUnless(shutil.which("gdb"), "not installed: gdb")
    def test_they_are_those_that_gdb_finds_in_python(self):
        script = self.write("wait.py", "import select, threading, time\n"
                            "for call in (lambda: time.sleep(99), lambda: select.select([], [], [], 99), threading.Event().wait):\n"
                            "    threading.Thread(target=call, daemon=True).start()\n"
                            "lock = threading.Lock(); lock.acquire(); time.sleep(.3); print('ready', flush=True); lock.acquire()\n")
        threads = self.compare(self.victim(sys.executable, script))
        self.assertEqual(len(threads), 4)
        for thread in threads.values() if sys.version_info < (3, 14) else ():  # from then on it is no exported name
            self.assertIn("_PyEval_EvalFrameDefault", self.functions(thread))

    @unittest.skipUnless(X86_64, "the frame pointer is found on x86-64 alone")
    def test_what_is_not_known_is_said(self):
        process = self.victim(self.compile("places", PLACES, "-O0"))
        (thread,) = [thread for thread in self.stacks(process.pid).values() if "with_alloca" in self.functions(thread)]
        self.assertEqual([name for name in self.functions(thread) if "syscall_cancel" not in name], ["pause", "with_alloca"])
        self.assertEqual(thread["stop"], "the frames above are not known")

    def test_lines_and_groups_of_threads(self):
        process = self.victim(self.compile("places", PLACES, "-O0"))
        other = self.victim(self.path("places"))
        done = self.vigil("stacks", f"--pid={process.pid}", f"--pid={other.pid}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        line = 1 + PLACES[:PLACES.index("int r = pause()")].count("\n")
        self.assertIn(f"  <stdin>:{line}\n", done.stdout)
        heads = [head for head in done.stdout.splitlines() if not head.startswith(" ")]
        self.assertIn(f"2 threads, waiting: {process.pid} (places) of {process.pid}, {other.pid} (places) of {other.pid}", heads)
        self.assertEqual(len(heads), 4)
        json_names = [self.functions(thread) for thread in self.stacks(process.pid, other.pid).values()]
        self.assertEqual(len(json_names), 8)


# Those of 3.8 to 3.15.
PYTHONS = [str(path) for folder in (pathlib.Path("/usr/bin"), *pathlib.Path.home().glob(".pyenv/versions/*/bin"))
           for path in sorted(folder.glob("python3.*")) if re.fullmatch(r"python3\.([89]|1[0-5])", path.name)]

# Says where each of its threads is, by the interpreter's own account, and waits there.
STANDING = """
import json, select, sys, threading, time
lock = threading.Lock()
lock.acquire()
class Thing:
    def wait(self, depth):
        if depth:
            return [self.wait(depth - 1) for _ in (1,)]
        lock.acquire()
def generate(): yield Thing().wait(3)
def listed(): return list(generate())
def asleep(): time.sleep(99)
def selecting(): select.select([], [], [], 99)
def evented(): threading.Event().wait()
threads = [threading.Thread(target=call, daemon=True) for call in (listed, asleep, selecting, evented)]
for thread in threads:
    thread.start()
time.sleep(.5)
found = {}
for thread in threads:
    frame, stack = sys._current_frames()[thread.ident], []
    while frame:
        stack.append([frame.f_code.co_name, frame.f_lineno])
        frame = frame.f_back
    found[thread.native_id] = stack
print(json.dumps(found), flush=True)
def gr\u00f6\u00dfe(): lock.acquire()
gr\u00f6\u00dfe()
"""


# All of its threads compute, each in a function that calls itself.
SPINNING = """
import threading
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def loop():
    while True: fib(15)
for _ in range(2):
    threading.Thread(target=loop, daemon=True).start()
print("ready", flush=True)
loop()
"""


class Python(Case):
    def standing(self, python):
        process = self.start(python, "-X", "utf8", "-c", STANDING, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = process.stdout.readline()
        self.assertTrue(line, process.stderr.read() if not line else "")
        self.assertTrue(soon(lambda: self.field(process.pid, process.pid, "State")[0] == "S"))
        time.sleep(0.1)
        return process, {int(tid): [tuple(place) for place in stack] for tid, stack in json.loads(line).items()}

    @unittest.skipUnless(PYTHONS, "no CPython is here")
    def test_its_frames_are_those_that_it_has(self):
        for python in PYTHONS:
            with self.subTest(python=python):
                process, found = self.standing(python)
                self.assertEqual(len(found), 4)
                threads = self.stacks(process.pid)
                self.assertLessEqual(set(found), set(threads))
                for tid, stack in found.items():
                    frames = [frame for frame in threads[tid]["frames"] if frame["kind"] == "python"]
                    self.assertEqual([(frame["function"], frame["line"]) for frame in frames], stack)
                    self.assertTrue(all(frame["kind"] == "python" for frame in threads[tid]["frames"][:len(frames)]))
                main = [frame["function"] for frame in threads[process.pid]["frames"] if frame["kind"] == "python"]
                self.assertEqual(main, ["größe", "<module>"])
                text = self.vigil("stacks", f"--pid={process.pid}").stdout
                self.assertRegex(text, r"(?m)^    größe \\(<string>:\\d+\\)\n    <module> \\(<string>:\\d+\\)\n    #0  ".replace("\\\\", "\\"))
                process.kill()

    @unittest.skipUnless(PYTHONS, "no CPython is here")
    def test_threads_that_run_have_frames_of_one_moment(self):
        for python in PYTHONS:
            with self.subTest(python=python):
                process = self.start(python, "-c", SPINNING, stdout=subprocess.PIPE)
                self.assertEqual(process.stdout.readline(), "ready\n")
                seen, running = 0, 0
                for _ in range(5):
                    for thread in self.stacks(process.pid).values():
                        names = [frame["function"] for frame in thread["frames"] if frame["kind"] == "python"]
                        native = self.functions(thread).count("_PyEval_EvalFrameDefault")
                        if not names:
                            continue
                        seen += 1
                        running += thread["state"] == "running"
                        self.assertRegex(" ".join(names), r"^((((fib )*loop )?run )?_bootstrap_inner )?_bootstrap$|^((fib )*loop )?<module>$")
                        lines = [frame["line"] for frame in thread["frames"] if frame["kind"] == "python" and frame["function"] == "fib"]
                        self.assertLessEqual(set(lines), {3, 4})
                        self.assertLessEqual(set(lines[1:]), {4})
                        if python.endswith(("3.8", "3.9", "3.10")):  # each function of Python has a native frame there
                            self.assertLessEqual(abs(len(names) - native), 1)
                self.assertGreater(seen, 5)
                self.assertGreater(running, 0)
                self.assertIsNone(process.poll())
                process.kill()


# One thread stays where it is, one computes, one wakes up and sleeps again in the same call, one goes from place to place.
MOVES = r"""
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
volatile long counted;
static void *stays(void *nothing) { pause(); return nothing; }
static void *computes(void *nothing) { for (;;) counted++; return nothing; }
static void *ticks(void *nothing) { for (;;) usleep(20000); return nothing; }
__attribute__((noinline)) static void here(void) { usleep(300000); counted++; }
__attribute__((noinline)) static void there(void) { usleep(300000); counted++; }
static void *wanders(void *nothing) { for (;;) { here(); there(); } return nothing; }
int main(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, computes, NULL);
	pthread_create(&thread, NULL, ticks, NULL);
	pthread_create(&thread, NULL, wanders, NULL);
	puts("ready");
	fflush(stdout);
	stays(NULL);
	return 0;
}
"""


class Forms(Case):
    def samples(self, *forms):
        process = self.victim(self.compile("moves", MOVES, "-O0"))
        return process, self.vigil("stacks", f"--pid={process.pid}", "--samples=6", "--interval=0.2", *forms)

    def test_of_several_samples_it_says_what_moved(self):
        process, done = self.samples()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        heads = re.findall(r"(?m)^thread \d+ \(moves\) of process \d+ \(moves\), (.*):$\n(?:    .*\n)*?    #\d+ +(stays|computes|ticks|here|there)\+",
                           done.stdout)
        found = {}
        for words, function in heads:
            found.setdefault(function, []).append(words)
        self.assertEqual(found["stays"], ["waiting, did not move in 6 samples"])
        self.assertEqual(found["computes"], ["running, 6 of 6 samples, ran in between"])
        self.assertIn("waiting, 6 of 6 samples, ran in between", found["ticks"])
        here, there = (int(found[name][0].split()[1]) for name in ("here", "there"))
        self.assertEqual(here + there, 6)
        self.assertTrue(here and there)
        process.kill()

    def test_the_json_of_several_samples(self):
        process, done = self.samples("--json")
        document = json.loads(done.stdout)
        self.assertEqual(document["samples"], 6)
        (own,) = document["processes"]
        by_name = {name: [thread for thread in own["threads"] if name in self.functions(thread)] for name in ("stays", "computes", "wanders")}
        self.assertEqual([(thread["samples"], thread["moved"]) for thread in by_name["stays"]], [(6, False)])
        self.assertEqual([(thread["samples"], thread["moved"]) for thread in by_name["computes"]], [(6, True)])
        self.assertEqual(sum(thread["samples"] for thread in by_name["wanders"]), 6)
        self.assertTrue(all(thread["moved"] for thread in by_name["wanders"]))
        process.kill()

    def test_the_graph_has_the_ranks_of_each_call(self):
        program = self.compile("moves", MOVES, "-O0")
        one, two = self.victim(program), self.victim(program)
        done = self.vigil("stacks", "--dot", f"--pid={one.pid},{two.pid}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        nodes = dict(re.findall(r'^\t(\d+) \[pos.*?function="([^"]*)"', done.stdout, re.MULTILINE))
        edges = {nodes[to]: ranks for to, ranks in re.findall(r'^\t\d+ -> (\d+) .*?bv="\[([^"]*)\]"', done.stdout, re.MULTILINE)}
        low, high = sorted((one.pid, two.pid))
        both = f"{low}-{high}" if high == low + 1 else f"{low},{high}"
        for function in ("main", "stays", "computes", "ticks", "wanders"):
            self.assertEqual(edges[function], both)
        if shutil.which("dot"):
            self.assertEqual(self.bare("dot", "-Tsvg", "-o", "graph.svg", input=done.stdout).returncode, 0)

    def test_the_page_is_one_file_and_has_what_the_text_has(self):
        process = self.victim(self.compile("moves", MOVES, "-O0"))
        hostile = self.start(shutil.which("sleep"), "99")
        done = self.vigil("stacks", "--html=page.html", f"--pid={process.pid},{hostile.pid}", "--pid=4194303")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", "vigil: process 4194303: no such process\n"))
        page = pathlib.Path(self.path("page.html")).read_text(encoding="utf-8")
        self.assertIn(f"<summary>thread {process.pid} (moves) of process {process.pid} (moves), waiting:</summary>", page)
        self.assertIn("<li>process 4194303: no such process</li>", page)
        self.assertIn("stays+0x", page)
        self.assertNotRegex(page, r"<script|https?://|@import|src=|url\(")
        self.assertEqual(page.count("<details"), page.count("</details>"))
        self.assertEqual(sorted(os.listdir(self.directory)), ["moves", "page.html"])

    def test_the_page_escapes_what_a_program_is_called(self):
        name = "<b>&"
        shutil.copy(shutil.which("sleep"), self.path(name))
        process = self.start(self.path(name), "99")
        self.assertEqual(self.vigil("stacks", "--html=page.html", f"--pid={process.pid}").returncode, 0)
        page = pathlib.Path(self.path("page.html")).read_text(encoding="utf-8")
        self.assertNotIn("<b>", page)
        self.assertIn("(&#60;b&#62;&#38;)", page)


class Processes(Case):
    def test_one_that_is_stopped(self):
        process = self.victim(self.compile("places", PLACES, "-O0"))
        os.kill(process.pid, signal.SIGSTOP)
        self.assertTrue(soon(lambda: self.field(process.pid, process.pid, "State") == "T (stopped)"))
        threads = self.stacks(process.pid)
        self.assertEqual({thread["state"] for thread in threads.values()}, {"stopped"})
        self.assertIn("main", self.functions(threads[process.pid]))
        self.assertEqual(self.field(process.pid, process.pid, "State"), "T (stopped)")

    def test_one_whose_first_thread_has_ended(self):
        process = self.start(self.compile("leaderless", LEADERLESS))
        self.assertTrue(soon(lambda: self.field(process.pid, process.pid, "State")[0] == "Z"))
        threads = self.stacks(process.pid)
        self.assertEqual((threads.pop(process.pid)["state"]), "ended")
        (stays,) = threads.values()
        self.assertIn("stays", self.functions(stays))

    def test_one_that_a_debugger_holds(self):
        process = self.victim(self.compile("places", PLACES, "-O0"))
        tracer = self.start("strace", "-f", "-o", "/dev/null", "-p", str(process.pid), stderr=subprocess.DEVNULL) \
            if shutil.which("strace") else self.skipTest("not installed: strace")
        self.assertTrue(soon(lambda: self.field(process.pid, process.pid, "TracerPid") == str(tracer.pid)))
        done = self.vigil("stacks", "--json", f"--pid={process.pid}")
        self.assertEqual(done.returncode, 1)
        threads = json.loads(done.stdout)["processes"][0]["threads"]
        (running,) = [thread for thread in threads if "error" in thread]
        self.assertIn("traced by another process", running["error"])
        self.assertIn("main", self.functions(threads[0]))

    def test_one_in_other_namespaces(self):
        self.needs_mounts()
        program = self.compile("places", PLACES, "-O0")
        os.mkdir(self.path("root"))
        script = f"mount -t tmpfs none {self.path('root')} && cp {program} {self.path('root')}/hidden && exec {self.path('root')}/hidden"
        holder = self.start("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, stdout=subprocess.PIPE)
        self.assertEqual(holder.stdout.readline(), "ready\n")
        (inside,) = map(int, pathlib.Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text(encoding="utf-8").split())
        self.addCleanup(os.kill, inside, signal.SIGKILL)
        self.assertTrue(soon(lambda: self.field(inside, inside, "State")[0] == "S"))
        frames = self.stacks(inside)[inside]["frames"]
        (main,) = [frame for frame in frames if frame.get("function") == "main"]
        self.assertTrue(main["file"].endswith("<stdin>"))

    def test_one_with_another_root(self):
        """Its files have other paths here than there, the same mount namespace or not."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        program = self.compile("places", PLACES, "-O0")
        needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in [program, *re.findall(r"(/\S+) \(0x", needed)]:
            place = self.path("jail" + ("/places" if path == program else path))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copy(path, place)
        for way in (["chroot"], ["unshare", "--mount", "chroot"]):
            with self.subTest(way=way):
                process = self.victim(*way, self.path("jail"), "/places")
                frames = self.stacks(process.pid)[process.pid]["frames"]
                (main,) = [frame for frame in frames if frame.get("function") == "main"]
                self.assertTrue(main["file"].endswith("<stdin>"))

    def test_those_that_are_not_there(self):
        child = subprocess.Popen(["true"])
        self.assertTrue(soon(lambda: self.field(child.pid, child.pid, "State")[0] == "Z"))
        done = self.vigil("stacks", f"--pid={child.pid}", "--pid=4194303")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"vigil: process {child.pid} (true): has ended, and its parent has not waited for it yet\n"
                         "vigil: process 4194303: no such process\n")
        child.wait()

    def test_wrong_usage(self):
        for arguments in ([], ["--pid=x"], ["--pid=0"], ["--pid=,"], ["one", "more"], [""], ["--pid=99999999999"],
                          ["--samples=0", "x"], ["--samples=x", "x"], ["--interval=0", "x"], ["--interval=1s", "x"], ["--interval=nan", "x"],
                          ["--json", "--dot", "x"]):
            with self.subTest(arguments=arguments):
                done = self.vigil("stacks", *arguments)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1))


class Run(Case):
    def begin(self):
        """Three ranks below a shell, in place."""
        self.compile("places", PLACES, "-O0")
        script = "for rank in 0 1 2; do RANK=$rank WORLD_SIZE=3 ./places & done; wait"
        run = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "sh", "-c", script, stdout=subprocess.PIPE)
        self.assertEqual([run.stdout.readline() for _ in range(3)], 3 * ["ready\n"])
        ranks = {}
        for event in watched.events_so_far(self.path("run")):
            if "rank" in event and event["process"]["program"] == "places":
                ranks[event["rank"]] = event["pid"]
        self.assertEqual(set(ranks), {0, 1, 2})
        for pid in ranks.values():
            self.addCleanup(self.end, pid)
            self.assertTrue(soon(lambda pid=pid: self.field(pid, pid, "State")[0] == "S"))
        return run, ranks

    def end(self, pid):
        try:
            if b"places" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass

    def test_its_ranks_and_its_other_processes(self):
        run, ranks = self.begin()
        done = self.vigil("stacks", "run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for rank, pid in ranks.items():
            self.assertIn(f"{pid} (places) of rank {rank}", done.stdout)
        heads = [head for head in done.stdout.splitlines() if not head.startswith(" ")]
        self.assertEqual([head[:9] for head in heads if head.startswith("3")], 4 * ["3 threads"])
        self.assertRegex(heads[0], r"^thread \d+ \(sh\) of process \d+ \(sh\), waiting:$")
        os.kill(ranks[1], signal.SIGSTOP)
        self.assertTrue(soon(lambda: self.field(ranks[1], ranks[1], "State")[0] == "T"))
        self.assertIn(f"thread {ranks[1]} (places) of rank 1 (process {ranks[1]}, places), stopped:", self.vigil("stacks", "run").stdout)
        processes = json.loads(self.vigil("stacks", "--json", "run").stdout)["processes"]
        self.assertEqual({process["rank"]: process["pid"] for process in processes if "rank" in process}, ranks)
        for pid in ranks.values():
            self.end(pid)
        run.wait()
        done = self.vigil("stacks", "run")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", "vigil: run: no process of the run goes on\n"))

    def test_its_ranks_in_a_container(self):
        """The events have the pids that the ranks have in their own pid namespace."""
        self.needs_mounts()
        self.compile("places", PLACES, "-O0")
        sleeps = self.write("sleeps.py", "import time\nprint('ready', flush=True)\ntime.sleep(99)\n")
        script = f"for rank in 0 1; do RANK=$rank WORLD_SIZE=3 ./places & done; RANK=2 WORLD_SIZE=3 {sys.executable} {sleeps} & wait"
        holder = self.start("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", watched.VIGIL, "run", "-q", "-d", "run", "--",
                            "sh", "-c", script, stdout=subprocess.PIPE)
        self.assertEqual([holder.stdout.readline() for _ in range(3)], 3 * ["ready\n"])
        time.sleep(0.5)
        done = self.vigil("stacks", "--json", "run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = {process["rank"]: process for process in json.loads(done.stdout)["processes"] if "rank" in process}
        self.assertEqual(set(found), {0, 1, 2})
        inside = {event["pid"] for event in watched.events_so_far(self.path("run"))}
        for rank, process in found.items():
            self.assertNotIn(process["pid"], inside)
            functions = [name for thread in process["threads"] for name in self.functions(thread)]
            self.assertIn("main" if rank < 2 else "<module>", functions)
        text = self.vigil("stacks", "run").stdout
        self.assertRegex(text, r"(?m)^2 threads, waiting: \d+ \(places\) of rank 0, \d+ \(places\) of rank 1$")

    def test_those_of_other_hosts_are_named(self):
        _, ranks = self.begin()
        event = next(event for event in watched.events_so_far(self.path("run")) if event.get("rank") == 2)
        event.update(hostname="n2", rank=3)
        event["process"]["boot_id"] = "0" * 36
        self.write("run/n2.jsonl", json.dumps(event) + "\n")
        done = self.vigil("stacks", "run")
        self.assertEqual((done.returncode, done.stderr), (1, "vigil: host n2: 1 of 1 processes of the run are not shown: no vigil run on that "
                                                      "host has answered for them within 5 seconds\n"))
        self.assertIn(f"{ranks[2]} (places) of rank 2", done.stdout)

    def test_a_pid_that_is_another_process_now_is_not_shown(self):
        _, ranks = self.begin()
        event = next(event for event in watched.events_so_far(self.path("run")) if event.get("rank") == 2)
        event["process"]["start_ticks"] -= 1
        os.mkdir(self.path("other"))
        self.write("other/host.jsonl", json.dumps(event) + "\n")
        done = self.vigil("stacks", "other")
        self.assertEqual((done.returncode, done.stderr), (1, "vigil: other: no process of the run goes on\n"))

    def test_what_is_no_run(self):
        os.mkdir(self.path("empty"))
        for name, why in (("empty", "no events of a run"), ("none", "No such file or directory")):
            done = self.vigil("stacks", name)
            self.assertEqual((done.returncode, done.stderr), (1, f"vigil: {name}: {why}\n"))


EXITING = r"""
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void slow(void) { puts("ready"); fflush(stdout); pause(); }
static void *stays(void *nothing) { pause(); return nothing; }
int main(void) { pthread_t thread; atexit(slow); pthread_create(&thread, NULL, stays, NULL); return 0; }
"""

# Refuses system call $1 to what it becomes, with EPERM; or with $2 "kill" not at all.
FILTER = r"""
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(arguments[1]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {4, filter};
	(void)count;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return 99;
	execv(arguments[2], arguments + 2);
	return 98;
}
"""
NUMBERS = {"x86_64": {"process_vm_readv": 310, "ptrace": 101}, "aarch64": {"process_vm_readv": 270, "ptrace": 117}}


class Exiting(Case):
    def test_one_that_is_exiting(self):
        process = self.start(self.compile("exiting", EXITING), stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.assertTrue(soon(lambda: self.field(process.pid, process.pid, "State")[0] == "S"))
        threads = self.stacks(process.pid)
        self.assertIn("slow", self.functions(threads[process.pid]))
        self.assertIn("exit", self.functions(threads[process.pid]))

    def test_processes_that_begin_and_end_meanwhile(self):
        shell = self.start("sh", "-c", "while :; do /bin/true; done")
        for _ in range(20):
            below = pathlib.Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text(encoding="ascii").split()
            done = self.vigil("stacks", "--json", f"--pid={','.join([str(shell.pid), *below])}")
            self.assertIn(done.returncode, (0, 1))
            for line in done.stderr.splitlines():
                self.assertRegex(line, r"^vigil: process \d+( \(\w+\))?: (no such process|has ended, .*|is a thread of the kernel, or exits at this moment)$")
            self.assertEqual(json.loads(done.stdout)["processes"][0]["pid"], shell.pid)
        self.assertIsNone(shell.poll())

    def test_a_thread_of_the_kernel(self):
        pid = next((int(entry) for entry in os.listdir("/proc") if entry.isdigit() and not os.path.exists(f"/proc/{entry}/exe")
                    and pathlib.Path(f"/proc/{entry}/stat").read_text(encoding="utf-8").split(") ")[-1].split()[1] == "2"), None)
        if pid is None:
            self.skipTest("no thread of the kernel is seen here")
        done = self.vigil("stacks", f"--pid={pid}")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r": is a thread of the kernel, or exits at this moment\n$")

    def test_one_that_waits_for_a_child_of_vfork(self):
        """Its state is D, which no signal ends."""
        program = self.compile("vforks", "#include <unistd.h>\nint main(void) { write(1, \"ready\\n\", 6); "
                               "if (vfork() == 0) { execl(\"/bin/nothing\", \"x\", (char *)0); for (;;) pause(); } return 0; }\n")
        process = self.start(program, stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.assertTrue(soon(lambda: self.field(process.pid, process.pid, "State")[0] == "D"))
        (child,) = map(int, pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split())
        self.addCleanup(os.kill, child, signal.SIGKILL)
        thread = self.stacks(process.pid)[process.pid]
        self.assertEqual(thread["state"], "uninterruptible")
        self.assertTrue(thread["frames"])


class Refused(Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("needs root to run programs as another user")
        os.chmod(self.directory, 0o755)
        self.lend()

    def as_other(self, *pids):
        return self.bare(*AS_OTHER, self.lent, "stacks", f"--pid={','.join(map(str, pids))}")

    def test_processes_of_other_users_and_the_rest_is_shown(self):
        program = self.compile("places", PLACES, "-O0")
        roots, own = self.victim(program), self.victim(*AS_OTHER, program)
        done = self.as_other(roots.pid, own.pid)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"vigil: process {roots.pid} (places): belongs to user 0; look at it as that user, or as root\n")
        self.assertIn("main+", done.stdout)
        self.assertEqual(self.as_other(own.pid).returncode, 0)

    def test_a_filter_of_the_one_who_looks(self):
        numbers = NUMBERS.get(os.uname().machine) or self.skipTest("the numbers of system calls are not known")
        program, filtered = self.compile("places", PLACES, "-O0"), self.compile("filter", FILTER)
        process = self.victim(program)
        done = self.bare(filtered, str(numbers["process_vm_readv"]), watched.VIGIL, "stacks", f"--pid={process.pid}")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r": is out of reach, as a seccomp filter refuses process_vm_readv\(2\) here; allow it, ")
        # Without ptrace the threads that wait are shown, and the one that runs is named.
        done = self.bare(filtered, str(numbers["ptrace"]), watched.VIGIL, "stacks", "--json", f"--pid={process.pid}")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        threads = json.loads(done.stdout)["processes"][0]["threads"]
        self.assertEqual([thread["state"] for thread in threads if "error" in thread], ["running"])
        self.assertIn("ptrace is refused", next(thread["error"] for thread in threads if "error" in thread))
        self.assertIn("main", self.functions(threads[0]))

    def test_one_that_is_not_dumpable(self):
        process = self.victim(*AS_OTHER, self.compile("undumpable", UNDUMPABLE))
        done = self.as_other(process.pid)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("not dumpable", done.stderr)
        self.assertEqual(self.vigil("stacks", f"--pid={process.pid}").returncode, 0)


if __name__ == "__main__":
    tap.main()
