# SPDX-License-Identifier: Apache-2.0
"""The suites: where their sources come from, what is built of them, and the command of each of their tests.

Debian's own source packages are fetched by apt-get, from where the system's packages come from. The commands are those that each
suite's makefile runs: it is made to write them down (record.py) instead of running them.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RECORD = f"{sys.executable} {HERE / 'record.py'}"
PYTHON_SUITE = HERE.parent / "cli" / "test_python_suite.py"

# A test to be run: ARGUMENTS are those of env, in the directory CWD (None: an empty one). Where TOLD, it writes what each
# of its parts came to into the file that is its last argument.
Test = collections.namedtuple("Test", "suite name arguments cwd input seconds told")

PYTHON_MODULES = """test_wait3 test_wait4 test_fork1 test_posix test_os test_popen test_signal test_subprocess test_threadsignals
test_faulthandler test_pty test_threading test_multiprocessing_main_handling test_concurrent_futures test_multiprocessing_fork
test_multiprocessing_forkserver test_multiprocessing_spawn""".split()

# Some tests wait for a coincidence for half of that time, and pass it over then.
STRACE_SETTINGS = ["STRACE={0} -E LD_PRELOAD -E VIGIL_DIR", "STRACE_EXE={0}", "TIMEOUT_DURATION=60", "VERBOSE=1"]

# Folders of glibc, and which of their tests are about signals, processes, ends, threads that are cancelled.
GLIBC_TESTS = {
    "signal": ".",
    "setjmp": ".",
    "rt": ".",
    "nptl": "cancel|cleanup|sig|kill|fork|exec|exit|abort|raise|stack|detach|join|thread|robust|eintr|once|tls|tsd|basic|create",
    "posix": "wait|exec|spawn|fork|exit|pause|sig|pid|nice|sysconf|affinity|cpuset",
    "stdlib": "exit|abort|system|context|pty|env",
    "debug": "backtrace|longjmp",
    "misc": "pid|clone|syscall|sig|error|prctl|close_range|gettid|pause|process|select|poll|rseq|mlock|ptrace",
    "libio": "popen",
    "socket": ".",
    "time": "timer|clock|nanosleep|alarm",
}
NO_MANUAL = "all .DEFAULT: ; mkdir -p $(objdir)/manual && touch $(addprefix $(objdir)/manual/stamp.,o os oS)\n"
# Their names come from these variables of each folder's makefile.
GLIBC_VARIABLES = "$(tests) $(tests-internal)"


def run(command, log, cwd):
    """COMMAND, with what it says at the end of LOG; an error if it fails."""
    with open(log, "ab") as file:
        subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=True)


def sources_list(top):
    """The system's own lists of packages, as lists of sources, in a directory of apt's form."""
    parts = top / "apt" / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    (top / "apt" / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    etc = pathlib.Path("/etc/apt")
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.suffix in (".list", ".sources") and path.is_file():
            text = re.sub(r"^(Types:\s*)deb\s*$", r"\1deb-src", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            text = re.sub(r"^deb\s", "deb-src ", text, flags=re.MULTILINE)
            (parts / path.name).write_text(text, encoding="utf-8")
    return ["-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={parts}",
            "-o", f"Dir::State::Lists={top / 'apt' / 'lists'}"]


def fetch(name, top):
    """The tree of Debian's source package NAME below TOP, fetched if it is not there."""
    def found():
        return [path for path in sorted(top.glob(f"{name}-[0-9]*")) if (path / "configure").exists()]

    if not found():
        log = top / f"{name}.log"
        lists = sources_list(top)
        run(["apt-get", *lists, "update"], log, top)
        run(["apt-get", *lists, "source", name], log, top)
    return found()[-1]


def build(name, top, tree, options, targets):
    """TREE configured and built in a directory of its own, once; returns that."""
    where = top / f"{name}-build"
    log = top / f"{name}.log"
    if not (where / "built").exists():
        where.mkdir(exist_ok=True)
        if not (where / "Makefile").exists():
            run([str(tree / "configure"), *options], log, where)
        for target in targets:
            run(["make", "-j2", *target], log, where)
        (where / "built").touch()
    return where


def recorded(path, make):
    """What MAKE wrote down into PATH, each once; kept there for the next time."""
    if not path.exists():
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        make(new)
        new.rename(path)
    with open(path, encoding="utf-8") as file:
        return {tuple(line["arguments"]): line for line in map(json.loads, file)}.values()


def python_tests(_top):
    return [Test("cpython", module, [sys.executable, str(PYTHON_SUITE), module], None, None, 900, True)
            for module in PYTHON_MODULES]


def strace_tests(top):
    """All tests of strace. Most compare the system calls of a program to a list, so what strace starts is not watched; strace is,
    and the scripts around it, and each of those programs when the script starts it first without strace."""
    where = build("strace", top, fetch("strace", top), ["--enable-mpers=no"], [["all"], ["-C", "tests", "check", "TESTS="]])

    def make(path):
        environment = dict(os.environ, VIGIL_RECORD=str(path))
        with open(top / "strace.log", "ab") as log:
            subprocess.run(["make", "-j2", "-C", "tests", "check", f"TEST_LOG_COMPILER={RECORD}"], cwd=where, check=False,
                           env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    lines = recorded(where / "commands.jsonl", make)
    settings = [setting.format(where / "src" / "strace") for setting in STRACE_SETTINGS]
    return [Test("strace", pathlib.Path(line["arguments"][-1]).name.removesuffix(".test").removesuffix(".gen"),
                 [f"srcdir={line['srcdir']}", *settings, *line["arguments"]], line["cwd"], None, 200, False) for line in lines]


def glibc_make(folder, tree, where):
    return ["make", "-r", "-C", str(tree / folder), f"subdir={folder}", f"objdir={where}", "..=../"]


def glibc_names(folder, tree, where):
    """The tests of FOLDER that are wanted."""
    told = subprocess.run([*glibc_make(folder, tree, where), "-s", f"--eval=print-tests: ; @echo {GLIBC_VARIABLES}", "print-tests"], check=True, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True).stdout
    return [name for name in told.split("\n")[-2].split() if re.search(GLIBC_TESTS[folder], name)]


def glibc_tests(top):
    """Tests of glibc with the libc that was built, which the program alone is started with."""
    tree = fetch("glibc", top)
    if not (tree / "manual" / "Makefile").exists():
        # Debian's package is without the manual.
        (tree / "manual").mkdir(exist_ok=True)
        (tree / "manual" / "Makefile").write_text(NO_MANUAL, encoding="utf-8")
    where = top / "glibc-build"
    build("glibc", top, tree, ["--prefix=/usr", "--disable-werror", "--disable-nscd"],
          [["lib"], [*glibc_make("support", tree, where)[1:], "others"]])

    def make(path):
        environment = dict(os.environ, VIGIL_RECORD=str(path))
        for folder in GLIBC_TESTS:
            outputs = [f"{where}/{folder}/{name}.out" for name in glibc_names(folder, tree, where)]
            with open(top / "glibc.log", "ab") as log:
                subprocess.run([*glibc_make(folder, tree, where), "-k", "-j2", f"test-wrapper-env={RECORD}",
                                f"test-wrapper-env-only={RECORD} -i", *outputs],
                               env=environment, check=False, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    tests = []
    for line in recorded(where / "commands.jsonl", make):
        name = next(word for word in reversed(line["arguments"]) if word.startswith(f"{where}/")).removeprefix(f"{where}/")
        source = tree / f"{name}.input"
        tests.append(Test("glibc", name, [*line["arguments"][:1], "TIMEOUTFACTOR=4", *line["arguments"][1:]]
                          if line["arguments"][0] == "-i" else ["TIMEOUTFACTOR=4", *line["arguments"]],
                          line["cwd"], str(source) if source.exists() else None, 200, False))
    return tests


SUITES = {"cpython": python_tests, "glibc": glibc_tests, "strace": strace_tests}
