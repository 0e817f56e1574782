#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The man pages say what the command says: every option, exit status, key, class, field and variable is there, and no other.

What there is comes from the command itself where it says so (--help, the names that an error offers), from the schema of an event,
and from the sources for what is read from the environment.
"""

import json
import logging
import pathlib
import pickle
import re
import shutil
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

COMMANDS = ("run", "report", "stacks", "check", "env", "ended", "emit", "forward")

# A configuration with nothing wrong in it, to be added to.
NOTHING = {"version": 1}

# What the names of variables begin with, of vigil and of launchers: wherever such a word is in the sources, it is one (but
# for MPI's errors).
FAMILIES = ("VIGIL", "TORCHELASTIC", "MASTER", "LOCAL", "WORLD", "GROUP", "OMPI", "PMIX", "PMI", "MPI", "FLUX", "PALS", "JSM", "SLURM",
            "NODE", "NATS", "HOROVOD", "MV2", "PADDLE", "OTEL", "POD", "CONTAINER", "XDG")

# Pages of other projects that are referred to: those of man-pages, and of Graphviz.
OTHERS = {"dot 1", "pgrep 1", "timeout 1",
          "_exit 2", "clone 2", "epoll_wait 2", "execve 2", "kill 2", "poll 2", "prctl 2", "process_vm_readv 2", "ptrace 2", "read 2", "vfork 2",
          "wait 2", "waitpid 2",
          "abort 3", "daemon 3", "dlsym 3", "exit 3", "getauxval 3", "pclose 3", "sleep 3", "strftime 3", "system 3", "tzset 3",
          "proc_pid_syscall 5", "epoll 7", "ld.so 8", "ldconfig 8"}


def tracked(*patterns):
    """The files of the tree whose names match, wherever they lie; without git, those that are there."""
    done = subprocess.run(["git", "-C", str(watched.TREE), "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return [watched.TREE / line for line in done.stdout.splitlines() if (watched.TREE / line).exists()]
    return [path for pattern in patterns for path in watched.TREE.glob("**/" + pattern.removeprefix("*")) if path.is_file()]


PAGES = {path.name: path for path in tracked("core/*.1", "core/*.5", "core/*.7")}


def source(name):
    return PAGES[name].read_text(encoding="utf-8")


def section(name, title):
    """The lines of a page between .Sh TITLE and the next .Sh."""
    found = re.search(rf"^\.Sh {title}$\n(.*?)(?=^\.Sh |\Z)", source(name), re.DOTALL | re.MULTILINE)
    return found.group(1) if found else ""


def words_of(line):
    """The arguments of a macro line, without quotes, other macros and punctuation."""
    return [word for word in line.replace('"', "").split() if word not in (",", ".", ":", "Ns", "No", "Pq", "=")]


def entries(text, macro):
    """[(name, text)] of the list items ".It MACRO NAME…", each up to the next one of that macro or the end of the section."""
    parts = re.split(rf"^\.It {macro} (.*)$", text, flags=re.MULTILINE)
    return [(words_of(head)[0].removeprefix("\\&"), head + "\n" + body) for head, body in zip(parts[1::2], parts[2::2])]


def keys(text):
    """The keys that are documented in TEXT: those of its outermost list items."""
    return {name for name, _ in entries(text, "Ic")}


def known(message):
    """The names after "known are: " up to what may follow them."""
    found = re.search(r"known are: (.*?)(?:, and a library's.*|; did you mean.*)?$", message, re.MULTILINE)
    return set(found.group(1).split(", ")) if found else set()


def options(text):
    """Every option that TEXT of --help names: "-d", "--directory"."""
    return set(re.findall(r"^  (?:    )?(-\w)?(?:, )?(--[\w-]+)", text, re.MULTILINE))


class ManPages(watched.Case):
    """Each test compares one kind of thing, both ways."""

    def check(self, **parts):
        """What `vigil check` says of the configuration NOTHING with PARTS: its errors and warnings."""
        self.write("config.json", json.dumps({**NOTHING, **parts}))
        return self.vigil("check", "config.json").stderr

    def help(self, command):
        return self.vigil(*([command] if command else []), "--help").stdout

    def test_all_pages_are_there(self):
        self.assertEqual(set(PAGES), {f"vigil-{command}.1" for command in COMMANDS} |
                         {"vigil.1", "vigil-config.5", "vigil-event.5", "vigil.7"})

    @unittest.skipUnless(shutil.which("mandoc"), "not installed: mandoc")
    def test_mandoc_finds_nothing_to_warn_of(self):
        for name, path in PAGES.items():
            with self.subTest(page=name):
                done = self.bare("mandoc", "-T", "lint", "-W", "warning", str(path))
                self.assertEqual(done.stdout + done.stderr, "")

    def test_the_sections_come_in_one_order(self):
        order = ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "SIGNALS", "EXIT STATUS", "EXAMPLES", "LIMITS",
                 "SECURITY", "SEE ALSO")
        for name in PAGES:
            with self.subTest(page=name):
                titles = [title for title in re.findall(r"^\.Sh (.*)$", source(name), re.MULTILINE) if title in order]
                self.assertEqual(titles, sorted(set(titles), key=order.index))
                self.assertLessEqual({"NAME", "DESCRIPTION", "SEE ALSO"}, set(titles))

    def test_the_commands_are_those_of_the_command(self):
        commands = set(re.findall(r"^  (\w+) ", self.help(""), re.MULTILINE))
        documented = {name for name, _ in entries(section("vigil.1", "DESCRIPTION"), "Cm")}
        self.assertEqual(documented, commands | {"help"})

    def test_the_options_are_those_of_help(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                there = {tuple(filter(None, found)) for found in options(self.help(command))}
                items = re.findall(r"^\.It (Fl .*)$", section(f"vigil-{command}.1", "OPTIONS"), re.MULTILINE)
                documented = {tuple("-" + word for word in re.findall(r"Fl ([\w-]+)", item)) for item in items}
                self.assertEqual(documented, there)
                every = {option for found in there for option in found} | {"--"}
                named = {"-" + word for word in re.findall(r"\bFl ([\w-]+)", source(f"vigil-{command}.1"))}
                self.assertLessEqual(named, every)

    def test_the_values_of_options_are_called_as_in_help(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                there = set(re.findall(r"^  (?:    |-\w, )(--[\w-]+)=(\S+)", self.help(command), re.MULTILINE))
                documented = set(re.findall(r"^\.It .*Fl (-[\w-]+) Ns = Ns Ar (\S+)$", source(f"vigil-{command}.1"), re.MULTILINE))
                self.assertEqual({("-" + name, value) for name, value in documented}, there)

    def statuses(self, command):
        """As --help says; `vigil env` says nothing of them, and is made to end by each."""
        said = re.search(r"Exit status: .*", self.help(command), re.DOTALL)
        if said:
            return set(re.findall(r"\b\d+\b", said.group(0)))
        self.write("file", "")
        return {str(self.vigil(*line.split()).returncode) for line in ("env -d run", "env -d file", "env operand")}

    def test_the_exit_statuses_are_those_of_help(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                text = section(f"vigil-{command}.1", "EXIT STATUS")
                self.assertEqual(set(re.findall(r"^\.It (\d+)$", text, re.MULTILINE)), self.statuses(command))

    def test_the_operations_of_a_script_are_those_of_the_command(self):
        said = self.vigil("emit", "-s", "-", input='{"op": "nosuch"}\n').stderr
        documented = {name for name, _ in entries(section("vigil-emit.1", "OPTIONS"), "Cm")}
        self.assertEqual(documented, known(said))

    def test_the_keys_of_the_top_level_and_of_loggers_are_those_of_the_reader(self):
        self.assertEqual(keys(section("vigil-config.5", "TOP LEVEL")), known(self.check(nosuch=1)))
        self.assertEqual(keys(section("vigil-config.5", "LOGGERS")), known(self.check(loggers={"a": {"nosuch": 1}})))

    def classes_of(self, kind):
        return known(self.check(**{kind: {"x": {"class": "logging.Nosuch"}}}))

    def documented_classes(self, title):
        """{class: its own keys}, and the keys of all classes of that section."""
        text = section("vigil-config.5", title)
        common, _, rest = text.partition("The classes")
        return {name: keys(body) for name, body in entries(rest, "Cm") if name.startswith(("logging.", "vigil."))}, keys(common)

    def test_the_filters_are_those_of_the_reader(self):
        classes, common = self.documented_classes("FILTERS")
        self.assertEqual(set(classes), self.classes_of("filters"))
        self.assertEqual(common, known(self.check(filters={"x": {"nosuch": 1}})))

    def test_the_formatters_and_their_keys_are_those_of_the_reader(self):
        classes, common = self.documented_classes("FORMATTERS")
        self.assertEqual(set(classes), self.classes_of("formatters"))
        for name, documented in classes.items():
            with self.subTest(formatter=name):
                accepted = known(self.check(formatters={"x": {"class": name, "nosuch": 1}}))
                if "takes no 'format'" in self.check(formatters={"x": {"class": name, "format": "%(message)s"}}):
                    accepted.remove("format")
                self.assertEqual(documented | common, accepted)

    def test_the_handlers_and_their_keys_are_those_of_the_reader(self):
        classes, common = self.documented_classes("HANDLERS")
        self.assertEqual(set(classes), self.classes_of("handlers"))
        for name, documented in classes.items():
            with self.subTest(handler=name):
                accepted = known(self.check(handlers={"x": {"class": name, "nosuch": 1}}))
                attributes = known(self.check(handlers={"x": {"class": name, ".": {"nosuch": 1}}}))
                accepted |= {"." + attribute for attribute in attributes} | {"()", "."}
                self.assertEqual(documented | common, accepted)

    def settings(self):
        """{dotted name: text} of the page, the groups of settings among them."""
        return dict(entries(section("vigil-config.5", "SETTINGS").split(".Bl", 1)[1], "Ic"))

    def test_the_settings_are_those_of_the_reader(self):
        there = known(self.check(vigil={"nosuch": 1}))
        for group in list(there):
            there |= {f"{group}.{name}" for name in known(self.check(vigil={group: {"nosuch": 1}}))}
        self.assertEqual(set(self.settings()), there)

    def setting(self, name, value):
        """The configuration's part `vigil`, for the setting with its dotted NAME."""
        for part in reversed(name.split(".")):
            value = {part: value}
        return value

    def test_the_values_of_settings_are_those_of_the_reader(self):
        for name, text in self.settings().items():
            said = self.check(vigil=self.setting(name, "nosuch"))
            found = re.search(r"expected (?:one of (.*), found|a number from (\d+) to (\d+))", said)
            with self.subTest(setting=name):
                self.assertIn("nosuch", said + "nosuch" * ("mapping" in said))
                for value in re.findall(r"\w+", " ".join(filter(None, found.groups()))) if found else ():
                    self.assertRegex(text, rf"\b{value}\b")

    def test_the_defaults_of_settings_are_those_of_the_command(self):
        """A default is no difference, and `vigil check` draws nothing of it."""
        documented = re.findall(r"^\.It Ic (\S+) : Cm (.*)$", section("vigil-config.5", "SETTINGS"), re.MULTILINE)
        self.assertEqual(len(documented), len([name for name in self.settings() if name not in ("trace", "signals")]) - 1)
        for name, default in documented:
            with self.subTest(setting=name):
                self.write("config.yaml", f"version: 1\nvigil: {self.nested(name, default)}\n")
                done = self.vigil("check", "config.yaml")
                self.assertEqual((done.returncode, "vigil" in done.stdout), (0, False), done.stdout + done.stderr)

    @staticmethod
    def nested(name, text):
        for part in reversed(name.split(".")):
            text = f"{{{part}: {text}}}"
        return text

    def test_the_types_of_a_factorys_arguments_are_those_of_the_reader(self):
        library = self.write("lib.so", "\x7fELF")
        said = self.check(vigil={"factories": True}, handlers={"x": {"()": library + ":make", "args": [{"nosuch": 1}]}})
        words = re.search(r"each a mapping of a type to a value:\n\.Cm (.*)\n", section("vigil-config.5", "FACTORIES"))
        self.assertEqual(set(words_of(words.group(1))), known(said))

    def test_the_examples_of_configurations_are_valid(self):
        shown = re.findall(r"^\.Bd -literal -offset indent\n((?:version: 1|\[loggers\])\n.*?)^\.Ed", source("vigil-config.5"),
                           re.DOTALL | re.MULTILINE)
        self.assertEqual(len(shown), 3)
        for text in shown:
            name = "job.ini" if text.startswith("[") else "job.yaml"
            self.write(name, text)
            done = self.vigil("check", name)
            self.assertEqual((done.returncode, done.stderr), (0, ""), text)

    def fields(self):
        return dict(entries(section("vigil-event.5", "DESCRIPTION"), "Va"))

    def schema(self):
        (path,) = tracked("*/vigil.event-1.schema.json")
        return json.loads(path.read_text(encoding="utf-8"))

    def paths(self, part, prefix, found):
        """{path: its schema} of the members of PART; the frames of threads are those of the event."""
        while "$ref" in part:
            part = self.schema()["$defs"][part["$ref"].rsplit("/", 1)[1]]
        for name, member in part.get("properties", {}).items():
            path = prefix + name
            found[path] = member
            if path == "threads[].frames":
                continue
            self.paths(member, path + ".", found)
            self.paths(member.get("items", {}), path + "[].", found)
        return found

    def test_the_fields_of_an_event_are_those_of_the_schema(self):
        self.assertEqual(set(self.fields()), set(self.paths(self.schema(), "", {})))

    def test_the_words_of_an_events_fields_are_those_of_the_schema(self):
        fields = self.fields()
        for path, member in self.paths(self.schema(), "", {}).items():
            for word in member.get("enum", ()):
                with self.subTest(field=path, word=word):
                    self.assertRegex(fields[path], rf"(?<!\w){word}(?!\w)")

    def test_the_types_and_presence_of_fields_are_those_of_the_schema(self):
        schema = self.schema()
        for path, member in self.paths(schema, "", {}).items():
            kind = member.get("type", "string" if "enum" in member or isinstance(member.get("const"), str) else "true")
            if "$ref" in member:
                kind = "object" if member["$ref"].endswith("registers") else "string"
            kind = " or ".join(kind) if isinstance(kind, list) else kind
            head = self.fields()[path].split("\n", 1)[0]
            with self.subTest(field=path):
                self.assertEqual(re.sub(r" or null$", "", head.split("Pq ")[1]), re.sub(r" or null$", "", kind))
                if " or null" in head:
                    self.assertIn(path, schema["required"])

    def test_events_have_no_field_that_is_not_documented(self):
        """Of a fault with registers and other threads, of an exit, and of a kill."""
        self.write("config.json", json.dumps({**NOTHING, "vigil": {"trace": {"threads": "all", "registers": True}}}))
        script = self.write("dies.py", "import os, signal, subprocess, threading, time\n"
                                       "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
                                       "child = subprocess.Popen(['sleep', '9'])\nchild.kill()\nchild.wait()\nos.abort()\n")
        self.vigil("run", "-q", "-d", "run", "-c", "config.json", "--", sys.executable, script)
        self.vigil("run", "-q", "-a", "-d", "run", "--", "sh", "-c", "exit 3")
        found, records = set(), self.events()

        def walk(value, path):
            for name, member in value.items() if isinstance(value, dict) else ():
                found.add(path + name)
                walk(member, path + name + ".")
            for member in value if isinstance(value, list) else ():
                walk(member, path.removesuffix(".") + "[].")

        for record in records:
            walk(record, "")
        found = {re.sub(r"^threads\[\]\.frames\[\]", "frames[]", path) for path in found}
        found = {path for path in found if not path.startswith("registers.")}
        self.assertLessEqual({"registers", "threads[].tid", "signal.name", "exit.code", "usage.user_us", "teller.pid"}, found)
        self.assertLessEqual(found, set(self.fields()))

    def test_the_attributes_of_an_event_are_those_of_its_record(self):
        """As a log server of Python's gets them; the trace comes there as exc_text."""
        (names,) = re.findall(r"those of an event:\n\.Va (.*)\n", source("vigil-config.5"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(60)
            self.write("config.json", json.dumps({
                **NOTHING, "root": {"level": "ERROR", "handlers": ["server"]}, "handlers": {"server": {
                    "class": "logging.handlers.DatagramHandler", "host": "127.0.0.1", "port": server.getsockname()[1]}}}))
            self.vigil("run", "-q", "-d", "run", "-c", "config.json", "--", "sh", "-c", "exit 3")
            record = pickle.loads(server.recv(65536)[4:])
        own = set(record) - set(vars(logging.makeLogRecord({}))) - {"message", "asctime", "taskName"}
        self.assertEqual(set(words_of(names)), own | {"error_trace"})

    def test_an_attribute_that_is_not_known_reads_none(self):
        self.write("config.json", json.dumps({
            **NOTHING, "formatters": {"some": {"format": "%(program)s %(rank)s %(exit_code)s"}},
            "handlers": {"file": {"class": "logging.FileHandler", "filename": self.path("log"), "formatter": "some"}},
            "root": {"level": "ERROR", "handlers": ["file"]}}))
        self.vigil("run", "-q", "-d", "run", "-c", "config.json", "--", sys.executable, "-c", "raise SystemExit(3)")
        with open(self.path("log"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"^python\S* None 3\n")

    def sources(self):
        return "\n".join(path.read_text(encoding="utf-8") for path in tracked("core/*.c", "core/*.h", "shim/*.c", "shim/*.h"))

    def documented_variables(self):
        text = section("vigil.7", "ENVIRONMENT")
        return {word for line in re.findall(r"^\.(?:It )?Ev (.*)$", text, re.MULTILINE)
                for word in re.sub(r"\bEv\b", "", line).replace(",", " ").split() if re.fullmatch(r"[A-Z][A-Za-z0-9_]+", word)}

    def test_the_variables_are_those_that_the_sources_read(self):
        text = self.sources()
        read = set(re.findall(rf'"((?:{"|".join(FAMILIES)})_(?!ERR_)[A-Z_]*[A-Z]|RANK)"', text))
        read |= set(re.findall(r'(?:getenv|environment_get|environment_read|says_more_than|variable)\((?:\w+,\s*)?"([A-Z][A-Z_]*[A-Z])"',
                               text))
        read |= {"OMPI_MCA_mca_base_env_list"}
        self.assertGreater(len(read), 50)
        self.assertEqual(self.documented_variables(), read)
        for name in read - {"OMPI_MCA_mca_base_env_list"}:
            self.assertIn(f'"{name}"', text)

    def test_every_page_that_is_referred_to_exists(self):
        for name in PAGES:
            for reference in re.findall(r"\bXr (\S+ \d)", source(name)):
                with self.subTest(page=name, reference=reference):
                    self.assertTrue(reference.replace(" ", ".") in PAGES or reference in OTHERS)
            also = re.findall(r"Xr (\S+) (\d)", section(name, "SEE ALSO"))
            self.assertEqual(also, sorted(also, key=lambda page: (page[1], page[0])))
            self.assertNotIn(tuple(name.rsplit(".", 1)), also)


if __name__ == "__main__":
    tap.main()
