#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libvigil-core as a user has it: installed, found by pkg-config, linked to a program of twenty lines in C and in C++."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "support"))
sys.dont_write_bytecode = True

import tap  # noqa: E402

PROGRAM = """\
#include <vigil/logging.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct vigil_logger *log = vigil_get_logger("solver.mesh");

	if (argc > 1 && vigil_config_load(argv[1]) < 0) {
		fprintf(stderr, "%s\\n", vigil_error_text());
		return 1;
	}
	vigil_debug(log, "not %s", "this");
	vigil_info(log, "%d cells on rank %d", 12, 3);
	return 0;
}
"""

CONFIG = """\
version: 1
formatters: {f: {format: '%(levelname)s %(name)s %(filename)s:%(lineno)d %(funcName)s %(message)s'}}
handlers: {h: {class: logging.StreamHandler, stream: ext://sys.stdout, formatter: f}}
loggers: {solver: {level: INFO, handlers: [h]}}
"""

WANTED = "INFO solver.mesh %s:13 main 12 cells on rank 3\n"


class Library(unittest.TestCase):
    """vigil, installed below a folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vigil-library-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = os.path.join(cls.folder, "usr")
        done = subprocess.run(["make", "-s", "install", "PREFIX=" + cls.prefix], cwd=TOP, capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stderr
        cls.rpath = "-Wl,-rpath," + os.path.join(cls.prefix, "lib")
        cls.write("job.yaml", CONFIG)

    def setUp(self):
        if not shutil.which("pkg-config"):
            self.skipTest("not installed: pkg-config")

    @classmethod
    def write(cls, name, text):
        path = os.path.join(cls.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def flags(self, *wanted):
        environment = dict(os.environ, PKG_CONFIG_PATH=os.path.join(self.prefix, "lib/pkgconfig"))
        return subprocess.run(["pkg-config", *wanted, "vigil-core"], env=environment, capture_output=True, text=True,
                              check=True).stdout.split()

    def build(self, source, compiler, *flags):
        program = os.path.join(self.folder, "program")
        done = subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", "-o", program, source, *flags],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def run_with(self, program, config):
        done = subprocess.run([program, config], cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_a_program_of_twenty_lines_logs_through_a_yaml_config(self):
        program = self.build(self.write("a.c", PROGRAM), ["gcc", "-std=c11"], *self.flags("--cflags", "--libs"), self.rpath)
        self.assertEqual(self.run_with(program, "job.yaml"), (0, WANTED % "a.c", ""))

    def test_the_schemas_are_installed(self):
        for name in ("vigil.event", "vigil.report"):
            with open(os.path.join(self.prefix, "share/vigil", name + "-1.schema.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["title"], name + "/1")

    def test_the_man_pages_are_installed(self):
        for page in ("vigil.1", "vigil-run.1", "vigil-config.5", "vigil.7"):
            with open(os.path.join(self.prefix, "share/man/man" + page[-1], page), encoding="utf-8") as file:
                self.assertIn(".Sh NAME\n", file.read())

    def test_the_same_linked_statically(self):
        others = [flag for flag in self.flags("--cflags", "--libs", "--static") if flag != "-lvigil-core"]
        program = self.build(self.write("a.c", PROGRAM), ["gcc", "-std=c99"],
                             os.path.join(self.prefix, "lib/libvigil-core.a"), *others)
        self.assertEqual(self.run_with(program, "job.yaml"), (0, WANTED % "a.c", ""))
        needs = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("libvigil-core", needs)

    def test_the_same_in_cplusplus(self):
        source = self.write("b.cc", PROGRAM.replace("<stdio.h>", "<cstdio>"))
        program = self.build(source, ["g++", "-std=c++11"], *self.flags("--cflags", "--libs"), self.rpath)
        self.assertEqual(self.run_with(program, "job.yaml"), (0, WANTED % "b.cc", ""))
        events = self.write("c.cc", "#include <vigil/events.h>\nint main() { return 0; }\n")
        self.build(events, ["g++", "-std=c++11"], *self.flags("--cflags", "--libs"), self.rpath)

    def test_the_compiler_compares_a_format_with_its_arguments(self):
        wrong = self.write("wrong.c", PROGRAM.replace("12, 3", '"twelve", 3'))
        done = subprocess.run(["gcc", "-Wall", "-fsyntax-only", *self.flags("--cflags"), wrong], capture_output=True,
                              text=True, check=False)
        self.assertIn("-Wformat", done.stderr)

    def test_a_broken_config_says_where(self):
        program = self.build(self.write("a.c", PROGRAM), ["gcc"], *self.flags("--cflags", "--libs"), self.rpath)
        self.write("bad.yaml", CONFIG.replace("level: INFO", "level: INFOO"))
        self.assertEqual(self.run_with(program, "bad.yaml"), (
            1, "", "bad.yaml:4:27: loggers.solver.level: Unknown level: 'INFOO'; did you mean 'INFO'?\n"))

    def blocks(self, language, word):
        """The blocks of code in LANGUAGE with WORD in them, of the READMEs that show how to use the library."""
        text = ""
        for path in ("README.md", "core/include/vigil/README.md"):
            with open(os.path.join(TOP, path), encoding="utf-8") as file:
                text += file.read()
        found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        return [block for block in found if word in block]

    def test_what_the_readmes_show_works(self):
        [config] = self.blocks("yaml", "version: 1")
        [program] = self.blocks("c", "int main(void)")
        [handler] = self.blocks("c", "vigil_handler_spec")
        [mine] = self.blocks("yaml", "make, args")
        library = self.build(self.write("mine.c", handler), ["gcc", "-shared", "-fPIC"], *self.flags("--cflags"))
        os.rename(library, os.path.join(self.folder, "mine.so"))

        self.write("readme.yaml", config)
        vigil = os.path.join(self.prefix, "bin/vigil")
        done = subprocess.run([vigil, "check", "readme.yaml"], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("(by_rank)", done.stdout)

        self.write("job.yaml", "version: 1\nroot: {handlers: [mine], level: INFO}\n" +
                   mine.replace("/opt/lib/mine.so", os.path.join(self.folder, "mine.so")))
        self.addCleanup(self.write, "job.yaml", CONFIG)
        done = subprocess.run([vigil, "emit", "-c", "job.yaml", "-l", "ERROR", "told"], cwd=self.folder, capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", "told\n"))
        built = self.build(self.write("solver.c", program), ["gcc"], *self.flags("--cflags", "--libs"), self.rpath)
        self.assertEqual(self.run_with(built, "job.yaml")[:2], (0, ""))

    def test_what_is_installed_runs_and_can_be_taken_away(self):
        stage = os.path.join(self.folder, "stage")
        make = ["make", "-s", "DESTDIR=" + stage, "PREFIX=/opt/vigil"]
        subprocess.run([*make, "install"], cwd=TOP, check=True)
        vigil = os.path.join(stage, "opt/vigil/bin/vigil")
        with open(os.path.join(stage, "opt/vigil/share/bash-completion/completions/vigil"), encoding="utf-8") as file:
            completion = subprocess.run([vigil, "--bash-completion"], capture_output=True, text=True, check=True).stdout
            self.assertEqual(file.read(), completion)
        done = subprocess.run([vigil, "run", "-d", "run", "--", "sh", "-c", "kill -SEGV $$"], cwd=self.folder,
                              capture_output=True, text=True, check=False)
        self.assertRegex(done.stderr, r"(?m)^vigil: job \w+ failed after .*: .* failed first \(proven\)$")
        with open(os.path.join(stage, "opt/vigil/share/vigil/mine"), "w", encoding="ascii"):
            pass
        for _ in range(2):
            subprocess.run([*make, "uninstall"], cwd=TOP, check=True)
            left = [os.path.relpath(os.path.join(path, name), stage) for path, _, names in os.walk(stage) for name in names]
            self.assertEqual(left, ["opt/vigil/share/vigil/mine"])
        self.assertEqual(sorted(os.listdir(os.path.join(stage, "opt/vigil/lib"))), ["pkgconfig"])

    def test_only_public_names_are_shown(self):
        library = os.path.join(self.prefix, "lib/libvigil-core")
        for path, flags in ((library + ".so", ["-D"]), (library + ".a", ["-g"])):
            listing = subprocess.run(["nm", "-P", *flags, "--defined-only", path], capture_output=True, text=True,
                                     check=True).stdout
            names = [line.split()[0] for line in listing.splitlines() if len(line.split()) > 1]
            self.assertIn("vigil_get_logger", names)
            self.assertEqual([name for name in names if not name.startswith("vigil_")], [])


if __name__ == "__main__":
    tap.main()
