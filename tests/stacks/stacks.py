# SPDX-License-Identifier: Apache-2.0
"""Crashes with a core, bare or watched, and what gdb says of the cores."""

import dataclasses
import glob
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import watched  # noqa: E402  pylint: disable=wrong-import-position

PROGRAMS = watched.BUILD / "tests" / "stacks"
VICTIMS = watched.BUILD / "tests" / "victims"
HERE = os.path.dirname(os.path.abspath(__file__))
FRAMES_MAX = 128  # TRACE_FRAMES_MAX

# What a compiler adds to the name of a function that it has cut or changed; debug information has the name without.
CHANGED = re.compile(r"(\.(cold|part|constprop|isra|lto_priv)(\.\d+)?)+$")


@dataclasses.dataclass
class Crash:
    """A run of COMMAND that ended; `core` is the path of its core, None: it left none."""

    command: list
    directory: str
    pid: int
    status: int
    output: bytes
    core: str
    end: dict  # its last event, of a watched run
    gdb: dict = None  # see in_gdb.py

    @property
    def ours(self):
        """The event's frames: (pc, function, module)."""
        return [(int(f["pc"], 16), f.get("function"), real(f.get("module"))) for f in self.end["frames"]]

    @property
    def ours_in_place(self):
        """The same, with None for each frame that was left out."""
        places = []
        for frame, facts in zip(self.end["frames"], self.ours):
            places += [None] * frame.get("left_out", 0) + [facts]
        return places

    @property
    def names(self):
        return [frame.get("function") for frame in self.end["frames"]]

    @property
    def gdbs(self):
        """gdb's frames that are on the stack: inlined calls and those that a jump has replaced are not."""
        return [frame for frame in self.gdb["frames"] if not frame["virtual"]]

    @property
    def gdbs_of_host(self):
        """The same without abort() and what it calls, where the event was told at its call."""
        names = [frame["function"] for frame in self.gdbs]
        told = self.end["name"].rpartition(":")[2]
        at_call = told in ("abort", "exception") and "abort" in names
        return self.gdbs[names.index("abort") + 1:] if at_call else self.gdbs


def real(path):
    return os.path.realpath(path) if path and path[0] == "/" else path


def hard_limit():
    return resource.getrlimit(resource.RLIMIT_CORE)[1]


def why_not():
    """Why nothing can be compared here; None when it can."""
    if platform.machine() != "x86_64":
        return "the victims are for x86-64"
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
        pattern = file.read().strip()
    if not pattern or pattern[0] in "|/@":
        return f"the kernel's cores go to {pattern!r}"
    if hard_limit() == 0:
        return "no process may leave a core here"
    return None if shutil.which("gdb") else "no gdb"


def with_core(before):
    def prepare():
        resource.setrlimit(resource.RLIMIT_CORE, (hard_limit(), hard_limit()))
        if before:
            before()

    return prepare


def last_end(directory, pid):
    ends = [event for event in watched.ends(watched.events(directory)) if event["pid"] == pid]
    return ends[-1] if ends else None


def crash(place, command, watch=True, before=None, after_start=None, **environment):
    """Run COMMAND, which is to crash, in a directory of its own below PLACE; BEFORE is called in the child, AFTER_START
    with the process."""
    directory = tempfile.mkdtemp(dir=place)
    events = os.path.join(directory, "events")
    os.mkdir(events)
    if watch:
        environment.update(LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=events, VIGIL_RUN_ID="stacks")
    with subprocess.Popen(command, cwd=directory, env=watched.environment(**environment), preexec_fn=with_core(before),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        if after_start:
            after_start(process)
        output = process.communicate(timeout=60)[0]
    cores = glob.glob(os.path.join(directory, "core*"))
    return Crash(command, directory, process.pid, process.returncode, output, cores[0] if cores else None,
                 last_end(events, process.pid) if watch else None)


def ask_gdb(place, crashes):
    """Fill in `gdb` of all CRASHES by one gdb."""
    without = [one.command for one in crashes if not one.core]
    if without:
        raise AssertionError(f"no core of {without}")
    jobs, answers = os.path.join(place, "jobs"), os.path.join(place, "answers")
    with open(jobs, "w", encoding="utf-8") as file:
        json.dump([[shutil.which(one.command[0]), one.core] for one in crashes], file)
    result = subprocess.run(["gdb", "-nx", "-batch", "-x", os.path.join(HERE, "in_gdb.py")], check=False,
                            env=watched.environment(STACKS_JOBS=jobs, STACKS_ANSWERS=answers), capture_output=True,
                            text=True, errors="replace", timeout=300)
    if not os.path.exists(answers):
        raise AssertionError(f"gdb: {result.stderr[-2000:]}")
    with open(answers, encoding="utf-8") as file:
        for one, answer in zip(crashes, json.load(file)):
            one.gdb = answer
    os.remove(answers)


def same_function(ours, gdbs):
    if ours == gdbs["function"]:
        return True
    return bool(gdbs["debug"] and ours and gdbs["function"]) and CHANGED.sub("", ours) == CHANGED.sub("", gdbs["function"])


def same_frame(ours, gdbs):
    pc, function, module = ours
    return pc == gdbs["pc"] and module == real(gdbs["module"]) and same_function(function, gdbs)


def compare(ours, gdbs):
    """How many frames are equal, of how many, and the first that is not, as a text; None in OURS was left out."""
    if len(ours) > FRAMES_MAX:
        ours, gdbs = ours[:len(gdbs)], gdbs[:len(ours)]
        known = [at for at, one in enumerate(ours) if one]
        ours, gdbs = [ours[at] for at in known], [gdbs[at] for at in known]
    equal = [same_frame(one, other) for one, other in zip(ours, gdbs)]
    total = max(len(ours), len(gdbs))
    if sum(equal) == total:
        return total, total, None
    at = equal.index(False) if False in equal else len(equal)
    return sum(equal), total, f"frame {at}: ours {ours[at:at + 1]}, gdb's {gdbs[at:at + 1]}"
