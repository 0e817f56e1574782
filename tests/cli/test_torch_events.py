#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What vigil.RdzvEventFormatter and vigil.EventFormatter write of watched programs is read by torch.distributed.elastic.events."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

try:
    from torch.distributed.elastic import events
except ImportError:
    events = None

CONFIG = """
version: 1
formatters:
  rdzv: {{class: vigil.RdzvEventFormatter}}
  event: {{class: vigil.EventFormatter}}
handlers:
  rdzv: {{class: logging.FileHandler, filename: {0}/rdzv.log, formatter: rdzv}}
  event: {{class: logging.FileHandler, filename: {0}/event.log, formatter: event}}
root: {{level: DEBUG, handlers: [rdzv, event]}}
"""

INI = """
[formatters]
keys = rdzv, event
[formatter_rdzv]
class = vigil.RdzvEventFormatter
[formatter_event]
class = vigil.EventFormatter
[handlers]
keys = rdzv, event
[handler_rdzv]
class = FileHandler
args = ('{0}/rdzv.log',)
formatter = rdzv
[handler_event]
class = FileHandler
args = ('{0}/event.log',)
formatter = event
[loggers]
keys = root
[logger_root]
level = DEBUG
handlers = rdzv, event
"""

VICTIM = """
#include <stdlib.h>
int *volatile nowhere;
static void step(void) { *nowhere = 1; }
int main(int argc, char **argv) { (void)argc; if (*argv[1] == 's') step(); return atoi(argv[1]); }
"""


class TorchEvents(watched.Case):
    def setUp(self):
        super().setUp()
        if events is None:
            self.skipTest("not installed: python3-torch")

    def reported(self, *command, name="job.yaml", config=CONFIG, outcome=0, **variables):
        """COMMAND's events as torch reads them, in both forms; every line is one."""
        path = self.write(name, config.format(self.directory))
        environment = watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=path, **variables)
        self.assertEqual(self.bare(*command, env=environment).returncode, outcome)
        read = []
        for kind, file in ((events.RdzvEvent, "rdzv.log"), (events.Event, "event.log")):
            lines = pathlib.Path(self.path(file)).read_text(encoding="ascii").splitlines()
            read.append([kind.deserialize(line) for line in lines])
            self.assertEqual([event.serialize() for event in read[-1]], lines)
        self.assertEqual(len(read[0]), len(read[1]))
        return read

    def victim(self):
        source = self.write("victim.c", VICTIM)
        subprocess.run(["cc", "-O0", "-g", "-o", self.path("victim"), source], check=True)
        return self.path("victim")

    def assert_states(self, read, *states):
        self.assertEqual([event.node_state.value for event in read[0]], list(states))
        self.assertEqual([event.metadata["node_state"] for event in read[1]], list(states))
        self.assertEqual([event.name for event in read[0]], [event.name for event in read[1]])
        self.assertEqual({event.source for event in read[1]}, {events.EventSource.WORKER})

    def test_a_success(self):
        read = self.reported(self.victim(), "0")
        self.assert_states(read, "INIT", "RUNNING", "SUCCEEDED")
        self.assertEqual([event.name for event in read[0]], ["victim:init", "victim:main", "victim:exit"])
        self.assertEqual((read[0][2].rank, read[0][2].local_id, read[0][2].error_trace), (None, None, ""))
        self.assertEqual(read[1][2].metadata["exit_code"], 0)
        self.assertGreater(read[1][2].timestamp, 1600000000000)

    def test_an_exit_status_of_a_rank(self):
        read = self.reported(self.victim(), "3", outcome=3, TORCHELASTIC_RUN_ID="run \u00e4\"", RANK="2", LOCAL_RANK="1", WORLD_SIZE="4",
                         MASTER_ADDR="n0", MASTER_PORT="29500")
        self.assert_states(read, "INIT", "RUNNING", "FAILED")
        end = read[0][2]
        self.assertEqual((end.rank, end.local_id, end.run_id, end.master_endpoint), (2, 1, "run \u00e4\"", "n0:29500"))
        self.assertEqual((end.message, end.pid), ("rank 2 FAILED: exit 3", read[0][0].pid))
        metadata = read[1][2].metadata
        self.assertEqual((metadata["exit_code"], metadata["cause"], metadata["rank"]), (3, "exit", 2))

    def test_a_fault(self):
        read = self.reported(self.victim(), "s", outcome=-11)
        self.assert_states(read, "INIT", "RUNNING", "FAILED")
        self.assertRegex(read[0][2].error_trace, r"\A#0  step\+0x\w+ \(")
        self.assertEqual(read[1][2].metadata["error_trace"], read[0][2].error_trace)
        self.assertEqual(read[1][2].metadata["signal"], "SIGSEGV")

    def test_an_exception_of_python(self):
        read = self.reported("/usr/bin/python3", "-c", "raise ValueError('bad \u00fc \U0001f600 batch')", outcome=1)
        self.assert_states(read, "INIT", "RUNNING", "FAILED")
        self.assertTrue(read[0][2].error_trace.endswith("\nValueError: bad \u00fc \U0001f600 batch"), read[0][2])
        self.assertEqual(read[1][2].metadata["cause"], "exception")

    def test_an_ini_configuration_has_them_too(self):
        self.assert_states(self.reported(self.victim(), "0", name="job.ini", config=INI), "INIT", "RUNNING", "SUCCEEDED")


if __name__ == "__main__":
    tap.main()
