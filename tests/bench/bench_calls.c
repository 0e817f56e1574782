/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call costs that is counted, bare and watched: the median of several rounds, in processor
 * time, of one thread and of eight, which are new ones in each round. And what a watched program of
 * MPI's costs more than the same program, PROGRAM, whose library has another name: from its start
 * to its end, without a call, and with one; the lower quartiles.
 *
 * usage: bench_calls ROUNDS STARTS VIGIL_PRELOAD RUN_DIRECTORY PROGRAM; it starts itself with one
 * of the words "call", "start" and "first".
 */
#include "tests/bench/measure.h"

#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int MPI_Init(int *count, char ***arguments);
int MPI_Allreduce(const void *from, void *to, int count, int type, int op, int on);

#define CALLS 5000000L
#define THREADS 8
#define WORLD 0x44000000
#define ROUNDS_MAX 100
#define STARTS_MAX 20000
#define VARIABLE_SIZE 4096

static double processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *call(void *nothing)
{
	for (long i = 0; i < CALLS; i++)
		MPI_Allreduce(&nothing, NULL, 1, 2, 3, WORLD);
	return nothing;
}

/* Prints the nanoseconds of a call by one thread, and by eight at once. */
static int measure_calls(int rounds)
{
	static double one[ROUNDS_MAX], all[ROUNDS_MAX];
	int count = rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX;

	for (int round = 0; round < count; round++) {
		pthread_t threads[THREADS];
		double start = processor_ns();

		call(NULL);
		one[round] = (processor_ns() - start) / CALLS;
		start = processor_ns();
		for (int i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, call, NULL);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		all[round] = (processor_ns() - start) / CALLS / THREADS;
	}
	printf("%.2f %.2f\n", measure_median(one, count), measure_median(all, count));
	return 0;
}

static char preload[VARIABLE_SIZE], directory[VARIABLE_SIZE];
static char *const bare[] = {NULL};
static char *const watched[] = {preload, directory, NULL};

/* Runs PROGRAM with WORD and ROUNDS in ENVIRONMENT, its output to FD. Returns how long it took, in
 * microseconds. */
static double run(char *program, const char *word, char *rounds, char *const *environment, int fd)
{
	char *arguments[] = {program, (char *)word, rounds, NULL};
	posix_spawn_file_actions_t actions;
	double start = measure_now_us();
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (posix_spawn(&pid, program, &actions, NULL, arguments, environment) != 0) {
		perror(program);
		exit(1);
	}
	waitpid(pid, NULL, 0);
	return measure_now_us() - start;
}

static void calls_of(char **argv, char *const *environment, double *ret_one, double *ret_all)
{
	char line[64] = "";
	int ends[2];

	if (pipe(ends) < 0)
		exit(1);
	run(argv[0], "call", argv[1], environment, ends[1]);
	if (read(ends[0], line, sizeof line - 1) <= 0 ||
		sscanf(line, "%lf %lf", ret_one, ret_all) != 2)
		exit(1);
	close(ends[0]);
	close(ends[1]);
}

static void compare_calls(char **argv)
{
	double one[2], all[2];

	calls_of(argv, bare, &one[0], &all[0]);
	calls_of(argv, watched, &one[1], &all[1]);
	printf("%-44s %8.1f ns %8.1f ns  %+.1f ns\n", "a call that is counted, one thread", one[0],
		one[1], one[1] - one[0]);
	printf("%-44s %8.1f ns %8.1f ns  %+.1f ns\n", "a call that is counted, eight threads",
		all[0], all[1], all[1] - all[0]);
}

static void compare_starts(char **argv, const char *word, const char *what, int count)
{
	static double samples[2][STARTS_MAX];
	char *programs[] = {argv[5], argv[0]};
	double quartiles[2];

	for (int i = 0; i < count; i++)
		for (int j = 0; j < 2; j++)
			samples[(i + j) % 2][i] =
				run(programs[(i + j) % 2], word, argv[1], watched, STDOUT_FILENO);
	for (int i = 0; i < 2; i++) {
		qsort(samples[i], (size_t)count, sizeof *samples[i], measure_by_value);
		quartiles[i] = samples[i][count / 4];
	}
	printf("%-44s %8.1f us %8.1f us  %+.1f us\n", what, quartiles[0], quartiles[1],
		quartiles[1] - quartiles[0]);
}

int main(int argc, char **argv)
{
	int starts;

	if (argc > 2 && strcmp(argv[1], "call") == 0) {
		MPI_Init(&argc, &argv);
		return measure_calls(atoi(argv[2]));
	}
	if (argc > 1 && strcmp(argv[1], "start") == 0)
		return 0;
	if (argc > 1 && strcmp(argv[1], "first") == 0)
		return MPI_Init(&argc, &argv);
	if (argc != 6) {
		fprintf(stderr, "usage: bench_calls ROUNDS STARTS VIGIL_PRELOAD RUN_DIRECTORY "
				"PROGRAM\n");
		return 2;
	}
	starts = atoi(argv[2]) < STARTS_MAX ? atoi(argv[2]) : STARTS_MAX;
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[3]);
	snprintf(directory, sizeof directory, "VIGIL_DIR=%s", argv[4]);
	printf("%-44s %11s %11s\n", "", "bare", "watched");
	fflush(stdout);
	compare_calls(argv);
	printf("%-44s %11s %11s\n", "watched", "not MPI", "MPI");
	fflush(stdout);
	compare_starts(argv, "start", "a program that makes no call", starts);
	compare_starts(argv, "first", "a program that makes one", starts);
	return 0;
}
