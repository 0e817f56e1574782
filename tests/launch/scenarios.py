# SPDX-License-Identifier: Apache-2.0
"""The ways in which a distributed job fails, each as a job under a real launcher, and what vigil's report has to say of it.

A scenario's roles are those of its ranks in their order; "a|b" where either is right, because the launcher's signal and the news
of the lost peer race each other.
"""

import dataclasses
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time
import typing

import jobs
import stage as stages

PYTHON, PROGRAMS = jobs.PYTHON, jobs.PROGRAMS
RANK, TRAIN, LOADER, MPI4 = (str(PROGRAMS / name) for name in ("rank.py", "train.py", "loader.py", "mpi4.py"))
NOBODY, LAUNCHER = frozenset(), frozenset({None})
ENDED = "terminated"  # by the launcher, which clears up
EITHER = "terminated|peer_loss"


@dataclasses.dataclass(frozen=True)
class Scenario:
    number: str  # of the list of 25 that the project set out with; "+": beyond it
    launcher: str
    name: str
    command: typing.Callable
    roles: str
    culprits: frozenset = NOBODY  # whom the report names
    cause: str = ""
    reason: re.Pattern = re.compile("")
    confidence: str = "proven"
    outcome: str = "FAILED"
    disturb: typing.Callable = None
    wrap: typing.Callable = None
    checks: tuple = ()
    needs: tuple = ()
    nodes: int = 1
    terminal: bool = False
    seldom: bool = False  # takes too long for every test run; `measure-scenarios` runs it
    tries: int = 1  # so often, where a busy machine may keep apart what must come almost at once
    truth: frozenset = None  # who it was, where the report cannot know

    @property
    def failed_first(self):
        return self.culprits if self.truth is None else self.truth

    @property
    def world(self):
        return len(self.roles.split())

    @property
    def title(self):
        return f"{self.number} {self.launcher}: {self.name}"

    def lacks(self):
        return next((reason for need in (self.launcher, *self.needs) if (reason := stages.lacks(need))), None)


# Launchers

def openmpi(count, *program):
    return ["mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", str(count), *program]


def openmpi_ring(count, *arguments):
    return lambda _: openmpi(count, stages.build("mpicc.openmpi", "ring.c"), *arguments)


def openmpi_rank(count, *arguments):
    return lambda _: openmpi(count, PYTHON, RANK, *arguments)


def openmpi_mpi4(count, *arguments):
    return lambda _: openmpi(count, PYTHON, MPI4, *arguments)


def mpich_ring(count, *arguments, options=()):
    return lambda _: ["mpiexec.hydra", *options, "-n", str(count), stages.build("mpicc.mpich", "ring.c"), *arguments]


def mpich_rank(count, *arguments):
    return lambda _: ["mpiexec.hydra", "-n", str(count), PYTHON, RANK, *arguments]


def torchrun(count, program, *arguments, interval="0.1", options=()):
    return lambda stage: [*jobs.torchrun(os.path.join(stage.path, "logs"), count, *options, program, *arguments, interval=interval)]


def srun(count, *program, options=()):
    return lambda stage: ["srun", "-J", stage.name, "-N3", f"-n{count}", *options, *program]


def srun_mpich_ring(count, *arguments):
    return lambda stage: srun(count, stages.build("mpicc.mpich", "ring.c"), *arguments, options=["--mpi=pmi2"])(stage)


def agents(program, *arguments, per_node=2):
    """The command of one of two nodes, each with an agent of its own."""
    def command(stage, node):
        stage.environment.setdefault("MASTER_PORT", str(jobs.free_port()))
        there = jobs.torchrun(os.path.join(stage.path, f"logs{node}"), per_node, program, *arguments)
        port = there.index("--master_port")
        there[port:port + 2] = ["--master_addr", "127.0.0.1", "--master_port", stage.environment["MASTER_PORT"],
                                "--nnodes", "2", "--node_rank", str(node)]
        return there
    return command


def witnessed(program, options=()):
    """srun's daemons are not watched: where the job is, each task gets a witness of its own."""
    def command(stage):
        witness = [stages.watched.VIGIL, "run", "--worker", "--"] if stage.is_watched else []
        return srun(3, *witness, *program, options=options)(stage)
    return command


# Disturbances

def kill_rank(rank, number):
    def disturb(stage):
        stage.await_ranks()
        os.kill(stage.pids()[rank], number)
    return disturb


def parent_of(pid):
    """Of a rank: the agent, or mpirun itself."""
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def kill_launcher(stage):
    stage.await_ranks()
    os.kill(parent_of(stage.pids()[0]), signal.SIGKILL)


def press_ctrl_c(stage):
    stage.await_ranks(1.0)
    os.write(stage.terminal, b"\x03")


def hang_up(stage):
    """The terminal's shell dies of it, and then the kernel tells whoever is in the foreground."""
    stage.await_ranks()
    os.close(stage.terminal)
    stage.terminal = None
    stage.wait_for(lambda: not stage.alive())


def cancel(stage):
    stage.await_ranks(1.0)
    stage.ask_slurm("scancel", "-n", stage.name)


def lose_node(stage):
    """All of n2 at once: its agent, its ranks, and its vigil.

    The other agent would wait for it for minutes, and heed no SIGTERM.
    """
    stage.await_ranks(1.0)
    agent = parent_of(stage.pids()[0])
    os.killpg(stage.processes[1].pid, signal.SIGKILL)
    stage.wait_for(lambda: stage.has_said("failed (exitcode: "))
    time.sleep(1.0)
    os.kill(agent, signal.SIGKILL)


def set_clock_ahead(stage):
    """The clock of n2 was two seconds ahead: its records say so afterwards."""
    for process in stage.processes:
        process.wait(stages.SECONDS)
    path = pathlib.Path(stage.events, "n2.jsonl")
    if not path.exists():  # not watched
        return
    events = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    for event in events:
        event["time_us"] += 2_000_000
        event["timestamp"] += 2_000
    path.write_text("".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events), encoding="ascii")


# Wraps

def below_a_shell(_, command):
    return ["sh", "-c", '"$@"; :', "sh", *command]


def in_cgroup(stage, command):
    return stage.in_cgroup(command, 160)


def in_namespace(*mounts):
    script = " && ".join((*mounts, 'exec "$@"'))
    return lambda _, command: ["unshare", "--mount", "sh", "-c", script, "sh", *command]


small_shm = in_namespace("mount -t tmpfs -o size=1M tmpfs /dev/shm")
small_disk = in_namespace('mkdir "$STAGE/full"', 'mount -t tmpfs -o size=1M,mode=777 tmpfs "$STAGE/full"')


# Checks

def evidence(words):
    def check(report):
        root = report["attempts"][-1]["root_cause"]
        said = root["evidence"] if root else []
        assert any(re.search(words, one) for one in said), f"no evidence of {words!r}: {said}"
    return check


def second_fault(report):
    """Two faults on a loaded machine may come further apart than they were meant to."""
    attempt = report["attempts"][-1]
    second = attempt["ranks"][3]
    if second["delta_us"] > 10000:
        assert second["role"] == "peer_loss", second
        return
    assert second["role"] == "own_fault", second
    evidence("a fault of its own")(report)
    first, candidate = attempt["candidates"]
    assert (first["rank"], candidate["rank"], candidate["after_us"]) == (0, 3, second["delta_us"]), attempt["candidates"]
    assert candidate["confidence"] in ("likely", "unsure") and candidate["cause"] == "fault", candidate


def odd_one(rank, where=""):
    def check(report):
        odd = report["attempts"][-1].get("odd_ones_out", [])
        assert [one["rank"] for one in odd] == [rank] and where in odd[0]["where"], odd
    return check


def consequence(words):
    """The rank failed after what failed first in it, for the reason WORDS."""
    def check(report):
        said = [step["reason"] for step in report["attempts"][-1]["root_cause"].get("consequences", ())]
        assert said and re.search(words, said[-1]), said
    return check


def says(rank, words):
    def check(report):
        said = [one["reason"] for one in report["attempts"][-1]["ranks"] if one["rank"] == rank]
        assert said and re.search(words, said[0]), said
    return check


def clock_ahead(report):
    hosts = report["clock"]["hosts"]
    assert [host["hostname"] for host in hosts] == ["n2"] and abs(hosts[0]["ahead_us"] - 2_000_000) < 200_000, hosts


def three_attempts(report):
    attempts = report["attempts"]
    assert [one["outcome"] for one in attempts] == ["FAILED", "FAILED", "SUCCEEDED"], attempts
    assert [one["root_cause"]["rank"] for one in attempts[:2]] == [1, 1]
    assert [one["root_cause"]["confidence"] for one in attempts[:2]] == ["proven", "proven"]
    assert all([rank["role"] for rank in one["ranks"]] == [ENDED, "culprit", ENDED] for one in attempts[:2]), attempts
    assert report["outcome"] == "SUCCEEDED", report["outcome"]


def first_of_two_launches(report):
    launches = [(one["launch"], one["outcome"]) for one in report["attempts"]]
    assert launches == [(2, "SUCCEEDED"), (1, "FAILED")], launches


def of_program(name):
    def check(report):
        program = report["attempts"][-1]["root_cause"]["program"]
        assert re.match(name, program), program
    return check


def rank_of(*ranks):
    return frozenset(ranks)


def words(text):
    return re.compile(text)


MIDDLE = f"{ENDED} culprit {ENDED}"


def limit(how, reason, cause, wrap=None):
    return Scenario("24", "openmpi", f"limit of {how.replace('_', ' ')}",
                    lambda _: openmpi(3, stages.build("g++", "limits.cc"), "1", how), MIDDLE, rank_of(1), cause, words(reason),
                    wrap=wrap, needs=("namespaces",) if wrap else ())


def scripted(stage, script):
    """Rank 1 of 3 does SCRIPT of a shell's instead of its work."""
    ring = [stages.build("mpicc.openmpi", "ring.c")]
    return openmpi(3, *jobs.by_rank(ring, ["sh", "-c", script], ring))


def missing_library(stage):
    """A program whose library was there when it was linked."""
    source, library, program = (os.path.join(stage.path, name) for name in ("lost.c", "liblost.so", "loses"))
    pathlib.Path(source).write_text("int lost(void) { return 0; }\n", encoding="ascii")
    subprocess.run(["gcc", "-shared", "-o", library, source], check=True)
    pathlib.Path(source).write_text("int lost(void); int main(void) { return lost(); }\n", encoding="ascii")
    subprocess.run(["gcc", "-o", program, source, library], check=True)
    os.unlink(library)
    return scripted(stage, f"exec {program}")


def two_launches(stage):
    """A fault, and then something that clears up."""
    ring = openmpi_ring(3, "1")(stage)
    return ["sh", "-c", f"{shlex.join(ring)}; status=$?; {shlex.join(openmpi(3, 'true'))}; exit $status"]


SCENARIOS = [
    Scenario("1", "openmpi", "a fault", openmpi_ring(3, "1"), MIDDLE, rank_of(1), "fault", words("^SIGSEGV")),
    Scenario("1", "mpich", "a fault", mpich_ring(3, "1"), MIDDLE, rank_of(1), "fault", words("^SIGSEGV")),
    Scenario("2", "torchrun", "a fault, and an exit 20 ms later for it", torchrun(4, RANK, 3, "fault", "wait", 1),
             f"{ENDED} {EITHER} {ENDED} culprit", rank_of(3), "fault", words("^SIGSEGV")),
    Scenario("2", "torchrun", "the same, as it comes (looks every 5 s, later versions more often)", torchrun(4, RANK, 3, "fault", "wait", 1, interval=None),
             f"{ENDED} {EITHER} {ENDED} culprit", rank_of(3), "fault", words("^SIGSEGV"), seldom=True),
    Scenario("3", "torchrun", "two agents, a fault, the others lose their peer", agents(TRAIN, 3, "fault"),
             f"{EITHER} {EITHER} {EITHER} culprit", rank_of(3), "fault", words("^SIGSEGV"), nodes=2, needs=("namespaces", "libuv")),
    Scenario("4", "mpich", "abort()", mpich_ring(4, "1", "abort"), f"{ENDED} culprit {ENDED} {ENDED}", rank_of(1), "abort",
             words("SIGABRT|abort")),
    Scenario("4", "torchrun", "a watchdog thread aborts, the main thread waits", torchrun(3, RANK, 1, "watchdog"), MIDDLE, rank_of(1),
             "abort", words("^SIGABRT")),
    Scenario("5", "openmpi", "out of memory", openmpi_rank(3, 1, "greedy"), MIDDLE, rank_of(1), "oom", words("out of memory"),
             wrap=in_cgroup, needs=("memory cgroup",), confidence="proven|likely"),
    Scenario("6", "openmpi", "kill -9 from outside", openmpi_rank(3, 1, "nothing"), MIDDLE, rank_of(1), "killed", words("^SIGKILL"),
             disturb=kill_rank(1, signal.SIGKILL), confidence="proven|likely"),
    Scenario("6", "mpich", "kill -9 from outside", mpich_rank(3, 1, "nothing"), MIDDLE, rank_of(1), "killed", words("^SIGKILL"),
             disturb=kill_rank(1, signal.SIGKILL), confidence="proven|likely"),
    Scenario("6", "torchrun", "kill -9 from outside", torchrun(3, RANK, 1, "nothing"), MIDDLE, rank_of(1), "killed",
             words("^SIGKILL"), disturb=kill_rank(1, signal.SIGKILL), confidence="proven|likely"),
    Scenario("6", "srun", "kill -9 from outside, -K1, a witness for each task", witnessed([PYTHON, RANK, "1", "nothing"], ["-K1"]),
             MIDDLE, rank_of(1), "killed", words("^SIGKILL"), disturb=kill_rank(1, signal.SIGKILL), confidence="proven|likely"),
    Scenario("7", "openmpi", "kill -SEGV from outside", openmpi_rank(3, 1, "nothing"), MIDDLE, rank_of(1), "",
             words(r"^SIGSEGV from \w+"), disturb=kill_rank(1, signal.SIGSEGV)),
    Scenario("8", "torchrun", "an exception", torchrun(4, RANK, 3, "exception"), f"{ENDED} {ENDED} {ENDED} culprit", rank_of(3),
             "exception", words("^ValueError: bad batch")),
    Scenario("8", "srun", "an exception, -K1", srun(3, PYTHON, RANK, "2", "exception", options=["-K1"]), f"{ENDED} {ENDED} culprit",
             rank_of(2), "exception", words("^ValueError: bad batch")),
    Scenario("9", "torchrun", "sys.exit(3)", torchrun(3, RANK, 1, "exit"), MIDDLE, rank_of(1), "exit", words("^exit 3")),
    Scenario("9", "openmpi", "os._exit(9)", openmpi_rank(3, 1, "_exit"), MIDDLE, rank_of(1), "exit", words("^exit 9")),
    Scenario("9", "torchrun", "sys.exit of a text", torchrun(3, RANK, 1, "exit_text"), MIDDLE, rank_of(1), "exit",
             words("^exit 1")),
    Scenario("9", "srun", "exit 3, -K1, the others ignore SIGTERM",
             srun(3, PYTHON, RANK, "1", "exit", "ignore_sigterm", options=["-K1"]), MIDDLE, rank_of(1), "exit", words("^exit 3")),
    Scenario("10", "openmpi", "exit 0 without MPI_Finalize", openmpi_ring(3, "1", "leave"), MIDDLE, rank_of(1), "",
             words("^exit 0"), confidence="likely"),
    Scenario("10", "mpich", "exit 0 without MPI_Finalize", mpich_ring(3, "1", "leave"), MIDDLE, rank_of(1), "", words("^exit 0"),
             confidence="likely"),
    Scenario("11", "openmpi", "MPI_Abort(7)", openmpi_ring(3, "2", "mpi_abort"), f"{ENDED} {ENDED} culprit", rank_of(2), "",
             words(r"^MPI_Abort\(7\) in mpi_abort")),
    Scenario("11", "mpich", "MPI_Abort(7)", mpich_ring(3, "2", "mpi_abort"), f"{ENDED} {ENDED} culprit", rank_of(2), "exit",
             words(r"^MPI_Abort\(7\) in mpi_abort"), confidence="proven|likely"),
    Scenario("11", "mpich", "MPI_Abort(7), mpiexec.hydra -pmi-port", mpich_ring(3, "2", "mpi_abort", options=["-pmi-port"]),
             f"{ENDED} {ENDED} culprit", rank_of(2), "exit", words(r"^MPI_Abort\(7\) in mpi_abort"), confidence="proven|likely"),
    Scenario("11", "srun", "MPI_Abort(7), MPICH by PMI-2", srun_mpich_ring(3, "2", "mpi_abort"), f"{ENDED} {ENDED} culprit",
             rank_of(2), "exit", words(r"^MPI_Abort\(7\) in mpi_abort"), confidence="proven|likely", needs=("mpich",)),
    Scenario("12", "openmpi", "MPI_ERR_TRUNCATE", openmpi_ring(3, "2", "truncate"), f"{ENDED} {ENDED} culprit", rank_of(2), "",
             words(r"^MPI_Abort\(15\) in truncate_message")),
    Scenario("12", "mpich", "MPI_ERR_TRUNCATE", mpich_ring(3, "2", "truncate"), f"{ENDED} {ENDED} culprit", rank_of(2), "exit",
             words(r"^MPI_Abort\(14\) in truncate_message"), confidence="proven|likely", needs=("mpich ends all",)),
    Scenario("11", "openmpi", "mpi4py's Abort(7)", openmpi_mpi4(3, "2", "mpi_abort"), f"{ENDED} {ENDED} culprit", rank_of(2),
             "", words(r"^MPI_Abort\(7\) in mpi_abort \(mpi4.py:"), needs=("mpi4py",)),
    Scenario("12", "openmpi", "MPI_ERR_TRUNCATE in mpi4py", openmpi_mpi4(3, "2", "truncate"), f"{ENDED} {ENDED} culprit",
             rank_of(2), "", words(r"^MPI_Abort\(15\) in truncate \(mpi4.py:"), needs=("mpi4py",)),
    Scenario("13", "openmpi", "sys.exit in mpi4py, which waits for the others, Ctrl-C", openmpi_mpi4(3, "1", "exit"),
             f"{ENDED} {ENDED} {ENDED}", disturb=press_ctrl_c, terminal=True, checks=(odd_one(1, "on its way out"),),
             needs=("mpi4py",), seldom=True),  # busy machines kill before all have told, and PMIx may hang in its own end
    Scenario("13", "openmpi", "a hang, Ctrl-C", openmpi_ring(3, "1", "sleep"), f"{ENDED} {ENDED} {ENDED}", disturb=press_ctrl_c,
             terminal=True),
    Scenario("13", "torchrun", "a hang, Ctrl-C", torchrun(3, TRAIN, 1, "sleep"), f"{ENDED} {ENDED} {ENDED}", disturb=press_ctrl_c,
             terminal=True, checks=(odd_one(1),)),
    Scenario("13", "srun", "a hang, scancel", srun(3, PYTHON, TRAIN, "1", "sleep"), f"{ENDED} {ENDED} {ENDED}", disturb=cancel,
             checks=(odd_one(1),), needs=("torchrun",)),
    Scenario("14", "torchrun", "a straggler, the others time out", torchrun(3, TRAIN, 1, "sleep", 5), "peer_loss culprit peer_loss",
             rank_of(1), "", confidence="likely", needs=("torchrun",)),
    Scenario("15", "openmpi", "a program that is not there", lambda stage: scripted(stage, "exec /bin/nosuch"), MIDDLE, rank_of(1),
             "exit|exec_failed", words(r"nosuch|no such program"), confidence="proven|likely"),
    Scenario("15", "openmpi", "a library that is not there", missing_library, MIDDLE, rank_of(1), "exit|exec_failed",
             words("a library or a program is missing"),
             confidence="proven|likely"),
    Scenario("16", "torchrun", "an import that fails on one rank", torchrun(3, RANK, 2, "no_module"), f"{ENDED} {ENDED} culprit",
             rank_of(2), "exception", words("No module named 'a_module_that_this_host_lacks'")),
    Scenario("16", "openmpi", "a syntax error before the others began", openmpi_rank(3, 0, "syntax_error"),
             f"culprit {ENDED} {ENDED}", rank_of(0), "exception", words("SyntaxError")),
    Scenario("17", "srun", "scancel", srun(3, PYTHON, RANK, "1", "nothing"), f"{ENDED} {ENDED} {ENDED}", disturb=cancel),
    Scenario("17", "srun", "a time limit of one minute", srun(3, PYTHON, RANK, "1", "nothing", options=["-t1"]),
             f"{ENDED} {ENDED} {ENDED}", seldom=True),
    Scenario("18", "srun", "a fault without -K, the others go on", srun(3, PYTHON, RANK, "1", "fault", "finish_later"),
             "survivor culprit survivor", rank_of(1), "fault", words("^SIGSEGV")),
    Scenario("19", "torchrun", "kill -9 of the agent", torchrun(3, RANK, 1, "nothing"), "survivor|silent|terminated " * 3, LAUNCHER,
             "killed", words("SIGKILL"), confidence="proven|likely", disturb=kill_launcher),
    Scenario("19", "openmpi", "kill -9 of mpirun", openmpi_ring(3, "1", "sleep"), "peer_loss|terminated|silent|survivor " * 3,
             LAUNCHER, "killed", words("SIGKILL"), confidence="proven|likely", disturb=kill_launcher),
    Scenario("20", "torchrun", "two restarts", torchrun(3, RANK, 1, "fails_twice", "wait_twice", options=("--max_restarts", "2")),
             "ok ok ok", outcome="SUCCEEDED", checks=(three_attempts,)),
    Scenario("21", "openmpi", "two faults within 5 ms, one clock", openmpi_rank(4, "0,3", "fault"),
             f"culprit {ENDED} {ENDED} own_fault|peer_loss", rank_of(0), "fault", words("^SIGSEGV"), checks=(second_fault,),
             tries=3),
    Scenario("21", "torchrun", "two faults within 5 ms, two hosts", agents(RANK, "0,3", "fault"),
             f"culprit {ENDED} {ENDED} culprit", rank_of(0, 3), "fault", words("^SIGSEGV"), confidence="unsure", nodes=2,
             needs=("namespaces", "libuv"), tries=3),
    Scenario("22", "torchrun", "SIGTERM handlers that fault, raise, exit 0, exit 143",
             torchrun(5, RANK, 4, "exception", "clean_up"), f"{ENDED} {ENDED} {ENDED} {ENDED} culprit", rank_of(4), "exception",
             words("bad batch"), checks=(says(0, "after SIGTERM"), says(2, "exit 0, after SIGTERM"))),
    Scenario("23", "torchrun", "a DataLoader's worker, /dev/shm full", torchrun(2, LOADER, 1), f"{ENDED} culprit", rank_of(1),
             "fault", words("^SIGBUS"), wrap=small_shm, needs=("namespaces",), checks=(evidence("failed .* later, and its error"),)),
    limit("memory", "std::bad_alloc", "exception|abort"),
    limit("cpu", "SIGXCPU", "fault|terminated"),
    limit("file_size", "SIGXFSZ", "fault|terminated"),
    limit("disk", "failure|No space|iostream", "exception|abort", small_disk),
    limit("mapping", "SIGBUS", "fault", small_disk),
    limit("stack", "SIGSEGV", "fault"),
    # as another user it is not readable: what std::terminate() had is not known
    limit("threads", "SIGABRT|system_error", "exception|abort"),
    Scenario("25", "torchrun", "a node is lost", agents(TRAIN, 0, "slow", 5, per_node=1), "peer_loss culprit", rank_of(1), "",
             confidence="likely", disturb=lose_node, nodes=2, needs=("namespaces", "libuv")),
    Scenario("25", "torchrun", "a node of two ranks is lost", agents(TRAIN, 0, "slow", 5), "peer_loss peer_loss culprit culprit",
             rank_of(2, 3), "", confidence="likely", disturb=lose_node, nodes=2, needs=("namespaces", "libuv")),
    Scenario("25", "openmpi", "a stopped rank, Ctrl-C", openmpi_rank(3, 1, "stop"), f"{ENDED} {ENDED} {ENDED}",
             disturb=press_ctrl_c, terminal=True),
    Scenario("25", "torchrun", "a stopped rank, the others time out", torchrun(3, TRAIN, 1, "stop", 5),
             "peer_loss culprit peer_loss", rank_of(1), "", confidence="likely", seldom=True),
    Scenario("25", "torchrun", "a clock two seconds ahead", agents(TRAIN, 3, "fault"), f"{EITHER} {EITHER} {EITHER} culprit",
             rank_of(3), "fault", words("^SIGSEGV"), disturb=set_clock_ahead, checks=(clock_ahead,), nodes=2, needs=("namespaces", "libuv"),
             confidence="proven|likely"),
    Scenario("+", "torchrun", "a thread's exception, exit 0", torchrun(2, RANK, 1, "thread_exception", "finish"), "ok ok",
             outcome="SUCCEEDED"),
    Scenario("+", "openmpi", "SIGPIPE", openmpi_rank(3, 1, "broken_pipe"), MIDDLE, rank_of(1), "", words("SIGPIPE"),
             confidence="likely|proven"),
    Scenario("+", "torchrun", "the terminal hangs up", torchrun(3, RANK, 1, "nothing"), f"{ENDED} {ENDED} {ENDED}", disturb=hang_up,
             terminal=True, wrap=below_a_shell),
    # told twice, mpirun may leave its ranks behind
    Scenario("+", "openmpi", "timeout 3 mpirun", lambda stage: ["timeout", "3", *openmpi_rank(3, 1, "nothing")(stage)],
             "terminated|silent " * 3),
    Scenario("+", "openmpi", "a shell that ends with its program's status",
             lambda stage: scripted(stage, f"{PYTHON} -c 'import os; os._exit(7)'; exit $?"), MIDDLE, rank_of(1), "exit",
             words("^exit 7"), checks=(of_program("python"), evidence("which leads the rank, handed on the end of"))),
    Scenario("+", "openmpi", "timeout 2 in each rank", lambda _: openmpi(3, "timeout", "2", "sleep", "60"),
             f"{ENDED} {ENDED} {ENDED}"),
    Scenario("+", "openmpi", "two launches, of which the first fails", two_launches, MIDDLE, rank_of(1), "fault", words("^SIGSEGV"),
             checks=(first_of_two_launches,)),
    Scenario("+", "torchrun", "a helper's fault, and its rank's exception", torchrun(2, RANK, 1, "helper_fault"),
             f"{ENDED} culprit", rank_of(1), "fault", words("^SIGSEGV"), checks=(evidence("failed .* later, and its error says how it ended"),)),
    Scenario("+", "openmpi", "a helper's fault, and its rank's exception", openmpi_rank(3, 1, "helper_checked"), MIDDLE, rank_of(1), "fault",
             words("^SIGSEGV"), checks=(consequence("CalledProcessError"),)),
    Scenario("+", "openmpi", "a helper's fault, and a status of its rank's", openmpi_rank(3, 1, "helper_status"), MIDDLE, rank_of(1), "fault",
             words("^SIGSEGV"), confidence="likely", checks=(consequence("exit 42"),)),
    Scenario("+", "torchrun", "a daemon's fault, and its rank's exception", torchrun(2, RANK, 1, "helper_daemon"), f"{ENDED} culprit",
             rank_of(1), "fault", words("^SIGSEGV"), confidence="likely", checks=(consequence("does not answer"),)),
]


def chosen(text):
    """The scenarios with TEXT in their titles."""
    return [one for one in SCENARIOS if text in one.title]
