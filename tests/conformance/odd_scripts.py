# SPDX-License-Identifier: Apache-2.0
"""Scripts whose configurations are odd, as users write them: data for test_script, like scripts.py."""
from ini_scripts import GOOD, replaced
from scripts import TREE, case, config, log

SAY = [TREE, log("a.b", 20, "info"), log("a", 40, "error"), log("1", 40, "one")]
HEAD = "version: 1\nhandlers: {h: {class: logging.StreamHandler, stream: ext://sys.stdout}}\n"
WHOLE = HEAD + "root: {level: 1, handlers: [h]}\n"


def odd(name, text, suffix="yaml"):
    case(f"odd {suffix}: {name}", [config("job." + suffix), *SAY], **{"job_" + suffix: text})


YAML = {
    "a key twice": WHOLE + "root: {level: 30, handlers: [h]}",
    "a logger twice": WHOLE + "loggers:\n  a: {level: 10}\n  a: {level: 40}",
    "an alias": "version: 1\nhandlers: {h: &x {class: logging.StreamHandler, level: 30}, g: *x}\nroot: {handlers: [h, g]}",
    "a merge": "version: 1\nbase: &b {class: logging.StreamHandler, level: 50}\nhandlers: {h: {<<: *b, level: 20}}\nroot: {handlers: [h]}",
    "merges of a list": "version: 1\nhandlers: {h: {<<: [{class: logging.StreamHandler, level: 50}, {class: x, level: 1}]}}\nroot: {handlers: [h]}",
    "a merge in the middle": WHOLE + "loggers: {a: {level: 7, <<: {level: 9, propagate: no}, handlers: [h]}}",
    "a merge in quotes": WHOLE + "loggers: {a: {'<<': {level: 9}}}",
    "levels of depth": WHOLE + "x: " + "[" * 50 + "]" * 50,
    "ints": WHOLE + "loggers: {a: {level: 0x1f}, b: {level: 0b101}, c: {level: 017}, d: {level: 1_0}, e: {level: +5}, f: {level: 1:10}, g: {level: -0}}",
    "an int of 32 bits": WHOLE + "loggers: {a: {level: 2147483647}}",
    "a boolean for a level": WHOLE + "loggers: {a: {level: yes}, b: {level: off}}",
    "a key in quotes that looks like an int": WHOLE + "loggers: {'1': {level: 7}}",
    "names in other alphabets": "version: 1\nhandlers: {\u00e4: {class: logging.StreamHandler}}\nroot: {handlers: [\u00e4]}\nloggers: {\U0001f600.\u00e4: {level: 3}}",
    "a long name": WHOLE + "loggers: {" + "n" * 900 + ": {level: 7}}",
    "null for the root": "version: 1\nroot: null",
    "null for a handler": "version: 1\nhandlers: {h: }",
    "null for a formatter": "version: 1\nformatters: {f: }",
    "null for a filter": "version: 1\nfilters: {f: }",
    "null for all keys of a logger": WHOLE + "loggers: {a: {level: , handlers: , filters: , propagate: }}",
    "null for all keys of a handler": "version: 1\nhandlers: {h: {class: logging.StreamHandler, level: , formatter: , filters: , stream: }}\nroot: {handlers: [h]}",
    "null for all keys of a formatter": "version: 1\nformatters: {f: {format: , datefmt: , class: }}\n"
    "handlers: {h: {class: logging.StreamHandler, formatter: f}}\nroot: {handlers: [h]}",
    "null for a style": "version: 1\nformatters: {f: {style: }}",
    "null for a filter's name": "version: 1\nfilters: {f: {name: }}\nhandlers: {h: {class: logging.NullHandler, filters: [f]}}\nroot: {handlers: [h]}",
    "null for the version": "version: ",
    "null for the flags": WHOLE + "incremental: ~\ndisable_existing_loggers: ~",
    "an empty mapping for all": "version: 1\nformatters: {}\nfilters: {}\nhandlers: {}\nloggers: {}\nroot: {}",
    "a string for the root": "version: 1\nroot: x",
    "a number for handlers of a logger": HEAD + "root: {handlers: 1}",
    "an empty string for handlers": HEAD + "root: {handlers: ''}",
    "a list in the list of handlers": HEAD + "root: {handlers: [[h]]}",
    "null in the list of handlers": HEAD + "root: {handlers: [null]}",
    "CRLF": WHOLE.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + WHOLE,
    "comments": "# one\nversion: 1 # two\n# three\n",
    "a document's marks": "---\n" + WHOLE + "...\n",
    "a directive": "%YAML 1.1\n---\n" + WHOLE,
    "strings over lines": "version: 1\nformatters: {f: {format: \"%(message)s\\\n   x\"}}\nhandlers: {h: {class: logging.StreamHandler, formatter: f}}\nroot: {handlers: [h]}",
    "a folded block": "version: 1\nformatters:\n  f:\n    format: >-\n      a\n      %(message)s\n\n      b\nhandlers: {h: {class: logging.StreamHandler, formatter: f}}\nroot: {handlers: [h]}",
    "a literal block": "version: 1\nformatters:\n  f:\n    format: |\n      a\n       %(message)s\n      b\nhandlers: {h: {class: logging.StreamHandler, formatter: f}}\nroot: {handlers: [h]}",
    "escapes": "version: 1\nformatters: {f: {format: \"\\x41\\u00e4\\U0001F600\\t\\e[1m%(message)s\\N\"}}\nhandlers: {h: {class: logging.StreamHandler, formatter: f}}\n"
    "root: {handlers: [h]}",
    "a quote in quotes": "version: 1\nformatters: {f: {format: 'it''s %(message)s'}}\nhandlers: {h: {class: logging.StreamHandler, formatter: f}}\nroot: {handlers: [h]}",
    "tags": "version: !!int '1'\nroot: {level: !!str INFO}",
    "an explicit key": "? version\n: 1\n? root\n: {level: 7}",
    "a string that spells a boolean": WHOLE + "loggers: {a: {propagate: 'false'}, b: {propagate: n}, c: {propagate: y}}",
    "an equals sign": "version: 1\n=: 3\n",
}
JSON = {
    "a key twice": '{"version": 1, "root": {"level": 10}, "root": {"level": 40}}',
    "a merge": '{"version": 1, "loggers": {"a": {"<<": {"level": 7}}}}',
    "escapes": '{"version": 1, "loggers": {"\\u00e4\\ud83d\\ude00\\/\\"": {"level": 7}}}',
    "all in a line without blanks": '{"version":1,"root":{"level":7,"handlers":[]},"loggers":{"a":{"level":"INFO","propagate":false}}}',
    "tabs and CRLF": '{\r\n\t"version":\t1,\r\n\t"root": {"level": 7}\r\n}\r\n',
    "null everywhere": '{"version": 1, "formatters": {}, "loggers": {"a": {"level": null, "handlers": null, "propagate": null}}, "root": null}',
    "numbers": '{"version": 1, "loggers": {"a": {"level": 7}, "b": {"level": -7}, "c": {"level": 0}, "d": {"level": true}}}',
    "a float": '{"version": 1, "root": {"level": 1.5}}',
    "a string of digits": '{"version": 1, "root": {"level": "7"}}',
    "words of YAML in quotes": '{"version": 1, "loggers": {"a": {"propagate": "no"}, "yes": {"propagate": ""}, "~": {"level": 3}, "null": {"level": 4}, "1": {}}}',
    "deep": '{"version": 1, "x": ' + "[" * 50 + "]" * 50 + "}",
    "names with colons and hashes": '{"version": 1, "loggers": {"a: b": {"level": 1}, "#c": {"level": 2}, "- d": {"level": 3}, "&e": {"level": 4}, "*f": {"level": 5}}}',
}
INI = {
    "CRLF": GOOD.replace("\n", "\r\n"),
    "tabs": replaced("keys=root", "keys\t=\troot\t"),
    "empty sections": GOOD + "[empty]\n[other]\n",
    "no last newline": GOOD.rstrip("\n"),
    "blank lines and blanks": "\n\n  \n" + GOOD.replace("\n", "\n\n"),
    "a key without a value": GOOD + "[x]\nkey\n",
    "a key with an empty value": replaced("level=DEBUG\n", "level=DEBUG\nnothing=\n"),
    "names in other alphabets": replaced("keys=root", "keys=root,\u00e4") + "[logger_\u00e4]\nqualname=\u00e4.\U0001f600\nhandlers=\n",
    "a bracket in a name": GOOD + "[a]b]\nx=1\n",
    "an equals sign in a value": replaced("%(levelname)s:%(name)s:%(message)s", "a=b:c %(message)s"),
    "a value that begins with a quote": replaced("%(levelname)s:%(name)s:%(message)s", "'%(message)s'"),
    "a level in blanks": replaced("level=DEBUG", "level=  INFO  "),
    "a byte order mark": "\ufeff" + GOOD,
    "a percent sign in a level": replaced("level=DEBUG", "level=%(x)s\nx=INFO"),
    "propagate in blanks": replaced("keys=root", "keys=root,a") + "[logger_a]\nqualname=a\nhandlers=\npropagate= 0 \n",
    "a qualname twice": replaced("keys=root", "keys=root,a,b") + "[logger_a]\nqualname=a\nhandlers=hand\nlevel=ERROR\n[logger_b]\nqualname=a\nhandlers=\n",
    "DEFAULT twice": "[DEFAULT]\na=1\n[DEFAULT]\nb=2\n" + GOOD,
    "args with a comment": replaced("args=(sys.stdout,)", "args=(sys.stdout, # no\n )"),
}
# What is refused leaves half a configuration behind in Python: nothing but the error is compared.
REFUSED_YAML = {
    "an int that is none": WHOLE + "loggers: {a: {level: 0o17}}",
    "an int that is a float": WHOLE + "loggers: {a: {level: 1e1}}",
    "floats": WHOLE + "loggers: {a: {level: 1.0e+1}}",
    "infinity": WHOLE + "loggers: {a: {level: .inf}}",
    "a date": WHOLE + "loggers: {a: {level: 2001-12-14}}",
    "numbers in quotes": WHOLE + "loggers: {a: {level: '10'}}",
    "null for a logger": WHOLE + "loggers: {a: }",
    "a list for a logger": WHOLE + "loggers: {a: [b]}",
}
REFUSED_INI = {
    "a comment behind a value": replaced("handlers=hand", "handlers=hand ; no"),
    "a name of blanks": replaced("keys=root", "keys=root, ,"),
}
for texts, ending in ((YAML, "yaml"), (JSON, "json"), (INI, "ini")):
    for title, content in texts.items():
        odd(title, content, ending)
for texts, ending in ((REFUSED_YAML, "yaml"), (REFUSED_INI, "ini")):
    for title, content in texts.items():
        case(f"odd {ending}, refused: {title}", [config("job." + ending)], **{"job_" + ending: content})
