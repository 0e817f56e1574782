/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An MPI program whose ranks stand still, or do not: "stall HOW [FILE]". The line that a report
 * must name has a comment with HOW.
 */
#include <fcntl.h>
#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int rank, size;
static const char *how, *file;
static volatile double sum;

static int is(const char *name)
{
	return strcmp(how, name) == 0;
}

static __attribute__((noinline)) void compute(void)
{
	for (;; sum += 1 / (1 + sum)) /* compute */
		;
}

/* Its launcher, which is stopped, does not end the job. FILE gets the launcher's pid. */
static __attribute__((noinline)) void abort_in_vain(void)
{
	FILE *pid = fopen(file, "w");

	fprintf(pid, "%d", getppid());
	fclose(pid);
	sleep(1); /* for the launcher to pass on what was printed */
	kill(getppid(), SIGSTOP);
	MPI_Abort(MPI_COMM_WORLD, 3); /* abort */
}

static __attribute__((noinline)) void load_shard(void)
{
	char bytes[16];
	int fd;

	if (is("sleep"))
		sleep(1000); /* sleep */
	if (is("poll"))
		for (;;) {
			access("/nowhere/data", F_OK);
			usleep(100000); /* poll */
		}
	if (is("fifo")) {
		fd = open(file, O_RDWR);
		if (read(fd, bytes, sizeof bytes) < 0) /* fifo */
			abort();
	}
	if (is("lock")) {
		static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

		pthread_mutex_lock(&mutex);
		pthread_mutex_lock(&mutex); /* lock */
	}
	if (is("straggler"))
		compute(); /* straggler */
	if (is("paused"))
		raise(SIGSTOP); /* paused */
	if (is("abort"))
		abort_in_vain();
}

static __attribute__((noinline)) void reduce(void)
{
	int one = 1, all;

	MPI_Allreduce(&one, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD); /* reduce */
}

static __attribute__((noinline)) void other(void)
{
	MPI_Barrier(MPI_COMM_WORLD); /* other */
}

static __attribute__((noinline)) void receive(void)
{
	int value;

	MPI_Recv(&value, 1, MPI_INT, 0, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE); /* receive */
}

static __attribute__((noinline)) void write_much(void)
{
	char *bytes = calloc(1, 1 << 20);
	int fd = open(file, O_CREAT | O_WRONLY, 0600);
	struct timespec pause = {0, 50000000};

	for (;;) {
		if (pwrite(fd, bytes, 1 << 20, 0) < 0) /* write */
			abort();
		nanosleep(&pause, NULL);
	}
}

static __attribute__((noinline)) void half(void)
{
	MPI_Comm half;

	MPI_Comm_split(MPI_COMM_WORLD, rank / 2, rank, &half);
	MPI_Barrier(rank == 2 ? MPI_COMM_WORLD : half); /* half */
}

/* Computes, and then waits, at a moment that differs from rank to rank. */
static __attribute__((noinline)) void busy(void)
{
	double until = MPI_Wtime() + 0.4 + 0.1 * rank;

	while (MPI_Wtime() < until)
		sum += 1 / (1 + sum);
	pause();
}

static void hang(void)
{
	int odd = rank == 2;

	if (is("mismatch"))
		odd ? other() : reduce();
	else if (is("never") && odd)
		receive();
	else if (is("busy") && rank != 0)
		busy();
	else if (is("half"))
		half();
	else if (is("all-compute"))
		compute();
	else if (is("write") && rank == 0)
		write_much();
	else if (is("moves"))
		for (int step = 0; step < 1000; step++) {
			sum += step;
			reduce();
			usleep(odd ? 900000 : 1000);
		}
	else if (is("later") && odd)
		sleep(6); /* later */
	else if (odd)
		load_shard();
	reduce();
}

int main(int count, char **arguments)
{
	how = arguments[1];
	file = count > 2 ? arguments[2] : "";
	MPI_Init(&count, &arguments);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	reduce();
	if (rank == 2) {
		puts("hangs");
		fflush(stdout);
	}
	hang();
	for (int step = 0; is("later") && step < 200; step++) {
		sum += step;
		reduce();
		usleep(50000);
	}
	MPI_Finalize();
	return 0;
}
