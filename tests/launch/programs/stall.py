# SPDX-License-Identifier: Apache-2.0
"""Ranks of torchrun that stand still: "stall.py HOW [FILE]". The line that a report must name has a comment with HOW."""
import atexit
import ctypes
import datetime
import os
import sys
import threading
import time

import torch
import torch.distributed

HOW, FILE = sys.argv[1], sys.argv[-1]


def load_shard():
    if HOW == "sleep":
        time.sleep(300)  # sleep
    if HOW == "fifo":
        with open(FILE, "rb", buffering=0) as shard:  # fifo: nobody writes
            shard.read(16)
    if HOW == "worker":
        reader, _writer = os.pipe()
        if os.fork() == 0:
            time.sleep(300)
        os.read(reader, 16)  # worker
    if HOW == "compute":
        total = 0
        while True: total += 1  # compute
    if HOW == "gil":
        threading.Thread(target=lambda: ctypes.PyDLL(None).sleep(300), daemon=True).start()  # a call of C that keeps the lock
        time.sleep(0.2)  # gil


def forked():
    lock = threading.Lock()
    with lock:
        child = os.fork()
        if child == 0:
            lock.acquire()  # held where it was forked
        os.waitpid(child, 0)  # forked


def teardown():
    atexit.register(time.sleep, 300)
    raise ValueError("bad batch")  # teardown


def reduce():
    torch.distributed.all_reduce(torch.ones(4))  # reduce


def train(rank):
    if rank == 1:
        print("hangs", flush=True)
        if HOW == "teardown":
            teardown()
        if HOW == "forked":
            forked()
        load_shard()
    if HOW == "moves":
        for step in range(1000):
            time.sleep(0.9 if rank == 1 else 0.001)
            reduce()
    reduce()


torch.distributed.init_process_group("gloo", timeout=datetime.timedelta(seconds=300))
reduce()
train(torch.distributed.get_rank())
