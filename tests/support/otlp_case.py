# SPDX-License-Identifier: Apache-2.0
"""What the tests of OTLP share: a job of many kinds of ends, and its events as the records that a receiver got."""

import ctypes.util
import json
import unittest

import otlp
import watched

MISSING = None if ctypes.util.find_library("curl") or ctypes.util.find_library("curl-gnutls") else "not installed: libcurl"

# An exception, a fault, an abort(), a signal from outside, an exit, and a success.
JOB = """python3 -c 'raise ValueError("caf\\u00e9")'; sh -c 'kill -SEGV $$'; python3 -c 'import os; os.abort()'
sleep 60 & kill $!; wait $!; RANK=3 WORLD_SIZE=4 LOCAL_RANK=1 sh -c 'exit 5'; /bin/true; exit 3"""


def environment(**more):
    clean = watched.environment()
    clean = {name: value for name, value in clean.items() if not name.startswith(("OTEL_", "POD_", "NODE_", "CONTAINER_", "KUBERNETES_", "NATS_"))}
    return {**clean, "no_proxy": "127.0.0.1", **more}


@unittest.skipIf(MISSING, MISSING)
class Case(watched.Case):
    def receiver(self, *answers, **more):
        receiver = otlp.Receiver(answers, **more)
        self.addCleanup(receiver.close)
        return receiver

    def vigil(self, *arguments, **options):
        options.setdefault("env", environment())
        return super().vigil(*arguments, **options)

    def job(self, script=JOB, *options, name="run"):
        return self.vigil("run", "-q", "-d", name, *options, "--", "sh", "-c", script)

    def forward(self, to, *more, name="run", **variables):
        return self.vigil("forward", name, "--to", to, *more, env=environment(**variables))

    def assert_sent(self, ended):
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "", ""))

    def assert_all(self, records, name="run", more=False):
        """RECORDS are the events in the directory NAME, each once, or with MORE perhaps more often."""
        found = {}
        for record in records:
            uid = record["attributes"].pop("log.record.uid")
            if not more:
                self.assertNotIn(uid, found)
            self.assertEqual(found.setdefault(uid, record), record)
        events = [otlp.expected(event) for event in watched.events(self.path(name))]
        self.assertGreater(len(events), 5)
        order = [json.dumps(record, sort_keys=True) for record in found.values()]
        self.assertEqual(sorted(order), sorted(json.dumps(event, sort_keys=True) for event in events))
