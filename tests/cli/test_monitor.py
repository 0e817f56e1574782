#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What vigil run reports of processes that cannot report themselves and that it does not wait for."""

import json
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import unseen
import watched


class Ends(unseen.Case):
    def assert_rank(self, script, end):
        """Rank 1, whose pid is in the file 1, ends as END says, and the report names it."""
        ended = self.launch("sleep 0.4", "echo $$ >1; " + script)
        self.assertEqual(ended.returncode, 0 if end == (None, 0, None) else 1)
        event = self.assert_reported(self.pid_in("1"), end)
        self.assertEqual((event["rank"], event["leader"]), (1, True))
        report = self.assert_all_ended()
        (rank,) = [rank for rank in report["attempts"][-1]["ranks"] if rank["rank"] == 1]
        self.assertEqual(rank["state"], event["node_state"])
        if end[0] is not None:
            self.assertEqual(report["attempts"][-1]["root_cause"]["rank"], 1)
        return event

    def test_a_rank_that_somebody_kills(self):
        ended = self.launch("echo $$ >0; exec sleep 9", unseen.WAIT_FOR % 0 + "kill -9 $(cat 0)")
        self.assertEqual(ended.returncode, 1)
        event = self.assert_reported(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assertEqual((event["rank"], event["leader"], event["process"]["program"]), (0, True, "sleep"))
        self.assertEqual(event["teller"]["comm"], "vigil")
        cause = self.assert_all_ended()["attempts"][-1]["root_cause"]
        self.assertEqual((cause["rank"], cause["cause"]), (0, event["cause"]))

    def test_its_time_is_that_of_its_termination(self):
        self.launch("echo $$ >0; exec sleep 9", unseen.WAIT_FOR % 0 + "date +%s%N >before; kill -9 $(cat 0); date +%s%N >after; sleep 0.5")
        event = self.assert_reported(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assertGreater(event["time_us"], self.pid_in("before") // 1000)
        self.assertLess(event["time_us"], self.pid_in("after") // 1000 + 100_000)

    def test_it_is_reported_while_the_job_goes_on(self):
        self.launch("echo $$ >0; exec sleep 9", unseen.WAIT_FOR % 0 + "kill -9 $(cat 0); sleep 0.5; cat run/*.jsonl >middle")
        with open(self.path("middle"), encoding="utf-8") as file:
            seen = [json.loads(line) for line in file]
        self.assertEqual([event["pid"] for event in seen if unseen.is_by_vigil_run(event)], [self.pid_in("0")])

    def test_a_raw_exit(self):
        self.build("raw", unseen.RAW)
        self.assert_rank("exec ./raw 7", ("exit", 7, None))

    def test_a_raw_exit_with_status_0(self):
        self.build("raw", unseen.RAW)
        self.assert_rank("exec ./raw 0", (None, 0, None))

    def test_a_static_program(self):
        self.build("static", unseen.PLAIN, "-static")
        self.assert_rank("exec ./static 6", ("exit", 6, None))

    def test_a_static_program_below_a_shell(self):
        # The shell reports its own termination, and that of its child as its parent.
        self.build("static", unseen.PLAIN, "-static")
        ended = self.launch("true", "./static 6; exit 6")
        self.assertEqual(ended.returncode, 1)
        self.assert_all_ended()

    def test_a_static_program_that_is_the_command(self):
        self.build("static", unseen.PLAIN, "-static")
        self.assertEqual(self.run_quietly("./static", "127").returncode, 127)
        (event,) = self.events()
        self.assertEqual(unseen.end_of(event), ("exit", 127, None))  # vigil was not in it: nobody knows more

    def test_a_go_program(self):
        go = watched.BUILD / "tests" / "victims" / "go" / "pure"
        if not os.access(go, os.X_OK):
            self.skipTest("golang-go is not here")
        status = self.bare(go).returncode
        self.assertNotEqual(status, 0)
        self.launch("sleep 0.3", f"echo $$ >1; sleep 0.1; exec {go}")
        self.assert_reported(self.pid_in("1"), ("exit", status, None))
        self.assert_all_ended()

    def test_an_emptied_environment(self):
        self.build("plain", unseen.PLAIN)
        self.assert_rank("exec env -i ./plain 5", ("exit", 5, None))

    def test_a_program_that_clears_ld_preload(self):
        self.build("plain", unseen.PLAIN)
        self.assert_rank("unset LD_PRELOAD; exec ./plain 5", ("exit", 5, None))

    def test_a_set_user_id_program(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to make one that is not its caller's")
        self.build("plain", unseen.PLAIN)
        os.chmod(self.directory, 0o755)
        os.chown(self.path("plain"), 65534, 65534)
        os.chmod(self.path("plain"), 0o4755)
        self.assert_rank("exec ./plain 5", ("exit", 5, None))

    def test_a_fault_after_vigil_has_gone(self):
        self.assert_rank("unset LD_PRELOAD; exec sh -c 'sleep 0.1; kill -SEGV $$'", ("fault", None, "SIGSEGV"))

    def test_vfork_and_exec_by_a_program_that_vigil_is_in(self):
        self.build("raw", unseen.RAW)
        self.run_quietly("/usr/bin/python3", "-c", "import subprocess, time; p = subprocess.Popen(['./raw', '7']); "
                         "print(p.pid, file=open('pid', 'w'), flush=True); time.sleep(0.5); p.wait()")
        self.assert_reported(self.pid_in("pid"), ("exit", 7, None))
        self.assert_all_ended()

    def test_a_daemon_by_two_forks(self):
        self.run_quietly("sh", "-c", "(setsid sh -c 'echo $$ >0; exec sleep 9' &); " + unseen.WAIT_FOR % 0 + "kill -9 $(cat 0); sleep 0.1")
        event = self.assert_reported(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assertEqual(event["process"]["program"], "sleep")
        self.assert_all_ended()

    def test_numbers_of_another_namespace_are_nobodys(self):
        script = "echo $$ >pid; sleep 0.6 & sleep 0.5; cat run/*.jsonl >middle; wait; exit 2"
        ended = self.run_quietly("unshare", "-p", "-f", "--mount-proc", "sh", "-c", script)
        if ended.returncode != 2:
            self.skipTest("no pid namespaces here")
        self.assertEqual(self.pid_in("pid"), 1)
        reported = [event["process"]["program"] for event in self.events() if unseen.is_by_vigil_run(event)]
        self.assertEqual(reported, ["unshare"])  # the command
        self.assert_all_ended()

    def test_a_daemon_of_another_namespace_lives_on(self):
        script = "setsid sh -c 'echo >begun; sleep 2' >/dev/null 2>&1 & " + unseen.WAIT_FOR % "begun" + "exec sleep 2"
        outer = 'unshare -p -f --mount-proc sh -c "$1" >/dev/null 2>&1 & ' + unseen.WAIT_FOR % "begun"
        ended = self.run_quietly("sh", "-c", outer, "sh", script)
        if not os.path.exists(self.path("begun")):
            self.skipTest("no pid namespaces here")
        self.assertEqual(ended.returncode, 0)
        reported = [event["name"] for event in self.events() if unseen.is_by_vigil_run(event)]
        self.assertEqual(reported, [f"{os.path.basename(os.path.realpath('/bin/sh'))}:wait"])

    def test_a_stopped_process_has_not_ended(self):
        self.launch("echo $$ >0; exec sleep 9",
                    unseen.WAIT_FOR % 0 + "kill -STOP $(cat 0); sleep 0.4; cat run/*.jsonl >middle; kill -9 $(cat 0)")
        with open(self.path("middle"), encoding="utf-8") as file:
            self.assertEqual([event for event in map(json.loads, file) if event["node_state"] in ("SUCCEEDED", "FAILED")
                              and event["rank"] == 0], [])
        self.assert_reported(self.pid_in("0"), ("killed", None, "SIGKILL"))
        self.assert_all_ended()

    def test_a_zombie_that_nobody_waits_for(self):
        # Its parent is a daemon that outlives the run, and never asks.
        self.build("careless", unseen.CARELESS, "-static")
        self.run_quietly("sh", "-c", f"setsid ./careless >/dev/null 2>&1 & {unseen.WAIT_FOR % 'pid'} sleep 0.3")
        self.assert_reported(self.pid_in("pid"), ("killed", None, "SIGKILL"))

    def test_of_whom_a_waiter_tells_vigil_run_does_not(self):
        script = "import subprocess, time\nfor i in range(20):\n    p = subprocess.Popen(['sleep', '9']); " \
                 "print(p.pid, file=open('pids', 'a')); time.sleep(0.02); p.kill(); p.wait()\ntime.sleep(0.4)"
        self.run_quietly("/usr/bin/python3", "-c", script)
        with open(self.path("pids"), encoding="utf-8") as file:
            for pid in map(int, file):
                event = self.assert_reported(pid, ("killed", None, "SIGKILL"))
                self.assertFalse(unseen.is_by_vigil_run(event))

    # Reaps by the system call itself, and reports half a second later what the wrapper of wait() would have reported at once.
    LATE_WAITER = r"""
import ctypes, glob, json, os, subprocess, time
first, second = subprocess.Popen(["sleep", "9"]), subprocess.Popen(["sleep", "9"])
print(second.pid, file=open("pid", "w"), flush=True)
while sum('"program":"sleep"' in line and '"INIT"' in line for line in open(glob.glob("run/*.jsonl")[0])) < 2:
    time.sleep(0.01)
time.sleep(0.3)
first.kill()
first.wait()
second.kill()
ctypes.CDLL(None).syscall({"x86_64": 61, "aarch64": 260}[os.uname().machine], second.pid, None, 0, None)
(path,) = glob.glob("run/*.jsonl")
event = next(event for event in map(json.loads, open(path)) if event["pid"] == first.pid and event["source"] == "AGENT"
             and event["node_state"] == "FAILED")
time.sleep(0.5)
event["pid"] = second.pid
print(json.dumps(event, separators=(",", ":")), file=open(path, "a"), flush=True)
time.sleep(0.1)
"""

    def test_a_waiter_may_be_late(self):
        self.write("waiter.py", self.LATE_WAITER)
        self.assertEqual(self.run_quietly("/usr/bin/python3", "waiter.py").stderr, "")
        event = self.assert_reported(self.pid_in("pid"), ("killed", None, "SIGKILL"))
        self.assertFalse(unseen.is_by_vigil_run(event))
        self.assert_all_ended()

    def test_a_waiter_that_never_tells(self):
        if not unseen.KEEPS_STATUS:
            self.skipTest("whether a process has been waited for, this kernel does not say")
        script = self.LATE_WAITER.partition("(path,)")[0] + "time.sleep(3)\nos.system('cat run/*.jsonl >middle')\nos._exit(0)"
        self.write("waiter.py", script)
        self.assertEqual(self.run_quietly("/usr/bin/python3", "waiter.py").stderr, "")
        with open(self.path("middle"), encoding="utf-8") as file:
            reported = [event for event in map(json.loads, file) if event["pid"] == self.pid_in("pid") and unseen.is_by_vigil_run(event)]
        self.assertEqual(len(reported), 1)

    def test_a_command_is_named_as_in_its_own_report_whichever_comes_first(self):
        """Of 900 runs at once its own came before its waiter's in 21."""
        for number in range(100):
            self.vigil("run", "-q", "-d", f"run{number}", "--", "sh", "-c", "kill -SEGV $$")
            self.assertEqual({event["process"]["program"] for event in self.events(f"run{number}")[1:]}, {"dash"})

    def test_a_whole_group_that_is_killed(self):
        self.launch("exec setsid sh -c 'sleep 9 & sleep 9 & echo $$ >0; wait'", unseen.WAIT_FOR % 0 + "kill -9 -$(cat 0); sleep 0.3")
        killed = [event for events in self.agents().values() for event in events if event["rank"] == 0]
        self.assertEqual({unseen.end_of(event) for event in killed}, {("killed", None, "SIGKILL")})
        self.assertEqual(sorted(event["process"]["program"] for event in killed)[-2:], ["sleep", "sleep"])
        self.assertEqual(len(killed), 3)
        self.assert_all_ended()

    def test_a_launcher_that_is_killed(self):
        ended = self.launch("exec >/dev/null 2>&1; sleep 1; exit 0", "exec >/dev/null 2>&1; sleep 0.2; kill -9 $PPID; sleep 1; exit 3")
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        report = self.report()
        self.assertGreaterEqual(report["processes"]["unfinished"], 2)  # they live on
        time.sleep(1.5)
        self.assert_all_ended()  # and reported their ends themselves

    def test_vigil_run_that_is_killed(self):
        process = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "./launch", "echo $$ >0; sleep 0.5; exit 3")
        while not os.path.exists(self.path("0")):
            time.sleep(0.01)
        process.kill()
        time.sleep(1)
        reported = [event for event in watched.ends(self.events()) if event["pid"] == self.pid_in("0")]
        self.assertEqual([(event["source"], unseen.end_of(event)) for event in reported], [("WORKER", ("exit", 3, None))])


class Beginnings(unseen.Case):
    """Programs that could not be started."""

    def needs(self):
        self.build("libgone.so", "int gone(void) { return 0; }", "-shared", "-fPIC")
        self.build("needs", "int gone(void); int main(void) { return gone(); }", self.path("libgone.so"))
        os.unlink(self.path("libgone.so"))

    def test_a_command_that_lacks_a_library(self):
        self.needs()
        ended = self.vigil("run", "-d", "run", "--", "./needs")
        self.assertEqual(ended.returncode, 127)
        self.assertIn("libgone.so", ended.stderr)  # ld.so's own words
        (event,) = self.events()
        self.assertEqual(unseen.end_of(event), ("exec_failed", 127, None))
        cause = self.report()["attempts"][-1]["root_cause"]
        self.assertEqual((cause["program"], cause["cause"]), ("needs", "exec_failed"))

    def test_a_rank_that_lacks_a_library(self):
        self.needs()
        self.assertEqual(self.launch("sleep 0.3", "echo $$ >1; exec ./needs").returncode, 1)
        (event,) = self.agents()[self.pid_in("1")]
        self.assertIn(unseen.end_of(event), (("exit", 127, None), ("exec_failed", 127, None), ("vanished", None, None)))
        self.assertEqual(self.assert_all_ended()["attempts"][-1]["root_cause"]["rank"], 1)

    def test_a_command_that_ends_with_127_itself(self):
        self.build("plain", unseen.PLAIN)
        self.assertEqual(self.run_quietly("./plain", "127").returncode, 127)
        (event,) = self.agents().popitem()[1]
        self.assertEqual(unseen.end_of(event), ("exit", 127, None))

    def test_a_command_that_a_shell_does_not_find(self):
        self.assertEqual(self.run_quietly("sh", "-c", "./nosuch").returncode, 127)
        self.assert_all_ended()


class Numbers(unseen.Case):
    def test_a_number_that_a_signal_was_sent_to_is_no_process(self):
        self.run_quietly("true")
        event = self.events()[-1]
        for name in ("exit", "usage", "cause"):
            event.pop(name, None)
        event.update(name="unknown:kill", source="AGENT", node_state="RUNNING", pid=4_000_000, process={"program": "unknown"},
                     signal={"number": 9, "name": "SIGKILL"}, to_group=True)
        before = self.report()
        with open(self.path("run", "other.jsonl"), "w", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
        report = self.report()
        self.assertEqual((report["outcome"], report["processes"]["unfinished"]), (before["outcome"], 0))


class Memory(unseen.Case):
    """Processes that the kernel kills for lack of memory, in a cgroup made for that."""

    LIMIT = 24 * 1024 * 1024

    def group(self):
        """A new memory cgroup, and whether it is of v2."""
        for mount, line in (("/sys/fs/cgroup/memory", "memory"), ("/sys/fs/cgroup", "")):
            unified = line == ""
            try:
                with open("/proc/self/cgroup", encoding="utf-8") as file:
                    own = next(path for _, names, path in (entry.rstrip("\n").split(":", 2) for entry in file)
                               if line in names.split(","))
                path = f"{mount}{own.rstrip('/')}/vigil-test-{os.getpid()}-{random.randrange(10**6)}"
                os.mkdir(path)
                self.addCleanup(os.rmdir, path)
                with open(f"{path}/memory.max" if unified else f"{path}/memory.limit_in_bytes", "w", encoding="utf-8") as file:
                    file.write(str(self.LIMIT))
                return path, unified
            except (OSError, StopIteration):
                continue
        self.skipTest("no memory cgroup can be made here")

    def enter(self, group):
        return f"echo $$ >{group}/cgroup.procs; "

    def test_a_rank_without_memory(self):
        group, _ = self.group()
        self.build("greedy", unseen.GREEDY)
        self.launch("sleep 0.5", self.enter(group) + "echo $$ >1; exec ./greedy")
        event = self.assert_reported(self.pid_in("1"), ("oom", None, "SIGKILL"))
        self.assertEqual(event["oom"]["kills_after"] - event["oom"]["kills_before"], 1)
        self.assertTrue(group.endswith(event["oom"]["cgroup"]), event["oom"])
        cause = self.assert_all_ended()["attempts"][-1]["root_cause"]
        self.assertEqual((cause["rank"], cause["cause"]), (1, "oom"))

    def test_a_rank_without_memory_below_a_launcher_that_waits(self):
        # The launcher, which has the preload, reports SIGKILL, and does not know why it came.
        group, _ = self.group()
        self.build("greedy", unseen.GREEDY)
        self.run_quietly("/usr/bin/python3", "-c", "import subprocess, sys, time; p = subprocess.Popen(['sh', '-c', sys.argv[1]]); "
                         "p.wait(); time.sleep(0.3); sys.exit(1)",
                         self.enter(group) + "echo $$ >1; export RANK=1 WORLD_SIZE=2; exec ./greedy")
        self.assertIn(("oom", None, "SIGKILL"), [unseen.end_of(event) for event in self.agents()[self.pid_in("1")]])
        self.assertEqual(self.report()["attempts"][-1]["root_cause"]["cause"], "oom")

    def test_who_is_killed_later_had_memory(self):
        group, _ = self.group()
        self.build("greedy", unseen.GREEDY)
        self.launch(self.enter(group) + "echo $$ >0; exec sleep 9", self.enter(group) + unseen.WAIT_FOR % 0 + "echo $$ >1; exec ./greedy",
                    unseen.WAIT_FOR % 1 + "sleep 1; kill -9 $(cat 0)")
        self.assert_reported(self.pid_in("1"), ("oom", None, "SIGKILL"))
        self.assert_reported(self.pid_in("0"), ("killed", None, "SIGKILL"))

    def test_a_command_without_memory(self):
        group, _ = self.group()
        self.build("greedy", unseen.GREEDY)
        ended = self.run_quietly("sh", "-c", self.enter(group) + "exec ./greedy")
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        ((event,),) = self.agents().values()
        self.assertEqual(unseen.end_of(event), ("oom", None, "SIGKILL"))

    def test_a_group_that_is_killed_as_one(self):
        group, unified = self.group()
        if not unified:
            self.skipTest("memory.oom.group is of cgroup v2")
        with open(f"{group}/memory.oom.group", "w", encoding="utf-8") as file:
            file.write("1")
        self.build("greedy", unseen.GREEDY)
        self.launch(self.enter(group) + "echo $$ >0; exec sleep 9", self.enter(group) + unseen.WAIT_FOR % 0 + "echo $$ >1; exec ./greedy",
                    "sleep 0.6")
        for name in ("0", "1"):
            self.assert_reported(self.pid_in(name), ("oom", None, "SIGKILL"))


if __name__ == "__main__":
    tap.main()
