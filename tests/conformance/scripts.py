# SPDX-License-Identifier: Apache-2.0
"""Scripts of `vigil emit`, each with the files that it needs: data for test_script.

A script is a list of operations, each a dict or a line of text. The numbers in the names are those
of the statements that it shows.
"""


def log(logger, level, msg, /, **extra):
    operation = {"op": "log", "logger": logger, "level": level, "msg": msg}
    return dict(operation, extra=extra) if extra else operation


def handle(**record):
    return {"op": "handle", "record": record}


def get(*names):
    return [{"op": "get", "logger": name} for name in names]


def change(logger, /, **what):
    return dict({"op": "set", "logger": logger}, **what)


def disable(level):
    return {"op": "disable", "level": level}


def name_level(level, name):
    return {"op": "addLevelName", "level": level, "name": name}


def config(path="job.yaml"):
    return {"op": "config", "path": path}


TREE = {"op": "tree"}
LEVELS = [5, 10, 20, 25, 30, 35, 40, 50]


def all_levels(*loggers):
    return [log(logger, level, f"{logger} {level}") for logger in loggers for level in LEVELS]


def console(text="%(levelname)s:%(name)s:%(message)s", more="", style="%", formatter="", head=""):
    """A configuration with one handler on the root, to stdout; quoted for YAML."""
    quoted = text.replace("'", "''")
    return f"""version: 1
{head}
formatters: {{f: {{format: '{quoted}', style: '{style}'{formatter}}}}}
handlers: {{h: {{class: logging.StreamHandler, stream: ext://sys.stdout, formatter: f}}}}
root: {{level: 1, handlers: [h]}}
{more}
"""


RECORD = dict(name="n.m", levelno=20, levelname="INFO", msg="hello w", pathname="/src/c.d.py", filename="c.d.py",
              module="c.d", lineno=7, funcName="step", created=735379380.007, msecs=7.0, relativeCreated=12.5,
              process=42, processName="MainProcess", thread=140737353963328, threadName="MainThread")

SCRIPTS = {}


def case(name, script, **files):
    """FILES by their names, '_' for the dot."""
    assert name not in SCRIPTS, name
    flat = []
    for operation in script:
        flat.extend(operation if isinstance(operation, list) else [operation])
    SCRIPTS[name] = (flat, {key.replace("_", "."): text for key, text in files.items()})


# Names and placeholders.
case("14 three names of the root", [get(None, "", "root"), TREE])
case("15 a name that is none", [get(3), get([1]), get(0), TREE])
case("17 a leaf first", [get("x.y.z"), TREE])
case("18 then its parent", [get("x.y.z", "x.y"), TREE])
case("19 then its grandparent", [get("x.y.z", "x.y", "x"), TREE])
case("20 over a placeholder", [get("p.q.r", "p.q.s", "p"), TREE, get("p.q"), TREE])
case("21 no prefix without its dot", [get("a", "ab.c", "a.b", "abc"), TREE])
case("22 below a logger called root", [get("root.x", "root", "root.x.y"), TREE])
case("23 dots alone", [get(".", "..x", "x.", "x..y", "x", "...", "a...b", "a."), TREE])
case("24 a child in every placeholder", [get("a.b.c.d", "a.b", "a.b.c.e", "a", "a.b.c"), TREE])
case("25 names that the root's begins with", [get("r.x", "ro.x", "roo.x", "rx.y", "r", "ro", "roo", "rx", "r.y"), TREE])
case("31 defaults", [get("a.b", "a"), TREE, all_levels("a.b")])
case("names in other alphabets", [get("\u00e4.\u00f6", "\u00e4", "\U0001f600.x", "a b.c", "z"), TREE,
                                  log("\u00e4.\u00f6", "ERROR", "\u00fc \U0001f600 \u2028")])
case("a hundred loggers", [get(*[f"l{i % 7}.m{i % 5}.n{i}" for i in range(100)]), get("l1", "l2.m2"), TREE])

# Levels.
case("5 level names are case-sensitive", [change("a", level="warn"), change("a", level="Warning"), TREE])
case("6 levels that are none", [change("a", level=None), change("a", level=1.5), change("a", level=[0, "x"]),
                                change("a", level={"a": True}), change("a", level="it's"), TREE])
case("7 a level below zero", [change("a", level=-5), TREE, log("a", -5, "no"), log("a", 0, "no"), log("a", 1, "no")])
case("a level that is a bool", [change("a", level=True), change("b", level=False), TREE])
case("8 names go both ways", [name_level(25, "NOTICE"), change("a", level="NOTICE"), TREE, config(), log("a", "NOTICE", "x"),
                              name_level(20, "Info"), log("a", "INFO", "dropped"), log("r", "Info", "x"), log("r", "INFO", "x")],
     job_yaml=console(head="disable_existing_loggers: false"))
case("9 an empty name", [config(), name_level(20, ""), log("a", 20, "x"), log("a", 21, "y")], job_yaml=console())
case("a name that moves", [name_level(33, "ODD"), name_level(34, "ODD"), change("a", level="ODD"), TREE, config(),
                           log("r", 33, "x"), log("r", 34, "x")], job_yaml=console())
case("11 a level that is no integer", [log("a", 1.5, "x"), log("a", None, "x"), log("a", "xyz", "x"), log("a", [], "x")])
case("12 a level between two", [config(), log("a", 34, "no"), log("a", 35, "yes")],
     job_yaml="version: 1\nhandlers: {h: {class: logging.StreamHandler, level: 35}}\nroot: {level: 1, handlers: [h]}")
case("32 the nearest level counts", [change("a", level=10), change("a.b.c", level=40), get("a.b", "a.b.c.d"), TREE,
                                     config(), all_levels("a.b", "a.b.c.d", "b")],
     job_yaml=console(head="incremental: false\ndisable_existing_loggers: false"))
case("32 a root without a level", [change("", level="NOTSET"), TREE, log("a", 1, "x"), log("a", 30, "x"), log("", 0, "x")])
case("34 what was asked before is forgotten", [config(), log("a.b", 10, "1"), change("a", level=20), log("a.b", 10, "no"),
                                               change("a", level=0), log("a.b", 10, "2"), change("", level=50),
                                               log("a.b", 10, "no"), log("a.b", 50, "3")], job_yaml=console())
case("35 disable", [config(), disable(30), all_levels("a"), disable("ERROR"), all_levels("a", ""), disable(0), all_levels("a"),
                    {"op": "disable"}, log("a", 50, "no"), log("a", 51, "51"), disable("NOTSET"), log("a", 1, "1")],
     job_yaml=console())
case("36 disable by a name that is none", [disable("nope"), disable(None), disable(2.5), log("a", 40, "x")])
case("37 disable goes over all levels", [change("a", level=1), disable(40), log("a", 40, "no"), log("", 40, "no"), log("a", 41, "x")])
case("disable below zero", [disable(-10), change("a", level=-5), log("a", -5, "x"), TREE])
case("38 disabled loggers", [config(), change("a", disabled=True), log("a", 50, "no"), log("a.b", 20, "x"),
                             handle(name="a", levelno=50, msg="no"), TREE, change("a", disabled=False), log("a", 50, "y")],
     job_yaml=console())
case("38 disabled by any truth", [change("a", disabled="no"), change("b", disabled=[]), change("c", disabled=0.0),
                                  change("d", disabled={"x": 1}), change("e", disabled=None), TREE])
case("39 a new parent in between", [config(), change("a", level=30), log("a.b.c", 20, "no"), get("a.b"), log("a.b.c", 20, "no"),
                                    change("a.b", level=10), log("a.b.c", 20, "x"), TREE], job_yaml=console())
case("237 flat", [config(), change("ERR", level="ERROR"), change("INF", level="INFO"), change("DEB", level="DEBUG"),
                  all_levels("ERR", "INF", "DEB")], job_yaml=console("%(name)s -> %(levelname)s: %(message)s"))

# Records and what they say.
case("43 a message is taken as it is", [config(), log("a", 20, "100% %d %s"), log("a", 20, "%%"), log("a", 20, "{0} $x")],
     job_yaml=console("%(message)s"))
case("messages that are no strings", [config(), log("a", 20, 7), log("a", 20, 7.0), log("a", 20, None), log("a", 20, True),
                                      log("a", 20, [1, "x", {"k": None}]), log("a", 20, 1e22), log("a", 20, 1.5e-7),
                                      log("a", 20, 123456789012345678901234567890), log("a", 20, -0.0), log("a", 20, 0.1), log("a", 20, 12345.678), log("a", 20, 1e15 + 0.5), log("a", 20, 1e16),
                                      log("a", 20, {"it's": "\"q\"", "b": "'\"", "n": "\n\t\\\x1b\x7f\u00a0\u200b\u2028\u00e4"})],
     job_yaml=console("%(message)s"))
case("50 extra", [config(), log("a", 20, "m", x="X", y=7), log("a", 20, "m", x=7.0, y=[1]), log("a", 20, "m", x=None, y=True)],
     job_yaml=console("%(x)s %(y)s %(message)s"))
for attribute in ("message asctime args created exc_info exc_text filename funcName levelname levelno lineno module msecs msg name "
                  "pathname process processName relativeCreated stack_info thread threadName").split():
    case("51 extra " + attribute, [change("", level=1), log("a", 20, "m", ok=1, **{attribute: 1}), disable(50),
                                   log("a", 20, "not even looked at", **{attribute: 1})])
case("51 the first of several", [log("a", 40, "m", z=1, name=1, msg=2)])
case("52 handle does not look at levels", [change("a", level=50), handle(name="a", levelno=40, msg="x"),
                                           handle(name="a", levelno=30, msg="y"), handle(name="a", levelno=29, msg="no"), disable(50),
                                           handle(name="a", levelno=40, msg="z")])
case("53 defaults of makeLogRecord", [config(), handle(levelno=20), handle(name="a", levelno=20, msg="m")],
     job_yaml=console("%(name)s|%(levelno)s|%(levelname)s|%(pathname)s|%(filename)s|%(module)s|%(lineno)d|%(funcName)s|"
                      "%(processName)s|%(threadName)s|%(message)s"))
case("53 a record without a level", [handle(), handle(levelno=None), handle(levelno="20"), handle(name=3, levelno=20)])
case("53 everything given", [config(), handle(**RECORD), handle(**dict(RECORD, x="X", y=[1, 2.0]))],
     job_yaml=console("%(name)s %(levelno)d %(levelname)s %(pathname)s %(filename)s %(module)s %(lineno)d %(funcName)s "
                      "%(created).6f %(msecs)d %(msecs)s %(relativeCreated)s %(relativeCreated)d %(process)d %(processName)s %(thread)d "
                      "%(threadName)s %(asctime)s %(message)s"))
case("53 a level with a name of its own", [config(), handle(levelno=20, levelname="LOUD", msg="m"), name_level(20, "Info"),
                                           handle(levelno=20, msg="m"), handle(levelno=20, levelname="", msg="m")],
     job_yaml=console())
case("53 message and asctime are made anew", [config(), handle(name="a", levelno=20, msg="m", message="old", asctime="old", args=[],
                                                               exc_info=None, created=1e9, msecs=7.0)],
     job_yaml=console("%(asctime)s %(message)s"))
case("57 filenames", [config()] + [handle(levelno=20, pathname=name, filename=name, module=name, msg="m")
                                   for name in ("prog", ".hidden", "\u00e4.py")],
     job_yaml=console("%(pathname)s %(filename)s %(module)s"))
case("times", [config()] + [handle(levelno=20, msg="m", created=created, msecs=msecs)
                            for created, msecs in ((0.0, 0.0), (1e9, 999.0), (-1.5, 500.0), (-86400.0, 0.0), (4102444800.25, 250.0),
                                                   (951782400.0, 7.9))],
     job_yaml=console("%(asctime)s %(msecs)s %(msecs)03d %(created).3f"))

# Dispatch.
HANDLERS = """version: 1
formatters: {a: {format: 'a:%(name)s:%(message)s'}, b: {format: 'b:%(name)s:%(message)s'}, r: {format: 'r:%(name)s:%(message)s'}}
filters: {zz: {name: zz}, ab: {name: a.b}}
handlers:
  ha: {class: logging.StreamHandler, stream: ext://sys.stdout, formatter: a}
  hb: {class: logging.StreamHandler, stream: ext://sys.stdout, formatter: b}
  hr: {class: logging.StreamHandler, stream: ext://sys.stdout, formatter: r}
  nil: {class: logging.NullHandler}
"""
case("64 from the logger up to the root", [config(), log("a.b", 20, "x"), log("a.b.c.d", 20, "y"), log("a", 20, "z"), TREE],
     job_yaml=HANDLERS + "root: {level: 1, handlers: [hr, hb]}\nloggers: {a: {handlers: [ha]}, a.b: {handlers: [hb, ha]}}")
case("65 ancestors are not asked", [config(), log("a.b", 20, "x"), log("a", 50, "no"), change("a", disabled=True), log("a.b", 1, "y"),
                                    change("a.b", propagate=False), log("a.b", 40, "z")],
     job_yaml=HANDLERS + "root: {level: 50, handlers: [hr]}\nloggers: {a: {level: 50, filters: [zz], handlers: [ha]}, a.b: {level: 1}}")
case("66 a handler's level is no reason for the last resort", [config(), log("a", 40, "x")],
     job_yaml="version: 1\nhandlers: {h: {class: logging.StreamHandler, level: 50}}\nroot: {handlers: [h]}")
case("67 a handler of child and parent", [config(), log("a.b", 20, "x")],
     job_yaml=HANDLERS + "root: {level: 1, handlers: [hr, hr]}\nloggers: {a: {handlers: [hr]}, a.b: {handlers: [hr, hr]}}")
case("68 no propagation", [config(), change("a", propagate=False), log("a", 30, "w"), log("a.b", 20, "i"), log("b", 20, "r"), TREE,
                           change("a", propagate=True), log("a", 30, "x")], job_yaml=console())
case("68 propagate by any truth", [change("a", propagate=""), change("b", propagate="no"), change("c", propagate=0), TREE])
case("69 the last resort", [log("a", level, f"m{level}") for level in LEVELS] + [log("", 50, "two\nlines"), TREE])
case("69 a last resort for traces", [handle(levelno=40, msg="m", exc_text="TB", stack_info="ST")])
case("71 a NullHandler is enough", [config(), log("a.b", 50, "silent"), log("b", 50, "loud")],
     job_yaml=HANDLERS + "loggers: {a: {handlers: [nil]}}")
case("76 filters by name", [config()] + [log(name, 20, name) for name in ("A.B", "A.B.C", "A.BB", "B.A.B", "A", "", "root")],
     job_yaml=console(more="").replace("formatter: f}", "formatter: f, filters: [ab]}") + "filters: {ab: {name: A.B}}")
case("76 a filter of nothing", [config(), log("A", 20, "x"), log("", 20, "y")],
     job_yaml=console().replace("formatter: f}", "formatter: f, filters: [all]}") + "filters: {all: {name: ''}}")
case("76 filters look at the record's name", [config(), handle(name="a.b.c", levelno=20, msg="x"), handle(name="x", levelno=20, msg="no")],
     job_yaml=console().replace("formatter: f}", "formatter: f, filters: [ab]}") + "filters: {ab: {name: a.b}}")
case("77 filters one after the other", [config(), log("a", 20, "no"), log("a.b", 20, "x"), log("a.b.c", 20, "y")],
     job_yaml=HANDLERS + "filters: {ab: {name: a.b}, a: {}}\nroot: {level: 1, handlers: [hr]}\n"
     "loggers: {a.b: {filters: [a, ab, ab]}, a: {filters: [ab]}}")

# Formatters.
FORMATS = {
    "%": ["%(message)s", "%(levelname)s:%(name)s:%(message)s", "[%(levelname)-8s] %(lineno)5d|%(msecs)03d|%(created)f",
          "%(process)#x %(process)o %(message).3s %(message)10.3s|", "%(message)s 100%%", "%(message)-12s|%(message)12s|",
          "%(lineno)+d %(lineno)-5d| %(lineno)05d %(lineno) d", "%(created).3f %(created)d",
          "%(message)s\n", "%(exc_text)s", "%(asctime)s.%(message)s",
          "%(message)r|%(name)-8r|%(lineno)r|%(exc_text)r|%(created)r|%(message).4r"],
    "{": ["{message}", "{levelname:<8}|{lineno:05d}|{msecs:03.0f}|{process:#x}|{name:^9}|{name:*>9}", "{{{message}}}",
          "{asctime!s:30}|", "{message:.3}|{message:>10.3}|", "{created:.3f} {created}",
          "{message!r}|{name!r:>8}|{lineno!r:>5}|{exc_text!r}|{processName!r:.3}"],
    "$": ["$message", "$levelname:${name}:$message $$ ${lineno}", "${message}x$name.", "$asctime $message"],
}
for style, formats in FORMATS.items():
    for text in formats:
        case(f"88 style {style} {text!r}", [config(), handle(**RECORD), handle(**dict(RECORD, exc_text="TB", stack_info="ST", msg="")),
                                            handle(**dict(RECORD, msg="\u00e4\u00f6\u2028"))],
             job_yaml=console(text.replace("\n", "\n\n"), style=style))
case("96 a format that is not validated", [config(), log("a", 20, "x")], job_yaml=console("const", formatter=", validate: false"))
case("101 time is used where its name is", [config(), handle(**RECORD)], job_yaml=console("%(asctime)s %(msecs)d"))
for datefmt in ("%d/%b/%Y:%H:%M:%S", "%H:%M:%S.", "%f %% %j %y", "%A %a %B %p %I"):
    case("103 datefmt " + datefmt, [config(), handle(**RECORD), handle(**dict(RECORD, created=0.0))],
         job_yaml=console("%(asctime)s", formatter=f", datefmt: '{datefmt}'"))
case("107 traces and stacks", [config()] + [handle(**dict(RECORD, msg=msg, exc_text=exc, stack_info=stack))
                                            for msg in ("m", "m\n", "") for exc in (None, "", "TB", "TB\n") for stack in (None, "ST")],
     job_yaml=console("%(message)s"))
case("90 repr of odd strings", [config()] + [log("a", 20, text) for text in ("it's", '"', "'\"", "\n\t\\\x1b", "\u00e4\u2028\U0001f600", "")],
     job_yaml=console("%(message)r %(message)10r|"))
case("111 more lines than one", [config(), log("a", 20, "one\ntwo\r\nthree\t\x1b[31m")], job_yaml=console())

# Handlers and files.
case("115 a file", [config(), log("a", 20, "one"), log("a", 30, "two"), config(), log("a", 40, "three")],
     job_yaml="version: 1\nhandlers: {h: {class: logging.FileHandler, filename: out.log}}\nroot: {level: 1, handlers: [h]}")
case("116 a file written anew is not opened again", [config(), log("", 30, "one"), config("second.yaml"), log("", 30, "two"), TREE],
     job_yaml="version: 1\nhandlers: {h: {class: logging.FileHandler, filename: out.log, mode: w}}\nroot: {handlers: [h]}",
     second_yaml="version: 1")
case("182 a file that is appended to is opened again", [config(), log("", 30, "one"), config("second.yaml"), log("", 30, "two"), TREE],
     job_yaml="version: 1\nhandlers: {h: {class: logging.FileHandler, filename: out.log}}\nroot: {handlers: [h]}",
     second_yaml="version: 1")

# Configurations on top of each other.
case("183 existing loggers", [change("keep.child", level=10, propagate=False, disabled=True), get("keepx", "other.kid", "other", "keep.q"),
                              config(), TREE, log("keep.child", 20, "no"), log("other", 50, "no")],
     job_yaml=console(more="loggers: {keep: {level: INFO}}"))
case("183 children lose their handlers", [config(), TREE, config("second.yaml"), TREE, log("a.b", 40, "x"), log("a", 40, "y")],
     job_yaml=HANDLERS + "loggers: {a: {handlers: [ha]}, a.b: {handlers: [hb], level: 10, propagate: no}}",
     second_yaml=HANDLERS + "loggers: {a: {handlers: [ha]}}")
case("183 below a placeholder", [get("p.q.r"), config(), TREE], job_yaml="version: 1\nloggers: {p: {level: 7}}")
case("184 a flag that is false enables again", [get("a", "b.c"), config(), TREE, config("second.yaml"), TREE],
     job_yaml="version: 1", second_yaml="version: 1\ndisable_existing_loggers: false")
case("184 a flag by its truth", [get("a"), config(), TREE], job_yaml="version: 1\ndisable_existing_loggers: 'no'")
case("185 named again", [change("a", level=10, propagate=False, disabled=True), config(), TREE, config("second.yaml"), TREE],
     job_yaml=HANDLERS + "loggers: {a: {handlers: [ha]}}", second_yaml=HANDLERS + "loggers: {a: {level: null, propagate: null}}")
case("186 no descendant by its letters", [get("keep", "keepx", "keep.x", "kee"), config(), TREE],
     job_yaml="version: 1\nloggers: {keep: {}}")
case("187 incremental", [config(), change("a", disabled=True), get("b"), config("more.yaml"), TREE, log("a", 8, "no"), log("b", 40, "x"),
                         log("b", 30, "no")],
     job_yaml=console(more="loggers: {a: {level: 5}}"),
     more_yaml="version: 1\nincremental: true\nformatters: {f: {format: bad}}\nhandlers: {h: {level: ERROR, class: nope}}\n"
     "loggers: {a: {level: 9, propagate: no, handlers: [zz]}}\nroot: {level: 2, handlers: [zz]}")
case("187 incremental without the handler", [config("more.yaml"), TREE],
     more_yaml="version: 1\nincremental: true\nhandlers: {zz: {level: 1}}")
case("190 filters gather", [config(), config("second.yaml"), log("a.b", 20, "x"), log("a", 20, "no"), log("a.b.c", 20, "no")],
     job_yaml=HANDLERS + "root: {level: 1, handlers: [hr]}\nloggers: {a.b: {filters: [ab]}}",
     second_yaml=HANDLERS + "root: {level: 1, handlers: [hr]}\nloggers: {a: {filters: [zz]}}")
case("the root among the loggers", [config(), TREE, log("x", 20, "m")],
     job_yaml=HANDLERS + "loggers: {root: {level: 7, handlers: [hr], propagate: no}}")
case("the root among the loggers, by both its names", [get("root.x", "root.y.z"), change("root.x", level=5, disabled=True), config(), TREE,
                                                      config("second.yaml"), TREE],
     job_yaml="version: 1\nloggers: {'': {level: 7}}", second_yaml="version: 1\nloggers: {root: {level: 8}}")
case("183 below a name that was not there", [get("a..b", "c.d", "c..e"), change("a..b", level=5, disabled=True), config(), TREE],
     job_yaml="version: 1\nloggers: {a: {level: 7}, c: {}}")
case("json", [config("job.json"), log("a", 20, "x"), TREE],
     job_json='{"version": 1, "handlers": {"h": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}},\n'
     ' "root": {"level": "DEBUG", "handlers": ["h"]}}')

# References, attributes and factories of dictConfig.
case("112 another terminator", [config(), log("a", 20, "x"), log("a", 20, "y")],
     job_yaml=console().replace("formatter: f}", "formatter: f, '.': {terminator: \"!\\n\"}}"))
case("112 no terminator", [config(), log("a", 20, "x"), log("a", 20, "y")],
     job_yaml=console().replace("formatter: f}", "formatter: f, '.': {terminator: ''}}"))
case("192 a class of logging as a factory", [config(), log("a.b", 20, "x"), log("a", 20, "no"), TREE],
     job_yaml="""version: 1
formatters: {f: {'()': logging.Formatter, fmt: '{message}!', style: '{'}}
filters: {f: {'()': logging.Filter, name: a.b}}
handlers: {h: {'()': logging.StreamHandler, stream: ext://sys.stdout, formatter: f, filters: [f], level: 3}}
root: {level: 1, handlers: [h]}""")
case("194 ext:// of a level", [config(), TREE], job_yaml="version: 1\nroot: {level: 'ext://logging.ERROR'}")
case("195 cfg://", [config(), log("a", 20, "x"), log("a", 40, "y"), TREE],
     job_yaml=console(more="x: {lst: [INFO, ERROR], f: {k: 'cfg://x.lst[1]'}}\nloggers: {a: {level: 'cfg://x.f.k', propagate: 'cfg://yes'}}\n"
                      "'yes': true"))
case("195 cfg:// of whole sections", [config(), log("a", 20, "x"), TREE],
     job_yaml="version: 1\nhs: {h: {class: 'cfg://c', stream: 'cfg://s'}}\nc: logging.StreamHandler\ns: ext://sys.stdout\n"
     "handlers: cfg://hs\nlist: [h]\nroot: {level: 1, handlers: 'cfg://list'}")

# What is refused, in Python's words.
REFUSED = {
    "194 ext:// of nothing": "version: 1\nhandlers: {h: {class: logging.StreamHandler, stream: ext://sys.stdbout}}",
    "195 cfg:// of nothing": "version: 1\nroot: {level: 'cfg://nosuch'}",
    "195 cfg:// that is none": "version: 1\nloggers: {a: {level: 'cfg://!'}}",
    "174 no version": "root: {}",
    "174 version 2": "version: 2",
    "174 a version that is a string": "version: '1'",
    "178 a level that is a string of digits": "version: 1\nroot: {level: '10'}",
    "179 a class that is not there": "version: 1\nhandlers: {h: {class: logging.Nope}}",
    "179 no class": "version: 1\nhandlers: {h: {}}",
    "179 a level of a handler": "version: 1\nhandlers: {h: {class: logging.NullHandler, level: NTOSET}}",
    "179 a formatter that is not there": "version: 1\nhandlers: {h: {class: logging.NullHandler, formatter: nope}}",
    "179 a filter that is not there": "version: 1\nhandlers: {h: {class: logging.NullHandler, filters: [zz]}}",
    "179 an argument that is none": "version: 1\nhandlers: {h: {class: logging.NullHandler, bogus: 1}}",
    "179 the first handler by name": "version: 1\nhandlers: {z: {}, b: {class: logging.NullHandler, level: x}, a: {class: logging.NullHandler}}",
    "180 a format": "version: 1\nformatters: {f: {format: x}}",
    "180 a formatter with a quote": "version: 1\nformatters: {\"it's\": {format: x}}",
    "180 a handler of a logger": "version: 1\nloggers: {a: {handlers: [zz]}}",
    "180 the root": "version: 1\nroot: {handlers: [zz]}",
    "180 formatters before handlers": "version: 1\nhandlers: {h: {}}\nformatters: {f: {style: x}}",
    "189 a string of handlers": "version: 1\nhandlers: {hh: {class: logging.NullHandler}}\nroot: {handlers: hh}",
}
for name, text in REFUSED.items():
    case(name, [config()], job_yaml=text)
case("vigil's own settings are passed over", [config(), log("a", 20, "x"), TREE],
     job_yaml=console(head="vigil: {error_file: false, trace: {frames: 9, names: off}, signals: {core: [SEGV], terminated: []}}"))
case("a file that is not there", [config("nowhere.yaml"), log("a", 40, "the script goes on")])
