#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: stands.py THREADS: as stands.c, in Python."""
import sys
import threading


def deeper(depth, event):
    if depth == 0:
        return event.wait()
    return deeper(depth - 1, event)


for _ in range(int(sys.argv[1]) - 1):
    threading.Thread(target=deeper, args=(10, threading.Event()), daemon=True).start()
print("ready", flush=True)
deeper(10, threading.Event())
