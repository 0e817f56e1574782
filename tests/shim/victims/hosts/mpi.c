/* SPDX-License-Identifier: Apache-2.0 */
/* An MPI program that crashes: Open MPI prints a stack of its own. */
#include <mpi.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static volatile uintptr_t nowhere;

int main(int argc, char **argv)
{
	MPI_Init(&argc, &argv);
	if (argc > 1 && !strcmp(argv[1], "fault"))
		*(volatile int *)nowhere = 1;
	if (argc > 1 && !strcmp(argv[1], "abort"))
		abort();
	MPI_Finalize();
	return 0;
}
