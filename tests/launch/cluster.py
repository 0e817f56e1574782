# SPDX-License-Identifier: Apache-2.0
"""A job on the hosts of tests/support/hosts.py, started as a user does it: torchrun by hand on each host, mpirun and mpiexec.hydra by ssh,
srun with a slurmd on each host; and what vigil says of it, on the hosts and afterwards."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing

import jobs
import slurm

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hosts as support
import nats
import watched

RANK, TRAIN = jobs.PROGRAMS / "rank.py", jobs.PROGRAMS / "train.py"
SECONDS = 120  # the longest that a job may take
# When the user gives up on a job that has lost a rank. mpiexec.hydra waits for ever where a rank of another host has exited, or is gone
# with its host; of torchrun's agents the others wait minutes.
PATIENCE = {"mpich": 8}
TOLD = "vigil: job "


@dataclasses.dataclass
class Way:
    """How the last rank fails, and what the report has to say of it."""

    cause: str
    reason: str
    confidence: tuple = ("proven", "likely")


WAYS = {
    "fault": Way("fault", "^SIGSEGV"),
    "exception": Way("exception", "^ValueError: bad batch"),
    "exit": Way("exit", "^exit 3"),
    # Without a monitor on its host nobody may see it.
    "kill": Way(None, "SIGKILL|silent", ("likely", "proven")),
    # All of the host goes, and no word is left.
    "loss": Way(None, "silent", ("likely",)),
}


def torchrun(job, node):
    """The agent of the host NODE. A rank that does not fail by itself is "slow", until somebody ends it."""
    how = job.how if job.how in ("fault", "exception", "exit") else "slow"
    command = jobs.torchrun(f"/tmp/logs{node}", job.per_host, TRAIN, job.failing, how, 20)
    port = command.index("--master_port")
    command[port:port + 2] = ["--nnodes", job.nnodes or str(len(job.hosts)), "--rdzv_backend", "c10d", "--rdzv_endpoint", "n0:29400",
                              "--rdzv_id", "train7", *job.options]
    return command


def mpi_program(job):
    """The last rank's failure; ring.py has the exception. Or the job's own program."""
    if job.program:
        return list(job.program)
    ring = [job.ring, str(job.failing), "sleep" if job.how in ("kill", "loss") else job.how]
    return [*job.worker, *by_rank(job, ring)]


def by_rank(job, ring):
    return jobs.by_rank(*[ring] * job.failing, [jobs.PYTHON, jobs.PROGRAMS / "ring.py", job.launcher, job.how]) \
        if job.how == "exception" else ring


def openmpi(job, _):
    places = ",".join(f"{host.name}:{job.per_host}" for host in job.hosts)
    return ["mpirun.openmpi", *jobs.as_root(), "-x", "STAGE", *job.options, "-host", places, "-np", str(job.world), *mpi_program(job)]


def mpich(job, _):
    names = ",".join(host.name for host in job.hosts)
    return ["mpiexec.hydra", *job.options, "-hosts", names, "-ppn", str(job.per_host), "-n", str(job.world), *mpi_program(job)]


def srun(job, _):
    how = "nothing" if job.how in ("kill", "loss") else job.how
    return ["srun", "-K1", *job.options, f"-N{len(job.hosts)}", f"--ntasks-per-node={job.per_host}", *job.worker, jobs.PYTHON, str(RANK), str(job.failing), how]


COMMANDS = {"torchrun": torchrun, "openmpi": openmpi, "mpich": mpich, "srun": srun}
NEEDS = {"torchrun": (), "openmpi": ("mpirun.openmpi", "mpicc.openmpi"), "mpich": ("mpiexec.hydra", "mpicc.mpich"), "srun": slurm.DAEMONS}


def lacks(launcher):
    """Why there can be no job of LAUNCHER on hosts here; None: there can."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    missing = next((name for name in NEEDS[launcher] if not shutil.which(name, path=path)), None)
    if missing:
        return f"not installed: {missing}"
    if launcher == "torchrun" and jobs.torch_lacks() is not None:
        return f"torch lacks {jobs.torch_lacks()}"
    return support.missing(ssh=launcher in ("openmpi", "mpich"))


@dataclasses.dataclass
class Ended:
    """How a command on a host ended."""

    name: str
    status: int
    output: str
    said: str

    @property
    def verdict(self):
        """What vigil printed."""
        return self.said[self.said.index(TOLD):] if TOLD in self.said else ""


@dataclasses.dataclass
class Job:
    """COUNT hosts with PER_HOST ranks each; the last rank fails by HOW. SEPARATE: each host's run directory is its own. SERVED: it is,
    too, and a NATS server on the first host carries the events, from a vigil run on each host or before each task."""

    launcher: str
    how: str
    count: int = 2
    per_host: int = 2
    separate: bool = False
    served: bool = False
    options: tuple = ()
    nnodes: str = ""
    vigil: tuple = (watched.VIGIL, "run", "-d", "run")
    program: tuple = ()  # of MPI's, in place of ring.c
    shared: tuple = ()  # further folders that the hosts share
    hosts: typing.Any = None
    where: str = ""
    ring: str = ""
    cluster: typing.Any = None
    started: list = dataclasses.field(default_factory=list)
    is_watched: bool = True
    runs: int = 0

    @property
    def url(self):
        """Of the server, and of the last run on it."""
        return f"nats://{self.hosts[0].address}:4222", f"run{self.runs}"

    @property
    def worker(self):
        return (watched.VIGIL, "run", "--worker", "--") if self.served and self.is_watched else ()

    @contextlib.contextmanager
    def server(self):
        """The NATS server of a job that has one."""
        if not self.served:
            yield
            return
        log = pathlib.Path(self.where, "nats.log")
        with open(log, "wb") as output:
            server = self.hosts[0].popen(nats.PROGRAM, "-js", "-sd", "/tmp/nats", "-a", self.hosts[0].address, "-p", "4222",
                                         stdout=output, stderr=output)
        try:
            until = time.monotonic() + SECONDS
            while b"Server is ready" not in log.read_bytes() and time.monotonic() < until:
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            server.wait()

    @property
    def world(self):
        return self.count * self.per_host

    @property
    def failing(self):
        return self.world - 1

    @contextlib.contextmanager
    def on_hosts(self):
        """Hosts for the job."""
        place = tempfile.TemporaryDirectory(prefix="vigil-cluster-", dir="/tmp")
        with place as self.where:
            os.chmod(self.where, 0o755)
            self.ring = self.build(self.launcher)
            run = [os.path.join(self.where, "run")] if self.separate or self.served else []
            with support.Hosts(self.count, [self.where, watched.TREE, watched.BUILD, *self.shared], run, ssh=self.launcher in ("openmpi", "mpich")) as hosts:
                self.hosts = hosts
                with slurm.HostsSlurm(hosts, self.where) if self.launcher == "srun" else contextlib.nullcontext() as self.cluster:
                    with self.server():
                        yield self

    def build(self, launcher):
        return jobs.build(f"mpicc.{launcher}", "ring.c", f"{self.where}/ring") if launcher in ("openmpi", "mpich") else ""

    def environment(self, host):
        """As a user of several hosts has it: what keeps other tests' jobs on one machine is not in it."""
        more = self.cluster.environment if self.cluster else {}
        clean = jobs.environment(STAGE=self.where, **more)
        for name in ("OMPI_MCA_plm_rsh_agent", "OMPI_MCA_btl", "MASTER_PORT", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"):
            clean.pop(name, None)
        return dict(clean, GLOO_SOCKET_IFNAME="eth0", MASTER_ADDR="n0", PATH=f"{host.bin}:{os.environ['PATH']}", HYDRA_LAUNCHER="ssh")

    def start(self, is_watched=True):
        """Start the launcher, on each host if it is torchrun; below a vigil run if IS_WATCHED."""
        self.started, self.is_watched = [], is_watched
        self.runs += is_watched
        for kind in ("pid", "fails"):
            for path in pathlib.Path(self.where).glob(f"*.{kind}"):
                path.unlink()
        for node in range(self.count if self.launcher == "torchrun" else 1):
            self.start_on(node, is_watched)

    def start_on(self, node, is_watched=True):
        host = self.hosts[node]
        to = ("--to", self.url[0], "--run-id", self.url[1], "--append") if self.served else ()
        command = [*((*self.vigil, *to, "--") if is_watched else ()), *COMMANDS[self.launcher](self, node)]
        place = os.path.join(self.where, f"{len(self.started)}.{host.name}")
        with open(f"{place}.out", "wb") as output, open(f"{place}.err", "wb") as error:
            process = host.popen(*command, cwd=self.where, env=self.environment(host), stdin=subprocess.DEVNULL, stdout=output, stderr=error)
        self.started.append((host, process, place))

    def end(self):
        """Wait for all that was started; returns how each ended."""
        ended, until = [], time.monotonic() + SECONDS
        for host, process, place in self.started:
            try:
                process.wait(max(1.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            output, said = (pathlib.Path(f"{place}.{kind}").read_text(encoding="utf-8", errors="replace") for kind in ("out", "err"))
            ended.append(Ended(host.name, process.returncode, output, said))
        return ended

    def have_come(self, count, seconds):
        """Whether COUNT ranks are there, and at work, within SECONDS."""
        until = time.monotonic() + seconds
        while len(list(pathlib.Path(self.where).glob("*.pid"))) < count:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        time.sleep(1)
        return True

    def await_ranks(self, count=None):
        """All ranks are there, or COUNT of them, and at work."""
        if not self.have_come(count or self.world, SECONDS):
            raise TimeoutError(f"the ranks did not come: {self.end()}")

    def pid(self, rank):
        """The pid of RANK, on its host."""
        return pathlib.Path(self.where, f"0.{rank}.pid").read_text(encoding="ascii")

    def disturb(self):
        """What a job whose last rank does not fail by itself needs."""
        if self.how not in ("kill", "loss"):
            return
        self.await_ranks()
        if self.how == "kill":
            self.hosts[-1].run("kill", "-9", self.pid(self.failing))
        else:
            self.hosts[-1].lose()

    def give_up(self):
        """Interrupt a launcher that still waits, and again: mpiexec.hydra waits for a host that does not answer until a second Ctrl-C."""
        for host, process, _ in self.started:
            for patience in (PATIENCE.get(self.launcher, SECONDS), 3):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(patience)
                if process.poll() is None and host.process.poll() is None:
                    os.kill(support.child_of(process.pid), signal.SIGINT)

    def run(self, is_watched=True):
        self.start(is_watched)
        self.disturb()
        self.give_up()
        return self.end()

    # What is known of it

    def directory(self, host=None):
        return os.path.join(self.where, "run") if host is None or not self.separate else host.disk(os.path.join(self.where, "run"))

    def report(self, *hosts):
        """The report of the directories of HOSTS, of all where there is none; or of the server."""
        if self.served:
            return json.loads(self.hosts[0].run(watched.VIGIL, "report", "--json", "/".join(self.url), env=jobs.environment()))
        directories = dict.fromkeys(self.directory(host) for host in hosts or self.hosts)
        there = [one for one in directories if list(pathlib.Path(one).glob("*.jsonl"))]
        said = subprocess.run([watched.VIGIL, "report", "--json", *there], capture_output=True, text=True, check=False, env=jobs.environment())
        if said.returncode != 0:
            raise RuntimeError(said.stderr)
        return json.loads(said.stdout)

    def forget(self):
        """Empty the run directories, for another run."""
        for directory in {self.directory(host) for host in self.hosts}:
            for path in pathlib.Path(directory).glob("*"):
                path.unlink()

    def named(self, report):
        attempt = report["attempts"][-1]
        root = attempt["root_cause"]
        return {one["rank"] for one in attempt["candidates"] if "after_us" not in one} or ({root["rank"]} if root else set())

    @property
    def lost(self):
        """The ranks of the last host."""
        return set(range(self.world - self.per_host, self.world))

    def complaints(self, report):
        """What is wrong with REPORT, that has all hosts' events."""
        attempt, wrong, way = report["attempts"][-1], [], WAYS[self.how]
        root = attempt["root_cause"]
        if root is None or root["confidence"] == "unsure":
            return self.doubts(attempt)
        if self.how == "loss" and attempt.get("lost_host") == self.hosts[-1].name and self.named(report) == self.lost:
            return self.role_complaints(attempt)
        if self.named(report) != {self.failing}:
            return [f"it names {self.named(report)}, {root['confidence']}: {root['evidence']}"]
        if way.cause and root["cause"] != way.cause:
            wrong.append(f"the cause is {root['cause']}")
        if not re.search(way.reason, root["reason"]):
            wrong.append(f"the reason is {root['reason']}")
        if root["hostname"] != self.hosts[-1].name:
            wrong.append(f"the host is {root['hostname']}")
        if root["confidence"] not in way.confidence:
            wrong.append(f"it is {root['confidence']}: {root['evidence']}")
        return wrong + self.role_complaints(attempt)

    def doubts(self, attempt):
        """What is wrong with a verdict that is not sure: it may be so where nobody reported the end of a process."""
        named, explanation = self.named({"attempts": [attempt]}), attempt.get("explanation", "")
        if self.how not in ("kill", "loss"):
            return [f"it is unsure, of {named}: {explanation}"]
        if not named <= self.lost or (not named and "not known who failed first" not in explanation):
            return [f"it names {named}: {explanation}"]
        if self.how == "loss" and self.hosts[-1].name not in explanation:
            return [f"it does not name the lost host: {explanation}"]
        return self.role_complaints(attempt)

    def role_complaints(self, attempt):
        roles = {one["rank"]: one["role"] for one in attempt["ranks"]}
        victims = {role for rank, role in roles.items() if rank not in self.lost}
        if sorted(roles) != list(range(self.world)) or not victims <= jobs.VICTIMS | {"silent"}:
            return [f"the roles are {roles}"]
        return []

    def part_complaints(self, report):
        """What is wrong with REPORT, that has the events of the first host alone: it may know no better, but it must not be sure."""
        attempt, warnings = report["attempts"][-1], " ".join(report["warnings"])
        root, explanation = attempt["root_cause"], attempt.get("explanation", "")
        if root is not None and (not self.named(report) <= set(range(self.per_host, self.world)) or root["confidence"] == "proven"):
            return [f"the part names {self.named(report)}, {root['confidence']}: {root['evidence']}"]
        if root is None and "not known who failed first" not in explanation:
            return [f"the part names nobody: {explanation}"]
        if "were never heard of: each host may have recorded into a directory of its own" not in explanation + warnings:
            return [f"the part does not say what is missing: {explanation} {warnings}"]
        return []
