# SPDX-License-Identifier: Apache-2.0
"""The command and the C library: what they need of the system that they run on."""
import os
import re

from checks.preload import newer_versions
from checks.tree import run

PROGRAMS = ("bin/vigil", "lib/libvigil-core.so")

# Every system has these by the same names; any other library has another name on another release.
ALLOWED = re.compile(r"(libc|libm|libpthread|libdl|ld-linux-[a-z0-9-]+)\.so\.\d")

# What core/api/older_libc.c reaches back to.
GLIBC_FLOOR = (2, 28)


def command(tree):
    """The command and the C library need libc alone, and no version of it above GLIBC_2.28: one build runs on all systems."""
    for name in PROGRAMS:
        path = os.path.join(tree.build, name)
        if not os.path.exists(path):
            tree.complain(path, "is not built")
            continue
        entries = run("readelf", "-Wd", path)
        for library in re.findall(r"\(NEEDED\).*\[(.*)\]", entries):
            if not ALLOWED.fullmatch(library):
                tree.complain(name, f"needs {library}, which other systems do not have by that name")
        if re.search(r"\((RPATH|RUNPATH|RELR)\)", entries):
            tree.complain(name, "has a run path or packed relocations")
        for version in newer_versions(path, GLIBC_FLOOR):
            users = re.findall(rf" (\S+)@{re.escape(version)}$", run("nm", "-D", "-u", "--with-symbol-versions", path), re.MULTILINE)
            tree.complain(name, f"needs {version}, newer than GLIBC_{'.'.join(map(str, GLIBC_FLOOR))}, for {', '.join(users)}")
