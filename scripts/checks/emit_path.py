# SPDX-License-Identifier: Apache-2.0
"""What runs inside the host between an event and its write: what it references, and what it takes of the host's stack."""
import os
import re

from checks.objects import is_aarch64, objects, symbols

# What code on the emit path may take from libc: no allocation, no lock, no stdio, no locale, no errno (signal-safety(7)).
ALLOWED = {
    "memcpy", "memmove", "memset", "memcmp", "memchr", "memrchr", "strlen", "strnlen", "strcmp", "strncmp",
    "strchr", "strrchr", "strspn", "strcspn", "strstr",
    "getauxval",  # reads what the kernel left on the stack
    "__ehdr_start", "etext",  # where an object lies, by the linker
    "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "environ", "__environ", "_DYNAMIC",
}

# Objects that also hold what only the constructor calls, what fails in libc's place, or asks why libc's function did, and what that may use beyond the list above.
MORE_ALLOWED = {
    "shim/preload.o": {"configure"},
    "shim/emit/configure.o": {"config_load", "settings_default", "yaml_memory_use",
                              "late_tables", "late_tables_end"},  # the last two: of shim/layout.ld
    "shim/host/lifecycle.o": {"configure", "__dso_handle"},
    "shim/base/real.o": {"gnu_get_libc_version", "_dl_debug_addr"},  # weak: which libc this is
    "shim/host/blocking.o": {"__errno_location"},
    "shim/host/forwarding.o": {"__errno_location"},
    "shim/host/execs.o": {"__errno_location"},
    "shim/host/threads.o": {"__errno_location"},
}

# The emit path. core/config and shim/emit/configure.c are not on it: the constructor alone calls them.
FOLDERS = ("core/base/", "core/logging/", "core/events/", "core/trace/", "shim/")
NOT_EMIT = "shim/emit/configure.o"

# CPython's functions, as weak references: the exception's text is made when Python calls us, the stacks are taken in a tracer.
PYTHON_FOLDER = "shim/python/"
PYTHON_NAME = re.compile(r"_?Py[A-Z_]")

# nm's types of symbols that an object references and does not define; the weak ones may stay undefined.
WEAK_UNDEFINED = {"w", "v"}
UNDEFINED = WEAK_UNDEFINED | {"U"}


def is_python(short, name, kind):
    return short.startswith(PYTHON_FOLDER) and kind in WEAK_UNDEFINED and PYTHON_NAME.match(name)


def references(tree):
    """What runs between an event and its write references nothing of libc but what is async-signal-safe."""
    every = objects(tree, *FOLDERS)
    if not every:
        tree.complain(tree.build, "is not built")
        return
    defined = {name for short, path in every if short != NOT_EMIT for name, kind in symbols(path, "-g") if kind not in UNDEFINED}
    for short, path in every:
        allowed = ALLOWED | MORE_ALLOWED.get(short, set()) | defined
        for name, kind in symbols(path, "-u"):
            if name not in allowed and not is_python(short, name, kind):
                tree.complain(short, f"references {name}, which is not allowed on the emit path")
    for short in sorted(set(MORE_ALLOWED) - {short for short, _ in every}):
        tree.complain("scripts/checks/emit_path.py", f"excepts {short}, which is no object")


# The most that a function which the host calls, or what libc calls for us, may take of the host's stack, in bytes, besides the
# real function. The main thread's at the start, for a configuration with factories, a rank's write of its MPI_Abort, and what
# takes leave before a filter of system calls, may more.
STACK_MAX = 768
STACK_MORE_ON_AARCH64 = 64  # a frame is a multiple of 16 bytes
STACK_MORE = {"__libc_start_main": 16384, "write": 2048, "prctl": 1280, "syscall": 1280}
CALLED_BACK = ("shim/preload.c:preload", "shim/host/lifecycle.c:at_exit", "shim/host/lifecycle.c:at_quick",
               "shim/host/lifecycle.c:main_entered", "shim/host/threads.c:thread_entered",
               "shim/host/threads.c:c11_thread_entered", "signals_caught")


def call_graph(tree):
    """The bytes of each function's frame, its return address included, what it calls, from gcc's -fcallgraph-info=su, and the bytes that
    this machine takes more."""
    frames, calls, more = {}, {}, 0
    for _, path in objects(tree, *FOLDERS, "core/config/"):
        if not os.path.exists(path[:-2] + ".ci"):
            return {}, {}, 0
        more = STACK_MORE_ON_AARCH64 if is_aarch64(path) else 0
        with open(path[:-2] + ".ci", encoding="utf-8") as file:
            for line in file:
                node = re.match(r'node: \{ title: "\*?([^"]+)" label: "[^"]*\\n(\d+) bytes \((\w+)', line)
                edge = re.match(r'edge: \{ sourcename: "\*?([^"]+)" targetname: "\*?([^"]+)"', line)
                if node:
                    frames[node[1]] = int(node[2]) + (0 if more else 8)  # of aarch64 the frame has it
                elif edge:
                    calls.setdefault(edge[1], set()).add(edge[2])
    return frames, calls, more


def stack(tree):
    """What our functions take of the host's stack, up to where they change to one of ours (gcc's call graphs)."""
    frames, calls, more = call_graph(tree)  # none: another compiler's build
    deepest = {}

    def depth(name, above=()):
        if name in above or name not in frames:
            return 0, ()
        if name not in deepest:
            below = max((depth(callee, above + (name,)) for callee in calls.get(name, ())), default=(0, ()))
            deepest[name] = frames[name] + below[0], (name,) + below[1]
        return deepest[name]

    exported = re.findall(r"^X(?:_SINCE)?\([^,]*, (\w+),", tree.read("shim/interposed.def"), re.MULTILINE)
    for name in frames and tuple(exported) + CALLED_BACK:
        bytes_, way = depth(name)
        if bytes_ > STACK_MORE.get(name, STACK_MAX) + more:
            tree.complain("stack", f"{name} may take {bytes_} bytes of the host's: {' '.join(way)}")
        if bytes_ == 0:
            tree.complain("stack", f"{name} is in no call graph")
