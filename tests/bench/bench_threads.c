/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cost of a thread under vigil, pthread_create() to the end of pthread_join(), as medians over
 * rounds in which the two programs, bare and watched, take turns.
 *
 * usage: bench_threads ROUNDS VIGIL_PRELOAD RUN_DIRECTORY
 *        bench_threads      one round: prints nanoseconds a thread
 */
#include "tests/bench/measure.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 2000
#define ROUNDS_MAX 1000
#define COMMAND_SIZE 8192

static void *nothing(void *unused)
{
	return unused;
}

/* On two processors the figure is where the scheduler happens to put the thread. */
static void stay_on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof one, &one) != 0)
		exit(1);
}

static void one_round(void)
{
	pthread_t thread;
	double start;

	stay_on_one_processor();
	start = measure_now_us();
	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&thread, NULL, nothing, NULL) != 0)
			exit(1);
		pthread_join(thread, NULL);
	}
	printf("%.0f\n", (measure_now_us() - start) * 1e3 / THREADS);
}

static double run_once(const char *command)
{
	FILE *output = popen(command, "r");
	double ns;

	if (output == NULL || fscanf(output, "%lf", &ns) != 1 || pclose(output) != 0) {
		fprintf(stderr, "bench_threads: %s\n", command);
		exit(1);
	}
	return ns;
}

int main(int argc, char **argv)
{
	static char watched[COMMAND_SIZE];
	static double samples[2][ROUNDS_MAX];
	int rounds = argc == 4 ? atoi(argv[1]) : 0;
	double bare_ns, watched_ns;

	if (argc == 1) {
		one_round();
		return 0;
	}
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_threads ROUNDS VIGIL_PRELOAD RUN_DIRECTORY\n");
		return 2;
	}
	snprintf(watched, sizeof watched, "LD_PRELOAD='%s' VIGIL_DIR='%s' exec '%s'", argv[2],
		argv[3], argv[0]);
	for (int round = 0; round < rounds; round++) {
		samples[0][round] = run_once(argv[0]);
		samples[1][round] = run_once(watched);
	}
	bare_ns = measure_median(samples[0], rounds);
	watched_ns = measure_median(samples[1], rounds);
	printf("%-40s %10s %12s %8s   (medians of %d)\n", "a thread, create to join", "us",
		"over bare", "ratio", rounds);
	printf("%-40s %10.2f %+12.2f %8.2f\n", "bare", bare_ns / 1e3, 0.0, 1.0);
	printf("%-40s %10.2f %+12.2f %8.2f\n", "vigil to a run directory", watched_ns / 1e3,
		(watched_ns - bare_ns) / 1e3, watched_ns / bare_ns);
	return 0;
}
