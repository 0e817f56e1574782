/* SPDX-License-Identifier: Apache-2.0 */
/* Stands for a library of MPI's, whose calls cost nothing. */
int MPI_Init(int *count, char ***arguments);
int MPI_Allreduce(const void *from, void *to, int count, int type, int op, int on);
int PMPI_Init(int *count, char ***arguments);

int PMPI_Init(int *count, char ***arguments)
{
	return count == 0 && arguments == 0;
}

int MPI_Init(int *count, char ***arguments)
{
	return PMPI_Init(count, arguments);
}

int MPI_Allreduce(const void *from, void *to, int count, int type, int op, int on)
{
	return from == to ? on : count + type + op;
}
