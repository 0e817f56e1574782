# SPDX-License-Identifier: Apache-2.0
"""Scripts with logging.handlers.MemoryHandler: data for test_script, like scripts.py."""
from scripts import LEVELS, TREE, all_levels, case, change, config, console, disable, handle, log

HEAD = """version: 1
formatters: {f: {format: '%(levelname)s:%(name)s:%(message)s'}, other: {format: 'not used'}}
filters: {ab: {name: a.b}, none: {name: zz}}
handlers:
  a_file: {class: logging.FileHandler, filename: a.log, formatter: f}
  h: {class: logging.StreamHandler, stream: ext://sys.stdout, formatter: fTARGET}
  m: {class: logging.handlers.MemoryHandler, MEMORY}
  z_file: {class: logging.FileHandler, filename: z.log, formatter: f}
MORE
root: {level: 1, handlers: [m]}
"""
TEN = [log("n", 10, f"msg {number}") for number in range(10)]


def memory(text, target="", more=""):
    return HEAD.replace("MEMORY", text).replace("TARGET", target).replace("MORE", more)


def kept(name, text, *script, target="", more="", **files):
    case("memory: " + name, [config(), *script], job_yaml=memory(text, target, more), **files)


# What makes it flush: 154, and what is asked then: 155.
kept("154 by its capacity", "capacity: 3, target: h", *TEN)
kept("154 by the level", "capacity: 100, target: h", *TEN, log("n", 30, "not yet"), log("n", 40, "err"), log("n", 10, "at the end"))
kept("154 by a level of its own", "capacity: 100, flushLevel: 25, target: z_file", all_levels("a", "b.c"))
kept("154 capacity 1", "capacity: 1, target: h", *TEN, TREE)
kept("154 capacity 0", "capacity: 0, target: h", *TEN)
kept("154 a negative capacity", "capacity: -1, target: h", *TEN)
kept("154 a capacity that is a bool", "capacity: true, target: h", *TEN)
kept("154 a flush level below all", "capacity: 100, flushLevel: 0, target: h", *TEN)
kept("154 a flush level above all", "capacity: 1000, flushLevel: 1000, target: h", all_levels("a"))
kept("154 keys by reference", "capacity: 'cfg://root.level', flushLevel: 'ext://logging.WARNING', target: h", *TEN)
kept("155 a target's level is not asked", "capacity: 4, target: h", *TEN, target=", level: CRITICAL")
kept("155 a target's filters are", "capacity: 4, target: h", log("a.b", 10, "1"), log("a", 10, "no"), log("a.b.c", 40, "2"),
     log("a", 50, "no"), target=", filters: [ab]")
kept("155 its own level is asked", "capacity: 3, target: h, level: INFO", *[log("n", level, str(level)) for level in LEVELS * 3])
kept("155 its own filters are", "capacity: 3, target: h, filters: [ab]", log("a.b", 10, "1"), log("a", 50, "no"), log("a.b", 40, "2"))
kept("155 its own formatter is not used", "capacity: 3, target: h, formatter: other", *TEN)
kept("155 disabled loggers, and disable", "capacity: 3, target: h", log("a", 20, "1"), change("a", disabled=True), log("a", 20, "no"),
     disable(30), log("b", 30, "no"), log("b", 31, "2"), log("b", 31, "3"))
kept("a target that is a handler of its own, too", "capacity: 3, target: h", *TEN[:4], more="loggers: {n: {handlers: [h]}}")
kept("a target in a file", "capacity: 4, target: z_file", *TEN)
kept("two in a row", "capacity: 2, target: m0", *TEN, more="  m0: {class: logging.handlers.MemoryHandler, capacity: 5, target: h}")
kept("a flush goes through two", "capacity: 20, target: m0", *TEN, log("n", 40, "now"), log("n", 10, "end"),
     more="  m0: {class: logging.handlers.MemoryHandler, capacity: 50, target: h}")
kept("two with one target", "capacity: 3, target: h", *TEN,
     more="  m0: {class: logging.handlers.MemoryHandler, capacity: 4, target: h}\nloggers: {n: {handlers: [m0]}}")

# What is kept is what was said.
ALL = ("%(name)s %(levelno)d %(levelname)s %(pathname)s %(filename)s %(module)s %(lineno)d %(funcName)s %(created).6f %(msecs)s "
       "%(relativeCreated)s %(process)d %(processName)s %(thread)d %(threadName)s %(asctime)s %(message)s %(x)s %(y)s %(empty)s|")
case("memory: every attribute is kept",
     [config(),
      handle(name="n.m", levelno=20, levelname="LOUD", msg="hello", pathname="/src/c.d.py", filename="F", module="M", lineno=7,
             funcName="step", created=735379380.007, msecs=7.0, relativeCreated=12.5, process=42, processName="P", thread=43,
             threadName="T", x="X", y=[1, 2.0], empty=""),
      handle(name="n.m", levelno=20, msg="", pathname="", filename="", module="", x=None, y=True, empty="", thread=1, process=2,
             created=0.0, msecs=0.0, relativeCreated=1.0, funcName="", processName="", threadName="")],
     job_yaml=console(ALL).replace("root: {level: 1, handlers: [h]}", "root: {level: 1, handlers: [m]}").replace(
         "handlers: {h:", "handlers: {m: {class: logging.handlers.MemoryHandler, capacity: 9, target: h}, h:"))
kept("traces", "capacity: 3, target: h", handle(name="a", levelno=20, msg="m", exc_text="Traceback:\n  x", stack_info="Stack:\n  y"),
     handle(name="a", levelno=20, msg="m", exc_text="", stack_info=None), handle(name="a", levelno=20, msg="m", stack_info="Stack"))
kept("a long message", "capacity: 3, target: h", log("n", 20, "x" * 100000), log("n", 20, "y" * 3000), log("n", 40, "z" * 70000))
kept("a message that is too long to be kept", "capacity: 1000, target: h", log("n", 20, "first"), log("n", 20, "x" * 1500000))
kept("a level that gets another name", "capacity: 9, target: h", log("n", 20, "x"), {"op": "addLevelName", "level": 20, "name": "Info"},
     log("n", 20, "y"))

# 156, and the end.
kept("156 no target", "capacity: 2", *TEN, TREE)
kept("156 what is left comes at the end", "capacity: 100, target: h", *TEN)
kept("156 but for flushOnClose", "capacity: 100, target: h, flushOnClose: false", *TEN)
kept("156 flushOnClose by any truth", "capacity: 100, target: h, flushOnClose: ''", *TEN)
kept("156 flushOnClose leaves the rest", "capacity: 4, target: h, flushOnClose: false", *TEN, log("n", 40, "err"), log("n", 10, "no"))
kept("156 the newest is closed first", "capacity: 100, target: a_file", *TEN[:2],
     more="  m0: {class: logging.handlers.MemoryHandler, capacity: 50, target: h}\n"
          "  m1: {class: logging.handlers.MemoryHandler, capacity: 50, target: h}\nloggers: {n: {handlers: [m1, m0]}}")
for close in ("true", "false"):
    case(f"memory: 156 a new configuration closes it, flushOnClose {close}",
         [config(), *TEN[:3], config("next.yaml"), *TEN[5:7], TREE],
         job_yaml=memory(f"capacity: 100, target: h, flushOnClose: {close}"),
         next_yaml=console("next %(message)s"))
case("memory: 156 it is closed and still there",
     [config(), *TEN[:3], config("next.yaml"), *TEN[5:7], log("n", 50, "nobody hears"), TREE],
     job_yaml=memory("capacity: 100, target: z_file"), next_yaml="version: 1\ndisable_existing_loggers: false\n")
case("memory: the same again", [config(), *TEN[:3], config(), *TEN[5:7], config(), TREE], job_yaml=memory("capacity: 100, target: z_file"))
case("memory: incremental", [config(), *TEN[:3], config("next.yaml"), *TEN[3:6], log("n", 20, "info"), log("n", 40, "err"), TREE],
     job_yaml=memory("capacity: 100, target: h"),
     next_yaml="version: 1\nincremental: true\nhandlers: {m: {level: INFO}, h: {level: CRITICAL}}\n")
case("memory: incremental on what has no name", [config(), config("next.yaml"), *TEN[:3]],
     job_yaml=memory("capacity: 100, target: h"), next_yaml="version: 1\nincremental: true\nhandlers: {q: {level: INFO}}\n")

# 176, 179, 199: the target comes before or after, or not at all.
kept("176 a target behind it", "capacity: 2, target: z_file", *TEN)
kept("176 a target before it", "capacity: 2, target: a_file", *TEN)
kept("179 a target that is not there", "capacity: 2, target: zz", log("n", 40, "x"))
kept("179 a target that is none", "capacity: 2, target: null", log("n", 40, "x"))
kept("179 no capacity", "target: h", log("n", 40, "x"))
kept("179 an unknown key", "capacity: 2, target: h, flushlevel: 10", log("n", 40, "x"))
kept("itself", "capacity: 2, target: m", log("n", 40, "x"))
kept("a circle", "capacity: 2, target: n", log("n", 40, "x"),
     more="  n: {class: logging.handlers.MemoryHandler, capacity: 5, target: m}")
kept("over two that come later", "capacity: 2, target: n", log("n", 40, "x"),
     more="  n: {class: logging.handlers.MemoryHandler, capacity: 5, target: z_file}")
kept("two that wait for one", "capacity: 2, target: z_file", *TEN,
     more="  n: {class: logging.handlers.MemoryHandler, capacity: 5, target: z_file}")
kept("a broken one behind it", "capacity: 2, target: z_file", *TEN, more="  zz: {class: logging.FileHandler, filename: /nonexistent/x}")

# 210: the same in an INI file.
INI = """[loggers]
keys=root
[logger_root]
level=DEBUG
handlers=%(root)s
[handlers]
keys=%(keys)s
[handler_m]
class=%(kind)s
args=%(args)s
%(target)s
[handler_h]
class=StreamHandler
args=(sys.stdout,)
formatter=f
[handler_n]
class=handlers.MemoryHandler
args=(3, WARNING)
target=h
[formatters]
keys=f
[formatter_f]
format=%%(levelname)s:%%(name)s:%%(message)s
"""


def ini(name, *script, root="m", keys="m,h", kind="handlers.MemoryHandler", args="(4, ERROR)", target="target=h"):
    case("memory ini: " + name, [config("job.ini"), *(script or TEN), TREE],
         job_ini=INI % {"root": root, "keys": keys, "kind": kind, "args": args, "target": target})


ini("210 a target")
ini("210 a target before it", keys="h,m")
ini("a flush level", *TEN[:3], log("n", 40, "err"), log("n", 10, "end"), args="(100, ERROR)")
ini("no flush level", *TEN[:3], log("n", 40, "err"), log("n", 10, "end"), args="(100,)")
ini("no target", target="")
ini("an empty target", target="target=")
ini("None for a target", args="(4, ERROR, None)", target="")
ini("None, and a target", args="(4, ERROR, None)")
ini("flushOnClose", args="(100, 40, None, False)")
ini("kwargs", args="()\nkwargs={'capacity': 3, 'flushLevel': 30, 'flushOnClose': 0}")
ini("its full name", kind="logging.handlers.MemoryHandler")
ini("two in a row, the first first", keys="m,n,h", target="target=n")
ini("two in a row, the last first", keys="h,n,m", target="target=n", root="m,n")
ini("another class does not have one", kind="NullHandler", args="()", target="target=zz")
ini("a reference", target="target=%(it)s\nit=h")
ini("no capacity", args="()")
ini("a target that is not there", target="target=zz")
ini("a target that is not in the keys", keys="m", target="target=h")
