#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Several hosts, of which one has a fault while the job fails: its link is cut, its disk is full, its clock is wrong, or the vigil run
of the first host is killed. The launcher ends as it would, and nobody is blamed wrongly."""

import json
import os
import pathlib
import signal
import sys
import time
import unittest

import cluster

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hosts as support
import tap
import watched


def events_of(directory):
    return [(path, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
            for path in sorted(pathlib.Path(directory).glob("*.jsonl"))]


class Faults(unittest.TestCase):
    maxDiff = None

    def job(self, launcher, how, **more):
        if cluster.lacks(launcher):
            self.skipTest(cluster.lacks(launcher))
        return cluster.Job(launcher, how, **more).on_hosts()

    def assert_told_once(self, job):
        """Each process of the directories has at most one INIT, and one termination from each source."""
        seen = set()
        for directory in {job.directory(host) for host in job.hosts}:
            for _, events in events_of(directory):
                for event in events:
                    if event["node_state"] in ("INIT", "SUCCEEDED", "FAILED"):
                        key = (event["hostname"], event["pid"], event["process"].get("start_ticks"), event["name"], event["source"])
                        self.assertNotIn(key, seen)
                        seen.add(key)
        return seen

    def shift(self, directory, host, seconds):
        """Put the clock of HOST, which had been right, SECONDS ahead in all of its events."""
        for path, events in events_of(directory):
            for event in events:
                if event["hostname"] == host:
                    event["time_us"] += seconds * 1000000
                    event["timestamp"] += seconds * 1000
            path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")

    def clocks_apart(self, launcher, how):
        with self.job(launcher, how) as job:
            job.run()
            self.assertEqual(job.complaints(job.report()), [])
            for seconds in (30, -60):  # 30 s ahead, then 30 s behind
                self.shift(job.directory(), "n1", seconds)
                report = job.report()
                self.assertEqual(job.named(report), {3}, f"n1 by {seconds}: {report['warnings']}")
                self.assertEqual(job.role_complaints(report["attempts"][-1]), [])

    def test_clocks_apart_openmpi(self):
        self.clocks_apart("openmpi", "fault")

    def test_clocks_apart_srun(self):
        self.clocks_apart("srun", "exception")

    def clock_ahead(self, launcher, how, ahead):
        """The clock of the host AHEAD really is: all of vigil that runs there reads it five seconds later than the other's does. In both
        directions; of two torchruns or of a launcher and what it starts."""
        with self.job(launcher, how) as job:
            for real, file in ((watched.VIGIL, "vigil"), (watched.PRELOAD, "libvigil.so")):
                job.hosts[ahead].run("mount", "--bind", watched.BUILD / "tests" / "ahead" / file, real)
            ended = job.run()
            times = {name: min(event["time_us"] for _, events in events_of(job.directory()) for event in events if event["hostname"] == name)
                     for name in ("n0", "n1")}
            self.assertGreater((times["n1"] - times["n0"]) * (1 if ahead else -1), 2000000)
            self.assertEqual(job.complaints(job.report()), [])
            self.assertIn("rank 3 failed first", " ".join(one.verdict for one in ended))

    def test_clock_of_the_failing_host_ahead_openmpi(self):
        self.clock_ahead("openmpi", "fault", 1)

    def test_clock_of_the_first_host_ahead_openmpi(self):
        self.clock_ahead("openmpi", "exit", 0)

    def test_clock_of_the_failing_host_ahead_torchrun(self):
        self.clock_ahead("torchrun", "fault", 1)

    def test_link_cut_while_a_rank_fails(self):
        with self.job("openmpi", "kill") as job:
            job.start()
            job.await_ranks()
            job.hosts[1].link(False)
            job.hosts[1].run("kill", "-SEGV", job.pid(3))
            time.sleep(10)
            job.hosts[1].link(True)
            ended = job.end()[0]
            self.assertNotEqual(ended.status, 0)
            report = job.report()
            root = report["attempts"][-1]["root_cause"]
            self.assertEqual((root["rank"], root["hostname"]), (3, "n1"), ended.said)
            self.assertIn("SIGSEGV", root["reason"])
            self.assertEqual(len({key[:3] for key in self.assert_told_once(job) if key[4] == "WORKER" and key[0] == "n1"}), 2)

    def assert_full_disk_harms_nothing(self, job):
        """The second host's disk is full: the job ends as without vigil, and nothing wrong is said of it."""
        bare = job.run(is_watched=False)[0]
        run = os.path.join(job.where, "run")
        job.hosts[1].mount_small(run, "4k")
        job.hosts[1].run("sh", "-c", f"head -c 4096 /dev/zero >{run}/full")
        ended = job.run()[0]
        self.assertEqual((ended.status, ended.output), (bare.status, bare.output))
        report = job.report()
        self.assertEqual(job.part_complaints(report), [])
        return report

    def test_disk_full_on_one_host(self):
        with self.job("openmpi", "fault", separate=True) as job:
            self.assert_full_disk_harms_nothing(job)

    def test_disk_full_on_one_host_by_way_of_a_server(self):
        """What the disk has no room for is not sent; what the other hosts have is."""
        if cluster.nats.missing():
            self.skipTest(cluster.nats.missing())
        with self.job("openmpi", "fault", served=True) as job:
            report = self.assert_full_disk_harms_nothing(job)
            self.assertLessEqual({0, 1}, {one["rank"] for one in report["attempts"][-1]["ranks"] if one["hostname"] == "n0"})

    def test_directory_missing_on_one_host(self):
        with self.job("openmpi", "exit", vigil=(watched.VIGIL, "run", "-d", "/tmp/run")) as job:
            bare = job.run(is_watched=False)[0]
            ended = job.run()[0]
            self.assertEqual((ended.status, ended.output), (bare.status, bare.output))
            self.assertNotIn("proven", ended.verdict)
            self.assertRegex(ended.verdict, "rank 2 or rank 3 failed first|rank 3 failed first")

    def test_vigil_run_of_the_first_host_killed(self):
        with self.job("openmpi", "kill") as job:
            job.start()
            job.await_ranks()
            vigil = support.child_of(job.started[0][1].pid)
            mpirun = next(pid for pid in pathlib.Path(f"/proc/{vigil}/task/{vigil}/children").read_text(encoding="ascii").split()
                          if os.path.basename(os.readlink(f"/proc/{pid}/exe")) != "vigil")
            os.kill(vigil, signal.SIGKILL)
            job.hosts[1].run("kill", "-SEGV", job.pid(3))
            for _ in range(200):
                if not os.path.exists(f"/proc/{mpirun}"):
                    break
                time.sleep(0.1)
            self.assertFalse(os.path.exists(f"/proc/{mpirun}"), "mpirun goes on")
            said = job.end()[0].said
            self.assertIn("noticed that process rank 3", said)
            self.assertNotIn("vigil: job", said)
            root = job.report()["attempts"][-1]["root_cause"]
            self.assertEqual((root["rank"], root["hostname"]), (3, "n1"))
            self.assertIn("SIGSEGV", root["reason"])
            self.assert_told_once(job)


if __name__ == "__main__":
    tap.main()
