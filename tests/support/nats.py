# SPDX-License-Identifier: Apache-2.0
"""A nats-server of a test's own, on the loopback interface, and a client that says what no well-behaved one would."""

import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

# Debian's is where a user's PATH does not lead.
PROGRAM = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")


def missing():
    """None, or why there can be no server here."""
    if not PROGRAM:
        return "not installed: nats-server"
    if not glob.glob("/usr/lib/*/libnats.so*"):
        return "not installed: libnats"
    return None


class Server:
    """A server whose store is in the folder FOLDER. MORE: lines of its configuration."""

    def __init__(self, folder, more="", scheme="nats"):
        self.folder, self.more, self.scheme = pathlib.Path(folder), more, scheme
        self.folder.mkdir()
        self.port = -1
        self.process = None
        self.start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self):
        configuration = self.folder / "server.conf"
        configuration.write_text(f'host: "127.0.0.1"\nport: {self.port}\nports_file_dir: "{self.folder}"\n'
                                 f'jetstream {{ store_dir: "{self.folder}/store" }}\n{self.more}\n', encoding="utf-8")
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-c", configuration], stdout=log, stderr=log)
        ports = self.folder / f"nats-server_{self.process.pid}.ports"
        for _ in range(500):
            try:
                (said,) = json.loads(ports.read_text(encoding="utf-8"))["nats"]
                self.port = int(said.rpartition(":")[2])
                return
            except (OSError, ValueError):
                time.sleep(0.02)
        raise RuntimeError((self.folder / "log").read_text(encoding="utf-8"))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.kill()


class Client:
    """A plain connection to SERVER, line by line."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        self.lines = self.socket.makefile("rb")
        self.say('CONNECT {"verbose":false,"headers":true,"pedantic":false,"no_responders":true}')
        self.say("SUB answers 1")
        self.said = json.loads(self.lines.readline()[5:])

    def say(self, line, data=b""):
        self.socket.sendall(line.encode() + b"\r\n" + data)

    def ask(self, subject, **members):
        """What JetStream answers."""
        body = json.dumps(members).encode() if members else b""
        self.say(f"PUB $JS.API.{subject} answers {len(body)}", body + b"\r\n")
        while True:
            line = self.lines.readline()
            if line.startswith(b"MSG answers"):
                return json.loads(self.lines.read(int(line.split()[-1]) + 2))
            if not line:
                raise RuntimeError("the server has hung up")
            if line.startswith(b"PING"):
                self.say("PONG")

    def publish(self, subject, data, message_id=None):
        """Publish DATA; MESSAGE_ID: bytes of the header Nats-Msg-Id."""
        if message_id is None:
            self.say(f"PUB {subject} {len(data)}", data + b"\r\n")
            return
        header = b"NATS/1.0\r\nNats-Msg-Id: " + message_id + b"\r\n\r\n"
        self.say(f"HPUB {subject} {len(header)} {len(header) + len(data)}", header + data + b"\r\n")

    def messages(self, run):
        """How many messages the stream of RUN has."""
        return self.ask(f"STREAM.INFO.VIGIL_{run}")["state"]["messages"]

    def close(self):
        self.lines.close()
        self.socket.close()
