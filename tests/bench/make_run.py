#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: make_run.py DIRECTORY [RANKS [NODES [WORKERS [OTHERS [ATTEMPTS [FRAMES]]]]]]

Writes the event files of a job that never was: RANKS ranks (10000) of a training program on NODES hosts (1250), each with
WORKERS (4) loader processes, and with stacks of FRAMES (148) frames. One rank in the middle dies of a fault, its neighbours lose their peer, all others and all loaders are
terminated by their launchers, and everybody tells where it stood. With the defaults that is about 1 GB. The same arguments give
the same bytes. Prints the rank that failed first.

OTHERS says what becomes of the other ranks: "terminated"; "peers", all lose their peer; "exits", all exit 1; "kills", all are killed by
their launchers, which tell of each kill() and of each end. All this happens ATTEMPTS (1) times over.
"""
import json
import os
import random
import sys

BEGAN_US = 1_700_000_000_000_000
FAULT_US = 90_000_000
ATTEMPT_US = 120_000_000
BUILD_IDS = [f"{n:040x}" for n in (0xA11CE, 0xB0B, 0xCAB, 0xDAD)]
MODULES = ["/opt/conda/lib/libtorch_cpu.so", "/opt/conda/lib/libtorch_python.so",
           "/opt/conda/bin/python3.10", "/lib/x86_64-linux-gnu/libc.so.6"]


def native_frames(rank, where, depth):
    """Addresses differ from rank to rank, functions do not."""
    base = 0x7F0000000000 + (rank % 4096) * 0x100000
    frames = []
    for i in range(depth):
        module = (i * 7) // depth % len(MODULES)
        offset = 0x1000 + (i * 977 + len(where) * 131) % 0xFFFFF
        frames.append({"pc": hex(base + offset), "module": MODULES[module],
                       "build_id": BUILD_IDS[module], "offset": hex(offset),
                       "function": f"at::native::{where}_step_{i}_of_the_operator(Tensor&, Tensor const&)",
                       "function_offset": 16 + i, "kind": "cfi"})
    return frames


def python_frames(where, depth):
    return [{"kind": "python", "function": f"forward_{i}" if i else where,
             "file": f"/srv/job/train/layers/block_{i % 9}.py", "line": 10 + i} for i in range(depth)]


def trace_text(frames):
    lines = ["Python stack (most recent call last):"]
    python = [frame for frame in frames if frame["kind"] == "python"]
    native = [frame for frame in frames if frame["kind"] != "python"]
    lines += [f'  File "{f["file"]}", line {f["line"]}, in {f["function"]}' for f in reversed(python)]
    lines += [f'#{i:<2} {f["function"]}+{hex(f["function_offset"])} ({f["module"]}+{f["offset"]})'
              for i, f in enumerate(native)]
    return "\n".join(lines) + "\n"


class Host:
    def __init__(self, number, chance):
        self.name = f"node{number:04d}"
        self.boot_id = f"{number:08x}-0000-4000-8000-000000000000"
        self.pid = 1000
        self.skew_us = chance.randrange(-3000, 3000)
        self.lines = []

    def new_pid(self):
        self.pid += 1
        return self.pid

    def tell(self, pid, ppid, program, what, state, at_us, **more):
        source = more.pop("source", "WORKER")
        event = {"schema": "vigil.event/1", "name": f"{program}:{what}", "source": source,
                 "node_state": state, "message": "",
                 "timestamp": (BEGAN_US + at_us + self.skew_us) // 1000,
                 "time_us": BEGAN_US + at_us + self.skew_us, "mono_us": 5_000_000 + at_us,
                 "run_id": "big", "hostname": self.name, "pid": pid, "rank": None, "local_id": None,
                 "attempt": 0, "leader": True, "error_trace": "",
                 "process": {"program": program, "ppid": ppid, "start_ticks": pid * 3,
                             "boot_id": self.boot_id}, "launcher": "torchrun"}
        event.update(more)
        event["seq"] = more["seq"] if "seq" in more else 0 if what == "init" else 1 if what == "main" else 2
        self.lines.append((at_us, json.dumps(event, separators=(",", ":"))))


def stack(rank, where, python, native):
    frames = python_frames(where, python) + native_frames(rank, where, native)
    return {"frames": frames, "error_trace": trace_text(frames),
            "trace": {"outcome": "ok", "us": 900, "fingerprint": f"{hash_of(where):016x}"}}


def hash_of(text):
    value = 1469598103934665603
    for byte in text.encode():
        value = (value ^ byte) * 1099511628211 % 2**64
    return value


def end_of(rank, culprit, agent, others, frames):
    """How a rank ends, and when; None: it cannot say."""
    python = frames * 36 // 148
    if rank == culprit:
        return FAULT_US, "signal", {
            "cause": "fault", "signal": {"number": 11, "name": "SIGSEGV", "code": 1,
                                         "code_name": "SEGV_MAPERR", "address": "0x8"},
            **stack(rank, "scatter", python, frames - python)}
    if others == "kills":
        return None
    if others == "exits":
        return FAULT_US + 4000 + rank % 97, "exit", {"cause": "exit", "exit": {"code": 1, "how": "exit"}}
    if others == "peers" or abs(rank - culprit) <= 8:
        return FAULT_US + 4000 + rank % 97, "exception", {
            "cause": "exception", "exit": {"code": 1, "how": "exit"},
            "exception": {"language": "python", "type": "RuntimeError",
                          "message": f"Connection closed by peer [10.0.0.1]:{20000 + rank}"},
            "error_trace": "Traceback (most recent call last):\nRuntimeError: Connection closed by peer\n"}
    where = "allreduce" if rank % 3 else "barrier"
    return FAULT_US + 900_000 + rank * 97 % 100_000, "signal", {
        "cause": "terminated", "signal": {"number": 15, "name": "SIGTERM", "code": 0,
                                          "code_name": "SI_USER", "sender_pid": agent,
                                          "sender_uid": 0, "sender": "torchrun",
                                          "sender_is": "ancestor"},
        **stack(rank, where, python, frames - python)}


def tell_kill(host, pid, agent, at_us, seq):
    """What the launcher tells of a rank that cannot speak."""
    teller = {"source": "AGENT", "teller": {"pid": agent, "comm": "torchrun"}, "rank": None,
              "process": {"program": "unknown", "ppid": agent, "boot_id": host.boot_id}}
    host.tell(pid, agent, "unknown", "kill", "RUNNING", at_us, **teller, seq=seq,
              signal={"number": 9, "name": "SIGKILL"})
    host.tell(pid, agent, "unknown", "wait", "FAILED", at_us + 900, **teller, seq=seq + 1, cause="killed",
              signal={"number": 9, "name": "SIGKILL"})


def write_ranks(host, ranks, culprit, workers, total, agent, others, attempt, frames):
    began = host.began_us
    for local, rank in enumerate(ranks):
        pid = host.new_pid()
        known = {"rank": rank, "local_id": local, "world_size": total, "attempt": attempt}
        ancestors = [{"pid": agent, "comm": "torchrun"}, {"pid": 1, "comm": "systemd"}]
        init = {"program": "python3.10", "exe": MODULES[2], "cwd": "/srv/job/train", "ppid": agent,
                "argv": [MODULES[2], "train.py", "--config", "large.yaml"], "ancestors": ancestors,
                "start_ticks": pid * 3, "boot_id": host.boot_id}
        host.tell(pid, agent, "python3.10", "init", "INIT", began + 1_000_000 + local, process=init, **known)
        host.tell(pid, agent, "python3.10", "main", "RUNNING", began + 1_100_000 + local, **known)
        end = end_of(rank, culprit, agent, others, frames)
        at_us = began + (end[0] if end else FAULT_US + 900_000 + local * 2000)
        if end:
            host.tell(pid, agent, "python3.10", end[1], "FAILED", at_us, **known, **end[2])
        else:
            tell_kill(host, pid, agent, at_us, 2 + 2 * (attempt * len(ranks) + local))
        for worker in range(workers):
            loader = host.new_pid()
            host.tell(loader, pid, "python3.10", "init", "INIT", began + 2_000_000 + worker, **known, leader=False)
            host.tell(loader, pid, "python3.10", "signal", "FAILED", at_us + 5000 + worker, **known,
                      leader=False, cause="terminated",
                      signal={"number": 15, "name": "SIGTERM", "code": 0, "sender_pid": pid,
                              "sender_uid": 0, "sender": "python3.10", "sender_is": "ancestor"},
                      **stack(rank + worker, "load", 12, 24))


def write_host(host, ranks, culprit, workers, total, others, attempts, frames):
    agent = host.new_pid()
    host.began_us = 0
    host.tell(agent, 1, "torchrun", "init", "INIT", 0)
    host.tell(agent, 1, "torchrun", "main", "RUNNING", 100)
    for attempt in range(attempts):
        host.began_us = attempt * ATTEMPT_US
        write_ranks(host, ranks, culprit, workers, total, agent, others, attempt, frames)
    host.tell(agent, 1, "torchrun", "exit", "FAILED", host.began_us + FAULT_US + 1_500_000, cause="exit",
              exit={"code": 1, "how": "exit"})


def main(directory, ranks=10000, nodes=1250, workers=4, others="terminated", attempts=1, frames=148):
    chance = random.Random(7)
    culprit = ranks * 2 // 3
    os.makedirs(directory)
    each = -(-ranks // nodes)
    for number in range(nodes):
        host = Host(number, chance)
        write_host(host, range(number * each, min(ranks, (number + 1) * each)), culprit, workers, ranks,
                   others, attempts, frames)
        host.lines.sort()
        with open(f"{directory}/{host.name}.jsonl", "w", encoding="ascii") as file:
            file.writelines(line + "\n" for _, line in host.lines)
    print(culprit)


if __name__ == "__main__":
    main(sys.argv[1], *(int(value) if value.isdigit() else value for value in sys.argv[2:]))
