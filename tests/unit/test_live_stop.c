/* SPDX-License-Identifier: Apache-2.0 */
/* A thread of another process that runs is stopped for a moment, and never for longer than that. */
#include "core/live/live_stop.h"
#include "core/base/clock.h"

#include "tests/unit/unit.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child that runs notes of itself. */
struct noted {
	volatile int64_t longest_us; /* for which it stood still */
	volatile uint64_t rounds;
};

static struct noted *noted;

static pid_t start(void)
{
	pid_t child;

	noted = mmap(
		NULL, sizeof *noted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(noted != MAP_FAILED);
	child = fork();
	if (child == 0)
		for (int64_t before = instant_mono_us();; noted->rounds++) {
			int64_t now = instant_mono_us();

			if (now - before > noted->longest_us)
				noted->longest_us = now - before;
			before = now;
		}
	while (noted->rounds == 0)
		usleep(1000);
	return child;
}

/* CHILD still runs, and is not stopped. */
static void assert_runs_on(pid_t child)
{
	uint64_t rounds = noted->rounds;

	while (noted->rounds == rounds)
		usleep(1000);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	munmap((void *)noted, sizeof *noted);
}

static struct live_copy copy;

static const char *stop_and_read(pid_t child, const struct live_meanwhile *meanwhile)
{
	struct live_running running = {child, child, -1};
	struct trace_registers registers;
	const char *reason = LIVE_STOP_WAITS;

	for (int i = 0; i < 100 && reason != NULL && strcmp(reason, LIVE_STOP_WAITS) == 0; i++) {
		running.waits = live_task_waits(child, child);
		reason = live_stop_take(&running, &registers, &copy, meanwhile);
	}
	return reason;
}

static void is_copied(void **state)
{
	pid_t child = start();

	(void)state;
	assert_null(stop_and_read(child, NULL));
	assert_true(copy.size > 0);
	assert_runs_on(child);
}

static void dawdle(void *context)
{
	(void)context;
	sleep(60);
}

static void is_let_go_in_time(void **state)
{
	const struct live_meanwhile meanwhile = {dawdle, NULL};
	pid_t child = start();

	(void)state;
	assert_string_equal(
		stop_and_read(child, &meanwhile), "could not be read in 20 ms, and was let go");
	assert_true(noted->longest_us < 5000000); /* 20 ms on an idle machine */
	assert_runs_on(child);
}

UNIT_TESTS(cmocka_unit_test(is_copied), cmocka_unit_test(is_let_go_in_time))
