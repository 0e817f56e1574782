# SPDX-License-Identifier: Apache-2.0
"""A rank of mpi4py that fails by HOW in a barrier's stead: mpi_abort, truncate, exit.

usage: mpi4.py RANK HOW
"""

import sys

import meeting
import numpy
from mpi4py import MPI


def mpi_abort():
    MPI.COMM_WORLD.Abort(7)


def truncate():
    MPI.COMM_WORLD.Set_errhandler(MPI.ERRORS_ARE_FATAL)
    sending = MPI.COMM_WORLD.Isend(numpy.zeros(2), meeting.RANK)
    MPI.COMM_WORLD.Recv(numpy.zeros(1), meeting.RANK)
    sending.wait()


def leave():
    """mpi4py calls MPI_Finalize at its end, which waits for the others; and they wait for this rank."""
    sys.exit(3)


def main():
    MPI.COMM_WORLD.Barrier()
    meeting.come()
    if meeting.RANK == int(sys.argv[1]):
        {"mpi_abort": mpi_abort, "truncate": truncate, "exit": leave}[sys.argv[2]]()
    MPI.COMM_WORLD.Barrier()


if __name__ == "__main__":
    main()
