#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Handlers, filters and formatters from a user's shared object: in the command, and inside programs that are watched."""

import os
import pathlib
import shutil
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

VICTIMS = watched.BUILD / "tests" / "victims"
INI = """[loggers]
keys=root
[handlers]
keys=plain,typed
[formatters]
keys=f
[logger_root]
level=DEBUG
handlers=plain,typed
[handler_plain]
class={library}:make_file
kwargs={{'path': '{out}', 'told': '{told}', 'sizes': [1, 2.50, None]}}
formatter=f
[handler_typed]
class={library}:make_typed
args=({{'str': '{out}'}}, {{'i32': 7}}, {{'f64': 0.25}}, {{'bool': True}})
[formatter_f]
class={library}:make_formatter
format=ignored
"""


def rooted(test):
    return unittest.skipUnless(os.geteuid() == 0, "only root can give files to others")(test)


class Factories(watched.Case):
    def setUp(self):
        super().setUp()
        self.library = self.path("user.so")
        shutil.copyfile(VICTIMS / "libfactories.so", self.library)
        os.chmod(self.library, 0o755)
        self.out = self.path("out")

    def text(self, name="out"):
        path = pathlib.Path(self.path(name))
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def config(self, handler, more="", allowed="vigil: {factories: true}\n", name="job.yaml"):
        handler = handler.replace("@", self.library)
        return self.write(name, f"version: 1\n{allowed}{more.replace('@', self.library)}"
                                f"handlers:\n  h: {{{handler}}}\nroot: {{level: 1, handlers: [h]}}\n")

    def emit(self, config, message="hello"):
        return self.vigil("emit", "--config", config, message, env=watched.environment(MARK="7"))

    def assert_refused(self, config, what, **options):
        """By check and by emit, at WHAT's place and in its words."""
        for command in (("check", config), ("emit", "-c", config, "x")):
            result = self.vigil(*command, **options)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            now = "; nothing was logged" if command[0] == "emit" and result.stderr.count("\n") == 1 else ""
            self.assertEqual(result.stderr.splitlines()[0], f"vigil: {config}:{what.replace('@', self.library)}{now}")

    # ---- The command ----

    def test_a_fixed_signature_gets_every_other_key(self):
        config = self.config(f"'()': '@:make_file', path: {self.out}, told: {self.path('told')}, n: 4, "
                             "x: 0.5, t: yes, z: null, l: [1, {a: b}], level: INFO")
        result = self.emit(config)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(self.text(), "hello\n")
        # Once, though a configuration is read twice.
        self.assertEqual(self.text("told"), f"path={self.out}\ntold={self.path('told')}\nn=4\nx=0.5\nt=True\nz=None\n"
                                            'l=[1,{"a":"b"}] json\nin vigil, MARK is 7\n')

    def test_a_typed_factory_gets_its_arguments(self):
        for class_ in ("'()'", "class"):
            config = self.config(f"{class_}: '@:make_typed', args: [{{str: {self.out}}}, {{i32: -4}}, {{f64: 0.5}}, "
                                 "{bool: true}], returns: handler")
            self.assertEqual(self.emit(config, "x y").returncode, 0)
        self.assertEqual(self.text(), "-4 0.5 yes: x y\n" * 2)

    def test_a_filter_and_a_formatter(self):
        config = self.config(f"class: '@:make_file', path: {self.out}, filters: [w], formatter: f",
                             "filters: {w: {'()': '@:make_filter', word: need}}\n"
                             "formatters: {f: {'()': '@:make_formatter', args: [{str: '> '}]}}\n")
        for message in ("a needle", "hay"):
            self.assertEqual(self.emit(config, message).returncode, 0)
        self.assertEqual(self.text(), "> root|30|a needle\n")

    def test_a_filter_adds_an_attribute_that_a_format_names(self):
        config = self.config(f"class: logging.FileHandler, filename: {self.out}, filters: [t], formatter: f",
                             "filters: {t: {'()': '@:make_tagging'}}\nformatters: {f: {format: '%(tag)s %(message)s'}}\n")
        self.assertEqual(self.emit(config, "hello").returncode, 0)
        self.assertEqual(self.text(), "n7 hello\n")
        result = self.vigil("run", "--config", config, "--", "/bin/sh", "-c", "exit 3")
        self.assertEqual(result.returncode, 3)
        # INIT only the process itself tells; its end, the one who waited for it, too.
        told = [line.split(") ", 1)[1] for line in self.text().splitlines()[1:] if line.startswith("n7 ")]
        self.assertEqual(told[:3], ["INIT", "RUNNING", "FAILED: exit 3"])

    def test_an_ini_file_has_them_too(self):
        ini = INI.format(library=self.library, out=self.out, told=self.path("told")).replace(
            "class=%s:make_formatter" % self.library, "format=%(levelname)s %(message)s").replace("format=ignored\n", "")
        config = self.write("job.ini", "[vigil]\nfactories = true\n" + ini)
        result = self.emit(config)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.text(), "INFO hello\n7 0.25 yes: hello\n")
        self.assertIn("sizes=[1,2.5,null] json\n", self.text("told"))

    def test_an_ini_file_has_to_allow_them(self):
        config = self.write("job.ini", INI.format(library=self.library, out=self.out, told="x"))
        result = self.vigil("check", config)
        self.assertEqual(result.returncode, 1)
        self.assertIn("formatters.f.class: factories are not allowed; set 'factories = true' in a section [vigil] of this "
                      "file\n", result.stderr)

    def test_check_draws_the_symbol_and_runs_nothing(self):
        config = self.config("'()': '@:make_file', formatter: f, filters: [w]",
                             "filters: {w: {'()': '@:make_filter'}}\nformatters: {f: {class: '@:make_formatter'}}\n")
        loaded = self.path("loaded")
        result = self.vigil("check", config, env=watched.environment(FACTORIES_LOADED=loaded))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, '<--""\n   Level Level 1\n   Handler user.so:make_file (h)\n'
                                        "     Filter user.so:make_filter\n     Formatter user.so:make_formatter\n"
                                        "vigil\n   factories: true\n")
        self.assertFalse(os.path.exists(loaded))
        self.vigil("emit", "-c", config, "x", env=watched.environment(FACTORIES_LOADED=loaded))
        self.assertTrue(os.path.exists(loaded))

    def test_they_are_off_unless_the_file_says_so(self):
        self.assert_refused(self.config("'()': '@:make_file'", allowed=""),
                            "3:13: handlers.h.(): factories are not allowed; set 'vigil: {factories: true}' in this file")

    def test_a_file_that_others_can_write_has_none(self):
        config = self.config("'()': '@:make_file'")
        for mode in (0o664, 0o646):
            os.chmod(config, mode)
            self.assert_refused(config, "4:13: handlers.h.(): factories are not run: this file is writable by its group or "
                                        "others; chmod go-w it")
        self.assertEqual(self.vigil("check", self.config("class: logging.NullHandler", name="b.yaml")).returncode, 0)

    @rooted
    def test_a_file_of_somebody_elses_has_none(self):
        config = self.config("'()': '@:make_file'")
        os.chown(config, 12345, -1)
        self.assert_refused(config, "4:13: handlers.h.(): factories are not run: this file belongs to another user than you "
                                    "and root")

    @rooted
    def test_a_set_user_id_program_has_none(self):
        os.chmod(self.directory, 0o755)
        command = self.path("vigil")
        shutil.copyfile(watched.VIGIL, command)
        os.chown(command, 65534, -1)
        os.chmod(command, 0o4755)
        if os.statvfs(command).f_flag & os.ST_NOSUID:
            self.skipTest("files here cannot be set-user-id")
        result = self.bare(command, "check", self.config("'()': '@:make_file'"))
        self.assertIn("handlers.h.(): a set-user-id program runs no factories\n", result.stderr)

    def test_a_library_that_others_can_write_is_not_loaded(self):
        os.chmod(self.library, 0o757)
        self.assert_refused(self.config("'()': '@:make_file'"),
                            "4:13: handlers.h.(): @: is writable by its group or others; chmod go-w it")

    def test_what_the_loader_says(self):
        config = self.config("'()': '@:no_such'")
        result = self.emit(config)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.splitlines()[0], f"vigil: {config}:4:13: handlers.h.(): cannot load 'user.so:no_such': "
                                                        f"{self.library}: undefined symbol: no_such; nothing was logged")
        os.truncate(self.library, 10)
        self.assertIn(f"handlers.h.(): cannot load 'user.so:no_such': {self.library}: file too short; nothing was logged\n",
                      self.emit(config).stderr)
        os.unlink(self.library)
        self.assert_refused(config, "4:13: handlers.h.(): @: No such file or directory")

    def test_what_the_factory_says(self):
        config = self.config("'()': '@:make_file'")
        result = self.emit(config)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, f"vigil: {config}:4:13: handlers.h.(): make_file() returned -22: Invalid argument; "
                                        "nothing was logged\n")

    def test_the_c_api_loads_them_too(self):
        source = self.write("own.c", """#include <vigil/logging.h>
int main(int argc, char **argv)
{
	return vigil_config_load(argv[argc - 1]) != 0 || vigil_log_text(vigil_get_logger("a"), 20, NULL, "hello") != 0;
}
""")
        libraries = watched.BUILD / "lib"
        compiled = self.bare("gcc", "-I", watched.TREE / "core" / "include", "-o", self.path("own"), source, "-L", libraries,
                             "-lvigil-core", f"-Wl,-rpath,{libraries}")
        self.assertEqual((compiled.returncode, compiled.stderr), (0, ""))
        result = self.bare(self.path("own"), self.config(f"'()': '@:make_file', path: {self.out}"))
        self.assertEqual((result.returncode, result.stderr, self.text()), (0, "", "hello\n"))

    # ---- Inside watched programs ----

    def live(self, config, *command, **environment):
        """COMMAND with and without us: nobody notices. Returns what the library's handler wrote."""
        environment = watched.environment(MARK="7", **environment)
        shown = []
        for more in ({}, {"LD_PRELOAD": watched.PRELOAD, "VIGIL_CONFIG": config}):
            result = self.bare(*command, env={**environment, **more})
            shown.append((result.returncode, result.stdout, result.stderr))
        self.assertEqual(shown[0], shown[1])
        return self.text()

    def file(self, more=""):
        return self.config(f"'()': '@:make_file', path: {self.out}, told: {self.path('told')}, formatter: f{more}",
                           "formatters: {f: {format: '%(node_state)s %(levelname)s'}}\n")

    def test_a_c_program(self):
        self.assertEqual(self.live(self.file(), VICTIMS / "ends", "return", "3"),
                         "INIT INFO\nRUNNING INFO\nFAILED ERROR\n")
        self.assertTrue(self.text("told").endswith("in ends, MARK is 7\n"))

    def test_ends_of_all_kinds(self):
        for way in ("exit", "_exit", "quick_exit"):
            self.assertEqual(self.live(self.file(), VICTIMS / "ends", way, "0"),
                             "INIT INFO\nRUNNING INFO\nSUCCEEDED INFO\n")
            os.unlink(self.out)

    def test_an_end_in_the_programs_constructor(self):
        self.assertEqual(self.live(self.file(), VICTIMS / "constructor_exits"), "INIT INFO\nFAILED ERROR\n")

    def test_an_end_before_factories_can_run_is_recorded_all_the_same(self):
        for way, status in (("exit", 9), ("_exit", 9), ("crash", -signal.SIGSEGV)):
            os.mkdir(self.path(way))
            ended = self.bare(VICTIMS / "begins_in_library", env=watched.environment(
                LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=self.file(), VIGIL_DIR=self.path(way), BAD_BEGIN=way))
            self.assertEqual((ended.returncode, self.text()), (status, ""))
            self.assertEqual([event["node_state"] for event in self.events(way)], ["INIT", "FAILED"])

    def test_a_run_directory_gets_every_event_besides(self):
        os.mkdir(self.path("run"))
        self.live(self.file(), VICTIMS / "ends", "return", "0", VIGIL_DIR="")
        result = self.bare(VICTIMS / "ends", "return", "3", env=watched.environment(
            LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=self.file(), VIGIL_DIR=self.path("run")))
        self.assertEqual(result.returncode, 3)
        self.assertEqual([event["node_state"] for event in self.events()], ["INIT", "RUNNING", "FAILED"])

    def test_python(self):
        code = "import os, sys; print(sys.argv, os.environ['HOME'], os.environ['MARK']); sys.exit(5)"
        self.assertEqual(self.live(self.file(), "/usr/bin/python3", "-c", code, "x", HOME="/h"),
                         "INIT INFO\nRUNNING INFO\nFAILED ERROR\n")

    def test_a_shell_and_its_children(self):
        told = self.live(self.file(), "/bin/bash", "-c", "echo $MARK $0; x=$(/bin/ls /nope 2>&1); echo $x; /bin/true; exit 4")
        self.assertEqual(told.count("INIT INFO\n"), 4)     # bash, its $(…), ls, true
        self.assertEqual(told.count("FAILED ERROR\n"), 3)
        self.assertEqual(told.count("FAILED DEBUG\n"), 2)  # its parent's word of ls, and bash's of $(…)
        self.assertEqual(told.count("SUCCEEDED INFO\n"), 1)

    def test_a_crash_passes_by_what_is_not_signal_safe(self):
        self.assertEqual(self.live(self.file(), VICTIMS / "crashes", "null_write"), "INIT INFO\nRUNNING INFO\n")

    def test_a_crash_reaches_what_is_signal_safe(self):
        told = self.live(self.file(", safe: yes"), VICTIMS / "crashes", "null_write").splitlines()
        self.assertEqual(told[:3], ["INIT INFO", "RUNNING INFO", "FAILED CRITICAL"])
        self.assertTrue(told[3].startswith("#0  leaf+0x"))      # the trace goes with it, as in any text

    def test_a_handler_may_take_longer_than_the_trace(self):
        config = self.config(f"'()': '@:make_file', path: {self.out}, safe: yes, slow: 200, formatter: f",
                             "formatters: {f: {format: '%(node_state)s'}}\n",
                             "vigil: {factories: true, trace: {timeout_ms: 100}}\n")
        self.assertIn("\nFAILED\n#0  leaf+0x", self.live(config, VICTIMS / "crashes", "null_write"))

    def test_a_typed_factory_in_a_program(self):
        config = self.config(f"'()': '@:make_typed', args: [{{str: {self.out}}}, {{i32: -4}}, {{f64: 0.5}}, {{bool: no}}], "
                             "formatter: f", "formatters: {f: {format: '%(node_state)s'}}\n")
        self.assertEqual(self.live(config, VICTIMS / "ends", "return", "0"),
                         "-4 0.5 no: INIT\n-4 0.5 no: RUNNING\n-4 0.5 no: SUCCEEDED\n")

    def test_a_factory_that_fails_is_told_once_and_the_program_goes_on(self):
        config = self.config("'()': '@:make_file'")
        result = self.bare(VICTIMS / "ends", "return", "0",
                           env=watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=config))
        self.assertEqual((result.returncode, result.stderr),
                         (0, f"vigil: {config}:4:13: handlers.h.(): make_file() returned -22: Invalid argument; this config is "
                             "not used, the job goes on\n"))

    def test_a_job_under_run(self):
        result = self.run_quietly("sh", "-c", "exit 3")
        self.assertEqual(result.returncode, 3)
        result = self.vigil("run", "-q", "-d", "run2", "--config", self.file(), "--", VICTIMS / "ends", "return", "3")
        self.assertEqual((result.returncode, result.stderr), (3, ""))
        self.assertIn("FAILED ERROR\n", self.text())


if __name__ == "__main__":
    tap.main()
