/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c - an MPI rank that meets all others in a barrier, again and again.
 *
 * usage: ring [RANK [HOW]]
 * In step 5, RANK fails by HOW, a fault if nothing is said; the others wait for it in the barrier.
 * Where STAGE names a directory, each rank leaves its pid there as programs/meeting.py does.
 */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int *volatile nowhere;

static void fault(int rank)
{
	*nowhere = rank;
}

static void call_abort(int rank)
{
	(void)rank;
	abort();
}

static void leave(int rank)
{
	(void)rank;
	exit(0);
}

static void exit_3(int rank)
{
	(void)rank;
	exit(3);
}

static void call_exit(int rank)
{
	(void)rank;
	_exit(9);
}

static void mpi_abort(int rank)
{
	(void)rank;
	MPI_Abort(MPI_COMM_WORLD, 7);
}

static void kill_self(int rank)
{
	(void)rank;
	raise(SIGKILL);
}

/* More arrives than there is room for. */
static void truncate_message(int rank)
{
	int two[2] = {rank, rank}, one;
	MPI_Request request;

	MPI_Isend(two, 2, MPI_INT, rank, 1, MPI_COMM_WORLD, &request);
	MPI_Recv(&one, 1, MPI_INT, rank, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void wait_for_ever(int rank)
{
	(void)rank;
	for (;;)
		sleep(60);
}

static const struct {
	const char *name;
	void (*fail)(int rank);
} ways[] = {{"fault", fault}, {"abort", call_abort}, {"leave", leave}, {"exit", exit_3},
	{"_exit", call_exit}, {"mpi_abort", mpi_abort}, {"truncate", truncate_message},
	{"kill", kill_self}, {"sleep", wait_for_ever}};

static void work(int step, int rank, const char *how)
{
	for (size_t i = 0; step == 5 && how != NULL && i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].name, how) == 0)
			ways[i].fail(rank);
}

static void leave_pid(int rank)
{
	char path[4096], whole[4096];
	FILE *file;

	if (getenv("STAGE") == NULL)
		return;
	snprintf(path, sizeof path, "%s/0.%d.new", getenv("STAGE"), rank);
	snprintf(whole, sizeof whole, "%s/0.%d.pid", getenv("STAGE"), rank);
	file = fopen(path, "w");
	fprintf(file, "%d", (int)getpid());
	fclose(file);
	rename(path, whole);
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "fault";
	int rank;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	leave_pid(rank);
	for (int step = 0; step < 30; step++) {
		work(step, rank, argc > 1 && rank == atoi(argv[1]) ? how : NULL);
		MPI_Barrier(MPI_COMM_WORLD);
	}
	MPI_Finalize();
	return 0;
}
