/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many crashes at the same instant, and crashes while somebody holds a lock: one event each, whole,
 * and nobody hangs. "make soak" runs all of it VIGIL_STORMS times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define LOCKS VICTIM("locks")
#define CRASHED LIVED("FAILED SIGSEGV SEGV_MAPERR")
#define CRASHERS 1000

/* The stack is there: nobody was waited for. */
static void has_stack(const struct run *watched)
{
	const cJSON *end = run_end(watched);

	assert_string_equal(reported_string(end, "trace.outcome"), "ok");
	assert_non_null(strstr(reported_string(end, "error_trace"), "#0  fault+"));
}

static void has_stack_in_process(const struct run *watched)
{
	const cJSON *end = run_end(watched);

	assert_string_equal(reported_string(end, "trace.outcome"), "in_process");
	assert_non_null(strstr(reported_string(end, "error_trace"), "#0  fault+"));
}

/* libc's words for it differ by version. */
static void has_message(const struct run *watched)
{
	assert_non_null(strstr(reported_string(run_end(watched), "abort_message"), "malloc"));
}

/* PWD is the command's own scratch directory. */
#define ROTATING                                                                                 \
	"version: 1\n"                                                                           \
	"root: {handlers: [f], level: DEBUG}\n"                                                  \
	"handlers:\n"                                                                            \
	"  f: {class: logging.handlers.RotatingFileHandler, filename: PWD/log, maxBytes: 4000, " \
	"backupCount: 2}\n"

static const struct run_case cases[] = {
	{"storm: 2 threads at once", {LOCKS, "many", "2"}, CRASHED, .also = has_stack},
	{"storm: 8 threads at once", {LOCKS, "many", "8"}, CRASHED, .also = has_stack},
	{"storm: 64 threads at once", {LOCKS, "many", "64"}, CRASHED, .also = has_stack},
	{"storm: 64 threads at once, where nothing may be cloned", {LOCKS, "many", "64", "refused"},
		CRASHED, .also = has_stack_in_process, .how = {.lend = true}},
	{"storm: in a callback of dl_iterate_phdr", {LOCKS, "in_iterate"}, CRASHED,
		.also = has_stack},
	{"storm: beside a thread in dl_iterate_phdr", {LOCKS, "beside_iterate"}, CRASHED,
		.also = has_stack},
	{"storm: beside a thread in the constructor of a library", {LOCKS, "beside_constructor"},
		CRASHED, .also = has_stack},
	{"storm: beside threads that stand in malloc", {LOCKS, "beside_malloc"}, CRASHED,
		.also = has_stack},
	{"storm: libc aborts inside malloc", {LOCKS, "in_malloc"}, LIVED("FAILED SIGABRT abort"),
		.also = has_message},
	{"storm: beside threads that tell of their children", {LOCKS, "beside_telling"}, CRASHED,
		{"*"}, .also = has_stack},
	{"storm: beside threads that write to a rotating file",
		{"/bin/sh", "-c",
			"echo '" ROTATING "' | sed \"s|PWD|$PWD|\" >c.yaml; VIGIL_CONFIG=c.yaml "
			"exec " LOCKS " beside_telling"},
		"*" CRASHED, {"*"}, .also = has_stack},
	{"storm: a fork child crashes, then its parent", {VICTIM("children"), "fork_crash_both"},
		CRASHED, {"INIT, FAILED SIGSEGV SEGV_MAPERR"}},
	{"storm: a vfork child crashes, then its parent", {VICTIM("children"), "vfork_crash_both"},
		CRASHED, {"FAILED SIGSEGV *"}},
};

static size_t count_lives(const struct run *run, const char *wanted)
{
	const struct event_record *record = &run->record;
	char life[TOLD_LIFE_MAX];
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++) {
		if (i && record->events[i - 1].pid == record->events[i].pid)
			continue;
		reported_life(record, record->events[i].pid, life, sizeof life);
		count += !strcmp(life, wanted);
	}
	return count;
}

static void every_one_of_1000_crashes_is_reported(void **state)
{
	const char *const command[] = {VICTIM("storm"), "all", "1000", NULL};
	const struct run_how how = {.timeout_s = 120};
	struct run bare, watched;

	(void)state;
	run_bare(&bare, &how, command);
	run_watched(&watched, &how, command);

	assert_same_outcome(&bare, &watched);
	assert_events(&watched, "INIT", "RUNNING", "SUCCEEDED return 0");
	assert_every_process_ended(&watched, 0);
	assert_int_equal(count_lives(&watched, CRASHED), CRASHERS);
	assert_int_equal(watched.record.files, 1);
	run_free(&bare);
	run_free(&watched);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_one_of_1000_crashes_is_reported)};

	return run_cases("storm", cases) +
	       cmocka_run_group_tests_name("storm of processes", tests, NULL, NULL);
}

int main(void)
{
	const char *wanted = getenv("VIGIL_STORMS");
	int rounds = wanted ? atoi(wanted) : 1, failed = 0, bad = 0;

	for (int i = 0; i < rounds; i++) {
		int now = run_all();

		failed += now;
		bad += now > 0;
	}
	if (wanted)
		printf("# %d rounds of %zu storms, %d of them with a failure\n", rounds,
			sizeof cases / sizeof *cases + 1, bad);
	return failed;
}
