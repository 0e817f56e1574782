# SPDX-License-Identifier: Apache-2.0
"""Says on stdout where it stands, a line a frame, the innermost first, and dies there, on the same line.

usage: stands.py HOW WHERE

In WHERE that has other threads, which stand still, their stacks are said before, as a traceback's lines.
"""
import asyncio
import atexit
import ctypes
import gc
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


def in_long_recursion():
    sys.setrecursionlimit(5000)
    recursion(1000)


class Made:
    def __init__(self, die):
        if die is not None:
            die()


def in_constructor():
    # Often enough for the interpreter to call the class in a shorter way, which has a frame of its own.
    for last in [None] * 200 + [die]:
        Made(last)


async def awaited():
    await asyncio.sleep(0)
    die()


async def awaiting():
    await awaited()


def in_coroutine():
    asyncio.run(awaiting())


def in_async_generator():
    async def generator():
        yield 1
        die()

    async def loop():
        async for _ in generator():
            pass
    asyncio.run(loop())


def in_with():
    class Context:
        def __enter__(self):
            return self

        def __exit__(self, *what):
            die()

    with Context():
        str(
            1)


def in_finally():
    try:
        raise ValueError
    except ValueError:
        try:
            return
        finally:
            die()


class Deleted:
    def __del__(self):
        die()


def in_collection():
    one = Deleted()
    one.itself = one
    del one
    gc.collect()


def in_atexit():
    atexit.register(die)


def in_finalization():
    # Of a module that is emptied when all threads are gone.
    sys.modules["kept"] = type(sys)("kept")
    sys.modules["kept"].deleted = Deleted()


def in_traced():
    sys.settrace(lambda *_: None)
    sys._getframe().f_trace = lambda *_: None
    Thing().method()


def in_long_lines():
    code = "def made():\n" + "  x = 1\n" * 3000 + "  if x:\n\n\n    (die\n     ()\n    )\nmade()"
    exec(compile(code, "<many lines>", "exec"))


def in_characters():
    for name in ("plain", "\xe4\xff", "\u03b1\u4f60", "\U00010400x"):
        code = f"def {name}(rest):\n  die() if not rest else rest[0](rest[1:])"
        exec(compile(code, "<" + name + " \x7f\n>", "exec"), globals())
    names = [globals()[name] for name in ("\xe4\xff", "\u03b1\u4f60", "\U00010400x")]
    plain(names)


def in_long_name():
    exec(compile("def " + "n" * 700 + "(): die()\n" + "n" * 700 + "()", "/" + "f" * 900, "exec"))


def in_subinterpreter():
    try:
        from concurrent import interpreters
        run = interpreters.create().exec
    except ImportError:
        interpreters = __import__("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
        number = interpreters.create()
        run = lambda text: getattr(interpreters, "run_string")(number, text)
    run("""
def inner():
    import os, sys; file = sys._getframe().f_code.co_filename
    print(f"at 5 inner {file}\\nat 6 <module> {file}", flush=True)
    os.abort()
inner()""")


def other_stacks():
    """The stacks of all threads but this one as tracebacks, which stand still."""
    for number, frame in sorted(sys._current_frames().items()):
        if number == threading.get_ident():
            continue
        lines = []
        while frame is not None:
            code = frame.f_code
            lines.insert(0, f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}')
            frame = frame.f_back
        print("other", *lines, sep="\n")


def in_main_with_others():
    ready = threading.Barrier(5)
    lock = threading.Lock()
    lock.acquire()

    def blocked(depth):
        if depth > 0:
            blocked(depth - 1)
        ready.wait()
        lock.acquire()

    for depth in (0, 1, 20, 50):
        threading.Thread(target=blocked, args=(depth,), daemon=True).start()
    ready.wait()
    time.sleep(0.3)
    other_stacks()
    die()


def in_native_thread():
    # That the interpreter does not know.
    number = ctypes.c_ulong()
    print("ready", flush=True)
    libc.pthread_create(ctypes.byref(number), None, libc.abort, None)
    time.sleep(30)


def in_callback_of_native_thread():
    callback = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(lambda _: die())
    number = ctypes.c_ulong()
    libc.pthread_create(ctypes.byref(number), None, callback, None)
    time.sleep(30)


def in_child_of_thread():
    thread = threading.Thread(target=in_child_of_fork)
    thread.start()
    thread.join()


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
