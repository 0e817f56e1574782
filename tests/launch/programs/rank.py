# SPDX-License-Identifier: Apache-2.0
"""A rank without a library, under any launcher: it meets the others, then some of them fail and the rest live on.

usage: rank.py RANK[,RANK] HOW [OTHERS [FOLLOWER]]
RANKs fail by HOW, a moment after all have met, the second 1 ms after the first; the rest do as OTHERS says; FOLLOWER is the rank
that ends by exit 1 a moment after the first failure.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import meeting


def fault():
    ctypes.string_at(0)


def exception():
    raise ValueError("bad batch")


def fails_twice():
    if meeting.ATTEMPT < 2:
        sys.exit(3)


def greedy():
    """More memory than the job may have."""
    held = []
    while True:
        held.append(b"x" * (8 << 20))


def thread_exception():
    thread = threading.Thread(target=exception)
    thread.start()
    thread.join()


def watchdog():
    """A thread that gives the main thread up, as that of a communication library does."""
    threading.Thread(target=os.abort).start()
    time.sleep(300)


def broken_pipe():
    """Python ignores SIGPIPE; most programs do not."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    reader, writer = os.pipe()
    os.close(reader)
    os.write(writer, b"x")


def no_module():
    import a_module_that_this_host_lacks  # noqa


def syntax_error():
    (pathlib.Path(meeting.STAGE) / "settings_of_one_host.py").write_text("def broken(:\n", encoding="ascii")
    sys.path.insert(0, meeting.STAGE)
    import settings_of_one_host  # noqa


def helper_fault():
    """A child that inherits all of the rank's variables faults, and the rank fails of that."""
    raise RuntimeError(f"helper ended with {subprocess.call(FAULT)}")


FAULT = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]


def helper_status():
    """The rank has a status of its own for its child's fault."""
    sys.exit(42 if subprocess.call(FAULT) else 0)


def helper_daemon():
    """A daemon that the rank left to itself faults, and the rank misses it."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(FAULT[0], FAULT)
        os._exit(0)
    os.wait()
    time.sleep(0.5)
    raise RuntimeError("the server does not answer")


HOW = {
    "fault": fault, "exception": exception, "fails_twice": fails_twice, "greedy": greedy, "no_module": no_module,
    "thread_exception": thread_exception, "broken_pipe": broken_pipe, "syntax_error": syntax_error, "helper_fault": helper_fault,
    "helper_status": helper_status, "helper_daemon": helper_daemon, "helper_checked": lambda: subprocess.check_call(FAULT),
    "watchdog": watchdog,
    "exit": lambda: sys.exit(3), "_exit": lambda: os._exit(9), "exit_text": lambda: sys.exit("no such data set"),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP), "nothing": lambda: None,
}


def wait():
    time.sleep(300)


def ignore_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wait()


def wait_twice():
    if meeting.ATTEMPT < 2:
        wait()


def finish_later():
    time.sleep(2)


def clean_up():
    """What handlers make of SIGTERM, by rank: a fault, an exception, success, a status."""
    ways = [fault, lambda: threading.Lock().release(), lambda: sys.exit(0), lambda: sys.exit(143)]
    signal.signal(signal.SIGTERM, lambda *_: ways[meeting.RANK % len(ways)]())
    wait()


OTHERS = {"wait": wait, "ignore_sigterm": ignore_sigterm, "finish": lambda: None, "finish_later": finish_later,
          "wait_twice": wait_twice, "clean_up": clean_up}
BEFORE_MEETING = ("no_module", "syntax_error")


def await_failure(rank, more_seconds):
    while not os.path.exists(meeting.path(rank, "fails")):
        time.sleep(0.0005)
    time.sleep(more_seconds)


def main():
    failing, how, others, follower = ([*sys.argv[1:]] + ["wait", "-1"][len(sys.argv) - 3:])[:4]
    ranks = [int(rank) for rank in failing.split(",")]
    if meeting.RANK in ranks and how in BEFORE_MEETING:
        HOW[how]()
    meeting.meet()
    if meeting.RANK == int(follower):
        await_failure(ranks[0], 0.02)
        sys.exit(1)
    if meeting.RANK not in ranks:
        return OTHERS[others]()
    if meeting.RANK == ranks[0]:
        time.sleep(0.3)  # until all others know of the meeting, too
    else:
        await_failure(ranks[0], 0.003)  # it has still to come from the file to its end
    meeting.write("fails", str(time.monotonic_ns()))
    HOW[how]()
    if how in ("nothing", "stop"):
        OTHERS[others]()
    return None


if __name__ == "__main__":
    main()
