# SPDX-License-Identifier: Apache-2.0
"""Scripts whose configurations are INI files, for fileConfig: data for test_script, like scripts.py."""
from scripts import LEVELS, TREE, all_levels, case, change, config, get, handle, log, RECORD

FORM = "[formatters]\nkeys=form\n\n[formatter_form]\nformat=%(levelname)s:%(name)s:%(message)s\n"
HAND = "[handlers]\nkeys=hand\n\n[handler_hand]\nclass=StreamHandler\nlevel=NOTSET\nformatter=form\nargs=(sys.stdout,)\n"
ROOT = "[loggers]\nkeys=root\n\n[logger_root]\nlevel=DEBUG\nhandlers=hand\n"
GOOD = ROOT + HAND + FORM
SAY = [log("a.b", 20, "info"), log("a", 40, "error"), log("compiler.parser", 10, "debug"), log("", 30, "warning")]


def ini(name, text, *script, **files):
    case("ini: " + name, [config("job.ini"), *(script or SAY), TREE], job_ini=text, **files)


def refused(name, text):
    case("ini refused: " + name, [config("job.ini")], job_ini=text)


def replaced(old, new, text=GOOD):
    assert old in text, old
    return text.replace(old, new)


def args(text, kind="StreamHandler", more=""):
    return replaced("class=StreamHandler", "class=" + kind, replaced("args=(sys.stdout,)", f"args={text}\n{more}"))


ini("a console", GOOD)
ini("a logger of its own", replaced("keys=root", "keys=root,parser") +
    "[logger_parser]\nlevel=DEBUG\nhandlers=\npropagate=1\nqualname=compiler.parser\n")
ini("a logger that keeps its records", replaced("keys=root", "keys=root, parser") +
    "[logger_parser]\nhandlers=hand\npropagate=0\nqualname=compiler.parser\n", get("compiler", "compiler.parser.x"), *SAY)
ini("nothing in any list", "[loggers]\nkeys=root\n[handlers]\nkeys=\n[formatters]\nkeys=\n[logger_root]\nlevel=WARNING\nhandlers=\n")
ini("vigil's own settings are passed over",
    "[vigil]\nerror_file=false\ntrace.frames=9\ntrace.names=off\nsignals.core=SEGV, BUS\nsignals.terminated=\n" + GOOD)
ini("no formatter", replaced("formatter=form\n", ""))
ini("an empty formatter", replaced("formatter=form\n", "formatter=\n"))
ini("no level", replaced("level=DEBUG\n", ""))
ini("no args", replaced("args=(sys.stdout,)\n", ""))
ini("stderr", args("(sys.stderr,)"))
ini("no arguments at all", args("()"))
ini("None for a stream", args("(None,)"))
ini("a list of arguments", args("[sys.stdout]"))
ini("kwargs", args("()", more="kwargs={'stream': sys.stdout}"))
ini("kwargs over two lines", args("()", more="kwargs={'stream':\n    sys.stdout,\n  }"))
ini("a class by its full name", args("(sys.stdout,)", "logging.StreamHandler"))
ini("a NullHandler", args("()", "NullHandler"))
ini("a file", args("('out.log',)", "FileHandler"))
ini("a file, written anew", args("('out.log', 'w')", "FileHandler"), out_log="old\n")
ini("a file by keyword", args("('out.log',)", "FileHandler", "kwargs={'encoding': 'utf-8', 'delay': True}"))
ini("a name of two strings", args("('out' \"put.log\", 'a')", "FileHandler"))
ini("a name with escapes", args(r"('\x6fut\u00e4\055\146\U0001F600.log', 'a', )", "FileHandler"))
ini("a raw name", args(r"(r'o\ut.log', u'a', None, 0)", "FileHandler"))
ini("interpolation", args("('%(DIR)sx%%d.log',)", "FileHandler", "dir=%(base)s-b-\nbase=a"))
ini("inherited from DEFAULT", "[DEFAULT]\nlevel=ERROR\nfile=('out.log',)\n" + args("%(file)s", "FileHandler"))
ini("formats are not interpolated", replaced("%(levelname)s:%(name)s:%(message)s", "100%% %(message)s %%(x)s"))
ini("datefmt", replaced("%(message)s", "%(asctime)s %(message)s\ndatefmt=%H:%M:%S"), handle(**dict(RECORD, name="a", levelno=40)))
ini("style {", replaced("%(levelname)s:%(name)s:%(message)s", "{levelname:>9}|{message}\nstyle={"))
ini("style $", replaced("%(levelname)s:%(name)s:%(message)s", "$levelname|${message}\nstyle=$"))
ini("a formatter's class", replaced("[formatter_form]", "[formatter_form]\nclass=logging.Formatter"))
ini("a formatter without a format", replaced("format=%(levelname)s:%(name)s:%(message)s\n", ""))
ini("comments, colons and case", """# a comment
; another
[loggers]
  ; indented
Keys : root
[logger_root]
LEVEL: DEBUG

handlers   =   hand
""" + HAND + FORM)
ini("values over more lines", replaced("keys=root", "keys=root,\n  a,\n\n   b") +
    "[logger_a]\nqualname=a\nhandlers=\n[logger_b]\nqualname=a.b\nhandlers=hand\n")
ini("a comment inside a value", replaced("keys=root", "keys=root,\n# not this\n  a") + "[logger_a]\nqualname=a\nhandlers=\n")
ini("a format of two lines", replaced("%(levelname)s:%(name)s:%(message)s", "%(levelname)s\n  %(message)s\n\n  end\n\n"))
ini("no inline comments", replaced("%(levelname)s:%(name)s:%(message)s", "%(message)s ; text # too"))
ini("windows' line ends", GOOD.replace("\n", "\r\n"))
ini("blanks around names", replaced("keys=root", "keys= root ,  a ") + "[logger_a]\nqualname = a\nhandlers = hand , hand\n")
ini("text behind a section", replaced("[logger_root]", "[logger_root] what follows"))
ini("sections that nobody asks for", GOOD + "[other]\nx=%(nope)s\n[handler_unused]\nclass=nope\n")
ini("a logger named twice", replaced("keys=root", "keys=root,a,a") + "[logger_a]\nqualname=a\nhandlers=hand\n")
ini("propagate by other numbers", replaced("keys=root", "keys=root,a,b") + "[logger_a]\nqualname=a\nhandlers=\npropagate= 12_345_678_901 \n"
    "[logger_b]\nqualname=b\nhandlers=\npropagate=+0_0\n")
case("ini: 183 existing loggers", [change("keep.child", level=10, propagate=False), get("keepx", "other"), config("job.ini"), TREE],
     job_ini=replaced("keys=root", "keys=root,keep") + "[logger_keep]\nqualname=keep\nhandlers=\n")
case("ini: 185 propagate goes back to 1", [change("a", propagate=False, level=7, disabled=True), config("job.ini"), TREE],
     job_ini=replaced("keys=root", "keys=root,a") + "[logger_a]\nqualname=a\nhandlers=\n")
case("ini: after a dictConfig", [config(), TREE, config("job.conf"), TREE, all_levels("a"), config(), TREE],
     job_yaml="version: 1\nhandlers: {h: {class: logging.StreamHandler}}\nroot: {level: 3, handlers: [h]}\nloggers: {a: {level: 5}}",
     job_conf=GOOD)
case("ini: levels", [config("job.ini"), [log("a", level, str(level)) for level in LEVELS]],
     job_ini=replaced("level=NOTSET", "level=WARN"))

# What is refused, in Python's words.
refused("an empty file", "")
case("ini refused: no file", [config("nowhere.ini"), config("nowhere.conf")])
refused("no section header", "x=1\n" + GOOD)
refused("a line that is nothing", GOOD + "prince\n")
refused("two lines that are nothing", "[loggers]\nking\n= 3\n" + FORM + "prince's")
refused("a section twice", GOOD + "[loggers]\nkeys=x\n")
refused("an option twice", GOOD + "datefmt=1\nDateFmt=2\n")
refused("no formatters", ROOT + HAND)
refused("no handlers", ROOT + FORM)
refused("no loggers", HAND + FORM)
refused("no keys", replaced("keys=form\n", ""))
refused("a formatter without its section", replaced("keys=form", "keys=form,zz"))
refused("a handler without its section", replaced("keys=hand", "keys=hand,zz"))
refused("a logger without its section", replaced("keys=root", "keys=root,zz"))
refused("a name that is empty", replaced("keys=form", "keys=form,"))
refused("no root among the keys", replaced("keys=root", "keys=a") + "[logger_a]\nqualname=a\nhandlers=\n")
refused("no section of the root", replaced("[logger_root]", "[logger_toor]"))
refused("no handlers of the root", replaced("handlers=hand\n", ""))
refused("no qualname", replaced("keys=root", "keys=root,a") + "[logger_a]\nhandlers=\n")
refused("no handlers of a logger", replaced("keys=root", "keys=root,a") + "[logger_a]\nqualname=a\n")
refused("no class", replaced("class=StreamHandler\n", ""))
refused("207 a level that is none", replaced("level=DEBUG", "level=debug"))
refused("207 an empty level", replaced("level=DEBUG", "level="))
refused("207 a level in digits", replaced("level=NOTSET", "level=10"))
refused("a handler that is not there", replaced("handlers=hand", "handlers=hand,zz"))
refused("a formatter that is not there", replaced("formatter=form", "formatter=it's"))
refused("a class that is not there", replaced("class=StreamHandler", "class=nope.Handler"))
refused("a class that logging has not", replaced("class=StreamHandler", "class=logging.Nope"))
refused("206 empty args", args(""))
refused("206 a name that is none", args("(stdout,)"))
refused("an argument too many by its name", args("(sys.stdout,)", more="kwargs={'stream': None}"))
refused("a file without a name", args("()", "FileHandler"))
refused("a rotated file without a name", args("()", "handlers.RotatingFileHandler"))
refused("a socket without an address", args("()", "handlers.SocketHandler"))
refused("a socket without a port", args("('localhost',)", "handlers.SocketHandler"))
refused("a socket without a host", args("()", "handlers.DatagramHandler", "kwargs={'port': 9}"))
refused("a style that is none", replaced("[formatter_form]", "[formatter_form]\nstyle=x"))
refused("a format that is none", replaced("%(levelname)s:%(name)s:%(message)s", "x"))
refused("propagate that is no number", replaced("keys=root", "keys=root,a") +
        "[logger_a]\nqualname=a\nhandlers=\npropagate=yes\n")
refused("a reference to nothing", args("('%(nope)s',)"))
refused("a reference to itself", args("(%(args)s,)"))
refused("a reference that does not end", args("('%(nope',)"))
refused("a percent sign alone", args("('50%',)"))
refused("a file nowhere", args("('/nonexistent/x.log',)", "FileHandler"))
