#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on several hosts, or tasks of Slurm, that stand still: vigil run names the rank on the other host, and the host that says nothing."""

import os
import pathlib
import re
import signal
import sys
import time
import unittest

import cluster
import jobs
import slurm

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hosts
import tap
import watched

STALL = 3
SECONDS = 150  # of a loaded machine; on one that is idle 1.5 times STALL
LACK = hosts.missing() or (jobs.torch_lacks() if jobs.has_torch() else "not installed: python3-torch")


def line_of(program, words):
    lines = (jobs.PROGRAMS / program).read_text(encoding="ascii").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def await_lines(paths, words):
    """The first line with WORDS in one of the files PATHS; fails with what is there."""
    until, text = time.monotonic() + SECONDS, ""
    while time.monotonic() < until:
        text = "".join(pathlib.Path(path).read_text(encoding="utf-8") for path in paths)
        found = re.search(f"(?m)^vigil: .*{words}.*$", text)
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no {words!r} in {text[-3000:]}")


@unittest.skipIf(LACK, LACK)
class Hosts(watched.Case):
    def start(self, both, how):
        """One rank of torchrun on each of BOTH; "hangs" is in the output of one."""
        started = []
        for host in both:
            command = jobs.torchrun(f"/tmp/logs{host.name}", 1, jobs.PROGRAMS / "stall.py", how)
            port = command.index("--master_port")
            command[port:port + 2] = ["--nnodes", "2", "--rdzv_backend", "c10d", "--rdzv_endpoint", "n0:29400", "--rdzv_id", "stall7"]
            environment = dict(jobs.environment(), GLOO_SOCKET_IFNAME="eth0", MASTER_ADDR="n0")
            for name in ("MASTER_PORT", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"):
                environment.pop(name, None)
            with open(self.path(f"{host.name}.err"), "wb") as error, open(self.path(f"{host.name}.out"), "wb") as output:
                started.append(host.popen(watched.VIGIL, "run", "--stall", f"{STALL}s", "-d", "run", "--run-id", "job7", "--", *command,
                                          cwd=self.directory, env=environment, stdout=output, stderr=error))
        until = time.monotonic() + SECONDS
        while not any("hangs" in self.output(host) for host in both):
            self.assertLess(time.monotonic(), until, [self.output(host) for host in both])
            time.sleep(0.1)
        return started

    def output(self, host):
        return "".join(pathlib.Path(self.path(f"{host.name}.{kind}")).read_text(encoding="utf-8") for kind in ("out", "err"))

    def end(self, started, there):
        for host in there:
            host.run("sh", "-c", "kill -9 $(pgrep -f [s]tall.py) || :")
        for process in started:
            process.wait(30)

    def test_torchrun_the_rank_is_on_another_host(self):
        with hosts.Hosts(2, [self.directory, watched.TREE, watched.BUILD]) as both:
            started = self.start(both, "sleep")
            for host in both:
                line = await_lines([self.path(f"{host.name}.err")], "no rank moved for")
                self.assertIn("rank 0 waits in all_reduce", line)
                self.assertIn(f"rank 1 is in load_shard (stall.py:{line_of('stall.py', '# sleep')}), sleeping", line)
            self.end(started, both)

    def test_a_host_that_speaks_late(self):
        """What the first host said of its own rank alone is followed by the whole, once the other one has spoken."""
        with hosts.Hosts(2, [self.directory, watched.TREE, watched.BUILD]) as both:
            started = []
            for rank, host in enumerate(both):
                environment = dict(jobs.environment(), GLOO_SOCKET_IFNAME="eth0", MASTER_ADDR="n0", MASTER_PORT="29511", RANK=str(rank),
                                   LOCAL_RANK="0", WORLD_SIZE="2")
                with open(self.path(f"{host.name}.err"), "wb") as error, open(self.path(f"{host.name}.out"), "wb") as output:
                    started.append(host.popen(watched.VIGIL, "run", "--stall", f"{STALL + 12 * rank}s", "-d", "run", "--run-id", "job7", "--",
                                              jobs.PYTHON, jobs.PROGRAMS / "stall.py", "sleep", cwd=self.directory, env=environment,
                                              stdout=output, stderr=error))
            said = [self.path("n0.err")]
            line = await_lines(said, "moved for")
            self.assertRegex(line, r"none of the 1 ranks that are known of \(of 2\) moved for .*host n1 has not said where rank 1 is")
            line = await_lines(said, "no rank moved for")
            self.assertIn("rank 0 waits in all_reduce", line)
            self.assertIn(f"rank 1 is in load_shard (stall.py:{line_of('stall.py', '# sleep')}), sleeping", line)
            time.sleep(STALL)
            self.assertEqual(pathlib.Path(said[0]).read_text(encoding="utf-8").count("moved for"), 2)
            self.end(started, both)

    def test_torchrun_a_host_is_lost(self):
        with hosts.Hosts(2, [self.directory, watched.TREE, watched.BUILD]) as both:
            started = self.start(both, "sleep")
            lost = next(host for host in both if "hangs" in self.output(host))
            left = next(host for host in both if host is not lost)
            lost.lose()
            line = await_lines([self.path(f"{left.name}.err")], "moved for")
            self.assertIn("rank 0 waits in all_reduce", line)
            self.assertIn(f"host {lost.name} has not said where rank 1 is", line)
            self.end(started, [left])


WORKER = (watched.VIGIL, "run", "--worker", "--stall", f"{STALL}s", "--")


class Mpi(watched.Case):
    def check(self, launcher, *options, **more):
        """Two hosts with two ranks each: rank 2, the first one of the second host, stands in its data loader."""
        lack = cluster.lacks(launcher) or (cluster.nats.missing() if more.get("served") or options else None)
        if lack:
            self.skipTest(lack)
        program = jobs.build(f"mpicc.{launcher}", "stall.c", self.path("stall"))
        job = cluster.Job(launcher, "stall", vigil=(watched.VIGIL, "run", "--stall", f"{STALL}s", "-d", "run", *options),
                          program=(*WORKER, program, "sleep"), separate=bool(options), shared=(self.directory,), **more)
        with job.on_hosts():
            job.start()
            host, process, place = job.started[0]
            line = await_lines([f"{place}.err"], "no rank moved for")
            self.assertIn("ranks 0,1,3 wait in PMPI_Allreduce", line)
            self.assertIn(f"rank 2 is in sleep, called by load_shard (stall.c:{line_of('stall.c', '/* sleep */')})", line)
            os.kill(hosts.child_of(process.pid), signal.SIGINT)
            ended, = job.end()
            report = job.report(host)
        self.assertRegex(" ".join(ended.verdict.split()), "rank 2 failed first")
        self.assertEqual(report["attempts"][-1]["root_cause"]["rank"], 2)

    def test_openmpi(self):
        self.check("openmpi")

    def test_openmpi_by_way_of_a_server(self):
        self.check("openmpi", served=True)

    def test_openmpi_has_a_server_that_hangs(self):
        """Then the line has the ranks of this host."""
        lack = cluster.lacks("openmpi") or cluster.nats.missing()
        if lack:
            self.skipTest(lack)
        program = jobs.build("mpicc.openmpi", "stall.c", self.path("stall"))
        job = cluster.Job("openmpi", "stall", vigil=(watched.VIGIL, "run", "--stall", f"{STALL}s", "-d", "run"), served=True,
                          program=(*WORKER, program, "sleep"), shared=(self.directory,))
        with job.on_hosts():
            job.start()
            _, process, place = job.started[0]
            until = time.monotonic() + SECONDS
            while "hangs" not in pathlib.Path(f"{place}.out").read_text(encoding="utf-8"):
                self.assertLess(time.monotonic(), until)
                time.sleep(0.05)
            job.hosts[0].run("sh", "-c", "kill -STOP $(pgrep nats-server)")
            try:
                line = await_lines([f"{place}.err"], "moved for")
            finally:
                job.hosts[0].run("sh", "-c", "kill -CONT $(pgrep nats-server)")
                for child in pathlib.Path("/proc/thread-self/children").read_text(encoding="ascii").split():
                    os.kill(int(child), signal.SIGCONT)  # nsenter stops with what it has started
            self.assertRegex(line, r"none of the 2 ranks that are known of \(of 4\) moved for .*: ranks 0,1 wait in PMPI_Allreduce")
            os.kill(hosts.child_of(process.pid), signal.SIGINT)
            job.end()

    def test_openmpi_collected(self):
        self.check("openmpi", "--collect")

    def test_hydra(self):
        self.check("mpich")


@unittest.skipIf(not jobs.has_torch(), "not installed: python3-torch")
class Srun(slurm.Case):
    def test_srun_a_rank_is_in_its_data_loader(self):
        """A monitor beside each task, as Slurm's own daemons start these."""
        with open(self.path("err"), "wb") as error, open(self.path("out"), "wb") as output:
            process = self.start_bare(error, output)
            try:
                line = await_lines([self.path("err")], "no rank moved for")
            finally:
                process.terminate()
                process.wait(60)
        self.assertIn("ranks 0,2 wait in all_reduce", line)
        self.assertIn(f"rank 1 is in load_batch (train.py:{line_of('train.py', 'time.sleep(120)')}), sleeping", line)

    def start_bare(self, error, output):
        wait = ("--stall", f"{STALL}s")
        command = [watched.VIGIL, "run", *wait, "-d", self.path("run"), "--", "srun", "-N3", "-n3", watched.VIGIL, "run", "--worker", *wait, "--",
                   jobs.PYTHON, str(jobs.PROGRAMS / "train.py"), "1", "sleep", "300"]
        return self.start(*command, env=self.environment(), stdout=output, stderr=error)


if __name__ == "__main__":
    tap.main()
