#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Events as log records of OTLP: vigil run --to and vigil forward --to otlp+http://…, and --format otlp."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import nats
import otlp
import tap
import watched
from otlp_case import Case, environment

# Some hundred events.
BUSY = "for i in $(seq 120); do /bin/true; done; exit 3"


class Records(Case):
    def test_every_member_of_an_event_is_there_in_every_protocol(self):
        self.job()
        bodies = {}
        for protocol, compression in (("", ""), ("http/protobuf", "gzip"), ("http/json", "none"), ("http/json", "gzip")):
            with self.subTest(protocol=protocol, compression=compression):
                receiver = self.receiver()
                self.assert_sent(self.forward(receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
                                              OTEL_EXPORTER_OTLP_COMPRESSION=compression))
                self.assert_all(receiver.records())
                bodies[protocol] = receiver.taken[0][1]
                (_, path, headers), = receiver.posts
                self.assertEqual(path, "/v1/logs")
                self.assertEqual(headers["Content-Type"],
                                 "application/json" if "json" in protocol else "application/x-protobuf")
        self.assertEqual(bodies["http/json"], bodies["http/protobuf"])
        severities = {record["severityNumber"] for record in receiver.records()}
        self.assertEqual(severities, {9, 13, 17, 21})
        told = [record["attributes"] for record in receiver.records()]
        self.assertIn(3, [attributes.get("hpc.rank") for attributes in told])
        self.assertIn("ValueError", [attributes.get("exception.type") for attributes in told])
        reported = [attributes for attributes in told if "vigil.reporter.pid" in attributes]
        self.assertTrue(reported)
        self.assertTrue(all(attributes["process.pid"] != attributes["vigil.reporter.pid"] for attributes in reported))

    def test_a_file_has_the_same_records(self):
        self.job()
        self.assert_sent(self.vigil("forward", "run", "--format", "otlp", "--to", "logs.jsonl"))
        with open(self.path("logs.jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assert_all([record for line in lines for record in otlp.records(line)])
        printed = self.vigil("forward", "run", "--format=otlp")
        self.assertEqual(printed.stdout, pathlib.Path(self.path("logs.jsonl")).read_text(encoding="utf-8"))

    def test_the_resource_is_the_host_and_what_the_environment_says(self):
        receiver = self.receiver()
        self.job(BUSY)
        self.assert_sent(self.forward(receiver.url, OTEL_RESOURCE_ATTRIBUTES="deployment.environment=a%2Cb, host.name=no",
                                      OTEL_SERVICE_NAME="solver", KUBERNETES_SERVICE_HOST="10.0.0.1", POD_NAME="p-0",
                                      POD_NAMESPACE="hpc", NODE_NAME="n7"))
        (event, *_), host = watched.events(self.path("run")), os.uname().nodename
        self.assertEqual(receiver.records()[0]["resource"], {
            "service.name": "solver", "host.name": host, "hpc.job.id": event["run_id"], "deployment.environment": "a,b",
            "k8s.pod.name": "p-0", "k8s.namespace.name": "hpc", "k8s.node.name": "n7"})

    def test_large_and_odd_lines(self):
        event = {"schema": "vigil.event/1", "name": "x:y", "source": "WORKER", "node_state": "INIT", "message": "\U0001f600\u0000é",
                 "timestamp": 1, "time_us": 1000, "run_id": "r", "hostname": "h", "pid": 1, "odd": {"deep": [1, -2, 2.5, True, None,
                 {"a": [[]]}, "x" * 40000], "big": 2 ** 63 - 1, "more": 2 ** 70}}
        text = "".join(json.dumps({**event, "seq": i}) + "\n" for i in range(100)) + "\nno event\n{\"a\": 1}\n" + '{"schema":'
        os.mkdir(self.path("run"))
        self.write("run/h.jsonl", text)
        receiver = self.receiver()
        self.assert_sent(self.forward(receiver.url))
        self.assertEqual([record["attributes"]["vigil.seq"] for record in receiver.records()], list(range(100)))
        record = receiver.records()[0]
        self.assertEqual(record["body"], "\U0001f600\ufffdé")
        self.assertEqual(record["attributes"]["vigil.odd.deep"], event["odd"]["deep"])
        self.assertEqual(record["attributes"]["vigil.odd.big"], 2 ** 63 - 1)
        self.assertEqual(record["attributes"]["vigil.odd.more"], float(2 ** 70))
        self.assertGreater(len(receiver.posts), 5)

    def test_what_was_sent_is_not_sent_again(self):
        receiver = self.receiver()
        self.job(BUSY)
        self.assert_sent(self.forward(receiver.url))
        self.assert_sent(self.forward(receiver.url))
        self.assert_all(receiver.records())
        self.assertEqual(len(receiver.posts), 1)
        self.job(BUSY, "--append")
        self.assert_sent(self.forward(receiver.url))
        self.assert_all(receiver.records())

    def test_follow_sends_while_it_comes(self):
        receiver = self.receiver()
        self.job(BUSY)
        forward = self.start(watched.VIGIL, "forward", "run", "-f", "--to", receiver.url, env=environment())
        self.wait_for(lambda: receiver.taken)
        self.job(BUSY, "--append")
        forward.terminate()
        self.assertEqual(forward.wait(timeout=30), 0)
        self.assert_all(receiver.records())

    def wait_for(self, condition):
        for _ in range(1000):
            if condition():
                return
            time.sleep(0.02)
        self.fail("it does not come")


class Faults(Case):
    def test_a_receiver_that_throttles_stalls_and_closes_gets_all(self):
        receiver = self.receiver((429, {"Retry-After": "1"}, b""), 503, "close", "lose", 502, "stall", (504, {"Retry-After": "0"}, b""))
        self.job(BUSY)
        began = time.monotonic()
        self.assert_sent(self.forward(receiver.url, OTEL_EXPORTER_OTLP_TIMEOUT="500"))
        self.assertGreaterEqual(receiver.posts[1][0] - receiver.posts[0][0], 0.95)
        self.assertLess(time.monotonic() - began, 40)
        self.assert_all(receiver.records(), more=True)
        # What was taken without an answer was sent once more, and nothing else.
        uids = [record["attributes"] for _, request in receiver.taken[1:] for record in otlp.records(request)]
        uids = [attributes["log.record.uid"] for attributes in uids]
        self.assertEqual(len(uids), len(set(uids)))

    def test_retry_after_may_be_a_date(self):
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
        receiver = self.receiver((503, {"retry-after": date}, b""))
        self.job(BUSY)
        self.assert_sent(self.forward(receiver.url))
        self.assertGreater(receiver.posts[1][0] - receiver.posts[0][0], 0.9)

    def test_a_receiver_that_refuses_is_asked_once(self):
        self.job(BUSY)
        for answer, why in ((400, "HTTP status 400"), ((401, {"Content-Type": "application/json"}, b'{"code":16,"message":"no \\u001b"}'),
                                                       "HTTP status 401: no"), (404, "HTTP status 404")):
            receiver = self.receiver(default=answer)
            ended = self.forward(receiver.url)
            self.assertEqual(ended.returncode, 1)
            self.assertEqual(len(receiver.posts), 1)
            self.assertRegex(ended.stderr, r"^vigil: run: \d+ bytes of events in 1 file \(\S+\) were not sent: \S+: [^\n]*\n$")
            self.assertIn(why, ended.stderr)
            receiver.default = 200
            self.assert_sent(self.forward(receiver.url))
            self.assert_all(receiver.records())

    def test_what_is_rejected_of_a_request_is_named_and_not_sent_again(self):
        self.job(BUSY)
        answers = (({"Content-Type": "application/x-protobuf"}, b"\x0a\x08\x08\x02\x12\x04full", "http/protobuf"),
                   ({"Content-Type": "application/json; charset=utf-8"},
                    b'{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"full"}}', "http/json"))
        for headers, text, protocol in answers:
            receiver = self.receiver((200, headers, text))
            ended = self.forward(receiver.url, OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=protocol)
            self.assertEqual((ended.returncode, ended.stderr), (1, f"vigil: {receiver.url} has rejected 2 events: full\n"))
            self.assert_sent(self.forward(receiver.url))
            self.assert_all(receiver.records())

    def test_a_request_that_is_too_large_is_divided(self):
        def small_alone(request):
            return 200 if len(otlp.records(request)) <= 50 else 413
        receiver = self.receiver(default=small_alone)
        self.job(BUSY)
        self.assert_sent(self.forward(receiver.url))
        self.assertGreater(len(receiver.posts), 4)

    def test_a_run_sends_and_ends_as_its_command(self):
        receiver = self.receiver("close", 503)
        ended = self.vigil("run", "-d", "run", "--to", receiver.url, "--", "sh", "-c", "echo out; kill -SEGV $$")
        self.assertEqual((ended.returncode, ended.stdout), (-11, "out\n"))
        self.assertIn("SIGSEGV", ended.stderr)
        self.assertIn("full report: vigil report ./run", ended.stderr)
        self.assertNotIn("sent", ended.stderr)
        events = watched.events(self.path("run"))
        self.assertEqual(len(receiver.records()), len(events))

    def test_a_receiver_that_is_gone_is_waited_for_five_seconds(self):
        receiver = self.receiver()
        receiver.close()
        began = time.monotonic()
        ended = self.vigil("run", "-d", "run", "--to", receiver.url, "--", "sh", "-c", "echo out; exit 7")
        self.assertLess(time.monotonic() - began, 7.5)
        self.assertEqual((ended.returncode, ended.stdout), (7, "out\n"))
        (line,) = [line for line in ended.stderr.splitlines() if "otlp+" in line]
        self.assertIn(f"they stay there, 'vigil forward run --to {receiver.url}' sends them", line)
        again = self.receiver(port=receiver.port)
        self.assert_sent(self.forward(again.url))
        self.assertEqual(len(again.records()), len(watched.events(self.path("run"))))

    def test_a_receiver_that_never_answers_does_not_hold_a_run(self):
        receiver = self.receiver(default="stall", seconds=30)
        began = time.monotonic()
        ended = self.vigil("run", "-d", "run", "--to", receiver.url, "--", "sh", "-c", "exit 7")
        self.assertLess(time.monotonic() - began, 7.5)
        self.assertEqual(ended.returncode, 7)
        self.assertEqual(ended.stderr.count("were not sent"), 1)


class Login(Case):
    def test_headers_arrive_and_are_nowhere_else(self):
        receiver = self.receiver()
        secret = "Bearer%20s3cr3t"
        job = self.start(watched.VIGIL, "run", "-d", "run", "--to", receiver.url, "--", "sh", "-c",
                         "cat /proc/$PPID/cmdline; ps -ef >ps || cat /proc/[0-9]*/cmdline >ps; exit 3", stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, env=environment(OTEL_EXPORTER_OTLP_HEADERS=f"authorization={secret},x-scope-orgid=hpc"))
        out, said = job.communicate(timeout=60)
        for _, _, headers in receiver.posts:
            self.assertEqual((headers["authorization"], headers["x-scope-orgid"]), ("Bearer s3cr3t", "hpc"))
        self.assertTrue(receiver.posts)
        written = "".join(path.read_text(encoding="utf-8", errors="replace") for path in pathlib.Path(self.path("run")).iterdir()
                          if path.is_file())
        report = self.vigil("report", "--json", "run").stdout
        shown = pathlib.Path(self.path("ps")).read_text(encoding="utf-8", errors="replace")
        bodies = "".join(repr(body) for body, _ in receiver.taken)
        self.assertNotIn("s3cr3t", out + said + written + report + shown + bodies)

    def test_endpoints(self):
        self.job(BUSY)
        for index, (to, variables, path) in enumerate((
                ("{url}/", {}, "/v1/logs"), ("{url}/otlp", {}, "/otlp/v1/logs"), ("{url}/x/v1/logs", {}, "/x/v1/logs"),
                ("otlp+http://", {"OTEL_EXPORTER_OTLP_ENDPOINT": "{http}/base"}, "/base/v1/logs"),
                ("otlp+http://", {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "{http}/as/it/is",
                                  "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, "/as/it/is"))):
            with self.subTest(to=to, index=index):
                receiver = self.receiver()
                names = {"url": receiver.url, "http": receiver.url.removeprefix("otlp+")}
                self.assert_sent(self.forward(to.format(**names), **{name: value.format(**names)
                                                                     for name, value in variables.items()}))
                self.assertEqual(receiver.posts[0][1], path)

    def test_certificates(self):
        if not shutil.which("openssl"):
            self.skipTest("not installed: openssl")
        for name, serial in (("server", "1"), ("client", "2")):
            made = self.bare("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-set_serial", serial, "-subj",
                             "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", name + ".key", "-out", name + ".pem")
            self.assertEqual(made.returncode, 0, made.stderr)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("server.pem"), self.path("server.key"))
        context.load_verify_locations(self.path("client.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        receiver = self.receiver(context=context)
        receiver.server.handle_error = lambda *_: None
        self.job(BUSY)
        began = time.monotonic()
        refused = self.forward(receiver.url)
        self.assertEqual((refused.returncode, refused.stderr.count("\n")), (1, 1))
        self.assertIn("certificate", refused.stderr)
        self.assertLess(time.monotonic() - began, 5)
        self.assert_sent(self.forward(receiver.url, OTEL_EXPORTER_OTLP_CERTIFICATE="server.pem",
                                      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE="client.pem", OTEL_EXPORTER_OTLP_CLIENT_KEY="client.key"))
        self.assert_all(receiver.records())

    def test_bad_input_is_one_line(self):
        self.job("exit 3")
        to = "otlp+http://127.0.0.1:9"
        cases = [(("--to", url), {}) for url in ("otlp+ftp://h", "otlp+http:/h", "otlp+http://h/a b", "otlp+http://:4318",
                                                 "otlp+https://user:s3cr3t@h", "otlp+http://h?x=1", "otlp+grpc://h",
                                                 "otlp+https://h:99999", "otlp+http://h:0", "otlp+http://h:", "otlp+http://h:ab/x", "otlp+http://[::1]x")]
        cases += [(("--to", to), variables) for variables in (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, {"OTEL_EXPORTER_OTLP_COMPRESSION": "zstd"}, {"OTEL_EXPORTER_OTLP_TIMEOUT": "10s"},
            {"OTEL_EXPORTER_OTLP_HEADERS": "s3cr3t"}, {"OTEL_EXPORTER_OTLP_HEADERS": "a=s3cr3t%0d%0ab: c"},
            {"OTEL_EXPORTER_OTLP_HEADERS": "a b=s3cr3t"}, {"OTEL_EXPORTER_OTLP_HEADERS": "a=s3cr3t%4"},
            {"OTEL_EXPORTER_OTLP_CERTIFICATE": "missing.pem"})]
        cases += [(("--to", "otlp+http://"), {"OTEL_EXPORTER_OTLP_ENDPOINT": "h:4318"}), (("--format", "xml"), {}),
                  (("--format", "otlp", "--to", to), {}), (("--format", "otlp", "-f"), {}), (("--to", to, "--run-id", "r"), {})]
        for arguments, variables in cases:
            with self.subTest(arguments=arguments, variables=variables):
                ended = self.vigil("forward", "run", *arguments, env=environment(**variables))
                self.assertEqual((ended.returncode, ended.stdout), (2, ""))
                self.assertRegex(ended.stderr, r"\Avigil[^\n]+\n\Z")
                self.assertNotIn("s3cr3t", ended.stderr)
        started = self.vigil("run", "-d", "new", "--to", "otlp+ftp://h", "--", "touch", "touched")
        self.assertEqual((started.returncode, started.stderr.count("\n")), (125, 1))
        self.assertFalse(os.path.exists(self.path("touched")) or os.path.exists(self.path("new")))
        for directory in ("missing", "/dev/null"):
            self.assertEqual(self.forward(to, name=directory).returncode, 2)
        os.mkdir(self.path("empty"))
        self.assertEqual(self.forward(to, name="empty").returncode, 2)

    def test_without_libcurl_it_says_what_is_missing(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.needs_mounts()
        self.job("exit 3")
        hide = ('for file in $(ldconfig -p | sed -n "s/.*=> \\(.*libcurl[^/]*\\.so\\.4\\)$/\\1/p"); do '
                'mount --bind /dev/null "$file" || exit 9; done; exec "$@"')
        for arguments, status in ((("forward", "run", "--to", "otlp+http://h"), 1),
                                  (("run", "-d", "new", "--to", "otlp+http://h", "--", "true"), 125)):
            ended = self.bare("unshare", "--mount", "sh", "-c", hide, "sh", watched.VIGIL, *arguments,
                              env=environment(PATH=os.environ["PATH"] + ":/sbin:/usr/sbin"))
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (status, 1), ended.stderr)
            self.assertIn("libcurl is not installed", ended.stderr)


@unittest.skipIf(nats.missing(), nats.missing())
class FromNats(Case):
    def test_a_run_on_a_server_is_sent_once(self):
        server = nats.Server(self.path("server"))
        self.addCleanup(server.close)
        self.vigil("run", "-q", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", BUSY)
        receiver = self.receiver()
        for _ in range(2):
            ended = self.vigil("forward", server.url + "/r", "--to", receiver.url, env=environment(XDG_STATE_HOME=self.path("a", "state")))
            self.assert_sent(ended)
        self.assert_all(receiver.records())
        self.assertEqual(self.vigil("forward", server.url + "/r", "--to", server.url).returncode, 2)


if __name__ == "__main__":
    tap.main()
