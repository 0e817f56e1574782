# SPDX-License-Identifier: Apache-2.0
"""Ranks of torchrun that wait in all_reduce for rank 1, which waits for its data. Each makes a file "ready.RANK" before."""
import datetime
import pathlib
import time

import torch
import torch.distributed


def load():
    time.sleep(300)  # data


def train(rank):
    pathlib.Path(f"ready.{rank}").touch()
    if rank == 1:
        load()
    torch.distributed.all_reduce(torch.ones(4))  # reduce


torch.distributed.init_process_group("gloo", timeout=datetime.timedelta(seconds=300))
torch.distributed.all_reduce(torch.ones(4))
train(torch.distributed.get_rank())
