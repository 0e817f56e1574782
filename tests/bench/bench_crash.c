/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a death takes, from just before its cause to the end of waitpid() in the parent, as medians
 * over rounds in which the variants take turns.
 *
 * usage: bench_crash ROUNDS MEGABYTES VIGIL_PRELOAD PROGRAMS SCRIPT RUN_DIRECTORY
 *
 * MEGABYTES are resident in the large program. PROGRAMS is where dies, throws and backtracer.so
 * are, SCRIPT is dies.py; the core files come into RUN_DIRECTORY, with everything else.
 */
#include "tests/bench/measure.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 5000
#define ARGUMENTS_MAX 8
#define SETTLE_US 5000 /* what was reported to wait shall be asleep before it is killed */
#define VARIABLE_SIZE (PATH_MAX + 32)
#define SMALL_MB 64

enum method { DIES, DUMPS_CORE, IS_TERMINATED, WHOLE_PROCESS, SUM_OF_TWO_BEFORE };
enum needs { NOTHING, A_CORE_FILE, MUCH_MEMORY };

enum {
	SMALL_BARE,
	SMALL_WATCHED,
	SMALL_BACKTRACER,
	SMALL_CORE,
	GDB,
	CORE_AND_GDB,
	MEMORY_BARE,
	MEMORY_WATCHED,
	LARGE_BARE,
	LARGE_WATCHED,
	CXX_BARE,
	CXX_WATCHED,
	PYTHON_BARE,
	PYTHON_FAULTHANDLER,
	PYTHON_WATCHED,
	TERM_BARE,
	TERM_WATCHED,
	RAISE_BARE,
	RAISE_WATCHED,
	EXIT_BARE,
	EXIT_WATCHED,
	EXIT_RANK,
	VARIANT_COUNT
};

struct variant {
	const char *name;
	const char *const *argv;
	const char *const *environment;
	int baseline; /* the variant it is compared with */
	int every;    /* it takes part in each so-manieth round */
	int aim_us;   /* over bare; 0: there is none */
	enum method method;
	enum needs needs;
	const char *missing; /* why it cannot be measured here */
	int count;
	double samples[ROUNDS_MAX]; /* microseconds */
};

static char dies[PATH_MAX], throws[PATH_MAX], python[PATH_MAX], script[PATH_MAX];
static const char core[] = "core";
static char megabytes[16], small_megabytes[16];
static char preload[VARIABLE_SIZE], run_directory[VARIABLE_SIZE], backtracer[VARIABLE_SIZE];
static const char backtrace_file[] = "BACKTRACE_FILE=backtraces", debuginfod[] = "DEBUGINFOD_URLS=";

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const bare[] = {NULL};
static const char *const watched[] = {preload, run_directory, NULL};
static const char *const watched_rank[] = {preload, run_directory, "RANK=0", "WORLD_SIZE=1", NULL};

static struct variant variants[] = {
	[SMALL_BARE] = {"SIGSEGV, bare", WORDS(dies), bare, SMALL_BARE, 1},
	[SMALL_WATCHED] = {"SIGSEGV, vigil", WORDS(dies), watched, SMALL_BARE, 1, 1000},
	[SMALL_BACKTRACER] = {"SIGSEGV, backtrace_symbols_fd()", WORDS(dies),
		WORDS(backtracer, backtrace_file), SMALL_BARE, 1},
	[SMALL_CORE] = {"SIGSEGV, a core file, bare", WORDS(dies), bare, SMALL_BARE, 15, 0,
		DUMPS_CORE, A_CORE_FILE},
	[GDB] = {"gdb -batch -ex bt on it, alone",
		WORDS("gdb", "-nx", "-batch", "-ex", "bt", dies, core), WORDS(debuginfod),
		SMALL_BARE, 15, 0, WHOLE_PROCESS, A_CORE_FILE},
	[CORE_AND_GDB] = {"SIGSEGV, a core file and gdb", NULL, bare, SMALL_BARE, 15, 0,
		SUM_OF_TWO_BEFORE, A_CORE_FILE},
	[MEMORY_BARE] = {"SIGSEGV, 64 MB resident, bare", WORDS(dies, small_megabytes), bare,
		MEMORY_BARE, 3},
	[MEMORY_WATCHED] = {"SIGSEGV, 64 MB resident, vigil", WORDS(dies, small_megabytes), watched,
		MEMORY_BARE, 3, 20000},
	[LARGE_BARE] = {"SIGSEGV, large, bare", WORDS(dies, megabytes), bare, LARGE_BARE, 10, 0,
		DIES, MUCH_MEMORY},
	[LARGE_WATCHED] = {"SIGSEGV, large, vigil", WORDS(dies, megabytes), watched, LARGE_BARE, 10,
		20000, DIES, MUCH_MEMORY},
	[CXX_BARE] = {"C++ exception, bare", WORDS(throws), bare, CXX_BARE, 1},
	[CXX_WATCHED] = {"C++ exception, vigil", WORDS(throws), watched, CXX_BARE, 1},
	[PYTHON_BARE] = {"Python, 20 threads, SIGSEGV, bare", WORDS(python, script, "fault"), bare,
		PYTHON_BARE, 5},
	[PYTHON_FAULTHANDLER] = {"Python, 20 threads, -X faulthandler",
		WORDS(python, "-X", "faulthandler", script, "fault"), bare, PYTHON_BARE, 5},
	[PYTHON_WATCHED] = {"Python, 20 threads, SIGSEGV, vigil", WORDS(python, script, "fault"),
		watched, PYTHON_BARE, 5},
	[TERM_BARE] = {"Python, 20 threads, SIGTERM, bare", WORDS(python, script, "wait"), bare,
		TERM_BARE, 5, 0, IS_TERMINATED},
	[TERM_WATCHED] = {"Python, 20 threads, SIGTERM, vigil", WORDS(python, script, "wait"),
		watched, TERM_BARE, 5, 50000, IS_TERMINATED},
	[RAISE_BARE] = {"Python exception, bare", WORDS(python, script, "raise"), bare, RAISE_BARE,
		5},
	[RAISE_WATCHED] = {"Python exception, vigil", WORDS(python, script, "raise"), watched,
		RAISE_BARE, 5},
	[EXIT_BARE] = {"exit(3), bare", WORDS(dies, "exit"), bare, EXIT_BARE, 1},
	[EXIT_WATCHED] = {"exit(3), vigil", WORDS(dies, "exit"), watched, EXIT_BARE, 1},
	[EXIT_RANK] = {"exit(3) of a rank, vigil", WORDS(dies, "exit"), watched_rank, EXIT_BARE, 1},
};
_Static_assert(sizeof variants / sizeof *variants == VARIANT_COUNT, "a variant is missing");

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

/* Start VARIANT with OUTPUT as its stdout and a file as its stderr. */
static pid_t start(const struct variant *variant, int output)
{
	posix_spawn_file_actions_t files;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, output, 1);
	posix_spawn_file_actions_addopen(&files, 2, "errors", O_WRONLY | O_CREAT | O_APPEND, 0640);
	if (posix_spawnp(&pid, variant->argv[0], &files, NULL, (char **)variant->argv,
		    (char **)variant->environment) != 0)
		give_up(variant->argv[0]);
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

/* The time that the program reported just before its end. */
static double reported(const struct variant *variant, int input)
{
	char line[64];
	ssize_t length = read(input, line, sizeof line - 1);

	if (length <= 0) {
		fprintf(stderr, "bench_crash: %s: told no time; see its errors\n", variant->name);
		exit(1);
	}
	line[length] = '\0';
	return strtod(line, NULL);
}

static double run_dying(const struct variant *variant)
{
	double began = 0, ended;
	int ends[2], status;

	if (pipe2(ends, O_CLOEXEC) != 0)
		give_up("pipe2");
	pid_t pid = start(variant, ends[1]);

	close(ends[1]);
	if (variant->method == IS_TERMINATED) {
		reported(variant, ends[0]);
		usleep(SETTLE_US);
		began = measure_now_us();
		kill(pid, SIGTERM);
	}
	waitpid(pid, &status, 0);
	ended = measure_now_us();
	if (variant->method != IS_TERMINATED)
		began = reported(variant, ends[0]);
	close(ends[0]);
	return ended - began;
}

static double run_dumping(const struct variant *variant)
{
	struct rlimit limit, unlimited;

	getrlimit(RLIMIT_CORE, &limit);
	unlimited = limit;
	unlimited.rlim_cur = limit.rlim_max;
	unlink(core);
	setrlimit(RLIMIT_CORE, &unlimited);
	double us = run_dying(variant);

	setrlimit(RLIMIT_CORE, &limit);
	if (access(core, R_OK) != 0)
		give_up("the core file");
	return us;
}

static double run_whole(const struct variant *variant)
{
	int output = open("/dev/null", O_WRONLY | O_CLOEXEC), status;
	double began = measure_now_us();

	waitpid(start(variant, output), &status, 0);
	close(output);
	if (status != 0) {
		fprintf(stderr, "bench_crash: %s: status 0x%x\n", variant->name, status);
		exit(1);
	}
	return measure_now_us() - began;
}

static double run_once(const struct variant *variant)
{
	switch (variant->method) {
	case DUMPS_CORE: return run_dumping(variant);
	case WHOLE_PROCESS: return run_whole(variant);
	case SUM_OF_TWO_BEFORE:
		return variant[-1].samples[variant[-1].count - 1] +
		       variant[-2].samples[variant[-2].count - 1];
	default: return run_dying(variant);
	}
}

static void run_round(int round)
{
	for (int v = 0; v < VARIANT_COUNT; v++) {
		struct variant *variant = &variants[v];

		if (variant->missing == NULL && round % variant->every == 0)
			variant->samples[variant->count++] = run_once(variant);
	}
}

/* Why there is no core file to be had in the current folder; NULL: there is. */
static const char *core_missing(void)
{
	FILE *pattern = fopen("/proc/sys/kernel/core_pattern", "re");
	char line[256] = "";
	struct rlimit limit;

	if (pattern != NULL) {
		if (fgets(line, sizeof line, pattern) == NULL)
			line[0] = '\0';
		fclose(pattern);
	}
	if (strcmp(line, "core\n") != 0)
		return "the kernel's core_pattern is not \"core\"";
	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != RLIM_INFINITY)
		return "core files are limited";
	if (system("gdb --version >/dev/null 2>&1") != 0)
		return "there is no gdb";
	return NULL;
}

static const char *memory_missing(long megabytes_)
{
	FILE *memory = fopen("/proc/meminfo", "re");
	char line[256];
	long kilobytes = 0;

	while (memory != NULL && kilobytes == 0 && fgets(line, sizeof line, memory) != NULL)
		if (strncmp(line, "MemAvailable:", 13) == 0)
			kilobytes = strtol(line + 13, NULL, 10);
	if (memory != NULL)
		fclose(memory);
	return kilobytes / 1024 < megabytes_ + megabytes_ / 2 ? "too little memory is free" : NULL;
}

/* The interpreter itself: what is called python3 may be a shell script. */
static void find_python(void)
{
	FILE *output = popen("python3 -c 'import sys; print(sys.executable, end=\"\")'", "r");

	if (output == NULL || fgets(python, sizeof python, output) == NULL || pclose(output) != 0)
		give_up("python3");
}

static void set_up(char **argv)
{
	const char *why[] = {[NOTHING] = NULL,
		[A_CORE_FILE] = core_missing(),
		[MUCH_MEMORY] = memory_missing(atol(argv[2]))};

	snprintf(megabytes, sizeof megabytes, "%s", argv[2]);
	snprintf(small_megabytes, sizeof small_megabytes, "%d", SMALL_MB);
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[3]);
	snprintf(dies, sizeof dies, "%s/dies", argv[4]);
	snprintf(throws, sizeof throws, "%s/throws", argv[4]);
	snprintf(backtracer, sizeof backtracer, "LD_PRELOAD=%s/backtracer.so", argv[4]);
	snprintf(script, sizeof script, "%s", argv[5]);
	snprintf(run_directory, sizeof run_directory, "VIGIL_DIR=%s", argv[6]);
	find_python();
	if (chdir(argv[6]) != 0)
		give_up(argv[6]);
	for (int v = 0; v < VARIANT_COUNT; v++)
		variants[v].missing = why[variants[v].needs];
}

/* The middle half of the samples, as what lies on either side: sorted by measure_median(). */
static double spread(const struct variant *variant)
{
	return (variant->samples[variant->count * 3 / 4] - variant->samples[variant->count / 4]) /
	       2;
}

/* A machine that others use too may hide the answer. */
static const char *verdict(const struct variant *variant, double excess)
{
	if (excess <= 0)
		return "met";
	return excess <= spread(variant) + spread(&variants[variant->baseline]) ? "too noisy to say"
										: "missed";
}

static void print_variant(const struct variant *variant, double median, double base)
{
	printf("%-40s %10.0f %+12.0f %8.2f %8.0f %6d", variant->name, median, median - base,
		median / base, spread(variant), variant->count);
	if (variant->aim_us != 0)
		printf("   aim %+d: %s", variant->aim_us,
			verdict(variant, median - base - variant->aim_us));
	putchar('\n');
}

static void print_table(void)
{
	double medians[VARIANT_COUNT] = {0};

	printf("%-40s %10s %12s %8s %8s %6s\n", "a death, its cause to the parent's wait", "us",
		"over bare", "ratio", "spread", "rounds");
	for (int v = 0; v < VARIANT_COUNT; v++) {
		struct variant *variant = &variants[v];

		if (variant->missing != NULL) {
			printf("%-40s not measured: %s\n", variant->name, variant->missing);
			continue;
		}
		medians[v] = measure_median(variant->samples, variant->count);
		print_variant(variant, medians[v], medians[variant->baseline]);
	}
	printf("(large: %s MB resident)\n", megabytes);
}

int main(int argc, char **argv)
{
	int rounds = argc == 7 ? atoi(argv[1]) : 0;

	if (rounds < 1 || rounds > ROUNDS_MAX || atol(argv[2]) < 1) {
		fprintf(stderr, "usage: bench_crash ROUNDS MEGABYTES VIGIL PROGRAMS SCRIPT "
				"DIRECTORY\n");
		return 2;
	}
	set_up(argv);
	for (int round = 0; round < rounds; round++)
		run_round(round);
	print_table();
	return 0;
}
