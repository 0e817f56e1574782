/* SPDX-License-Identifier: Apache-2.0 */
/* The public API in signal handlers. The numbers are those of the statements that a test shows. */
#include "tests/unit/api_world.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* Whoever hangs is ended, and fails. */
#define SECONDS_MOST 60

static struct vigil_logger *shared;

static void log_and_die(int number)
{
	vigil_critical(shared, "line %08d", number);
	signal(number, SIG_DFL);
}

static void a_crash_is_logged_from_its_handler_228(void **state)
{
	volatile int *volatile nowhere = (int *)8;
	int status;
	pid_t child;

	(void)state;
	shared = to_file("r228");
	child = fork();
	if (child == 0) {
		alarm(SECONDS_MOST);
		signal(SIGSEGV, log_and_die);
		*nowhere = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	assert_int_equal(count_lines(path), 1);
}

static atomic_uint interrupted;

static void log_in_between(int number)
{
	(void)number;
	vigil_error(shared, "line %08u", atomic_fetch_add(&interrupted, 1));
}

/* Logs for a second of the CPU's while a timer's signals log to the same handlers. */
static unsigned log_interrupted(void)
{
	const struct sigaction action = {.sa_handler = log_in_between, .sa_flags = SA_RESTART};
	const struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
	unsigned count = 0;

	interrupted = 0;
	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &often, NULL);
	for (clock_t end = clock() + CLOCKS_PER_SEC / 2; clock() < end; count++)
		vigil_error(shared, "line %08u", count);
	setitimer(ITIMER_PROF, &never, NULL);
	signal(SIGPROF, SIG_IGN);
	assert_true(interrupted > 20);
	return count + interrupted;
}

static void a_handler_may_log_into_the_call_that_it_interrupts(void **state)
{
	unsigned count;

	(void)state;
	shared = to_file("r.between");
	count = log_interrupted();
	assert_int_equal(count_lines(path), count);
}

static atomic_uint arrived;

static int count_emit(
	const struct vigil_record *record, const char *text, size_t length, void *data)
{
	(void)record;
	(void)text;
	(void)length;
	(void)data;
	atomic_fetch_add(&arrived, 1);
	return 0;
}

static void the_same_with_a_handler_of_the_programs_own(void **state)
{
	const struct vigil_handler_spec spec = {.emit = count_emit};
	struct vigil_handler *handler;
	unsigned count;

	(void)state;
	shared = vigil_get_logger("r.own");
	vigil_set_propagate(shared, false);
	assert_int_equal(vigil_custom_handler_new(&spec, &handler), 0);
	vigil_logger_add_handler(shared, handler);
	count = log_interrupted();
	assert_int_equal(count, arrived);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crash_is_logged_from_its_handler_228),
		cmocka_unit_test(a_handler_may_log_into_the_call_that_it_interrupts),
		cmocka_unit_test(the_same_with_a_handler_of_the_programs_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
