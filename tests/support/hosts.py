# SPDX-License-Identifier: Apache-2.0
"""Several hosts on one machine, for tests: each has a network, a hostname, processes, mounts and System V IPC of its own.

A host is a set of namespaces whose first process is a shell that waits for the end of its standard input. The test holds the other
end: when the test ends, however it does, the shell goes, and with it every process, mount and interface of the host. The hosts are
joined by a bridge in a network namespace that has no way out, so that their addresses (10.77.0.0/24) are nobody else's, and two
tests may have hosts at once. They share the machine's files but for /tmp and /dev/shm, which are empty on each host; the folders
that a test shares are the same on all of them.

Needs root. missing() says what else is not there.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

NETWORK = "10.77.0"

# The first process of a host. $1: its name, $2: /etc/hosts, $3: a folder for the new /tmp, the rest: what is shared.
FIRST = r"""
set -e
hostname "$1"; names=$2; new=$3; shift 3
ip link set lo up
mount --bind "$names" /etc/hosts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs "$new"
chmod 1777 "$new"
for folder; do
	case $folder in
	/tmp/*) mkdir -p "$new/${folder#/tmp/}"; mount --bind "$folder" "$new/${folder#/tmp/}" ;;
	esac
done
mount --move "$new" /tmp
echo ready
read -r _ || :
"""


def missing():
    """None, or why there can be no hosts here."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("ip", "nsenter", "unshare"):
        if not shutil.which(program):
            return f"not installed: {program}"
    tried = subprocess.run(["unshare", "--net", "sh", "-c", "ip link add br0 type bridge && ip link add end0 type veth peer name end1"],
                           check=False, capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no network of its own: {tried.stderr.strip()}"


def child_of(pid):
    """The only child of the process PID, as soon as there is one."""
    for _ in range(200):
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
        time.sleep(0.02)
    raise RuntimeError(f"process {pid} has started nothing")


class Namespaces:
    """Namespaces and the process that holds them."""

    def __init__(self, *command):
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.said.seek(0)
            why = self.said.read()
            self.close()
            raise RuntimeError(f"no namespaces: {why}")
        self.pid = child_of(self.process.pid)

    def enter(self, kinds, *command):
        """COMMAND in the namespaces of KINDS, such as "--net"."""
        return ["nsenter", "--target", str(self.pid), *kinds, "--", *command]

    def net(self, *command):
        subprocess.run(self.enter(["--net"], *command), check=True)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.said.close()


class Host(Namespaces):
    """One host. Its processes see HOST.name and HOST.address; to the test they are processes like any other."""

    def __init__(self, number, scratch, shared):
        self.name, self.address = f"n{number}", f"{NETWORK}.{number + 1}"
        new = tempfile.mkdtemp(dir=scratch)
        super().__init__("unshare", "--net", "--uts", "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                         "bash", "-c", FIRST, "first", self.name, os.path.join(scratch, "hosts"), new, *shared)

    def popen(self, *command, cwd="/", **more):
        """Start COMMAND on the host in the folder CWD, as subprocess.Popen() does."""
        entered = self.enter(["--net", "--uts", "--ipc", "--mount", "--pid", "--root", f"--wdns={cwd}"], *map(str, command))
        return subprocess.Popen(entered, **more)

    def run(self, *command, **more):
        """Run COMMAND on the host; returns its output. A failure is an error."""
        process = self.popen(*command, stdout=subprocess.PIPE, text=True, **more)
        output, _ = process.communicate()
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command, output)
        return output

    def lose(self):
        """Kill every process of the host at once, as a loss of power does."""
        os.kill(self.pid, 9)
        self.process.wait()

    def link(self, up):
        """Cut the host off the network, or join it again."""
        self.net("ip", "link", "set", "eth0", "up" if up else "down")


class Hosts:
    """COUNT hosts, n0, n1, …, which share the folders SHARED; to be used as a context."""

    def __init__(self, count, shared=()):
        self.count, self.shared = count, [str(folder) for folder in shared]
        self.hosts, self.bridge, self.scratch = [], None, None

    def __enter__(self):
        self.scratch = tempfile.mkdtemp(prefix="vigil-hosts-")
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self.hosts

    def make(self):
        names = [f"{NETWORK}.{i + 1} n{i}\n" for i in range(self.count)]
        pathlib.Path(self.scratch, "hosts").write_text("127.0.0.1 localhost\n" + "".join(names), encoding="ascii")
        self.bridge = Namespaces("unshare", "--net", "--fork", "--kill-child", "sh", "-c",
                                 "ip link add br0 type bridge && ip link set br0 up && echo ready && read -r _")
        for i in range(self.count):
            host = Host(i, self.scratch, self.shared)
            self.hosts.append(host)
            self.bridge.net("ip", "link", "add", "eth0", "netns", str(host.pid), "type", "veth", "peer", "name", host.name)
            self.bridge.net("ip", "link", "set", host.name, "master", "br0", "up")
            host.net("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
            host.link(True)

    def __exit__(self, *_):
        for one in [*self.hosts, self.bridge]:
            if one is not None:
                one.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
