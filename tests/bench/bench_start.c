/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cost of a process under vigil, start to end, as medians over rounds in which the variants
 * take turns, in another order each time: whoever runs behind a watched process pays some 20 us for
 * what the kernel cleans up of it later.
 *
 * usage: bench_start ROUNDS EMPTY_PRELOAD VIGIL_PRELOAD CRASH_PROGRAM RUN_DIRECTORY
 */
#include "tests/bench/measure.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ROUNDS_MAX 20000
#define VARIABLE_SIZE 4096

struct variant {
	const char *name;
	const char *program;
	int baseline; /* the variant it is compared with */
	char *environment[4];
	double samples[ROUNDS_MAX]; /* microseconds */
};

enum { BARE, EMPTY, DISABLED, WATCHED, CRASH_BARE, CRASH_WATCHED, VARIANT_COUNT };

static struct variant variants[VARIANT_COUNT];
static char empty_preload[VARIABLE_SIZE], preload[VARIABLE_SIZE], directory[VARIABLE_SIZE];

static double run_once(const struct variant *variant)
{
	char *argv[] = {(char *)variant->program, NULL};
	double start = measure_now_us();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, variant->program, NULL, NULL, argv, variant->environment) != 0) {
		perror(variant->program);
		exit(1);
	}
	waitpid(pid, &status, 0);
	return measure_now_us() - start;
}

static void set_up(char **argv)
{
	static char disable[] = "VIGIL_DISABLE=1";
	const char *crash = argv[4];

	snprintf(empty_preload, sizeof empty_preload, "LD_PRELOAD=%s", argv[2]);
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[3]);
	snprintf(directory, sizeof directory, "VIGIL_DIR=%s", argv[5]);
	variants[BARE] = (struct variant){"/bin/true, bare", "/bin/true", BARE, {NULL}, {0}};
	variants[EMPTY] = (struct variant){
		"/bin/true, an empty preload", "/bin/true", BARE, {empty_preload}, {0}};
	variants[DISABLED] = (struct variant){
		"/bin/true, vigil switched off", "/bin/true", BARE, {preload, disable}, {0}};
	variants[WATCHED] = (struct variant){"/bin/true, vigil to a run directory", "/bin/true",
		BARE, {preload, directory}, {0}};
	variants[CRASH_BARE] = (struct variant){"SIGSEGV, bare", crash, CRASH_BARE, {NULL}, {0}};
	variants[CRASH_WATCHED] = (struct variant){
		"SIGSEGV, vigil to a run directory", crash, CRASH_BARE, {preload, directory}, {0}};
}

static void shuffle(int order[VARIANT_COUNT])
{
	for (int i = VARIANT_COUNT - 1; i > 0; i--) {
		int other = rand() % (i + 1), kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

int main(int argc, char **argv)
{
	int rounds = argc == 6 ? atoi(argv[1]) : 0;
	double medians[VARIANT_COUNT];
	int order[VARIANT_COUNT] = {0, 1, 2, 3, 4, 5};

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_start ROUNDS EMPTY VIGIL CRASH DIRECTORY\n");
		return 2;
	}
	set_up(argv);
	for (int round = 0; round < rounds; round++) {
		shuffle(order);
		for (int i = 0; i < VARIANT_COUNT; i++)
			variants[order[i]].samples[round] = run_once(&variants[order[i]]);
	}
	for (int v = 0; v < VARIANT_COUNT; v++)
		medians[v] = measure_median(variants[v].samples, rounds);
	printf("%-40s %10s %12s %8s   (medians of %d)\n", "process start to end", "us", "over bare",
		"ratio", rounds);
	for (int v = 0; v < VARIANT_COUNT; v++) {
		double base = medians[variants[v].baseline];

		printf("%-40s %10.0f %+12.0f %8.2f\n", variants[v].name, medians[v],
			medians[v] - base, medians[v] / base);
	}
	return 0;
}
