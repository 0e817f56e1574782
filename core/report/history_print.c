/* SPDX-License-Identifier: Apache-2.0 */
/* What a history says: failures that came again, hosts, and the test of each. */
#include "core/report/history.h"

#include "core/base/escape.h"
#include "core/base/grow.h"
#include "core/base/json_out.h"
#include "core/report/history_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 2048
#define TEST_NAME "exact Poisson binomial test, one-sided, times the number of hosts"

double history_tail(const double *probabilities, size_t count, size_t least, double *room)
{
	double tail = 0;

	/* ROOM[k]: the probability of k of the events so far. */
	for (size_t k = 0; k <= count; k++)
		room[k] = k == 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 2; k-- > 0;)
			room[k] = room[k] * (1 - probabilities[i]) +
				  (k > 0 ? room[k - 1] * probabilities[i] : 0);
	for (size_t k = count + 1; k-- > least;)
		tail += room[k];
	return tail > 1 ? 1 : tail;
}

/* A failure that came in COUNT runs. */
struct failure {
	const struct past_run *last;
	size_t count;
};

/* What is known of a host. */
struct host {
	const char *name;
	size_t runs, failed_runs,
		first;	    /* of these; FIRST: it was where the first process failed */
	double expected, p; /* P: for all hosts together; 1 at most */
};

struct summary {
	const struct history *history;
	struct failure *failures;
	struct host *hosts;
	size_t failure_count, failure_room, host_count, host_room;
};

static int by_time(const void *one, const void *other)
{
	const struct past_run *a = one, *b = other;

	return a->began_us < b->began_us ? -1 : a->began_us > b->began_us;
}

static int by_count(const void *one, const void *other)
{
	const struct failure *a = one, *b = other;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return -by_time(a->last, b->last);
}

static int by_p(const void *one, const void *other)
{
	const struct host *a = one, *b = other;

	if (a->p < b->p || a->p > b->p)
		return a->p < b->p ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool note_failure(struct summary *summary, const struct past_run *run)
{
	struct failure *failure = summary->failures;

	for (size_t i = 0; i < summary->failure_count; i++, failure++)
		if (failure->last->fingerprint == run->fingerprint) {
			failure->last = run;
			failure->count++;
			return true;
		}
	if (!grow(&summary->failures, &summary->failure_room, summary->failure_count,
		    sizeof *failure))
		return false;
	summary->failures[summary->failure_count++] = (struct failure){run, 1};
	return true;
}

static struct host *host_named(struct summary *summary, const char *name)
{
	for (size_t i = 0; i < summary->host_count; i++)
		if (strcmp(summary->hosts[i].name, name) == 0)
			return &summary->hosts[i];
	if (!grow(&summary->hosts, &summary->host_room, summary->host_count, sizeof(struct host)))
		return NULL;
	summary->hosts[summary->host_count] = (struct host){.name = name, .p = 1};
	return &summary->hosts[summary->host_count++];
}

static bool note_run(struct summary *summary, const struct past_run *run)
{
	if (run->fingerprint != 0 && !note_failure(summary, run))
		return false;
	for (size_t i = 0; i < run->host_count; i++) {
		struct host *host = host_named(summary, run->hosts[i]);

		if (host == NULL)
			return false;
		host->runs++;
		host->failed_runs += run->host != NULL;
		host->first += run->host != NULL && strcmp(run->host, host->name) == 0;
	}
	return true;
}

static bool has_host(const struct past_run *run, const char *name)
{
	for (size_t i = 0; i < run->host_count; i++)
		if (strcmp(run->hosts[i], name) == 0)
			return true;
	return false;
}

/* Compute HOST's expectation and probability; ROOM is for 2 * runs + 1 numbers. */
static void test_host(const struct summary *summary, struct host *host, double *room)
{
	const struct history *history = summary->history;
	size_t count = 0;

	host->expected = 0;
	for (size_t i = 0; i < history->count; i++) {
		const struct past_run *run = &history->runs[i];

		if (run->host == NULL || !has_host(run, host->name))
			continue;
		room[count] = 1.0 / (double)run->host_count;
		host->expected += room[count++];
	}
	host->p =
		history_tail(room, count, host->first, room + count) * (double)summary->host_count;
	if (host->p > 1)
		host->p = 1;
}

/* Returns 0; or -ENOMEM, and SUMMARY is to be released all the same. */
static int summarize(struct summary *summary, struct history *history)
{
	double *room = malloc((2 * history->count + 1) * sizeof *room);

	*summary = (struct summary){.history = history};
	if (room == NULL)
		return -ENOMEM;
	qsort(history->runs, history->count, sizeof *history->runs, by_time);
	for (size_t i = 0; i < history->count; i++)
		if (!note_run(summary, &history->runs[i])) {
			free(room);
			return -ENOMEM;
		}
	for (size_t i = 0; i < summary->host_count; i++)
		test_host(summary, &summary->hosts[i], room);
	free(room);
	if (summary->failure_count > 0)
		qsort(summary->failures, summary->failure_count, sizeof *summary->failures,
			by_count);
	if (summary->host_count > 0)
		qsort(summary->hosts, summary->host_count, sizeof *summary->hosts, by_p);
	return 0;
}

/* On how many of the runs with FAILURE it was on host NAME. */
static size_t count_on(
	const struct summary *summary, const struct failure *failure, const char *name)
{
	const struct history *history = summary->history;
	size_t count = 0;

	for (size_t i = 0; i < history->count; i++)
		count += history->runs[i].fingerprint == failure->last->fingerprint &&
			 strcmp(history->runs[i].host, name) == 0;
	return count;
}

/* ", always on n7", ", on n3 2 times, n7": by host, most of these first found. */
static void add_places(
	const struct summary *summary, const struct failure *failure, struct text *line)
{
	const char *separator = ", on ";

	if (failure->count > 1 &&
		count_on(summary, failure, failure->last->host) == failure->count) {
		text_printf(line, ", always on %s", failure->last->host);
		return;
	}
	for (size_t i = 0; i < summary->host_count; i++) {
		size_t count = count_on(summary, failure, summary->hosts[i].name);

		if (count == 0)
			continue;
		text_printf(line, "%s%s", separator, summary->hosts[i].name);
		if (count > 1)
			text_printf(line, " %zu times", count);
		separator = ", ";
	}
}

static void write_line(struct text *line, FILE *to)
{
	escape_tail(line, 0, ESCAPE_CONTROL | ESCAPE_NEWLINE);
	fwrite(line->data, 1, line->length, to);
	fputc('\n', to);
}

static void print_text(const struct summary *summary, FILE *to)
{
	const struct history *history = summary->history;
	char buffer[LINE_SIZE];
	struct text line;
	bool any = false;

	fprintf(to, "%zu run%s, %zu failed\n", history->count, history->count == 1 ? "" : "s",
		history->failed);
	for (size_t i = 0; i < summary->failure_count; i++) {
		const struct failure *failure = &summary->failures[i];

		text_init(&line, buffer, sizeof buffer);
		text_printf(&line, "  %s: %s: seen in %zu of the last %zu runs",
			failure->last->program, failure->last->reason, failure->count,
			history->count);
		add_places(summary, failure, &line);
		text_printf(&line, "; last in run %s", failure->last->id);
		write_line(&line, to);
	}
	for (size_t i = 0; i < summary->host_count && summary->hosts[i].p < HISTORY_P_MOST; i++) {
		const struct host *host = &summary->hosts[i];

		text_init(&line, buffer, sizeof buffer);
		text_printf(&line, "%s fails more than by chance: first in %zu of %zu failed runs",
			host->name, host->first, host->failed_runs);
		escape_tail(&line, 0, ESCAPE_CONTROL | ESCAPE_NEWLINE);
		fprintf(to, "%s, %.2f expected, p = %.2g\n", line.data, host->expected, host->p);
		any = true;
	}
	if (any)
		fprintf(to, "  (%s: %zu)\n", TEST_NAME, summary->host_count);
}

static void write_failure(
	struct json_out *json, const struct summary *summary, const struct failure *failure)
{
	const struct history *history = summary->history;

	json_begin_object(json, NULL);
	json_address(json, "fingerprint", failure->last->fingerprint);
	json_string(json, "program", failure->last->program);
	json_string(json, "reason", failure->last->reason);
	json_uint(json, "count", failure->count);
	json_begin_array(json, "runs");
	for (size_t i = 0; i < history->count; i++)
		if (history->runs[i].fingerprint == failure->last->fingerprint)
			json_string(json, NULL, history->runs[i].id);
	json_end_array(json);
	json_begin_array(json, "hosts");
	for (size_t i = 0; i < summary->host_count; i++) {
		size_t count = count_on(summary, failure, summary->hosts[i].name);

		if (count == 0)
			continue;
		json_begin_object(json, NULL);
		json_string(json, "hostname", summary->hosts[i].name);
		json_uint(json, "count", count);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void write_json(const struct summary *summary, struct text *text)
{
	struct json_out json = {.text = text};

	json_begin_object(&json, NULL);
	json_string(&json, "schema", "vigil.history/1");
	json_uint(&json, "runs", summary->history->count);
	json_uint(&json, "failed", summary->history->failed);
	json_begin_array(&json, "failures");
	for (size_t i = 0; i < summary->failure_count; i++)
		write_failure(&json, summary, &summary->failures[i]);
	json_end_array(&json);
	json_string(&json, "test", TEST_NAME);
	json_begin_array(&json, "hosts");
	for (size_t i = 0; i < summary->host_count; i++) {
		const struct host *host = &summary->hosts[i];

		json_begin_object(&json, NULL);
		json_string(&json, "hostname", host->name);
		json_uint(&json, "runs", host->runs);
		json_uint(&json, "failed_runs", host->failed_runs);
		json_uint(&json, "failed_first", host->first);
		json_float(&json, "expected", host->expected);
		json_float(&json, "p", host->p);
		json_bool(&json, "more_than_chance", host->p < HISTORY_P_MOST);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
}

static int print_json(const struct summary *summary, FILE *to)
{
	struct text text = {.truncated = true};
	char *memory = NULL;

	for (size_t size = (size_t)1 << 16; text.truncated; size *= 4) {
		free(memory);
		memory = malloc(size);
		if (memory == NULL)
			return -ENOMEM;
		text_init(&text, memory, size);
		write_json(summary, &text);
	}
	fwrite(text.data, 1, text.length, to);
	fputc('\n', to);
	free(memory);
	return 0;
}

int history_print(struct history *history, bool as_json, FILE *to)
{
	struct summary summary;
	int error = summarize(&summary, history);

	if (error == 0 && as_json)
		error = print_json(&summary, to);
	else if (error == 0)
		print_text(&summary, to);
	free(summary.failures);
	free(summary.hosts);
	if (error == 0 && (fflush(to) != 0 || ferror(to)))
		error = -EIO;
	return error;
}
