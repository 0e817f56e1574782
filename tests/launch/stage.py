# SPDX-License-Identifier: Apache-2.0
"""A job of tests/launch/scenarios.py, without vigil or with it: started, disturbed, waited for, cleared up, and judged.

Each run has a directory of its own, "the stage"; its path is in STAGE in the environment of all of the job's processes, and only
processes with that are ever ended.
"""

import contextlib
import fcntl
import functools
import glob
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import termios
import threading
import time
import uuid

import jobs
import slurm
import watched

SECONDS = 240  # the longest that a job may take, its turn in the queue included
CGROUPS = "/sys/fs/cgroup"


_built = tempfile.TemporaryDirectory(prefix="vigil-built-")
_building = threading.Lock()


def build(compiler, source):
    """PROGRAMS/SOURCE compiled, once, in a directory that goes with this process."""
    name = os.path.join(_built.name, f"{compiler}-{source}".replace(".", "-"))
    with _building:
        if not os.path.exists(name):
            jobs.build(f"{compiler} -pthread", source, name)
    return name


def memory_controller():
    """(its directory, the name of its limit) of cgroup v1 or v2; None: none that can be used."""
    if os.access(f"{CGROUPS}/memory/memory.limit_in_bytes", os.R_OK):
        place, limit = f"{CGROUPS}/memory", "memory.limit_in_bytes"
    else:
        place, limit = CGROUPS, "memory.max"
        control = pathlib.Path(CGROUPS, "cgroup.subtree_control")
        if not control.exists() or "memory" not in control.read_text(encoding="ascii"):
            return None
    return (place, limit) if os.geteuid() == 0 and os.access(place, os.W_OK) else None


BOOT_ID = "/proc/sys/kernel/random/boot_id"
OTHER_MACHINE = ["unshare", "--mount", "--uts", "--time", "--fork", "--kill-child"]


def namespaces():
    return os.geteuid() == 0 and subprocess.run([*OTHER_MACHINE, "mount", "--bind", BOOT_ID, BOOT_ID], check=False,
                                                capture_output=True).returncode == 0


# What a scenario may need, and the reason for which it is skipped where that is not there.
NEEDS = {
    "torchrun": ("not installed: python3-torch", jobs.has_torch),
    "libuv": ("torchrun of two machines needs libuv, which this torch was built without", lambda: jobs.torch_lacks() is None),
    "openmpi": ("not installed: openmpi-bin", lambda: shutil.which("mpirun.openmpi") and shutil.which("mpicc.openmpi")),
    "mpich": ("not installed: mpich", lambda: shutil.which("mpiexec.hydra") and shutil.which("mpicc.mpich")),
    "mpich ends all": ("the bare mpiexec.hydra of this system leaves ranks behind when MPI's error handler ends one of them",
                       lambda: not jobs.mpich_leaves_ranks()),
    "mpi4py": ("not installed: python3-mpi4py", lambda: jobs.has_module("mpi4py")),
    "srun": ("not installed: slurmctld slurmd slurm-client munge", lambda: slurm.missing() is None),
    "memory cgroup": ("no cgroup whose memory this user may limit", memory_controller),
    "namespaces": ("needs root, and namespaces of mounts, host names and clocks", namespaces),
}


@functools.cache
def lacks(need):
    """Why NEED is not met; None: it is."""
    reason, there = NEEDS[need]
    return None if there() else reason


class Stage:
    """One run. `with Stage(scenario, where, watched, cluster) as stage: stage.run()`"""

    def __init__(self, scenario, where, is_watched, cluster=None):
        self.scenario = scenario
        self.is_watched = is_watched
        self.path = tempfile.mkdtemp(prefix="stage", dir=where)
        self.name = os.path.basename(self.path)
        self.cluster = cluster
        self.environment = jobs.environment(STAGE=self.path, **(cluster.environment if cluster else {}))
        self.processes, self.said, self.cgroup, self.terminal = [], "", None, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._end_leftovers()
        if self.terminal is not None:
            os.close(self.terminal)
        if self.cgroup:
            self.wait_for(self._remove_cgroup, 5)

    @property
    def events(self):
        return os.path.join(self.path, "events")

    def alive(self):
        """The pids of the job's processes, known by their STAGE."""
        mark, found = f"STAGE={self.path}".encode() + b"\0", []
        for path in glob.glob("/proc/[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in pathlib.Path(path).read_bytes():
                    found.append(int(path.split("/")[2]))
        return found

    def _end_leftovers(self):
        """Ranks that outlived their launcher."""
        for pid in self.alive():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    # The job

    def command(self, node):
        program = list(map(str, self.scenario.command(self) if self.scenario.nodes == 1 else self.scenario.command(self, node)))
        if self.is_watched:
            place = [] if self.scenario.nodes > 1 else ["-d", self.events]
            program = [watched.VIGIL, "run", *place, "--", *program]
        wrap = self.scenario.wrap
        program = wrap(self, program) if wrap else program
        return self.on_node(node, program) if self.scenario.nodes > 1 else program

    def on_node(self, node, command):
        """COMMAND where the host's name, its boot and its monotonic clock are another machine's."""
        boot = os.path.join(self.path, f"boot_id.{node}")
        pathlib.Path(boot).write_text(f"{uuid.uuid4()}\n", encoding="ascii")
        script = f'hostname n{node + 1} && mount --bind {boot} {BOOT_ID} && exec "$@"'
        return [*OTHER_MACHINE, "--monotonic", str(1000 * node), "sh", "-c", script, "sh", *command]

    def start(self, node):
        if self.scenario.nodes > 1 and self.is_watched:
            os.makedirs(self.events, exist_ok=True)
            self.environment.update(VIGIL_DIR=self.events, VIGIL_RUN_ID=self.name)
        inside = None
        if self.scenario.terminal:
            self.terminal, inside = pty.openpty()
        with open(os.path.join(self.path, f"said.{node}"), "wb") as said:
            self.processes.append(subprocess.Popen(
                self.command(node), env=self.environment, cwd=self.path, stdin=subprocess.DEVNULL if inside is None else inside,
                stdout=said, stderr=said, start_new_session=True,
                preexec_fn=None if inside is None else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)))
        if inside is not None:
            os.close(inside)

    def run(self):
        for node in range(self.scenario.nodes):
            self.start(node)
        try:
            if self.scenario.disturb:
                self.scenario.disturb(self)
            until = time.monotonic() + SECONDS
            for process in self.processes:
                process.wait(max(1.0, until - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise RuntimeError(f"{error}; it said:\n{self.read_said()}") from error
        self.said = self.read_said()

    def read_said(self):
        return "".join(pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
                       for path in sorted(glob.glob(os.path.join(self.path, "said.*"))))

    # What a disturbance needs

    def has_said(self, words, node=0):
        return words in pathlib.Path(self.path, f"said.{node}").read_text(encoding="utf-8", errors="replace")

    @staticmethod
    def wait_for(condition, seconds=60):
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(condition)
            time.sleep(0.02)

    def pids(self):
        """The pid of each rank that is there, in the last attempt."""
        found = {}
        for path in sorted(glob.glob(os.path.join(self.path, "*.pid"))):
            rank = int(os.path.basename(path).split(".")[1])
            found[rank] = int(pathlib.Path(path).read_text(encoding="ascii"))
        return found

    def await_ranks(self, more_seconds=0.5):
        """All ranks are there, and what they do then has begun."""
        self.wait_for(lambda: len(self.pids()) == self.scenario.world or all(p.poll() is not None for p in self.processes))
        time.sleep(more_seconds)

    def ask_slurm(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=30).stdout.strip()

    # Wraps

    def in_cgroup(self, command, megabytes):
        place, limit = memory_controller()
        self.cgroup = os.path.join(place, f"vigil-{os.getpid()}-{self.name}")
        os.mkdir(self.cgroup)
        bytes_most = str(megabytes << 20)
        for name, value in ((limit, bytes_most), ("memory.memsw.limit_in_bytes", bytes_most), ("memory.swap.max", "0")):
            path = pathlib.Path(self.cgroup, name)
            if path.exists():
                path.write_text(value, encoding="ascii")
        return ["sh", "-c", f'echo $$ >{self.cgroup}/cgroup.procs; exec "$@"', "sh", *command]

    def _remove_cgroup(self):
        try:
            os.rmdir(self.cgroup)
        except OSError:
            return False
        return True

    # What came of it

    def report(self):
        ended = subprocess.run([watched.VIGIL, "report", "--json", self.events], capture_output=True, text=True, check=False,
                               env=jobs.environment())
        return json.loads(ended.stdout)

    def named(self, names):
        """Whom the launcher named, by NAMES of launchers.py."""
        return names(self.said, {pid: rank for rank, pid in self.pids().items()})


# What is expected

def roles_of(scenario):
    """For each rank the roles that are right."""
    return [set(word.split("|")) for word in scenario.roles.split()]


def named_by(attempt):
    """The ranks that ATTEMPT of a report says to have failed first, perhaps; None among them: a process that is no rank."""
    root = attempt["root_cause"]
    return {one["rank"] for one in attempt["candidates"] if "after_us" not in one} or ({root["rank"]} if root else set())


def complaints(scenario, report):
    """What is wrong with REPORT's last attempt; an empty list: nothing."""
    attempt, wrong = report["attempts"][-1], []
    root, named = attempt["root_cause"], named_by(attempt)
    if named != scenario.culprits:
        wrong.append(f"it names {sorted(named, key=str)}, not {sorted(scenario.culprits, key=str)}")
    if scenario.outcome != attempt["outcome"]:
        wrong.append(f"the outcome is {attempt['outcome']}")
    if root and scenario.culprits:
        if scenario.cause and root["cause"] not in scenario.cause.split("|"):
            wrong.append(f"the cause is {root['cause']}")
        if not scenario.reason.search(root["reason"]):
            wrong.append(f"the reason is {root['reason']}")
        if root["confidence"] not in scenario.confidence.split("|"):
            wrong.append(f"it is {root['confidence']}: {root['evidence']}")
    elif root:
        wrong.append(f"it blames for {root['cause']}, {root['reason']}, {root['confidence']}: {root['evidence']}")
    roles = {one["rank"]: one["role"] for one in attempt["ranks"]}
    for rank, right in enumerate(roles_of(scenario)):
        if roles.get(rank) not in right:
            said = [one["reason"] for one in attempt["ranks"] if one["rank"] == rank]
            wrong.append(f"rank {rank} is {roles.get(rank)}, not {'|'.join(sorted(right))}: {said}")
    if len(roles) != scenario.world:
        wrong.append(f"there are {len(roles)} ranks")
    for check in scenario.checks:
        try:
            check(report)
        except AssertionError as error:
            wrong.append(f"{check.__name__}: {error}")
    return wrong
