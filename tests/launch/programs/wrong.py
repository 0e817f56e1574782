# SPDX-License-Identifier: Apache-2.0
"""A program of three ranks of torchrun with an error for which it hangs: "wrong.py HOW". The line that a report must name has a comment
with HOW, behind "!" where it is rank 1's alone."""
import datetime
import sys
import threading
import time

import torch
import torch.distributed as dist

HOW = sys.argv[1]


def row_sync():
    dist.barrier()  # lines


def world_sync(group):
    dist.barrier(group)  # !lines


def reduce():
    dist.all_reduce(torch.ones(4))  # others


def distribute(source):
    dist.broadcast(torch.ones(1 << 20), source)  # root


def receive():
    dist.recv(torch.ones(4), 0)  # !receive


def gather():
    dist.all_gather([torch.ones(4) for _ in range(3)], torch.ones(4))  # !collective


def load():
    time.sleep(300)  # !sleep


def compute():
    total = 0
    while True:  # !loop
        total += 1  # !loop


def deadlock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()  # !lock


def train(rank, group):
    odd = rank == 1
    if HOW == "lines":
        world_sync(group) if odd else row_sync()
    elif HOW == "root":
        distribute(1 if odd else 0)
        reduce()
    elif odd:
        {"receive": receive, "collective": gather, "sleep": load, "loop": compute, "lock": deadlock, "missed": lambda: None}[HOW]()
        if HOW == "missed":
            dist.barrier()  # !missed
    else:
        reduce()


dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=300))
copy = dist.new_group([0, 1, 2])
reduce()
if dist.get_rank() == 1:
    print("hangs", flush=True)
train(dist.get_rank(), copy)
