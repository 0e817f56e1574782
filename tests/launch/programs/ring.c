/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c - an MPI rank that meets all others in a barrier, again and again.
 *
 * usage: ring RANK
 * RANK writes through a null pointer in step 5; the others wait for it in the barrier.
 */
#include <mpi.h>
#include <stdlib.h>

static int *volatile nowhere;

static void work(int step, int failing)
{
	if (step == 5 && failing)
		*nowhere = step;
}

int main(int argc, char **argv)
{
	int rank;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	for (int step = 0; step < 30; step++) {
		work(step, argc > 1 && rank == atoi(argv[1]));
		MPI_Barrier(MPI_COMM_WORLD);
	}
	MPI_Finalize();
	return 0;
}
