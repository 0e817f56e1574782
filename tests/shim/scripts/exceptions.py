# SPDX-License-Identifier: Apache-2.0
"""Ends with an exception that nobody catches.

usage: exceptions.py CASE [ARGUMENT...]
"""
import os
import sys


class Outer:
    class Inner(ValueError):
        pass


class Foreign(Exception):
    pass


Foreign.__module__ = "some.where"


class NoModule(Exception):
    pass


NoModule.__module__ = None


class BadModule(Exception):
    pass


BadModule.__module__ = 5


class RaisingStr(Exception):
    def __str__(self):
        raise OSError("no text")


class NoneStr(Exception):
    def __str__(self):
        return None


class OwnStr(Exception):
    def __str__(self):
        return "first\nsecond\n"


class FalsySuppress(Exception):
    @property
    def __suppress_context__(self):
        return False


def raised(error):
    try:
        raise error
    except BaseException as caught:
        return caught


def case_plain(): raise ValueError("bad batch")
def case_no_message(): raise ValueError
def case_empty_message(): raise ValueError("")
def case_none_message(): raise ValueError(None)
def case_two_arguments(): raise ValueError("one", 2)
def case_multi_line(): raise ValueError("first\n  second\n\nfourth")
def case_unicode(): raise ValueError("größe \U0001f40d \u4e2d\u6587")
def case_surrogate(): raise ValueError("lone \udc80 surrogate")
def case_nul(): raise ValueError("a\0b\x1b[31m")
def case_long_message(): raise ValueError("x" * 20000)
def case_nested_class(): raise Outer.Inner("inner")
def case_foreign_module(): raise Foreign("foreign")
def case_no_module(): raise NoModule("none")
def case_bad_module(): raise BadModule("number")
def case_raising_str(): raise RaisingStr("never seen")
def case_none_str(): raise NoneStr()
def case_own_str(): raise OwnStr()
def case_key_error(): {}["größe\n"]
def case_os_error(): open("/no/such/file")
def case_os_error_two(): os.rename("/no/such/file", "/nor/this")
def case_unicode_error(): b"\xff\xfe".decode("utf-8")
def case_assertion(): assert 1 == 2, "one is two"
def case_bare_assertion(): assert None
def case_stop_iteration(): next(iter(()))
def case_memory_error(): raise MemoryError
def case_base_exception(): raise BaseException("base")
def case_generator_exit(): raise GeneratorExit("leave")
def case_keyboard_interrupt(): raise KeyboardInterrupt("stop")
def case_zero_division(): 1 / 0


def case_type_error():
    (lambda a: a)(1, 2)


def case_cause():
    try:
        {}["k"]
    except KeyError as error:
        raise RuntimeError("from it") from error


def case_context():
    try:
        {}["k"]
    except KeyError:
        raise RuntimeError("while it")


def case_suppressed():
    try:
        {}["k"]
    except KeyError:
        raise RuntimeError("alone") from None


def case_cause_without_frames(): raise RuntimeError("from it") from ValueError("never raised")


def case_cause_and_context():
    try:
        {}["k"]
    except KeyError:
        raise RuntimeError("last") from raised(OSError(2, "cause"))


def case_cycle():
    a, b = raised(ValueError("a")), raised(ValueError("b"))
    a.__cause__, b.__cause__ = b, a
    raise a


def case_context_cycle():
    a, b = raised(ValueError("a")), raised(ValueError("b"))
    a.__context__, b.__context__ = b, a
    b.__context__ = a
    raise a


def case_deep_chain():
    error = None
    for i in range(20):
        try:
            raise ValueError(i) from error
        except ValueError as caught:
            error = caught
    raise error


def case_very_deep_chain():
    error = None
    for i in range(200):
        try:
            raise ValueError(i) from error
        except ValueError as caught:
            error = caught
    raise error


def case_no_suppress_attribute():
    try:
        {}["k"]
    except KeyError:
        raise FalsySuppress("falsy") from None


def case_recursion():
    def down():
        down()
    down()


def case_mutual_recursion():
    def ping(n):
        pong(n)

    def pong(n):
        ping(n)
    ping(0)


def case_repeated_three():
    def down(n):
        if n == 0:
            raise ValueError("bottom")
        down(n - 1)
    down(3)


def case_repeated_four():
    def down(n):
        if n == 0:
            raise ValueError("bottom")
        down(n - 1)
    down(4)


def case_no_traceback():
    def hook_sees_none():
        pass
    sys.excepthook(ValueError, ValueError("by hand"), None)
    sys.exit(1)


def case_traceback_limit():
    sys.tracebacklimit = 2

    def down(n):
        if n == 0:
            raise ValueError("bottom")
        down(n - 1)
    down(20)


def case_traceback_limit_zero():
    sys.tracebacklimit = 0
    raise ValueError("no frames")


def case_notes():
    error = ValueError("noted")
    error.__notes__ = ["one note", "two\nlines", ""]
    raise error


def case_odd_notes():
    error = ValueError("noted")
    error.__notes__ = [1, None, "text"]
    raise error


def case_notes_no_list():
    error = ValueError("noted")
    error.__notes__ = 5
    raise error


def case_notes_text():
    error = ValueError("noted")
    error.__notes__ = "text"
    raise error


def case_notes_raising():
    class Raising:
        def __str__(self):
            raise OSError
    error = ValueError("noted")
    error.__notes__ = [Raising(), "after"]
    raise error


def case_syntax_exec(): exec("x = = 1")
def case_syntax_eval(): eval("1 +")
def case_syntax_compile(): compile("def f(:\n  pass\n", "<made up>", "exec")
def case_indentation(): exec("if 1:\n    a = 1\n      b = 2\n")
def case_tab_error(): exec("if 1:\n\ta = 1\n        b = 2\n")
def case_syntax_unclosed(): exec("x = (1,\ny = 2\n")
def case_syntax_string(): exec("x = 'abc\n")
def case_syntax_range(): exec("a = 1\nprint(f(a b, c) for)\n")
def case_syntax_unicode(): exec("größe = = 1")
def case_syntax_by_hand(): raise SyntaxError("own words")
def case_syntax_text(): raise SyntaxError("own", ("own.py", 3, 5, "    some text here\n"))
def case_syntax_no_text(): raise SyntaxError("own", ("own.py", 3, 5, None))
def case_syntax_no_file(): raise SyntaxError("own", (None, 3, 5, "text"))
def case_syntax_no_line(): raise SyntaxError("own", ("own.py", None, None, "text"))
def case_syntax_offset_zero(): raise SyntaxError("own", ("own.py", 1, 0, "text"))
def case_syntax_offset_far(): raise SyntaxError("own", ("own.py", 1, 50, "text"))
def case_syntax_no_message(): raise SyntaxError(None, ("own.py", 1, 1, "text"))
def case_syntax_end(): raise SyntaxError("own", ("own.py", 1, 3, "  some text", 1, 7))
def case_syntax_end_line(): raise SyntaxError("own", ("own.py", 1, 3, "  some text", 2, 4))
def case_syntax_tabs(): raise SyntaxError("own", ("own.py", 1, 3, "\t\ta\tb = c\f"))


def case_syntax_import():
    with open("broken.py", "w") as file:
        file.write("def good():\n    pass\n\ndef bad(:\n    pass\n")
    sys.path.insert(0, "")
    import broken


def case_import_error(): from os import getcwdd
def case_module_not_found(): import no_such_module
def case_module_of_name(): import os.no_such_part
def case_name_error(): sys.stdout.write(str(Outter))
def case_name_of_module(): print(json.dumps(1))
def case_attribute_error(): sys.stdout.wriite("x")
def case_attribute_of_module(): os.getcwdd()


def case_name_of_self():
    class Thing:
        def __init__(self):
            self.blech = 1

        def method(self):
            return blech
    Thing().method()


def case_name_unlike():
    completely_unlike


def case_unbound():
    print(later)
    later = 1


def group(name, errors):
    return BaseExceptionGroup(name, errors)


def case_group(): raise group("two", [raised(OSError(1, "one")), KeyError("k")])


def case_group_nested():
    raise group("outer", [raised(group("inner", [raised(ValueError("deep")), TypeError("t")])), OSError(2, "x")])


def case_group_many(): raise group("many", [ValueError(i) for i in range(30)])


def case_group_deep():
    error = ValueError("core")
    for i in range(15):
        error = group(str(i), [error])
    raise error


def case_group_of_base(): raise group("base", [KeyboardInterrupt()])


def case_group_caused():
    try:
        raise group("first", [ValueError("a"), raised(TypeError("b"))])
    except BaseException as error:
        raise RuntimeError("after") from error


def case_group_with_cause():
    member = raised(ValueError("member"))
    member.__cause__ = raised(KeyError("cause of the member"))
    raise group("group", [member, raised(OSError(5, "other"))]) from raised(TypeError("cause of the group"))


def case_group_notes():
    member = ValueError("member\nof two lines")
    member.__notes__ = ["note of\nthe member"]
    error = group("noted", [member])
    error.__notes__ = ["note of the group"]
    raise error


def case_group_syntax():
    try:
        exec("x = = 1")
    except SyntaxError as error:
        raise group("syntax", [error])


def case_group_cycle():
    inner = raised(group("inner", [ValueError("v")]))
    inner.exceptions[0].__cause__ = inner
    raise inner


def case_except_star():
    exec("try:\n  raise ExceptionGroup('g', [ValueError(1), TypeError(2)])\n"
         "except* ValueError as e:\n  raise KeyError('again')\n")


def case_exec(): exec("def made():\n  1/0\nmade()")
def case_exec_named(): exec(compile("\n\n1/0", "<made up>", "exec"))


def module(text, then=lambda: None, name="loaded"):
    with open(name + ".py", "w", encoding="utf-8") as file:
        file.write(text)
    sys.path.insert(0, "")
    loaded = __import__(name)
    then()
    loaded.run()


def case_source_gone(): module("def run():\n    1/0\n", lambda: os.unlink("loaded.py"))


def case_source_changed():
    def change():
        with open("loaded.py", "w") as file:
            file.write("# nothing\n" * 5)
    module("def run():\n    1/0\n", change)


def case_source_latin(): module("# größe\ndef run():\n    raise ValueError('größe')  # größe\n")


def case_source_tabs(): module("def run():\n\tif True:\n\t\tx = (1 /\n\t\t\t0)\n")


def case_source_long_line(): module("def run():\n    x = [" + "1, " * 500 + "1 / 0]\n")


def case_source_form_feed(): module("def run():\n    \f  1/0\n")


def case_source_not_utf8():
    with open("loaded.py", "wb") as file:
        file.write(b"# coding: latin-1\ndef run():\n    raise ValueError('gr\xf6\xdfe')\n")
    sys.path.insert(0, "")
    import loaded
    loaded.run()


def case_zip():
    import zipfile
    with zipfile.ZipFile("packed.zip", "w") as file:
        file.writestr("packed.py", "def unpacked():\n    1/0\n")
    sys.path.insert(0, "packed.zip")
    import packed
    packed.unpacked()


def case_linecache():
    import linecache
    source = "1/0  # only in the cache\n"
    linecache.cache["<cached>"] = (len(source), None, [source], "<cached>")
    exec(compile(source, "<cached>", "exec"))


def case_linecache_odd():
    import linecache
    linecache.cache["<odd>"] = (5, None, 7, "<odd>")
    exec(compile("1/0\n", "<odd>", "exec"))


def case_linecache_short():
    import linecache
    linecache.cache["<short>"] = (1, None, [], "<short>")
    exec(compile("\n1/0\n", "<short>", "exec"))


def case_loader_line(): module("import importlib\ndef run():\n    importlib.import_module('no_such_module')\n")


def case_multi_line_call():
    max(
        1,
        int("x"),
        2,
    )


def case_comprehension(): [1 / n for n in (1, 0)]
def case_lambda(): (lambda: 1 / 0)()


def case_generator():
    def numbers():
        yield 1
        raise ValueError("in a generator")
    list(numbers())


def case_decorated():
    class Thing:
        @property
        def value(self):
            return {}["missing"]
    Thing().value


def case_with():
    class Thing:
        def __enter__(self): return self
        def __exit__(self, *what): raise OSError("in exit")
    with Thing():
        raise ValueError("in with")


def case_finally():
    try:
        1 / 0
    finally:
        {}["in finally"]


def case_asyncio():
    import asyncio

    async def inner():
        await asyncio.sleep(0)
        raise ValueError("in a task")

    async def main():
        await asyncio.gather(inner())
    asyncio.run(main())


def case_task_group():
    import asyncio

    async def bad(n):
        raise ValueError(n)

    async def main():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bad(1))
            tasks.create_task(bad(2))
    asyncio.run(main())


def result_when_done(future):
    """result() raises in another line where it has to wait first."""
    from concurrent.futures import wait
    wait([future])
    future.result()


def case_futures():
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        result_when_done(pool.submit(int, "x"))


def case_process_pool():
    from concurrent.futures import ProcessPoolExecutor
    import multiprocessing
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        result_when_done(pool.submit(int, "x"))


def case_printed_before():
    print("on stdout", flush=True)
    raise ValueError("after it")


def case_hook_replaced():
    sys.excepthook = lambda *a: sys.stderr.write("hook: %r\n" % (a[1],))
    raise ValueError("v")


def case_hook_sees():
    """All that an audit hook before this one could have changed."""
    import faulthandler
    import gc
    import signal

    def signals():
        return [signal.getsignal(n) for n in range(1, 65) if n not in (9, 19, 32, 33)]
    before = set(sys.modules), set(sys.path_importer_cache), signals()

    def hook(kind, value, traceback):
        print(before == (set(sys.modules), set(sys.path_importer_cache), signals()))
        print(sys.exc_info(), sys.getrefcount(value), sys.getrefcount(traceback), gc.isenabled(),
              faulthandler.is_enabled(), [fd for fd in os.listdir("/proc/self/fd") if int(fd) < 700], vars(value),
              value.__traceback__ is traceback, value.__context__, value.__cause__)
    sys.excepthook = hook
    raise ValueError("v")


def case_hook_none():
    sys.excepthook = None
    raise ValueError("v")


def case_hook_deleted():
    del sys.excepthook
    raise ValueError("v")


def case_hook_raises():
    def hook(*a):
        raise OSError("in the hook")
    sys.excepthook = hook
    raise ValueError("v")


def case_hook_exits():
    def hook(*a):
        sys.exit(7)
    sys.excepthook = hook
    raise ValueError("v")


def case_hook_traceback():
    import traceback
    sys.excepthook = lambda *a: traceback.print_exception(*a)
    raise ValueError("v")


def case_hook_original():
    sys.excepthook = lambda *a: (sys.stderr.write("before\n"), sys.__excepthook__(*a))
    raise ValueError("v")


def case_stderr_none():
    sys.stderr = None
    raise ValueError("v")


def case_stderr_closed():
    os.close(2)
    raise ValueError("v")


def case_stderr_python_closed():
    sys.stderr.close()
    raise ValueError("v")


def case_stderr_own():
    import io
    sys.stderr = io.StringIO()
    raise ValueError("v")


def case_stderr_raises():
    class Raising:
        def write(self, text): raise OSError("no write")
    sys.stderr = Raising()
    raise ValueError("v")


def case_in_del():
    class Thing:
        def __del__(self): raise ValueError("in del")
    Thing()


def case_in_thread():
    import threading
    thread = threading.Thread(target=lambda: 1 / 0, name="t")
    thread.start()
    thread.join()


def case_thread_hook():
    import threading
    threading.excepthook = lambda args: print("thread:", args.exc_type.__name__)
    thread = threading.Thread(target=lambda: 1 / 0, name="t")
    thread.start()
    thread.join()


def case_daemon_thread():
    import threading
    import time

    def loop():
        while True:
            time.sleep(0.0001)
    for _ in range(8):
        threading.Thread(target=loop, daemon=True).start()
    time.sleep(0.01)


def case_atexit():
    import atexit
    atexit.register(lambda: 1 / 0)


def case_finalization():
    class Thing:
        def __del__(self):
            raise ValueError("at the end")
    sys.keep = Thing()


def case_multiprocessing():
    import multiprocessing
    process = multiprocessing.get_context("fork").Process(target=case_zero_division)
    process.start()
    process.join()
    sys.exit(process.exitcode)


def case_subinterpreter():
    try:
        import _interpreters
        made = _interpreters.create("legacy")
        run = lambda code: _interpreters.exec(made, code)
    except ImportError:
        import _xxsubinterpreters as _interpreters
        made = _interpreters.create()
        run = lambda code: _interpreters.run_string(made, code)
    try:
        run("1/0")
    except Exception:
        pass
    run("def f(): 1/0")
    raise ValueError("in the main one")


def case_exit(): sys.exit(int(sys.argv[2]))
def case_exit_text(): sys.exit("größe")
def case_exit_none(): sys.exit()
def case_exit_object(): raise SystemExit([1, 2])
def case_exit_true(): raise SystemExit(True)
def case_exit_big(): raise SystemExit(2 ** 40 + 3)


class MyExit(SystemExit):
    code = 4


def case_exit_class(): raise MyExit
def case_exit_of_exception():
    try:
        1 / 0
    except ZeroDivisionError:
        sys.exit(1)


def case_slots():
    class Odd(Exception):
        def __getattribute__(self, name):
            if name.startswith("__"):
                return super().__getattribute__(name)
            raise OSError(name)
    raise Odd("odd")


def case_meta():
    class Meta(type):
        __module__ = property(lambda cls: 1 / 0)
    class Odd(Exception, metaclass=Meta):
        pass
    raise Odd("odd")


def case_args_changed():
    error = ValueError("a")
    error.args = (1, "b")
    raise error


def case_lying_class():
    class Odd(ValueError):
        @property
        def __class__(self): return KeyError
    raise Odd("lies")


globals()["case_" + sys.argv[1]]()
