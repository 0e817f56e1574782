# SPDX-License-Identifier: Apache-2.0
"""Scripts for statements of Python's logging that scripts.py does not show by the way: data for test_script, like it."""
import json

from ini_scripts import GOOD, ini, refused, replaced
from scripts import HANDLERS, LEVELS, RECORD, TREE, all_levels, case, change, config, console, disable, get, handle, log, name_level

FILE = "version: 1\nhandlers: {h: {class: logging.FileHandler, filename: out.log%s}}\nroot: {level: 1, handlers: [h]}\n"
ROTATING = ("version: 1\nhandlers: {h: {class: logging.handlers.RotatingFileHandler, filename: out.log, %s}}\n"
            "root: {level: 1, handlers: [h]}\n")
EIGHT = [log("", 20, f"msg{i:05d}") for i in range(8)]
ONE = [config(), log("a.b", 20, "info"), log("a", 40, "error")]

# Levels and names.
case("1 names of levels", [change("l", level=name) for name in
                           ("CRITICAL", "FATAL", "ERROR", "WARN", "WARNING", "INFO", "DEBUG", "NOTSET")] + [TREE] +
     [change(name.lower(), level=name) for name in ("CRITICAL", "FATAL", "ERROR", "WARN", "WARNING", "INFO", "DEBUG")] +
     [TREE])
case("2 numbers have these names", [config(), change("", level=-100)] + [log("a", level, "m") for level in (10, 20, 30, 40, 50)],
     job_yaml=console("%(levelno)d %(levelname)s"))
case("3 numbers without a name", [config(), change("", level=-100)] + [log("a", level, "m") for level in (5, 25, 1, 99, 1000000, -1)],
     job_yaml=console("%(levelname)s"))
case("4 a name has its number, and what is none has an error", [change(name, level=name) for name in ("WARN", "FATAL", "INFO", "xyz", "Level 25")] +
     [TREE])
case("8 all that a number was called", [name_level(20, "Info"), name_level(20, "Hint"), change("a", level="INFO"), change("b", level="Info"),
                                        change("c", level="Hint"), TREE, config(), change("", level=1), log("a", 20, "x")],
     job_yaml=console("%(levelname)s"))
case("16 the same again is the same", [get("a.b"), change("a.b", level=7), get("a.b", "a.b"), TREE])
case("26 names that end in a dot", [get("a", "a.", "a..", "k"), TREE])
case("30 handlers by their names, in an incremental configuration", [config(), config("more.yaml"), log("a", 20, "no"), log("a", 40, "yes")],
     job_yaml=console(), more_yaml="version: 1\nincremental: true\nhandlers: {h: {level: ERROR}}")
case("33 disabled goes before the level", [config(), change("a", level=1, disabled=True), log("a", 50, "no"), disable(20),
                                           change("a", disabled=False), log("a", 20, "no"), log("a", 21, "yes")], job_yaml=console())
case("34 each change of a level is seen by all", [config(), log("a.b.c", 5, "1"), change("a.b", level=30), log("a.b.c", 5, "no"),
                                                  change("a.b.c", level=5), log("a.b.c", 5, "2"), change("a.b.c", level=0),
                                                  log("a.b.c", 5, "no"), disable(40), log("a.b.c", 40, "no"), disable(0),
                                                  log("a.b.c", 30, "3")], job_yaml=console())
case("40 every method's level", [config(), [log("a", level, level) for level in ("DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL",
                                                                               "FATAL")]], job_yaml=console())
case("58 times of a record", [config()] + [handle(**dict(RECORD, created=created, msecs=float(msecs), relativeCreated=relative))
                                           for created, msecs, relative in ((1e9 + 0.999, 999, 0.0), (0.001, 1, 0.125), (2.0, 0, 1e7))],
     job_yaml=console("%(created)f %(msecs)s %(msecs)03d %(relativeCreated)s %(asctime)s"))
case("59 a level's name is taken when the record is made", [config(), handle(levelno=20, levelname="early", msg="m"), name_level(20, "late"),
                                                           handle(levelno=20, levelname="early", msg="m"), log("a", 20, "m")],
     job_yaml=console("%(levelname)s %(threadName)s %(processName)s"))
case("63 message and asctime come from the formatter", [config(), handle(**dict(RECORD, message="old", asctime="old"))],
     job_yaml=console("%(message)s %(asctime)s"))

# Errors of handlers.
NOPE = console("%(message)s %(nope)s", more="")
case("74 a handler that fails does not keep others from theirs", [config(), log("a", 20, "x"), log("a", 30, "y")],
     job_yaml="version: 1\nformatters: {f: {format: '%(nope)s'}}\nhandlers:\n  a: {class: logging.StreamHandler, formatter: f}\n"
     "  b: {class: logging.StreamHandler, stream: ext://sys.stdout}\nroot: {level: 1, handlers: [a, b]}\n")
for style, text in (("%", "%(message)s %(nope)s"), ("{", "{message} {nope}"), ("$", "$message ${nope}")):
    case(f"97 a field that a record has not, style {style}", [config(), log("a", 20, "x"), log("a", 20, "y", nope="there")],
         job_yaml=console(text, style=style))
for name, message in (("text", "it's 100% {x}"), ("lines", "two\nlines"), ("number", 7), ("list", [1, "x"]), ("nothing", "")):
    case(f"80 the shape of an error, {name}", [config(), log("a", 20, message)], job_yaml=NOPE)
case("79 an error every time", [config()] + [log("a", 20, f"m{i}") for i in range(5)], job_yaml=NOPE)
case("84 an error stays with the handler", [config(), log("a", 20, "x"), change("a", level=50), log("a", 20, "no"), TREE], job_yaml=NOPE)
case("84 a full disk", [config(), log("a", 20, "x"), log("a", 30, "y")], job_yaml=FILE.replace("out.log%s", "/dev/full, delay: true"))

# Formats.
case("85 the style is one of three", [config()], job_yaml=console(style="x"))
for style in "%{$":
    case(f"87 no format, style {style}", ONE, job_yaml=console("", style=style).replace("format: '', ", ""))
    case(f"87 an empty format, style {style}", ONE, job_yaml=console("", style=style))
case("86 the basic formats", [*ONE, config("b.yaml"), *ONE[1:], config("c.yaml"), *ONE[1:]], job_yaml=console("%(levelname)s:%(name)s:%(message)s"),
     b_yaml=console("{levelname}:{name}:{message}", style="{"), c_yaml=console("${levelname}:${name}:${message}", style="$"))
CONVERSIONS = {
    "%": ["%(lineno)i %(lineno)u %(lineno)o %(process)x %(process)X", "%(created)e %(created)E %(created).3f %(created)F",
          "%(msecs)g %(created)G %(created)#g %(created).15g", "%(process)c|%(process)5c|%(process)-5c|", "%(message)r %(message)a %(name)10a|",
          "%(lineno)ld %(lineno)hd %(lineno)Ld %(message)ls", "%(lineno)+d %(lineno) d %(lineno)05d %(lineno)-5d| %(lineno)+ 05d",
          "%(process)#o %(process)#X %(process)#08x %(lineno).4d %(lineno)8.4d|", "%(thread)d %(thread)s %(thread)e %(levelno)s%%%(levelno)s"],
    "{": ["{process:b} {process:#b} {process:_b} {process:o} {process:#X} {process:c}|", "{thread:,} {thread:_} {thread:030,} {thread:_x}",
          "{created:e} {created:E} {created:g} {created:n} {created:%} {created:,}", "{created:.3} {created:+} {created:020.1f} {created:,.2f}",
          "{lineno:+d} {lineno: d} {lineno:-d} {lineno:=5} {lineno:*=+6} {lineno:e} {lineno:%}", "{message!a} {message!r:>12} {message!s:.3}",
          "{message:{lineno}}| {message:>{process}}| {message:.{lineno}} {created:{process}.{lineno}f}",
          "{name:x<9}{name:x>9}{name:x^9} {name:<} {name:09}|", "{{}} {{{{ }} {message}}}"],
    "$": ["$$name $name$name ${name}name $lineno.$created", "$message\n$message", "$process$$$thread $msecs"],
}
for style, formats in CONVERSIONS.items():
    for text in formats:
        number = {"%": 89, "{": 90, "$": 92}[style] if "{lineno}" not in text else 91
        case(f"{number} {text!r}", [config(), handle(**RECORD), handle(**dict(RECORD, lineno=12, created=0.5, msecs=0.0, msg="\u00e4\U0001f600'",
                                                                                       process=65, thread=-5))],
             job_yaml=console(text.replace("\n", "\n\n"), style=style))

# Python's own table of formats that are let through and that are not.
REFUSED = {
    "%": ["%(asctime)Z", "%(asctime)b", "%(asctime)*", "%(asctime)*3s", "%(asctime)_", "{asctime}", "${message}", "%(foo)#12.3*f", "%(foo)0*.8*f",
          "%s %d", "%(", "%(foo)", "plain %% text"],
    "{": ["{name-thing}", "{name:10.2ff}", "{process:.2Z}", "{process!s:<##30,12g}", "{process!s:<#30#,12g}", "{process!s:{{w}},{{p}}}", "{process",
          "process}", "{{foo!r:4.2}", "{{foo!r:4.2}}", "{foo/bar}", "{foo:{{w}}.{{p}}}}", "{foo!X:{{w}}.{{p}}}", "{foo!a:random}", "{foo!a:ran{dom}",
          "{foo!a:ran{d}om}", "{foo.!a:d}", "{}", "{:d}", "{message!}", "{message!r", "%(message)s", "${message}", "{dom} {", "{message:.}", "{message: >}}"],
    "$": ["$", "${", "${asctime", "$asctime $", "{asctime}", "%(asctime)s", "foo $ bar", "$1", "${1}", "$-", "a$$", "$$$"],
}


def formats_of(name, table):
    """A script with a configuration for each; what one of them refuses is told, and the next one comes."""
    for style, texts in table.items():
        script, files = [], {}
        for i, text in enumerate(texts):
            files[f"f{i}_json"] = json.dumps({"version": 1, "formatters": {"f": {"format": text, "style": style}}})
            script.append(config(f"f{i}.json"))
        case(f"{name}, style {style}", script, **files)


formats_of("93 94 95 238 formats that are refused", REFUSED)
# What vigil refuses of those that Python lets through, and why, is in README.md.
formats_of("238 formats that are accepted", {
    "%": ["%(message)s %(process)-34.33o", "%(process)#+027.23X", "%(foo)#.9g", "%(levelname)-15s - %(message) 5s - %(process)03d"],
    "{": ["{message!r}", "{message!s}", "{message!a}", "{process!r:4.2}", "{customfield!s:#<30}", "{process:.2f}-{custom:.2f}", "{foo:12.3}",
          "{process:<#30,.12f}- {custom:=+#30,d} - {module:^30}", "{message:{process}.{lineno}}"],
    "$": ["${asctime} - $message", "$bar $$", "$asctime--", "foobar $bar"]})
case("102 asctime", [config()] + [handle(**dict(RECORD, created=created, msecs=msecs)) for created, msecs in
                                  ((735379380.007, 7.0), (0.0, 0.0), (951868799.999, 999.0), (4107542399.5, 500.0))],
     job_yaml=console("%(asctime)s|%(asctime)30s|%(asctime).10s"))
case("104 a width pads and never cuts", [config(), handle(**RECORD)], job_yaml=console("{asctime!s:30}|{asctime:.4}|{asctime:>25}|{name:1}", style="{"))
case("105 before 1970", [config()] + [handle(**dict(RECORD, created=created, msecs=msecs)) for created, msecs in
                                      ((-1.0, 0.0), (-0.5, 500.0), (-86400.25, 750.0), (-2208988800.0, 0.0))],
     job_yaml=console("%(asctime)s %(created)f", formatter=", datefmt: '%d.%m.%Y %H:%M:%S %j %a'"))
case("101 the name of the time is looked for as a text", [config(), handle(**RECORD), handle(**dict(RECORD, asctimex="X"))],
     job_yaml=console("$asctimex|${asctime}|$msecs", style="$"))
case("108 a trace that has a text keeps it for all", [config(), handle(**dict(RECORD, exc_text="CACHED"))],
     job_yaml=console("%(message)s", more="").replace("handlers: {h:", "handlers: {g: {class: logging.StreamHandler}, h:").replace("[h]", "[h, g]"))

# Handlers.
case("113 a stream is known when the handler is made", ONE, job_yaml="version: 1\nhandlers: {h: {class: logging.StreamHandler}}\n"
     "root: {level: 1, handlers: [h]}")
case("115 a file that is opened late", [config(), TREE], job_yaml=FILE % ", delay: true")
case("115 a file that is opened late, and then", ONE, job_yaml=FILE % ", delay: true", out_log="before\n")
case("117 no such directory", [config()], job_yaml="version: 1\nhandlers: {h: {class: logging.FileHandler, filename: /nonexistent/x.log}}")
case("120 a NullHandler does nothing", [config(), log("a", 50, "x"), handle(name="a", levelno=50, msg="y"), TREE],
     job_yaml="version: 1\nhandlers: {n: {class: logging.NullHandler, level: 7}}\nroot: {level: 1, handlers: [n]}")
case("122 a watched file", [*ONE, config(), *ONE[1:]], job_yaml=FILE.replace("FileHandler", "handlers.WatchedFileHandler") % "")
for name, keys in (("125 eight messages", "maxBytes: 20, backupCount: 2"), ("126 the limit itself", "maxBytes: 27, backupCount: 3"),
                   ("124 no backups: it grows", "maxBytes: 20, backupCount: 0"), ("124 no limit", "maxBytes: 0, backupCount: 2, mode: w"),
                   ("129 many backups", "maxBytes: 5, backupCount: 9"), ("124 mode w with a limit", "maxBytes: 50, backupCount: 1, mode: w")):
    case(f"{name}", [config(), *EIGHT], job_yaml=ROTATING % keys, out_log="earlier\n")
case("127 an empty file is not rotated", [config(), log("", 20, "x" * 30), log("", 20, "y")], job_yaml=ROTATING % "maxBytes: 10, backupCount: 3")
case("128 what is no regular file is not rotated", [config(), *EIGHT], job_yaml=(ROTATING % "maxBytes: 5, backupCount: 3").replace("out.log", "/dev/null"))

# dictConfig.
case("175 keys that nobody knows", ONE, job_yaml=console(more="what: {ever: [1, 2]}\nnonsense: null"))
case("176 the order of the file does not matter", [*ONE, TREE],
     job_yaml="root: {handlers: [h], level: 1}\nloggers: {a: {filters: [x]}}\nhandlers: {h: {class: logging.StreamHandler, formatter: f}}\n"
     "filters: {x: {name: a}}\nformatters: {f: {format: '%(name)s'}}\nversion: 1")
case("177 the simple case", [config(), log("compiler.parser", "INFO", "1"), log("compiler.parser", "ERROR", "2"), TREE],
     job_yaml=console("%(levelname)s ++ %(message)s", more="loggers: {compiler.parser: {level: DEBUG}}").replace("root: {level: 1, ", "root: {level: WARNING, "))
case("178 levels as names and numbers", [config(), TREE], job_yaml="version: 1\nroot: {level: 7}\nloggers: {a: {level: INFO}, b: {level: 33}, c: {level: true}}")
case("174 a version that is true", [config(), TREE], job_yaml="version: true\nroot: {level: 7}")
for name, version in (("null", "null"), ("a list", "[1, a, null]"), ("a mapping", "{a: 1.50}"), ("false", "no"), ("octal", "0644")):
    case(f"174 a version that is {name}", [config()], job_yaml=f"version: {version}")
case("182 what is not named stays at the root", [*ONE, config("second.yaml"), *ONE[1:], TREE], job_yaml=console(), second_yaml="version: 1")
case("188 propagate as it is", [config(), TREE, log("a", 40, "x"), log("b", 40, "x"), log("c", 40, "x")],
     job_yaml=HANDLERS + "root: {handlers: [hr]}\nloggers: {a: {propagate: 'no', handlers: [ha]}, b: {propagate: no, handlers: [ha]},\n"
     "  c: {propagate: '', handlers: [ha]}, d: {propagate: 0}, e: {propagate: []}}")
case("189 a string of one letter", [config(), log("a", 40, "x")], job_yaml="version: 1\nhandlers: {h: {class: logging.StreamHandler}}\nroot: {handlers: h}")
case("191 every class by its name", [config(), TREE], job_yaml="version: 1\nhandlers:\n  a: {class: logging.StreamHandler}\n"
     "  b: {class: logging.FileHandler, filename: b.log, delay: true}\n  c: {class: logging.NullHandler}\n"
     "  d: {class: logging.handlers.WatchedFileHandler, filename: d.log, delay: true}\n"
     "  e: {class: logging.handlers.RotatingFileHandler, filename: e.log, delay: true}\n"
     "  f: {class: logging.handlers.TimedRotatingFileHandler, filename: f.log, delay: true}\n"
     "  g: {class: logging.handlers.SocketHandler, host: localhost, port: 9}\n  h: {class: logging.handlers.DatagramHandler, host: localhost, port: 9}\n"
     "root: {handlers: [h, g, f, e, d, c, b, a]}\n")
case("197 all keys of a formatter", [config(), handle(**RECORD)],
     job_yaml="version: 1\nformatters: {f: {class: logging.Formatter, format: '{asctime} {message}', datefmt: '%Y', style: '{', validate: true}}\n"
     "handlers: {h: {class: logging.StreamHandler, formatter: f}}\nroot: {level: 1, handlers: [h]}")
case("198 filters without a name, with one, and by a factory", [config(), *[log(name, 40, name) for name in ("a", "a.b", "b")]],
     job_yaml=HANDLERS.replace("filters: {", "filters: {none: {}, a: {'()': logging.Filter, name: a}, ") +
     "root: {filters: [none], handlers: [hr]}\nloggers: {a: {filters: [a, none]}, b: {filters: [a]}}")
case("200 keys of a handler that are no identifiers", [config()], job_yaml="version: 1\nhandlers: {h: {class: logging.NullHandler, '9': 1}}")
case("196 references are followed where they stand", [config(), TREE, log("a", 20, "x")],
     job_yaml="version: 1\nmine: {level: 7, more: {handlers: [h], propagate: false}}\nformatters: {f: {format: 'cfg://texts.f'}}\ntexts: {f: 'F %(message)s'}\n"
     "handlers: {h: {class: logging.StreamHandler, level: 'cfg://mine.level', formatter: f}}\nloggers: {a: {level: 'cfg://mine.level', handlers: 'cfg://mine.more.handlers'}}")
for number, text in enumerate(("cfg://mine[a]", "cfg://mine[a].b", "cfg://list[0]", "cfg://list[1].x", "cfg://mine.a.b", "cfg://mine.nope", "cfg://list[9]",
                               "cfg://", "cfg://.a", "cfg://mine.", "cfg://mine[", "cfg://mine[a", "cfg://mine]", "cfg:/mine", "ext:/x", "CFG://mine")):
    case(f"195 a reference, {number}", [config(), TREE], job_yaml="version: 1\nmine: {a: {b: INFO}}\nlist: [ERROR, {x: 7}]\n"
         f"root: {{level: '{text}'}}")
case("194 objects that are no streams", [config(), TREE], job_yaml="version: 1\nroot: {level: 'ext://logging.WARNING'}\nloggers: {a: {level: 'ext://logging.DEBUG'}}")

# fileConfig.
refused("202 nothing but an empty file", "")
refused("202 a line that says nothing", "[loggers]\nkeys=root\n\nprince\n")
ini("204 blanks and cases of keys", replaced("keys=root", "KEYS = root , a") + "[logger_a]\nQualName=a\nHANDLERS=hand\n")
ini("204 the root by its qualname", replaced("keys=root", "keys=root,a") + "[logger_a]\nqualname=root\nlevel=ERROR\nhandlers=hand,hand\npropagate=0\n")
ini("204 the root by its qualname, without handlers", replaced("keys=root", "keys=root,a") + "[logger_a]\nqualname=root\nhandlers=\n")
ini("205 classes by all their names", replaced("class=StreamHandler", "class=logging.StreamHandler"))
refused("203 no formatters", replaced("[formatters]", "[formats]"))
refused("203 no root", replaced("keys=root", "keys="))
for number, args in enumerate(("('out.log', 'a')", "['out.log']", "(\"out.log\",)", "('out' '.log',)", "(r'out.log', 'a', None, True)", "('out.log', \"w\")",
                               "('''out.log''',)", "(u'out.log',)")):
    ini(f"206 arguments, {number}", replaced("class=StreamHandler", "class=FileHandler", replaced("args=(sys.stdout,)", "args=" + args)), out_log="old\n")
ini("208 formats are raw", replaced("%(levelname)s:%(name)s:%(message)s", "100%% %(message)s\ndatefmt=%%H"))
ini("209 continued lines and comments", replaced("keys=root", "keys=root,\n\ta\n; not this\n# nor this\n") + "[logger_a]\nqualname:a\nhandlers:\n   hand\n")
ini("209 DEFAULT and interpolation", "[DEFAULT]\nwhere=out\nlevel=INFO\n" +
    replaced("class=StreamHandler", "class=FileHandler", replaced("args=(sys.stdout,)", "args=('%(where)s.log', '%(m)s')\nm=a")))
refused("209 a section twice", GOOD + "[formatters]\nkeys=form\n")
refused("209 an option twice", replaced("level=DEBUG\n", "level=DEBUG\nLevel=INFO\n"))
refused("209 text before the first section", "level=1\n" + GOOD)
case("ini: 211 loggers of before", [get("a.b", "c"), change("a", level=10), config("job.ini"), TREE],
     job_ini=replaced("keys=root", "keys=root,a") + "[logger_a]\nqualname=a\nhandlers=\n")
case("212 one configuration after another, as Python's own tests have them",
     [config(f"{i}.ini") if i % 2 else config(f"{i}.yaml") for i in range(4)] + [TREE, *ONE[1:]],
     **{"0_yaml": console("%(message)s"), "1_ini": GOOD, "2_yaml": console("%(levelname)s ++ %(message)s", more="loggers: {compiler.parser: {level: DEBUG}}"),
        "3_ini": replaced("keys=root", "keys=root,parser") + "[logger_parser]\nlevel=DEBUG\nhandlers=hand\npropagate=0\nqualname=compiler.parser\n"})
case("236 the format of Python's own tests", [config(), *all_levels("a", "b.c")], job_yaml=console("%(name)s -> %(levelname)s: %(message)s"))
case("237 explicit and inherited levels", [config(), change("INF", level="INFO"), change("INF.ERR", level="ERROR"), get("INF.UNDEF", "INF.ERR.UNDEF"),
                                           *all_levels("INF", "INF.ERR", "INF.UNDEF", "INF.ERR.UNDEF")],
     job_yaml=console("%(name)s -> %(levelname)s: %(message)s"))
case("237 nested with a virtual parent", [config(), change("INF", level="INFO"), get("INF.BADPARENT.UNDEF", "INF.BADPARENT"),
                                          *[log("INF.BADPARENT.UNDEF", level, level) for level in LEVELS], TREE],
     job_yaml=console("%(name)s -> %(levelname)s: %(message)s"))
