# SPDX-License-Identifier: Apache-2.0
"""Ranks that meet in a barrier over plain sockets, step by step, until one of them fails; started in the ways that need no launcher.

usage: exchange.py STYLE RANKS RANK index|exit|kill|leave|sleep [WORDS]

STYLE: "lightning": the first rank starts the others with LOCAL_RANK, NODE_RANK and WORLD_SIZE in their environment, and sets its own
inside, as PyTorch Lightning does; "nodes": a script starts two such first ranks, of two nodes; "script": a process that is no rank
starts all of them with RANK and WORLD_SIZE, and at the first failure ends the rest by SIGTERM; "plain": as "lightning", without any
variable.
RANK does so in step 3; the others raise the exception of WORDS ("client", "barrier", …) when it does not come, or is gone.
"""

import os
import signal
import socket
import subprocess
import sys
import time

STEPS, TIMEOUT, STEP_TIME = 6, 1.0, 0.05
STYLE, RANKS, WHO, HOW = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
WORDS = (sys.argv[5:] or ["peer"])[0]


class DistStoreError(RuntimeError):
    """As torch has it."""


class XlaRuntimeError(RuntimeError):
    """As jax has it."""


class HorovodInternalError(RuntimeError):
    """As Horovod has it."""


class RayActorError(Exception):
    """As Ray has it."""


SAID = {
    "peer": ConnectionError("Connection closed by peer"),
    "client": RuntimeError("The client socket has timed out after 60000ms while trying to connect to (10.0.0.1, 29500)."),
    "barrier": RuntimeError("Timed out initializing process group in store based barrier on rank: 0 (timeout=0:30:00)"),
    "store": DistStoreError("Timed out after 601 seconds waiting for clients. 3/4 clients joined."),
    "deadline": XlaRuntimeError("DEADLINE_EXCEEDED: Barrier timed out. Id: PjRT_Client_Connect"),
    "heartbeats": XlaRuntimeError("UNAVAILABLE: The following tasks stopped sending heartbeats: /job:jax_worker/task:2"),
    "shutdown": HorovodInternalError("Horovod has been shut down. This was caused by an exception on one of the ranks."),
    "actor": RayActorError("The actor died unexpectedly before finishing this task."),
    "response": RuntimeError("Timeout waiting for response from rank 2"),
    "node": RuntimeError("node n3 is not responding to RPC calls"),
    "reach": OSError("failed to contact the coordinator"),
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start(**variables):
    return subprocess.Popen([sys.executable, *sys.argv], env=os.environ | {name: str(value) for name, value in variables.items()})


def watch_over(children):
    """As a launcher does: at the first failure the others are ended."""
    while all(child.poll() in (None, 0) for child in children):
        if all(child.poll() == 0 for child in children):
            sys.exit(0)
        time.sleep(0.02)
    time.sleep(0.2)
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        child.wait()
    sys.exit(1)


def set_out():
    """Start what is to be started; returns the rank of this process."""
    environ = os.environ
    if STYLE == "script" and "RANK" not in environ:
        port = free_port()
        watch_over([start(RANK=rank, LOCAL_RANK=rank, WORLD_SIZE=RANKS, EXCHANGE_PORT=port) for rank in range(RANKS)])
    if STYLE == "nodes" and "EXCHANGE_NODE" not in environ:
        port = free_port()
        watch_over([start(EXCHANGE_NODE=node, EXCHANGE_PORT=port) for node in range(2)])
    if STYLE == "script":
        return int(environ["RANK"])
    if "EXCHANGE_RANK" in environ:
        return int(environ["EXCHANGE_RANK"])
    return start_others()


def start_others():
    """Of this node; this process is its first rank."""
    node = int(os.environ.get("EXCHANGE_NODE", "0"))
    ranks = RANKS // 2 if STYLE == "nodes" else RANKS
    os.environ.setdefault("EXCHANGE_PORT", str(free_port()))
    if STYLE != "plain":
        os.environ.update(NODE_RANK=str(node), LOCAL_RANK="0", WORLD_SIZE=str(RANKS))
    for local in range(1, ranks):
        more = {} if STYLE == "plain" else {"LOCAL_RANK": local}
        start(EXCHANGE_RANK=node * ranks + local, **more)
    return node * ranks


def meet(rank):
    """The connections of this rank: to all others from the first, to the first from the others."""
    port = int(os.environ["EXCHANGE_PORT"])
    if rank == 0:
        server = socket.create_server(("127.0.0.1", port))
        links = [server.accept()[0] for _ in range(RANKS - 1)]
    else:
        links = [first(port)]
    for link in links:
        link.settimeout(TIMEOUT if rank == 0 else 30)
    return links


def first(port):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.02)


def barrier(rank, links):
    if rank > 0:
        links[0].sendall(b"x")
    for link in links:
        if not link.recv(1):
            raise EOFError
    for link in links if rank == 0 else ():
        link.sendall(b"x")


def exchange(rank, links):
    try:
        barrier(rank, links)
        return
    except (OSError, EOFError):
        pass
    raise SAID[WORDS]


def load():
    time.sleep(60)


def fail():
    if HOW == "index":
        return [][5]
    if HOW == "exit":
        sys.exit(7)
    if HOW == "leave":
        sys.exit(0)
    if HOW == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return load()


def main():
    rank = set_out()
    links = meet(rank)
    for step in range(STEPS):
        if step == 3 and rank == WHO:
            fail()
        exchange(rank, links)
        time.sleep(STEP_TIME)


main()
