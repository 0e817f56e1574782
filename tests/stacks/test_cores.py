#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The core of a watched program is that of the bare one, as gdb shows it.

Compared are the signal's information, the stack of the thread that was ended to its end, the number of threads and which of
them is current, and the registers that functions keep. Addresses differ from run to run: what lies in a file is compared by its place
there, and what is only known to be an address by that. The program's own ids are all "self". Where the preload stands between the
host and abort(), its one frame is left out.
"""

import itertools
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import stacks
import tap
import watched

CRASHES, HARD, HANDLES = (str(stacks.VICTIMS / name) for name in ("crashes", "hard", "handles"))
STACKS = str(stacks.PROGRAMS / "O2" / "stacks")

SI_QUEUE = -1

# Larger, a number may be an address.
NUMBER_MAX = 1 << 20

# What functions keep for their callers. The others have what the last call left there: before main, that may be ours.
REGISTERS = ("rip", "rsp", "rbx", "rbp", "r12", "r13", "r14", "r15")


def place(crash, value):
    """VALUE as it is in every run of the same program."""
    if value is None:
        return None
    if value in (crash.gdb["pid"], crash.gdb["thread"]):
        return "self"
    if 0 <= value < NUMBER_MAX or value >= (1 << 64) - NUMBER_MAX:
        return value
    for start, end, path in crash.gdb["files"]:
        if start <= value < end:
            first = min(begin for begin, _, other in crash.gdb["files"] if other == path)
            return path, value - first
    return "address" if 0 < value < 1 << 47 else "other"


def siginfo(crash):
    """What the signal's code says is there."""
    told = crash.gdb["siginfo"]
    names = ["signo", "code", "errno"]
    names += ["addr"] if told["code"] > 0 else ["pid", "uid"] if told["code"] != SI_QUEUE else ["pid", "uid", "value"]
    return [(name, place(crash, told[name])) for name in names]


def facts(crash, frames=None, anywhere=False):
    """What is compared; of the frames so many. ANYWHERE: it may end at any instruction of its function."""
    gdb = crash.gdb
    yield from siginfo(crash)
    yield "threads", gdb["threads"]
    yield "first thread", gdb["thread"] == gdb["pid"]
    for name in REGISTERS:
        if name != "rip" or not anywhere:
            yield name, place(crash, gdb["registers"][name])
    for number, frame in enumerate(crash.gdbs[:frames]):
        if stacks.real(frame["module"]) != stacks.real(watched.PRELOAD):
            yield frame["function"], number == 0 and anywhere or place(crash, frame["pc"])


def state(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


class Cores(watched.Case):
    def setUp(self):
        super().setUp()
        why = stacks.why_not()
        if why:
            self.skipTest(why)

    def same(self, *commands, frames=None, anywhere=False, **options):
        """Of each of COMMANDS, the cores of the bare and of the watched run are the same."""
        pairs = [[stacks.crash(self.directory, list(command), watch=watch, **options) for watch in (False, True)]
                 for command in commands]
        stacks.ask_gdb(self.directory, [one for pair in pairs for one in pair])
        for bare, with_us in pairs:
            name = " ".join(bare.command[1:])
            self.assertEqual((bare.status, bare.output), (with_us.status, with_us.output), name)
            pairs_of_facts = itertools.zip_longest(facts(bare, frames, anywhere), facts(with_us, frames, anywhere))
            different = [(one, other) for one, other in pairs_of_facts if one != other]
            self.assertEqual([], different[:5], name)
        return pairs

    def test_faults(self):
        self.same(*[[CRASHES, act] for act in ("null_write", "wild_read", "read_only_write", "jump_to_null", "bus", "divide",
                                               "illegal", "breakpoint", "forbidden_call")])

    def test_faults_in_a_thread(self):
        pairs = self.same([CRASHES, "null_write_in_thread"], [HARD, "small_thread"])
        self.assertEqual([2, 2], [one.gdb["threads"] for one in pairs[0]])

    def test_stack_overflows(self):
        # Which of a frame's writes is the first beyond the end goes by where the kernel let the stack begin.
        self.same([CRASHES, "overflow"], [CRASHES, "overflow_in_thread"], anywhere=True)

    def test_abort_and_what_libc_aborts_for(self):
        self.same(*[[CRASHES, act] for act in ("abort", "abort_in_thread", "assert", "double_free", "free_nonsense",
                                               "smash_stack")])

    def test_signals_that_a_program_sends_itself(self):
        self.same(*[[CRASHES, "raise", str(int(number))] for number in (
            signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGXCPU, signal.SIGFPE, signal.SIGSYS)],
                  [CRASHES, "trap"], [HARD, "queue", "11"], [HARD, "queue", "3"],
                  [shutil.which("dash"), "-c", "kill -SEGV $$"])

    def test_signals_from_elsewhere(self):
        def send(process):
            process.stdout.read(5)  # "ready"
            while state(process.pid) != "S":
                time.sleep(0.001)
            process.send_signal(signal.SIGSEGV)

        pairs = self.same([HANDLES, "pause"], after_start=send)
        self.assertEqual([0, 0], [one.gdb["siginfo"]["code"] for one in pairs[0]])

    def test_lost_and_damaged_stacks(self):
        self.same([HARD, "lose_stack"], [HARD, "jump_to_nonsense"])
        # Above the first frame gdb shows what it takes for frames: the values that happen to lie there.
        self.same([HARD, "smashed_stack"], frames=1)

    def test_locks_that_are_held(self):
        self.same([HARD, "crash_in_dlopen"], [HARD, "crash_beside_malloc"], [HARD, "crash_beside_dlopen"])

    def test_handlers_of_the_host(self):
        self.same([HANDLES, "reraise", "11"], [HANDLES, "reraise", "6"], [HANDLES, "fault_again"],
                  [HANDLES, "chain_to_old"], [HANDLES, "reset_hand"], [HANDLES, "abort_with_handler"],
                  [HANDLES, "unblock_pending", "11"], [HARD, "crash_in_handler"])

    def test_handlers_that_do_not_block_their_signal(self):
        self.same([STACKS, "in_handler_of_fault"])

    def test_signals_that_are_blocked_or_ignored(self):
        self.same([HANDLES, "fault_while_blocked"], [HANDLES, "fault_while_ignored"])


if __name__ == "__main__":
    tap.main()
