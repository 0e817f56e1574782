#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`vigil emit`: its options, its exit statuses, and what it says where. What Python does too is in tests/conformance."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

CONFIG = """version: 1
formatters: {f: {format: '%(levelname)s %(name)s %(message)s %(rank)03d %(who)s'}}
handlers: {h: {class: logging.StreamHandler, stream: ext://sys.stdout, formatter: f}}
root: {level: 1, handlers: [h]}
"""


INI = """[loggers]
keys=root
[handlers]
keys=h
[formatters]
keys=f
[logger_root]
level=DEBUG
handlers=h
[handler_h]
class=FileHandler
args=('%s',)
formatter=f
[formatter_f]
format=%%(node_state)s %%(name)s
"""


class Ini(watched.Case):
    """fileConfig's files, wherever a configuration is taken."""

    def test_a_whole_run_logs_as_an_ini_file_says(self):
        config = self.write("job.ini", INI % self.path("out.log"))
        result = self.vigil("run", "-q", "-d", "run", "--config", config, "--", "sh", "-c", "exit 3")
        self.assertEqual((result.returncode, result.stderr), (3, ""))
        with open(self.path("out.log"), encoding="utf-8") as file:
            states = [line.split()[0] for line in file if line.startswith(("INIT", "RUNNING", "FAILED"))]
        self.assertIn("INIT", states)
        self.assertIn("FAILED", states)

    def test_a_broken_ini_file_starts_nothing(self):
        config = self.write("job.ini", (INI % self.path("out.log")).replace("DEBUG", "DEBUGG"))
        for command in (("run", "--config", config, "--", "touch", self.path("ran")), ("check", config)):
            result = self.vigil(*command)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(":8:7: root.level: Unknown level: 'DEBUGG'; did you mean 'DEBUG'?", result.stderr)
        self.assertFalse(pathlib.Path(self.path("ran")).exists())

    def test_check_draws_an_ini_files_tree(self):
        result = self.vigil("check", self.write("job.ini", INI % self.path("out.log")))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn(f"Handler File '{self.path('out.log')}' (h)", result.stdout)


class Emit(watched.Case):
    def expect(self, status, stdout, stderr, *arguments, **options):
        result = self.vigil("emit", *arguments, **options)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (status, stdout, stderr))

    def script(self, *lines):
        return self.write("script", "\n".join(lines) + "\n")

    def test_a_message_without_a_configuration_follows_pythons_rule(self):
        self.expect(0, "", "", "quiet")
        self.expect(0, "", "", "--level", "INFO", "quiet")
        self.expect(0, "", "loud\n", "--level=WARNING", "loud")
        self.expect(0, "", "100% %d\n", "-l", "35", "100% %d")

    def test_logger_level_and_extra_reach_the_format(self):
        self.write("job.yaml", CONFIG)
        self.expect(0, "ERROR a.b it is here 003 x=y\n", "", "--config", "job.yaml", "--logger", "a.b", "--level", "ERROR",
                    "--extra", "rank=3", "--extra=who=x=y", "it is here")

    def test_what_cannot_be_done_is_reported_and_is_status_1(self):
        self.expect(1, "", "ValueError: Unknown level: 'loud'\n", "--level", "loud", "m")
        self.expect(1, "", "KeyError: \"Attempt to overwrite 'msg' in LogRecord\"\n", "-l", "ERROR", "-e", "msg=1", "m")
        self.write("job.yaml", "version: 1\nroot: {level: WARNIG}\nloggers: {a: {handlers: [h]}}\n")
        result = self.vigil("emit", "--config", "job.yaml", "m")
        self.assertEqual(result.returncode, 1)
        self.assertIn("vigil: job.yaml:2:15: root.level: Unknown level: 'WARNIG'; did you mean 'WARNING'?\n", result.stderr)
        self.assertIn("vigil: job.yaml:3:26: loggers.a.handlers[0]: Unable to add handler 'h'", result.stderr)
        self.assertIn("nothing was logged", result.stderr)
        self.expect(1, "", "vigil: nowhere: No such file or directory; the script ends here\n", "--script", "nowhere")

    def test_wrong_usage_is_status_2(self):
        for arguments in ((), ("a", "b"), ("--extra", "novalue", "m"), ("--extra", "=v", "m"), ("--script", "-", "m"),
                          ("--script", "-", "--level", "1"), ("--nope", "m")):
            with self.subTest(arguments):
                result = self.vigil("emit", *arguments, stdin=watched.subprocess.DEVNULL)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertEqual(result.stderr.count("\n"), 1)

    def test_a_script_from_stdin_goes_on_behind_what_fails(self):
        self.expect(1, "", "ValueError: line 1: not valid JSON\nValueError: line 2: expected an object\n"
                    "ValueError: line 3: unknown operation 'nope'; known are: log, handle, get, set, disable, addLevelName, "
                    "config, tree\nKeyError: 'msg'\nKeyError: 'level'\nKeyError: 'record'\nKeyError: 'path'\nend\n",
                    "--script", "-", input="{\n[1]\n{\"op\":\"nope\"}\n{\"op\":\"log\",\"level\":40}\n{\"op\":\"log\"}\n"
                    "{\"op\":\"handle\"}\n{\"op\":\"config\"}\n\n{\"op\":\"log\",\"level\":40,\"msg\":\"end\"}")

    def test_numbers_that_are_not_jsons_are_refused_and_nul_is_replaced(self):
        for text in ("01", "1.", ".5", "-", "1e", "+1", "0x1"):
            with self.subTest(text):
                result = self.vigil("emit", "--script", self.script('{"op":"log","level":40,"msg":%s}' % text))
                self.assertEqual((result.returncode, result.stderr), (1, "ValueError: line 1: not valid JSON\n"))
        self.expect(0, "", "a\N{REPLACEMENT CHARACTER}b\n", "--script",
                    self.script(r'{"op":"log","level":40,"msg":"a\u0000b"}'))
        self.expect(0, "", "a\\u0000b\x01N7\n", "--script", self.script(r'{"op":"log","level":40,"msg":"a\\u0000b\u0001N7"}'))

    def test_a_record_that_a_handler_cannot_write_is_reported_as_python_reports_it(self):
        self.write("job.yaml", CONFIG)
        self.expect(0, "", "--- Logging error ---\nValueError: Formatting field not found in record: 'rank'\nCall stack:\n"
                    "Message: \"it's\"\nArguments: ()\n", "--config", "job.yaml", "it's")
        self.write("full.yaml", "version: 1\nhandlers: {h: {class: logging.FileHandler, filename: /dev/full}}\n"
                   "root: {handlers: [h]}\n")
        self.expect(0, "", "--- Logging error ---\nOSError: [Errno 28] No space left on device\nCall stack:\n"
                    "Message: 'm'\nArguments: ()\n", "--config", "full.yaml", "--level", "ERROR", "m")

    def test_a_configuration_that_is_refused_leaves_the_old_one(self):
        self.write("job.yaml", "version: 1\nhandlers: {h: {class: logging.FileHandler, filename: out.log}}\nroot: {handlers: [h]}\n")
        self.write("bad.yaml", "version: 1\nhandlers: {h: {class: logging.FileHandler, filename: new.log}}\nroot: {level: x}\n")
        log = '{"op":"log","level":40,"msg":"m"}'
        self.expect(1, "", "ValueError: Unable to configure root logger\n", "--config", "job.yaml", "--script",
                    self.script(log, '{"op":"config","path":"bad.yaml"}', log))
        with open(self.path("out.log"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "m\nm\n")
        self.assertFalse(pathlib.Path(self.path("new.log")).exists())

    def test_a_message_of_a_megabyte_is_whole(self):
        self.expect(0, "", "x" * (1 << 20) + "\n", "--script", self.script('{"op":"log","level":40,"msg":"%s"}' % ("x" * (1 << 20))))


if __name__ == "__main__":
    tap.main()
