# SPDX-License-Identifier: Apache-2.0
"""A rank of mpi4py that reads a file which never comes, while the others wait for it: "stall4.py FIFO"."""
import sys

from mpi4py import MPI


def load_shard():
    with open(sys.argv[1], "r+b", buffering=0) as shard:
        shard.read(16)  # fifo


def reduce():
    MPI.COMM_WORLD.allreduce(1)  # reduce


reduce()
if MPI.COMM_WORLD.Get_rank() == 2:
    print("hangs", flush=True)
    load_shard()
reduce()
