#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ranks that no launcher of a table starts, and partners that are no ranks: who failed first, and who only lost a partner."""

import json

import jobs
import tap  # jobs has put its folder into the path

EXCHANGE = jobs.PROGRAMS / "exchange.py"

# Of exchange.py: what the others say of one that does not come, in the words of many libraries.
LATE = ("client", "barrier", "store", "deadline", "heartbeats", "shutdown", "actor", "response", "node", "reach")


class Ranks(jobs.Case):
    """Of LOCAL_RANK, NODE_RANK and WORLD_SIZE, as PyTorch Lightning sets them."""

    def run_exchange(self, *arguments):
        return self.watch(jobs.PYTHON, EXCHANGE, *map(str, arguments))

    def test_a_rank_that_the_first_rank_started(self):
        attempt = self.run_exchange("lightning", 3, 1, "index")
        self.assert_culprit(attempt, 1, "exception", "^IndexError", 3)
        self.assertEqual(attempt["root_cause"]["confidence"], "proven")

    def test_the_first_rank_which_has_its_variables_inside(self):
        self.assert_culprit(self.run_exchange("lightning", 3, 0, "index"), 0, "exception", "^IndexError", 3)

    def test_the_first_rank_that_can_say_nothing(self):
        self.assert_culprit(self.run_exchange("lightning", 3, 0, "kill"), 0, "killed", "^SIGKILL", 3)

    def test_a_rank_of_the_second_node(self):
        self.assert_culprit(self.run_exchange("nodes", 4, 3, "index"), 3, "exception", "^IndexError", 4)

    def test_the_first_rank_of_the_second_node(self):
        self.assert_culprit(self.run_exchange("nodes", 4, 2, "kill"), 2, "killed", "^SIGKILL", 4)

    def test_a_rank_that_failed_whatever_the_others_say(self):
        for words in LATE:
            attempt = self.run_exchange("script", 3, 2, "index", words)
            self.assert_culprit(attempt, 2, "exception", "^IndexError", 3)

    def test_a_rank_that_did_not_come_whatever_the_others_say(self):
        for words in LATE:
            attempt = self.run_exchange("script", 3, 2, "sleep", words)
            self.assert_culprit(attempt, 2, "terminated", "^SIGTERM", 3)
            self.assertEqual(attempt["root_cause"]["confidence"], "likely")
            self.assertRegex(attempt["said"], r"rank 2 did not come while the others waited, and stood in load; rank [01] was the")

    def test_a_rank_that_left_too_early(self):
        attempt = self.run_exchange("script", 4, 2, "leave", "response")
        self.assert_culprit(attempt, 2, None, "exit 0", 4)


class Alone(jobs.Case):
    def test_a_rank_that_is_the_only_one_has_no_peers(self):
        code = f"import socket; socket.create_connection(('127.0.0.1', {jobs.free_port()}))"
        attempt = self.watch("env", "RANK=0", "WORLD_SIZE=1", jobs.PYTHON, "-c", code)
        self.assert_culprit(attempt, 0, "exception", "^ConnectionRefusedError", 1)
        self.assertEqual(attempt["root_cause"]["confidence"], "proven")


class Partners(jobs.Case):
    """Processes without any variable of a rank."""

    def blamed(self, *command, status=1):
        ended = self.bare(jobs.watched.VIGIL, "run", "-d", "run", "--", *map(str, command), env=jobs.environment())
        self.assertEqual(ended.returncode, status, ended.stderr)
        attempt = json.loads(self.vigil("report", "--json", "run").stdout)["attempts"][-1]
        self.assertEqual(attempt["ranks"], [])
        return attempt["root_cause"], ended.stderr

    def exchange(self, how):
        return self.blamed(jobs.PYTHON, EXCHANGE, "plain", "3", "1", how)

    def test_a_partner_that_raised(self):
        root, said = self.exchange("index")
        self.assertEqual((root["cause"], root["confidence"]), ("exception", "likely"))
        self.assertRegex(root["reason"], "^IndexError")
        self.assertRegex(" ".join(said.split()), r"(only said that another was gone|failed [0-9.]+ ms later, perhaps by itself): ConnectionError")

    def test_a_partner_that_was_killed(self):
        root, _ = self.exchange("kill")
        self.assertEqual((root["cause"], root["reason"][:7]), ("killed", "SIGKILL"))
        self.assertNotEqual(root["confidence"], "proven")

    def test_a_partner_that_exited(self):
        root, _ = self.exchange("exit")
        self.assertEqual(root["reason"], "exit 7")
        self.assertNotEqual(root["confidence"], "proven")

    def test_a_server_and_its_client(self):
        port = jobs.free_port()
        server = self.write("server.py", f"import socket\ns = socket.create_server(('127.0.0.1', {port}))\n"
                            "c = s.accept()[0]\nc.recv(1)\n[][5]\n")
        client = self.write("client.py", "import socket, time\nwhile True:\n    try:\n"
                            f"        c = socket.create_connection(('127.0.0.1', {port}))\n        break\n"
                            "    except OSError:\n        time.sleep(0.02)\n"
                            "c.sendall(b'x')\nif not c.recv(1):\n    raise ConnectionResetError('the server is gone')\n")
        root, _ = self.blamed("sh", "-c", f"{jobs.PYTHON} {server} & {jobs.PYTHON} {client}")
        self.assertRegex(root["reason"], "^IndexError")
        self.assertEqual(root["confidence"], "likely")

    def test_a_server_that_does_not_answer(self):
        port = jobs.free_port()
        server = self.write("server.py", f"import socket, time\ns = socket.create_server(('127.0.0.1', {port}))\n"
                            "def load():\n    time.sleep(60)\nload()\n")
        client = self.write("client.py", "import socket, time\nwhile True:\n    try:\n"
                            f"        c = socket.create_connection(('127.0.0.1', {port}))\n        break\n"
                            "    except OSError:\n        time.sleep(0.02)\nc.settimeout(0.5)\nc.recv(1)\n")
        root, said = self.blamed("bash", "-c", f"{jobs.PYTHON} {server} & s=$!; {jobs.PYTHON} {client}; e=$?; kill $s; wait; exit $e")
        self.assertRegex(root["reason"], "^SIGTERM from bash")
        self.assertIn("load", root["error_trace"])
        self.assertEqual(root["confidence"], "likely")
        self.assertRegex(" ".join(said.split()), "did not come, and was ended for that: .* only said that it waited in vain: TimeoutError")

    def test_a_server_outside_of_the_job_is_no_partner(self):
        root, _ = self.blamed(jobs.PYTHON, "-c", f"import socket; socket.create_connection(('127.0.0.1', {jobs.free_port()}))")
        self.assertRegex(root["reason"], "^ConnectionRefusedError")
        self.assertEqual(root["confidence"], "proven")


if __name__ == "__main__":
    tap.main()
