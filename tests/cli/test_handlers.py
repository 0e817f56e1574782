#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A crash reaches every kind of handler, and the program does not notice them."""

import os
import pathlib
import pickle
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

CRASH = "kill -SEGV $$"  # a shell, which takes no such signal for itself


class Handlers(watched.Case):
    def crash(self, handler, command=CRASH, outcome=-signal.SIGSEGV):
        config = self.write("job.yaml", "version: 1\nformatters: {f: {format: '%(levelname)s %(message)s'}}\n"
                            f"handlers: {{h: {{class: {handler}, formatter: f}}}}\nroot: {{level: DEBUG, handlers: [h]}}\n")
        ended = subprocess.run(["/bin/dash", "-c", command], capture_output=True, cwd=self.directory, timeout=30,
                               env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=config), check=False)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (outcome, b"", b""))

    def bound(self, kind, address):
        here = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET, kind)
        self.addCleanup(here.close)
        here.bind(address)
        here.settimeout(0.2)
        return here

    @staticmethod
    def datagrams(here):
        got = []
        try:
            while True:
                got.append(here.recv(65536))
        except TimeoutError:
            return got

    def text(self, name):
        return pathlib.Path(self.path(name)).read_text(encoding="utf-8")

    def test_the_journal_gets_a_crash_with_its_priority_and_fields(self):
        journal = self.bound(socket.SOCK_DGRAM, self.path("journal"))
        self.crash(f"vigil.JournalHandler, path: {self.path('journal')}")
        entries = self.datagrams(journal)
        self.assertEqual([entry[:11] for entry in entries], [b"PRIORITY=6\n"] * 2 + [b"PRIORITY=2\n"])
        self.assertIn(b"\nVIGIL_SIGNAL=SIGSEGV\n", entries[2])
        self.assertIn(b"CRITICAL dash (pid ", entries[2])

    def test_syslog_gets_a_crash(self):
        server = self.bound(socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self.crash(f"logging.handlers.SysLogHandler, address: [localhost, {server.getsockname()[1]}], facility: local0")
        self.assertEqual([message[:5] for message in self.datagrams(server)], [b"<134>", b"<134>", b"<130>"])

    def test_a_log_server_gets_a_crash_by_tcp(self):
        server = self.bound(socket.SOCK_STREAM, ("127.0.0.1", 0))
        server.listen()
        self.crash(f"logging.handlers.SocketHandler, host: 127.0.0.1, port: {server.getsockname()[1]}")
        connection = server.accept()[0]
        with connection, connection.makefile("rb") as stream:
            records = []
            while head := stream.read(4):
                records.append(pickle.loads(stream.read(struct.unpack(">L", head)[0])))
        self.assertEqual([r["levelname"] for r in records], ["INFO", "INFO", "CRITICAL"])
        self.assertEqual(records[2]["signal"], "SIGSEGV")
        self.assertEqual(records[2]["rank"], None)

    def test_a_log_server_that_is_not_there_holds_up_nobody(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.crash(f"logging.handlers.SocketHandler, host: 127.0.0.1, port: {port}")

    def test_the_crash_of_a_child_rotates_the_file_of_both(self):
        self.crash("logging.handlers.RotatingFileHandler, filename: r.log, maxBytes: 60, backupCount: 9",
                   f"sh -c '{CRASH}; :' 2>/dev/null; exit 7", 7)
        names = [name for name in os.listdir(self.directory) if name.startswith("r.log.")]
        reported = [line for name in names + ["r.log"] for line in self.text(name).splitlines() if "(pid" in line]
        self.assertEqual(len(reported), 7)
        self.assertEqual(sum(line.startswith("DEBUG unknown (pid") for line in reported), 1)  # what its parent saw
        self.assertEqual(sum("CRITICAL" in line for line in reported), 1)
        self.assertGreaterEqual(len(names), 2)

    def test_a_file_of_yesterday_is_rotated_by_a_start(self):
        path = self.write("t.log", "old\n")
        os.utime(path, (1331380800, 1331380800))
        self.crash("logging.handlers.TimedRotatingFileHandler, filename: t.log, when: d, utc: yes")
        self.assertEqual(self.text("t.log.2012-03-10"), "old\n")
        self.assertIn("CRITICAL", self.text("t.log"))


if __name__ == "__main__":
    tap.main()
