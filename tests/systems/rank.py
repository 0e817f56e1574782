# SPDX-License-Identifier: Apache-2.0
"""A rank that waits until the file "go" is there, starts a program, and, if it is rank 1, faults; the others wait to be ended."""

import ctypes
import os
import subprocess
import time

rank = int(os.environ.get("OMPI_COMM_WORLD_RANK") or os.environ["RANK"])
with open(f"ready.{rank}", "w", encoding="ascii"):
    pass
while not os.path.exists("go"):
    time.sleep(0.02)
subprocess.run(["/bin/true"], check=True)
if rank == 1:
    ctypes.string_at(0)
time.sleep(60)
