#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vigil run --notify: the verdict to a program's input or to a URL, once a run, and nothing else is as without it."""

import http.server
import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import schemas
import tap
import watched

JOB = "echo out; kill -SEGV $$"


class Hook:
    """A service that takes POSTs: STATUSES, the last of them for all that follow."""

    def __init__(self, *statuses, seconds=0):
        self.bodies, self.types, hook = [], [], self
        statuses = list(statuses or (200,))

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                hook.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                hook.types.append(self.headers["Content-Type"])
                time.sleep(seconds)
                self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"http://127.0.0.1:{self.server.server_port}"
        self.url = self.host + "/services/s3cr3t"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Case(watched.Case):
    def hook(self, *statuses, **more):
        hook = Hook(*statuses, **more)
        self.addCleanup(hook.close)
        return hook

    def notify(self, to, *more, job=JOB, name="run", **variables):
        return self.vigil("run", "-q", "-d", name, "--notify", to, *more, "--", "sh", "-c", job,
                          env=watched.environment(no_proxy="127.0.0.1", **variables))

    @staticmethod
    def verdict(text):
        """The verdict that TEXT is, which keeps to its schema."""
        verdict = json.loads(text)
        schemas.validator("vigil.verdict-1.schema.json").validate(verdict)
        return verdict

    def said(self, name="verdict"):
        return pathlib.Path(self.path(name)).read_text(encoding="utf-8")


class Commands(Case):
    def test_the_verdict_is_on_the_programs_input_once(self):
        bare = self.bare("sh", "-c", JOB)
        ended = self.notify("echo to the log; cat >>verdict")
        self.assertEqual((ended.returncode, ended.stdout), (bare.returncode, bare.stdout))
        self.assertEqual(ended.stderr, "to the log\n")
        verdict = self.verdict(self.said())
        self.assertEqual((verdict["schema"], verdict["outcome"], verdict["directory"]), ("vigil.verdict/1", "FAILED", "run"))
        report = json.loads(self.vigil("report", "--json", "run").stdout)
        self.assertEqual(verdict["root_cause"]["reason"], report["attempts"][0]["root_cause"]["reason"])
        self.assertEqual(verdict["run_id"], report["run_id"])
        self.assertIn("failed first (proven): SIGSEGV", verdict["headline"])
        self.assertIn("full report: vigil report ./run", verdict["text"])
        self.assertEqual({event["process"]["program"] for event in self.events()}, {"dash"})

    def test_a_success_is_a_verdict_too(self):
        ended = self.notify("cat >verdict", job="exit 0")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        verdict = self.verdict(self.said())
        self.assertEqual((verdict["outcome"], verdict["root_cause"]), ("SUCCEEDED", None))

    def test_it_comes_after_the_job_has_ended(self):
        self.notify("cat >verdict; [ -e ended ] && kill -0 $(cat pid) 2>/dev/null || echo gone >state",
                    job="echo $$ >pid; sleep 1; touch ended; exit 3")
        self.assertEqual(self.said("state"), "gone\n")

    def test_a_program_that_does_not_end_is_killed_after_five_seconds(self):
        began = time.monotonic()
        ended = self.notify("sleep 60 & echo $! >pid; cat >/dev/null; sleep 60")
        self.assertLess(time.monotonic() - began, 8)
        self.assertGreater(time.monotonic() - began, 4.9)
        self.assertEqual((ended.returncode, ended.stdout), (-11, "out\n"))
        self.assertEqual(ended.stderr, "vigil: --notify: the command has not ended within 5 s, and was killed\n")
        for _ in range(100):
            if not os.path.exists(f"/proc/{self.said('pid').strip()}/exe"):
                break
            time.sleep(0.05)
        else:
            self.fail("its child lives on")

    def test_a_program_that_fails_is_named_and_changes_nothing(self):
        for name, (command, why) in enumerate((("exit 3", "the command has ended with status 3"), ("kill -9 $$", "the command died of signal 9"),
                             ("/no/such/program 2>/dev/null", "the command has ended with status 127"))):
            ended = self.notify(command, name=str(name))
            self.assertEqual((ended.returncode, ended.stderr), (-11, f"vigil: --notify: {why}\n"))
        ended = self.notify("exec <&-; exit 0", name="unread")
        self.assertEqual((ended.returncode, ended.stderr), (-11, ""))


class Urls(Case):
    def test_the_verdict_is_posted_once(self):
        hook = self.hook()
        ended = self.notify(hook.url)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (-11, "out\n", ""))
        (body,) = hook.bodies
        self.assertEqual(self.verdict(body)["schema"], "vigil.verdict/1")
        self.assertEqual(hook.types, ["application/json"])

    def test_a_template_makes_the_body(self):
        hook = self.hook()
        template = '{"text": "*${headline}*\\n${text}", "rank": "${root_cause.rank}", "none": "${a.b}", "all": ${verdict}}'
        self.write("slack.json", template)
        job = "RANK=3 WORLD_SIZE=4 LOCAL_RANK=3 sh -c '\"quoted\\\\\" 2>/dev/null; kill -SEGV $$'"
        ended = self.notify(hook.url, "--notify-template", "slack.json", job=job)
        self.assertNotIn("vigil", ended.stderr)
        body = json.loads(hook.bodies[0])
        self.verdict(json.dumps(body["all"]))
        self.assertEqual(body["text"], f"*{body['all']['headline']}*\n{body['all']['text']}")
        self.assertEqual((body["rank"], body["none"]), ("3", ""))

    def test_the_url_may_be_in_the_environment_and_is_never_shown(self):
        hook = self.hook(404)
        ended = self.vigil("run", "-d", "run", "--", "sh", "-c", JOB, env=watched.environment(VIGIL_NOTIFY=hook.url, no_proxy="127.0.0.1"))
        self.assertEqual(ended.returncode, -11)
        self.assertEqual(len(hook.bodies), 1)
        self.assertIn(f"vigil: --notify: {hook.host}: HTTP status 404\n", ended.stderr)
        self.assertNotIn("s3cr3t", ended.stderr + self.vigil("report", "--json", "run").stdout)

    def test_a_service_that_is_busy_is_asked_again(self):
        hook = self.hook(503, 429, 204)
        ended = self.notify(hook.url)
        self.assertEqual((ended.returncode, ended.stderr, len(hook.bodies)), (-11, "", 3))

    def test_a_service_that_is_gone_or_silent_is_given_up_after_five_seconds(self):
        silent, gone = self.hook(200, seconds=20), Hook()
        gone.close()
        for hook, name in ((silent, "silent"), (gone, "gone")):
            began = time.monotonic()
            ended = self.notify(hook.url, name=name)
            self.assertLess(time.monotonic() - began, 8)
            self.assertEqual(ended.returncode, -11)
            self.assertRegex(ended.stderr, rf"\Avigil: --notify: {hook.host}: [^\n]+\n\Z")


class Runs(Case):
    def test_a_run_of_several_vigil_runs_is_notified_of_once(self):
        os.mkdir(self.path("run"))
        jobs = [self.start(watched.VIGIL, "run", "-q", "-d", "run", "--run-id", "j", "--notify", "cat >>verdict; echo >>verdict", "--",
                           "sh", "-c", f"sleep 0.{index}; exit 3", env=watched.environment()) for index in range(3)]
        for job in jobs:
            self.assertEqual(job.wait(timeout=60), 3)
        (line,) = self.said().splitlines()
        self.assertEqual(self.verdict(line)["outcome"], "FAILED")

    def test_one_below_another_leaves_it_to_that(self):
        below = f"{watched.VIGIL} run -- sh -c 'exit 3'"
        self.vigil("run", "-q", "-d", "run", "--", "sh", "-c", below,
                   env=watched.environment(VIGIL_NOTIFY="cat >>verdict; echo >>verdict"))
        self.assertEqual(len(self.said().splitlines()), 1)

    def test_bad_input_is_one_line_and_nothing_is_started(self):
        self.write("open.json", "${headline")
        self.write("unnamed.json", "${}")
        self.write("empty.json", "")
        self.write("large.json", "x" * 70000)
        cases = [("--notify", ""), ("--notify-template", "open.json")]
        cases += [("--notify", url) for url in ("ftp://host/x", "http://", "https://:80/x", "https://host:99999/x", "slack://T0/B0")]
        cases += [("--notify", "cat", "--notify-template", name) for name in ("open.json", "unnamed.json", "empty.json", "large.json", "missing", ".", "/dev/null")]
        for arguments in cases:
            with self.subTest(arguments=arguments):
                ended = self.vigil("run", "-d", "run", *arguments, "--", "touch", "touched")
                self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (125, "", 1), ended.stderr)
                self.assertFalse(os.path.exists(self.path("touched")) or os.path.exists(self.path("run")))


if __name__ == "__main__":
    tap.main()
