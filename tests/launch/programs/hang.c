/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hang.c - MPI ranks that wait for messages which nobody sends: those with an even rank at one line
 * of exchange(), the others at another one. Each makes a file "ready.RANK" before.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static double buffer[4];

static void leave_word(int rank)
{
	char path[64];

	snprintf(path, sizeof path, "ready.%d", rank);
	fclose(fopen(path, "w"));
}

__attribute__((noinline)) static void exchange(int rank, int peer)
{
	MPI_Status status;

	if (rank % 2 == 0)
		MPI_Recv(buffer, 4, MPI_DOUBLE, peer, 1, MPI_COMM_WORLD, &status); /* even */
	else
		MPI_Recv(buffer, 4, MPI_DOUBLE, peer, 2, MPI_COMM_WORLD, &status); /* odd */
	puts("received");
}

int main(int argc, char **argv)
{
	int rank, size;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	leave_word(rank);
	exchange(rank, (rank + 1) % size);
	MPI_Finalize();
	return 0;
}
