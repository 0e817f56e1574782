#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs that stand still: vigil run names the rank that the others wait for, in time, and the report names it when somebody ends the job."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time

import jobs
import tap  # jobs has put its folder into the path
import watched

STALL = 3
SLACK = 20  # of a loaded machine: nobody waits for it where the line comes


def line_of(program, mark):
    lines = (jobs.PROGRAMS / program).read_text(encoding="ascii").splitlines()
    return next(number for number, line in enumerate(lines, 1) if re.search(rf"(/\*|#) {mark}\b", line))


class Job:
    """A job of vigil run, which goes on; the lines that vigil says, and when the ranks hang."""

    def __init__(self, where, *command, stall=f"{STALL}s", **more):
        self.begun, self.lines = threading.Event(), []
        self.began = None
        self.said = threading.Condition()
        self.process = subprocess.Popen([watched.VIGIL, "run", "--stall", stall, "-d", "run", "--", *command], cwd=where, text=True,
                                        env=jobs.environment(**more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.readers = [threading.Thread(target=self.read, args=(stream,), daemon=True) for stream in (self.process.stdout, self.process.stderr)]
        for reader in self.readers:
            reader.start()

    def read(self, stream):
        for line in stream:
            with self.said:
                if "hangs" in line and self.began is None:
                    self.began = time.monotonic()
                    self.begun.set()
                if line.startswith("vigil: ") or not stream.name == self.process.stdout.name:
                    self.lines.append((time.monotonic(), line.rstrip("\n")))
                self.said.notify_all()

    def await_line(self, words, seconds):
        """The first line with WORDS of those that vigil says within SECONDS, and when it came; None: there is none. On a busy machine
        the ranks may stand still before they begin, in MPI_Init."""
        until = time.monotonic() + seconds
        with self.said:
            while True:
                for at, line in self.lines_since():
                    if re.search(words, line):
                        return at, line
                if not self.said.wait(max(0, until - time.monotonic())) and time.monotonic() >= until:
                    return None

    def lines_since(self):
        return [(at, line) for at, line in self.lines if self.began is not None and at >= self.began]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self.readers:
            reader.join(10)


class Stands(jobs.Case):
    """Starts jobs that stand still, and reads what vigil says of them."""

    def start(self, *command, **more):
        job = Job(self.directory, *command, **more)
        self.addCleanup(job.end)
        until = time.monotonic() + 60
        while not job.begun.wait(0.2) and time.monotonic() < until and job.process.poll() is None:
            pass
        self.assertTrue(job.begun.is_set(), job.lines[-20:])
        return job

    def openmpi(self, how, *arguments):
        self.need("mpirun.openmpi", "mpicc.openmpi")
        program = self.compile("mpicc.openmpi", "stall.c")
        return self.start("mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "4", program, how, *arguments)

    def mpich(self, how, *arguments):
        self.need("mpiexec.hydra", "mpicc.mpich")
        program = self.compile("mpicc.mpich", "stall.c")
        return self.start("mpiexec.hydra", "-n", "4", program, how, *arguments)

    def torch(self, how, *arguments):
        if not jobs.has_torch():
            self.skipTest("not installed: python3-torch")
        return self.start(*jobs.torchrun(self.path("logs"), 3, jobs.PROGRAMS / "stall.py", how, *arguments))

    def fifo(self):
        os.mkfifo(self.path("fifo"))
        return self.path("fifo")

    def assert_stall(self, job, *words):
        """It is said within 1.5 times the time, with WORDS."""
        found = job.await_line("^vigil: no rank moved for", STALL * 1.5 + SLACK)
        self.assertIsNotNone(found, job.lines)
        for word in words:
            self.assertIn(word, found[1])

    def report_after(self, job, number=signal.SIGTERM):
        job.end(number)
        report = self.vigil("report", "--json", "run")
        self.assertEqual(report.stderr, "")
        self.text = self.vigil("report", "run").stdout
        return json.loads(report.stdout)["attempts"][-1]

    def assert_blamed(self, job, rank, reason):
        """Once it has been ended, the report names RANK, and what was said before."""
        attempt = self.report_after(job)
        self.assertIsNotNone(attempt["root_cause"], attempt)
        self.assertEqual(attempt["root_cause"]["rank"], rank)
        self.assertRegex(attempt["root_cause"]["reason"], reason)
        self.assertEqual(sum(line.startswith("vigil: no rank moved") for _, line in job.lines_since()), 1)
        self.assertIn("after the start: no rank moved for", self.text)
        self.assertFalse(attempt["stall"]["moved_again"])
        return attempt

    def check(self, launch, how, words, reason, *arguments):
        job = launch(how, *arguments)
        self.assert_stall(job, f"called by reduce (stall.c:{line_of('stall.c', 'reduce')})", f"rank 2 {words}")
        return self.assert_blamed(job, 2, reason)

    def check_half(self, launch):
        """One rank waits in the barrier of another communicator than the other of its half."""
        job = launch("half")
        self.assert_stall(job, "ranks 0,1 wait in PMPI_Allreduce", "ranks 2,3 wait in PMPI_Barrier")
        attempt = self.report_after(job)
        self.assertIsNone(attempt["root_cause"], attempt["root_cause"])
        self.assertIn("ranks 2,3 wait in PMPI_Barrier", attempt["stall"]["text"])

    def check_all(self, launch):
        line = line_of("stall.c", "sleep")
        self.check(launch, "sleep", f"is in sleep, called by load_shard (stall.c:{line}), sleeping", rf"^stood still in sleep, .*stall\.c:{line}\)")


class Stall(Stands):
    def test_openmpi_sleeps(self):
        self.check_all(self.openmpi)

    def test_mpich_sleeps(self):
        self.check_all(self.mpich)

    def test_openmpi_reads_a_fifo(self):
        line = line_of("stall.c", "fifo")
        self.check(self.openmpi, "fifo", f"is in read, called by load_shard (stall.c:{line}), waiting", "^stood still in read", self.fifo())

    def stuck_file(self):
        """A file whose file system does not answer; what runs a command where that is mounted; and its server."""
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            self.skipTest("needs root and FUSE")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], capture_output=True, text=True, check=False)
        if flags.returncode != 0:
            self.skipTest("not installed: libfuse3-dev")
        server, folder = self.path("stuck_fs"), self.path("mount")
        subprocess.run(["cc", "-o", server, str(jobs.PROGRAMS / "stuck_fs.c"), *flags.stdout.split()], check=True)
        os.mkdir(folder)
        holder = subprocess.Popen(["unshare", "--mount", server, "-f", "-s", folder])
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)  # who waits for it fails then
        until = time.monotonic() + 20
        while not os.path.exists(f"/proc/{holder.pid}/root{folder}/data"):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        return f"{folder}/data", ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", "--"], holder

    def await_kill(self, pid):
        """SIGKILL has been sent to the process PID, which is still there."""
        until = time.monotonic() + 30
        while True:
            with open(f"/proc/{pid}/status", encoding="utf-8") as status:
                pending = [int(mask, 16) for mask in re.findall(r"(?m)^(?:SigPnd|ShdPnd):\t(\w+)$", status.read())]
            if any(mask >> (signal.SIGKILL - 1) & 1 for mask in pending):
                return
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def check_no_answer(self, give_up):
        """A rank reads of a file system that does not answer, and cannot be killed until that is gone."""
        self.need("mpirun.openmpi", "mpicc.openmpi")
        path, inside, server = self.stuck_file()
        program = self.compile("mpicc.openmpi", "stall.c")
        job = self.start(*inside, "mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "4", program, "fifo", path)
        line = line_of("stall.c", "fifo")
        self.assert_stall(job, f"rank 2 is in read, called by load_shard (stall.c:{line}), waiting")
        pids = self.pids()
        job.process.terminate()
        self.await_kill(pids["stall2"])
        self.assertIsNone(job.process.poll())
        if give_up:
            job.process.kill()
            os.kill(next(pid for name, pid in pids.items() if name.startswith(("mpirun", "orterun", "prterun"))), signal.SIGKILL)
            job.process.wait()
        server.kill()
        job.process.wait(30)
        until = time.monotonic() + 20
        while any(os.path.exists(f"/proc/{pid}/exe") for pid in pids.values()):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.assert_blamed(job, 2, rf"^stood still in read, .*stall\.c:{line}\)")

    def test_openmpi_reads_of_a_file_system_that_does_not_answer(self):
        self.check_no_answer(False)

    def test_openmpi_reads_of_a_file_system_that_does_not_answer_and_is_given_up(self):
        self.check_no_answer(True)

    def test_openmpi_straggler_computes(self):
        self.check(self.openmpi, "straggler", f"computes in compute (stall.c:{line_of('stall.c', 'compute')}", "^computed in compute")

    def test_mpich_is_paused(self):
        self.check(self.mpich, "paused", f"is stopped in raise, called by load_shard (stall.c:{line_of('stall.c', 'paused')})", "^was stopped")

    def test_openmpi_polls(self):
        self.check(self.openmpi, "poll", f"is in usleep, called by load_shard (stall.c:{line_of('stall.c', 'poll')}), sleeping", "^stood still")

    def test_mpich_locks(self):
        self.check(self.mpich, "lock", f"is in pthread_mutex_lock, called by load_shard (stall.c:{line_of('stall.c', 'lock')}), waiting", "^stood still")

    def test_openmpi_collectives_differ(self):
        line = line_of("stall.c", "other")
        attempt = self.check(self.openmpi, "mismatch", f"waits in PMPI_Barrier, called by other (stall.c:{line})", "^waited in PMPI_Barrier")
        self.assertEqual(attempt["root_cause"]["confidence"], "unsure")

    def test_mpich_never_entered_the_collective(self):
        self.check(self.mpich, "never", f"waits in PMPI_Recv, called by receive (stall.c:{line_of('stall.c', 'receive')})", "^waited in PMPI_Recv")

    def test_openmpi_half_of_the_ranks_wait_elsewhere(self):
        self.check_half(self.openmpi)

    def test_openmpi_waits_since_it_stopped_to_compute(self):
        """A look that finds a rank waiting, just after it has computed, finds when it began to wait, too."""
        job = self.openmpi("busy")
        self.assertIsNotNone(job.await_line("^vigil: no rank moved for", STALL * 1.5 + SLACK), job.lines)
        stood = {event["rank"]: event["stand"]["for_us"] for event in self.events() if event["name"].endswith(":stalled")}
        self.assertEqual(sorted(stood), [0, 1, 2, 3])
        self.assertLess(max(stood.values()) - min(stood.values()), STALL * 1e6)

    def test_torchrun_sleeps(self):
        job = self.torch("sleep")
        line = line_of("stall.py", "sleep")
        self.assert_stall(job, "ranks 0,2 wait in all_reduce", f"rank 1 is in load_shard (stall.py:{line}), sleeping")
        self.assert_blamed(job, 1, rf"^stood still in load_shard \(stall\.py:{line}\), sleeping, while others waited in all_reduce")

    def test_torchrun_waits_for_its_own_lock(self):
        job = self.torch("gil")
        self.assert_stall(job, f"called by load_shard (stall.py:{line_of('stall.py', 'gil') - 1})")
        self.assert_blamed(job, 1, "^stood still in wait")

    def test_torchrun_computes(self):
        job = self.torch("compute")
        self.assert_stall(job, f"rank 1 computes in load_shard (stall.py:{line_of('stall.py', 'compute')}")
        self.assert_blamed(job, 1, "^computed in load_shard")

    def test_torchrun_raised_and_hangs_in_teardown(self):
        job = self.torch("teardown")
        self.assert_stall(job, "rank 1 had raised ValueError: bad batch")
        attempt = self.report_after(job)
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["reason"][:21]), (1, "ValueError: bad batch"))

    def test_openmpi_shells_lead_the_ranks(self):
        self.need("mpirun.openmpi", "mpicc.openmpi")
        program = self.compile("mpicc.openmpi", "stall.c")
        job = self.start("mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "4", "sh", "-c", f"{program} sleep; exit $?")
        self.assert_stall(job, f"rank 2 is in sleep, called by load_shard (stall.c:{line_of('stall.c', 'sleep')}), sleeping")
        self.assert_blamed(job, 2, "^stood still in sleep")

    def test_openmpi_aborts_in_vain(self):
        """A rank in MPI_Abort() that does not end, as its launcher is stopped; vigil run, which would stop with its command, is not."""
        self.need("mpirun.openmpi", "mpicc.openmpi")
        program = self.compile("mpicc.openmpi", "stall.c")
        job = self.start("sh", "-c", f"mpirun.openmpi {' '.join(jobs.as_root())} --oversubscribe -np 4 {program} abort launcher; exit $?")
        self.addCleanup(self.resume)
        line = line_of("stall.c", "abort")
        self.assert_stall(job, f"rank 2 is in PMPI_Abort, called by abort_in_vain (stall.c:{line}), sleeping")
        self.resume()
        job.process.wait(30)
        attempt = self.report_after(job)
        self.assertEqual(attempt["root_cause"]["rank"], 2)
        self.assertRegex(attempt["root_cause"]["reason"], rf"MPI_Abort.*abort_in_vain \(stall\.c:{line}\)")

    def resume(self):
        with open(self.path("launcher"), encoding="ascii") as file, contextlib.suppress(ProcessLookupError):
            os.kill(int(file.read()), signal.SIGCONT)

    def test_openmpi_is_killed_at_once(self):
        """Open MPI that gets SIGTERM twice kills its ranks some milliseconds later."""
        job = self.openmpi("mismatch")
        time.sleep(2)
        job.process.terminate()
        time.sleep(0.003)
        attempt = self.report_after(job)
        where = {rank: one["where"] for one in attempt["positions"] for rank in one["ranks"]}
        self.assertEqual(where.get(2), f"PMPI_Barrier, called by other (stall.c:{line_of('stall.c', 'other')})", attempt["positions"])
        self.assertEqual([one["rank"] for one in attempt["odd_ones_out"]], [2])

    def test_openmpi_has_a_stopped_rank(self):
        """mpirun lets a stopped rank run on before it ends it."""
        job = self.openmpi("paused")
        time.sleep(1)
        attempt = self.report_after(job, signal.SIGINT)
        self.assertEqual([one["rank"] for one in attempt["odd_ones_out"]], [2], attempt["positions"])
        self.assertIn(f"rank 2 was stopped in raise, called by load_shard (stall.c:{line_of('stall.c', 'paused')})", re.sub(r"\s+", " ", self.text))

    def test_openmpi_runs_out_of_time_with_a_stopped_rank(self):
        """timeout below vigil run, which knows of it by its kill() alone."""
        self.need("mpirun.openmpi", "mpicc.openmpi")
        program = self.compile("mpicc.openmpi", "stall.c")
        job = self.start("timeout", "10", "mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "4", program, "paused", stall="10m")
        job.process.wait(30)
        attempt = self.report_after(job)
        self.assertEqual([one["rank"] for one in attempt["odd_ones_out"]], [2], attempt["positions"])
        self.assertIn(f"rank 2 was stopped in raise, called by load_shard (stall.c:{line_of('stall.c', 'paused')})", re.sub(r"\s+", " ", self.text))

    def test_openmpi_mpi4py_reads_a_fifo(self):
        self.need("mpirun.openmpi")
        if not jobs.has_module("mpi4py"):
            self.skipTest("not installed: python3-mpi4py")
        job = self.start("mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np", "3", jobs.PYTHON, str(jobs.PROGRAMS / "stall4.py"), self.fifo())
        self.assert_stall(job, f"called by reduce (stall4.py:{line_of('stall4.py', 'reduce')})",
                          f"rank 2 is in load_shard (stall4.py:{line_of('stall4.py', 'fifo')}), waiting")
        self.assert_blamed(job, 2, rf"^stood still in load_shard \(stall4\.py:{line_of('stall4.py', 'fifo')}\)")

    def assert_silent(self, job):
        self.assertIsNone(job.await_line("moved for", 2 * STALL), job.lines)
        attempt = self.report_after(job)
        if not any("moved for" in line for _, line in job.lines):
            self.assertNotIn("stall", attempt)

    def test_openmpi_iterates(self):
        self.assert_silent(self.openmpi("moves"))

    def test_mpich_computes_in_all_ranks(self):
        self.assert_silent(self.mpich("all-compute"))

    def test_openmpi_writes_files(self):
        self.assert_silent(self.openmpi("write", self.path("big")))

    def test_torchrun_iterates(self):
        self.assert_silent(self.torch("moves"))

    def pids(self):
        """Of the job's processes, by their events."""
        return {event["process"]["program"] + str(event["rank"]): event["pid"] for event in self.events()}

    def test_a_rank_is_held_by_a_debugger(self):
        self.need("gdb")
        job = self.openmpi("moves")
        gdb = subprocess.Popen(["gdb", "-nx", "-batch", "-p", str(self.pids()["stall2"]), "-ex", "set debuginfod enabled off",
                                "-ex", f"shell echo held; sleep {2 * STALL}"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.assertIn("held", gdb.communicate(timeout=60)[0])
        self.assert_silent(job)

    def test_all_is_stopped_and_goes_on(self):
        """As by Ctrl-Z in a terminal, some time, and fg; vigil run is the first to go on, and looks at ranks that are stopped."""
        job = self.openmpi("moves")
        pids = [job.process.pid, *self.pids().values()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(2 * STALL)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
            time.sleep(1 if pid == job.process.pid else 0)
        self.assert_silent(job)

    def test_it_moves_again(self):
        job = self.mpich("later")
        self.assert_stall(job, "rank 2 is in sleep")
        moves = job.await_line("^vigil: the ranks move again", 10)
        self.assertIsNotNone(moves, job.lines)
        attempt = self.report_after(job)
        self.assertTrue(attempt["stall"]["moved_again"])
        self.assertIn("; then they moved again", re.sub(r"\s+", " ", self.text))


if __name__ == "__main__":
    tap.main()
