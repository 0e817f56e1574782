#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Handlers that keep records or hand them on, in the preload and the command: nothing is lost at an end, however it comes."""

import json
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

CONFIG = """version: 1
formatters:
  f: {format: '%(levelname)s %(node_state)s %(message)s'}
  j: {'()': vigil.JsonFormatter}
handlers:
  lines: {class: logging.FileHandler, filename: out.log, formatter: f, level: CRITICAL}
  json: {class: logging.FileHandler, filename: out.jsonl, formatter: j}
  direct: {class: logging.FileHandler, filename: direct.jsonl, formatter: j}
  memory: {class: logging.handlers.MemoryHandler, capacity: 100, flushLevel: LEVEL, target: lines}
  queue: {class: logging.handlers.QueueHandler, handlers: [json2], queue: {'()': queue.Queue, maxsize: 9}, policy: drop-old}
  json2: {class: logging.handlers.MemoryHandler, capacity: 100, flushLevel: 100, target: json}
root: {level: DEBUG, handlers: [direct, memory, queue]}
"""

DRAWN = """<--""
   Level DEBUG
   Handler File '%(in)s/direct.jsonl' (direct)
     Formatter vigil.JsonFormatter
   Handler Memory capacity=100 (memory) dumping to:
     Handler File '%(in)s/out.log' (lines)
       Level CRITICAL
       Formatter fmt='%%(levelname)s %%(node_state)s %%(message)s' datefmt=None
   Handler Queue capacity=9 policy=drop-old (queue) dumping to:
     Handler Memory capacity=100 (json2) dumping to:
       Handler File '%(in)s/out.jsonl' (json)
         Formatter vigil.JsonFormatter
"""

REFUSED = """version: 1
handlers:
  a: {class: logging.handlers.MemoryHandler, capacity: 1, target: a}
  b: {class: logging.handlers.MemoryHandler, capacity: 1, target: c}
  c: {class: logging.handlers.QueueHandler, handlers: [z, b]}
  d: {class: logging.handlers.MemoryHandler, capacity: 1, target: e}
  e: {class: logging.handlers.MemoryHandler, capacity: 1, target: z}
  f: {class: logging.handlers.MemoryHandler, capacity: 1, target: zz}
  g: {class: logging.handlers.MemoryHandler, target: z}
  h: {class: logging.handlers.QueueHandler}
  i: {class: logging.handlers.QueueHandler, handlers: [z], policy: drop, queue: q, listener: 3, capacity: 0}
  z: {class: logging.NullHandler}
"""

ERRORS = """\
vigil: %(path)s:3:67: handlers.a.target: Unable to set target handler 'a': it leads back to this handler
vigil: %(path)s:4:67: handlers.b.target: Unable to set target handler 'c': it leads back to this handler
vigil: %(path)s:6:67: handlers.d.target: Unable to set target handler 'e': it waits for another handler itself, which Python \
does not allow for
vigil: %(path)s:8:67: handlers.f.target: Unable to set target handler 'zz': it is not defined
vigil: %(path)s:9:6: handlers.g: MemoryHandler missing 1 required argument: 'capacity'
vigil: %(path)s:10:6: handlers.h: a QueueHandler needs 'handlers', a list: its listener's
vigil: %(path)s:11:68: handlers.i.policy: unknown policy 'drop'; known are: block, drop-new, drop-old
vigil: %(path)s:11:81: handlers.i.queue: Invalid queue specifier 'q'
vigil: %(path)s:11:94: handlers.i.listener: Invalid listener specifier '3'
vigil: %(path)s:11:107: handlers.i.capacity: expected 1 to 1000000000, found 0
"""

INI = """[loggers]
keys=root
[logger_root]
handlers=m
[handlers]
keys=m,n
[handler_m]
class=handlers.MemoryHandler
args=(10, ERROR)
target=n
[handler_n]
class=handlers.MemoryHandler
args=(10, ERROR)
target=m
[formatters]
keys=
"""


class Kept(watched.Case):
    def end(self, command, outcome, flush_level=100):
        config = self.write("job.yaml", CONFIG.replace("LEVEL", str(flush_level)))
        ended = subprocess.run(["/bin/dash", "-c", command], capture_output=True, cwd=self.directory, timeout=30,
                               env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=config), check=False)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (outcome, b"", b""))
        return [line.split()[:2] for line in self.text("out.log").splitlines() if "(pid" in line]

    def text(self, name):
        return pathlib.Path(self.path(name)).read_text(encoding="utf-8")

    def messages(self, name):
        return [json.loads(line)["message"] for line in self.text(name).splitlines()]

    def test_a_crash_brings_out_what_was_kept_before_it(self):
        reported = self.end("kill -SEGV $$", -signal.SIGSEGV, flush_level="ERROR")
        self.assertEqual(reported, [["INFO", "INIT"], ["INFO", "RUNNING"], ["CRITICAL", "FAILED"]])
        self.assertIn("\n#0  ", self.text("out.log"))

    def test_every_end_brings_out_what_was_kept_whatever_its_level(self):
        for command, outcome, level, state in (("exit 0", 0, "INFO", "SUCCEEDED"), ("exit 3", 3, "ERROR", "FAILED"),
                                               ("kill -TERM $$", -signal.SIGTERM, "WARNING", "FAILED"),
                                               ("kill -ABRT $$", -signal.SIGABRT, "CRITICAL", "FAILED")):
            reported = self.end(command, outcome)
            self.assertEqual(reported[-3:], [["INFO", "INIT"], ["INFO", "RUNNING"], [level, state]])

    def test_an_event_that_was_kept_is_the_same_line(self):
        self.end("kill -SEGV $$", -signal.SIGSEGV)
        self.assertEqual(self.text("out.jsonl"), self.text("direct.jsonl"))
        self.assertEqual(len(self.messages("out.jsonl")), 3)

    def test_a_run_keeps_and_hands_on_in_all_its_processes(self):
        config = self.write("job.yaml", CONFIG.replace("LEVEL", "100").replace("filename: ", f"filename: {self.directory}/"))
        result = self.vigil("run", "-q", "-d", self.path("run"), "--config", config, "--", "sh", "-c", "sh -c 'exit 5'; exit 4")
        self.assertEqual(result.returncode, 4)
        self.assertEqual(sorted(self.messages("out.jsonl")), sorted(self.messages("direct.jsonl")))
        self.assertTrue(any("exit 5" in message for message in self.messages("out.jsonl")))

    def test_check_draws_what_they_hand_records_to(self):
        result = subprocess.run([watched.VIGIL, "check", self.write("job.yaml", CONFIG.replace("LEVEL", "40"))], capture_output=True, text=True,
                                cwd=self.directory, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, DRAWN % {"in": self.directory})

    def test_what_leads_nowhere_or_round_in_a_circle_is_refused(self):
        config = self.write("job.yaml", REFUSED)
        result = self.vigil("check", config)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (1, "", ERRORS % {"path": config}))

    def test_a_circle_in_an_ini_file_is_refused(self):
        config = self.write("job.ini", INI)
        result = self.vigil("check", config)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, f"vigil: {config}:14:8: handlers.n.target: Unable to set target handler 'm': "
                                        "it leads back to this handler\n")


if __name__ == "__main__":
    tap.main()
