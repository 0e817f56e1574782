# SPDX-License-Identifier: Apache-2.0
"""What is asked of an installed vigil, whatever installed it: the right verdict on real jobs that fail, also where it is replaced while
they run.

These tests install into the system that they run on: only in a tree of scripts/tree, which is thrown away (VIGIL_TREE is set there).
VIGIL_DIST names the folder of the packages, build/dist if it is not set.
"""

import functools
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import watched

DIST = pathlib.Path(os.environ.get("VIGIL_DIST", watched.TREE / "build" / "dist")).resolve()
RANKS = 3
RANK = str(pathlib.Path(__file__).resolve().parent / "rank.py")

# What is not part of what a package installs, or changes by itself.
PASSING = ("/proc", "/sys", "/dev", "/run", "/tmp", "/srv", "/root", "/home", "/var/cache", "/var/log", "/var/tmp", "/var/lib/apt",
           "/var/lib/dpkg")


def in_tree():
    return unittest.skipUnless(os.environ.get("VIGIL_TREE"), "installs into the system: runs in a tree of scripts/tree")


def packages(pattern):
    """The files of DIST that match PATTERN; there has to be one."""
    found = sorted(DIST.glob(pattern))
    if not found:
        raise AssertionError(f"no {pattern} in {DIST}")
    return found


def files(top="/"):
    """Every file and folder below TOP but what passes, and Python's caches."""
    found = set()
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in PASSING and name != "__pycache__"]
        found.update(os.path.join(folder, name) for name in folders + names)
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def output(*command, **options):
    """What COMMAND prints, also on stderr; empty if it cannot be run, fails, or does not end."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120, **options)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def torchrun(python, *arguments):
    """The command line of torchrun of PYTHON's; without -r and -t torch 1.13 ends at once under Python 3.11."""
    return [python, "-m", "torch.distributed.run", "-r", "1", "-t", "1", "--log_dir", "logs", "--master_addr", "127.0.0.1",
            "--master_port", str(free_port()), "--monitor_interval", "0.1", *arguments]


@functools.lru_cache(maxsize=None)
def torchrun_works(python):
    """Whether it starts a rank, without vigil: Debian builds later versions without the library that their store asks for."""
    with tempfile.TemporaryDirectory(prefix="vigil-system-") as folder:
        return "it works" in output(*torchrun(python, "--nproc_per_node", "1", "--no_python", "/bin/echo", "it works"), cwd=folder)


def launchers(python):
    """{name: a function that gives the command line of a job of RANKS ranks of PYTHON's} for those that are there."""
    one = f"RANK=%d WORLD_SIZE={RANKS} MASTER_ADDR=127.0.0.1 {python} {RANK} & p%d=$!\n"
    script = "".join(one % (rank, rank) for rank in range(RANKS)) + "wait $p1; status=$?; kill $p0 $p2; exit $status"
    found = {"a script": lambda: ["/bin/sh", "-c", script]}
    if "Open MPI" in output("mpirun", "--version"):
        found["mpirun"] = lambda: ["mpirun", "--allow-run-as-root", "--oversubscribe", "-np", str(RANKS), python, RANK]
    if torchrun_works(python):
        found["torchrun"] = lambda: torchrun(python, "--nproc_per_node", str(RANKS), RANK)
    return found


class Case(unittest.TestCase):
    """A test with an empty directory of its own."""

    maxDiff = None

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="vigil-system-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.bare = {}  # the status of each launcher's job without vigil

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def done(self, *command, **options):
        """COMMAND, which has to succeed; what it prints on its standard output."""
        options.setdefault("env", watched.environment())
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
        self.assertEqual(done.returncode, 0, f"{command}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def run_job(self, prefix, command, meanwhile=None):
        """PREFIX + COMMAND in a new folder; MEANWHILE is called while all ranks are there. Returns the folder, the status and stderr."""
        folder = tempfile.mkdtemp(prefix="job-", dir=self.directory)
        environment = watched.environment(OMP_NUM_THREADS="1", GLOO_SOCKET_IFNAME="lo", OMPI_MCA_plm_rsh_agent="false",
                                          OMPI_MCA_btl_vader_single_copy_mechanism="none")
        with open(os.path.join(folder, "stderr"), "w+", encoding="utf-8") as said:
            job = subprocess.Popen([*prefix, *command], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=said)
            try:
                until = time.monotonic() + 240
                while not all(os.path.exists(os.path.join(folder, f"ready.{rank}")) for rank in range(RANKS)):
                    self.assertIsNone(job.poll(), pathlib.Path(said.name).read_text(encoding="utf-8"))
                    self.assertLess(time.monotonic(), until, "the ranks do not come")
                    time.sleep(0.05)
                if meanwhile:
                    meanwhile()
                with open(os.path.join(folder, "go"), "w", encoding="ascii"):
                    pass
                job.wait(120)
            finally:
                if job.poll() is None:
                    job.kill()
                    job.wait()
            said.seek(0)
            return folder, job.returncode, said.read()

    def assert_right(self, vigil, name, command, meanwhile=None):
        """VIGIL names rank 1 of the job, with its stack, at its end and in a report; its status is the bare one's; nothing is lost."""
        with self.subTest(name):
            if name not in self.bare:
                self.bare[name] = self.run_job([], command())[1]
            folder, status, said = self.run_job([vigil, "run", "-d", "run", "--"], command(), meanwhile)
            self.assertEqual(status, self.bare[name], said)
            self.assertRegex(said, r"(?m)^vigil: job \w+ failed after .*: rank 1 failed first")
            self.assertNotIn("ERROR: ld.so", said)
            report = json.loads(self.done(vigil, "report", "--json", "run", cwd=folder))
            root = report["attempts"][-1]["root_cause"]
            self.assertEqual((root["rank"], root["cause"]), (1, "fault"), root)
            self.assertIn(root["confidence"], ("proven", "likely"), root)
            self.assertRegex(root["reason"], "^SIGSEGV")
            records = watched.events(os.path.join(folder, "run"))
            (fault,) = [one for one in records if one["node_state"] == "FAILED" and one["rank"] == 1
                        and one["source"] == "WORKER" and one.get("signal")]
            self.assertGreater(len(fault["frames"]), 3, fault)
            self.assertTrue(any(frame.get("function") for frame in fault["frames"]), fault["frames"])
            ended = {one["pid"] for one in records if one["node_state"] in ("SUCCEEDED", "FAILED")}
            begun = {one["pid"] for one in records if one["node_state"] == "INIT"}
            programs = {one["process"]["program"] for one in records if one["node_state"] == "SUCCEEDED"}
            self.assertEqual(begun - ended, set())
            self.assertIn("true", programs)

    def assert_jobs(self, vigil, python, before=None, meanwhile=None):
        """Each launcher's job is reported rightly; BEFORE is called before it, MEANWHILE during it."""
        for name, command in launchers(python).items():
            if before:
                before()
            self.assert_right(vigil, name, command, meanwhile)

    def assert_configured(self, vigil):
        """A watched process reads a configuration: the tables of that have relocations that the library makes by itself."""
        config = self.write("job.yaml", "version: 1\nformatters: {f: {format: 'seen %(levelname)s %(message)s'}}\n"
                            "handlers: {h: {class: logging.FileHandler, formatter: f, filename: " + self.path("log") + "}}\n"
                            "root: {level: ERROR, handlers: [h]}\n")
        subprocess.run([vigil, "run", "-q", "-d", "configured", "-c", config, "--", "/bin/sh", "-c", "kill -SEGV $$"],
                       cwd=self.directory, env=watched.environment(), check=False)
        self.assertRegex(pathlib.Path(self.path("log")).read_text(encoding="utf-8"), r"(?m)^seen CRITICAL .*SIGSEGV")

    def assert_licences(self, text, whole=True):
        """TEXT has the licence of each library that is linked in; WHOLE: also those that Debian's texts only name."""
        libraries = ("libyaml.a", "libffi_pic.a", "libdw.a", "libelf.a", "liblzma.a", "libbz2.a", "libz.a")
        heads = re.findall(r"(?m)^={78}\n(.*)\n={78}\n\n.", text)
        self.assertEqual([one for one in libraries if one not in ", ".join(heads).split(", ")], [])
        for word in ("Kirill Simonov", "Anthony Green", "Seward", "Jean-loup Gailly", "Lasse Collin", "Red Hat"):
            self.assertTrue(word in text, word)
        if whole:
            self.assertLessEqual({"GPL-2", "GPL-3", "LGPL-3"}, set(heads))
            self.assertTrue("GNU LESSER GENERAL PUBLIC LICENSE" in text)

    def assert_completes(self, vigil, completion):
        """COMPLETION, the file, is what VIGIL prints, and bash takes it."""
        self.assertEqual(pathlib.Path(completion).read_text(encoding="utf-8"), self.done(vigil, "--bash-completion"))
        said = self.done("bash", "-c", f". {completion} && complete -p vigil")
        self.assertEqual(said, "complete -F _vigil vigil\n")
