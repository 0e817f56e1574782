#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command finds itself as it would without vigil, but for the variables that are named."""

import json
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

NAMED = {"LD_PRELOAD", "VIGIL_DIR", "VIGIL_RUN_ID", "ASAN_OPTIONS"}

# What a process can find out about itself.
SELF = r"""
import json, os, signal, sys
status = dict(line.rstrip("\n").split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
print(json.dumps({
    "environ": dict(os.environ),
    "fds": sorted((int(n), os.readlink("/proc/self/fd/" + n)) for n in os.listdir("/proc/self/fd")
                  if os.path.exists("/proc/self/fd/" + n) and int(n) < 700),
    "masks": {name: status[name] for name in ("SigBlk", "SigIgn")},
    "limits": open("/proc/self/limits").read(),
    "session": os.getsid(0), "cwd": os.getcwd(), "umask": status["Umask"], "nice": os.nice(0),
    "argv": sys.argv[1:], "stdin": sys.stdin.read(),
}))
"""


class Environment(watched.Case):
    def look(self, *prefix, prepare=None, env=None):
        ended = subprocess.run([*prefix, "/usr/bin/python3", "-c", SELF, "a b", "", "ü"], input="in\n", text=True,
                               capture_output=True, cwd=self.directory, env=env or watched.environment(),
                               preexec_fn=prepare, check=True, timeout=60)
        self.assertEqual(ended.stderr, "")
        return json.loads(ended.stdout)

    def assert_same(self, prepare=None, **more):
        """Bare and watched agree in everything but the named variables; returns the watched one's view."""
        env = watched.environment(**more)
        bare = self.look(prepare=prepare, env=env)
        seen = self.look(watched.VIGIL, "run", "-q", "-d", "run", "--", prepare=prepare, env=env)
        for name in NAMED:
            bare["environ"].pop(name, None)
        rest = dict(seen, environ={name: value for name, value in seen["environ"].items() if name not in NAMED})
        for view in (bare, rest):  # each has pipes of its own
            view["fds"] = [(number, target.split(":")[0]) for number, target in view["fds"]]
        self.assertEqual(rest, bare)
        return seen

    def test_switched_off_it_becomes_its_command(self):
        env = watched.environment(VIGIL_DISABLE="1")
        bare = self.look(env=env)
        seen = self.look(watched.VIGIL, "run", "-d", "run", "--", env=env)
        for view in (bare, seen):
            view["fds"] = [(number, target.split(":")[0]) for number, target in view["fds"]]
        self.assertEqual(seen, bare)
        self.assertFalse(os.path.exists(self.path("run")))
        with subprocess.Popen([watched.VIGIL, "run", "--", "sh", "-c", "echo $$; exit 3"], env=env, cwd=self.directory,
                              stdout=subprocess.PIPE, text=True) as process:
            self.assertEqual(int(process.stdout.readline()), process.pid)
        self.assertEqual(process.returncode, 3)
        self.assertEqual(os.listdir(self.directory), [])

    def test_switched_off_it_says_what_it_cannot_run(self):
        env = watched.environment(VIGIL_DISABLE="1")
        for name, status in (("./nosuch", 127), ("/etc", 126)):
            ended = subprocess.run([watched.VIGIL, "run", "--", name], env=env, capture_output=True, text=True, check=False,
                                   cwd=self.directory)
            self.assertEqual((ended.returncode, ended.stdout), (status, ""))
            self.assertRegex(ended.stderr, rf"^vigil: {name}: .*\n$")

    def test_only_the_named_variables_differ(self):
        seen = self.assert_same(EMPTY="", ODD="a=b\nc")["environ"]
        self.assertEqual(seen["LD_PRELOAD"], watched.PRELOAD)
        self.assertEqual(seen["VIGIL_DIR"], os.path.realpath(self.path("run")))
        self.assertRegex(seen["VIGIL_RUN_ID"], r"^[0-9a-f]{6}$")
        self.assertEqual(seen["ASAN_OPTIONS"], "verify_asan_link_order=0")

    def test_ignored_and_blocked_signals_stay_so(self):
        def prepare():
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGTSTP):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
        self.assert_same(prepare)

    def test_limits_umask_and_nice_stay_so(self):
        def prepare():
            import resource
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_NOFILE, (800, 900))
            os.umask(0o027)
            os.nice(3)
        self.assert_same(prepare)

    def test_a_closed_stdin_stays_closed(self):
        script = "readlink /proc/self/fd/0 || echo closed"
        for line in ("<&-", "<&- 2>&-"):
            ended = self.bare("sh", "-c", f"{watched.VIGIL} run -q -d run --append -- sh -c '{script}' {line}")
            self.assertEqual(ended.stdout, "closed\n")

    def test_inherited_descriptors_reach_the_command_and_are_let_go(self):
        # The reader of descriptor 5 sees its end when the command closes it, not when vigil ends.
        read, write = os.pipe()
        process = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "sh", "-c",
                             f"echo here >&{write}; exec {write}>&-; sleep 30", pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as pipe:
            self.assertEqual(pipe.read(), "here\n")
        self.assertIsNone(process.poll())

    def test_stdout_ends_when_the_command_closes_it(self):
        process = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--", "sh", "-c",
                             "echo here; exec >&- 2>&-; sleep 30", stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.read(), "here\n")
        self.assertIsNone(process.poll())

    def test_standard_streams_pass_through(self):
        ended = self.run_quietly("sh", "-c", "cat; echo oops >&2", input="one\ntwo\n")
        self.assertEqual((ended.stdout, ended.stderr), ("one\ntwo\n", "oops\n"))

    def preload_of(self, given):
        return self.run_quietly("printenv", "LD_PRELOAD", env=watched.environment(LD_PRELOAD=given)).stdout.rstrip("\n")

    def test_what_is_in_ld_preload_stays_behind_ours(self):
        self.assertEqual(self.preload_of("libc.so.6"), f"{watched.PRELOAD}:libc.so.6")

    def test_our_preload_is_not_there_twice(self):
        for number, given in enumerate((watched.PRELOAD, f"libc.so.6:{watched.PRELOAD}", f"libc.so.6 {watched.PRELOAD}")):
            ended = self.vigil("run", "-q", "-d", f"run{number}", "--", "printenv", "LD_PRELOAD",
                               env=watched.environment(LD_PRELOAD=given))
            self.assertEqual(ended.stdout.rstrip("\n"), given)

    def test_asan_options_are_kept(self):
        for number, (given, expected) in enumerate((
                ("detect_leaks=0:color=never", "detect_leaks=0:color=never:verify_asan_link_order=0"),
                ("verify_asan_link_order=1", "verify_asan_link_order=1"))):
            ended = self.vigil("run", "-q", "-d", f"run{number}", "--", "printenv", "ASAN_OPTIONS",
                               env=watched.environment(ASAN_OPTIONS=given))
            self.assertEqual(ended.stdout, expected + "\n")

    def test_a_configuration_is_handed_on_as_an_absolute_path(self):
        self.write("config.yaml", "version: 1\n")
        ended = self.vigil("run", "-q", "-c", "config.yaml", "--", "printenv", "VIGIL_CONFIG")
        self.assertEqual(ended.stdout, os.path.realpath(self.path("config.yaml")) + "\n")

    def test_a_run_inside_a_run_has_its_own_directory_and_id(self):
        show = 'echo "$VIGIL_DIR $VIGIL_RUN_ID"'
        ended = self.run_quietly("sh", "-c", f"{show}; {watched.VIGIL} run -q -d inner -- sh -c '{show}'")
        outer, inner = (line.split() for line in ended.stdout.splitlines())
        self.assertEqual([os.path.basename(outer[0]), os.path.basename(inner[0])], ["run", "inner"])
        self.assertNotEqual(outer[1], inner[1])

    def test_the_wrapper_does_not_look_like_a_rank(self):
        # A rank's variables in the environment of its parent mean that the parent is the rank.
        env = watched.environment(OMPI_COMM_WORLD_RANK="3", OMPI_COMM_WORLD_SIZE="4", OMPI_COMM_WORLD_LOCAL_RANK="3")
        ended = self.run_quietly("sh", "-c", "tr '\\0' '\\n' </proc/$PPID/environ | grep -c OMPI_; echo $OMPI_COMM_WORLD_RANK",
                                 env=env)
        self.assertEqual(ended.stdout, "0\n3\n")
        reported = [event for event in self.events() if event["source"] == "AGENT" and event.get("teller", {}).get("comm", "vigil") == "vigil"]
        self.assertEqual([(event["rank"], event["leader"]) for event in reported], [(3, True)])


OURS = ["-x", "LD_PRELOAD", "-x", "VIGIL_DIR", "-x", "VIGIL_RUN_ID", "-x", "ASAN_OPTIONS"]


class OpenMpi(watched.Case):
    """A program by the name of Open MPI's launcher that prints how it was called."""

    def called(self, *arguments, name="orterun", link="mpirun", starts="", **more):
        self.write(name, f'#!/bin/sh\nprintf "%s|" "$@"  # {starts}\n', 0o755)
        if not os.path.lexists(self.path(link)):
            os.symlink(name, self.path(link))
        ended = self.vigil("run", "-q", f"./{link}", *arguments, env=watched.environment(**more))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout.rstrip("|").split("|")

    def test_its_launcher_is_made_to_pass_our_variables_on(self):
        self.assertEqual(self.called("-np", "2", "./solver"), [*OURS, "-np", "2", "./solver"])

    def test_a_preload_of_the_users_gets_ours_in_front(self):
        self.assertEqual(self.called("-x", "LD_PRELOAD=libm.so.6", "-x", "VIGIL_DIR", "./solver"), [
            "-x", "VIGIL_RUN_ID", "-x", "ASAN_OPTIONS", "-x", f"LD_PRELOAD={watched.PRELOAD}:libm.so.6",
            "-x", "VIGIL_DIR", "./solver"])

    def test_each_program_of_several_gets_them(self):
        self.assertEqual(self.called("-np", "1", "a", ":", "-x", "VIGIL_DIR", "-x", "LD_PRELOAD=libm.so.6", "b", ":", "c"), [
            *OURS, "-np", "1", "a", ":", *OURS[4:], "-x", "VIGIL_DIR", "-x", f"LD_PRELOAD={watched.PRELOAD}:libm.so.6", "b",
            ":", *OURS, "c"])

    def test_the_names_of_open_mpi_5(self):
        self.assertEqual(self.called("a", name="mpirun.openmpi", starts="prterun"), [*OURS, "a"])
        self.assertEqual(self.called("a", name="prte", link="prterun"), [*OURS, "a"])
        self.assertEqual(self.called("a", name="prun", link="prun"), [*OURS, "a"])
        self.assertEqual(self.called("a", name="prte", link="prte"), ["a"])  # the daemon
        self.assertEqual(self.called("a", name="mpirun.mpich", link="mpiexec"), ["a"])

    def test_a_list_that_excludes_it_is_left_alone(self):
        self.assertEqual(self.called("a", OMPI_MCA_mca_base_env_list="HOME"), ["a"])
        self.assertEqual(self.called("--mca", "mca_base_env_list", "HOME", "a"), ["--mca", "mca_base_env_list", "HOME", "a"])

    def test_another_mpirun_gets_nothing(self):
        self.assertEqual(self.called("-n", "2", "a", name="mpiexec.hydra"), ["-n", "2", "a"])


class Env(watched.Case):
    """vigil env."""

    def test_it_prints_what_a_shell_can_evaluate(self):
        odd = self.path("it's a \"$HOME\" dir")
        ended = self.vigil("env", "-d", odd, env=watched.environment(LD_PRELOAD="libm.so.6"))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        shell = self.bare("sh", "-c", f"{ended.stdout}\nunset LD_PRELOAD\nprintenv VIGIL_DIR; test -d \"$VIGIL_DIR\"; echo $?")
        self.assertEqual(shell.stdout, f"{os.path.realpath(odd)}\n0\n")
        self.assertIn(f"export LD_PRELOAD='{watched.PRELOAD}:libm.so.6'\n", ended.stdout)
        self.assertRegex(ended.stdout, r"export VIGIL_RUN_ID='[0-9a-f]{6}'\n")

    def test_it_refuses_what_run_refuses(self):
        os.mkdir(self.path("used"))
        self.write("used/n1.jsonl", "{}\n")
        ended = self.vigil("env", "-d", "used")
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        self.assertIn("another run", ended.stderr)
        self.assertEqual(self.vigil("env", "extra").returncode, 2)


if __name__ == "__main__":
    tap.main()
