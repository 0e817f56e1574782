# SPDX-License-Identifier: Apache-2.0
"""A Slurm of three nodes on this machine, or of the hosts of tests/support/hosts.py, for as long as a test needs it.

All of it, munge's key and socket included, lives in a directory of its own, and its daemons are children of the test: nothing of a
Slurm or munge that the machine may have is touched, and only these children are ended.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

import jobs

DAEMONS = ("munged", "slurmctld", "slurmd", "srun", "sinfo", "squeue", "scancel")
NODES = ("n1", "n2", "n3")

CONF = """\
ClusterName=vigil
SlurmctldHost={controller}
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={munge}/socket
CredType=cred/munge
StateSaveLocation={directory}/state
SlurmctldPidFile={directory}/slurmctld.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdSpoolDir={directory}/spool.%n
SlurmdPidFile={directory}/slurmd.%n.pid
SlurmdLogFile={directory}/slurmd.%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=1
MpiDefault=none
KillWait=5
SlurmdTimeout={patience}
ReturnToService=2
PlugStackConfig={directory}/plugstack.conf
{nodes}
{more}PartitionName=test Nodes=ALL Default=YES State=UP MaxTime=INFINITE
"""


def missing():
    """The first of the programs that is not there; None: all are."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return next((name for name in DAEMONS if not shutil.which(name, path=path)), None)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Slurm:
    """`with Slurm() as slurm: run("srun", …, env=slurm.environment)`; PLUGIN, if any, is loaded by srun and slurmstepd (spank(7)); MORE:
    lines of slurm.conf"""

    nodes, controller, patience = NODES, "localhost", 300

    def __init__(self, plugin=None, more=""):
        self.plugin, self.more = plugin, more
        self.directory = tempfile.mkdtemp(prefix="vigil-slurm-", dir="/tmp")  # short: a socket's path is, and world-readable
        self.munge = os.path.join(self.directory, "munge")
        self.daemons = []
        self.environment = {"SLURM_CONF": os.path.join(self.directory, "slurm.conf")}

    def __enter__(self):
        try:
            self._write_files()
            self._start_daemons()
            self._await_nodes()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if len(self.daemons) > 1:
            subprocess.run(["scancel", "--signal=KILL", "--user", self._user()], env=self._env(), check=False,
                           stderr=subprocess.DEVNULL, timeout=20)
            self._await(lambda: self._ask("squeue", "-h") == "", 10)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    @staticmethod
    def _user():
        return pwd.getpwuid(os.getuid()).pw_name

    def _env(self):
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"
        return dict(os.environ, PATH=path, **self.environment)

    def _ask(self, *command):
        return subprocess.run(command, env=self._env(), capture_output=True, text=True, check=False, timeout=20).stdout.strip()

    def _node_lines(self):
        """The nodes' lines of slurm.conf."""
        return "\n".join(f"NodeName={node} NodeHostname=localhost Port={port} CPUs=2 State=UNKNOWN"
                         for node, port in zip(self.nodes, free_ports(len(self.nodes))))

    def _write_files(self):
        os.chmod(self.directory, 0o755)
        for name in ("state", "munge", *(f"spool.{node}" for node in self.nodes)):
            os.mkdir(os.path.join(self.directory, name), 0o755)
        with open(self.environment["SLURM_CONF"], "w", encoding="ascii") as file:
            file.write(CONF.format(directory=self.directory, user=self._user(), controller=self.controller, port=free_ports(1)[0],
                                   munge=self.munge, patience=self.patience, nodes=self._node_lines(), more=self.more))
        with open(os.path.join(self.directory, "plugstack.conf"), "w", encoding="utf-8") as file:
            file.write(f"optional {self.plugin}\n" if self.plugin else "")
        key = os.path.join(self.directory, "munge", "key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o400), "wb") as file:
            file.write(secrets.token_bytes(128))

    def _start_daemons(self):
        self._start(*self._munged())
        self._await(lambda: os.path.exists(f"{self.munge}/socket"), 10) or self._give_up("munged did not start")
        self._start("slurmctld", "-D")
        for node in self.nodes:
            self._start("slurmd", "-D", "-N", node)

    def _start(self, *command):
        log = open(os.path.join(self.directory, "daemons.log"), "a", encoding="utf-8")
        self.daemons.append(subprocess.Popen(command, env=self._env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             cwd=self.directory))
        log.close()

    def _munged(self):
        """The command line of munged; all that it makes is in self.munge."""
        place = self.munge
        return ["munged", "--foreground", "--force", f"--key-file={self.directory}/munge/key", f"--socket={place}/socket",
                f"--pid-file={place}/pid", f"--log-file={place}/log", f"--seed-file={place}/seed"]

    def _await_nodes(self):
        ready = lambda: self._ask("sinfo", "-h", "-t", "idle", "-o", "%D") == str(len(self.nodes))
        self._await(ready, 40) or self._give_up("the nodes did not come up")

    @staticmethod
    def _await(condition, seconds):
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True

    def _give_up(self, what):
        logs = []
        for name in sorted(os.listdir(self.directory)):
            if name.endswith(".log"):
                with open(os.path.join(self.directory, name), encoding="utf-8", errors="replace") as file:
                    logs.append(f"{name}: {file.read()[-1500:]}")
        raise RuntimeError("\n".join([what, *logs]))


class HostsSlurm(Slurm):
    """The same with a slurmd, and a munged of its own, on each of HOSTS, which share DIRECTORY; slurmctld is on the first."""

    controller, patience = "n0", 5

    def __init__(self, hosts, directory):
        super().__init__()
        shutil.rmtree(self.directory)
        self.hosts, self.directory, self.munge = hosts, os.path.join(directory, "slurm"), "/tmp/munge"
        os.mkdir(self.directory)
        self.environment = {"SLURM_CONF": os.path.join(self.directory, "slurm.conf")}
        self.nodes = [host.name for host in hosts]

    def _ask(self, *command):
        return self.hosts[0].popen(*command, env=self._env(), stdout=subprocess.PIPE, text=True).communicate(timeout=20)[0].strip()

    def _node_lines(self):
        return "\n".join(f"NodeName={host.name} NodeAddr={host.address} CPUs=4 State=UNKNOWN" for host in self.hosts)

    def _start_daemons(self):
        for host in self.hosts:
            host.run("mkdir", "-m", "755", self.munge)
            host.daemon(*self._munged(), env=self._env())
        self._await(lambda: all(os.path.exists(f"/proc/{host.pid}/root{self.munge}/socket") for host in self.hosts), 10) \
            or self._give_up("munged did not start")
        self.hosts[0].daemon("slurmctld", "-D", env=self._env())
        for host in self.hosts:
            host.daemon("slurmd", "-D", env=self._env())

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)  # its daemons go with the hosts


class Case(jobs.Case):
    """Tests that share one Slurm, `cluster`; skipped where it is not installed."""

    cluster = None
    plugin = None
    more = ""

    @classmethod
    def setUpClass(cls):
        if missing() is None:
            cls.cluster = Slurm(cls.plugin, cls.more)
            cls.addClassCleanup(cls.cluster.__exit__)
            cls.cluster.__enter__()

    def setUp(self):
        super().setUp()
        if missing() is not None:
            self.skipTest(f"not installed: {missing()}")

    def environment(self):
        return jobs.environment(**self.cluster.environment)
