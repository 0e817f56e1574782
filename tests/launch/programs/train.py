# SPDX-License-Identifier: Apache-2.0
"""A training loop over gloo: every rank adds up a tensor with all others, step by step, until one rank fails.

usage: train.py RANK fault|exception|none
RANK reads the null pointer, or raises ValueError("bad batch"), in step 5; the others then lose their peer inside the next all_reduce.
Rank and world size come from torchrun's variables or from srun's.
"""

import ctypes
import os
import sys

import torch
import torch.distributed as dist

STEPS = 30


def load_batch(step, failing, how):
    if step == 5 and failing:
        if how == "fault":
            ctypes.string_at(0)
        if how == "exception":
            raise ValueError("bad batch")
    return torch.ones(8)


def main():
    rank = int(os.environ.get("RANK") or os.environ["SLURM_PROCID"])
    world = int(os.environ.get("WORLD_SIZE") or os.environ["SLURM_NTASKS"])
    failing, how = int(sys.argv[1]) == rank, sys.argv[2]
    dist.init_process_group("gloo", rank=rank, world_size=world)
    total = torch.zeros(8)
    for step in range(STEPS):
        batch = load_batch(step, failing, how)
        dist.all_reduce(batch)
        total += batch
    if rank == 0:
        print("total", int(total[0]), flush=True)
    dist.barrier()
    dist.destroy_process_group()  # its threads must not outlive the interpreter


if __name__ == "__main__":
    main()
