# SPDX-License-Identifier: Apache-2.0
"""A training loop over gloo: every rank adds up a tensor with all others, step by step, until one rank fails.

usage: train.py RANK fault|exception|exit|sleep|stop|slow|none [TIMEOUT]
RANK reads the null pointer, raises ValueError("bad batch"), exits with 3, sleeps or is stopped in step 5; the others then lose their peer inside
the next all_reduce, or wait for it, TIMEOUT seconds at most. "slow": all take their time, and none fails. Rank and world size come
from torchrun's variables or from srun's.
"""

import ctypes
import datetime
import os
import signal
import sys
import time

import torch
import torch.distributed as dist

import meeting

STEPS = 30


def load_batch(step, failing, how):
    if step == 5 and failing:
        if how == "fault":
            ctypes.string_at(0)
        if how == "exception":
            raise ValueError("bad batch")
        if how == "exit":
            sys.exit(3)
        if how == "sleep":
            time.sleep(120)
        if how == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
    return torch.ones(8)


def main():
    rank = meeting.RANK
    failing, how = int(sys.argv[1]) == rank, sys.argv[2]
    patience = datetime.timedelta(seconds=float(sys.argv[3]) if len(sys.argv) > 3 else 60)
    dist.init_process_group("gloo", rank=rank, world_size=meeting.WORLD, timeout=patience)
    meeting.come()
    total = torch.zeros(8)
    for step in range(STEPS if how != "slow" else 10000):
        time.sleep(0.01 if how == "slow" else 0)
        batch = load_batch(step, failing, how)
        dist.all_reduce(batch)
        total += batch
    if rank == 0:
        print("total", int(total[0]), flush=True)
    dist.barrier()
    dist.destroy_process_group()  # its threads must not outlive the interpreter


if __name__ == "__main__":
    main()
