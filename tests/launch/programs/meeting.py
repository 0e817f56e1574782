# SPDX-License-Identifier: Apache-2.0
"""Where the ranks of a scenario find each other, without a library: a file for each in the directory that STAGE names.

A rank's file is called by its attempt and number, and has its pid: who looks on finds the ranks by it, too.
"""

import os
import time

STAGE = os.environ.get("STAGE")
NAMES = (("RANK", "WORLD_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"),
         ("SLURM_PROCID", "SLURM_NTASKS"))
RANK, WORLD = next((int(os.environ[rank]), int(os.environ[size])) for rank, size in NAMES if rank in os.environ)
ATTEMPT = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def path(rank, kind="pid"):
    return os.path.join(STAGE, f"{ATTEMPT}.{rank}.{kind}")


def write(kind, text):
    whole = path(RANK, kind)
    with open(whole + ".new", "w", encoding="ascii") as file:
        file.write(text)
    os.rename(whole + ".new", whole)


def come():
    """Say that this rank is there."""
    if STAGE:
        write("pid", str(os.getpid()))


def meet():
    """Come, and wait for all others."""
    come()
    while not all(os.path.exists(path(rank)) for rank in range(WORLD)):
        time.sleep(0.005)
