# SPDX-License-Identifier: Apache-2.0
"""Says on stdout where it stands, a line a frame, the innermost first, and dies there, on the same line.

usage: stands.py HOW WHERE
"""
import ctypes
import multiprocessing
import os
import sys
import threading
import time
import zipfile

libc = ctypes.CDLL(None)


def show():
    frame = sys._getframe(1)
    while frame is not None:
        print("at", frame.f_lineno, frame.f_code.co_name, frame.f_code.co_filename)
        frame = frame.f_back
    sys.stdout.flush()


def die_null(): show(), libc.strlen(0)


def die_ctypes(): show(), ctypes.string_at(0)


def die_abort(): show(), os.abort()


def die_own_signal(): show(), os.kill(os.getpid(), int(sys.argv[3]))


def die_asleep(): show(), print("ready", flush=True), time.sleep(30)


def die_in_c(): show(), print("ready", flush=True), libc.pause()


die = globals()["die_" + sys.argv[1]]


class Thing:
    def method(self):
        die()

    @property
    def value(self):
        return self.method()

    def __iter__(self):
        yield 1
        yield self.value


def recursion(depth):
    if depth == 0:
        die()
    recursion(depth - 1)


def in_function():
    die()


def in_method():
    Thing().method()


def in_generator():
    list(Thing())


def in_comprehension():
    [Thing().value for _ in (1,)]


def in_lambda():
    sorted([2, 1], key=lambda _: die())


def in_class_body():
    class Body:
        die()


def in_depth():
    recursion(200)


def die_when_main_waits():
    main = threading.main_thread().ident
    while sys._current_frames()[main].f_code.co_name not in ("_wait_for_tstate_lock", "join"):
        time.sleep(0.001)
    in_method()


def wait_for_thread():
    thread = threading.Thread(target=die_when_main_waits)
    thread.start()
    thread.join()


def in_thread():
    wait_for_thread()


def in_main_of_many():
    go = threading.Barrier(21)

    def other():
        go.wait()
        time.sleep(30)

    for _ in range(20):
        threading.Thread(target=other, daemon=True).start()
    go.wait()
    die()


def in_unicode():
    with open("größe_\U0001f40d.py", "w", encoding="utf-8") as file:
        file.write("def schätze(die):\n    die()\n")
    sys.path.insert(0, "")
    __import__("größe_\U0001f40d").schätze(die)


def in_zip():
    with zipfile.ZipFile("packed.zip", "w") as file:
        file.writestr("packed.py", "def unpacked(die):\n    die()\n")
    sys.path.insert(0, "packed.zip")
    import packed
    packed.unpacked(die)


def in_import():
    with open("imported.py", "w", encoding="utf-8") as file:
        file.write("import __main__\n__main__.die()\n")
    sys.path.insert(0, "")
    import imported


def in_exec():
    exec(compile("def made():\n  die()\nmade()", "<made>", "exec"))


def in_child_of_fork():
    pid = os.fork()
    if pid == 0:
        die()
    os.waitpid(pid, 0)


def in_multiprocessing():
    process = multiprocessing.get_context("fork").Process(target=in_method)
    process.start()
    process.join()
    print(process.exitcode)


globals()["in_" + sys.argv[2]]()
