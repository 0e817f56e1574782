#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What vigil run reports of processes that it waited for: the command, and orphans."""

import os
import pathlib
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched


class Reaping(watched.Case):
    def reported(self):
        """AGENT events of waits, by pid."""
        return {event["pid"]: event for event in self.events()
                if event["source"] == "AGENT" and event["name"].endswith(":wait")}

    def pid_in(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return int(file.read())

    def test_the_command_is_reported(self):
        ended = self.run_quietly("sh", "-c", "echo $$; exit 5")
        event = self.reported()[int(ended.stdout)]
        program = os.path.basename(os.path.realpath("/bin/sh"))
        self.assertEqual(event["name"], f"{program}:wait")
        self.assertEqual((event["node_state"], event["cause"], event["exit"]), ("FAILED", "exit", {"code": 5, "how": "wait"}))
        self.assertEqual(event["hostname"], socket.gethostname())
        self.assertGreater(event["process"]["start_ticks"], 0)
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            self.assertEqual(event["process"]["boot_id"], file.read().strip())
        self.assertGreater(event["usage"]["max_rss_kb"], 0)
        self.assertIsNone(event["rank"])

    def test_a_signal_is_reported_by_name(self):
        ended = self.run_quietly("sh", "-c", "echo $$; kill -KILL $$")
        event = self.reported()[int(ended.stdout)]
        self.assertEqual((event["node_state"], event["cause"], event["signal"]["name"]), ("FAILED", "killed", "SIGKILL"))

    def test_a_fault_that_its_process_cannot_report_is_reported(self):
        """Its signal was blocked: the kernel ended it at once, and no handler ran."""
        ended = self.run_quietly("sh", "-c", f"echo $$; exec {watched.BUILD}/tests/victims/handles fault_while_blocked")
        own = [event["node_state"] for event in self.events() if event["source"] == "WORKER"]
        event = self.reported()[int(ended.stdout)]
        self.assertNotIn("FAILED", own)
        self.assertEqual((event["node_state"], event["signal"]["name"]), ("FAILED", "SIGSEGV"))

    def test_the_time_used_is_reported(self):
        ended = self.run_quietly("sh", "-c", "echo $$; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 0.3")
        usage = self.reported()[int(ended.stdout)]["usage"]
        self.assertGreater(usage["user_us"], 10_000)
        self.assertGreater(usage["wall_us"], usage["user_us"])
        self.assertLess(usage["wall_us"], 60_000_000)

    def test_orphans_are_reaped_and_reported(self):
        script = "(setsid sh -c 'echo $$ >orphan; sleep 0.2; exit 9' & ); sleep 0.8"
        self.assertEqual(self.run_quietly("sh", "-c", script).returncode, 0)
        event = self.reported()[self.pid_in("orphan")]
        self.assertEqual((event["node_state"], event["exit"]["code"]), ("FAILED", 9))
        self.assertTrue(event["name"].startswith(("sh:", "dash:", "bash:")))
        self.assertNotIn("ppid", event["process"])  # it is ours by now, and says nothing

    def test_an_orphan_that_ends_well_is_not_the_job(self):
        script = "(setsid sh -c 'echo $$ >orphan; exit 0' & ); while ! [ -s orphan ]; do :; done; sleep 0.2; kill -SEGV $$"
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", script)
        self.assertEqual(ended.returncode, -signal.SIGSEGV)
        self.assertIn("failed first", ended.stderr)

    def test_a_configuration_gets_what_is_reported_too(self):
        self.write("job.json", """{"version": 1, "formatters": {"short": {"format": "%(name)s %(node_state)s"}},
            "handlers": {"file": {"class": "logging.FileHandler", "filename": "agents.log", "formatter": "short"},
                         "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "short"}},
            "loggers": {"vigil.agent": {"level": "DEBUG", "handlers": ["file", "out"]}}}""")
        ended = self.vigil("run", "-q", "-d", "run", "-c", "job.json", "--", "sleep", "0")
        self.assertEqual((ended.returncode, ended.stdout), (0, "vigil.agent.sleep SUCCEEDED\n"))
        with open(self.path("agents.log"), encoding="utf-8") as file:
            self.assertIn("vigil.agent.sleep SUCCEEDED\n", file.read())
        self.assertEqual(len(self.reported()), 1)

    def test_no_zombies_are_left_while_the_command_runs(self):
        script = "for i in 1 2 3 4 5 6 7 8; do (true & ); done; sleep 0.3; ps -o stat= --ppid $PPID"
        ended = self.run_quietly("sh", "-c", script)
        self.assertNotIn("Z", ended.stdout)

    def test_a_daemon_is_not_waited_for_and_lives_on(self):
        script = "(setsid sh -c 'echo $$ >daemon; exec sleep 20' >/dev/null 2>&1 </dev/null & ); sleep 0.3; exit 2"
        began = time.monotonic()
        self.assertEqual(self.run_quietly("sh", "-c", script).returncode, 2)
        self.assertLess(time.monotonic() - began, 5)
        os.kill(self.pid_in("daemon"), signal.SIGKILL)  # raises if it is gone

    def test_what_died_with_the_command_is_still_reported(self):
        script = "(setsid sh -c 'echo $$ >orphan; exit 4' & ); while ! [ -s orphan ]; do :; done; sleep 0.2; exit 0"
        self.run_quietly("sh", "-c", script)
        self.assertIn(self.pid_in("orphan"), self.reported())

    def test_the_sentinel_is_not_reported(self):
        self.run_quietly("true")
        self.assertEqual(len(self.reported()), 1)

    def test_a_command_that_ignores_its_children_can_be_waited_for(self):
        ended = self.bare("/usr/bin/python3", "-c",
                          "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])",
                          watched.VIGIL, "run", "-q", "-d", "run", "--", "sh", "-c", "exit 5")
        self.assertEqual(ended.returncode, 5)

    def test_children_that_it_had_before_are_left_alone(self):
        # A shell's `exec vigil run` hands its children over: they are not the command.
        ended = self.bare("sh", "-c", f"sleep 0.2 & exec {watched.VIGIL} run -q -d run -- sh -c 'sleep 0.5; exit 6'")
        self.assertEqual(ended.returncode, 6)


class Trees(watched.Case):
    """Whole process trees: every process has an INIT and one end."""

    SCRIPT = r"""
set -e
mkdir work && cd work
printf 'int main(void) { return 0; }\n' >a.c
printf 'all: a b c\n%%: a.c\n\tgcc -o $@ a.c && ./$@\n' >Makefile
make -s -j2 all
git init -q . && git add a.c && git -c user.name=n -c user.email=e@example.org commit -q -m one && git log -1 >/dev/null
perl -e 'for (1..20) { my $pid = fork(); if (!$pid) { exit 0 } waitpid($pid, 0) } system("true") for 1..20'
/usr/bin/python3 -c 'import subprocess, os
for i in range(20): subprocess.run(["true"])
for i in range(20):
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)'
i=0; while [ $i -lt 150 ]; do /bin/true; i=$((i+1)); done
(exit 3) || echo last
"""

    def test_every_process_of_a_big_tree_has_an_init_and_one_end(self):
        ended = self.run_quietly("bash", "-c", self.SCRIPT)
        self.assertEqual((ended.returncode, ended.stdout), (0, "last\n"), ended.stderr)
        records = self.events()
        reported = watched.one_end_each(records)
        if not reported:
            self.skipTest("the preload of this build records nothing yet")
        self.assertGreater(len(reported), 250)
        broken = {}
        for key, states in reported.items():
            ends = [state for state in states if state in ("SUCCEEDED", "FAILED")]
            if "INIT" not in states or len(ends) != 1:
                broken[key] = states
        names = {key: [record["name"] for record in records if record["pid"] == key[0]] for key in broken}
        self.assertEqual(broken, {}, names)

    def test_a_tree_prints_and_ends_as_without_vigil(self):
        bare = self.bare("bash", "-c", self.SCRIPT)
        os.rename(self.path("work"), self.path("bare"))
        seen = self.run_quietly("bash", "-c", self.SCRIPT)
        self.assertEqual((seen.returncode, seen.stdout, seen.stderr), (bare.returncode, bare.stdout, bare.stderr))


if __name__ == "__main__":
    tap.main()
