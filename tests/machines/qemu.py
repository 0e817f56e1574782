# SPDX-License-Identifier: Apache-2.0
"""Where the programs for aarch64 are, how qemu runs them, and why they cannot be run."""
import os
import shutil

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = os.path.join(TOP, "build/aarch64-release/tests/machines")
CROSS = "/usr/aarch64-linux-gnu"  # where the cross compiler's libraries are
# With its own loader's libraries alone: those of Debian's arm64, if they are installed, are of another build.
EMULATOR = ["qemu-aarch64", "-L", CROSS, "-E", f"LD_LIBRARY_PATH={CROSS}/lib"]


def missing():
    """The reason why nothing can be run here; None when it can."""
    for command in ("aarch64-linux-gnu-gcc", "qemu-aarch64"):
        if not shutil.which(command):
            return f"not installed: {command}"
    if not os.path.exists(os.path.join(PROGRAMS, "libvigil.so")):
        return "make aarch64 was not run"
    return None
