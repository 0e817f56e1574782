#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each gate of scripts/check sees what it is there for: a small tree passes, is broken in one place, and is refused for that."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(TREE / "scripts"))
from checks import layout, tools
CHECK = str(TREE / "scripts" / "check")

LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def header(path, body=""):
    """The text of a header that is as it should be, with BODY behind."""
    return f"{LICENCE}/*\n * {os.path.basename(path)} - what it is.\n */\n#pragma once\n\n{body}"


def source(path, *includes, body=""):
    """The text of PATH, a .c file, which includes its own header and INCLUDES."""
    names = [path[:-2] + ".h", *includes]
    return LICENCE + "".join(f'#include "{name}"\n' for name in names) + "\n" + body


class Gates(unittest.TestCase):
    """A test has an empty tree of its own."""

    def setUp(self):
        self.tree = tempfile.mkdtemp(prefix="vigil-checks-")
        self.addCleanup(shutil.rmtree, self.tree, ignore_errors=True)
        subprocess.run(["git", "init", "-q", self.tree], check=True)

    def put(self, path, text):
        place = pathlib.Path(self.tree, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        subprocess.run(["git", "-C", self.tree, "add", "-f", path], check=True)

    def module(self, name, *includes, body=""):
        """A .c and a .h of NAME; the .c includes INCLUDES, too."""
        self.put(name + ".h", header(name + ".h"))
        self.put(name + ".c", source(name + ".c", *includes, body=body))

    def check(self, *gates, path=None):
        only = [word for gate in gates for word in ("--only", gate)]
        return subprocess.run([sys.executable, CHECK, "--tree", self.tree, *only], capture_output=True, text=True, check=False,
                              env=dict(os.environ, PATH=path or os.environ["PATH"]))

    def passes(self, *gates):
        done = self.check(*gates)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("structure: 0 violations\n", "", 0))

    def refuses(self, gate, *wanted, path=None):
        """GATE fails, with as many lines as there are WANTED words, which are in them in that order."""
        done = self.check(gate, path=path)
        self.assertEqual((done.stderr, done.returncode), ("", 1), done.stdout)
        *lines, last = done.stdout.splitlines()
        self.assertEqual(last, f"structure: {len(wanted)} violations", done.stdout)
        for words, line in zip(wanted, lines):
            self.assertIn(words, line)

    # System calls

    def test_calls_that_a_filter_may_kill_for_are_asked_about(self):
        self.put("shim/base/sandbox.c", "{SYS_read, NEED_ALWAYS, {3}},\n{SYS_uname, NEED_BY_ITSELF, {0}},\n")
        fine = "sys_call(SYS_read, 0);\nsys_try(SYS_uname, 0);\nis(SYS_other);\n"
        self.put("core/base/one.c", fine)
        self.put("core/cli/other.c", "sys_call(SYS_mkdirat, 0);\n")
        self.passes("filters")
        self.put("core/base/one.c", fine + "sys_try(SYS_mkdirat, 0);\nsys_new_fd(\n\tSYS_socket, 1);\nsys_call(SYS_uname, 0);\n")
        self.refuses("filters", "core/base/one.c: makes mkdirat", "core/base/one.c: makes socket", "makes uname, which a filter may kill for")

    # Includes

    def test_a_room_is_included_by_those_above_it(self):
        self.module("core/base/text")
        self.module("core/logging/logger", "core/base/text.h")
        self.module("core/logging/format/formatter", "core/base/text.h", "core/logging/logger.h")
        self.module("core/logging/handlers/file", "core/logging/format/formatter.h")
        self.module("shim/emit/emit", "core/logging/handlers/file.h")
        self.passes("includes")

    def test_an_include_upwards_is_refused(self):
        self.module("core/logging/logger")
        self.module("core/base/text", "core/logging/logger.h")
        self.refuses("includes", "core/base/text.c: includes core/logging/logger.h: core/base may include nothing")

    def test_core_does_not_include_the_shim(self):
        self.module("shim/emit/emit")
        self.module("core/cli/main", "shim/emit/emit.h")
        self.refuses("includes", "core/cli/main.c: includes shim/emit/emit.h")

    def test_a_room_inside_a_room_does_not_include_the_one_behind_it(self):
        self.module("core/report/render/render_text")
        self.module("core/report/job/ranks", "core/report/render/render_text.h")
        self.refuses("includes", "core/report/job/ranks.c: includes core/report/render/render_text.h: core/report/job may include")

    def test_a_folder_that_is_no_room_is_refused(self):
        self.module("core/misc/helpers")
        self.refuses("includes", "core/misc/helpers.c: lies in no room", "core/misc/helpers.h: lies in no room")

    def test_an_include_that_is_no_path_from_the_top_is_refused(self):
        self.module("core/base/text")
        self.module("core/base/decimal", "text.h")
        self.refuses("includes", "core/base/decimal.c: includes text.h, which is no path from the top")

    def test_a_source_includes_its_own_header_first(self):
        self.module("core/base/text")
        self.module("core/base/decimal")
        self.passes("includes")
        self.put("core/base/decimal.c", LICENCE + '#include "core/base/text.h"\n#include "core/base/decimal.h"\n')
        self.refuses("includes", "core/base/decimal.c: does not include core/base/decimal.h first")

    # Circles

    def test_a_circle_of_modules_is_shown_with_its_way(self):
        self.module("core/base/one", "core/base/two.h")
        self.module("core/base/two", "core/base/three.h")
        self.module("core/base/three")
        self.passes("circles")
        self.put("core/base/three.h", header("core/base/three.h", '#include "core/base/one.h"\n'))
        self.refuses("circles", "core/base/one: a circle of 3 modules: core/base/one.c includes core/base/two.h; "
                     "core/base/two.c includes core/base/three.h; core/base/three.h includes core/base/one.h")

    def test_the_shortest_circle_of_a_knot_is_shown(self):
        self.module("core/base/one", "core/base/two.h")
        self.module("core/base/two", "core/base/three.h")
        self.module("core/base/three", "core/base/two.h", "core/base/one.h")
        self.refuses("circles", "core/base/three: a circle of 2 modules")

    def test_two_circles_are_two_violations(self):
        for folder in ("core/base", "shim/base"):
            self.module(f"{folder}/one", f"{folder}/two.h")
            self.module(f"{folder}/two", f"{folder}/one.h")
        self.refuses("circles", "core/base/one: a circle", "shim/base/one: a circle")

    def test_rooms_side_by_side_include_each_other_one_way(self):
        self.module("shim/crash/crash", "shim/python/python.h")
        self.module("shim/crash/tracer")
        self.module("shim/python/python")
        self.module("shim/python/python_stack")
        self.passes("circles")
        self.put("shim/python/python_stack.c", source("shim/python/python_stack.c", "shim/crash/tracer.h"))
        self.refuses("circles", "shim/crash: a circle of 2 rooms: shim/crash/crash.c includes shim/python/python.h; "
                     "shim/python/python_stack.c includes shim/crash/tracer.h")

    def test_a_room_counts_with_the_rooms_in_it(self):
        self.module("core/report/job/ranks", "core/eventfile/read.h")
        self.module("core/report/report")
        self.module("core/eventfile/read")
        self.module("core/eventfile/follow", "core/report/report.h")
        self.refuses("circles", "core/eventfile: a circle of 2 rooms")

    def test_a_rooms_own_files_use_those_in_it_and_are_used_by_them(self):
        self.module("core/report/report", "core/report/job/ranks.h")
        self.module("core/report/job/ranks", "core/report/request.h")
        self.module("core/report/request")
        self.passes("circles", "includes")

    def test_a_circle_by_paths_from_the_own_folder_is_one(self):
        self.put("core/include/vigil/one.h", header("one.h", '#include "two.h"\n'))
        self.put("core/include/vigil/two.h", header("two.h", '#include "one.h"\n'))
        self.refuses("circles", "core/include/vigil/one: a circle of 2 modules")

    # Names and sizes

    def test_two_headers_of_one_name_are_refused(self):
        self.module("core/base/settings")
        self.module("core/config/setting")
        self.passes("names")
        self.put("tests/fuzz/settings.h", header("settings.h"))
        self.refuses("names", "tests/fuzz/settings.h: there is a settings.h already: core/base/settings.h")
        self.put("shim/emit/setting.h", header("setting.h"))
        self.refuses("names", "shim/emit/setting.h: there is a setting.h already: core/config/setting.h",
                     "tests/fuzz/settings.h: there is a settings.h already")

    def test_headers_of_the_tests_may_have_one_name(self):
        self.put("tests/support/cmocka.h", header("cmocka.h"))
        self.put("tests/machines/cmocka/cmocka.h", header("cmocka.h"))
        self.passes("names")

    def test_an_object_that_make_names_has_its_source(self):
        self.module("shim/base/string")
        self.put("Makefile", "$(B)/obj/shim/base/string.o: ALL_CFLAGS += -fno-builtin\n"
                 "SRC := $(call src,shim/base) $(filter-out shim/base/string.c,$(OTHER))\n$(B)/obj/tests/made.h:\n\ttouch $@\n")
        self.passes("makefiles")
        self.put("Makefile", "$(B)/obj/shim/string.o: ALL_CFLAGS += -fno-builtin\n")
        self.refuses("makefiles", "Makefile:1: names shim/string.c, which is not there")
        self.put("tests/tests.mk", "SRC := $(call src,shim/bases)\nB := $(filter-out %/shim/strings.o,$(OBJ)) shim/base/strings.c\n")
        self.put("Makefile", "include tests/tests.mk\n")
        self.refuses("makefiles", "tests/tests.mk:1: names shim/bases", "tests/tests.mk:2: names shim/strings.c",
                     "tests/tests.mk:2: names shim/base/strings.c")

    def test_what_a_linker_script_names_is_there(self):
        self.module("shim/base/stack", body="static char kept LARGE_STATIC_AT(stack);\nvoid stack_call(void) {}\n"
                    "#define NAMED(prefix, table) const char *prefix##_name(void) { return table[0]; }\nNAMED(state, states)\n")
        script = "*(.text.startup.preload .text.stack_call .text.state_name .text.unlikely.*) *(.bss.large.stack .bss.large .bss.kept)\n"
        self.put("shim/layout.ld", script)
        self.passes("placed")
        self.put("shim/layout.ld", script + "*(.text.stack_calls .text.stack_cal .text.state_names .bss.large.kept .bss.keep)\n")
        self.refuses("placed", *(f"shim/layout.ld: names {name}, which is not there"
                                 for name in ("keep", "kept", "stack_cal", "stack_calls", "state_names")))

    def test_long_files_lines_and_functions_are_refused(self):
        body = "".join(f"\tcall({i});\n" for i in range(57))
        self.module("core/base/text", body=f"int text(void)\n{{\n{body}}}\n")
        self.passes("sizes")
        self.module("core/base/text", body=f"int text(void)\n{{\n{body}\tcall(57);\n}}\n")
        self.refuses("sizes", "core/base/text.c:4: text() has 61 lines")
        self.module("core/base/text", body="\n" * 500)
        self.refuses("sizes", "core/base/text.c: 503 lines, at most 500")
        self.module("core/base/text", body="/* " + "x" * 95 + " */\n")
        self.refuses("sizes", "core/base/text.c:4: more than 100 columns")

    def test_a_long_switch_that_is_a_table_passes(self):
        cases = "".join(f"\tcase {i}:\n\t\treturn {i + 1};\n" for i in range(40))
        self.module("core/base/text", body=f"int text(int i)\n{{\n\tswitch (i) {{\n{cases}\t}}\n\treturn 0;\n}}\n")
        self.passes("sizes")

    # Words

    def test_what_is_unfinished_is_refused(self):
        self.module("core/base/text", body="int text;\n")
        self.passes("words")
        self.module("core/base/text", body="int text; /* TO" + "DO: more */\n")
        self.refuses("words", "core/base/text.c:4: unfinished: int text;")

    def test_a_path_of_somebodys_machine_is_refused(self):
        self.put("README.md", "Lies in /ho" + "me/somebody/vigil.\n")
        self.refuses("words", "README.md:1: a path of somebody's machine")

    def test_a_source_without_a_licence_line_is_refused(self):
        self.put("shim/x.c", "int x;\n")
        self.refuses("words", "shim/x.c: has no licence line")

    def test_an_invented_word_is_refused_with_the_fields_own(self):
        self.module("core/report/scene", body="/* The witness saw it. */\nint told_of;\n")
        self.put("README.md", "It bears witness.\n")
        self.put("core/man/vigil.1", ".Sh NAME\nSees off the log.\n")
        self.refuses("invented", "README.md:1: 'bears witness' is a word of our own; the field says",
                     "core/man/vigil.1:2: 'Sees off' is a word of our own; the field says drain",
                     "core/report/scene.c:4: 'witness' is a word of our own; the field says monitor",
                     "core/report/scene.c:5: 'told' is a word of our own; the field says",
                     "core/report/scene.h:3: 'scene' is a word of our own; the field says attempt context",
                     "core/report/scene.c: is named 'scene'", "core/report/scene.h: is named 'scene'")

    def test_an_invented_name_is_refused_where_the_word_is_english(self):
        self.module("core/report/rules", body="/* In this manner, asked. */\nbool is_asked;\n")
        self.passes("invented")
        self.module("core/report/rules", body="int signal_manner = process->asked;\n")
        self.refuses("invented", "core/report/rules.c:4: 'manner' is a word of our own; the field says failure class",
                     "core/report/rules.c:4: 'asked' is a word of our own; the field says kill request")

    def test_names_of_the_output_format_and_messages_stay(self):
        self.module("core/events/event_json", body='/* Writes "teller". */\nconst char *names[] = {"teller", "it told of an end"};\n')
        self.put("core/man/vigil-event.5", ".It Va teller Pq object\n")
        self.put("README.md", "As `told` says:\n\n    vigil: it told of an end\n")
        self.passes("invented")

    def test_the_page_has_no_invented_name(self):
        self.put("core/report/render/html/page.js", 'this.hint = "stands apart";\n')
        self.passes("invented")
        self.put("core/report/render/html/page.js", "this.told = 1; // The witness.\n")
        self.put("core/report/render/html/page.html", '<p id="told"></p>\n')
        self.refuses("invented", "page.html:1: 'told'", "page.js:1: 'told'", "page.js:1: 'witness'")

    def test_help_is_prose(self):
        self.module("core/cli/cmd_run", body='const char *help[] = {"sink", "writes to the sink"};\n')
        self.refuses("invented", "core/cli/cmd_run.c:4: 'sink'")

    # Documentation

    def test_what_a_header_declares_has_a_comment(self):
        path = "core/base/text.h"
        self.put(path, header(path, "/* Adds. */\nint text_add(int a);\nint text_add_two(int a);\n\n"
                              "/* The same. */\nstatic inline int text_same(int a)\n{\n\treturn a;\n}\n\n"
                              "/* The larger. */\n#define TEXT_MAX(a, b) ((a) > (b) ? (a) : (b))\n\n#define TEXT_SIZE 4\n"))
        self.passes("headers")
        self.put(path, header(path, "int text_add(int a);\n"))
        self.refuses("headers", "core/base/text.h:7: a prototype without a comment")
        self.put(path, header(path, "static inline int text_same(int a)\n{\n\treturn a;\n}\n"))
        self.refuses("headers", "core/base/text.h:7: an inline function without a comment")
        self.put(path, header(path, "#define TEXT_MAX(a, b) ((a) > (b) ? (a) : (b))\n"))
        self.refuses("headers", "core/base/text.h:7: a macro with arguments without a comment")

    def test_a_header_says_what_it_is(self):
        self.put("core/base/text.h", LICENCE + "#pragma once\n")
        self.refuses("headers", "core/base/text.h: does not begin with the licence line and 'text.h - what it is'")

    def test_what_a_readme_names_is_there(self):
        self.put("Makefile", "all:\n\ndemo:\n")
        self.put("core/cli/options.c", LICENCE + "struct option o[] = {{'q', \"quiet\", 0}};\n")
        good = "See [here](Makefile), `core/cli/options.c`, `make demo`, `vigil run --quiet`.\n"
        self.put("README.md", good)
        self.passes("docs")
        self.put("README.md", good.replace("(Makefile)", "(Makefiles)"))
        self.refuses("docs", "links to Makefiles")
        self.put("README.md", good.replace("options.c", "option.c"))
        self.refuses("docs", "names core/cli/option.c")
        self.put("README.md", good.replace("make demo", "make demos"))
        self.refuses("docs", "names make demos")
        self.put("README.md", good.replace("--quiet", "--quite"))
        self.refuses("docs", "names quite in '`vigil run --quite'")

    # The build

    def compile(self, path, text, *flags):
        """An object of the tree's build from TEXT, as of the source PATH; gcc's call graph beside it."""
        self.put(path, text)
        target = os.path.join(self.tree, "build/release/obj", path[:-2] + ".o")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(["gcc", "-O1", "-fPIC", "-fcallgraph-info=su", *flags, "-c", "-o", target, path], cwd=self.tree, check=True)

    def excepted(self):
        """The objects that the gate of the emit path excepts."""
        for path in ("preload", "emit/configure", "host/lifecycle", "base/real", "host/blocking", "host/forwarding", "host/execs", "host/threads"):
            self.compile(f"shim/{path}.c", LICENCE)

    def test_the_emit_path_may_not_call_malloc(self):
        self.excepted()
        self.compile("core/base/text.c", "unsigned long strlen(const char *);\nunsigned long length(const char *s)\n"
                     "{\n\treturn strlen(s);\n}\n", "-fno-builtin")
        self.passes("emit")
        self.compile("core/base/text.c", "void *malloc(unsigned long);\nvoid *more(void)\n{\n\treturn malloc(8);\n}\n")
        self.refuses("emit", "core/base/text.o: references malloc, which is not allowed on the emit path")

    CALLS_PYTHON = ("{0}int Py_IsInitialized(void);\nint is_initialised(void);\n"
                    "int is_initialised(void)\n{{\n\treturn Py_IsInitialized();\n}}\n")

    def test_python_is_called_by_its_own_folder_alone(self):
        weak = self.CALLS_PYTHON.format("extern __attribute__((weak)) ")
        self.excepted()
        self.compile("shim/python/python.c", weak)
        self.passes("emit")
        self.compile("shim/crash/crash.c", weak)
        self.refuses("emit", "shim/crash/crash.o: references Py_IsInitialized, which is not allowed on the emit path")

    def test_a_reference_to_python_is_weak(self):
        self.excepted()
        self.compile("shim/python/python.c", self.CALLS_PYTHON.format("extern "))
        self.refuses("emit", "shim/python/python.o: references Py_IsInitialized, which is not allowed on the emit path")

    def test_a_weak_reference_to_another_name_is_no_definition(self):
        self.excepted()
        self.compile("shim/python/python.c", "__attribute__((weak)) void *malloc(unsigned long);\nvoid *more(void);\n"
                     "void *more(void)\n{\n\treturn malloc ? malloc(8) : 0;\n}\n")
        self.refuses("emit", "shim/python/python.o: references malloc, which is not allowed on the emit path")

    def test_the_emit_path_may_not_read_a_configuration(self):
        calls = "void *{0}(void);\nvoid *more(void);\nvoid *more(void)\n{{\n\treturn {0}();\n}}\n"
        self.excepted()
        self.compile("core/config/config.c", "void *config_load(void);\nvoid *config_load(void)\n{\n\treturn 0;\n}\n")
        self.compile("shim/emit/configure.c", "void *configure(void);\nvoid *config_load(void);\n"
                     "void *configure(void)\n{\n\treturn config_load();\n}\n")
        self.compile("shim/preload.c", calls.format("configure"))
        self.passes("emit")
        self.compile("shim/crash/crash.c", calls.format("configure"))
        self.compile("shim/crash/tasks.c", calls.format("config_load"))
        self.refuses("emit", "shim/crash/crash.o: references configure", "shim/crash/tasks.o: references config_load")

    def test_an_object_whose_source_is_gone_counts_no_more(self):
        self.excepted()
        self.compile("core/base/text.c", "void *malloc(unsigned long);\nvoid *more(void)\n{\n\treturn malloc(8);\n}\n")
        os.unlink(os.path.join(self.tree, "core/base/text.c"))
        self.passes("emit")

    def test_an_exception_for_an_object_that_is_gone_is_refused(self):
        self.excepted()
        os.unlink(os.path.join(self.tree, "build/release/obj/shim/base/real.o"))
        self.refuses("emit", "scripts/checks/emit_path.py: excepts shim/base/real.o, which is no object")

    def test_a_gate_of_a_build_wants_one(self):
        self.refuses("emit", "is not built")
        self.refuses("preload", "is not built")

    CALLED_BACK = ("static __attribute__((noipa)) void {0}(void)\n{{\n}}\n"
                   "void *address_of_{0}(void)\n{{\n\treturn (void *){0};\n}}\n")

    def test_the_hosts_stack_is_counted(self):
        self.put("shim/interposed.def", "X(int, fork, (void))\n")
        called_back = {"preload.c": ["preload"], "host/lifecycle.c": ["at_exit", "at_quick", "main_entered"],
                       "host/threads.c": ["thread_entered", "c11_thread_entered"]}
        for name, functions in called_back.items():
            self.compile(f"shim/{name}", "".join(map(self.CALLED_BACK.format, functions)))
        text = "void use(char *);\nvoid signals_caught(void)\n{{\n}}\nint fork(void)\n{{\n\tchar bytes[{}];\n\tuse(bytes);\n\treturn 0;\n}}\n"
        self.compile("shim/host/children.c", text.format(512))
        self.passes("stack")
        self.compile("shim/host/children.c", text.format(1024))
        self.refuses("stack", "stack: fork may take 10")

    def link(self, text, *flags):
        self.put("preload.c", text)
        os.makedirs(os.path.join(self.tree, "build/release/lib/vigil"), exist_ok=True)
        subprocess.run(["gcc", "-O1", "-fPIC", "-shared", "-nostartfiles", "-Wl,-z,now,-z,nodelete,-z,initfirst", *flags,
                        "-o", "build/release/lib/vigil/libvigil.so", "preload.c"], cwd=self.tree, check=True)

    def test_the_preload_exports_and_needs_what_it_may(self):
        self.put("shim/interposed.def", "X(int, fork, (void))\n")
        good = "extern char **environ;\nint fork(void)\n{\n\treturn environ[0] != 0;\n}\n"
        self.link(good)
        self.passes("preload")
        self.link(good + "int vfork(void)\n{\n\treturn 0;\n}\n")
        self.refuses("preload", "vfork is exported and has no line in interposed.def")
        self.link(good + "int puts(const char *);\nstatic __attribute__((constructor)) void say(void)\n{\n\tputs(\"\");\n}\n")
        self.refuses("preload", "takes puts from its host")
        self.link(good, "-Wl,-rpath,lib", "-z", "execstack")
        self.refuses("preload", "has a run path", "asks for an executable stack")
        self.link(good, "-Wl,--no-as-needed", "-lm")
        self.refuses("preload", "needs libm.so.6, libc.so.6")
        self.link(good + "__attribute__((used)) static void *const pointers[] = {" + "(void *)pointers, " * 301 + "};\n")
        self.refuses("preload", "has 301 pointers for the loader to relocate in every program, at most 300")
        self.link(good + 'static char stack[4096] __attribute__((used, section(".guarded"), aligned(4096))) = {1};\n')
        self.refuses("preload", "has no code in front of .guarded, a stack")

    def link_command(self, text, *flags):
        self.put("main.c", text)
        for output, more in (("bin/vigil", []), ("lib/libvigil-core.so", ["-shared"])):
            os.makedirs(os.path.dirname(os.path.join(self.tree, "build/release", output)), exist_ok=True)
            subprocess.run(["gcc", "-O1", "-fPIC", "-nostartfiles", *more, *flags, "-o", "build/release/" + output, "main.c", "-Wl,-e,begin"],
                           cwd=self.tree, check=True)

    def test_the_command_needs_nothing_that_another_system_lacks(self):
        good = "int puts(const char *);\nvoid begin(void);\nvoid begin(void)\n{\n\tputs(\"\");\n}\n"
        self.refuses("command", "bin/vigil: is not built", "lib/libvigil-core.so: is not built")
        self.link_command(good)
        self.passes("command")
        self.link_command(good, "-Wl,--no-as-needed", "-lcmocka")
        self.refuses("command", "bin/vigil: needs libcmocka.so.0", "lib/libvigil-core.so: needs libcmocka.so.0")
        self.link_command(good.replace("puts", "stat").replace("(const char *)", "(const char *, void *)").replace('("")', '("", 0)'))
        newer = "needs GLIBC_2.33, newer than GLIBC_2.28, for stat"
        self.refuses("command", "bin/vigil: " + newer, "lib/libvigil-core.so: " + newer)

    # The tools of others

    def needs(self, name):
        """Skips the test where the system has no package of the expected version of NAME."""
        if not shutil.which(f"{name}-{tools.CLANG_VERSION}") and not tools.is_packaged(name):
            self.skipTest(f"this system has no package {name}-{tools.CLANG_VERSION}")

    def test_a_file_that_is_laid_out_otherwise_is_refused(self):
        self.needs("clang-format")
        shutil.copy(TREE / ".clang-format", self.tree)
        self.put("core/base/text.c", "int text(void)\n{\n\treturn 0;\n}\n")
        self.passes("format")
        self.put("core/base/text.c", "int text(void)\n{\n    return 0;\n}\n")
        self.refuses("format", "core/base/text.c: 1 line that clang-format-14 lays out otherwise; make format does it")

    def test_a_misspelt_word_is_refused(self):
        self.put("README.md", "It is received.\n")
        self.passes("spelling")
        self.put("README.md", "It is rec" + "ieved.\n")
        self.refuses("spelling", "README.md:1: rec" + "ieved ==> received")

    def test_a_fault_in_a_shell_script_is_refused(self):
        self.put("scripts/run", '#!/usr/bin/env bash\nset -eu\necho "$1"\n')
        self.put("core/words.txt", "echo $1\n")
        self.passes("shell")
        self.put("scripts/run", "#!/usr/bin/env bash\nset -eu\necho $1\n")
        self.refuses("shell", "scripts/run:3: Double quote")

    def test_a_bug_that_clang_tidy_knows_is_refused(self):
        self.needs("clang-tidy")
        for name in (".clang-tidy", "compile_flags.txt"):
            shutil.copy(TREE / name, self.tree)
        self.put("core/base/text.c", "#include <stdlib.h>\n\nint text(int *p)\n{\n\treturn p == NULL ? 0 : *p;\n}\n")
        self.passes("tidy")
        self.put("core/base/text.c", "#include <stdlib.h>\n\nint text(int *p)\n{\n\treturn p == NULL ? *p : 0;\n}\n")
        self.refuses("tidy", "core/base/text.c:5: Dereference of null pointer")

    def tools(self, **scripts):
        """A folder with git and python3, and SCRIPTS in place of other commands."""
        folder = os.path.join(self.tree, "bin")
        os.makedirs(folder, exist_ok=True)
        for name in ("git", "python3", "env", "sh"):
            if not os.path.exists(os.path.join(folder, name)):
                os.symlink(shutil.which(name), os.path.join(folder, name))
        for name, text in scripts.items():
            path = pathlib.Path(folder, name.replace("_", "-"))
            path.write_text("#!/bin/sh\n" + text, encoding="ascii")
            path.chmod(0o755)
        return folder

    def test_a_tool_that_is_not_installed_is_named(self):
        self.put("core/base/text.c", "#!/bin/sh\n")
        for gate, name in (("format", "clang-format"), ("spelling", "codespell"), ("shell", "shellcheck"), ("tidy", "clang-tidy")):
            self.refuses(gate, f"{name}: is not installed; scripts/setup --tests installs it", path=self.tools())

    def test_another_version_of_clang_format_is_named(self):
        self.put("core/base/text.c", "int text;\n")
        self.refuses("format", "clang-format: version 14 is expected, which Debian 12 has as clang-format-14; here is 19",
                     path=self.tools(clang_format="echo 'Debian clang-format version 19.1.4 (1)'\n"))

    def test_a_version_that_the_system_has_no_package_of_is_skipped(self):
        self.put("core/base/text.c", "int text;\n")
        folder = self.tools(clang_format="echo 'Debian clang-format version 19.1.4 (1)'\n",
                            apt_cache="printf 'clang-format-18\\nclang-format-19\\n'\n")
        done = self.check("format", path=folder)
        self.assertEqual((done.stdout, done.stderr, done.returncode),
                         ("clang-format: skipped: this system has no package clang-format-14\nstructure: 0 violations\n", "", 0))
        for packages in ("clang-format-14\\nclang-format-19\\n", ""):
            self.refuses("format", "here is 19", path=self.tools(apt_cache=f"printf '{packages}'\n"))

    def test_a_tool_that_fails_is_no_success(self):
        self.put("README.md", "Words.\n")
        self.refuses("spelling", "codespell: status 3: no dictionary", path=self.tools(codespell="echo no dictionary; exit 3\n"))

    # The table of rooms, and the hook

    def test_every_room_of_the_table_is_there_and_none_includes_itself_by_another(self):
        for room, others in layout.MAY_INCLUDE.items():
            for one in (room, *others):
                self.assertTrue((TREE / one).is_dir(), f"{one}, at {room}")
                self.assertIn(one, layout.MAY_INCLUDE)
        edges = {room: dict.fromkeys(others) for room, others in layout.MAY_INCLUDE.items()}
        self.assertEqual(layout.shortest_circles(edges), [])

    def test_the_hook_refuses_a_commit(self):
        shutil.copytree(TREE / "scripts", os.path.join(self.tree, "scripts"))
        for name in (".clang-format", ".codespellrc"):
            shutil.copy(TREE / name, self.tree)
        os.symlink("../../scripts/pre-commit", os.path.join(self.tree, ".git/hooks/pre-commit"))
        commit = ["git", "-C", self.tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "a"]
        self.put("README.md", "It says who failed first.\n")
        done = subprocess.run(commit, capture_output=True, text=True, check=False)
        printed = [line for line in (done.stdout + done.stderr).splitlines() if ": skipped: " not in line]
        self.assertEqual((printed, done.returncode), (["structure: 0 violations"], 0))
        self.put("README.md", "It tells who failed first.\n")
        done = subprocess.run(commit, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("README.md:1: 'tells' is a word of our own", done.stdout + done.stderr)
        subprocess.run([*commit, "--no-verify"], check=True)

    # The command

    def test_help_lists_every_gate(self):
        done = subprocess.run([CHECK, "--help"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for gate in ("includes", "circles", "names", "makefiles", "placed", "sizes", "words", "invented", "headers", "docs", "format", "spelling", "shell",
                     "emit", "stack", "preload", "command", "tidy"):
            self.assertRegex(done.stdout, rf"(?m)^  {gate}  +\S")

    def test_a_gate_that_is_none_is_refused(self):
        done = self.check("include")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("invalid choice: 'include'", done.stderr)


if __name__ == "__main__":
    tap.main()
