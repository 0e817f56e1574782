/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assertions about runs. Each says all there is to know: what was expected, reported and
 * printed.
 */
#include "tests/support/run.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/cmocka.h"

#define OTHER_THREADS_MAX 4096

static void status_text(const struct run *run, char *buffer, size_t size)
{
	int status = run->status;

	if (run->timed_out)
		snprintf(buffer, size, "ran out of time");
	else if (WIFSIGNALED(status))
		snprintf(buffer, size, "%s%s", strsignal(WTERMSIG(status)),
			WCOREDUMP(status) ? ", core dumped" : "");
	else
		snprintf(buffer, size, "exit %d", WEXITSTATUS(status));
}

static const char *shown(const struct bytes *bytes)
{
	return bytes->data ? bytes->data : "";
}

/* Where the two part: the line, and how it goes on in each. */
static void print_difference(const struct bytes *one, const struct bytes *other)
{
	const char *a = shown(one), *b = shown(other);
	size_t at = 0, line = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; at = a[i] == '\n' ? i + 1 : at, i++)
		line += a[i] == '\n';
	fprintf(stderr, "--- line %zu, bare (%zu bytes in all)\n%.1500s\n", line + 1, one->size,
		a + at);
	fprintf(stderr, "--- watched (%zu bytes in all)\n%.1500s\n---\n", other->size, b + at);
}

static void assert_same_bytes(const char *what, const struct run *bare, const struct bytes *one,
	const struct bytes *other)
{
	if (one->size == other->size && (!one->size || !memcmp(one->data, other->data, one->size)))
		return;
	print_difference(one, other);
	fail_msg("%s: another %s", bare->command, what);
}

void assert_same_outcome(const struct run *bare, const struct run *watched)
{
	char one[128], other[128];

	status_text(bare, one, sizeof one);
	status_text(watched, other, sizeof other);
	if (bare->timed_out || watched->timed_out || bare->status != watched->status) {
		fprintf(stderr, "--- stderr of the watched one\n%.2000s\n---\n",
			shown(&watched->err));
		fail_msg("%s: bare: %s; watched: %s", bare->command, one, other);
	}
	assert_same_bytes("stdout", bare, &bare->out, &watched->out);
	assert_same_bytes("stderr", bare, &bare->err, &watched->err);
	assert_same_bytes("file `data`", bare, &bare->data, &watched->data);
}

static void dump(const struct run *run)
{
	static char text[32 * 1024];

	reported_dump(&run->record, text, sizeof text);
	fprintf(stderr, "%s told, its root being pid %d:\n%s", run->command, run->pid, text);
}

static void assert_reported_well(const struct run *run)
{
	if (!*run->record.problem && !run->record.strays)
		return;
	dump(run);
	fail_msg("%s: %zu files, %zu of them stray",
		*run->record.problem ? run->record.problem : run->command, run->record.files,
		run->record.strays);
}

static void join(const char *const words[], char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; words[i] && used < size; i++)
		used += (size_t)snprintf(
			buffer + used, size - used, "%s%s", i ? ", " : "", words[i]);
}

void assert_events_(const struct run *run, const char *const expected[])
{
	char wanted[TOLD_LIFE_MAX], life[TOLD_LIFE_MAX];

	assert_reported_well(run);
	join(expected, wanted, sizeof wanted);
	reported_life(&run->record, run->pid, life, sizeof life);
	if (!fnmatch(wanted, life, FNM_EXTMATCH))
		return;
	dump(run);
	fail_msg("expected: %s\n     told: %s", wanted, life);
}

/* The lives of all but the root, a string each, owned by the caller. */
static size_t others(const struct run *run, char **ret_lives)
{
	const struct event_record *record = &run->record;
	size_t count = 0;

	for (size_t i = 0; i < record->count && count < OTHER_THREADS_MAX; i++) {
		pid_t pid = record->events[i].pid;

		if (pid == run->pid || (i && record->events[i - 1].pid == pid))
			continue;
		ret_lives[count] = malloc(TOLD_LIFE_MAX);
		reported_life(record, pid, ret_lives[count++], TOLD_LIFE_MAX);
	}
	return count;
}

/* Take away the first life that PATTERN matches. */
static bool take(char **lives, size_t count, const char *pattern)
{
	for (size_t i = 0; i < count; i++) {
		if (!lives[i] || fnmatch(pattern, lives[i], FNM_EXTMATCH))
			continue;
		free(lives[i]);
		lives[i] = NULL;
		return true;
	}
	return false;
}

void assert_others_(const struct run *run, const char *const expected[], const char *helpers)
{
	static char *lives[OTHER_THREADS_MAX];
	size_t count = others(run, lives);
	const char *missing = NULL, *surplus = NULL;

	assert_reported_well(run);
	for (; *expected; expected++)
		if (!take(lives, count, *expected) && !missing)
			missing = *expected;
	while (helpers && take(lives, count, helpers))
		;
	for (size_t i = 0; i < count; i++)
		surplus = surplus ? surplus : lives[i];
	if (!missing && !surplus)
		return;
	dump(run);
	fail_msg("of the other processes, missing: %s; not expected: %s",
		missing ? missing : "none", surplus ? surplus : "none");
}

/* A child that was killed before it said a word has only its parent's. */
static bool begins_well(const cJSON *event)
{
	return !strcmp(reported_string(event, "node_state"), "INIT") ||
	       !strcmp(reported_string(event, "source"), "AGENT");
}

void assert_every_process_ended(const struct run *run, size_t except)
{
	const struct event_record *record = &run->record;
	size_t unended = 0;

	assert_reported_well(run);
	for (size_t i = 0, first = 0, ends = 0; i < record->count; i++) {
		bool last = i + 1 == record->count ||
			    record->events[i + 1].pid != record->events[i].pid;

		ends += reported_is_end(record->events[i].json);
		if (!last)
			continue;
		unended += !ends;
		if (ends > 1 || !begins_well(record->events[first].json)) {
			dump(run);
			fail_msg("pid %d has %zu ends, or begins without INIT",
				record->events[i].pid, ends);
		}
		first = i + 1;
		ends = 0;
	}
	if (unended == except)
		return;
	dump(run);
	fail_msg("%zu processes have no end; expected %zu", unended, except);
}

void assert_silence(const struct run *run)
{
	if (!run->record.count && !run->record.files)
		return;
	dump(run);
	fail_msg("%s: %zu events in %zu files, and there should be none", run->command,
		run->record.count, run->record.files);
}

static const cJSON *last_end(const struct run *run)
{
	for (size_t i = run->record.count; i-- > 0;)
		if (run->record.events[i].pid == run->pid &&
			reported_is_end(run->record.events[i].json))
			return run->record.events[i].json;
	return NULL;
}

void assert_true_end(const struct run *run)
{
	const cJSON *end = last_end(run);
	const char *key = WIFSIGNALED(run->status) ? "signal.number" : "exit.code";
	int wanted = WIFSIGNALED(run->status) ? WTERMSIG(run->status) : WEXITSTATUS(run->status);
	const char *how = end == NULL ? NULL : reported_string(end, "exit.how");
	char status[128];

	/* Who has asked its launcher for the end is ended by whatever that takes. */
	if (!end || reported_number(end, key) == wanted || (how && !strcmp(how, "MPI_Abort")))
		return;
	dump(run);
	status_text(run, status, sizeof status);
	fail_msg("%s told another end than it had, which is: %s", run->command, status);
}

const cJSON *run_end(const struct run *run)
{
	const cJSON *end = last_end(run);

	if (!end)
		fail_msg("%s told of no end", run->command);
	return end;
}
