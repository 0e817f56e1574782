/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/torch_event.h"

#include "core/events/event_log.h"
#include "core/logging/logger.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static char scratch[EVENT_SCRATCH_SIZE];

/* A handler that keeps what both formatters make of a record, in SIZE bytes. */
static struct {
	char rdzv[EVENT_LINE_MAX], event[EVENT_LINE_MAX];
	int rdzv_error, event_error;
	size_t size;
} kept;

static int keep(struct handler *handler, const struct log_record *record, struct text *text)
{
	struct text rdzv, event;

	(void)handler;
	(void)text;
	text_init(&rdzv, kept.rdzv, kept.size);
	text_init(&event, kept.event, kept.size);
	kept.rdzv_error = formatter_format(&formatter_rdzv_event, record, &rdzv);
	kept.event_error = formatter_format(&formatter_event, record, &event);
	return 0;
}

static void describe(const struct handler *handler, struct text *text)
{
	(void)handler;
	(void)text;
}

static const struct handler_class keeper_class = {
	.name = "Keeper", .emit = keep, .describe = describe};
static struct handler keeper = {.class = &keeper_class};
static struct arena arena;
static struct logger *logger;

static int begin(void **state)
{
	struct logging *logging = logging_new(&arena);

	(void)state;
	memset(&kept, 0, sizeof kept);
	kept.size = sizeof kept.rdzv;
	logger = logging_get(logging, "vigil.worker.solver");
	logger_set_level(logger, LEVEL_DEBUG);
	return logger_add_handler(logger, &keeper);
}

static int end(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static void an_event_of_a_node_becomes_both(void **state)
{
	struct event init = sample_init();

	(void)state;
	assert_int_equal(event_log(logger, &init, scratch), 0);
	assert_string_equal(kept.rdzv,
		"{\"name\": \"solver:init\", \"run_id\": \"job-7\", \"message\": \"rank 3 INIT\", "
		"\"hostname\": \"n1\", \"pid\": 31820, \"node_state\": \"INIT\", "
		"\"master_endpoint\": \"n0:29500\", \"rank\": 3, \"local_id\": 1, "
		"\"error_trace\": \"\"}");
	assert_string_equal(kept.event,
		"{\"name\": \"solver:init\", \"source\": \"WORKER\", \"timestamp\": 1700000000123, "
		"\"metadata\": {\"node_state\": \"INIT\", \"run_id\": \"job-7\", "
		"\"hostname\": \"n1\", \"pid\": 31820, \"rank\": 3, \"local_id\": 1, "
		"\"world_size\": 4, \"attempt\": 0, \"leader\": true, "
		"\"master_endpoint\": \"n0:29500\", \"launcher\": \"torchrun\", "
		"\"program\": \"solver\", \"ppid\": 31790, \"time_us\": 1700000000123456, "
		"\"mono_us\": 5000001, \"seq\": 0, \"message\": \"rank 3 INIT\"}}");
}

static void a_failure_brings_its_cause_and_its_trace(void **state)
{
	struct event fault = sample_fault();

	(void)state;
	fault.identity.rank = fault.identity.local_id = RANK_UNKNOWN;
	event_log(logger, &fault, scratch);
	assert_non_null(strstr(kept.rdzv, "\"rank\": null, \"local_id\": null, \"error_trace\": "
					  "\"#0  strlen+0x2 (/lib/libc.so.6+0x10)\\n#1  step"));
	assert_non_null(strstr(kept.event, "\"rank\": null, \"local_id\": null"));
	assert_non_null(strstr(kept.event, "\"cause\": \"fault\", \"signal\": \"SIGSEGV\", "
					   "\"reason\": \"SIGSEGV (address not mapped) at 0x8"));
	assert_non_null(strstr(kept.event, "\"error_trace\": \"#0  strlen"));
}

static void an_exit_brings_its_code(void **state)
{
	struct event exit = sample_init();

	(void)state;
	exit.state = NODE_FAILED;
	exit.source = SOURCE_AGENT;
	exit.cause = CAUSE_EXIT;
	exit.how = HOW__EXIT;
	exit.exit_code = 3;
	event_log(logger, &exit, scratch);
	assert_non_null(strstr(kept.event, "\"source\": \"AGENT\""));
	assert_non_null(strstr(kept.event, "\"how\": \"_exit\", \"exit_code\": 3"));
	assert_null(strstr(kept.event, "error_trace"));
}

static void log_plain(const char *pathname, const char *function)
{
	char buffer[4096];
	struct text text;
	struct log_record record = {
		.levelno = LEVEL_ERROR,
		.message = "not an event",
		.created = {.real_us = 1700000000999999},
		.pathname = pathname,
		.lineno = 12,
		.func_name = function,
		.process = 42,
		.exc_text = "a trace",
	};

	text_init(&text, buffer, sizeof buffer);
	logger_handle(logger, &record, &text);
}

static void a_plain_record_has_its_location_for_a_name(void **state)
{
	(void)state;
	log_plain("/src/solver.c", "step");
	assert_non_null(strstr(kept.rdzv, "{\"name\": \"solver.c:step\", \"run_id\": \"\", "
					  "\"message\": \"not an event\", \"hostname\": \""));
	assert_non_null(strstr(kept.rdzv, "\"pid\": 42, \"node_state\": \"RUNNING\""));
	assert_non_null(strstr(kept.rdzv, "\"error_trace\": \"a trace\"}"));
	assert_string_equal(kept.event,
		"{\"name\": \"vigil.worker.solver\", \"source\": \"WORKER\", "
		"\"timestamp\": 1700000000999, \"metadata\": {\"logger\": \"vigil.worker.solver\", "
		"\"levelno\": 40, \"pid\": 42, \"pathname\": \"/src/solver.c\", \"lineno\": 12, "
		"\"message\": \"not an event\", \"error_trace\": \"a trace\"}}");
	log_plain(NULL, NULL);
	assert_non_null(strstr(kept.rdzv, "{\"name\": \"no_file:\","));
}

/* Whole objects only, in any room: the longest string pays. */
static void what_is_too_long_is_cut_inside(void **state)
{
	static char trace[40000];
	struct event fault = sample_fault();

	(void)state;
	memset(trace, '\1', sizeof trace - 1); /* six bytes each */
	fault.foreign_trace = trace;
	for (kept.size = 1; kept.size <= 4096; kept.size++) {
		event_log(logger, &fault, scratch);
		assert_true(kept.rdzv_error == 0 || kept.rdzv_error == -ENOBUFS);
		assert_true(kept.event_error == 0 || kept.event_error == -ENOBUFS);
		if (kept.rdzv_error == 0)
			assert_string_equal(strchr(kept.rdzv, '\0') - 2, "\"}");
		if (kept.event_error == 0)
			assert_string_equal(strchr(kept.event, '\0') - 2, "}}");
		assert_true(strlen(kept.rdzv) + 1 < kept.size || kept.size < 3);
	}
	assert_int_equal(kept.rdzv_error, 0);
	assert_int_equal(kept.event_error, 0);
	assert_non_null(strstr(kept.event, "SIGSEGV (address not mapped) at 0x8"));
}

UNIT_TESTS(TEST(an_event_of_a_node_becomes_both), TEST(a_failure_brings_its_cause_and_its_trace),
	TEST(an_exit_brings_its_code), TEST(a_plain_record_has_its_location_for_a_name),
	TEST(what_is_too_long_is_cut_inside))
