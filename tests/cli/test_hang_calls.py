#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A job that hung, and was ended: where stacks do not tell which rank is at fault, its calls do."""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

FIXTURE = watched.TREE / "tests" / "support" / "make-fixture"
BEGIN = "launcher mpirun\nprogram solver\nranks 0-3\n"
END = "launcher SIGTERM at 29.9\n"
WAITS = "poll (libc), distribute (solver.c:29), main (solver.c:90)"
GOES_ON = "poll (libc), main (solver.c:99)"
SENDS = "poll (libc), exchange (solver.c:40), main (solver.c:90)"
RECEIVES = "poll (libc), exchange (solver.c:42), main (solver.c:90)"


class HangCalls(watched.Case):
    def attempt(self, *lines):
        self.write("job", BEGIN + "\n".join(lines) + "\n" + END)
        subprocess.run([FIXTURE, self.path("job"), self.path("run")], check=True)
        self.text = " ".join(self.vigil("report", "--no-lines", "run").stdout.split())
        return json.loads(self.vigil("report", "--no-lines", "--json", "run").stdout)["attempts"][-1]

    def test_another_root_is_named_and_not_who_waits_for_it(self):
        attempt = self.attempt(
            "rank 0,1,3 called MPI_Bcast 7 times, last at 10 root 0", "rank 2 called MPI_Bcast 7 times, last at 10 root 2",
            "rank 0,2,3 called MPI_Finalize 1 times, last at 10.1",
            f"launcher kills 1 SIGTERM at 30 in {WAITS}", f"launcher kills 0,2,3 SIGTERM at 30 in {GOES_ON}")
        words = "rank 2 called MPI_Bcast on MPI_COMM_WORLD with root 2, the others with root 0"
        self.assertEqual((attempt["calls"], attempt["call_ranks"], attempt["odd_ones_out"]), (words, [2], []))
        self.assertIn(words, self.text)
        self.assertNotIn("odd one out", self.text)

    def test_who_has_not_made_the_last_call_has_no_other_root(self):
        attempt = self.attempt(
            "rank 0,1 called MPI_Bcast 7 times, last at 10 root 0", "rank 2,3 called MPI_Bcast 6 times, last at 9 root 1",
            f"launcher kills 0-3 SIGTERM at 30 in {WAITS}")
        self.assertEqual(attempt["call_ranks"], [2, 3])
        self.assertIn("ranks 2,3 made at least 6 calls of MPI_Bcast", attempt["calls"])

    def test_two_tags_of_one_message_are_named(self):
        attempt = self.attempt(
            "rank 2 called MPI_Send 1 times, last at 10 peer 3 tag 2", "rank 3 called MPI_Recv 1 times, last at 10 peer 2 tag 1",
            "rank 0,1 called MPI_Finalize 1 times, last at 10", f"launcher kills 2 SIGTERM at 30 in {SENDS}",
            f"launcher kills 3 SIGTERM at 30 in {RECEIVES}", f"launcher kills 0,1 SIGTERM at 30 in {GOES_ON}")
        self.assertEqual(attempt["calls"], "rank 3 waits in MPI_Recv for tag 1 from rank 2, which is in MPI_Send to it with tag 2")
        self.assertEqual(attempt["call_ranks"], [3, 2])

    def test_a_message_that_only_just_begins_is_none(self):
        attempt = self.attempt(
            "rank 2 called MPI_Send 1 times, last at 29.99 peer 3 tag 2", "rank 3 called MPI_Recv 1 times, last at 29.99 peer 2 tag 1",
            f"launcher kills 2 SIGTERM at 30 in {SENDS}", f"launcher kills 3 SIGTERM at 30 in {RECEIVES}",
            f"launcher kills 0,1 SIGTERM at 30 in {WAITS}")
        self.assertNotIn("calls", attempt)


if __name__ == "__main__":
    tap.main()
