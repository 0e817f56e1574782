/* SPDX-License-Identifier: Apache-2.0 */
/*
 * behind.c - MPI ranks that make ROUNDS calls of MPI_Allreduce; the rank that is named makes one
 * less, and waits for ever where the others are in the last one. Each makes a file "ready.RANK"
 * before that.
 *
 * usage: behind ROUNDS RANK
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void leave_word(int rank)
{
	char path[64];

	snprintf(path, sizeof path, "ready.%d", rank);
	fclose(fopen(path, "w"));
}

int main(int argc, char **argv)
{
	int rank, rounds = atoi(argv[1]), behind = atoi(argv[2]);
	double own = 1, sum;
	MPI_Comm half;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
	for (int i = 1; i <= rounds; i++) {
		/* The halves are of no equal number of calls, and nobody is behind for it. */
		for (int j = 0; j <= rank % 2; j++)
			MPI_Barrier(half);
		if (i == rounds)
			leave_word(rank);
		while (i == rounds && rank == behind)
			pause();
		MPI_Allreduce(&own, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	}
	MPI_Finalize();
	return 0;
}
