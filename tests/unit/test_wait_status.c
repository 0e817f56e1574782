/* SPDX-License-Identifier: Apache-2.0 */
/* What a wait status and its usage become in an event. */
#include "core/events/wait_status.h"

#include "core/logging/level.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct event waited(int status)
{
	struct event event = {.source = SOURCE_AGENT, .signal.sender_uid = -1};

	event_wait_status(&event, status);
	return event;
}

static void an_exit_is_its_code(void **state)
{
	struct event fine = waited(W_EXITCODE(0, 0)), failed = waited(W_EXITCODE(255, 0));

	(void)state;
	assert_int_equal(fine.state, NODE_SUCCEEDED);
	assert_int_equal(fine.cause, CAUSE_NONE);
	assert_int_equal(fine.how, HOW_WAIT);
	assert_int_equal(failed.state, NODE_FAILED);
	assert_int_equal(failed.cause, CAUSE_EXIT);
	assert_int_equal(failed.exit_code, 255);
	assert_int_equal(failed.signal.number, 0);
}

static void a_signal_has_its_cause_and_its_core(void **state)
{
	static const struct {
		int number;
		enum event_cause cause;
	} causes[] = {
		{SIGKILL, CAUSE_KILLED},
		{SIGABRT, CAUSE_ABORT},
		{SIGSEGV, CAUSE_FAULT},
		{SIGPIPE, CAUSE_FAULT},
		{SIGXCPU, CAUSE_FAULT},
		{SIGTERM, CAUSE_TERMINATED},
		{SIGINT, CAUSE_TERMINATED},
		{SIGALRM, CAUSE_TERMINATED},
		{40, CAUSE_TERMINATED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		struct event plain = waited(causes[i].number);
		struct event dumped = waited(causes[i].number | WCOREFLAG);

		assert_int_equal(plain.state, NODE_FAILED);
		assert_int_equal(plain.cause, causes[i].cause);
		assert_int_equal(plain.how, HOW_NONE);
		assert_int_equal(dumped.signal.number, causes[i].number);
		assert_true(dumped.signal.core_dumped);
		assert_false(plain.signal.core_dumped);
		assert_false(plain.signal.has_code);
		assert_int_equal(plain.signal.sender_uid, -1);
	}
}

static void the_usage_is_the_kernels(void **state)
{
	struct rusage usage = {.ru_utime = {1, 500000}, .ru_stime = {0, 7}, .ru_maxrss = 4096};
	struct event event = waited(0);

	(void)state;
	assert_false(event.usage.known);
	event_wait_usage(&event, &usage);
	assert_true(event.usage.known);
	assert_int_equal(event.usage.user_us, 1500000);
	assert_int_equal(event.usage.system_us, 7);
	assert_int_equal(event.usage.max_rss_kb, 4096);
	assert_int_equal(event.usage.wall_us, 0);
}

static void what_the_process_can_emit_itself_is_at_debug(void **state)
{
	struct event event = waited(SIGSEGV);

	(void)state;
	assert_int_equal(event_level(&event), LEVEL_CRITICAL);
	event.second_hand = true;
	assert_int_equal(event_level(&event), LEVEL_DEBUG);
}

UNIT_TESTS(cmocka_unit_test(an_exit_is_its_code),
	cmocka_unit_test(a_signal_has_its_cause_and_its_core),
	cmocka_unit_test(the_usage_is_the_kernels),
	cmocka_unit_test(what_the_process_can_emit_itself_is_at_debug))
