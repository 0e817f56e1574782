# SPDX-License-Identifier: Apache-2.0
"""Several hosts on one machine, for tests: each has a network, a hostname, processes, mounts, System V IPC, a boot and clocks of its own.

A host is a set of namespaces whose first process is a shell that waits for the end of its standard input. The test holds the other
end: when the test ends, however it does, the shell goes, and with it every process, mount and interface of the host. The hosts are
joined by a bridge in a network namespace that has no way out, so that their addresses (10.77.0.0/24) are nobody else's, and two
tests may have hosts at once. They share the machine's files but for /tmp, /run and /dev/shm, which are empty on each host; the
folders that a test shares are the same on all of them, and of those that it makes private each host has its own.

With SSH=True each host has an sshd, which knows one key, and lets root in by it. Who has HOST.bin in front of PATH has an ssh that
knows the key and the hosts, by their names.

Needs root. missing() says what else is not there.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import uuid

NETWORK = "10.77.0"
SSHD = "/usr/sbin/sshd"
KINDS = ("--net", "--uts", "--ipc", "--mount", "--pid", "--time")

# The first process of a host. $1: its name, $2: its folder, $3: how many of the others are shared folders; the rest are private.
# The folder has: hosts, nsswitch.conf, boot_id, passwd, shadow, tmp (for the new /tmp), and the private folders,
# "disk0", ….
FIRST = r"""
set -e
hostname "$1"; own=$2; shared=$3; shift 3
ip link set lo up
mount --bind "$own/hosts" /etc/hosts
mount --bind "$own/nsswitch.conf" /etc/nsswitch.conf
mount --bind "$own/passwd" /etc/passwd
mount --bind "$own/shadow" /etc/shadow
mount --bind "$own/boot_id" /proc/sys/kernel/random/boot_id
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
new=$own/tmp
mount -t tmpfs tmpfs "$new"
chmod 1777 "$new"
for folder in "${@:1:$shared}"; do
	case $folder in
	/tmp/*) mkdir -p "$new/${folder#/tmp/}"; mount --bind "$folder" "$new/${folder#/tmp/}" ;;
	esac
done
number=0
for folder in "${@:$((shared + 1))}"; do
	case $folder in
	/tmp/*) folder=$new/${folder#/tmp/} ;;
	esac
	mkdir -p "$folder"; mount --bind "$own/disk$number" "$folder"
	number=$((number + 1))
done
mount --move "$new" /tmp
echo ready
read -r _ || :
"""

# The process that holds the bridge, and removes the folder $1 at the end.
BRIDGE = r"""
ip link add br0 type bridge && ip link set br0 up && echo ready && read -r _
rm -rf "$1"
"""

SSHD_CONFIG = """\
HostKey {where}/host_key
AuthorizedKeysFile {where}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
"""

SSH_CONFIG = """\
Host *
  User root
  IdentityFile {where}/user_key
  IdentitiesOnly yes
  UserKnownHostsFile {where}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  ServerAliveInterval 2
  ServerAliveCountMax 2
  LogLevel ERROR
"""


def missing(ssh=False):
    """None, or why there can be no hosts here."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("ip", "nsenter", "unshare", *((SSHD, "ssh", "ssh-keygen") if ssh else ())):
        if not shutil.which(program):
            return f"not installed: {program}"
    tried = subprocess.run(["unshare", "--net", "--time", "sh", "-c", "ip link add br0 type bridge && ip link add end0 type veth peer name end1"],
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


def lets_root_in(path):
    """The text of /etc/passwd or /etc/shadow: sshd refuses a user whose password is locked by a "!", and a bash would read the files of
    the machine's root."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    for i, line in enumerate(lines):
        name, password, *rest = line.split(":")
        if name == "root":
            shell = ["/bin/sh"] if path == "/etc/passwd" else rest[-1:]
            lines[i] = ":".join([name, password.lstrip("!") or "*", *rest[:-1], *shell])
    return "\n".join([*lines, ""])


class Host(Namespaces):
    """One host. Its processes see HOST.name and HOST.address; to the test they are processes like any other."""

    def __init__(self, number, scratch, shared, private):
        self.name, self.address = f"n{number}", f"{NETWORK}.{number + 1}"
        self.folder, self.private, self.bin = os.path.join(scratch, self.name), list(private), os.path.join(scratch, "bin")
        self.scratch, self.daemons = scratch, []
        os.makedirs(os.path.join(self.folder, "tmp"))
        for disk in range(len(self.private)):
            os.mkdir(os.path.join(self.folder, f"disk{disk}"))
        shutil.copy(os.path.join(scratch, "hosts"), self.folder)
        pathlib.Path(self.folder, "nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files\n", encoding="ascii")
        for file in ("passwd", "shadow"):
            pathlib.Path(self.folder, file).write_text(lets_root_in(f"/etc/{file}"), encoding="utf-8")
        pathlib.Path(self.folder, "boot_id").write_text(f"{uuid.uuid4()}\n", encoding="ascii")
        up = str(100000 * (number + 1))  # seconds, so that no two hosts' monotonic clocks are alike
        super().__init__("unshare", *KINDS, "--monotonic", up, "--boottime", up, "--fork", "--kill-child", "--mount-proc",
                         "bash", "-c", FIRST, "first", self.name, self.folder, str(len(shared)), *shared, *self.private)

    def popen(self, *command, cwd="/", **more):
        """Start COMMAND on the host in the folder CWD, as subprocess.Popen() does."""
        return subprocess.Popen(self.enter([*KINDS, "--root", f"--wdns={cwd}"], *map(str, command)), **more)

    def run(self, *command, **more):
        """Run COMMAND on the host; returns its output. A failure is an error."""
        process = self.popen(*command, stdout=subprocess.PIPE, text=True, **more)
        output, _ = process.communicate()
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command, output)
        return output

    def daemon(self, *command, **more):
        """Start COMMAND on the host, to run as long as the host; what it says is in NAME.log of the host's folder."""
        with open(os.path.join(self.folder, f"{os.path.basename(command[0])}.log"), "ab") as log:
            self.daemons.append(self.popen(*command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more))

    def start_sshd(self):
        self.daemon(SSHD, "-D", "-e", "-f", os.path.join(self.scratch, "sshd_config"), "-o", f"ListenAddress={self.address}")

    def disk(self, private):
        """Where the machine has the host's own folder PRIVATE; it is there as long as the hosts, also when the host is lost."""
        return os.path.join(self.folder, f"disk{self.private.index(str(private))}")

    def mount_small(self, folder, size):
        """Give the host a file system of SIZE bytes at FOLDER, for a disk that is soon full."""
        self.run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)

    def lose(self):
        """Kill every process of the host at once, as a loss of power does, and take it off the network, where nobody answers for it."""
        self.link(False)
        os.kill(self.pid, 9)
        self.process.wait()

    def link(self, up):
        """Cut the host off the network, or join it again."""
        self.net("ip", "link", "set", "eth0", "up" if up else "down")

    def close(self):
        super().close()
        for daemon in self.daemons:
            daemon.wait()


class Hosts:
    """COUNT hosts, n0, n1, …, which share the folders SHARED, and have those of PRIVATE each for itself; to be used as a context."""

    def __init__(self, count, shared=(), private=(), ssh=False):
        self.count, self.shared, self.private = count, [str(folder) for folder in shared], [str(folder) for folder in private]
        self.ssh, self.hosts, self.bridge, self.scratch = ssh, [], None, None

    def __enter__(self):
        self.scratch = tempfile.mkdtemp(prefix="vigil-hosts-", dir="/tmp")
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self.hosts

    def write(self, name, text, mode=0o644):
        path = pathlib.Path(self.scratch, name)
        path.write_text(text, encoding="ascii")
        path.chmod(mode)

    def make(self):
        os.chmod(self.scratch, 0o755)
        names = [f"{NETWORK}.{i + 1} n{i}\n" for i in range(self.count)]
        self.write("hosts", "127.0.0.1 localhost\n" + "".join(names))
        self.bridge = Namespaces("unshare", "--net", "--fork", "--kill-child", "sh", "-c", BRIDGE, "bridge", self.scratch)
        if self.ssh:
            self.write_ssh()
        for i in range(self.count):
            host = Host(i, self.scratch, [self.scratch, *self.shared], self.private)
            self.hosts.append(host)
            self.bridge.net("ip", "link", "add", "eth0", "netns", str(host.pid), "type", "veth", "peer", "name", host.name)
            self.bridge.net("ip", "link", "set", host.name, "master", "br0", "up")
            host.net("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
            host.link(True)
        if self.ssh:
            self.start_ssh()

    def write_ssh(self):
        """The keys and settings of sshd and ssh."""
        for key in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", os.path.join(self.scratch, key)], check=True)
        public = pathlib.Path(self.scratch, "host_key.pub").read_text(encoding="ascii")
        self.write("known_hosts", f"n*,{NETWORK}.* {public}")
        self.write("sshd_config", SSHD_CONFIG.format(where=self.scratch))
        self.write("ssh_config", SSH_CONFIG.format(where=self.scratch))
        os.mkdir(os.path.join(self.scratch, "bin"))
        self.write("bin/ssh", f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.scratch}/ssh_config "$@"\n', 0o755)

    def start_ssh(self):
        for host in self.hosts:
            host.start_sshd()
        for host in self.hosts:
            self.await_sshd(host)

    def await_sshd(self, host):
        for _ in range(100):
            if self.hosts[0].popen(os.path.join(self.scratch, "bin", "ssh"), host.name, "true", stdin=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL).wait() == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"no sshd: {pathlib.Path(host.folder, 'sshd.log').read_text(encoding='utf-8')}")

    def __exit__(self, *_):
        for one in [*self.hosts, self.bridge]:
            if one is not None:
                one.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
