# SPDX-License-Identifier: Apache-2.0
"""The library that is preloaded: what it exports, needs, and is linked as."""
import os
import re

from checks.objects import is_aarch64, symbols
from checks.tree import run

# What the whole preload may take from libc: not even <string.h>, see shim/base/string.c.
ALLOWED = {
    "getauxval", "environ", "__environ",
    "__errno_location",  # where a wait that a signal has ended returns in libc's place
    "__stack_chk_fail",  # of libyaml's objects, as Debian builds them
    "gnu_get_libc_version", "_dl_debug_addr",
}
GLIBC_FLOOR = (2, 17)

# Of pointers in tables, where a start pays for each (core/base/names.h, shim/emit/configure.c). On aarch64 also
# of variables that another file defines: the linker leaves their look-up in the table as it is.
RELOCATIONS_MAX = 300
RELOCATIONS_MORE_ON_AARCH64 = 20


def preload(tree):
    """libvigil.so exports the names of interposed.def and nothing else, needs libc.so.6 alone, is linked as it must be."""
    library = os.path.join(tree.build, "lib/vigil/libvigil.so")
    if not os.path.exists(library):
        tree.complain(library, "is not built")
        return
    exports(tree, library)
    linkage(tree, library)
    needs(tree, library)


def exports(tree, library):
    wanted = set(re.findall(r"^X(?:_SINCE)?\([^,]*, (\w+),", tree.read("shim/interposed.def"), re.MULTILINE))
    exported = {name for name, _ in symbols(library, "-D", "--defined-only")}
    for name in sorted(wanted ^ exported):
        tree.complain("libvigil.so", f"{name} is {'exported' if name in exported else 'not exported'} and "
                      f"{'has' if name in wanted else 'has no'} line in interposed.def")


def linkage(tree, library):
    entries = run("readelf", "-Wd", library)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", entries)
    if needed != ["libc.so.6"]:
        tree.complain("libvigil.so", f"needs {', '.join(needed)}, only libc.so.6 is allowed")
    for flag in ("NOW", "NODELETE", "INITFIRST"):
        if not re.search(r"\(FLAGS_1\).*\b" + flag, entries):
            tree.complain("libvigil.so", f"is not linked with -z {flag.lower()}")
    if re.search(r"\(RELR\)", entries):
        tree.complain("libvigil.so", "has packed relocations, which glibc before 2.36 and musl before 1.2.4 do not know")
    relocated = re.search(r"\(RELACOUNT\)\s+(\d+)", entries)
    most = RELOCATIONS_MAX + (RELOCATIONS_MORE_ON_AARCH64 if is_aarch64(library) else 0)
    if relocated and int(relocated[1]) > most:
        tree.complain("libvigil.so", f"has {relocated[1]} pointers for the loader to relocate in every program, "
                      f"at most {most}")
    if re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", entries):
        tree.complain("libvigil.so", "has a run path or text relocations")
    headers = run("readelf", "-WlS", library)
    guarded = re.search(r" \.guarded +\w+ +0*([0-9a-f]+) ", headers)
    writable = re.search(r"^ +LOAD +\w+ 0x0*([0-9a-f]+) .* RW ", headers, re.MULTILINE)
    if guarded and (not writable or guarded[1] != writable[1]):
        tree.complain("libvigil.so", "has no code in front of .guarded, a stack: shim/layout.ld")
    if not re.search(r"GNU_STACK.*\bRW\s", run("readelf", "-Wl", library)):
        tree.complain("libvigil.so", "asks for an executable stack")


def needs(tree, library):
    for name in re.findall(r"^\s+[Uwv] (\S+)", run("nm", "-D", "-u", library), re.MULTILINE):
        base = name.partition("@")[0]
        if base not in ALLOWED:
            tree.complain("libvigil.so", f"takes {base} from its host")
    for version in newer_versions(library, GLIBC_FLOOR):
        tree.complain("libvigil.so", f"needs {version}, newer than GLIBC_{'.'.join(map(str, GLIBC_FLOOR))}")


def newer_versions(path, floor):
    """The versions above FLOOR, or none of glibc's, that PATH needs. Of weak references too: the loader refuses a program or a
    library whose versions it does not have, used or not."""
    versions = run("readelf", "-WV", path).partition("Version needs")[2]
    for version in re.findall(r"Name: (\S+)", versions):
        numbers = re.fullmatch(r"GLIBC_(\d+(?:\.\d+)*)", version)
        if not numbers or tuple(map(int, numbers[1].split("."))) > floor:
            yield version


# Which system calls an inherited seccomp filter is asked about before they are made.
ASKED_ABOUT = "shim/base/sandbox.c"
ASKED = re.compile(r"\{SYS_(\w+),")
MADE = re.compile(r"\bsys_(call|try|new_fd)\(\s*SYS_(\w+)")
IN_THE_PRELOAD = ("shim/", "core/base/", "core/trace/", "core/logging/", "core/config/", "core/events/")
LAST_WAY_TO_DIE = {"timer_create", "timer_settime"}  # shim/base/death.c, where no other call may be made


def filters(tree):
    """What the preload calls is in the table of calls that an inherited filter is asked about; what it does without, by sys_try()."""
    if ASKED_ABOUT not in tree.files():
        return
    text = tree.read(ASKED_ABOUT)
    asked = set(ASKED.findall(text))
    optional = set(re.findall(r"\{SYS_(\w+), NEED_BY_ITSELF,", text))
    for path in tree.files(".c", ".h", below=IN_THE_PRELOAD):
        for how, name in MADE.findall(tree.read(path)):
            if name not in asked | LAST_WAY_TO_DIE:
                tree.complain(path, f"makes {name}, which {ASKED_ABOUT} does not ask an inherited filter about")
            elif how == "call" and name in optional:
                tree.complain(path, f"makes {name}, which a filter may kill for, by sys_call(), not sys_try()")
