# SPDX-License-Identifier: Apache-2.0
"""Ends in one of three ways, and tells when, as dies.c does.

usage: dies.py fault|wait|raise     fault: SIGSEGV of one of 20 threads; wait: of 20 threads, until a signal; raise: an exception
"""
import ctypes
import os
import sys
import threading
import time

THREADS = 20


def tell():
    os.write(1, b"%.3f\n" % (time.monotonic_ns() / 1e3))


def start_threads():
    started, never = threading.Barrier(THREADS), threading.Event()

    def wait():
        started.wait()
        never.wait()

    for _ in range(THREADS - 1):
        threading.Thread(target=wait, daemon=True).start()
    started.wait()


def main():
    if sys.argv[1] == "raise":
        tell()
        raise RuntimeError("nobody catches this")
    start_threads()
    tell()
    if sys.argv[1] == "wait":
        time.sleep(60)
    ctypes.string_at(0)


main()
