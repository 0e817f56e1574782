/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrong.c - an MPI program of four ranks with an error for which it hangs: "wrong HOW". The line
 * that a report must name has a comment with HOW, behind "!" where it is rank 2's alone.
 */
#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGE (1 << 20) /* no library sends so many numbers before the receiver asks for them */

static int rank, size;
static const char *how;
static int *many, *more;
static volatile double sum;
static MPI_Comm copy;

static int is(const char *name)
{
	return strcmp(how, name) == 0;
}

static __attribute__((noinline)) void distribute(int root)
{
	MPI_Bcast(many, LARGE, MPI_INT, root, MPI_COMM_WORLD); /* root-bcast */
}

static __attribute__((noinline)) void collect(int root)
{
	int part = LARGE / 4;

	MPI_Gather(
		many, part, MPI_INT, more, part, MPI_INT, root, MPI_COMM_WORLD); /* root-gather */
}

static __attribute__((noinline)) void total(int root)
{
	MPI_Reduce(many, more, LARGE, MPI_INT, MPI_SUM, root, MPI_COMM_WORLD); /* root-reduce */
}

static __attribute__((noinline)) void exchange(int tag)
{
	int right = (rank + 1) % size, left = (rank + size - 1) % size;

	if (rank == 2)
		MPI_Send(many, LARGE, MPI_INT, right, tag, MPI_COMM_WORLD); /* !tag */
	else if (rank == 3)
		MPI_Recv(
			more, LARGE, MPI_INT, left, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE); /* tag */
}

static __attribute__((noinline)) void sum_on(MPI_Comm comm)
{
	MPI_Allreduce(many, more, 4, MPI_INT, MPI_SUM, comm); /* communicator */
}

static __attribute__((noinline)) void row_sync(void)
{
	MPI_Barrier(MPI_COMM_WORLD); /* lines */
}

static __attribute__((noinline)) void world_sync(void)
{
	MPI_Barrier(copy); /* !lines */
}

static __attribute__((noinline)) void other(void)
{
	MPI_Barrier(MPI_COMM_WORLD); /* !collective */
}

static __attribute__((noinline)) void receive(void)
{
	MPI_Recv(many, 4, MPI_INT, 0, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE); /* !receive */
}

static __attribute__((noinline)) void wait_for(void)
{
	MPI_Request request;

	MPI_Irecv(many, 4, MPI_INT, 0, 7, MPI_COMM_WORLD, &request);
	MPI_Wait(&request, MPI_STATUS_IGNORE); /* !wait */
}

static __attribute__((noinline)) void send_all(void)
{
	MPI_Send(many, LARGE, MPI_INT, (rank + 1) % size, 1, MPI_COMM_WORLD); /* sends */
	MPI_Recv(more, LARGE, MPI_INT, (rank + size - 1) % size, 1, MPI_COMM_WORLD,
		MPI_STATUS_IGNORE);
}

static __attribute__((noinline)) void compute(void)
{
	for (;;)
		for (int i = 1; i < 1000; i++)
			sum += 1.0 / i; /* !loop */
}

static __attribute__((noinline)) void load_shard(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	if (is("sleep"))
		sleep(1000); /* !sleep */
	if (is("stopped"))
		raise(SIGSTOP); /* !stopped */
	pthread_mutex_lock(&mutex);
	pthread_mutex_lock(&mutex); /* !lock */
}

static __attribute__((noinline)) void step(void)
{
	MPI_Allreduce(many, more, 4, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
}

static void rank_2(void)
{
	if (is("collective"))
		other();
	else if (is("lines"))
		world_sync();
	else if (is("receive"))
		receive();
	else if (is("wait"))
		wait_for();
	else if (is("loop"))
		compute();
	else if (is("sleep") || is("stopped") || is("lock"))
		load_shard();
	else if (is("fewer") || is("missed"))
		return;
	step();
}

static void hang(void)
{
	int odd = rank == 2;

	if (is("root-bcast"))
		distribute(odd ? 2 : 0);
	else if (is("root-gather"))
		collect(odd ? 2 : 0);
	else if (is("root-reduce"))
		total(odd ? 2 : 0);
	else if (is("tag"))
		exchange(odd ? 2 : 1);
	else if (is("communicator"))
		sum_on(odd ? copy : MPI_COMM_WORLD);
	else if (is("sends"))
		send_all();
	else if (odd)
		rank_2();
	else if (is("lines"))
		row_sync();
	else
		step(); /* others */
}

int main(int count, char **arguments)
{
	how = arguments[1];
	MPI_Init(&count, &arguments);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	MPI_Comm_dup(MPI_COMM_WORLD, &copy);
	many = calloc(LARGE, sizeof *many);
	more = calloc(LARGE, sizeof *more);
	for (int i = 0; i < 5; i++)
		step();
	if (rank == 2) {
		puts("hangs");
		fflush(stdout);
	}
	hang();
	if (is("fewer"))
		MPI_Barrier(MPI_COMM_WORLD); /* !fewer */
	MPI_Finalize();			     /* !missed */
	return 0;
}
