#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs without ranks: vigil run --stall says so when all processes wait for each other, and nothing where somebody else may let them go on."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import terminal
import watched

STALL = 1
SLACK = 20  # of a loaded machine; what is to be said comes within 1.5 times STALL on one that is idle
PYTHON = "/usr/bin/python3"

# Each prints "begins" and waits; the line that is named ends with "# here".
HANGS = {
    "two locks": ("""
import threading
one, other, met = threading.Lock(), threading.Lock(), threading.Barrier(2)
def take(first, second):
    with first:
        met.wait()
        with second:  # here
            pass
threads = [threading.Thread(target=take, args=pair) for pair in ((one, other), (other, one))]
for thread in threads: thread.start()
print("begins", flush=True)
for thread in threads: thread.join()
""", r"its thread \d+ is in take \(job\.py:{here}\), its thread \d+ is in take \(job\.py:{here}\)"),
    "a queue that nobody fills": ("""
import queue
print("begins", flush=True)
queue.Queue().get()  # here
""", r"called by <module> \(job\.py:{here}\)"),
    "a parent, and its child that opens a FIFO": ("""
import os
os.mkfifo("way")
print("begins", flush=True)
child = os.fork()
if child == 0:
    open("way", "rb")  # here
os.waitpid(child, 0)
""", r": python\S* \(pid \d+\) is in <module> \(job\.py:{here}\); python"),
    "two that write to each other": ("""
import subprocess
cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print("begins", flush=True)
cat.stdin.write(bytes(1 << 20))  # here
""", r"<module> \(job\.py:{here}\); cat \(pid \d+\) is in write|cat \(pid \d+\) is in write.*<module> \(job\.py:{here}\)"),
    "a pipe whose writer waits for the reader": ("""
import os
reader, writer = os.pipe()
print("begins", flush=True)
child = os.fork()
if child == 0:
    os.read(reader, 1)  # here
os.wait()
""", r": python\S* \(pid \d+\) is in <module> \(job\.py:{here}\); python"),
}

QUIET = {
    "a server that accepts": """
import socket
server = socket.create_server(("127.0.0.1", 0))
print("begins", flush=True)
server.accept()
""",
    "a server that selects, with idle threads": """
import concurrent.futures, selectors, socket
pool = concurrent.futures.ThreadPoolExecutor(2)
list(pool.map(abs, range(8)))
server, ready = socket.create_server(("127.0.0.1", 0)), selectors.DefaultSelector()
ready.register(server, selectors.EVENT_READ)
print("begins", flush=True)
ready.select()
""",
    "a program that sleeps": """
import time
print("begins", flush=True)
time.sleep(1000)
""",
    "a program that waits for a signal": """
import signal, threading
stop = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: stop.set())
print("begins", flush=True)
stop.wait()
""",
    "its reader, too": """
import signal, subprocess, sys, threading
stop = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: stop.set())
reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
print("begins", flush=True)
stop.wait()
""",
    "a wait with a limit": """
import queue
print("begins", flush=True)
queue.Queue().get(timeout=1000)
""",
    "a client": """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print("begins", flush=True)
client.recv(1)
""",
    "a FIFO that others know": """
import os
print("begins", flush=True)
child = os.fork()
if child == 0:
    open("known", "rb")
os.waitpid(child, 0)
""",
    "a FIFO that it serves itself": """
import os
os.mkfifo("served")
way = os.open("served", os.O_RDWR)
print("begins", flush=True)
os.read(way, 1)
""",
    "what is piped to it": """
import sys
print("begins", flush=True)
sys.stdin.read()
""",
    "a parent whose child sleeps": """
import subprocess
print("begins", flush=True)
subprocess.run(["sleep", "1000"])
""",
}

# The job is stopped, by a signal or a debugger: what is said of it elsewhere is not said of it.
STOPPED = HANGS["two locks"][0]


def children_of(pid):
    with contextlib.suppress(OSError):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return []


class Job:
    """A job of vigil run in a directory WHERE of its own."""

    def __init__(self, where, script, stall=f"{STALL}s"):
        os.mkdir(where)
        self.where, self.lines, self.said = where, [], threading.Condition()
        pathlib.Path(where, "job.py").write_text(script, encoding="ascii")
        os.mkfifo(os.path.join(where, "known"))
        self.process = subprocess.Popen([watched.VIGIL, "run", "--stall", stall, "-d", "run", "--", PYTHON, "job.py"], cwd=where, text=True,
                                        env=watched.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.readers = [threading.Thread(target=self.read, args=(stream,), daemon=True) for stream in (self.process.stdout, self.process.stderr)]
        for reader in self.readers:
            reader.start()

    def read(self, stream):
        for line in stream:
            with self.said:
                self.lines.append(line.rstrip("\n"))
                self.said.notify_all()

    def await_line(self, words, seconds):
        """The first line with WORDS within SECONDS; None: there is none."""
        with self.said:
            self.said.wait_for(lambda: any(re.search(words, line) for line in self.lines), seconds)
            return next((line for line in self.lines if re.search(words, line)), None)

    def processes(self):
        """The pids of the job, which are those below vigil run but vigil's own."""
        found, todo = [], [self.process.pid]
        while todo:
            parent = todo.pop()
            for child in children_of(parent):
                with contextlib.suppress(OSError):  # a helper of vigil's has ended meanwhile
                    if not os.path.samefile(f"/proc/{child}/exe", watched.VIGIL):
                        found.append(child)
                        todo.append(child)
        return found

    def end(self):
        if self.process.poll() is None:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):  # it has ended with another one
                    os.kill(pid, signal.SIGKILL)
            self.process.terminate()
        self.process.wait(30)
        for reader in self.readers:
            reader.join(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


def trace(pid):
    """Be the debugger of process PID, stopped, in a process of its own, which is returned; "" on its output says that it is so."""
    script = ("import ctypes, os, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
              f"assert libc.ptrace(16, {pid}, None, None) == 0, os.strerror(ctypes.get_errno())\nos.waitpid({pid}, 0x40000000)\nprint(flush=True)\nsys.stdin.read()\n")
    tracer = subprocess.Popen([PYTHON, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    tracer.stdout.readline()
    return tracer


class Deadlock(watched.Case):
    def start(self, name, script, **more):
        job = Job(self.path(re.sub(r"\W", "_", name)), script, **more)
        self.addCleanup(job.end)
        return job

    def begun(self, job):
        self.assertIsNotNone(job.await_line("^begins", 60), job.lines)

    def test_those_that_wait_for_each_other_are_named(self):
        jobs = {name: self.start(name, script) for name, (script, _) in HANGS.items()}
        for name, job in jobs.items():
            with self.subTest(name):
                self.begun(job)
                script, words = HANGS[name]
                here = next(number for number, line in enumerate(script.splitlines(), 1) if line.endswith("# here"))
                line = job.await_line("^vigil: no process moved for ", STALL * 1.5 + SLACK)
                self.assertIsNotNone(line, job.lines)
                self.assertRegex(line, words.replace("{here}", str(here)))
        for name, job in jobs.items():
            with self.subTest(name):
                job.end()
                self.assertEqual(sum(" moved for " in line and line.startswith("vigil: no process") for line in job.lines), 1, job.lines)
                self.assertFalse(any("move again" in line for line in job.lines), job.lines)
                report = json.loads(self.vigil("report", "--json", os.path.join(job.where, "run")).stdout)
                stall = report["attempts"][-1]["stall"]
                self.assertIn("and all wait for each other: ", stall["text"])
                self.assertEqual((stall["moved_again"], stall["positions"]), (False, []))

    def test_silence_where_somebody_else_may_end_the_wait(self):
        jobs = {name: self.start(name, script) for name, script in QUIET.items()}
        for job in jobs.values():
            self.begun(job)
        time.sleep(3 * STALL)
        for name, job in jobs.items():
            with self.subTest(name):
                self.assertIsNone(job.process.poll(), job.lines)
                self.assertFalse([line for line in job.lines if "moved for" in line], job.lines)

    def test_silence_of_what_is_stopped(self):
        late = 4 * STALL  # a busy machine takes a while to stop them
        jobs = [self.start(name, STOPPED, stall=f"{late}s") for name in ("suspended", "traced")]
        for job in jobs:
            self.begun(job)
        for pid in jobs[0].processes():
            os.kill(pid, signal.SIGSTOP)  # SIGTSTP does nothing in an orphaned process group
        tracer = trace(jobs[1].processes()[0])
        self.addCleanup(tracer.communicate)
        time.sleep(2 * late)
        for job in jobs:
            self.assertFalse([line for line in job.lines if "moved for" in line], job.lines)
        for pid in jobs[0].processes():
            os.kill(pid, signal.SIGCONT)
        self.assertIsNotNone(jobs[0].await_line("^vigil: no process moved for ", late * 1.5 + SLACK), jobs[0].lines)

    def test_a_shell_at_its_terminal_is_silent(self):
        shell = terminal.Terminal(self.directory, watched.environment())
        self.addCleanup(shell.close)
        shell.command(f"{watched.VIGIL} run --stall {STALL}s -d run -- bash --norc --noprofile --noediting -i")
        shell.expect(r"\$ $")
        time.sleep(3 * STALL)
        shell.type("echo still\n")
        shell.expect(r"\nstill\n")
        self.assertNotIn("moved for", shell.text)
        shell.command("exit")

    def test_they_move_again(self):
        job = self.start("again", """
import os
reader, writer = os.pipe()
print("begins", flush=True)
child = os.fork()
if child == 0:
    os.read(reader, 1)
    while True: os.getppid()
os.wait()
""")
        self.begun(job)
        self.assertIsNotNone(job.await_line("^vigil: no process moved for ", STALL * 1.5 + SLACK), job.lines)
        holder = job.processes()[0]
        for name in os.listdir(f"/proc/{holder}/fdinfo"):
            if os.readlink(f"/proc/{holder}/fd/{name}").startswith("pipe:") and int(name) > 2:
                flags = re.search(r"flags:\s*(\d+)", pathlib.Path(f"/proc/{holder}/fdinfo/{name}").read_text(encoding="ascii"))[1]
                if int(flags, 8) & os.O_WRONLY:
                    with open(f"/proc/{holder}/fd/{name}", "wb", buffering=0) as writer:
                        writer.write(b"x")
                    break
        self.assertIsNotNone(job.await_line("^vigil: the processes move again", 20), job.lines)


if __name__ == "__main__":
    tap.main()
