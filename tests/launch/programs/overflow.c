/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overflow.c - an MPI rank whose stack overflows, after all have met in a barrier.
 *
 * usage: overflow RANK first|openmp
 * In RANK, two functions call each other without end, in the first thread or in one of OpenMP's;
 * the others wait in a barrier.
 */
#include <mpi.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;

__attribute__((noinline)) static int descend(int depth);

__attribute__((noinline)) static int visit(int depth)
{
	volatile char node[256];

	node[0] = (char)depth;
	return zero ? 0 : descend(depth + 1) + node[0];
}

static int descend(int depth)
{
	volatile char node[256];

	node[0] = (char)depth;
	return zero ? 0 : visit(depth + 1) + node[0];
}

static int in_a_thread(void)
{
	int sum = 0;

#pragma omp parallel num_threads(2) reduction(+ : sum)
	if (omp_get_thread_num() == 1)
		sum += visit(zero);
	return sum;
}

int main(int argc, char **argv)
{
	int rank, sum = 0;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Barrier(MPI_COMM_WORLD);
	if (argc > 2 && rank == atoi(argv[1]))
		sum = strcmp(argv[2], "openmp") == 0 ? in_a_thread() : visit(zero);
	MPI_Barrier(MPI_COMM_WORLD);
	MPI_Finalize();
	return sum;
}
