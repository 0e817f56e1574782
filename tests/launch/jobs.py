# SPDX-License-Identifier: Apache-2.0
"""A job under a real launcher, watched by vigil, and what vigil's report says of it."""

import contextlib
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import watched

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
PYTHON = "/usr/bin/python3"  # Debian's, which has torch
TORCHRUN = "/usr/bin/torchrun"

# How a rank may end that only lost its peers: by itself, or by the launcher that clears up.
VICTIMS = {"peer_loss", "terminated", "killed"}

# What the launcher of a job of ours says of a failure: the lines that name somebody.
WORDS = re.compile(r"rank\s+: .*|exitcode\s+: .*|.*noticed that process rank.*|.*EXIT CODE: .*|.*EXIT STRING: .*|.*PID \d+ RUNNING AT.*"
                   r"|srun: error: .*")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def has_module(name):
    return subprocess.run([PYTHON, "-c", f"import {name}"], check=False, capture_output=True).returncode == 0


# Does the store of this torch that its own parts ask for work? Later versions ask for libuv's, also in a build that has no libuv.
STORE = """
import torch.distributed
try:
    torch.distributed.TCPStore("127.0.0.1", 0, 1, True)
except RuntimeError as error:
    if "libuv" not in str(error):
        raise
    print("no libuv")
"""


@functools.cache
def torch_lacks():
    """None: torch is there; "torch", or "libuv": without that torchrun can have no store but a file."""
    if not os.path.exists(TORCHRUN):
        return "torch"
    tried = subprocess.run([PYTHON, "-c", STORE], check=False, capture_output=True, text=True)
    if tried.returncode != 0:
        return "torch"
    return "libuv" if "no libuv" in tried.stdout else None


def has_torch():
    return torch_lacks() in (None, "libuv")


def torchrun(logs, ranks, *program, interval="0.1"):
    """torchrun's command line; -r and -t because this version crashes without them under Python 3.11.

    INTERVAL: how often, in seconds, it looks at its workers; None: as it comes, 5 or 0.1 by version.
    """
    poll = ["--monitor_interval", interval] if interval else []
    meeting = ["--master_port", str(free_port())]
    if torch_lacks() == "libuv":
        meeting = ["--rdzv_backend", "c10d", "--rdzv_conf", "store_type=file", "--rdzv_endpoint", f"{logs}.store{free_port()}"]
    return [TORCHRUN, "-r", "1", "-t", "1", "--log_dir", logs, *poll, "--nproc_per_node", str(ranks), *meeting, *map(str, program)]


def as_root():
    """Open MPI wants to be asked twice before it runs as root."""
    return ["--allow-run-as-root"] if os.geteuid() == 0 else []


def by_rank(*programs):
    """A command line for as many ranks as there are PROGRAMS, each of which is the command line of one rank: what "A : B" does, which
    not every mpirun can."""
    cases = " ".join(f"{rank}) exec {shlex.join(map(str, program))};;" for rank, program in enumerate(programs))
    return ["sh", "-c", f"case ${{OMPI_COMM_WORLD_RANK-$PMI_RANK}} in {cases} esac"]


@functools.cache
def openmpi_ends_contexts():
    """How the bare "mpirun A : B" of this system ends: 0, or a signal of its own."""
    command = ["mpirun.openmpi", *as_root(), "--oversubscribe", "-np", "1", "true", ":", "-np", "1", "true"]
    return subprocess.run(command, check=False, capture_output=True, env=environment()).returncode


@functools.cache
def openmpi_launcher():
    """The program that mpirun becomes: orterun, prte, …"""
    command = ["mpirun.openmpi", *as_root(), "-np", "1", "sh", "-c", "readlink /proc/$PPID/exe"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment()).stdout
    return os.path.basename(said.strip())


def build(compiler, source, program):
    """PROGRAMS/SOURCE as PROGRAM, by the command line of a COMPILER."""
    subprocess.run([*compiler.split(), "-O1", "-g", "-o", program, str(PROGRAMS / source)], check=True)
    return program


def left_behind(program):
    """The pids of the processes that still run PROGRAM, a file that this test made."""
    found = []
    for exe in pathlib.Path("/proc").glob("[0-9]*/exe"):
        with contextlib.suppress(OSError):
            if exe.readlink() == pathlib.Path(program):
                found.append(int(exe.parts[2]))
    return found


def end_left_behind(program):
    """Ranks that wait for each other for ever would keep the processors from the other tests."""
    for pid in left_behind(program):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


@functools.cache
def mpich_leaves_ranks():
    """Whether the bare mpiexec.hydra of this system ends and leaves ranks behind when MPI's error handler ends one of them."""
    with tempfile.TemporaryDirectory(prefix="vigil-fact-", dir="/tmp") as where:
        ring = build("mpicc.mpich", "ring.c", os.path.join(where, "ring"))
        subprocess.run(["mpiexec.hydra", "-n", "3", ring, "1", "truncate"], check=False, capture_output=True, stdin=subprocess.DEVNULL,
                       env=environment(), timeout=60)
        time.sleep(1)
        left = left_behind(ring)
        end_left_behind(ring)
    return bool(left)


def environment(**more):
    """Of one machine: no remote shell, and shared memory between ranks, whose copies are not another process's to make. Of torch the
    store that every build has; the last variable keeps torchrun from starting one of the other kind beside its file."""
    return watched.environment(
        OMP_NUM_THREADS="1", GLOO_SOCKET_IFNAME="lo", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port()),
        OMPI_MCA_plm_rsh_agent="false", OMPI_MCA_btl="^tcp", OMPI_MCA_btl_vader_single_copy_mechanism="none",
        USE_LIBUV="0", TORCH_DISABLE_SHARE_RDZV_TCP_STORE="1", **more)


class Case(watched.Case):
    """Each test runs jobs in directories of its own, "run0", "run1", …"""

    def setUp(self):
        super().setUp()
        self.runs = 0

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f"not installed: {program}")

    def need_contexts(self):
        if openmpi_ends_contexts() != 0:
            self.skipTest(f"the bare mpirun A : B ends with {openmpi_ends_contexts()} on this system")

    def compile(self, compiler, source="ring.c"):
        program = build(compiler, source, self.path(source.removesuffix(".c")))
        self.addCleanup(end_left_behind, program)
        return program

    def run_watched(self, *command, **more):
        """Run COMMAND under vigil, and print what the launcher said; returns the directory's name and how it ended."""
        name = f"run{self.runs}"
        self.runs += 1
        ended = self.bare(watched.VIGIL, "run", "-d", name, "--", *command, env=environment(**more))
        self.launcher_said(f"{name}: status {ended.returncode}", ended.stdout + ended.stderr)
        return name, ended

    def watch(self, *command, **more):
        """Run COMMAND, which fails, under vigil; returns the last attempt of its report."""
        name, ended = self.run_watched(*command, **more)
        if ended.returncode == 0 and "mpiexec.hydra" in command:
            # That of MPICH 4.2 now and then loses a rank's status, and ends with 0: 2 of 60 faults bare, 1 of 60 watched.
            name, ended = self.run_watched(*command, **more)
        self.assertNotEqual(ended.returncode, 0)
        report = self.vigil("report", "--json", name)
        self.assertEqual(report.stderr, "")
        attempt = json.loads(report.stdout)["attempts"][-1]
        attempt["said"] = ended.stderr
        return attempt

    @staticmethod
    def launcher_said(name, text):
        print(f"# {name}")
        for line in text.splitlines():
            match = WORDS.search(line)
            if match and not line.startswith("vigil"):
                print(f"#   {match[0].strip()}")

    def assert_culprit(self, attempt, rank, cause, reason, world, victims=frozenset(VICTIMS)):
        """RANK of WORLD failed first, by CAUSE and for REASON, and every other rank is its victim, with one of the roles VICTIMS."""
        self.assertIsNotNone(attempt["root_cause"], attempt)
        root = attempt["root_cause"]
        self.assertEqual((root["rank"], root["cause"]), (rank, cause), root)
        self.assertRegex(root["reason"], reason)
        self.assertIn(root["confidence"], ("proven", "likely"), root)
        roles = {one["rank"]: one["role"] for one in attempt["ranks"]}
        self.assertEqual(sorted(roles), list(range(world)))
        self.assertEqual(roles.pop(rank), "culprit")
        self.assertLessEqual(set(roles.values()), victims, attempt["ranks"])
        self.assertRegex(attempt["said"], rf"vigil: job \w+ failed after .*: rank {rank} failed first")

    def assert_fault(self, attempt, rank, world):
        self.assert_culprit(attempt, rank, "fault", r"^SIGSEGV", world)

    def assert_exception(self, attempt, rank, world):
        self.assert_culprit(attempt, rank, "exception", r"^ValueError: bad batch", world)
        trace = attempt["root_cause"]["error_trace"]
        self.assertIn("Traceback (most recent call last):\n", trace)
        self.assertIn('raise ValueError("bad batch")', trace)
        self.assertRegex(trace, r"(?m)^ValueError: bad batch$")
