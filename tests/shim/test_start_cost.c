/* SPDX-License-Identifier: Apache-2.0 */
/* What a program that does nothing pays for being watched, counted: the clock depends on the
 * machine, the calls do not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cmocka.h"
#include "tests/support/run.h"

/* Over the same preload switched off: 53 are dispositions. */
#define CALLS_MAX 114
#define FAULTS_MAX 5
/* The words that a fork empties. */
#define MAPPINGS_MAX 1

/* Some go by chance: where the environment crosses a page, it is asked for that one, too; where the
 * kernel maps a library decides which sixteen pages of it a fault brings along. */
#define STARTS 151

struct cost {
	long calls, faults, mappings; /* the last: as the program exits */
};

static char directory[] = "/tmp/vigil-cost-XXXXXX";

static _Noreturn void become_true(bool is_off)
{
	static char preload[4096], where[64], off[] = "VIGIL_DISABLE=1";
	char *environment[] = {preload, where, is_off ? off : NULL, NULL};
	static char name[] = "true";
	char *argv[] = {name, NULL};

	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", run_preload());
	snprintf(where, sizeof where, "VIGIL_DIR=%s", directory);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	execve("/bin/true", argv, environment);
	_exit(127);
}

static long mappings_of(pid_t pid)
{
	char path[48];
	long lines = 0;
	FILE *maps;
	int c;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	assert_non_null(maps);
	while ((c = getc(maps)) != EOF)
		lines += c == '\n';
	fclose(maps);
	return lines;
}

/* From the exec on; each call stops it twice but the last one, and the exit once. */
static struct cost cost_of_one(bool is_off)
{
	struct cost cost = {0};
	struct rusage used;
	long stops = 0;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		become_true(is_off);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 && wait4(pid, &status, 0, &used) == pid &&
		!WIFEXITED(status)) {
		assert_true(WIFSTOPPED(status));
		if (stops++ == 0)
			assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT), 0);
		if (status >> 16 == PTRACE_EVENT_EXIT)
			cost.mappings = mappings_of(pid);
	}
	assert_int_equal(status, 0);
	assert_true(cost.mappings > 0);
	cost.calls = stops / 2;
	cost.faults = used.ru_minflt;
	return cost;
}

static int smaller(const void *one, const void *other)
{
	long a = *(const long *)one, b = *(const long *)other;

	return (a > b) - (a < b);
}

/* The medians. */
static struct cost cost_of(bool is_off)
{
	long calls[STARTS], faults[STARTS], mappings[STARTS];

	for (int i = 0; i < STARTS; i++) {
		struct cost cost = cost_of_one(is_off);

		calls[i] = cost.calls;
		faults[i] = cost.faults;
		mappings[i] = cost.mappings;
	}
	qsort(calls, STARTS, sizeof *calls, smaller);
	qsort(faults, STARTS, sizeof *faults, smaller);
	qsort(mappings, STARTS, sizeof *mappings, smaller);
	return (struct cost){calls[STARTS / 2], faults[STARTS / 2], mappings[STARTS / 2]};
}

static void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

static void a_start_and_an_end_cost_few_calls(void **state)
{
	struct cost off, watched;

	(void)state;
	assert_non_null(mkdtemp(directory));
	cost_of_one(false); /* the one that makes the file of events */
	off = cost_of(true);
	watched = cost_of(false);
	remove_directory();
	print_message(
		"# %ld system calls, %ld page faults, %ld mappings; switched off %ld, %ld, %ld\n",
		watched.calls, watched.faults, watched.mappings, off.calls, off.faults,
		off.mappings);
	assert_true(watched.calls > off.calls + 3); /* it was watched */
	assert_true(watched.calls <= off.calls + CALLS_MAX);
	assert_true(watched.faults <= off.faults + FAULTS_MAX);
	assert_true(watched.mappings <= off.mappings + MAPPINGS_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_and_an_end_cost_few_calls),
	};

	return cmocka_run_group_tests_name("the cost of a start", tests, NULL, NULL);
}
