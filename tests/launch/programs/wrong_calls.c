/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of MPI that its error handler ends, and other ways in which ranks end together.
 *
 * usage: wrong_calls CALL RANK
 * RANK makes the call; -1: every rank does.
 */
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

static int rank, size, buffer[64];

static void send_to(int count, MPI_Datatype type, int to, int tag)
{
	MPI_Send(buffer, count, type, to, tag, MPI_COMM_WORLD);
}

static void wrong_rank(void)
{
	send_to(1, MPI_INT, size + 5, 0);
}

static void wrong_count(void)
{
	send_to(-1, MPI_INT, (rank + 1) % size, 0);
}

static void wrong_type(void)
{
	send_to(1, MPI_DATATYPE_NULL, (rank + 1) % size, 0);
}

static void wrong_tag(void)
{
	send_to(1, MPI_INT, (rank + 1) % size, -7);
}

static void wrong_root(void)
{
	MPI_Bcast(buffer, 1, MPI_INT, size + 3, MPI_COMM_WORLD);
}

static void null_communicator(void)
{
	MPI_Bcast(buffer, 1, MPI_INT, 0, MPI_COMM_NULL);
}

static void null_operation(void)
{
	MPI_Allreduce(buffer, buffer + 1, 1, MPI_INT, MPI_OP_NULL, MPI_COMM_WORLD);
}

static void null_request(void)
{
	MPI_Request request = MPI_REQUEST_NULL;

	MPI_Request_free(&request);
}

/* From the even ranks to the odd ones. */
static void truncated(void)
{
	if (rank % 2 == 0 && rank + 1 < size)
		send_to(64, MPI_INT, rank + 1, 0);
	else if (rank % 2 == 1)
		MPI_Recv(buffer, 1, MPI_INT, rank - 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void init_twice(void)
{
	MPI_Init(NULL, NULL);
}

static void after_finalize(void)
{
	MPI_Finalize();
	wrong_root();
}

static void abort_8(void)
{
	MPI_Abort(MPI_COMM_WORLD, 8);
}

static void abort_some_8(void)
{
	MPI_Comm some;

	MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &some);
	MPI_Abort(some, 8);
}

static void exit_1(void)
{
	MPI_Finalize();
	exit(1);
}

#define CALL(name)          \
	{                   \
#name, name \
	}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {CALL(wrong_rank), CALL(wrong_count), CALL(wrong_type), CALL(wrong_tag),
	CALL(wrong_root), CALL(null_communicator), CALL(null_operation), CALL(null_request),
	CALL(truncated), CALL(init_twice), CALL(after_finalize), CALL(abort_8), CALL(abort_some_8),
	CALL(exit_1)};

int main(int count, char **arguments)
{
	if (strcmp(arguments[1], "before_init") == 0)
		MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Init(&count, &arguments);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	MPI_Barrier(MPI_COMM_WORLD);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strcmp(calls[i].name, arguments[1]) == 0 &&
			(atoi(arguments[2]) == -1 || atoi(arguments[2]) == rank))
			calls[i].call();
	MPI_Barrier(MPI_COMM_WORLD);
	MPI_Finalize();
	return 0;
}
