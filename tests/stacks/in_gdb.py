# SPDX-License-Identifier: Apache-2.0
"""Runs inside gdb: reads a list of cores and tells of each what gdb finds in it.

The environment names a file of jobs, a list of [program, core] in JSON, in STACKS_JOBS; the answers, one a job, go to
the file that STACKS_ANSWERS names. An answer: siginfo, registers, threads, and the frames of the thread that was ended.
"""
import json
import os
import re

import gdb  # pylint: disable=import-error

FRAMES_MAX = 400
SIGNAL_HANDLER = "<signal handler called>"

SETTINGS = (
    "set pagination off",
    "set confirm off",
    "set debuginfod enabled off",
    "set debug-file-directory /nonexistent",  # the names of the tables that the unwinder has too
    "set backtrace past-main on",
    "set print asm-demangle off",
    "set print demangle off",
)

SIGINFO = {
    "signo": "si_signo",
    "code": "si_code",
    "errno": "si_errno",
    "addr": "_sifields._sigfault.si_addr",
    "pid": "_sifields._kill.si_pid",
    "uid": "_sifields._kill.si_uid",
    "value": "_sifields._rt.si_sigval.sival_int",
}

REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
             "r15", "rip", "eflags")


def number(expression):
    try:
        return int(gdb.parse_and_eval(expression))
    except (gdb.error, OverflowError):
        return None


def mappings():
    """The files that were mapped: (start, end, path)."""
    found = []
    for line in gdb.execute("info proc mappings", to_string=True).splitlines():
        match = re.match(r"\s*(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+(/.*?)\s*$", line)  # newer ones pad
        if match:
            found.append((int(match[1], 16), int(match[2], 16), match[3]))
    return found


def module_at(pc, files):
    for start, end, path in files:
        if start <= pc < end:
            return path
    symbol = gdb.execute(f"info symbol {pc:#x}", to_string=True)
    return "linux-vdso.so.1" if "system-supplied DSO" in symbol else None


def linkage_name(function, pc):
    """What the linker knows FUNCTION by. For C++ of no external linkage the compiler leaves it out."""
    name = function.linkage_name or function.name
    if not name.isidentifier():
        match = re.match(r"(_Z\S+)( \+ \d+)? in section", gdb.execute(f"info symbol {pc:#x}", to_string=True))
        name = match[1] if match else name
    return name


def frame_facts(frame, files):
    function = frame.function()
    kind = frame.type()
    pc = int(frame.pc())
    name = frame.name()
    if kind == gdb.SIGTRAMP_FRAME:
        name = SIGNAL_HANDLER
    elif function is not None:
        name = linkage_name(function, pc)
    return {
        "pc": pc,
        "function": name,
        "virtual": kind in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME),  # not on the stack
        "short": function.name if function is not None else None,
        "debug": function is not None,
        "module": module_at(pc - (frame.newer() is not None and frame.newer().type() == gdb.NORMAL_FRAME), files),
    }


def frames(files):
    found = []
    frame = gdb.newest_frame()
    while frame is not None and len(found) < FRAMES_MAX:
        found.append(frame_facts(frame, files))
        try:
            last = frame
            frame = frame.older()
        except gdb.error as error:
            return found, str(error)
    return found, gdb.frame_stop_reason_string(last.unwind_stop_reason())


def answer(program, core):
    gdb.execute(f"file {program}")
    gdb.execute(f"core-file {core}")
    files = mappings()
    found, stop = frames(files)
    threads = gdb.selected_inferior().threads()
    result = {
        "siginfo": {name: number(f"$_siginfo.{field}") for name, field in SIGINFO.items()},
        "registers": {name: number(f"${name}") for name in REGISTERS},
        "threads": len(threads),
        "thread": gdb.selected_thread().ptid[1],
        "pid": gdb.selected_inferior().pid,
        "files": files,
        "frames": found,
        "stop": stop,
    }
    gdb.execute("core-file")
    return result


def main():
    for setting in SETTINGS:
        gdb.execute(setting)
    with open(os.environ["STACKS_JOBS"], encoding="utf-8") as file:
        jobs = json.load(file)
    answers = [answer(*job) for job in jobs]
    with open(os.environ["STACKS_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump(answers, file)


main()
