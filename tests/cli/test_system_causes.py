#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the system knows of the end of a process: the kernel's log, beside the process's own words."""

import json
import os
import pathlib
import sys

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


class KernelSays(watched.Case):
    def report(self, number, text):
        job = self.path(f"job{number}")
        done = self.bare(sys.executable, MAKE_FIXTURE, self.write(f"shorthand{number}", text), job)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("", "", 0))
        return json.loads(self.vigil("report", "--json", job).stdout)["attempts"][-1]

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


PROGRAM = r"""
import os, sys, time
log = os.open("/dev/kmsg", os.O_WRONLY)
for line in sys.argv[2:]:
    os.write(log, line.replace("PID", str(os.getpid())).encode() + b"\n")
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
        root = self.root("exit", "6,812,90,-;usb 1-1: new device", "3,813,99,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=PID, name=python3, GPU has fallen off the bus.\n SUBSYSTEM=pci")
        (message,) = self.messages()
        self.assertEqual((message["source"], message["node_state"], message["pid"]), ("AGENT", "RUNNING", root["pid"]))
        self.assertEqual(message["system_message"], f"NVRM: Xid (PCI:0000:3b:00): 79, pid={root['pid']}, name=python3, GPU has fallen off the bus.")
        self.assertEqual((root["cause_class"], root["cause_confidence"]), ("gpu_hardware", "proven"))
        self.assertRegex("\n".join(root["evidence"]), r"the kernel said, 0\.\d s before: NVRM: Xid \(PCI:0000:3b:00\): 79")

    def test_tells_of_a_lack_of_memory(self):
        root = self.root("kill", "3,813,99,-;Memory cgroup out of memory: Killed process PID (python3) total-vm:99kB, anon-rss:9kB")
        self.assertEqual((root["cause"], root["cause_class"], root["cause_confidence"]), ("oom", "cgroup_oom", "proven"))

    def test_what_a_program_writes_into_it_does_not_count(self):
        root = self.root("exit", "12,813,99,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=PID, name=python3, GPU has fallen off the bus.")
        self.assertEqual((self.messages(), root["cause_class"]), ([], "exit"))

    def test_a_flood_is_cut(self):
        root = self.root("exit", *(f"3,{i},99,-;NVRM: Xid (PCI:0000:3b:00): 31, pid=PID, name=python3, Ch {i}" for i in range(300)))
        self.assertEqual((len(self.messages()), root["cause_class"]), (64, "cuda_illegal_access"))


if __name__ == "__main__":
    tap.main()
