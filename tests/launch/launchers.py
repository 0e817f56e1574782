# SPDX-License-Identifier: Apache-2.0
"""Whom a launcher's own words name as the rank that failed: the fairest reading of each, for comparison with vigil's."""

import re

# Of one failure the first line that names somebody counts; mpirun's own name of a process ends in the rank.
OPENMPI = re.compile(
    r"noticed that process rank (\d+)|exited due to process rank (\d+)|MPI_ABORT was invoked on rank (\d+)"
    r"|reported by process \[\d+,(\d+)\]|Name:\s+\[\[\d+,\d+\],(\d+)\]|name: \[\[\d+,\d+\],(\d+)\]")
MPICH = re.compile(r"application called MPI_Abort\(.*\) - process (\d+)|Abort\(\d+\) on node (\d+)|PID (\d+) RUNNING AT")
SRUN = re.compile(r"srun: error: \S+: tasks? ([\d,-]+): ")
TORCHRUN = re.compile(r"Root Cause \(first observed failure\):\n.*\n.*\n.*\n\s+rank\s+: (\d+)")


def first(match):
    return {int(next(group for group in match.groups() if group is not None))} if match else set()


def openmpi(text, _):
    return first(OPENMPI.search(text))


def mpich(text, ranks_by_pid):
    """Hydra gives a pid and no rank."""
    match = MPICH.search(text)
    if match and match[3]:
        return {ranks_by_pid.get(int(match[3]), -1)}
    return first(match)


def srun(text, _):
    match = SRUN.search(text)
    named = set()
    for part in match[1].split(",") if match else ():
        low, _, high = part.partition("-")
        named.update(range(int(low), int(high or low) + 1))
    return named


def torchrun(text, _):
    """Each agent names one."""
    return {int(rank) for rank in TORCHRUN.findall(text)}


NAMES = {"openmpi": openmpi, "mpich": mpich, "srun": srun, "torchrun": torchrun}
