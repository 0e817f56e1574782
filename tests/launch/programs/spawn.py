# SPDX-License-Identifier: Apache-2.0
"""torch.multiprocessing.spawn, whose second process fails by HOW; not a rank by any variable.

usage: spawn.py HOW
"""

import ctypes
import sys
import time

import torch.multiprocessing


def work(index, how):
    if index == 1:
        if how == "fault":
            ctypes.string_at(0)
        if how == "exit":
            sys.exit(7)
        raise ValueError("bad batch")
    time.sleep(300)


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, args=(sys.argv[1],), nprocs=2)
