/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run_tail.h"

#include "core/base/number.h"
#include "core/report/decode.h"
#include "core/report/json_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Read at once: several of the longest lines. */
#define BUFFER_SIZE ((size_t)4 * EVENT_LINE_MAX)

int tail_open(struct tail *tail, const char *path, off_t from)
{
	int error;

	tail->at = from;
	tail->skipping = false;
	tail->buffer = malloc(BUFFER_SIZE);
	tail->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	tail->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (tail->buffer != NULL && tail->file >= 0 && tail->changes >= 0 &&
		inotify_add_watch(tail->changes, path, IN_MODIFY) >= 0)
		return 0;
	error = tail->buffer == NULL ? ENOMEM : errno;
	tail_close(tail);
	return -error;
}

void tail_heard(const struct tail *tail)
{
	char changes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(tail->changes, changes, sizeof changes) > 0)
		;
}

/* What stands behind the first KEY in LINE; NULL when it is not there. A quote within a string has
 * a backslash before it: KEY, which begins with one, is no part of a string. */
static const char *behind(const char *line, size_t count, const char *key)
{
	const char *at = memmem(line, count, key, strlen(key));

	return at == NULL ? NULL : at + strlen(key);
}

int64_t tail_number(const char *line, size_t count, const char *key)
{
	const char *number = behind(line, count, key);

	return number == NULL ? 0 : number_prefix(number);
}

static bool begins(const char *at, const char *end, const char *word)
{
	return (size_t)(end - at) > strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

/* Whether LINE, an event's as vigil writes it, is a beginning or an end, and somebody wants it. */
static bool is_wanted(const struct tail *tail, const char *line, size_t count)
{
	const char *end = line + count, *state = behind(line, count, "\"node_state\":\"");
	const char *pid = state == NULL ? NULL : behind(state, (size_t)(end - state), "\"pid\":");

	if (pid == NULL || begins(state, end, "RUNNING\""))
		return false;
	return tail->wants(tail->context, (pid_t)number_prefix(pid), begins(state, end, "INIT\""),
		line, count);
}

static void on_line(const struct tail *tail, struct decoder *decoder, char *line, size_t count)
{
	struct told told;

	if (is_wanted(tail, line, count) &&
		decode_line(decoder, line, count, &told) == LINE_EVENT)
		tail->takes(tail->context, &told);
}

/* The lines within COUNT bytes of the buffer. Returns how many bytes are done with. */
static size_t on_bytes(struct tail *tail, struct decoder *decoder, size_t count)
{
	char *line = tail->buffer, *newline;

	while ((newline = memchr(line, '\n', count - (size_t)(line - tail->buffer))) != NULL) {
		*newline = '\0'; /* numbers end somewhere */
		if (!tail->skipping)
			on_line(tail, decoder, line, (size_t)(newline - line));
		tail->skipping = false;
		line = newline + 1;
	}
	if (line == tail->buffer && count == BUFFER_SIZE) {
		tail->skipping = true;
		return count;
	}
	return (size_t)(line - tail->buffer);
}

void tail_read(struct tail *tail)
{
	struct arena arena = { 0 };
	struct decoder decoder = { .arena = &arena, .kept = { .arena = &arena } };
	ssize_t count;

	if (tail->file < 0)
		return;
	json_memory_use();
	do {
		count = pread(tail->file, tail->buffer, BUFFER_SIZE, tail->at);
		if (count > 0)
			tail->at += (off_t)on_bytes(tail, &decoder, (size_t)count);
	} while (count == (ssize_t)BUFFER_SIZE);
	intern_release(&decoder.kept);
	arena_release(&arena);
}

void tail_close(struct tail *tail)
{
	json_memory_release();
	free(tail->buffer);
	tail->buffer = NULL;
	if (tail->file >= 0)
		close(tail->file);
	if (tail->changes >= 0)
		close(tail->changes);
	tail->file = tail->changes = -1;
}
