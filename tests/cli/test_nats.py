#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Events by way of a NATS server: vigil run --to and --collect, vigil forward, vigil report URL."""

import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import nats
import nkeys
import tap
import watched

MISSING = nats.missing()

# A fault after some other processes, and what the launcher makes of it.
JOB = "for i in 1 2 3; do /bin/true; sleep 0.1; done; sh -c 'kill -SEGV $$'; exit 3"

# One second of events, then a fault.
LONG = "for i in $(seq 30); do /bin/true; sleep 0.1; done; sh -c 'kill -SEGV $$'; exit 3"

# Events all the time for some seconds.
BUSY = "for i in $(seq 1500); do /bin/true; done; sh -c 'kill -SEGV $$'; exit 3"


def own_environment(**more):
    clean = watched.environment(**more)
    return {name: value for name, value in clean.items() if not name.startswith("NATS_") or name in more}


@unittest.skipIf(MISSING, MISSING)
class Case(watched.Case):
    def server(self, name="server", **more):
        server = nats.Server(self.path(name), **more)
        self.addCleanup(server.close)
        return server

    def client(self, server):
        client = nats.Client(server)
        self.addCleanup(client.close)
        return client

    def vigil(self, *arguments, **options):
        options.setdefault("env", own_environment())
        return super().vigil(*arguments, **options)

    def assert_same_report(self, directory, url):
        for form in ([], ["--json"]):
            there = self.vigil("report", *form, url)
            self.assertEqual((there.returncode, there.stderr), (0, ""))
            self.assertEqual(self.vigil("report", *form, directory).stdout, there.stdout)

    def forget_what_was_sent(self):
        for path in pathlib.Path(self.path("run")).glob(".forwarded-*"):
            path.unlink()

    def assert_nothing_left(self, before):
        self.assertEqual(set(glob.glob("/tmp/vigil-??????")) - before, set())


class Transport(Case):
    def test_a_run_on_a_server_is_the_run_in_its_directory(self):
        server = self.server()
        before = set(glob.glob("/tmp/vigil-??????"))
        bare = self.bare("sh", "-c", JOB)
        ended = self.vigil("run", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", JOB)
        self.assertEqual((ended.returncode, ended.stdout), (bare.returncode, bare.stdout))
        self.assertIn(f"full report: vigil report {server.url}/r", ended.stderr)
        self.assert_same_report("run", server.url + "/r")
        page = self.vigil("report", "--html", "page", server.url + "/r")
        self.assertEqual((page.returncode, page.stderr), (0, ""))
        self.assertGreater(os.path.getsize(self.path("page")), 10000)
        client = self.client(server)
        count = client.messages("r")
        for _ in range(2):
            again = self.vigil("forward", "run", "--to", server.url)
            self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.assertEqual(client.messages("r"), count)
        # Who has no note of what was sent sends it, and the server drops what it has.
        for note in glob.glob(self.path("run", ".forwarded-*")):
            os.unlink(note)
        self.assertEqual(self.vigil("forward", "run", "--to", server.url).returncode, 0)
        self.assert_same_report("run", server.url + "/r")
        self.assert_nothing_left(before)

    def test_forward_alone_and_by_the_environment(self):
        server = self.server()
        self.vigil("run", "-q", "-d", "run", "--run-id", "a.b/c d", "--", "sh", "-c", JOB)
        sent = self.vigil("forward", "run", env=own_environment(NATS_URL=server.url))
        self.assertEqual((sent.returncode, sent.stderr), (0, ""))
        self.assert_same_report("run", server.url + "/a.b/c d")
        there = self.vigil("report", "nats:///a.b/c d", env=own_environment(NATS_URL=server.url))
        self.assertEqual(there.stdout, self.vigil("report", "run").stdout)
        self.assertIn("has no events of run b", self.vigil("report", server.url + "/b").stderr)
        other = self.vigil("forward", "run", "--run-id", "b", "--to", server.url)
        self.assertEqual((other.returncode, other.stderr), (2, "vigil: run: no event in it is of the run that --run-id names; nothing was sent\n"))

    def test_a_read_only_directory_is_sent_too(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.needs_mounts()
        server = self.server()
        self.vigil("run", "-q", "-d", "run", "--run-id", "r", "--", "sh", "-c", JOB)
        script = f"mount --bind run run && mount -o remount,bind,ro run && {watched.VIGIL} forward run --to {server.url}"
        sent = self.bare("unshare", "--mount", "sh", "-c", script, env=own_environment())
        self.assertEqual((sent.returncode, sent.stderr), (0, ""))
        self.assert_same_report("run", server.url + "/r")

    def test_follow_reports_while_it_comes(self):
        server = self.server()
        job = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", LONG,
                         env=own_environment(), stderr=subprocess.DEVNULL)
        for _ in range(100):
            if self.vigil("report", server.url + "/r").returncode == 0:
                break
            time.sleep(0.05)
        followed = self.vigil("report", "--follow", server.url + "/r", timeout=30)
        job.wait()
        self.assertEqual((followed.returncode, followed.stderr), (0, ""))
        self.assertRegex(followed.stdout, r"failed first[^\n]*\n[^\n]*SIGSEGV")

    def test_several_hosts_with_a_directory_each_have_one_verdict(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        server = self.server()
        rank = "RANK={0} LOCAL_RANK=0 WORLD_SIZE=2 exec sh -c '{1}'"
        acts = {"n1": rank.format(0, "sleep 5; exit 1"), "n2": rank.format(1, "sleep 0.7; kill -SEGV $$")}
        jobs = {name: self.start("unshare", "--uts", "sh", "-c", f'hostname {name}; exec {watched.VIGIL} run -d {name} '
                                 f'--run-id j --to {server.url} -- sh -c "$1"', "sh", act, env=own_environment(),
                                 stderr=subprocess.PIPE) for name, act in acts.items()}
        said = {name: job.communicate(timeout=60)[1] for name, job in jobs.items()}
        self.assertIn("rank 1 failed first", said["n1"])
        self.assertIn("on n2", said["n1"])
        self.assertIn("rank 1 failed first", said["n2"])
        self.assertIn("1 of 2 hosts", said["n2"])
        there = self.vigil("report", server.url + "/j").stdout
        self.assertIn("rank 1 failed first", there)
        self.assertNotIn("warning", there)


class Faults(Case):
    def test_a_server_that_is_killed_and_started_again_loses_nothing(self):
        server = self.server()
        job = self.start(watched.VIGIL, "run", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", BUSY,
                         env=own_environment(), stderr=subprocess.PIPE)
        for pause in (0.5, 0.7, 0.3):
            time.sleep(pause)
            server.kill()
            time.sleep(0.4)
            server.start()
        said = job.communicate(timeout=60)[1]
        self.assertEqual(job.returncode, 3)
        self.assertNotIn("not sent", said)
        self.assert_same_report("run", server.url + "/r")

    def test_a_server_that_lost_its_store_gets_all_again(self):
        server = self.server()
        job = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", LONG,
                         env=own_environment(), stderr=subprocess.PIPE)
        time.sleep(1)
        server.kill()
        shutil.rmtree(server.folder / "store")
        server.start()
        job.communicate(timeout=60)
        self.assert_same_report("run", server.url + "/r")

    def test_a_server_that_is_gone_at_the_end_is_waited_for_five_seconds(self):
        server = self.server()
        job = self.start(watched.VIGIL, "run", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", LONG,
                         env=own_environment(), stderr=subprocess.PIPE)
        time.sleep(1)
        server.kill()
        os.waitid(os.P_PID, job.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        said = job.communicate(timeout=60)[1]
        self.assertEqual(job.returncode, 3)
        self.assertEqual(len(re.findall("were not sent", said)), 1)
        self.assertIn(f"'vigil forward run --to {server.url}' sends them", said)
        self.assertIn("SIGSEGV", said)
        server.start()
        sent = self.vigil("forward", "run", "--to", server.url)
        self.assertEqual((sent.returncode, sent.stderr), (0, ""))
        self.assert_same_report("run", server.url + "/r")

    def test_no_server_at_all(self):
        began = time.monotonic()
        ended = self.vigil("run", "-d", "run", "--run-id", "r", "--to", "nats://127.0.0.1:9", "--", "sh", "-c", "echo out; exit 7")
        self.assertLess(time.monotonic() - began, 7.5)
        self.assertEqual((ended.returncode, ended.stdout), (7, "out\n"))
        (line,) = [line for line in ended.stderr.splitlines() if "nats://" in line]
        self.assertRegex(line, r"^vigil: run: \d+ bytes of events \(\S+\) were not sent: nats://127.0.0.1:9: ")
        self.assertEqual(self.vigil("report", "nats://127.0.0.1:9/r").returncode, 2)
        self.assertEqual(self.vigil("forward", "run", "--to", "nats://127.0.0.1:9").returncode, 1)

    def test_a_list_of_servers_of_which_one_is_gone(self):
        server = self.server()
        for number, url in enumerate((f"nats://127.0.0.1:9,{server.url}", f"{server.url},nats://127.0.0.1:9")):
            ended = self.vigil("run", "-d", f"run{number}", "--run-id", f"r{number}", "--to", url, "--", "sh", "-c", JOB)
            self.assertNotIn("not sent", ended.stderr)
            self.assert_same_report(f"run{number}", f"{url}/r{number}")

    def test_a_server_that_does_not_exist_is_refused(self):
        for url, said in (("nats://127.0.0.1:99999", "named nats://HOST:PORT"), ("nats://127.0.0.1:4222/r", "named by --run-id")):
            ended = self.vigil("run", "-d", "run", "--to", url, "--", "touch", "started")
            self.assertEqual((ended.returncode, len(ended.stderr.splitlines())), (125, 1))
            self.assertIn(said, ended.stderr)
        self.assertEqual(os.listdir(self.directory), [])

    def test_a_server_without_jetstream(self):
        server = self.server()
        server.kill()
        configuration = server.folder / "plain.conf"
        configuration.write_text(f'host: "127.0.0.1"\nport: {server.port}\n', encoding="utf-8")
        self.start(nats.PROGRAM, "-c", configuration, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        ended = self.vigil("run", "-d", "run", "--run-id", "r", "--to", server.url, "--", "false")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("were not sent: the server has no JetStream;", ended.stderr)

    def test_a_monitor_that_is_killed(self):
        """What it had not sent yet is sent by the helper, which outlives it."""
        server = self.server()
        job = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", LONG,
                         env=own_environment(), stdout=subprocess.DEVNULL)
        time.sleep(1)
        job.kill()
        time.sleep(4)
        self.vigil("forward", "run", "--to", server.url)
        self.assert_same_report("run", server.url + "/r")

    def test_what_is_hostile_is_named_and_passed_over(self):
        server = self.server(more="max_payload: 12000000\nmax_pending: 64000000")
        self.vigil("run", "-q", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", JOB)
        client = self.client(server)
        count = client.messages("r")
        name = b"n9.jsonl.1-2"
        for message_id in (b"../../etc/x.jsonl/0/5", b"n9/../../tmp/x.jsonl/0/5", b"n9/..jsonl/0/5", b"n9/.x.jsonl/0/5", b"n9/x\0.jsonl/0/5",
                           b"/x.jsonl/0/5", b"n9/" + b"x" * 300 + b".jsonl/0/5", b"n9/x.jsonl/9999999999999999/5", b"n9/x.jsonl/0/6",
                           b"n9/libvigil.so/0/5", b""):
            client.publish("vigil.r.n9", b"hello", message_id)
        client.publish("vigil.r.n9", b"no header")
        client.publish("vigil.r.n9", b"x" * 10_000_000, b"n9/x.jsonl/0/10000000")
        client.publish("vigil.r.n9", b"{not json\n\0\n[]\n", b"n9/" + name + b"/0/15")
        for _ in range(100):
            if client.messages("r") >= count + 13:
                break
            time.sleep(0.05)
        there = self.vigil("report", server.url + "/r")
        self.assertEqual(there.returncode, 0)
        self.assertIn("SIGSEGV", there.stdout)
        self.assertEqual(len(re.findall(r"message \d+ of VIGIL_r .*; it is passed over", there.stderr)), 5)
        self.assertRegex(there.stderr, r"\d+ more messages of VIGIL_r are passed over")
        self.assertIn("n9.jsonl.1-2", there.stdout)
        self.assertFalse(os.path.exists("/tmp/x.jsonl"))


class Secrets(Case):
    def test_a_secret_on_the_command_line_is_refused(self):
        for url in ("nats://me:hidden@127.0.0.1:4222", "nats://hidden@127.0.0.1:4222"):
            for arguments in (["run", "-d", "run", "--to", url, "--", "true"], ["forward", "--to", url, "."], ["report", url + "/r"]):
                refused = self.vigil(*arguments)
                self.assertIn(refused.returncode, (2, 125))
                self.assertIn("NATS_CREDS", refused.stderr)
                self.assertNotIn("hidden", refused.stderr)
        self.assertFalse(os.path.exists(self.path("run")))

    def test_token_user_and_url_in_the_environment(self):
        for number, (more, variables) in enumerate((
                ('authorization { token: "v-hidden" }', {"NATS_TOKEN": "v-hidden"}),
                ('authorization { user: "me", password: "hidden" }', {"NATS_USER": "me", "NATS_PASSWORD": "hidden"}),
                ('authorization { user: "me", password: "hidden" }', {"NATS_URL": "nats://me:hidden@127.0.0.1:{}"}))):
            server = self.server(f"server{number}", more=more)
            variables = {name: value.format(server.port) for name, value in variables.items()}
            url = "nats://" if "NATS_URL" in variables else server.url
            environment = own_environment(**variables)
            name = f"run{number}"
            ended = self.vigil("run", "-d", name, "--run-id", "r", "--to", url, "--", "sh", "-c", JOB, env=environment)
            self.assertEqual(ended.returncode, 3)
            self.assertNotIn("not sent", ended.stderr)
            self.assertNotIn("hidden", ended.stderr)
            there = self.vigil("report", url + ("" if url.endswith("/") else "") + "/r", env=environment)
            self.assertEqual(there.stdout, self.vigil("report", name).stdout)
            kept = "".join(pathlib.Path(path).read_text(encoding="utf-8") for path in glob.glob(self.path(name, "*.jsonl")))
            self.assertNotIn("hidden", kept)
            wrong = self.vigil("run", "-d", name + "x", "--run-id", "r", "--to", server.url, "--", "sh", "-c", "exit 4")
            self.assertEqual(wrong.returncode, 4)
            self.assertRegex(wrong.stderr, r"were not sent: nats://[0-9.:]+: Authorization Violation; they stay there")

    @unittest.skipUnless(shutil.which("openssl"), "not installed: openssl")
    def test_credentials(self):
        """A user of a server that knows its users by signed tokens, as those of several tenants do."""
        keys = self.path("keys")
        os.mkdir(keys)
        more, text = nkeys.make(keys)
        seed = text.splitlines()[5]
        server = self.server(more=more)
        self.write("user.creds", text)
        environment = own_environment(NATS_CREDS=self.path("user.creds"))
        ended = self.vigil("run", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", JOB, env=environment)
        self.assertEqual(ended.returncode, 3)
        self.assertNotIn("not sent", ended.stderr)
        there = self.vigil("report", server.url + "/r", env=environment)
        self.assertEqual(there.stdout, self.vigil("report", "run").stdout)
        kept = "".join(pathlib.Path(path).read_text(encoding="utf-8") for path in glob.glob(self.path("run", "*.jsonl")))
        self.assertNotIn(seed, kept + ended.stderr)
        for wrong, reason in (("none.creds", "none.creds|[Nn]o such file"), ("/etc/hostname", "hostname|[Ii]nvalid|[Cc]redential|missing")):
            self.forget_what_was_sent()
            refused = self.vigil("forward", "run", "--to", server.url, env=own_environment(NATS_CREDS=self.path(wrong)))
            self.assertEqual(refused.returncode, 1)
            self.assertRegex(refused.stderr, reason)
        self.assertEqual(self.vigil("forward", "run", "--to", server.url).returncode, 1)

    @unittest.skipUnless(shutil.which("openssl"), "not installed: openssl")
    def test_tls(self):
        self.bare("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2",
                  "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        server = self.server(more=f'tls {{ cert_file: "{self.path("cert.pem")}", key_file: "{self.path("key.pem")}", '
                             f'ca_file: "{self.path("cert.pem")}", verify: true }}', scheme="tls")
        variables = {"NATS_CA": self.path("cert.pem"), "NATS_CERT": self.path("cert.pem"), "NATS_KEY": self.path("key.pem")}
        environment = own_environment(**variables)
        ended = self.vigil("run", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", JOB, env=environment)
        self.assertEqual(ended.returncode, 3)
        self.assertNotIn("not sent", ended.stderr)
        there = self.vigil("report", server.url + "/r", env=environment)
        self.assertEqual(there.stdout, self.vigil("report", "run").stdout)
        # Nothing goes there in the clear, also without a file of NATS_CA.
        plain = self.server("plain")
        ended = self.vigil("forward", "run", "--to", plain.url.replace("nats:", "tls:"))
        self.assertEqual(ended.returncode, 1)
        self.assertIn("Secure Connection not available", ended.stderr)
        # A server that nobody vouches for gets nothing.
        for unsafe in (own_environment(), own_environment(**dict(variables, NATS_CA="/etc/hostname"))):
            self.forget_what_was_sent()
            self.assertEqual(self.vigil("forward", "run", "--to", server.url, env=unsafe).returncode, 1)


class Collect(Case):
    RANKS = r"""
for host in n1 n2; do
	unshare --uts sh -c "hostname $host; VIGIL_DIR=$PWD/none exec $VIGIL run --worker -d $PWD/$host -- sh -c '$1'" &
	shift
done
wait
exit 5
"""

    def collect(self, *ranks, **variables):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        environment = own_environment(VIGIL=watched.VIGIL, VIGIL_COLLECT_ADDRESS="127.0.0.1", **variables)
        return self.vigil("run", "-d", "run", "--run-id", "j", "--collect", "--", "sh", "-c", self.RANKS, "sh", *ranks, env=environment)

    def servers(self):
        """The servers whose configuration is in this test's directory."""
        return subprocess.run(["pgrep", "-f", f"nats-server -c {self.directory}"], capture_output=True, text=True, check=False).stdout

    def test_workers_on_hosts_of_their_own_are_collected(self):
        rank = "RANK={0} LOCAL_RANK=0 WORLD_SIZE=2 exec sh -c \"{1}\""
        ended = self.collect(rank.format(0, "sleep 0.5; exit 1"), rank.format(1, "sleep 0.2; kill -SEGV \\$\\$"))
        self.assertEqual(ended.returncode, 5)
        self.assertIn("rank 1 failed first", ended.stderr)
        names = sorted(re.sub(r"\.\d.*", "", name) for name in os.listdir(self.path("run")) if not name.startswith("."))
        self.assertIn("n1.jsonl", names)
        self.assertIn("n2.jsonl", names)
        self.assertEqual(self.servers(), "")
        self.assertFalse(os.path.exists(self.path("run", ".collect")))
        text = self.vigil("report", "run").stdout
        self.assertNotIn("warning", text)

    def test_workers_that_share_the_directory_are_not_there_twice(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        environment = own_environment(VIGIL_COLLECT_ADDRESS="127.0.0.1")
        job = f"for i in 1 2 3; do {watched.VIGIL} run --worker -- sh -c 'exit 3' & done; wait; exit 2"
        ended = self.vigil("run", "-d", "run", "--collect", "--", "sh", "-c", job, env=environment)
        self.assertEqual(ended.returncode, 2)
        self.assertEqual([name for name in os.listdir(self.path("run")) if re.search(r"\.jsonl\.\d", name)], [])
        self.assertNotIn("warning", self.vigil("report", "run").stdout)

    def test_no_server_is_left_after_sigkill(self):
        environment = own_environment(VIGIL_COLLECT_ADDRESS="127.0.0.1")
        job = self.start(watched.VIGIL, "run", "-d", "run", "--collect", "--", "sh", "-c", "echo $VIGIL_TO; exec sleep 3",
                         env=environment, stdout=subprocess.PIPE)
        self.assertRegex(job.stdout.readline(), r"^nats://127.0.0.1:\d+\n$")
        self.assertNotEqual(self.servers(), "")
        job.kill()
        job.wait()
        for _ in range(100):
            if not self.servers():
                break
            time.sleep(0.05)
        self.assertEqual(self.servers(), "")

    def test_a_server_that_dies_is_started_again(self):
        environment = own_environment(VIGIL_COLLECT_ADDRESS="127.0.0.1")
        job = self.start(watched.VIGIL, "run", "-d", "run", "--collect", "--", "sh", "-c", "echo on; exec sleep 2",
                         env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        job.stdout.readline()
        first = self.servers()
        os.kill(int(first), signal.SIGKILL)
        for _ in range(100):
            if self.servers() not in ("", first):
                break
            time.sleep(0.02)
        self.assertNotIn(self.servers(), ("", first))
        self.assertEqual(job.communicate(timeout=30)[1], "")
        self.assertEqual(self.servers(), "")

    def test_the_token_is_in_no_command_line_and_no_event(self):
        environment = own_environment(VIGIL_COLLECT_ADDRESS="127.0.0.1")
        ended = self.vigil("run", "-d", "run", "--collect", "--", "sh", "-c", "echo $VIGIL_TO_TOKEN; ps axww; exit 1", env=environment)
        token, shown = ended.stdout.split("\n", 1)
        self.assertRegex(token, r"^v[0-9a-f]{32}$")
        self.assertIn("nats-server -c", shown)
        self.assertNotIn(token, shown + ended.stderr)
        found = self.bare("grep", "-r", token, "run")
        self.assertEqual(found.stdout, "")

    def test_what_is_missing_is_said(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.needs_mounts()
        for hide, arguments, said in ((nats.PROGRAM, ["--collect"], "nats-server is not installed"),
                                      (None, ["--to", "nats://127.0.0.1:9"], "NATS's client library libnats.so is not installed")):
            paths = [hide] if hide else [path for path in glob.glob("/usr/lib/*/libnats.so*") if not os.path.islink(path)]
            script = "".join(f"mount --bind /dev/null {path} && " for path in paths)
            ended = self.bare("unshare", "--mount", "sh", "-c", script + f'exec {watched.VIGIL} run -d run "$@"', "sh", *arguments, "--",
                              "echo", "started", env=own_environment(VIGIL_COLLECT_ADDRESS="127.0.0.1"))
            self.assertEqual((ended.returncode, ended.stdout), (125, ""))
            self.assertIn(said, ended.stderr)
            self.assertEqual(len(ended.stderr.splitlines()), 1)
            self.assertFalse(os.path.exists(self.path("run")))


class Harm(Case):
    @unittest.skipUnless(shutil.which("strace"), "not installed: strace")
    def test_no_rank_opens_a_socket(self):
        server = self.server()
        self.vigil("run", "-q", "-d", "run", "--run-id", "r", "--to", server.url, "--", "strace", "-f", "-qq", "-e", "trace=%network", "-o",
                   "trace", "sh", "-c", JOB)
        with open(self.path("trace"), encoding="utf-8") as file:
            calls = [line for line in file if not re.search(r"SIG|exited|killed", line)]
        self.assertEqual(calls, [])
        self.assertIn("SIGSEGV", self.vigil("report", server.url + "/r").stdout)

    def test_a_pipe_ends_with_the_command(self):
        """No helper holds the job's descriptors."""
        server = self.server()
        job = self.start(watched.VIGIL, "run", "-q", "-d", "run", "--run-id", "r", "--to", server.url, "--", "sh", "-c", "ls -l /proc/self/fd; exit 3",
                         env=own_environment(), stdout=subprocess.PIPE)
        listed = job.stdout.read()
        self.assertNotIn("socket", listed)
        self.assertEqual(job.wait(), 3)


if __name__ == "__main__":
    tap.main()
