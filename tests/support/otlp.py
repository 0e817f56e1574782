# SPDX-License-Identifier: Apache-2.0
"""A receiver of OTLP logs on the loopback interface that does as it is told, a decoder of what it gets, and what it should get.

The decoder knows the wire format and the numbers of OTLP's fields by itself; official() is the one that python3-protobuf makes of
the official schema, where that is at hand: below VIGIL_OTLP_PROTO, or where libopentelemetry-proto-dev has it.
"""

import glob
import gzip
import http.server
import importlib
import json
import os
import pathlib
import re
import struct
import subprocess
import threading
import time

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}  # C's

SERVICE = "opentelemetry/proto/collector/logs/v1/logs_service.proto"

# Field number: name in JSON, kind; a list is repeated, a dictionary a message.
ANY = {1: ("stringValue", "text"), 2: ("boolValue", "bool"), 3: ("intValue", "int64"), 4: ("doubleValue", "double")}
PAIR = {1: ("key", "text"), 2: ("value", ANY)}
ANY[5] = ("arrayValue", {1: ("values", [ANY])})
ANY[6] = ("kvlistValue", {1: ("values", [PAIR])})
RECORD = {1: ("timeUnixNano", "fixed64"), 2: ("severityNumber", "enum"), 3: ("severityText", "text"), 5: ("body", ANY),
          6: ("attributes", [PAIR]), 11: ("observedTimeUnixNano", "fixed64"), 12: ("eventName", "text")}
SCOPE_LOGS = {1: ("scope", {1: ("name", "text"), 2: ("version", "text")}), 2: ("logRecords", [RECORD])}
RESOURCE_LOGS = {1: ("resource", {1: ("attributes", [PAIR])}), 2: ("scopeLogs", [SCOPE_LOGS])}
REQUEST = {1: ("resourceLogs", [RESOURCE_LOGS])}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def decode(data, message=None):
    """A request in wire format as its JSON form has it. An unknown field is an error."""
    found, at = {}, 0
    message = message or REQUEST
    while at < len(data):
        tag, at = varint(data, at)
        name, kind = message[tag >> 3]
        wire = {"bool": 0, "int64": 0, "enum": 0, "double": 1, "fixed64": 1}.get(kind if isinstance(kind, str) else "", 2)
        assert tag & 7 == wire, (name, tag)
        if wire == 0:
            value, at = varint(data, at)
            value = bool(value) if kind == "bool" else value if kind == "enum" else str(value - (value >> 63 << 64))
        elif wire == 1:
            (value,) = struct.unpack_from("<d" if kind == "double" else "<Q", data, at)
            value, at = value if kind == "double" else str(value), at + 8
        else:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            assert len(value) == length, name
            value = value.decode("utf-8") if kind == "text" else decode(value, kind[0] if isinstance(kind, list) else kind)
        if isinstance(kind, list):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def schema_files(root):
    """The schema of SERVICE and what it imports, as descriptors: of the .proto files below ROOT, or of what protoc made of these for C++."""
    descriptor_pb2 = importlib.import_module("google.protobuf.descriptor_pb2")
    if os.path.exists(os.path.join(root, SERVICE)):
        found = subprocess.run(["protoc", "-I", root, "--include_imports", "--descriptor_set_out=/dev/stdout", SERVICE], check=True,
                               stdout=subprocess.PIPE)
        return list(descriptor_pb2.FileDescriptorSet.FromString(found.stdout).file)
    files = []

    def add(name):
        text = pathlib.Path(root, name.replace(".proto", ".pb.cc")).read_text(encoding="utf-8")
        literals = re.search(r'protodesc_cold\)\s*=\s*\{?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', text)[1]
        escaped = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))
        plain = re.sub(r"\\(?:([0-7]{1,3})|(.))", lambda found: chr(int(found[1], 8)) if found[1] else ESCAPES.get(found[2], found[2]), escaped)
        file = descriptor_pb2.FileDescriptorProto.FromString(plain.encode("latin-1"))
        for imported in file.dependency:
            add(imported)
        files.append(file)

    add(SERVICE)
    return files


def official():
    """A function that decodes a request by the official schema; None where that, or what reads it, is not at hand."""
    roots = [os.environ.get("VIGIL_OTLP_PROTO", ""), "/usr/include", *glob.glob("/usr/share/*opentelemetry*")]
    root = next((root for root in roots if root and glob.glob(os.path.join(root, SERVICE.replace(".proto", ".p*")))), None)
    try:
        json_format = importlib.import_module("google.protobuf.json_format")
    except ImportError:
        return None
    if not root:
        return None
    pool, factory = importlib.import_module("google.protobuf.descriptor_pool").DescriptorPool(), importlib.import_module("google.protobuf.message_factory")
    for file in schema_files(root):
        pool.Add(file)
    request = pool.FindMessageTypeByName("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest")
    request = factory.GetMessageClass(request) if hasattr(factory, "GetMessageClass") else factory.MessageFactory(pool).GetPrototype(request)

    def decoded(data):
        return json_format.MessageToDict(request.FromString(data), use_integers_for_enums=True, descriptor_pool=pool)
    return decoded


class Receiver:
    """Takes POSTs. ANSWERS: of the first POSTs, one each; then DEFAULT. An answer is a status, (status, headers, body), "close"
    (nothing is taken), "lose" (all is taken, and no answer given) or "stall" (nothing, for as long as SECONDS)."""

    def __init__(self, answers=(), default=200, context=None, port=0, seconds=2):
        self.answers, self.default, self.seconds = list(answers), default, seconds
        self.taken, self.posts, self.lock = [], [], threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                receiver.post(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.scheme = "https" if context else "http"
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self):
        return f"otlp+{self.scheme}://127.0.0.1:{self.port}"

    def post(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.lock:
            answer = self.answers.pop(0) if self.answers else self.default
            self.posts.append((time.monotonic(), handler.path, dict(handler.headers)))
        if handler.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        is_json = handler.headers["Content-Type"] == "application/json"
        if callable(answer):
            answer = answer(json.loads(body) if is_json else decode(body))
        status, headers, text = answer if isinstance(answer, tuple) else (answer, {}, b"")
        if answer == "lose" or (not isinstance(status, str) and status < 300):
            with self.lock:
                self.taken.append((body, json.loads(body) if is_json else decode(body)))
        if answer == "stall":
            time.sleep(self.seconds)
        if isinstance(status, str):
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text)

    def records(self):
        with self.lock:
            return [record for _, request in self.taken for record in records(request)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def plain(value):
    """An AnyValue as JSON has it."""
    if "arrayValue" in value:
        return [plain(item) for item in value["arrayValue"].get("values", [])]
    if "kvlistValue" in value:
        return attributes(value["kvlistValue"].get("values", []))
    if "intValue" in value:
        return int(value["intValue"])
    return next(iter(value.values()), None)


def attributes(pairs):
    found = {pair["key"]: plain(pair["value"]) for pair in pairs}
    assert len(found) == len(pairs), "a key is there twice"
    return found


def records(request):
    """The log records of REQUEST, each with its attributes and those of its resource as dictionaries."""
    found = []
    for group in request.get("resourceLogs", []):
        for scope in group["scopeLogs"]:
            for record in scope["logRecords"]:
                found.append({**record, "body": plain(record["body"]), "attributes": attributes(record["attributes"]),
                              "resource": attributes(group["resource"]["attributes"]), "scope": scope["scope"]})
    return found


# What has a name of the semantic conventions, or one as these give.
NAMES = {
    "pid": "process.pid", "rank": "hpc.rank", "process.program": "process.executable.name",
    "process.exe": "process.executable.path", "process.argv": "process.command_args", "process.command": "process.command_line",
    "process.cwd": "process.working_directory", "process.ppid": "process.parent_pid", "process.tid": "thread.id",
    "process.thread": "thread.name", "exit.code": "process.exit.code", "exception.type": "exception.type",
    "exception.message": "exception.message", "teller.pid": "vigil.reporter.pid", "teller.comm": "vigil.reporter.name",
}


def flat(value, path=""):
    found = {}
    for key, item in value.items():
        if isinstance(item, dict):
            found.update(flat(item, f"{path}{key}."))
        elif item not in (None, ""):
            found[path + key] = item
    return found


def severity(event):
    if event["node_state"] != "FAILED":
        return (9, "INFO")
    return {"terminated": (13, "WARNING"), "fault": (21, "CRITICAL"), "abort": (21, "CRITICAL")}.get(event["cause"], (17, "ERROR"))


def expected(event):
    """The log record that EVENT of a file of events should be, without its id."""
    members = flat(event)
    told = {"event.name": event["name"]}
    for path, value in members.items():
        if path == "error_trace" and "exception" in event:
            told["exception.stacktrace"] = value
        elif path not in ("name", "message", "timestamp", "time_us", "hostname"):
            told[NAMES.get(path, "vigil." + path)] = value
    number, text = severity(event)
    ns = str(event["time_us"] * 1000)
    return {"timeUnixNano": ns, "observedTimeUnixNano": ns, "severityNumber": number, "severityText": text,
            "eventName": event["name"], "body": event["message"], "attributes": told, "scope": {"name": "vigil"},
            "resource": {"service.name": "vigil", "host.name": event["hostname"], "hpc.job.id": event["run_id"]}}
