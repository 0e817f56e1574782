/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/event_log.h"

#include "core/logging/logger.h"
#include "tests/support/event_sample.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static char scratch[EVENT_SCRATCH_SIZE];

/* A handler that keeps what came: how often, the last record's own texts, and all that is asked of
 * its attributes. */
static struct {
	int count, level, error;
	char name[64], message[256], trace[512], json[EVENT_LINE_MAX], attributes[64][256];
	pid_t process, thread;
	int64_t created;
} kept;

static const char *const asked[] = {"node_state", "source", "what", "run_id", "hostname", "rank",
	"local_id", "world_size", "group_rank", "attempt", "rank_source", "leader",
	"master_endpoint", "launcher", "cause", "how", "exit_code", "signal", "abort_message",
	"report_file", "program", "pid", "ppid", "timestamp", "time_us", "mono_us", "seq", "reason",
	"error_trace"};
#define ASKED (sizeof asked / sizeof *asked)

static void keep_attributes(const struct record_extra *extra)
{
	struct text text;

	for (size_t i = 0; i < ASKED; i++) {
		text_init(&text, kept.attributes[i], sizeof kept.attributes[i]);
		assert_true(extra->attribute(extra, asked[i], &text));
	}
	text_init(&text, kept.json, sizeof kept.json);
	assert_false(extra->attribute(extra, "no_such", &text));
	assert_false(extra->attribute(extra, "", &text));
	assert_false(extra->attribute(extra, "Rank", &text));
	assert_int_equal(text.length, 0);
	extra->json(extra, &text);
}

static int keep(struct handler *handler, const struct log_record *record, struct text *text)
{
	(void)handler;
	assert_true(text->size >= EVENT_LINE_MAX);
	kept.count++;
	kept.level = record->levelno;
	kept.process = record->process;
	kept.thread = record->thread;
	kept.created = record->created.real_us;
	text_format(kept.name, sizeof kept.name, "%s", record->name);
	text_format(kept.message, sizeof kept.message, "%s", record->message);
	text_format(kept.trace, sizeof kept.trace, "%s", record->exc_text);
	keep_attributes(record->extra);
	return kept.error;
}

static void describe(const struct handler *handler, struct text *text)
{
	(void)handler, (void)text;
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

static void assert_attribute(const char *name, const char *expected)
{
	for (size_t i = 0; i < ASKED; i++)
		if (strcmp(asked[i], name) == 0) {
			assert_string_equal(kept.attributes[i], expected);
			return;
		}
	fail_msg("%s was not asked for", name);
}

static void a_record_is_the_events(void **state)
{
	struct event event = sample_fault();

	(void)state;
	assert_int_equal(event_log(logger, &event, scratch), 0);
	assert_int_equal(kept.count, 1);
	assert_int_equal(kept.level, LEVEL_CRITICAL);
	assert_string_equal(kept.name, "vigil.worker.solver");
	assert_string_equal(kept.message,
		"rank 3 FAILED: SIGSEGV (address not mapped) at 0x8 in step (solver.c:88)");
	assert_string_equal(kept.trace,
		"#0  strlen+0x2 (/lib/libc.so.6+0x10)\n"
		"#1  step+0x12 (/opt/job/solver+0x1139) src/solver.c:88\n"
		"#2  0x1234"); /* as Python's, without a newline at its end */
	assert_int_equal(kept.process, 31820);
	assert_int_equal(kept.thread, 31820);
	assert_int_equal(kept.created, event.at.real_us);
}

static void its_json_is_the_events_line(void **state)
{
	static char line[EVENT_LINE_MAX];
	struct event event = sample_fault();
	struct text text;

	(void)state;
	text_init(&text, line, sizeof line);
	event_json(&event, &text);
	event_log(logger, &event, scratch);
	assert_string_equal(kept.json, line);
}

static void fields_are_attributes(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event_log(logger, &event, scratch);
	assert_attribute("node_state", "FAILED");
	assert_attribute("source", "WORKER");
	assert_attribute("what", "signal");
	assert_attribute("run_id", "job-7");
	assert_attribute("hostname", "n1");
	assert_attribute("rank", "3");
	assert_attribute("local_id", "1");
	assert_attribute("world_size", "4");
	assert_attribute("attempt", "0");
	assert_attribute("rank_source", "RANK");
	assert_attribute("leader", "True");
	assert_attribute("master_endpoint", "n0:29500");
	assert_attribute("launcher", "torchrun");
	assert_attribute("cause", "fault");
	assert_attribute("signal", "SIGSEGV");
	assert_attribute("program", "solver");
	assert_attribute("pid", "31820");
	assert_attribute("ppid", "31790");
	assert_attribute("timestamp", "1700000000123");
	assert_attribute("time_us", "1700000000123456");
	assert_attribute("mono_us", "5000001");
	assert_attribute("seq", "2");
	assert_attribute("reason", "SIGSEGV (address not mapped) at 0x8 in step (solver.c:88)");
	assert_attribute("error_trace", kept.trace);
}

static void unknown_values_are_none_as_python_prints_them(void **state)
{
	struct event event = sample_fault();

	(void)state;
	event_log(logger, &event, scratch);
	assert_attribute("group_rank", "None");
	assert_attribute("how", "None");
	assert_attribute("exit_code", "None");
	assert_attribute("abort_message", "None");
	assert_attribute("report_file", "None");
	event = sample_init();
	event.identity.rank = RANK_UNKNOWN;
	event.identity.rank_source = NULL;
	event.leader = false;
	event_log(logger, &event, scratch);
	assert_attribute("rank", "None");
	assert_attribute("rank_source", "None");
	assert_attribute("leader", "False");
	assert_attribute("cause", "None");
	assert_attribute("signal", "None");
	assert_attribute("reason", "");
	assert_attribute("error_trace", "");
}

static void an_exit_has_its_code_even_if_it_is_0(void **state)
{
	struct event event = sample_init();

	(void)state;
	event.state = NODE_SUCCEEDED;
	event.how = HOW_RETURN;
	event.process.tid = 0;
	event_log(logger, &event, scratch);
	assert_attribute("how", "return");
	assert_attribute("exit_code", "0");
	assert_int_equal(kept.thread, 31820); /* an unknown thread is the first */
}

static void a_level_says_how_bad_it_is(void **state)
{
	static const int levels[EVENT_CAUSE_COUNT_] = {
		[CAUSE_NONE] = LEVEL_ERROR,
		[CAUSE_FAULT] = LEVEL_CRITICAL,
		[CAUSE_ABORT] = LEVEL_CRITICAL,
		[CAUSE_EXCEPTION] = LEVEL_ERROR,
		[CAUSE_EXIT] = LEVEL_ERROR,
		[CAUSE_TERMINATED] = LEVEL_WARNING,
		[CAUSE_KILLED] = LEVEL_ERROR,
		[CAUSE_OOM] = LEVEL_ERROR,
		[CAUSE_STOPPED] = LEVEL_ERROR,
		[CAUSE_VANISHED] = LEVEL_ERROR,
		[CAUSE_EXEC_FAILED] = LEVEL_ERROR,
	};
	struct event event = sample_fault();

	(void)state;
	for (int cause = 0; cause < EVENT_CAUSE_COUNT_; cause++) {
		event.cause = (enum event_cause)cause;
		event.leader = true;
		assert_int_equal(event_level(&event), levels[cause]);
		event.leader = false;
		assert_int_equal(event_level(&event), levels[cause]);
	}
}

static void a_helpers_life_is_for_debugging(void **state)
{
	static const enum node_state states[] = {NODE_INIT, NODE_RUNNING, NODE_SUCCEEDED};
	struct event event = sample_init();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		event.state = states[i];
		event.identity.rank = 3;
		event.leader = true;
		assert_int_equal(event_level(&event), LEVEL_INFO);
		event.leader = false;
		assert_int_equal(event_level(&event), LEVEL_DEBUG);
		event.identity.rank = RANK_UNKNOWN; /* outside any launcher nobody is a helper */
		assert_int_equal(event_level(&event), LEVEL_INFO);
	}
}

static void what_is_not_enabled_is_not_made(void **state)
{
	struct event event = sample_init();

	(void)state;
	logger_set_level(logger, LEVEL_WARNING);
	assert_int_equal(event_log(logger, &event, NULL), 0);
	assert_int_equal(event_log(NULL, &event, NULL), 0);
	assert_int_equal(kept.count, 0);
}

static void a_handler_that_cannot_write_is_counted(void **state)
{
	struct event event = sample_init();

	(void)state;
	kept.error = -ENOSPC;
	assert_int_equal(event_log(logger, &event, scratch), 1);
}

/* The run directory's handler, which comes before the user's. */
static int directory_error, directory_count;

static int keep_in_directory(
	struct handler *handler, const struct log_record *record, struct text *text)
{
	(void)handler, (void)record, (void)text;
	directory_count++;
	return directory_error;
}

static const struct handler_class directory_class = {
	.name = "Directory", .emit = keep_in_directory, .describe = describe};
static struct handler directory = {.class = &directory_class};
static struct handler *const directories[] = {&directory};

static void begin_directory(int error)
{
	logger->logging->always =
		(struct handler_list){.items = (struct handler **)directories, .count = 1};
	directory_error = error;
	directory_count = 0;
}

static void whether_it_is_in_the_run_directory_is_known(void **state)
{
	struct event event = sample_init();

	(void)state;
	begin_directory(-ENOSPC);
	assert_int_equal(event_log(logger, &event, scratch), -1);
	kept.error = -ETIMEDOUT;
	assert_int_equal(event_log(logger, &event, scratch), -2);
	begin_directory(0);
	assert_int_equal(event_log(logger, &event, scratch), 1);
	assert_int_equal(directory_count, 1);
	assert_int_equal(kept.count, 3);
}

static void what_is_for_the_run_directory_reaches_nobody_else(void **state)
{
	struct event event = sample_init();

	(void)state;
	event.for_directory = true;
	begin_directory(0);
	assert_int_equal(event_log(logger, &event, scratch), 0);
	begin_directory(-ENOSPC);
	assert_int_equal(event_log(logger, &event, scratch), -1);
	assert_int_equal(kept.count, 0);
}

static void what_was_kept_back_and_then_lost_is_counted_once(void **state)
{
	struct memory_options options = {
		.capacity = 10, .flush_level = LEVEL_CRITICAL, .logging = logger->logging};
	struct event event = sample_init();
	struct handler *memory;

	(void)state;
	assert_int_equal(memory_handler_new(&arena, &options, &keeper, &memory), 0);
	assert_int_equal(logger_remove_handler(logger, &keeper), 0);
	assert_int_equal(logger_add_handler(logger, memory), 0);
	assert_int_equal(logging_track(logger->logging, memory), 0);
	kept.error = -ETIMEDOUT;
	for (int i = 0; i < 3; i++)
		assert_int_equal(event_log(logger, &event, scratch), 0);
	assert_int_equal(event_log_late_losses(logger), 0);
	event.state = NODE_SUCCEEDED;
	assert_int_equal(event_log(logger, &event, scratch), 0);
	assert_int_equal(kept.count, 4);
	assert_int_equal(event_log_late_losses(logger), 4);
	assert_int_equal(event_log_late_losses(logger), 0);
	assert_int_equal(event_log_late_losses(NULL), 0);
}

static void a_long_message_and_trace_stay_in_the_scratch(void **state)
{
	static char longest[128 * 1024], room[EVENT_SCRATCH_SIZE + 1];
	struct event event = sample_fault();

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	room[EVENT_SCRATCH_SIZE] = 0x5A;
	event.foreign_trace = event.abort_message = longest;
	assert_int_equal(event_log(logger, &event, room), 0);
	assert_int_equal(room[EVENT_SCRATCH_SIZE], 0x5A);
	assert_int_equal(kept.count, 1);
}

static void a_loggers_name_is_one_level_below_its_source(void **state)
{
	char name[64], small[16];

	(void)state;
	event_logger_name(SOURCE_WORKER, "solver", name, sizeof name);
	assert_string_equal(name, "vigil.worker.solver");
	event_logger_name(SOURCE_AGENT, "python3.11", name, sizeof name);
	assert_string_equal(name, "vigil.agent.python3_11");
	event_logger_name(SOURCE_WORKER, ".a..b.", name, sizeof name);
	assert_string_equal(name, "vigil.worker._a__b_");
	event_logger_name(SOURCE_WORKER, "", name, sizeof name);
	assert_string_equal(name, "vigil.worker.");
	event_logger_name(SOURCE_WORKER, "a.b.c", small, sizeof small);
	assert_string_equal(small, "vigil.worker.a_");
	event_logger_name(SOURCE_WORKER, "a.b", small, 8);
	assert_string_equal(small, "vigil.w");
}

#define LOGS(test) cmocka_unit_test_setup_teardown(test, begin, end)

UNIT_TESTS(LOGS(a_record_is_the_events), LOGS(its_json_is_the_events_line),
	LOGS(fields_are_attributes), LOGS(unknown_values_are_none_as_python_prints_them),
	LOGS(an_exit_has_its_code_even_if_it_is_0), cmocka_unit_test(a_level_says_how_bad_it_is),
	cmocka_unit_test(a_helpers_life_is_for_debugging), LOGS(what_is_not_enabled_is_not_made),
	LOGS(a_handler_that_cannot_write_is_counted),
	LOGS(whether_it_is_in_the_run_directory_is_known),
	LOGS(what_is_for_the_run_directory_reaches_nobody_else),
	LOGS(what_was_kept_back_and_then_lost_is_counted_once),
	LOGS(a_long_message_and_trace_stay_in_the_scratch),
	cmocka_unit_test(a_loggers_name_is_one_level_below_its_source))
