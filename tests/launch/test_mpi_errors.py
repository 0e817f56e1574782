#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Wrong calls of MPI, in one rank and in all of them, which MPI's error handler ends, and ranks that end together by their own will."""

import jobs
import tap  # jobs has put its folder into the path

# A call of programs/wrong_calls.c, and what the handler calls it.
WRONG = {
    "wrong_rank": "MPI_ERR_RANK", "wrong_count": "MPI_ERR_COUNT", "wrong_type": "MPI_ERR_TYPE", "wrong_tag": "MPI_ERR_TAG",
    "wrong_root": "MPI_ERR_ROOT", "null_communicator": "MPI_ERR_COMM", "null_operation": "MPI_ERR_OP", "null_request": "MPI_ERR_REQUEST",
}
TOGETHER_US = 10000  # later failures are not called a second cause: a busy machine
LEFT_BEHIND = jobs.VICTIMS | {"silent"}  # by a launcher that ends without them
UNREADY = "MPI is used before MPI_Init or after MPI_Finalize"


class WrongCalls:
    """Of one MPI: `launch` starts N ranks of the program."""

    victims = jobs.VICTIMS

    def run_call(self, ranks, call, who):
        return self.watch(*self.launch, str(ranks), self.program, call, str(who))

    def assert_evidence(self, attempt, words):
        self.assertTrue(any(words in one for one in attempt["root_cause"]["evidence"]), attempt["root_cause"])

    def assert_all(self, attempt, ranks, reason):
        """All ranks are named, but those that their launcher killed before they could speak, or that another's abort found elsewhere."""
        root = attempt["root_cause"]["reason"]
        named = {one["rank"] for one in attempt["ranks"] if one["role"] in ("culprit", "own_fault")
                 or self.is_alike(one["reason"], root) and one["delta_us"] > TOGETHER_US}
        killed = {one["rank"] for one in attempt["ranks"]
                  if one["role"] in self.victims - {"peer_loss"} and "MPI_Abort" not in one["reason"] or self.has_lost_launcher(one)
                  or self.was_aborted_by_another(one)}
        self.assertEqual(named | killed, set(range(ranks)), attempt["ranks"])
        self.assertRegex(attempt["root_cause"]["reason"], reason)
        if all(one["role"] == "culprit" for one in attempt["ranks"]):
            self.assertEqual(attempt["common_cause"]["ranks"], ranks)
            self.assertRegex(attempt["said"], rf"(the|all) {ranks} ranks failed alike \(likely a common cause\)")

    def has_lost_launcher(self, rank):
        """It wrote to one that the first rank's word of the same error had ended."""
        return "silent" in self.victims and "SIGPIPE" in rank["reason"]

    @staticmethod
    def is_alike(reason, other):
        """Of ranks that abort, the launcher terminates some that have called MPI_Abort, and have not ended yet."""
        return reason == other or reason.startswith("MPI_Abort") and other.startswith("MPI_Abort")

    @staticmethod
    def was_aborted_by_another(rank):
        """It was still in the call before its own MPI_Abort."""
        return rank["role"] == "peer_loss" and rank["reason"].startswith("exit 8 in abort_some_8 ")

    def test_in_one_rank(self):
        for call, name in WRONG.items():
            attempt = self.run_call(3, call, 1)
            if attempt["root_cause"] and attempt["root_cause"]["reason"].startswith("MPI_Abort, then SIGTERM"):
                self.assert_culprit(attempt, 1, "terminated", "", 3, self.victims)  # the launcher was faster
                continue
            self.assert_culprit(attempt, 1, "exit", rf"^(MPI_Abort\(\d+\)|exit \d+) in {call} ", 3, self.victims)
            self.assert_evidence(attempt, name)

    def test_in_all_ranks(self):
        for call, name in list(WRONG.items())[::2]:
            attempt = self.run_call(2, call, -1)
            self.assert_all(attempt, 2, rf"^(MPI_Abort.*|exit \d+) in {call} |^MPI_Abort, then SIGTERM")
            if "then SIGTERM" not in attempt["root_cause"]["reason"]:
                self.assert_evidence(attempt, name)

    def test_a_message_that_is_too_long(self):
        attempt = self.run_call(2, "truncated", -1)
        self.assert_culprit(attempt, 1, "exit", r"^MPI_Abort\(\d+\) in truncated ", 2, self.victims)
        self.assert_evidence(attempt, "MPI_ERR_TRUNCATE")

    def test_init_in_all_ranks_twice(self):
        self.assert_all(self.run_call(4, "init_twice", -1), 4, r"^(MPI_Abort|exit \d+ in init_twice )")

    def test_before_init(self):
        attempt = self.run_call(2, "before_init", -1)
        self.assert_all(attempt, 2, r"^(MPI_Abort\(\d+\)|exit \d+) in main ")
        self.assert_evidence(attempt, UNREADY)

    def test_after_finalize(self):
        attempt = self.run_call(2, "after_finalize", -1)
        self.assert_all(attempt, 2, r"^(MPI_Abort\(\d+\)|exit \d+) in (after_finalize|wrong_root) ")
        self.assert_evidence(attempt, UNREADY)

    def test_abort_in_all_ranks(self):
        self.assert_all(self.run_call(3, "abort_8", -1), 3, r"^MPI_Abort(\(8\) in abort_8|, then SIGTERM)")

    def test_abort_of_some_ranks(self):
        self.assert_all(self.run_call(4, "abort_some_8", -1), 4, r"^MPI_Abort(\(8\) in abort_some_8|, then SIGTERM)")

    def test_exit_in_all_ranks(self):
        attempt = self.run_call(4, "exit_1", -1)
        self.assert_all(attempt, 4, r"^exit 1 in exit_1 ")
        if "common_cause" in attempt:
            self.assertRegex(attempt["common_cause"]["where"], r"^exit_1 \(wrong_calls.c:\d+\)$")
            self.assertLess(attempt["common_cause"]["within_us"], 10 * TOGETHER_US)


class OpenMpi(WrongCalls, jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpirun.openmpi", "mpicc.openmpi")
        self.program = self.compile("mpicc.openmpi", "wrong_calls.c")
        self.launch = ["mpirun.openmpi", *jobs.as_root(), "--oversubscribe", "-np"]


class Mpich(WrongCalls, jobs.Case):
    def setUp(self):
        super().setUp()
        self.need("mpiexec.hydra", "mpicc.mpich")
        self.program = self.compile("mpicc.mpich", "wrong_calls.c")
        self.launch = ["mpiexec.hydra", "-n"]
        self.victims = LEFT_BEHIND if jobs.mpich_leaves_ranks() else jobs.VICTIMS


if __name__ == "__main__":
    tap.main()
