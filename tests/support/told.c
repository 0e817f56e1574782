/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/told.h"

#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/bytes.h"
#include "tests/support/schema.h"

const cJSON *told_get(const cJSON *event, const char *path)
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

const char *told_string(const cJSON *event, const char *path)
{
	const cJSON *item = told_get(event, path);

	return cJSON_IsString(item) ? item->valuestring : "";
}

double told_number(const cJSON *event, const char *path)
{
	const cJSON *item = told_get(event, path);

	return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

bool told_is_end(const cJSON *event)
{
	const char *state = told_string(event, "node_state");

	return !strcmp(state, "SUCCEEDED") || !strcmp(state, "FAILED");
}

/* Its own, or one that a handler had first; then also what that ended it with. */
static void render_fault(const cJSON *event, char *buffer, size_t size)
{
	const char *signal = told_string(event, "signal.name");
	const char *name = told_string(event, "fault.name");

	if (!*name || !strcmp(name, signal))
		snprintf(buffer, size, "%s %s", signal, told_string(event, "signal.code_name"));
	else if (*signal)
		snprintf(buffer, size, "%s %s then %s", name,
			told_string(event, "fault.code_name"), signal);
	else
		snprintf(buffer, size, "%s %s then %s %.0f", name,
			told_string(event, "fault.code_name"), told_string(event, "exit.how"),
			told_number(event, "exit.code"));
}

/* What a FAILED or SUCCEEDED says besides: by its cause, else by its exit. */
static void render_end(const cJSON *event, char *buffer, size_t size)
{
	const char *cause = told_string(event, "cause");
	const char *signal = told_string(event, "signal.name");

	if (!strcmp(cause, "exception"))
		snprintf(buffer, size, "exception %s", told_string(event, "exception.type"));
	else if (!strcmp(cause, "fault"))
		render_fault(event, buffer, size);
	else if (*signal)
		snprintf(buffer, size, "%s %s", signal, cause);
	else
		snprintf(buffer, size, "%s %.0f", told_string(event, "exit.how"),
			told_number(event, "exit.code"));
}

void told_render(const cJSON *event, char *buffer, size_t size)
{
	int length = snprintf(buffer, size, "%s", told_string(event, "node_state"));

	if (!told_is_end(event) || (size_t)length + 1 >= size)
		return;
	buffer[length++] = ' ';
	render_end(event, buffer + length, size - (size_t)length);
}

void told_life(const struct told *told, pid_t pid, char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < told->count && used + 8 < size; i++) {
		if (told->events[i].pid != pid)
			continue;
		used += (size_t)snprintf(buffer + used, size - used, "%s", used ? ", " : "");
		told_render(told->events[i].json, buffer + used, size - used);
		used += strlen(buffer + used);
	}
}

void told_dump(const struct told *told, char *buffer, size_t size)
{
	char life[TOLD_LIFE_MAX];
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < told->count; i++) {
		if (i && told->events[i].pid == told->events[i - 1].pid)
			continue;
		told_life(told, told->events[i].pid, life, sizeof life);
		used += (size_t)snprintf(buffer + used, size - used, "    %s (pid %d): %s\n",
			told_string(told->events[i].json, "name"), told->events[i].pid, life);
		if (used >= size)
			return;
	}
}

static void complain(struct told *told, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(struct told *told, const char *format, ...)
{
	va_list arguments;

	if (*told->problem)
		return;
	va_start(arguments, format);
	vsnprintf(told->problem, sizeof told->problem, format, arguments);
	va_end(arguments);
}

static void append(struct told_event **events, size_t *count, struct told_event event)
{
	*events = realloc(*events, (*count + 1) * sizeof **events);
	(*events)[(*count)++] = event;
}

static void add_line(struct told *told, const char *line, size_t size, const char *run_id)
{
	struct told_event event = {.place = told->count}; /* among its own kind */
	const char *problem;

	event.json = cJSON_ParseWithLengthOpts(line, size, NULL, false);
	if (!event.json) {
		complain(told, "a line is no JSON: %.300s", line);
		return;
	}
	problem = schema_problem(event.json, line, size, run_id);
	if (problem)
		complain(told, "%s: %.300s", problem, line);
	event.pid = (pid_t)told_number(event.json, "pid");
	event.seq = (int)told_number(event.json, "seq");
	if (strcmp(told_string(event.json, "source"), "AGENT"))
		append(&told->events, &told->count, event);
	else if (told_is_end(event.json))
		append(&told->waits, &told->wait_count, event);
	else
		append(&told->kills, &told->kill_count, event);
}

static void read_file(struct told *told, const char *path, const char *run_id)
{
	struct bytes bytes = {0};
	char *line, *stop;

	bytes_add_file(&bytes, path);
	stop = bytes.data + bytes.size;
	for (line = bytes.data; line < stop;) {
		char *end = memchr(line, '\n', (size_t)(stop - line));

		if (!end) {
			complain(told, "the last line has no end: %.300s", line);
			break;
		}
		*end = '\0';
		add_line(told, line, (size_t)(end - line), run_id);
		line = end + 1;
	}
	bytes_free(&bytes);
}

/* A life's place is that of its first line. */
static size_t first_place(const struct told *told, pid_t pid)
{
	for (size_t i = 0;; i++)
		if (told->events[i].pid == pid)
			return i;
}

static int compare(const void *one, const void *other, void *first_places)
{
	const struct told_event *a = one, *b = other;
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
static void sort(struct told *told)
{
	size_t *first = calloc(told->count + 1, sizeof *first);

	for (size_t i = 0; i < told->count; i++) {
		struct told_event *event = &told->events[i];

		first[i] = first_place(told, event->pid);
		event->image = -1;
		for (size_t j = first[i]; j <= i; j++)
			event->image +=
				told->events[j].pid == event->pid &&
				!strcmp(told_string(told->events[j].json, "node_state"), "INIT");
	}
	if (told->count)
		qsort_r(told->events, told->count, sizeof *told->events, compare, first);
	free(first);
}

static void check_seq(struct told *told)
{
	for (size_t i = 0; i < told->count; i++) {
		const struct told_event *event = &told->events[i], *before = event - 1;
		bool begins = !i || before->pid != event->pid || before->image != event->image;

		if (event->seq != (begins ? 0 : before->seq + 1))
			complain(told, "pid %d has a gap before seq %d", event->pid, event->seq);
	}
}

/* Behind the last event of PID. */
static size_t place_behind(const struct told *told, pid_t pid)
{
	for (size_t i = told->count; i > 0; i--)
		if (told->events[i - 1].pid == pid)
			return i;
	return told->count;
}

static bool same_end(const cJSON *own, const cJSON *wait)
{
	const char *key = told_get(wait, "signal") ? "signal.number" : "exit.code";

	return told_number(own, key) == told_number(wait, key);
}

/* A process that told its end told what its waiter saw. For another, the waiter speaks. */
static void settle(struct told *told, const struct told_event *wait)
{
	size_t at = place_behind(told, wait->pid);
	const struct told_event *last = at ? &told->events[at - 1] : NULL;
	char own[128], seen[128];

	if (last && last->pid == wait->pid && told_is_end(last->json)) {
		told_render(last->json, own, sizeof own);
		told_render(wait->json, seen, sizeof seen);
		if (!same_end(last->json, wait->json))
			complain(told, "pid %d told %s, its waiter saw %s", wait->pid, own, seen);
		return;
	}
	told->events = realloc(told->events, (told->count + 1) * sizeof *told->events);
	memmove(&told->events[at + 1], &told->events[at],
		(told->count++ - at) * sizeof *told->events);
	told->events[at] = *wait;
	told->events[at].json = cJSON_Duplicate(wait->json, true);
}

void told_sent(const struct told *told, pid_t pid, char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < told->kill_count && used + 8 < size; i++) {
		const cJSON *kill = told->kills[i].json;

		if (told->kills[i].pid == pid)
			used += (size_t)snprintf(buffer + used, size - used, "%s%s%s",
				used ? ", " : "", told_string(kill, "signal.name"),
				told_get(kill, "to_group") ? " to its group"
				: told_get(kill, "to_all") ? " to all"
							   : "");
	}
}

const cJSON *told_wait(const struct told *told, pid_t pid)
{
	for (size_t i = 0; i < told->wait_count; i++)
		if (told->waits[i].pid == pid)
			return told->waits[i].json;
	return NULL;
}

void told_read(struct told *told, const char *dir, const char *run_id)
{
	char hostname[256] = "", expected[300], path[600];
	struct dirent *entry;
	DIR *stream = opendir(dir);

	*told = (struct told){0};
	if (!stream)
		return;
	gethostname(hostname, sizeof hostname - 1);
	snprintf(expected, sizeof expected, "%s.jsonl", hostname);
	while ((entry = readdir(stream))) {
		/* The directory's own, marks (run_mark.h), notes of unwatched programs */
		if (entry->d_name[0] == '.')
			continue;
		told->files++;
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (!strcmp(entry->d_name, expected))
			read_file(told, path, run_id);
		else
			told->strays++;
	}
	closedir(stream);
	sort(told);
	check_seq(told);
	for (size_t i = 0; i < told->wait_count; i++)
		settle(told, &told->waits[i]);
}

static void release(struct told_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cJSON_Delete(events[i].json);
	free(events);
}

void told_free(struct told *told)
{
	release(told->events, told->count);
	release(told->waits, told->wait_count);
	release(told->kills, told->kill_count);
	*told = (struct told){0};
}
