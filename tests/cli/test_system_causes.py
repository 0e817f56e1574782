#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the system knows of the end of a process: the kernel's log, beside the process's own words."""

import json
import os
import pathlib
import re
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

MAKE_FIXTURE = str(watched.TREE / "tests" / "support" / "make-fixture")

XID = 'host n1 logs "NVRM: Xid (PCI:0000:3b:00): {}" at {}\n'
JOB = "launcher torchrun\nhost n1\nprogram python3\nranks 0-1\n"
NCCL = 'rank 1 raises RuntimeError "CUDA error: unspecified launch failure" at 2.5\n'
EXIT = "rank 1 exit 3 at 2.5\n"
KILLED = "rank 1 SIGKILL at 2.5\n"
END = "launcher kills 0 SIGTERM at 2.6\nlauncher exit 1 at 3\n"

# What happened, and the class of the cause; None: the kernel's words are no evidence of this end.
CASES = [
    (EXIT + XID.format("79, pid={1}, name=python3, GPU has fallen off the bus.", 2.2), "gpu_hardware", "proven"),
    (EXIT + XID.format("119, pid={1}, name=python3, Timeout after 6s of waiting for RPC response from GPU0 GSP!", 2.2), "gpu_hardware", "likely"),
    (EXIT + XID.format("48, pid={1}, name=python3, DBE", 2.2) + XID.format("45, pid={1}, name=python3, Ch 8", 2.3), "gpu_hardware", "proven"),
    (NCCL + XID.format("74, pid={1}, name=python3, NVLink: fatal error detected on link 2", 2.2), "gpu_hardware", "proven"),
    (NCCL + XID.format("79, GPU has fallen off the bus.", 2.2), "gpu_hardware", "likely"),
    (NCCL + XID.format("79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.", 2.2), "gpu_hardware", "likely"),
    (NCCL + 'host n1 logs "amdgpu 0000:03:00.0: amdgpu: 2 uncorrectable hardware errors detected in umc block" at 2\n', "gpu_hardware", "likely"),
    (EXIT + XID.format("31, pid={1}, name=python3, Ch 00000010, MMU Fault: ENGINE GRAPHICS", 2.4), "cuda_illegal_access", "proven"),
    (EXIT + XID.format("13, pid={1}, name=python3, Graphics SM Warp Exception", 2.4), "cuda_illegal_access", "likely"),
    (EXIT + 'host n1 logs "amdgpu 0000:03:00.0: amdgpu: [gfxhub] no-retry page fault (src_id:0 vmid:8, for process python3 pid {1} thread '
     'python3 pid {1})" at 2\n', "cuda_illegal_access", "proven"),
    (KILLED + 'host n1 logs "Out of memory: Killed process {1} (python3) total-vm:9kB" at 2.498\n', "host_oom", "proven"),
    (KILLED + 'host n1 logs "Memory cgroup out of memory: Killed process {1} (python3) total-vm:9kB" at 2.498\n', "cgroup_oom", "proven"),
    (KILLED + 'host n1 logs "Memory cgroup out of memory: Kill process {1} (python3) score 980 or sacrifice child" at 2.498\n', "cgroup_oom", "proven"),
    # near to a class, and not of it
    (EXIT + XID.format("79, GPU has fallen off the bus.", 2.2), "exit", None),  # it has no GPU, as far as is known
    (EXIT + XID.format("43, pid={1}, name=python3, Ch 00000008", 2.2), "exit", None),
    (EXIT + XID.format("79, pid={0}, name=python3, GPU has fallen off the bus.", 2.2), "exit", None),
    (NCCL + XID.format("79, GPU has fallen off the bus.", 9.5), "cuda_illegal_access", None),
    (EXIT + 'host n1 logs "Out of memory: Killed process {1} (python3) total-vm:9kB" at 2.498\n', "exit", None),
    (KILLED + 'host n1 logs "Out of memory: Killed process {0} (python3) total-vm:9kB" at 2.498\n', "killed", None),
    (KILLED + 'host n1 logs "solver[9]: Out of memory: Killed process {1} (python3)" at 2.498\n', "killed", None),
    ('rank 1 raises RuntimeError "CUDA out of memory. Tried to allocate 2 GiB" at 2.5\n' + XID.format("63, pid={1}, name=python3, Row remapped", 2),
     "cuda_oom", None),
]


class Case(watched.Case):
    def assert_hanging_is_gone(self):
        """The process whose pid is in the file "hanging" ends."""
        pid, until = pathlib.Path(self.path("hanging")).read_text(encoding="ascii").strip(), time.monotonic() + 20
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < until:
            time.sleep(0.05)
        self.assertFalse(os.path.exists(f"/proc/{pid}"), pid)

    def report(self, number, text):
        job = self.path(f"job{number}")
        done = self.bare(sys.executable, MAKE_FIXTURE, self.write(f"shorthand{number}", text), job)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("", "", 0))
        return json.loads(self.vigil("report", "--json", job).stdout)["attempts"][-1]


class KernelSays(Case):
    def test_its_words_are_evidence_of_what_they_name(self):
        for number, (text, name, confidence) in enumerate(CASES):
            with self.subTest(text):
                root = self.report(number, JOB + text + END)["root_cause"]
                said = [one for one in root["evidence"] if one.startswith("the kernel said")]
                self.assertEqual((root["rank"], root["cause_class"]), (1, name), root)
                if confidence:
                    self.assertEqual(root["cause_confidence"], confidence, root)
                    self.assertEqual(len(said), 1, root)

    def test_a_kill_that_nobody_knew_is_then_the_first_failure(self):
        text = JOB + 'rank 1 SIGKILL at 2.5\nrank 0 raises ValueError "bad batch" at 2.5\nlauncher exit 1 at 3\n'
        log = 'host n1 logs "Memory cgroup out of memory: Killed process {1} (python3) total-vm:9kB" at 2.4\n'
        self.assertEqual(self.report("a", text)["root_cause"]["rank"], 0)
        attempt = self.report("b", text + log)
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["cause"]), (1, "oom"))
        self.assertIn("the kernel killed it for lack of memory, as its log says", attempt["root_cause"]["evidence"])


class OnOneHost(Case):
    """A cause that may lie in a host is said to, where only its ranks failed so."""

    HOSTS = "launcher torchrun\nhost n1\nranks 0-1\nhost n2\nranks 2-3\n"
    FAILED = "rank {} raises {} '{}' at {}\n"
    END = "launcher exit 1 at 4\n"

    def only_on(self, *failures):
        attempt = self.report(len(os.listdir(self.directory)), self.HOSTS + "".join(self.FAILED.format(*one) for one in failures) + self.END)
        root = attempt["root_cause"]
        said = [one for one in root["evidence"] if one.startswith("only on host")]
        self.assertEqual(len(said), "cause_only_on" in root, root)
        return root.get("cause_only_on"), "".join(said)

    LOST = ("0-1", "RuntimeError", "Connection closed by peer", 3)
    MODULE = ("ModuleNotFoundError", "No module named x")

    def test_one_host_lacks_a_module(self):
        self.assertEqual(self.only_on(self.LOST, ("2-3", *self.MODULE, 2.5)),
                         ("n2", "only on host n2 (ranks 2,3): no rank of another host failed so"))
        self.assertEqual(self.only_on(self.LOST, ("3", *self.MODULE, 2.5)), ("n2", "only on host n2 (rank 3): no rank of another host failed so"))

    def test_one_host_has_a_full_disk(self):
        self.assertEqual(self.only_on(self.LOST, ("2", "OSError", "[Errno 28] No space left on device", 2.5))[0], "n2")

    def test_not_where_it_lies_in_the_program_or_everywhere(self):
        self.assertEqual(self.only_on(("0", *self.MODULE, 2.6), ("2-3", *self.MODULE, 2.5)), (None, ""))
        self.assertEqual(self.only_on(self.LOST, ("2", "ValueError", "bad batch", 2.5)), (None, ""))


PROGRAM = r"""
import os, sys, time
log = os.open("/dev/kmsg", os.O_WRONLY)
for line in sys.argv[2:]:
    os.write(log, line.replace("PID", str(os.getpid())).replace("NOW", str(time.monotonic_ns() // 1000)).encode() + b"\n")
time.sleep(0.2)
os.kill(os.getpid(), 9) if sys.argv[1] == "kill" else sys.exit(3)
"""


class TheLog(watched.Case):
    """/dev/kmsg, for which a pipe stands in a mount namespace."""

    def setUp(self):
        super().setUp()
        self.needs_mounts()
        if os.readlink("/proc/self/ns/pid") != "pid:[4026531836]":
            self.skipTest("the log's pids are not those of this pid namespace")
        os.mkfifo(self.path("kmsg"))
        self.write("program.py", PROGRAM)

    def root(self, how, *lines):
        # the pipe is held open, as the log never ends
        script = f'mount --bind kmsg /dev/kmsg; exec 3<>/dev/kmsg; exec {watched.VIGIL} run -q -d run -- "$@"'
        done = self.bare("unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "program.py", how, *lines)
        self.assertEqual((done.stderr, done.returncode), ("", -9 if how == "kill" else 3))
        return json.loads(self.vigil("report", "--json", "run").stdout)["attempts"][-1]["root_cause"]

    def messages(self):
        return [one for one in self.events() if one["name"].endswith(":kernel")]

    def test_is_read_while_the_job_runs(self):
        root = self.root("exit", "6,812,90,-;usb 1-1: new device", "3,813,NOW,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=PID, name=python3, GPU has fallen off the bus.\n SUBSYSTEM=pci")
        (message,) = self.messages()
        self.assertEqual((message["source"], message["node_state"], message["pid"]), ("AGENT", "RUNNING", root["pid"]))
        self.assertEqual(message["system_message"], f"NVRM: Xid (PCI:0000:3b:00): 79, pid={root['pid']}, name=python3, GPU has fallen off the bus.")
        self.assertEqual((root["cause_class"], root["cause_confidence"]), ("gpu_hardware", "proven"))
        self.assertRegex("\n".join(root["evidence"]), r"the kernel said, 0\.[1-9] s before: NVRM: Xid \(PCI:0000:3b:00\): 79")

    def test_tells_of_a_lack_of_memory(self):
        root = self.root("kill", "3,813,99,-;Memory cgroup out of memory: Killed process PID (python3) total-vm:99kB, anon-rss:9kB")
        self.assertEqual((root["cause"], root["cause_class"], root["cause_confidence"]), ("oom", "cgroup_oom", "proven"))

    def test_what_a_program_writes_into_it_does_not_count(self):
        root = self.root("exit", "12,813,99,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=PID, name=python3, GPU has fallen off the bus.")
        self.assertEqual((self.messages(), root["cause_class"]), ([], "exit"))

    def test_a_flood_is_cut(self):
        root = self.root("exit", *(f"3,{i},99,-;NVRM: Xid (PCI:0000:3b:00): 31, pid=PID, name=python3, Ch {i}" for i in range(300)))
        self.assertEqual((len(self.messages()), root["cause_class"]), (64, "cuda_illegal_access"))


NVML = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int is(const char *how) { return strcmp(getenv("STUB"), how) == 0; }
int nvmlInit_v2(void)
{
	if (is("hang")) {
		FILE *file = fopen("hanging", "w");
		fprintf(file, "%d\n", getpid());
		fclose(file);
		for (;;) pause();
	}
	if (is("crash")) *(volatile int *)8 = 1;
	return is("none") ? 9 : 0;
}
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	*device = (void *)(long)(index + 1);
	return is("lost") && index == 1 ? 15 : 0;
}
int nvmlDeviceGetPciInfo_v3(void *device, char *info)
{
	strcpy(info + 16 + 5 * sizeof(int), (long)device == 1 ? "00000000:3B:00.0" : "00000000:5E:00.0");
	return 0;
}
int nvmlDeviceGetTotalEccErrors(void *device, int type, int counter, unsigned long long *count)
{
	*count = type == 1 && counter == 0 && (is("ecc") || is("crash late")) && (long)device == 2 ? 3 : 0;
	return is("lost late") && (long)device == 1 ? 15 : 0;
}
int nvmlDeviceGetRetiredPagesPendingStatus(void *device, int *pending) { *pending = is("retire") && (long)device == 1; return 0; }
int nvmlDeviceGetRemappedRows(void *device, unsigned *corrected, unsigned *uncorrected, unsigned *pending, unsigned *failed)
{
	if (is("crash late") && (long)device == 2) *(volatile int *)8 = 1;
	*corrected = *uncorrected = 0;
	*pending = *failed = is("rows") && (long)device == 1;
	return 0;
}
"""


@unittest.skipUnless(shutil.which("cc"), "not installed: cc")
class Devices(Case):
    """libnvidia-ml.so.1, for which a library of this test stands."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("lib"))
        built = self.bare("cc", "-shared", "-fPIC", "-o", "lib/libnvidia-ml.so.1", self.write("nvml.c", NVML))
        self.assertEqual((built.stderr, built.returncode), ("", 0))
        self.write("program.py", "import sys\nif len(sys.argv) > 1: raise RuntimeError(sys.argv[1])\n")

    def look(self, how, *arguments):
        """The events of NVML's words, and the root cause."""
        environment = watched.environment(STUB=how, LD_LIBRARY_PATH=self.path("lib"))
        name = f"run{len(os.listdir(self.directory))}"
        self.vigil("run", "-q", "-d", name, "--", sys.executable, "program.py", *arguments, env=environment)
        said = [one["system_message"] for one in self.events(name) if one["name"] == "vigil:nvml"]
        return said, json.loads(self.vigil("report", "--json", name).stdout)["attempts"][-1]["root_cause"]

    LAUNCH, ODD = "CUDA error: unspecified launch failure", "CUDA error: unknown error"

    def test_a_lost_gpu_is_the_cause(self):
        for how, words in (("lost", "GPU 1 is lost"), ("lost late", "GPU 0 (00000000:3B:00.0) is lost")):
            said, root = self.look(how, self.LAUNCH)
            self.assertEqual((said, root["cause_class"], root["cause_confidence"]), ([words], "gpu_hardware", "likely"))
            self.assertRegex("\n".join(root["evidence"]), rf"NVML said of host \S+ at the end: {re.escape(words)}")

    def test_errors_of_its_memory_are_evidence_where_the_words_say_nothing(self):
        for how, words in (("ecc", "GPU 1 (00000000:5E:00.0) has had 3 uncorrected ECC errors since its driver was loaded"),
                           ("retire", "GPU 0 (00000000:3B:00.0) has pages of its memory to retire at its next reset"),
                           ("rows", "GPU 0 (00000000:3B:00.0) could not replace a faulty row of its memory")):
            said, root = self.look(how, self.ODD)
            self.assertEqual((said, root["cause_class"], root["cause_confidence"]), ([words], "gpu_hardware", "unsure"))
        self.assertEqual(self.look("ecc", self.LAUNCH)[1]["cause_class"], "cuda_illegal_access")
        self.assertEqual(self.look("ecc", "bad batch")[1]["cause_class"], "exception")

    def test_nothing_is_asked_or_said_without_need(self):
        self.assertEqual(self.look("lost"), ([], None))
        for how in ("fine", "none"):
            self.assertEqual(self.look(how, self.LAUNCH)[0], [])

    def test_a_library_that_crashes_or_hangs_does_no_harm(self):
        self.assertEqual(self.look("crash", self.LAUNCH)[0], [])
        self.assertEqual(len(self.look("crash late", self.LAUNCH)[0]), 1)
        began = time.monotonic()
        said, root = self.look("hang", self.LAUNCH)
        self.assertEqual((said, root["cause_class"]), ([], "cuda_illegal_access"))
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assert_hanging_is_gone()


SCONTROL = """#!/bin/sh
echo "$*" >>asked
[ "$LD_PRELOAD" = "" ] || [ "$VIGIL_DISABLE" = 1 ] || echo watched >>asked
[ "$SAYS" = hang ] && echo $$ >hanging && exec sleep 60
echo "JobId=7 JobName=TimeLimit UserId=u(9) $SAYS TimeMin=N/A SubmitTime=2026-11-30T02:41:36"
"""

# What scontrol says, and the class of a job that SIGTERM ended, and of one that SIGKILL did; as of Slurm 22.05
STATES = [
    ("JobState=COMPLETING Reason=TimeLimit Dependency=(null) RunTime=00:01:28 TimeLimit=00:01:00", "time_limit", "time_limit"),
    ("JobState=TIMEOUT Reason=TimeLimit RunTime=00:01:28 TimeLimit=00:01:00", "time_limit", "time_limit"),
    ("JobState=PREEMPTED Reason=None RunTime=00:01:28 TimeLimit=00:05:00", "preempted", "preempted"),
    ("JobState=COMPLETING Reason=None PreemptEligibleTime=2026-11-30T02:41:00 PreemptTime=2026-11-30T02:42:00 RunTime=00:01:28", "preempted", "preempted"),
    ("JobState=OUT_OF_MEMORY Reason=OutOfMemory RunTime=00:01:28 TimeLimit=00:05:00", "cgroup_oom", "cgroup_oom"),
    # scancel, and a job that goes on
    ("JobState=COMPLETING Reason=None PreemptEligibleTime=2026-11-30T02:41:00 PreemptTime=None RunTime=00:00:10 TimeLimit=00:05:00", None, "killed"),
    ("JobState=RUNNING Reason=None RunTime=00:00:10 TimeLimit=00:05:00", None, "killed"),
]


class Slurm(Case):
    """What Slurm says of the job, by an scontrol of this test; the state of a real one is in STATES."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        self.write("bin/scontrol", SCONTROL, 0o755)

    def attempt(self, says, program, **variables):
        environment = watched.environment(PATH=f"{self.path('bin')}:{os.environ['PATH']}", SAYS=says, **({"SLURM_JOB_ID": "7"} | variables))
        name = f"run{len(os.listdir(self.directory))}"
        self.vigil("run", "-q", "-d", name, "--", "sh", "-c", program, env=environment)
        return json.loads(self.vigil("report", "--json", name).stdout)["attempts"][-1], self.vigil("report", name).stdout

    def asked(self):
        path = pathlib.Path(self.path("asked"))
        lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    # ended by a process that is none of the job's: its parent is gone, and it has a session of its own
    TERM = f"{sys.executable} -c 'import time; time.sleep(60)' & pid=$!; sleep 0.4; env -i setsid kill -TERM $pid; wait $pid"
    KILL = TERM.replace("-TERM", "-KILL")

    def test_the_class_of_a_job_that_it_ended(self):
        for says, of_term, of_kill in STATES:
            with self.subTest(says):
                attempt, text = self.attempt(says, self.TERM)
                self.assertEqual(self.asked(), ["--oneliner show job 7"])
                found = (attempt["root_cause"] or attempt).get("cause_class")
                self.assertIn(found, (of_term, "killed") if of_term in (None, "cgroup_oom") else (of_term,), attempt)
                if of_term == "time_limit":
                    self.assertIn("cause: time_limit (proven): its time was over", " ".join(text.split()))
                attempt, _ = self.attempt(says, self.KILL)
                self.asked()
                self.assertEqual(attempt["root_cause"]["cause_class"], of_kill, attempt)
                if of_kill != "killed":
                    self.assertIn("Slurm said at the end: JobState=", "\n".join(attempt["root_cause"]["evidence"]))

    def test_a_failure_of_its_own_keeps_its_class(self):
        attempt, _ = self.attempt(STATES[0][0], "exit 3")
        self.assertEqual(attempt["root_cause"]["cause_class"], "exit")

    def test_it_is_asked_once_and_only_where_it_can_know(self):
        for program, variables in (("exit 0", {}), ("exit 3", {"SLURM_PROCID": "1"}), ("exit 3", {"SLURM_JOB_ID": "7; touch x"}),
                                   ("exit 3", {"SLURM_JOB_ID": ""})):
            self.attempt(STATES[0][0], program, **variables)
            self.assertEqual(self.asked(), [])
        self.attempt(STATES[0][0], "exit 3", SLURM_PROCID="0")
        self.assertEqual(self.asked(), ["--oneliner show job 7"])

    def test_one_that_hangs_is_not_waited_for(self):
        began = time.monotonic()
        attempt, _ = self.attempt("hang", "exit 3")
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(attempt["root_cause"]["cause_class"], "exit")
        self.assert_hanging_is_gone()


if __name__ == "__main__":
    tap.main()
