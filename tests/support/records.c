/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/records.h"

#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/bytes.h"
#include "tests/support/schema.h"

const cJSON *reported_get(const cJSON *event, const char *path)
{
	char key[64];

	for (;;) {
		size_t length = strcspn(path, ".");

		snprintf(key, sizeof key, "%.*s", (int)length, path);
		event = cJSON_GetObjectItemCaseSensitive(event, key);
		if (!event || !path[length])
			return event;
		path += length + 1;
	}
}

const char *reported_string(const cJSON *event, const char *path)
{
	const cJSON *item = reported_get(event, path);

	return cJSON_IsString(item) ? item->valuestring : "";
}

double reported_number(const cJSON *event, const char *path)
{
	const cJSON *item = reported_get(event, path);

	return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

bool reported_is_end(const cJSON *event)
{
	const char *state = reported_string(event, "node_state");

	return !strcmp(state, "SUCCEEDED") || !strcmp(state, "FAILED");
}

/* Its own, or one that a handler had first; then also what that ended it with. */
static void render_fault(const cJSON *event, char *buffer, size_t size)
{
	const char *signal = reported_string(event, "signal.name");
	const char *name = reported_string(event, "fault.name");

	if (!*name || !strcmp(name, signal))
		snprintf(buffer, size, "%s %s", signal, reported_string(event, "signal.code_name"));
	else if (*signal)
		snprintf(buffer, size, "%s %s then %s", name,
			reported_string(event, "fault.code_name"), signal);
	else
		snprintf(buffer, size, "%s %s then %s %.0f", name,
			reported_string(event, "fault.code_name"),
			reported_string(event, "exit.how"), reported_number(event, "exit.code"));
}

/* What a FAILED or SUCCEEDED says besides: by its cause, else by its exit. */
static void render_end(const cJSON *event, char *buffer, size_t size)
{
	const char *cause = reported_string(event, "cause");
	const char *signal = reported_string(event, "signal.name");

	if (!strcmp(cause, "exception"))
		snprintf(buffer, size, "exception %s", reported_string(event, "exception.type"));
	else if (!strcmp(cause, "fault"))
		render_fault(event, buffer, size);
	else if (*signal)
		snprintf(buffer, size, "%s %s", signal, cause);
	else
		snprintf(buffer, size, "%s %.0f", reported_string(event, "exit.how"),
			reported_number(event, "exit.code"));
}

void reported_render(const cJSON *event, char *buffer, size_t size)
{
	int length = snprintf(buffer, size, "%s", reported_string(event, "node_state"));

	if (!reported_is_end(event) || (size_t)length + 1 >= size)
		return;
	buffer[length++] = ' ';
	render_end(event, buffer + length, size - (size_t)length);
}

/* An exception is reported twice, at once and by the termination that it leads to: a life has the
 * second, test_python.c looks at the first. */
static bool is_reported_again(const cJSON *event)
{
	const char *what = strrchr(reported_string(event, "name"), ':');

	return what && !strcmp(what, ":raised");
}

void reported_life(const struct event_record *record, pid_t pid, char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < record->count && used + 8 < size; i++) {
		if (record->events[i].pid != pid || is_reported_again(record->events[i].json))
			continue;
		used += (size_t)snprintf(buffer + used, size - used, "%s", used ? ", " : "");
		reported_render(record->events[i].json, buffer + used, size - used);
		used += strlen(buffer + used);
	}
}

void reported_dump(const struct event_record *record, char *buffer, size_t size)
{
	char life[TOLD_LIFE_MAX];
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < record->count; i++) {
		if (i && record->events[i].pid == record->events[i - 1].pid)
			continue;
		reported_life(record, record->events[i].pid, life, sizeof life);
		used += (size_t)snprintf(buffer + used, size - used, "    %s (pid %d): %s\n",
			reported_string(record->events[i].json, "name"), record->events[i].pid,
			life);
		if (used >= size)
			return;
	}
}

static void complain(struct event_record *record, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(struct event_record *record, const char *format, ...)
{
	va_list arguments;

	if (*record->problem)
		return;
	va_start(arguments, format);
	vsnprintf(record->problem, sizeof record->problem, format, arguments);
	va_end(arguments);
}

static void append(struct reported_event **events, size_t *count, struct reported_event event)
{
	*events = realloc(*events, (*count + 1) * sizeof **events);
	(*events)[(*count)++] = event;
}

static void add_line(struct event_record *record, const char *line, size_t size, const char *run_id)
{
	struct reported_event event = {.place = record->count}; /* among its own kind */
	const char *problem;

	event.json = cJSON_ParseWithLengthOpts(line, size, NULL, false);
	if (!event.json) {
		complain(record, "a line is no JSON: %.300s", line);
		return;
	}
	problem = schema_problem(event.json, line, size, run_id);
	if (problem)
		complain(record, "%s: %.300s", problem, line);
	event.pid = (pid_t)reported_number(event.json, "pid");
	event.seq = (int)reported_number(event.json, "seq");
	if (strcmp(reported_string(event.json, "source"), "AGENT"))
		append(&record->events, &record->count, event);
	else if (reported_is_end(event.json))
		append(&record->waits, &record->wait_count, event);
	else
		append(&record->kills, &record->kill_count, event);
}

static void read_file(struct event_record *record, const char *path, const char *run_id)
{
	struct bytes bytes = {0};
	char *line, *stop;

	bytes_add_file(&bytes, path);
	stop = bytes.data + bytes.size;
	for (line = bytes.data; line < stop;) {
		char *end = memchr(line, '\n', (size_t)(stop - line));

		if (!end) {
			complain(record, "the last line has no end: %.300s", line);
			break;
		}
		*end = '\0';
		add_line(record, line, (size_t)(end - line), run_id);
		line = end + 1;
	}
	bytes_free(&bytes);
}

/* A life's place is that of its first line. */
static size_t first_place(const struct event_record *record, pid_t pid)
{
	for (size_t i = 0;; i++)
		if (record->events[i].pid == pid)
			return i;
}

static int compare(const void *one, const void *other, void *first_places)
{
	const struct reported_event *a = one, *b = other;
	const size_t *first = first_places;

	if (a->pid != b->pid)
		return first[a->place] < first[b->place] ? -1 : 1;
	if (a->image != b->image)
		return a->image < b->image ? -1 : 1;
	return a->seq != b->seq ? (a->seq < b->seq ? -1 : 1) : 0;
}

/*
 * Threads of one process may write their lines in another order than they numbered them; images
 * cannot.
 */
static void sort(struct event_record *record)
{
	size_t *first = calloc(record->count + 1, sizeof *first);

	for (size_t i = 0; i < record->count; i++) {
		struct reported_event *event = &record->events[i];

		first[i] = first_place(record, event->pid);
		event->image = -1;
		for (size_t j = first[i]; j <= i; j++)
			event->image +=
				record->events[j].pid == event->pid &&
				!strcmp(reported_string(record->events[j].json, "node_state"),
					"INIT");
	}
	if (record->count)
		qsort_r(record->events, record->count, sizeof *record->events, compare, first);
	free(first);
}

static void check_seq(struct event_record *record)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct reported_event *event = &record->events[i], *before = event - 1;
		bool begins = !i || before->pid != event->pid || before->image != event->image;

		if (event->seq != (begins ? 0 : before->seq + 1))
			complain(record, "pid %d has a gap before seq %d", event->pid, event->seq);
	}
}

/* Leave out what launchers have read of their ranks' output, which is no step of their own lives.
 */
static void leave_out_output(struct event_record *record)
{
	size_t kept = 0;

	for (size_t i = 0; i < record->count; i++) {
		const char *what = strrchr(reported_string(record->events[i].json, "name"), ':');

		if (what && !strcmp(what, ":output"))
			cJSON_Delete(record->events[i].json);
		else
			record->events[kept++] = record->events[i];
	}
	record->count = kept;
}

/* Behind the last event of PID. */
static size_t place_behind(const struct event_record *record, pid_t pid)
{
	for (size_t i = record->count; i > 0; i--)
		if (record->events[i - 1].pid == pid)
			return i;
	return record->count;
}

static bool same_end(const cJSON *own, const cJSON *wait)
{
	const char *key = reported_get(wait, "signal") ? "signal.number" : "exit.code";

	return reported_number(own, key) == reported_number(wait, key);
}

/* A process that reported its end reported what its waiter saw. For another, the waiter speaks. */
static void settle(struct event_record *record, const struct reported_event *wait)
{
	size_t at = place_behind(record, wait->pid);
	const struct reported_event *last = at ? &record->events[at - 1] : NULL;
	char own[128], seen[128];

	if (last && last->pid == wait->pid && reported_is_end(last->json)) {
		reported_render(last->json, own, sizeof own);
		reported_render(wait->json, seen, sizeof seen);
		if (!same_end(last->json, wait->json))
			complain(record, "pid %d told %s, its waiter saw %s", wait->pid, own, seen);
		return;
	}
	record->events = realloc(record->events, (record->count + 1) * sizeof *record->events);
	memmove(&record->events[at + 1], &record->events[at],
		(record->count++ - at) * sizeof *record->events);
	record->events[at] = *wait;
	record->events[at].json = cJSON_Duplicate(wait->json, true);
}

void reported_sent(const struct event_record *record, pid_t pid, char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < record->kill_count && used + 8 < size; i++) {
		const cJSON *kill = record->kills[i].json;

		if (record->kills[i].pid == pid)
			used += (size_t)snprintf(buffer + used, size - used, "%s%s%s",
				used ? ", " : "", reported_string(kill, "signal.name"),
				reported_get(kill, "to_group") ? " to its group"
				: reported_get(kill, "to_all") ? " to all"
							       : "");
	}
}

const cJSON *reported_wait(const struct event_record *record, pid_t pid)
{
	for (size_t i = 0; i < record->wait_count; i++)
		if (record->waits[i].pid == pid)
			return record->waits[i].json;
	return NULL;
}

void reported_read(struct event_record *record, const char *dir, const char *run_id)
{
	char hostname[256] = "", expected[300], path[600];
	struct dirent *entry;
	DIR *stream = opendir(dir);

	*record = (struct event_record){0};
	if (!stream)
		return;
	gethostname(hostname, sizeof hostname - 1);
	snprintf(expected, sizeof expected, "%s.jsonl", hostname);
	while ((entry = readdir(stream))) {
		/* The directory's own, marks (run_mark.h), notes of unwatched programs */
		if (entry->d_name[0] == '.')
			continue;
		record->files++;
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (!strcmp(entry->d_name, expected))
			read_file(record, path, run_id);
		else
			record->strays++;
	}
	closedir(stream);
	sort(record);
	check_seq(record);
	leave_out_output(record);
	for (size_t i = 0; i < record->wait_count; i++)
		settle(record, &record->waits[i]);
}

static void release(struct reported_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cJSON_Delete(events[i].json);
	free(events);
}

void reported_free(struct event_record *record)
{
	release(record->events, record->count);
	release(record->waits, record->wait_count);
	release(record->kills, record->kill_count);
	*record = (struct event_record){0};
}
