#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who ends a moment after the command has an end, too, and nobody is waited for in vain."""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import unseen
import watched

# As a daemon has it: what the test reads ends with the command.
QUIET = "exec >/dev/null 2>&1; "
LATE = QUIET + "exec ./late %s 20000"
LIVES_ON = QUIET + "echo $$ >0; exec sleep 5"
DIES = unseen.WAIT_FOR % 0 + "kill -9 $PPID"
FAILS = unseen.WAIT_FOR % 0 + "date +%s%N >ended; exit 3"

NOT_WAITED = 0.15  # seconds; who is waited for and does not end costs 0.2


class Last(unseen.Case):
    def setUp(self):
        super().setUp()
        self.build("late", unseen.LATE)

    def assert_killed(self, name):
        self.assert_reported(self.pid_in(name), ("killed", None, "SIGKILL"))

    def test_a_rank_that_dies_soon_after_its_launcher(self):
        self.assertEqual(self.launch(LATE % 0, DIES).returncode, -signal.SIGKILL)
        self.assert_killed("0")

    def test_ranks_that_die_one_after_the_other(self):
        ranks = [QUIET + f"exec ./late {i} {i * 5000}" for i in range(8)]
        self.launch(*ranks, "".join(unseen.WAIT_FOR % i for i in range(8)) + DIES)
        for i in range(8):
            self.assert_killed(str(i))

    def test_who_started_a_rank_is_expected_too(self):
        # The rank itself has long ended.
        starter = f"(export RANK=0 WORLD_SIZE=1; sleep 0); {LATE % 0}"
        script = f"sh -c '{starter}' & {unseen.WAIT_FOR % 0} exit 3"
        self.assertEqual(self.run_quietly("sh", "-c", script).returncode, 3)
        self.assert_killed("0")
        self.assert_all_ended()

    def test_whom_the_kernel_takes_time_to_end(self):
        # Killed at once with the command, but its memory takes a while to be freed; on a busy machine longer than anybody waits.
        large = "held = b'x' * (200 << 20); print(0, file=open('0', 'w'), flush=True); import time; time.sleep(9)"
        self.write("large.py", large)
        script = f"/usr/bin/python3 large.py & {unseen.WAIT_FOR % 0} rm 0; kill -9 0"
        unfinished = []
        for i in range(6):
            self.assertEqual(self.vigil("run", "-q", "-d", f"run{i}", "--", "setsid", "sh", "-c", script).returncode, -signal.SIGKILL)
            unfinished.append(self.report(f"run{i}")["processes"]["unfinished"])
        self.assertEqual(min(unfinished), 0, unfinished)

    def test_a_signal_meanwhile_is_taken_in(self):
        # To whom should it be handed on? It is no reason to hurry, either.
        self.write("signals.py", "import os, signal, sys, time; vigil, launcher = int(sys.argv[1]), os.getppid()\n"
                   "while os.getppid() == launcher: time.sleep(0.001)\n"
                   "os.kill(vigil, signal.SIGUSR1)\nos.kill(vigil, signal.SIGTERM)\n")
        script = f'echo $$ >vigil; exec {watched.VIGIL} run -q -d run -- ./launch "$@"'
        ended = self.bare("sh", "-c", script, "sh", LATE % 0, QUIET + "exec /usr/bin/python3 signals.py $(cat vigil)", DIES)
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        self.assert_killed("0")


class Waits(unseen.Case):
    def seconds(self, *command, during=lambda process: None):
        """From the end of COMMAND, which it writes into the file "ended", to that of vigil run; the best of five."""
        found = []
        for i in range(5):
            for path in pathlib.Path(self.directory).glob("[0-9]"):
                path.unlink()
            process = self.start(watched.VIGIL, "run", "-q", "-d", f"run{i}", "--", *command)
            during(process)
            self.assertEqual(process.wait(60), self.status)
            found.append(time.time() - self.pid_in("ended") / 1e9)
        return min(found)

    status = 3

    def test_a_rank_that_lives_on_costs_a_moment_and_no_more(self):
        seconds = self.seconds("sh", "-c", f"(export RANK=0 WORLD_SIZE=1; {LIVES_ON}) & {FAILS}")
        self.assertGreater(seconds, 0.19)
        self.assertLess(seconds, 1)

    def test_a_daemon_is_not_waited_for(self):
        self.assertLess(self.seconds("sh", "-c", f"({LIVES_ON}) & {FAILS}"), NOT_WAITED)

    def test_a_command_that_succeeds_does_not_wait(self):
        self.status = 0
        script = f"(export RANK=0 WORLD_SIZE=1; {LIVES_ON}) & {FAILS.replace('exit 3', 'exit 0')}"
        self.assertLess(self.seconds("sh", "-c", script), NOT_WAITED)

    def test_a_command_without_ranks_does_not_wait(self):
        self.assertLess(self.seconds("sh", "-c", "date +%s%N >ended; exit 3"), NOT_WAITED)

    def test_who_interrupts_does_not_wait(self):
        def interrupt(process):
            while not pathlib.Path(self.path("0")).exists():
                time.sleep(0.005)
            while process.poll() is None:
                process.send_signal(signal.SIGINT)
                time.sleep(0.005)

        script = f"trap '' INT; (export RANK=0 WORLD_SIZE=1; {LIVES_ON}) & {FAILS}"
        self.assertLess(self.seconds("sh", "-c", script, during=interrupt), NOT_WAITED)


if __name__ == "__main__":
    tap.main()
