# SPDX-License-Identifier: Apache-2.0
"""ring.c's peer in Python: an MPI rank that calls the MPI library through ctypes, Open MPI's or MPICH's.

usage: ring.py openmpi|mpich fault|exception|cleanup|none

cleanup: the exception, and a minute of cleaning up after it.
"""

import atexit
import ctypes
import sys
import time


def library(kind):
    """The library, and its MPI_COMM_WORLD: an object's address in Open MPI, a number in MPICH."""
    if kind == "openmpi":
        mpi = ctypes.CDLL("libmpi.so.40", ctypes.RTLD_GLOBAL)
        return mpi, ctypes.c_void_p(ctypes.addressof(ctypes.c_char.in_dll(mpi, "ompi_mpi_comm_world")))
    return ctypes.CDLL("libmpich.so.12", ctypes.RTLD_GLOBAL), ctypes.c_int(0x44000000)


def load_batch(step, how):
    if step == 5 and how == "fault":
        ctypes.string_at(0)
    if step == 5 and how == "cleanup":
        atexit.register(time.sleep, 60)
    if step == 5 and how in ("exception", "cleanup"):
        raise ValueError("bad batch")


def main():
    mpi, world = library(sys.argv[1])
    mpi.MPI_Init(None, None)
    for step in range(30):
        load_batch(step, sys.argv[2])
        mpi.MPI_Barrier(world)
    mpi.MPI_Finalize()


if __name__ == "__main__":
    main()
