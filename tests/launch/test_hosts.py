#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One run on several hosts, each with a vigil run of its own: torchrun started by hand on each."""

import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

import jobs

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hosts
import tap
import watched

TRAIN = jobs.PROGRAMS / "train.py"
LACK = hosts.missing()


@unittest.skipIf(LACK, LACK)
class Hosts(watched.Case):
    def start(self, host, *command, options=(), **more):
        """vigil run of COMMAND on HOST; its stderr is the file NAME.err."""
        with open(self.path(f"{host.name}.err"), "wb") as error:
            return host.popen(watched.VIGIL, "run", "-d", "run", *options, "--", *command, cwd=self.directory, stderr=error,
                              stdout=subprocess.DEVNULL, env=dict(jobs.environment(), **more))

    def stderr(self, host):
        return pathlib.Path(self.path(f"{host.name}.err")).read_text(encoding="utf-8")

    def report(self, directory="run"):
        return json.loads(self.vigil("report", "--json", directory).stdout)

    def test_hosts_are_apart_and_reach_each_other(self):
        with hosts.Hosts(2, [self.directory]) as (one, other):
            self.assertEqual(one.run("hostname"), "n0\n")
            self.assertEqual(one.run("sh", "-c", "echo $$ >/tmp/x; ls /tmp | grep -c ^x"), "1\n")
            self.assertEqual(other.run("sh", "-c", "ls /tmp | grep -c ^x || :"), "0\n")
            self.assertEqual(other.run("ls", self.directory), "")
            self.write("word", "shared")
            self.assertEqual(other.run("cat", self.path("word")), "shared")
            server = one.popen("python3", "-c", "import socket; s = socket.create_server(('n0', 7)); print('up', flush=True); s.accept()",
                               stdout=subprocess.PIPE)
            self.assertEqual(server.stdout.readline(), b"up\n")
            call = "import socket; socket.create_connection(('n0', 7), 1)"
            one.link(False)
            self.assertNotEqual(other.popen("python3", "-c", call, stderr=subprocess.DEVNULL).wait(), 0)
            one.link(True)
            self.assertEqual(other.popen("python3", "-c", call).wait(), 0)
            self.assertEqual(server.wait(), 0)
            server.stdout.close()
            pid = other.pid
            other.lose()
            self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.assertNotIn("n0", os.uname().nodename)

    def test_a_killed_test_leaves_no_hosts_and_two_tests_have_hosts_at_once(self):
        code = ("import sys, time; sys.path.insert(0, sys.argv[1]); import hosts\n"
                "with hosts.Hosts(2) as both:\n"
                "    print(*(host.pid for host in both), both[0].scratch, flush=True)\n"
                "    time.sleep(60)\n")
        with hosts.Hosts(2) as both, subprocess.Popen([sys.executable, "-c", code, os.path.dirname(hosts.__file__)],
                                                      stdout=subprocess.PIPE, text=True) as test:
            *pids, scratch = test.stdout.readline().split()
            self.assertEqual(both[0].run("hostname"), "n0\n")
            test.kill()
            test.wait()
            for _ in range(100):
                left = [path for path in [*(f"/proc/{pid}" for pid in pids), scratch] if os.path.exists(path)]
                if not left:
                    break
                time.sleep(0.05)
            self.assertEqual(left, [])
            self.assertEqual(both[1].run("hostname"), "n1\n")

    def test_hosts_have_clocks_and_folders_of_their_own(self):
        disk = self.path("disk")
        with hosts.Hosts(2, [self.directory], [disk], ssh=hosts.missing(ssh=True) is None) as both:
            boots = {host.run("cat", "/proc/sys/kernel/random/boot_id") for host in both}
            self.assertEqual(len(boots), 2)
            times = [float(host.run("python3", "-c", "import time; print(time.monotonic())")) for host in both]
            self.assertGreater(times[1] - times[0], 90000)
            both[0].run("sh", "-c", f"echo mine >{disk}/file")
            self.assertEqual(both[1].run("ls", disk), "")
            self.assertEqual(os.listdir(both[0].disk(disk)), ["file"])
            if hosts.missing(ssh=True) is None:
                self.assertEqual(both[0].run(os.path.join(both[0].bin, "ssh"), "n1", "hostname", stdin=subprocess.DEVNULL), "n1\n")

    def test_two_vigil_runs_are_one_run(self):
        with hosts.Hosts(2, [self.directory]) as (one, other):
            running = [self.start(one, "sh", "-c", "sleep 0.5; exit 3", options=["--run-id", "job17"]),
                       self.start(other, "sh", "-c", "sleep 1", VIGIL_RUN_ID="job17")]
            self.assertEqual([process.wait() for process in running], [3, 0])
            for host in (one, other):
                self.assertRegex(self.stderr(host), r"job job17 failed .*: dash \(pid \d+\) failed first", host.name)
                self.assertNotIn("has not ended", self.stderr(host))
        report = self.report()
        self.assertEqual((report["run_id"], report["outcome"], report["hosts"]), ("job17", "FAILED", ["n0", "n1"]))
        self.assertEqual(report["monitors"], {"hosts": 2, "not_ended": []})

    def test_who_still_runs_is_said(self):
        with hosts.Hosts(3, [self.directory]) as (one, other, third):
            long = [self.start(host, "sleep", "4", options=["--run-id", "job17"]) for host in (other, third)]
            self.assertEqual(self.start(one, "sh", "-c", "sleep 0.5; exit 3", options=["--run-id", "job17"]).wait(), 3)
            self.assertRegex(self.stderr(one), r"job job17 failed .*\n  2 of 3 hosts have not ended: n1, n2\n")
            self.assertEqual(self.report()["monitors"]["not_ended"],
                             [{"hostname": "n1", "killed": False}, {"hostname": "n2", "killed": False}])
            self.assertEqual([process.wait() for process in long], [0, 0])
            self.assertRegex(self.stderr(other), r"job job17 failed .*: dash \(pid \d+\) failed first \(likely\)\n  dash")

    def test_success_on_one_host_is_no_verdict_while_others_run(self):
        with hosts.Hosts(2, [self.directory]) as (one, other):
            long = self.start(other, "sleep", "4", options=["--run-id", "job17"])
            time.sleep(0.5)
            self.assertEqual(self.start(one, "true", options=["--run-id", "job17"]).wait(), 0)
            self.assertEqual(self.stderr(one), "")
            self.assertEqual(self.report()["outcome"], "RUNNING")
            self.assertEqual(long.wait(), 0)
        self.assertEqual(self.report()["outcome"], "SUCCEEDED")

    def test_a_lost_host_is_named(self):
        with hosts.Hosts(2, [self.directory]) as (one, other):
            lost = self.start(other, "sleep", "60", options=["--run-id", "job17"])
            time.sleep(0.5)
            other.lose()
            lost.wait()
            self.assertEqual(self.start(one, "sh", "-c", "exit 3", options=["--run-id", "job17"]).wait(), 3)
            self.assertRegex(self.stderr(one), r"1 of 2 hosts has not ended: n1\n")

    def test_a_node_that_starts_again_is_part_of_the_run(self):
        with hosts.Hosts(2, [self.directory]) as (one, other):
            long = self.start(other, "sleep", "3", options=["--run-id", "job17"])
            self.assertEqual(self.start(one, "sh", "-c", "exit 3", options=["--run-id", "job17"]).wait(), 3)
            self.assertEqual(self.start(one, "sleep", "1", options=["--run-id", "job17"]).wait(), 0)
            self.assertEqual(long.wait(), 0)
        report = self.report()
        self.assertEqual((report["outcome"], report["monitors"]), ("SUCCEEDED", {"hosts": 2, "not_ended": []}))

    def torchrun(self, host, node, count, *program, options=()):
        there = jobs.torchrun(f"/tmp/logs{node}", 2, *program)
        port = there.index("--master_port") if "--master_port" in there else None
        if port is None:
            self.skipTest("this torchrun has a store of files alone")
        there[port:port + 2] = ["--nnodes", str(count), "--rdzv_backend", "c10d", "--rdzv_endpoint", "n0:29400", "--rdzv_id", "train7"]
        return self.start(host, *there, options=options, GLOO_SOCKET_IFNAME="eth0")

    def test_torchrun_by_hand_on_each_host_is_one_run(self):
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")
        for how, words in (("fault", "SIGSEGV"), ("exception", "ValueError: bad batch"), ("none", None)):
            with self.subTest(how), hosts.Hosts(2, [self.directory]) as both:
                running = [self.torchrun(host, node, 2, TRAIN, "3", how, options=["--append"]) for node, host in enumerate(both)]
                statuses = [process.wait() for process in running]
                if words is None:
                    self.assertEqual((statuses, [self.stderr(host) for host in both if "vigil" in self.stderr(host)]), ([0, 0], []))
                    continue
                for host in both:
                    self.assertRegex(self.stderr(host), r"vigil: job train7 failed .*: rank 3 failed first \(proven\)")
                    self.assertIn(words, self.stderr(host))
                report = self.report()
                self.assertEqual((report["hosts"], report["world_size"]), (["n0", "n1"], 4))
                cause = report["attempts"][-1]["root_cause"]
                self.assertEqual((cause["rank"], cause["hostname"]), (3, "n1"))
                subprocess.run(["rm", "-r", self.path("run")], check=True)


if __name__ == "__main__":
    tap.main()
