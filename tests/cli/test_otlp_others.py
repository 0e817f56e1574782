#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What vigil forward sends as OTLP, as others read it: the official schema, and a receiver that is not ours.

The schema is that of Debian's libopentelemetry-proto-dev (from forky on). The receiver is rotel-agent, where PATH or VIGIL_ROTEL has
it: npm's package @streamfold/rotel-linux-x64. It hands on to a receiver of the test's what it has understood.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import otlp
import otlp_case
import tap
import watched

ROTEL = os.environ.get("VIGIL_ROTEL") or shutil.which("rotel-agent")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Others(otlp_case.Case):
    def test_the_official_schema_decodes_the_same(self):
        decode = otlp.official()
        if not decode:
            self.skipTest("no official schema: python3-protobuf, and VIGIL_OTLP_PROTO or libopentelemetry-proto-dev")
        receiver = self.receiver()
        self.job()
        self.assert_sent(self.forward(receiver.url))
        self.assert_all([record for body, _ in receiver.taken for record in otlp.records(decode(body))])

    def start(self, receiver):
        """A rotel-agent that hands on to RECEIVER; returns the URL where it listens."""
        port = free_port()
        with open(self.path("rotel.log"), "wb") as log:
            agent = subprocess.Popen([ROTEL, "start", "--otlp-http-endpoint", f"127.0.0.1:{port}", "--otlp-grpc-endpoint",
                                      f"127.0.0.1:{free_port()}", "--exporter", "otlp", "--otlp-exporter-protocol", "http",
                                      "--otlp-exporter-endpoint", f"http://127.0.0.1:{receiver.port}", "--pid-file", self.path("rotel.pid")],
                                     stdout=log, stderr=log, env=otlp_case.environment())
        self.addCleanup(lambda: (agent.kill(), agent.wait()))
        for _ in range(200):
            with socket.socket() as link:
                if link.connect_ex(("127.0.0.1", port)) == 0:
                    return f"otlp+http://127.0.0.1:{port}"
            time.sleep(0.05)
        self.fail(pathlib.Path(self.path("rotel.log")).read_text(encoding="utf-8"))

    def test_another_receiver_understands_all(self):
        if not ROTEL:
            self.skipTest("no other receiver: rotel-agent, of npm's @streamfold/rotel-linux-x64")
        for protocol in ("http/protobuf", "http/json"):
            with self.subTest(protocol):
                name = protocol.rsplit("/", maxsplit=1)[-1]
                receiver = self.receiver()
                url = self.start(receiver)
                self.job(name=name)
                self.assert_sent(self.forward(url, name=name, OTEL_EXPORTER_OTLP_PROTOCOL=protocol))
                count = len(watched.events(self.path(name)))
                for _ in range(200):
                    if len(receiver.records()) >= count:
                        break
                    time.sleep(0.05)
                self.assert_all(receiver.records(), name=name)


if __name__ == "__main__":
    tap.main()
