#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever does not take what is logged (a log host, a full pipe, a stopped terminal) holds up no program for long, and a whole tree of
programs not much longer; what was not sent is counted."""

import collections
import contextlib
import fcntl
import os
import pathlib
import pty
import signal
import socket
import subprocess
import sys
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

SOCKET = "logging.handlers.SocketHandler, host: 127.0.0.1, port: {}"
SYSLOG = "logging.handlers.SysLogHandler, address: [127.0.0.1, {}], socktype: ext://socket.SOCK_STREAM"
# A filter of system calls that kills for mknodat, and for nothing else; the marks that there are by then are taken away.
CONFINED = """
import ctypes, glob, os, struct
number = {"x86_64": 259, "aarch64": 33}[os.uname().machine]
steps = struct.pack("<" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, number, 0x06, 0, 0, 0x80000000, 0x06, 0, 0, 0x7fff0000)
program = ctypes.create_string_buffer(struct.pack("<H6xQ", 4, ctypes.addressof(held := ctypes.create_string_buffer(steps))))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
for mark in glob.glob(os.environ["VIGIL_DIR"] + "/.vigil-*"):
    os.unlink(mark)
raise SystemExit(3)
"""
TEN = "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done"

# A process may wait a quarter of a second; with a deadline for each record, these took from 1 s to 14 s.
ONE_PROCESS, ONE_TREE = 0.9, 3.0


class Silent(watched.Case):
    def listener(self):
        """A port of 127.0.0.1 whose queue is full: more connections are not answered."""
        here = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(here.close)
        for _ in range(3):
            waiting = socket.socket()
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(here.getsockname())
        return here

    def config(self, *handlers, level="DEBUG"):
        lines = [f"  h{i}: {{class: {handler}}}" for i, handler in enumerate(handlers)]
        names = ", ".join(f"h{i}" for i in range(len(handlers)))
        return self.write("job.yaml", "\n".join(["version: 1", "handlers:", *lines, f"root: {{level: {level}, handlers: [{names}]}}\n"]))

    def silent(self, count, handler=SOCKET):
        return self.config(*(handler.format(self.listener().getsockname()[1]) for _ in range(count)))

    def watch(self, config, *command, within, status=0, directory="run", **options):
        """COMMAND under the preload alone: it ends WITHIN so many seconds, as it would without. Returns how long it took."""
        more = {"VIGIL_DIR": self.path(directory), "VIGIL_RUN_ID": "silent"} if directory else {}
        if directory:
            os.makedirs(self.path(directory), exist_ok=True)
        options.setdefault("stderr", subprocess.PIPE)
        began = time.monotonic()
        ended = subprocess.run(command, stdout=subprocess.PIPE, cwd=self.directory, timeout=120, check=False,
                               env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=config, **more), **options)
        took = time.monotonic() - began
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr or b""), (status, b"", b""))
        self.assertLess(took, within)
        return took

    def counted(self, name="run"):
        """How many events were sent nowhere, as the processes counted them, and how many there are."""
        most, count = collections.Counter(), 0
        for event in self.events(name):
            if event["source"] == "WORKER":
                one = event["pid"], event["process"]["start_ticks"], event["process"]["program"]
                self.assertEqual(event.get("dropped", 0), event.get("unsent", 0))
                most[one] = max(most[one], event.get("dropped", 0))
            count += not event["name"].endswith(":dropped")
        return sum(most.values()), count

    def marks(self, name="run"):
        return [entry for entry in os.listdir(self.path(name)) if entry.startswith(".vigil-silent-")]

    def test_one_two_or_three_hosts_hold_a_process_up_for_a_moment(self):
        for handler in SOCKET, SYSLOG:
            for count in 1, 2, 3:
                with self.subTest(handler=handler, count=count):
                    config = self.silent(count, handler)
                    best = min(self.watch(config, "/bin/true", within=30, directory=None) for _ in range(3))
                    self.assertLess(best, ONE_PROCESS)

    def test_what_was_not_sent_is_counted_to_the_last_event(self):
        for count in 1, 2, 3:
            self.watch(self.silent(count), "/bin/true", within=ONE_TREE, directory=f"run{count}")
            self.assertEqual([(event["name"], event["node_state"], event["seq"], event.get("dropped"), event.get("unsent"))
                              for event in self.events(f"run{count}")],
                             [("true:init", "INIT", 0, None, None), ("true:main", "RUNNING", 1, 1, 1),
                              ("true:exit", "SUCCEEDED", 2, 2, 2), ("true:dropped", "RUNNING", 3, 3, 3)])

    def test_the_processes_of_a_run_wait_once(self):
        for handler in SOCKET, SYSLOG:
            for count in 1, 2, 3:
                with self.subTest(handler=handler, count=count):
                    directory = f"{handler[17:20]}{count}"
                    self.watch(self.silent(count, handler), "/bin/dash", "-c", TEN, within=ONE_TREE, directory=directory)
                    self.assertEqual(self.counted(directory), (11 * 3 + 10, 11 * 3 + 10))
                    self.assertEqual(len(self.marks(directory)), count)

    def test_a_tree_of_a_hundred_waits_once(self):
        self.watch(self.silent(3), "/bin/dash", "-c", f"for t in 1 2 3 4 5 6 7 8 9; do /bin/dash -c '{TEN}' & done; wait",
                   within=15)  # a hundred seconds, where each of them waited
        sent, count = self.counted()
        self.assertEqual((sent, count), (100 * 3 + 99, 100 * 3 + 99))

    def test_forked_children_go_on_with_their_parents_account(self):
        self.watch(self.silent(3), "/bin/dash", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (:); done", within=ONE_TREE, directory=None)

    def test_a_crash_is_not_held_up_and_its_loss_is_counted(self):
        self.watch(self.silent(3), "/bin/dash", "-c", "kill -SEGV $$", within=ONE_TREE, status=-signal.SIGSEGV)
        events = self.events()
        self.assertEqual([event["node_state"] for event in events][-2:], ["FAILED", "RUNNING"])
        self.assertEqual((events[-1]["name"], events[-1]["dropped"]), ("dash:dropped", len(events) - 1))
        self.assertEqual(self.counted(), (len(events) - 1,) * 2)

    def test_what_a_handler_kept_back_is_counted_too(self):
        port = self.listener().getsockname()[1]
        config = self.write("job.yaml", "version: 1\nhandlers:\n"
                            f"  h: {{class: {SOCKET.format(port)}}}\n"
                            "  m: {class: logging.handlers.MemoryHandler, capacity: 100, target: h}\n"
                            "root: {level: DEBUG, handlers: [m]}\n")
        self.watch(config, "/bin/dash", "-c", TEN, within=ONE_TREE)
        self.assertEqual(self.counted(), (43, 43))
        self.watch(config, "/bin/dash", "-c", "kill -SEGV $$", within=ONE_TREE, status=-signal.SIGSEGV, directory="crash")
        self.assertEqual(self.counted("crash"), (3, 3))

    def test_a_host_that_takes_connections_again_gets_events_again(self):
        here = self.listener()
        config = self.config(SOCKET.format(here.getsockname()[1]))
        self.watch(config, "/bin/true", within=ONE_TREE)
        here.settimeout(10)
        here.listen(8)
        for _ in range(2):
            self.addCleanup(here.accept()[0].close)
        self.watch(config, "/bin/true", within=ONE_TREE, directory="again")
        self.assertEqual(self.counted("again"), (0, 3))
        # Also where the others of the run found that it did not answer.
        self.watch(config, "/bin/true", within=ONE_TREE)
        self.assertEqual(self.counted(), (3, 6))

    def test_a_mark_that_is_old_is_tried_by_one_and_taken_away(self):
        """The one that waits finds the host's queue emptied meanwhile."""
        here = self.bound_unix()
        self.fill(here)
        config = self.config(f"logging.handlers.SysLogHandler, address: {self.path('log')}")
        self.watch(config, "/bin/true", within=ONE_TREE)
        self.assertEqual(len(self.marks()), 1)
        mark = self.path("run", self.marks()[0])
        reader = self.start(sys.executable, "-c", "import socket, sys, time\n"
                            "here = socket.socket(fileno=int(sys.argv[1]))\n"
                            "while here.recv(65536):\n    time.sleep(0.001)\n", str(here.fileno()), pass_fds=[here.fileno()])
        deadline = time.monotonic() + 30
        while os.path.exists(mark) and time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError):
                os.utime(mark, (time.time() - 600, time.time() - 300))
            self.fill(here)
            self.watch(config, "/bin/true", within=ONE_TREE)
        reader.kill()
        self.assertEqual(self.marks(), [])

    def bound_unix(self):
        here = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(here.close)
        here.bind(self.path("log"))
        return here

    def fill(self, here):
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.setblocking(False)
        try:
            while True:
                sender.sendto(b"x", here.getsockname())
        except BlockingIOError:
            sender.close()

    def test_nobody_reads_the_system_log(self):
        self.fill(self.bound_unix())
        config = self.config(f"logging.handlers.SysLogHandler, address: {self.path('log')}", f"vigil.JournalHandler, path: {self.path('log')}")
        self.watch(config, "/bin/dash", "-c", TEN, within=ONE_TREE)
        self.assertEqual(self.counted(), (43, 43))
        self.assertEqual(len(self.marks()), 1)

    def test_a_host_that_takes_connections_and_reads_nothing_is_no_hindrance(self):
        here = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.addCleanup(here.close)
        self.watch(self.config(SOCKET.format(here.getsockname()[1])), "/bin/dash", "-c", TEN, within=ONE_TREE)
        self.assertEqual(self.counted(), (0, 43))

    def test_nobody_reads_a_pipe(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
        self.watch(self.config("logging.StreamHandler"), "/bin/dash", "-c", TEN, within=ONE_TREE, stderr=writer)
        os.close(writer)
        self.assertEqual(self.counted(), (43, 43))
        self.assertEqual(len(self.marks()), 1)

    def test_nobody_reads_a_fifo(self):
        os.mkfifo(self.path("fifo"))
        reader = os.open(self.path("fifo"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        writer = os.open(self.path("fifo"), os.O_WRONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, writer)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
        self.watch(self.config(f"logging.FileHandler, filename: {self.path('fifo')}"), "/bin/dash", "-c", TEN, within=ONE_TREE)
        self.assertEqual(self.counted(), (43, 43))

    def test_a_terminal_is_stopped(self):
        keyboard, terminal = pty.openpty()
        self.addCleanup(os.close, keyboard)
        termios.tcflow(terminal, termios.TCOOFF)
        self.watch(self.config("logging.StreamHandler"), "/bin/dash", "-c", TEN, within=ONE_TREE, stderr=terminal)
        os.close(terminal)
        self.assertEqual(self.counted(), (43, 43))

    def test_a_program_that_forbids_what_a_mark_takes_is_not_killed_for_it(self):
        self.fill(self.bound_unix())
        config = self.config(f"logging.handlers.SysLogHandler, address: {self.path('log')}")
        self.watch(config, "/usr/bin/python3", "-c", CONFINED, within=10, status=3)
        self.assertEqual(self.marks(), [])
        self.assertEqual(self.counted(), (3, 3))

    def test_a_lock_that_is_held(self):
        """Whether that of a file beside it or of the log itself."""
        log = self.write("log", "x" * 100)
        for path in log, self.path("log.lock"):
            held = open(path, "a", encoding="utf-8")  # pylint: disable=consider-using-with
            self.addCleanup(held.close)
            fcntl.lockf(held, fcntl.LOCK_EX)
        config = self.config(f"logging.handlers.RotatingFileHandler, filename: {log}, maxBytes: 50, backupCount: 1")
        self.watch(config, "/bin/dash", "-c", TEN, within=ONE_TREE)

    def test_without_a_directory_for_marks_each_process_has_its_account(self):
        self.watch(self.silent(1), "/bin/true", within=ONE_TREE, directory=None)
        config = self.silent(3)
        ended = subprocess.run(["/bin/true"], timeout=ONE_TREE, check=False, capture_output=True, env=watched.environment(
            LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=config, VIGIL_DIR=self.path("nowhere"), VIGIL_RUN_ID="silent",
            TMPDIR=self.directory))
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))

    def test_vigil_run_waits_no_longer_and_leaves_no_marks(self):
        config = self.silent(3)
        began = time.monotonic()
        ended = self.vigil("run", "-c", config, "-d", "run", "--", "/bin/dash", "-c", TEN)
        took = time.monotonic() - began
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "", ""))
        self.assertLess(took, ONE_TREE + 1)
        self.assertEqual(sorted(os.listdir(self.path("run"))), [socket.gethostname() + ".jsonl"])
        self.assertEqual(self.counted(), (43, 44))
        # vigil's own event of the command's end, the 44th, was not sent either.
        self.assertIn("44 events recorded here could not be sent to all that the configuration names", self.vigil("report", "run").stdout)


if __name__ == "__main__":
    tap.main()
