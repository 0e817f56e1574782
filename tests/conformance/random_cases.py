# SPDX-License-Identifier: Apache-2.0
"""Cases made by chance, for test_random: each a short script, with the configuration files that it needs.

What vigil refuses or says otherwise by design (README.md has the list) is not made here; everything else that a script or a
file can say may come.
"""
import json
import logging

import yaml

WORDS = ["a", "b", "r", "ro", "root", "\u00e4", "", "x y", "A", "\U0001f600"]
LEVELS = ["DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL", "NOTSET", 0, 1, 5, 15, 20, 25, 33, 50, 60, -3]
NO_LEVELS = ["warn", "", "10", None, 1.5, [], {"a": 1}, "it's", "Level 5"]
MESSAGES = ["plain", "100% %s %(name)s", "{message} {} {{", "$name $$ ${x}", "\u00fc\u2028\u0085", "two\nlines\r\n", "", "it's \"q\"",
            "\x1b[31m\ttab", "%", "\U0001f600 end", "a" * 300, 7, -2.5, 1e22, None, True, [1, "x", None], {"k": "\u00e4'"}, 10**30]
EXTRAS = ["x", "rank", "where_1", "\u00e4b"]
TEXTS = ["", "v", "it's", "\u00e4\U0001f600", "a b", "None", "%s{x}$x"]
DATEFMTS = ["%d/%b/%Y:%H:%M:%S", "%H:%M:%S.", "", "%f%%", "%A %a %B %j", "%I %p %y %e %D", "%T %R %n %t", "%c %x %X", "%u %w %s %C",
            "%z %Z %h", "\u00e4 %Y", "%F %k %l %P %r", "plain", "%J %q"]
STRINGS = ["name", "levelname", "message", "processName", "threadName"]
MORE_STRINGS = ["pathname", "filename", "module", "funcName", "asctime", "exc_text"]
INTS = ["levelno"]
MORE_INTS = ["lineno", "process", "thread"]
FLOATS = ["created", "msecs", "relativeCreated"]
RECORD_PATHS = [("/src/c.d.py", "c.d.py", "c.d"), ("prog", "prog", "prog"), ("", "", ""), ("/\u00e4/.hidden", ".hidden", ".hidden")]
BAD_FORMATS = {
    "%": ["hello", "{message}", "%(asctime)Z", "%", "%(message)", "$message", "%(na-me)s", "%s", "%()s"],
    "{": ["hello", "{}", "%(message)s", "{message", "{", "}", "{message}}", "{na-me}", "{message:.2ff}", "{message!Z}", "{message!sx}",
          "{message!}", "{message:\u00e4}", "{!r}", "{ message}", "${message"],
    "$": ["hello", "$", "${message", "%(message)s", "$1", "{message}", "$name $", "$\u00e4", "${na-me}"],
}


class Case:
    """One script and its files; NUMBER keeps its names apart from those of others in the same process.

    TOLD: its records say all of themselves, so that its formats may name everything; the same for all in a process."""

    def __init__(self, chance, number, told):
        self.chance = chance
        self.number = number
        self.files = {}
        self.told = told
        self.names = [self.new_name() for _ in range(6)]
        self.script = [{"op": "disable", "level": 0}]
        self.configure()
        for _ in range(chance.randint(8, 16)):
            self.add_operation()
        self.script.append({"op": "tree"})

    def some(self, values, most):
        return self.chance.sample(values, self.chance.randint(0, min(most, len(values))))

    def maybe(self, keys, share=0.5):
        return {key: value for key, value in keys.items() if self.chance.random() < share}

    def new_name(self):
        """Mostly below a name of this case's own: filters that loggers have gathered stay behind."""
        words = [self.chance.choice(WORDS) for _ in range(self.chance.randint(0, 3))]
        if self.chance.random() < 0.85:
            words.insert(0, f"k{self.number}")
        return ".".join(words)

    def name(self):
        return self.chance.choice(self.names) if self.chance.random() < 0.8 else self.new_name()

    # Formats.

    def percent_field(self):
        chance = self.chance
        flags = "".join(self.some("-+ #0", 2))
        width = chance.choice(["", "", str(chance.randint(0, 30))])
        kind = chance.random()
        if kind < 0.6:
            field = chance.choice(STRINGS + MORE_STRINGS * self.told + INTS)
            places = chance.choice(["", "", ".", f".{chance.randint(0, 12)}"])
            return f"%({field}){flags}{width}{places}{chance.choice(['', '', 'l', 'h'])}{chance.choice('ssssra')}"
        if kind < 0.75 or not self.told:
            places = chance.choice(["", "", f".{chance.randint(0, 12)}"])
            return f"%({chance.choice(INTS + MORE_INTS * self.told)}){flags}{width}{places}{chance.choice('dddiuxXo')}"
        if kind < 0.9:
            return f"%({chance.choice(FLOATS)}){flags}{width}.{chance.randint(3, 6)}{chance.choice('fF')}"
        return f"%({chance.choice(FLOATS + MORE_INTS)}){flags}{width}{chance.choice('eEgGfF')}"

    def brace_spec(self, kinds, align="<>^"):
        chance = self.chance
        fill = chance.choice(["", "", "*", "\u00e4", "0", "<"])
        align = chance.choice(["", "", *align])
        width = chance.choice(["", str(chance.randint(1, 25))])
        return (fill + align if align else "") + kinds[0] + chance.choice(["", *kinds[1]]) + width

    def brace_field(self):
        chance = self.chance
        kind = chance.random()
        if kind < 0.6:
            field = chance.choice(STRINGS + MORE_STRINGS * self.told)
            conversion = "!s" if field == "exc_text" else chance.choice(["", "", "", "!s", "!r", "!a"])
            spec = self.brace_spec(("", [])) + chance.choice(["", "", f".{chance.randint(0, 12)}"]) + chance.choice(["", "s"])
        elif kind < 0.85 or not self.told:
            field, conversion = chance.choice(INTS + MORE_INTS * self.told), ""
            spec = self.brace_spec((chance.choice(["", "+", " ", "-"]) + chance.choice(["", "#"]), ["0"]), "<>^=")
            spec += chance.choice(["", "d", "x", "X", "o", "b", ",", "_", "n", "f"])
        else:
            field, conversion = chance.choice(FLOATS), ""
            spec = self.brace_spec((chance.choice(["", "+", " ", "-"]), ["0"]), "<>^=") + f".{chance.randint(3, 6)}f"
        return "{" + field + conversion + (":" + spec if spec or chance.random() < 0.1 else "") + "}"

    def dollar_field(self):
        field = self.chance.choice(STRINGS + INTS + (MORE_STRINGS + MORE_INTS + FLOATS) * self.told)
        return self.chance.choice([f"${{{field}}}", f"${field}"])

    def extra_field(self, style):
        name = self.chance.choice(EXTRAS[:3] if style == "$" else EXTRAS)
        return {"%": f"%({name})s", "{": "{" + name + "}", "$": "${" + name + "}"}[style]

    def a_format(self):
        """A format that Python lets through, by its style."""
        while True:
            style, text = self.any_format()
            try:
                logging.Formatter(text, style=style)
                return style, text
            except ValueError:
                pass

    def any_format(self):
        chance = self.chance
        style = chance.choice("%{$")
        make = {"%": self.percent_field, "{": self.brace_field, "$": self.dollar_field}[style]
        escaped = {"%": "%%", "{": "{{}}", "$": "$$"}[style]
        parts = [make()]
        for _ in range(chance.randint(0, 4)):
            parts.append(chance.choice([make, make, make, lambda: self.extra_field(style), lambda: escaped,
                                        lambda: chance.choice(["|", " ", "\u00e4", "' \"", ":", "\\n"])])())
        parts.insert(chance.randint(0, 1), chance.choice(["|", " x ", "\u00e4:", ""]))
        return style, "|".join(parts) if chance.random() < 0.5 else " ".join(parts)

    # Configurations.

    def formatter(self):
        style, text = self.a_format()
        keys = {"format": text, "style": style, **self.maybe({"datefmt": self.chance.choice(DATEFMTS)}, 0.3)}
        keys.update(self.maybe({"validate": True, "class": "logging.Formatter"}, 0.1))
        return keys

    def handler(self, name):
        """What two handlers that write the same file anew make of it is the descriptors' business, not logging's; a delayed file
        whose first record cannot be formatted is not made by vigil."""
        chance = self.chance
        keys = chance.choice([
            {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
            {"class": "logging.StreamHandler"},
            {"class": "logging.FileHandler", "filename": f"out{self.number}{chance.choice('ab')}.log", "encoding": "utf-8"},
            {"class": "logging.FileHandler", "filename": f"new{self.number}-{len(self.files)}{name}.log", "mode": "w",
             "delay": chance.random() < 0.5},
            {"class": "logging.handlers.WatchedFileHandler", "filename": f"out{self.number}w.log"},
            {"class": "logging.handlers.RotatingFileHandler", "filename": f"turn{self.number}{name}.log", "maxBytes": 200,
             "backupCount": chance.randint(0, 2), "delay": True},
            {"class": "logging.NullHandler"},
            {"()": "logging.StreamHandler", "stream": "ext://sys.stdout"}])
        keys = dict(keys, **self.maybe({"level": chance.choice(LEVELS)}, 0.4))
        if chance.random() < 0.8 and not keys.get("delay"):
            keys["formatter"] = chance.choice(["f", "g"])
        if chance.random() < 0.2:
            keys["filters"] = self.some(["f1", "f2"], 2)
        if "Stream" in keys.get("class", "") and chance.random() < 0.15:
            keys["."] = {"terminator": chance.choice(["!\n", "", " | ", "\u00e4\n"])}
        return keys

    def logger(self):
        keys = {"level": self.chance.choice(LEVELS), "propagate": self.chance.choice([True, False, None, 0, 1, "", "no", []]),
                "handlers": self.some(["h1", "h2", "h3"], 3), "filters": self.some(["f1", "f2"], 2) if self.chance.random() < 0.4 else []}
        return self.maybe(keys)

    def configuration(self):
        """dictConfig, as a JSON or YAML file has it."""
        chance = self.chance
        config = {"version": 1, "formatters": {"f": self.formatter(), "g": self.formatter()},
                  "filters": {"f1": {"name": self.name()}, "f2": self.maybe({"name": chance.choice(WORDS)}, 0.7)},
                  "handlers": {name: self.handler(name) for name in ("h1", "h2", "h3")},
                  "loggers": {self.name(): self.logger() for _ in range(chance.randint(0, 4))}}
        if chance.random() < 0.8:
            config["root"] = {"level": chance.choice(LEVELS), "handlers": self.some(["h1", "h2", "h3"], 2)}
        if chance.random() < 0.5:
            config["disable_existing_loggers"] = chance.choice([True, False, False, False, 0, "no", None])
        if chance.random() < 0.1:
            config["unknown_key"] = {"a": [1, 2.5, None]}
        if chance.random() < 0.2:
            config["lv"] = {"k": ["INFO", "ERROR", 7]}
            config["loggers"][self.name()] = {"level": f"cfg://lv.k[{chance.randint(0, 2)}]"}
        return config

    def incremental(self):
        """One that changes levels and propagate, of handlers that hang somewhere."""
        config = {"version": 1, "incremental": True, "formatters": {"f": {"format": "bad"}},
                  "loggers": {self.name(): self.logger() for _ in range(self.chance.randint(0, 3))}}
        if self.chance.random() < 0.5:
            config["root"] = {"level": self.chance.choice(LEVELS), "handlers": ["nope"]}
        if self.chance.random() < 0.3:
            config["handlers"] = {self.chance.choice(["h9", "zz"]): {"level": 1}}
            config["loggers"] = {}
            config.pop("root", None)
        return config

    def refused(self):
        """One with an error that Python finds before it has changed anything that a script can see."""
        chance = self.chance
        config = self.configuration()
        kind = chance.randint(0, 3)
        if kind == 0:
            style = chance.choice("%{$")
            config["formatters"][chance.choice(["f", "it's"])] = {"format": chance.choice(BAD_FORMATS[style]), "style": style}
        elif kind == 1:
            config["formatters"]["f"] = {"style": chance.choice(["x", "", "%%"])}
        elif kind == 2:
            config["version"] = chance.choice([2, 0, "1", None, 1.5])
        else:
            config["handlers"] = {"h1": {"class": "logging.NullHandler", **chance.choice([
                {"level": chance.choice(["warn", "10", 1.5])}, {"formatter": "nope"}, {"filters": ["zz"]}, {"bogus": 1},
                {"class": "logging.Nope"}, {"class": "no.such.Thing"}])}}
        return config

    def ini(self):
        """fileConfig."""
        chance = self.chance
        loggers = list(dict.fromkeys(name for name in (self.name() for _ in range(3)) if name.strip() == name and name))
        style, text = self.a_format()
        lines = ["[loggers]", "keys=" + ",".join(["root"] + [f"l{i}" for i in range(len(loggers))]), "[handlers]", "keys=h1, h2",
                 "[formatters]", "keys = f", "", "[logger_root]", f"level={chance.choice(LEVELS[:8])}",
                 "handlers=" + ",".join(self.some(["h1", "h2"], 2))]
        for i, name in enumerate(loggers):
            lines += [f"[logger_l{i}]", f"qualname={name}", "handlers: " + ",".join(self.some(["h1", "h2"], 2)),
                      *self.some([f"level={chance.choice(LEVELS[:8])}", f"propagate={chance.randint(0, 1)}", "# a comment"], 3)]
        lines += ["[handler_h1]", "class=StreamHandler", chance.choice(["args=(sys.stdout,)", "args=()", "kwargs={'stream': sys.stdout}"]),
                  "formatter=f", *self.some(["level=INFO"], 1), "[handler_h2]", "class=logging.FileHandler",
                  chance.choice([f"args=('out{self.number}.log', 'a')", f"args=('out%(x)s.log',)\nx={self.number}", f"args=['out{self.number}.log']"]),
                  *self.some(["formatter="], 1), "[formatter_f]", f"format={text.strip()}", f"style={style}",
                  *self.some([f"datefmt={chance.choice(DATEFMTS).strip()}"], 1)]
        return "\n".join(lines) + "\n"

    def add_config(self, make):
        path = f"c{self.number}-{len(self.files)}"
        kind = self.chance.choice(["json", "yaml", "yml"])
        config = make()
        if kind == "json":
            self.files[path + ".json"] = json.dumps(config, ensure_ascii=self.chance.random() < 0.5)
        else:
            self.files[f"{path}.{kind}"] = yaml.safe_dump(config, allow_unicode=self.chance.random() < 0.5,
                                                         default_flow_style=self.chance.choice([True, False, None]))
        self.script.append({"op": "config", "path": list(self.files)[-1]})

    def configure(self):
        kind = self.chance.random()
        if kind < 0.15:
            self.files[f"c{self.number}-{len(self.files)}.ini"] = self.ini()
            self.script.append({"op": "config", "path": list(self.files)[-1]})
        elif kind < 0.3:
            # What Python leaves half done after an error, the next one does away with.
            self.add_config(self.refused)
            self.add_config(self.configuration)
        elif kind < 0.4:
            self.add_config(self.configuration)
            self.add_config(self.incremental)
        else:
            self.add_config(self.configuration)

    # Operations.

    def extra(self):
        return {name: self.chance.choice(TEXTS + [7, None, 2.5, [1]]) for name in self.some(EXTRAS, 3)}

    def record(self):
        chance = self.chance
        path, filename, module = chance.choice(RECORD_PATHS)
        level = chance.choice([5, 10, 20, 25, 30, 40, 50, 33, -3])
        millisecond = chance.randint(0, 999)
        record = {"name": self.name(), "levelno": level, "msg": chance.choice(MESSAGES), "processName": chance.choice(["MainProcess", "p"]),
                  "threadName": chance.choice(["MainThread", "\u00e4"])}
        if self.told:
            record.update(pathname=path, filename=filename, module=module, lineno=chance.choice([0, 7, -1, 123456]), funcName="step",
                          created=chance.choice([0, 735379380, 1e9, -86400, 951782400]) + millisecond / 1000, msecs=float(millisecond),
                          relativeCreated=chance.choice([0.0, 12.5, -3.25, 1e6]), process=chance.choice([1, 42, 99999]),
                          thread=chance.choice([0, 7, 140737353963328]))
        record.update(self.maybe({"levelname": chance.choice(["LOUD", "", "\u00e4"])}, 0.3))
        record.update(self.maybe({"exc_text": chance.choice(["TB", "TB\n  x\n", "", None]), "stack_info": chance.choice(["ST", "", None])}, 0.2))
        return dict(record, **self.extra())

    def add_operation(self):
        chance = self.chance
        kind = chance.choices(["log", "handle", "get", "set", "disable", "addLevelName", "config", "tree", "wrong"],
                              [12, 6, 3, 4, 1, 1, 1, 1, 1])[0]
        if kind == "log" and self.told:
            kind = "handle"
        if kind == "config":
            self.configure()
        elif kind == "handle":
            self.script.append({"op": "handle", "record": self.record()})
        elif kind == "wrong":
            self.script.append(chance.choice([
                {"op": "set", "logger": self.name(), "level": chance.choice(NO_LEVELS)},
                {"op": "log", "logger": self.name(), "level": chance.choice([level for level in NO_LEVELS if level != ""]), "msg": "m"},
                {"op": "disable", "level": chance.choice(NO_LEVELS)},
                {"op": "get", "logger": chance.choice([3, [1], 1.5, {"a": 1}, True])},
                {"op": "log", "logger": self.name(), "level": 60, "msg": "m", "extra": {"ok": 1, chance.choice(["name", "asctime"]): 1}}]))
        else:
            operation = {"op": kind, "logger": self.name()}
            if kind == "log":
                operation.update(level=chance.choice(LEVELS), msg=chance.choice(MESSAGES), **self.maybe({"extra": self.extra()}))
            elif kind == "set":
                operation.update(self.maybe({"level": chance.choice(LEVELS), "propagate": chance.choice([True, True, False, "", "no"]),
                                             "disabled": chance.choice([False, False, True, 0, [1]])}))
            elif kind == "disable":
                operation["level"] = chance.choice([0, 0, 0, 10, "INFO", 35])
            elif kind == "addLevelName":
                operation.update(level=chance.choice([5, 15, 25, 33, 34]), name=chance.choice(["ODD", "NOTICE", "Low", "", "\u00e4"]))
            self.script.append(operation)
