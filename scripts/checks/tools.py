# SPDX-License-Identifier: Apache-2.0
"""Tools that others made: clang-format, codespell, shellcheck, clang-tidy."""
import collections
import concurrent.futures
import os
import re
import shutil
import subprocess

# Another major version lays some lines out differently, and finds other faults.
CLANG_VERSION = 14


def tool(tree, name):
    """The command NAME, or None and a complaint that it is missing."""
    if not shutil.which(name):
        tree.complain(name, "is not installed; scripts/setup --tests installs it")
        return None
    return name


def is_packaged(name):
    """Whether this system has the package NAME-VERSION, as far as its lists of packages say."""
    if not shutil.which("apt-cache"):
        return True
    names = subprocess.run(["apt-cache", "pkgnames", f"{name}-"], capture_output=True, text=True, check=False).stdout.split()
    return not names or f"{name}-{CLANG_VERSION}" in names


def clang_tool(tree, name):
    """The command NAME of the version that is expected, perhaps with that version in its name, or None and a complaint; a system
    that has no package of that version skips it."""
    if shutil.which(f"{name}-{CLANG_VERSION}"):
        return f"{name}-{CLANG_VERSION}"
    if not is_packaged(name):
        tree.skip(name, f"this system has no package {name}-{CLANG_VERSION}")
        return None
    if not tool(tree, name):
        return None
    version = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.search(r"version (\d+)", version)
    if major and int(major[1]) == CLANG_VERSION:
        return name
    tree.complain(name, f"version {CLANG_VERSION} is expected, which Debian 12 has as {name}-{CLANG_VERSION}; "
                  f"here is {major[1] if major else 'none that says its version'}")
    return None


def side_by_side(tree, command, paths, share):
    """Run COMMAND with the PATHS, SHARE at a time, on all processors; returns what the runs printed, and the worst status."""
    shares = [paths[i : i + share] for i in range(0, len(paths), share)]

    def one(names):
        return subprocess.run([*command, *names], cwd=tree.top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        ended = list(pool.map(one, shares))
    return "".join(run.stdout for run in ended), max((run.returncode for run in ended), default=0)


def complain_of(tree, name, output, status, expression):
    """Each match of EXPRESSION, "where" and "what", in what the tool NAME printed; all of it, if there is none and it failed."""
    found = re.findall(expression, output, re.MULTILINE)
    for where, what in dict.fromkeys(found):
        tree.complain(where, f"{what} ({name})")
    if status and not found:
        tree.complain(name, f"status {status}: {output.strip()}")


def layout(tree):
    """Every C file is as clang-format lays it out; `make format` does it."""
    name = clang_tool(tree, "clang-format")
    paths = tree.files(".c", ".h")
    if name and paths:
        output, status = side_by_side(tree, [name, "--dry-run", "-Werror"], paths, 50)
        lines = collections.Counter(re.findall(r"^(\S+?):\d+:\d+: error: code should be clang-formatted", output, re.MULTILINE))
        for path, count in lines.items():
            tree.complain(path, f"{count} line{'s' if count > 1 else ''} that {name} lays out otherwise; make format does it")
        if status and not lines:
            tree.complain(name, f"status {status}: {output.strip()}")


def spelling(tree):
    """No misspelt word that codespell knows; .codespellrc has what it is to leave alone."""
    name = tool(tree, "codespell")
    skipped = re.compile(r"/corpus/|/fixtures/|\.mtx$|^LICENSE$")
    paths = [path for path in tree.files() if not skipped.search(path)]
    if name and paths:
        output, status = side_by_side(tree, [name], paths, 200)
        complain_of(tree, name, output, status, r"^(\S+?:\d+): (.*)")


def shell(tree):
    """No fault that shellcheck finds in a shell script."""
    name = tool(tree, "shellcheck")
    paths = tree.scripts(r"(?:ba|da)?sh")
    if name and paths:
        output, status = side_by_side(tree, [name, "-f", "gcc", "-x"], paths, 10)
        complain_of(tree, name, output, status, r"^(\S+?:\d+):\d+: \w+: (.*)")


def tidy(tree):
    """No fault that clang-tidy finds, by the checks of .clang-tidy."""
    name = clang_tool(tree, "clang-tidy")
    paths = tree.files(".c", below=("core/", "shim/"))
    if name and paths:
        output, status = side_by_side(tree, [name, "--quiet", "--warnings-as-errors=*"], paths, 4)
        complain_of(tree, name, output.replace(tree.top + "/", ""), status, r"^(\S+?:\d+):\d+: (?:error|warning): (.*?)$")
