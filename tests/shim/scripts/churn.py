# SPDX-License-Identifier: Apache-2.0
"""Dies at a null pointer while other threads do what is hard to read.

usage: churn.py CASE
"""
import ctypes
import gc
import sys
import threading
import time

# With the interpreter's lock, and without: there other threads run on while this one dies.
crash_alone = ctypes.string_at
crash_among = ctypes.CDLL(None).strlen


def start(count, target):
    begun = threading.Barrier(count + 1)

    def run():
        begun.wait()
        target()
    for _ in range(count):
        threading.Thread(target=run, daemon=True).start()
    begun.wait()


def sleep():
    time.sleep(30)


def down(n):
    if n > 0:
        down(n - 1)


def numbers(n):
    for i in range(n):
        yield i


def make_frames():
    while True:
        down(40)
        sum(numbers(40))
        [f() for f in [lambda: 1] * 10]
        exec("def made(): pass\nmade()")
        try:
            down(20)
            raise ValueError
        except ValueError:
            pass


def make_threads():
    while True:
        thread = threading.Thread(target=down, args=(5,))
        thread.start()
        thread.join()


def make_cycles():
    while True:
        a = []
        a.append(a)
        gc.collect(0)


def in_main(crash):
    crash(0)


def case_hundred():
    start(100, sleep)
    in_main(crash_alone)


def case_one_of_hundred():
    start(99, sleep)
    threading.Thread(target=in_main, args=(crash_among,)).start()
    sleep()


def case_many_at_once():
    start(40, lambda: in_main(crash_among))
    sleep()


def case_collecting():
    class Cycle:
        def __init__(self):
            self.self = self

        def __del__(self):
            in_main(crash_alone)
    Cycle()
    gc.collect()


def case_callback():
    gc.callbacks.append(lambda *what: in_main(crash_among))
    gc.collect()


def among(target):
    sys.setswitchinterval(1e-5)
    start(8, target)
    time.sleep(0.02)
    in_main(crash_among)


def case_frames(): among(make_frames)
def case_threads(): among(make_threads)
def case_cycles(): among(make_cycles)


globals()["case_" + sys.argv[1]]()
