#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Dumps of collectives as evidence: PyTorch's Flight Recorder and NCCL's RAS.

The dumps are written by Python's pickle in the form of torch/csrc/distributed/c10d/FlightRecorder.hpp, beside the events of a job that
tests/support/make-fixture makes.
"""

import json
import os
import pathlib
import pickle
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

BEGAN = 1763790000  # make-fixture's
FIXTURE = watched.TREE / "tests" / "support" / "make-fixture"

# All ranks stand in the same line of a library, and a user ends them.
HANG = """
launcher torchrun
program train.py
ranks 0-3
launcher kills 0-3 SIGTERM at 60 in poll (libc)
launcher SIGTERM at 59.9
"""
# The watchdogs of three ranks end them, and torchrun the fourth; no stack says where that was.
TIMEOUT = """
launcher torchrun
program train.py
ranks 0-3
rank 0 raises DistBackendError "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=21, OpType=ALLREDUCE)" at 60
rank 1 raises DistBackendError "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=21, OpType=ALLREDUCE)" at 60.1
rank 2 raises DistBackendError "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=20, OpType=ALLREDUCE)" at 60.2
rank 3 raises DistBackendError "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=21, OpType=ALLREDUCE)" at 60.3
launcher exit 1 at 61
"""
# The job of the dumps of a real torch, in tests/cli/dumps.
REAL = """
launcher torchrun
program job.py
ranks 0-2
launcher kills 0-2 SIGTERM at 60 in poll (libc)
launcher SIGTERM at 59.9
"""
REAL_DUMPS = watched.TREE / "tests" / "cli" / "dumps" / "torch-2.14"
CRASH = """
launcher torchrun
program train.py
ranks 0-3
rank 1 SIGSEGV at 30 in step (solver.c:88), main (solver.c:120)
launcher kills 0,2,3 SIGTERM at 31
launcher exit 1 at 31.5
"""


def call(sequence, name="all_reduce", state="completed", group=("0", "default_pg"), sizes=((1024,),), line=41, **more):
    """A call as the recorder has it; the numbers of all calls of a dump are set by dump()."""
    return {
        "frames": [
            {"name": name, "filename": "/opt/venv/lib/python3.11/site-packages/torch/distributed/distributed_c10d.py", "line": 2696},
            {"name": "step", "filename": "/home/u/train.py", "line": line}, {"name": "<module>", "filename": "/home/u/train.py", "line": 99}],
        "record_id": 0, "pg_id": 0, "process_group": group, "collective_seq_id": sequence, "p2p_seq_id": 0, "op_id": sequence,
        "profiling_name": "nccl:" + name, "time_created_ns": int((BEGAN + 1 + sequence / 100) * 1e9),
        "input_sizes": [list(size) for size in sizes], "input_dtypes": ["Float"], "output_sizes": [list(size) for size in sizes],
        "output_dtypes": ["Float"], "state": state, "time_discovered_started_ns": None, "time_discovered_completed_ns": None,
        "retired": state == "completed", "timeout_ms": 600000, "is_p2p": False} | more


def dump(calls, world=4, groups=(), first=0, called=True):
    """The dump of one rank with CALLS, the first of them number FIRST of all that it made, if it CALLED any. GROUPS: (name, description,
    ranks)."""
    for number, one in enumerate(calls, first):
        one["record_id"] = number
    config = {name: {"name": name, "desc": description, "ranks": str(list(ranks))}
              for name, description, ranks in [("0", "default_pg", range(world)), *groups]}
    return {"version": "2.10", "comm_lib_version": "2.28.3", "pg_config": config, "entries": calls,
            "pg_status": {"0": {"last_enqueued_collective": 9, "last_started_collective": 9, "last_completed_collective": 9}} if called else {}}


def done(count, **more):
    """COUNT complete calls."""
    return [call(number + 1, **more) for number in range(count)]


def waiting(sequence, **more):
    return call(sequence, state="started", line=43, **more)


class Dumps(watched.Case):
    def job(self, shorthand):
        self.write("job", shorthand)
        subprocess.run([FIXTURE, self.path("job"), self.path("run")], check=True)

    def write_dump(self, rank, value, protocol=2, name="run/nccl_trace_rank_{}"):
        path = pathlib.Path(self.path(name.format(rank)))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(value, protocol))

    def behind(self, late, world=4, **more):
        """All ranks but LATE wait in all_reduce 21."""
        for rank in range(world):
            self.write_dump(rank, dump(done(20) + ([] if rank == late else [waiting(21)])), **more)

    def report(self, *arguments):
        """The text and the last attempt as JSON."""
        text = self.bare(watched.VIGIL, "report", "--no-lines", self.path("run"), *arguments)
        self.assertEqual((text.returncode, text.stderr), (0, ""))
        read = self.bare(watched.VIGIL, "report", "--no-lines", "--json", self.path("run"), *arguments)
        report = json.loads(read.stdout)
        return " ".join(text.stdout.split()), report["attempts"][-1], report["warnings"]

    def test_a_rank_that_never_entered_the_collective_is_named_in_a_hang(self):
        self.job(HANG)
        self.behind(2)
        text, attempt, warnings = self.report()
        self.assertIn("no rank failed first", text)
        self.assertIn("by PyTorch's dumps: rank 2 never entered all_reduce 21 of default_pg, in which ranks 0,1,3 wait; its last one "
                      "there was all_reduce 20, called by step (train.py:41)", text)
        found = attempt["collectives"]
        self.assertEqual((found["dumps"], found["behind"], found["sure"], found["without_dump"]), (4, [2], True, []))
        group, = found["groups"]
        self.assertEqual((group["source"], group["group"], group["collective"], group["sequence"], group["waiting"]),
                         ("flight_recorder", "default_pg", "all_reduce", 21, [0, 1, 3]))
        self.assertEqual(group["last_calls"], [{"rank": 2, "collective": "all_reduce", "sequence": 20, "waits": False, "where": "step (train.py:41)"}])
        self.assertEqual(warnings, [])

    def test_dumps_of_a_real_torch_with_gloo(self):
        """_dump_fr_trace() of torch 2.14.1, Debian's: three ranks, of which rank 1 sleeps after a barrier. Times and the script's path are others."""
        self.job(REAL)
        text, attempt, warnings = self.report(f"--dumps={REAL_DUMPS}")
        self.assertIn("by PyTorch's dumps: rank 1 never entered all_reduce 5 of default_pg, in which ranks 0,2 wait; its last one there was "
                      "barrier 4, called by train (job.py:14)", text)
        self.assertEqual((attempt["collectives"]["behind"], attempt["collectives"]["sure"], warnings), ([1], True, []))

    def test_where_all_waited_in_vain_the_rank_behind_failed_first(self):
        self.job(TIMEOUT)
        _, attempt, _ = self.report()
        self.assertNotEqual(attempt["root_cause"]["rank"], 2)  # without dumps the first to say so is blamed
        self.assertEqual(attempt["root_cause"]["confidence"], "unsure")
        self.behind(2)
        text, attempt, _ = self.report()
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["confidence"]), (2, "likely"))
        self.assertIn("rank 2 failed first (likely)", text)
        self.assertIn("because", text)
        self.assertTrue(any("rank 2 never entered all_reduce 21" in one for one in attempt["root_cause"]["evidence"]), attempt["root_cause"])

    def test_a_crash_outweighs_all_dumps(self):
        self.job(CRASH)
        _, bare, _ = self.report()
        self.behind(2)
        _, attempt, _ = self.report()
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["confidence"]), (1, "proven"))
        self.assertEqual(attempt["root_cause"]["evidence"], bare["root_cause"]["evidence"])

    def test_dumps_are_found_by_directory_file_prefix_and_as_json(self):
        self.job(HANG)
        self.behind(1, name="elsewhere/fr_{}")
        wanted = self.report("--dumps", self.path("elsewhere"))[1]["collectives"]
        self.assertEqual(wanted["behind"], [1])
        self.assertEqual(self.report("--dumps=" + self.path("elsewhere/fr_"))[1]["collectives"], wanted)
        files = [f"--dumps={self.path('elsewhere')}/fr_{rank}" for rank in range(4)]
        self.assertEqual(self.report(*files)[1]["collectives"], wanted)
        self.assertEqual(self.report(*files, "--dumps", self.path("elsewhere"))[1]["collectives"], wanted)
        for rank in range(4):
            value = pickle.loads(pathlib.Path(self.path(f"elsewhere/fr_{rank}")).read_bytes())
            self.write(f"fr_{rank}.json", json.dumps(value))
        self.assertEqual(self.report("--dumps=" + self.path("fr_"))[1]["collectives"], wanted)
        self.assertNotIn("collectives", self.report()[1])

    def test_every_protocol_of_pickles_is_read(self):
        self.job(HANG)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            self.behind(protocol % 4, protocol=protocol)
            self.assertEqual(self.report()[1]["collectives"]["behind"], [protocol % 4])

    def test_a_rank_that_waits_in_another_group_is_not_blamed(self):
        self.job(HANG)
        groups = [("1", "tp", (0, 1)), ("2", "dp", (1, 3))]
        tensor, data = {"group": ("1", "tp")}, {"group": ("2", "dp")}
        calls = [done(3) + [waiting(5, **tensor)], done(3) + [waiting(7, name="all_gather", **data)], done(3), done(3)]
        calls[1][0:0] = [call(4, **tensor)]
        calls[3][0:0] = [call(6, **data)]
        for rank in range(4):
            self.write_dump(rank, dump(calls[rank], groups=groups))
        text, attempt, _ = self.report()
        self.assertEqual(attempt["collectives"]["behind"], [3])
        self.assertIn("rank 1 never entered all_reduce 5 of tp (group 1), in which rank 0 waits; its last one there was all_reduce 4, called "
                      "by step (train.py:41); it waits in all_gather 7 of dp (group 2), called by step (train.py:43)", text)
        self.assertIn("rank 3 never entered all_gather 7 of dp (group 2), in which rank 1 waits", text)

    def test_two_ranks_that_wait_for_each_other_are_both_shown_and_nobody_is_blamed(self):
        self.job(HANG)
        groups = [("1", "a", (0, 1)), ("2", "b", (0, 1))]
        self.write_dump(0, dump([waiting(1, group=("1", "a"))], groups=groups))
        self.write_dump(1, dump([waiting(1, group=("2", "b"))], groups=groups))
        text, attempt, _ = self.report()
        self.assertEqual((attempt["collectives"]["behind"], attempt["collectives"]["without_dump"]), ([], [2, 3]))
        self.assertIn("rank 1 never entered all_reduce 1 of a (group 1)", text)
        self.assertIn("rank 0 never entered all_reduce 1 of b (group 2)", text)
        self.assertIn("no dump of PyTorch's is there of ranks 2,3", text)

    def test_ranks_that_run_ahead_are_not_what_the_others_wait_for(self):
        self.job(HANG)
        for rank, ahead in enumerate((5, 1, 0, 3)):
            self.write_dump(rank, dump(done(20) + [call(21 + i, state="scheduled", line=43) for i in range(ahead)]))
        found = self.report()[1]["collectives"]
        self.assertEqual((found["behind"], found["groups"][0]["sequence"], found["groups"][0]["waiting"]), ([2], 21, [0, 1, 3]))

    def test_different_collectives_and_sizes_are_named(self):
        self.job(HANG)
        for rank in range(4):
            self.write_dump(rank, dump(done(5) + [waiting(6, name="broadcast") if rank == 3 else waiting(6)]))
        text, attempt, _ = self.report()
        self.assertIn("collective 6 of default_pg is not the same in all ranks: ranks 0-2 called all_reduce of 1024 elements (Float) in step "
                      "(train.py:43), rank 3 called broadcast of 1024 elements (Float) in step (train.py:43)", text)
        self.assertEqual((attempt["collectives"]["behind"], attempt["collectives"]["sure"]), ([3], False))
        for rank in range(4):
            self.write_dump(rank, dump(done(5) + [waiting(6, sizes=((512, 3),) if rank == 0 else ((1024,),))]))
        text, attempt, _ = self.report()
        self.assertIn("rank 0 called all_reduce of 1536 elements (Float) in step (train.py:43), ranks 1-3 called all_reduce of 1024 elements", text)
        self.assertEqual(attempt["collectives"]["behind"], [0])
        for rank in range(4):
            self.write_dump(rank, dump(done(5) + [waiting(6, input_dtypes=["BFloat16" if rank == 2 else "Float"])]))
        text, attempt, _ = self.report()
        self.assertIn("rank 2 called all_reduce of 1024 elements (BFloat16)", text)
        self.assertEqual(attempt["collectives"]["behind"], [2])
        # a gather has another size in its root, and the same elements may have another form
        for name, sizes in (("all_to_all", [(3,), (4,), (5,), (6,)]), ("all_reduce", [(2, 8), (16,), (4, 4), (16, 1)])):
            for rank in range(4):
                self.write_dump(rank, dump(done(5) + [waiting(6, name=name, sizes=(sizes[rank],))]))
            found = self.report()[1]["collectives"]
            self.assertEqual((found["behind"], found["groups"][0]["differs"]), ([], False))

    def test_what_was_overwritten_or_left_out_is_not_taken_for_never_called(self):
        self.job(HANG)
        self.behind(2)
        self.write_dump(2, dump([call(9, group=("7", "other"))], first=100))
        text, attempt, _ = self.report()
        self.assertIn("no dump says how far rank 2 got", text)
        self.assertEqual((attempt["collectives"]["behind"], attempt["collectives"]["groups"][0]["unknown"]), ([], [2]))
        self.write_dump(2, dump([]))  # TORCH_INCLUDE_ONLY_ACTIVE: what completed is left out
        self.assertEqual(self.report()[1]["collectives"]["groups"][0]["unknown"], [2])
        self.write_dump(2, dump([], called=False))
        text, attempt, _ = self.report()
        self.assertIn("rank 2 never entered all_reduce 21 of default_pg, in which ranks 0,1,3 wait; its last one there is none", text)
        self.assertEqual(attempt["collectives"]["behind"], [2])

    def test_the_parts_of_a_coalesced_collective_never_complete_and_are_no_wait(self):
        self.job(HANG)
        for rank in range(4):
            part = call(3, name="reduce_scatter", state="scheduled")
            self.write_dump(rank, dump([*done(2), part, call(3, name="coalesced"), *([] if rank == 1 else [waiting(4)])]))
        found = self.report()[1]["collectives"]
        self.assertEqual((found["behind"], found["groups"][0]["sequence"]), ([1], 4))

    def test_who_waits_for_one_peer_waits_for_a_rank_too(self):
        self.job(HANG)
        sent = [call(0, name="send 1->0", is_p2p=True, p2p_seq_id=number) for number in range(3)]
        got = [call(0, name="recv 0<-1", is_p2p=True, p2p_seq_id=number) for number in range(3)]
        more = call(0, name="recv 0<-1", is_p2p=True, p2p_seq_id=3, state="scheduled", line=20)
        for rank in (2, 3):  # they wait in a collective for rank 0, which waits for rank 1
            self.write_dump(rank, dump([waiting(1)]))
        self.write_dump(0, dump([*got, more]))
        self.write_dump(1, dump(sent))
        text, attempt, _ = self.report()
        self.assertIn("rank 0 waits in recv 0<-1 of default_pg, called by step (train.py:20); rank 1 has not called its side of it", text)
        self.assertEqual(attempt["collectives"]["behind"], [1])
        self.write_dump(1, dump([*sent, call(0, name="send 1->0", is_p2p=True, p2p_seq_id=3, state="scheduled")]))
        text, attempt, _ = self.report()
        self.assertIn("rank 1 has called its side of it, too", text)
        self.assertEqual(attempt["collectives"]["behind"], [])
        self.write_dump(1, dump(sent, first=5))
        text, attempt, _ = self.report()
        self.assertIn("no dump says whether rank 1 came to it", text)
        self.assertEqual(attempt["collectives"]["behind"], [])

    def test_missing_dumps_and_dumps_of_different_times_make_it_unsure(self):
        self.job(TIMEOUT)
        self.behind(2)
        os.unlink(self.path("run/nccl_trace_rank_1"))
        text, attempt, _ = self.report()
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["confidence"]), (2, "unsure"))
        self.behind(2)
        os.utime(self.path("run/nccl_trace_rank_0"), (BEGAN, BEGAN))
        text, attempt, _ = self.report()
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["confidence"]), (2, "unsure"))
        self.assertRegex(text, r"the dumps were written up to \d+ s apart")

    def test_dumps_of_another_run_are_not_used(self):
        self.job(HANG)
        self.behind(2)
        for why, change in (("its calls are older than rank 2", lambda one: one | {"time_created_ns": one["time_created_ns"] - 10**11}),
                            ("it has calls from after the end of rank 2", lambda one: one | {"time_created_ns": one["time_created_ns"] + 10**11})):
            self.write_dump(2, dump([change(one) for one in done(20)]))
            _, attempt, warnings = self.report()
            self.assertEqual(warnings, [f"{self.path('run/nccl_trace_rank_2')}: {why}; it is passed over"])
            self.assertEqual(attempt["collectives"]["behind"], [])
        self.write_dump(2, dump(done(20), world=8))
        self.assertIn("it is of a job of 8 ranks, and the run has 4", self.report()[2][0])
        self.write_dump(7, dump(done(20)))
        self.assertIn("the run has no rank 7", self.report()[2][1])

    def test_what_cannot_be_read_is_a_warning_and_the_report_is_made(self):
        self.job(HANG)
        self.behind(2)

        class Shell:
            def __reduce__(self):
                return (os.mkdir, (pathlib.Path(self.where).name,))
        hostile = Shell()
        hostile.where = self.path("made")
        self.write_dump(3, hostile)
        whole = pickle.dumps(dump(done(3)), 2)
        for content, why in ((None, "it is a pickle that would build more than numbers, strings, lists and dicts, by GLOBAL at byte 2"),
                             (whole[:-40], "it is no whole pickle: "), (b"", "it is empty"), (b"hello", "it is no whole pickle"),
                             (b"{'entries': 1}", "it is no whole JSON"), (b"{}", "it is neither of PyTorch's Flight Recorder nor of NCCL's RAS"),
                             (pickle.dumps([1, 2], 4), "it is neither of PyTorch's Flight Recorder nor of NCCL's RAS")):
            if content is not None:
                pathlib.Path(self.path("run/nccl_trace_rank_3")).write_bytes(content)
            text, attempt, warnings = self.report()
            self.assertEqual(len(warnings), 1)
            self.assertTrue(warnings[0].startswith(f"{self.path('run/nccl_trace_rank_3')}: {why}"), warnings)
            self.assertTrue(warnings[0].endswith("; no dump is read from it"), warnings)
            self.assertEqual((attempt["collectives"]["behind"], attempt["collectives"]["without_dump"]), ([2], [3]))
        self.assertFalse(os.path.exists(self.path("made")))
        os.unlink(self.path("run/nccl_trace_rank_3"))
        os.mkfifo(self.path("run/nccl_trace_rank_3"))
        self.assertIn("is a FIFO", self.report()[2][0])
        os.mkdir(self.path("empty"))
        for path, why in (("nowhere", "No such file or directory"), ("empty", "no file in it has the name of a dump")):
            self.assertIn(f"{self.path(path)}: {why}; no dump is read from it", self.report("--dumps", self.path(path))[2])
        self.write("trace", "{\"version\": \"2.10\", \"entries\": []}")
        self.assertIn("its name does not end with the number of a rank", self.report("--dumps", self.path("trace"))[2][0])

    def ras(self, counts, missing=(), size=4, pid=4010):
        ranks = [{"rank": rank, "host": "10.0.0.1", "pid": pid + rank, "cuda_dev": rank, "nvml_dev": rank,
                  "status": {"init_state": 0, "async_error": 0, "finalize_called": False, "destroy_flag": False, "abort_flag": False},
                  "collective_counts": one} for rank, one in counts.items()]
        gone = [{"rank": rank, "host": "10.0.0.1", "pid": pid + rank, "cuda_dev": rank, "nvml_dev": rank,
                 "status": {"unresponsive": True, "considered_dead": False}} for rank in missing]
        self.write("ras.json", json.dumps({
            "nccl_version": "2.28.3", "cuda_runtime_version": 12080, "cuda_driver_version": 12080, "timestamp": "2025-11-22 06:40:00",
            "communicators_count": 1, "communicators": [{
                "hash": "0x1f", "secondary_hash": "0x2:0x3", "size": size, "ranks_count": len(ranks), "missing_ranks_count": len(gone),
                "ranks": ranks, "missing_ranks": gone}], "ras": {"collection_time_sec": 0.1, "timeouts_count": 0}}))
        return self.report("--dumps", self.path("ras.json"))

    def test_the_fewest_calls_are_behind_by_ras_even_if_most_ranks_have_them(self):
        self.job(HANG)
        text, attempt, _ = self.ras({rank: {"Broadcast": 1, "AllReduce": 4320 + (rank == 2), "SendRecv": 9 * rank} for rank in range(4)})
        self.assertEqual((attempt["collectives"]["behind"], attempt["collectives"]["sure"]), ([0, 1, 3], False))
        self.assertIn("by NCCL's RAS: on communicator 0x1f ranks 0,1,3 called 4321 collectives (Broadcast 1, AllReduce 4320), and rank 2 up "
                      "to 4322 (Broadcast 1, AllReduce 4321)", text)

    def test_the_output_of_ras_is_piped_while_the_job_stands_still(self):
        self.job("launcher torchrun\nprogram train.py\nranks 0-3\n")
        self.ras({rank: {"AllReduce": 100 - (rank == 1)} for rank in range(4)})
        done_ = self.bare(watched.VIGIL, "report", "--no-lines", "--dumps=-", self.path("run"),
                          input=pathlib.Path(self.path("ras.json")).read_text(encoding="utf-8"))
        self.assertIn("has not ended", done_.stdout)
        self.assertIn("rank 1 called 99 collectives (AllReduce 99), and ranks 0,2,3 up to 100", " ".join(done_.stdout.split()))
        large = self.bare(watched.VIGIL, "report", "--no-lines", "--dumps=-", self.path("run"), input=" " * 300000 + "{}")
        self.assertIn("standard input: it is neither of PyTorch's", large.stdout)

    def test_a_rank_without_an_answer_and_another_job_in_ras(self):
        self.job(HANG)
        text, attempt, _ = self.ras({rank: {"AllReduce": 7} for rank in range(3)}, missing=[3])
        self.assertEqual((attempt["collectives"]["behind"], attempt["collectives"]["groups"][0]["unknown"]), ([], [3]))
        self.assertIn("NCCL's RAS had no answer of rank 3", text)
        _, attempt, warnings = self.ras({rank: {"AllReduce": 7 + rank} for rank in range(4)}, pid=900)
        self.assertNotIn("collectives", attempt)
        self.assertEqual(warnings, ["communicator 0x1f of NCCL's RAS: its processes are not those of the run; it is passed over"])

    def test_the_page_has_the_sentence(self):
        self.job(HANG)
        self.behind(2)
        done_ = self.bare(watched.VIGIL, "report", "--no-lines", "--html=-", self.path("run"))
        self.assertIn("rank 2 never entered all_reduce 21 of default_pg", done_.stdout)


if __name__ == "__main__":
    tap.main()
