#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who is which rank, by the variables that each launcher sets, as its documentation has them: shells play the launchers that are not
installed. One rank fails, the others are ended for it; the report names it, and the variable that its number is from."""

import jobs
import tap  # jobs has put its folder into the path
import watched

# The variables of rank {rank} of 4, two on each node; the one that counts; the name of the launcher.
LAUNCHERS = {
    "Intel MPI": ("PMI_RANK={rank} PMI_SIZE=4 MPI_LOCALRANKID={local} MPI_LOCALNRANKS=2 PMI_FD=9 I_MPI_INFO_NP=2", "PMI_RANK"),
    "PALS": ("PALS_RANKID={rank} PALS_LOCAL_RANKID={local} PALS_NODEID={node} PMI_RANK={rank} PMI_SIZE=4 PALS_APID=7", "PALS_RANKID"),
    "Flux": ("FLUX_TASK_RANK={rank} FLUX_TASK_LOCAL_ID={local} FLUX_JOB_SIZE=4 FLUX_JOB_ID=f58", "FLUX_TASK_RANK"),
    "Flux with its PMI": ("PMI_RANK={rank} PMI_SIZE=4 PMI_FD=9 FLUX_TASK_RANK={rank} FLUX_JOB_SIZE=4", "PMI_RANK"),
    "JSM": ("JSM_NAMESPACE_RANK={rank} JSM_NAMESPACE_LOCAL_RANK={local} JSM_NAMESPACE_SIZE=4", "JSM_NAMESPACE_RANK"),
    "Horovod": ("HOROVOD_RANK={rank} HOROVOD_LOCAL_RANK={local} HOROVOD_SIZE=4 HOROVOD_CROSS_RANK={node}", "HOROVOD_RANK"),
    "MVAPICH2": ("MV2_COMM_WORLD_RANK={rank} MV2_COMM_WORLD_LOCAL_RANK={local} MV2_COMM_WORLD_SIZE=4", "MV2_COMM_WORLD_RANK"),
    "Paddle": ("PADDLE_TRAINER_ID={rank} PADDLE_RANK_IN_NODE={local} PADDLE_TRAINERS_NUM=4", "PADDLE_TRAINER_ID"),
    "a pod of Kubeflow": ("RANK={rank} WORLD_SIZE=4 MASTER_ADDR=job-master-0 MASTER_PORT=23456 PET_NODE_RANK={rank}", "RANK"),
    "Lightning, with the ranks of a node": ("LOCAL_RANK={local} NODE_RANK={node} WORLD_SIZE=4 LOCAL_WORLD_SIZE=2", "LOCAL_RANK"),
}

# A rank that learns its number when it runs, as the workers of Ray and the functions of torch.multiprocessing.spawn do.
LATE = """
import os, sys, time
rank, world = sys.argv[1:3]
os.environ.update(RANK=rank, LOCAL_RANK=rank, WORLD_SIZE=world, MASTER_ADDR="127.0.0.1", MASTER_PORT="29500")
time.sleep(0.2)
if int(rank) == int(world) - 1:
    raise ValueError("bad batch")
time.sleep(5)
"""

# A pod starts two ranks, and ends when they have ended, or when the first of them has failed.
POD = """
import os, subprocess, sys
pod = int(os.environ["RANK"])
ranks = [subprocess.Popen([sys.executable, sys.argv[1], str(2 * pod + i), "4"]) for i in range(2)]
status = ranks[1].wait()
ranks[0].terminate()
sys.exit(status)
"""


class Identities(jobs.Case):
    def job(self, ranks, failing):
        """Runs a job whose launcher is a shell: RANKS are its command lines, and all are ended when that of FAILING has ended."""
        lines = [f"{command} & pid{rank}=$!" for rank, command in enumerate(ranks)]
        others = " ".join(f"$pid{rank}" for rank in range(len(ranks)) if rank != failing)
        lines += [f"wait $pid{failing}", "status=$?", f"kill {others}", "wait", "exit $status"]
        return self.watch("sh", self.write("launch", "\n".join(lines)))

    def test_each_launchers_variables(self):
        for name, (variables, source) in LAUNCHERS.items():
            with self.subTest(name):
                ranks = [f"env {variables.format(rank=rank, local=rank % 2, node=rank // 2)} sh -c '" +
                         ("sleep 0.3; exit 3'" if rank == 3 else "exec sleep 60'") for rank in range(4)]
                attempt = self.job(ranks, 3)
                self.assert_culprit(attempt, 3, "exit", "^exit 3", 4)
                events = watched.events(self.path(f"run{self.runs - 1}"))
                self.assertEqual({event["rank_source"] for event in events if event.get("rank") is not None}, {source})
                self.assertEqual({event["world_size"] for event in events if event.get("rank") is not None}, {4})

    def test_a_number_that_is_set_late(self):
        late = self.write("late.py", LATE)
        attempt = self.job([f"{jobs.PYTHON} {late} {rank} 3" for rank in range(3)], 2)
        self.assert_culprit(attempt, 2, "exception", "^ValueError: bad batch", 3)

    def test_torchrun_in_a_pod_that_has_a_number_of_its_own(self):
        ranks = []
        for pod in range(2):
            inner = "; ".join(f"TORCHELASTIC_RUN_ID=x RANK={2 * pod + i} LOCAL_RANK={i} WORLD_SIZE=4 sh -c \"" +
                              ("sleep 0.3; exit 3\"" if pod == i == 1 else "exec sleep 3\" &") for i in range(2)).replace("&;", "&")
            ranks.append(f"env RANK={pod} WORLD_SIZE=2 sh -c '{inner} " + ("; exit $?'" if pod == 1 else "wait'"))
        attempt = self.job(ranks, 1)
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["reason"]), (3, "exit 3"))
        self.assertEqual(len(attempt["ranks"]), 4)

    def test_ranks_that_a_pod_with_a_number_starts(self):
        late, pod = self.write("late.py", LATE), self.write("pod.py", POD)
        attempt = self.job([f"env RANK={number} WORLD_SIZE=2 MASTER_ADDR=pod-0 {jobs.PYTHON} {pod} {late}" for number in range(2)], 1)
        self.assertEqual((attempt["root_cause"]["rank"], attempt["root_cause"]["reason"]), (3, "ValueError: bad batch"))


if __name__ == "__main__":
    tap.main()
