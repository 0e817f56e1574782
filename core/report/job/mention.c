/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/mention.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>

/* Numbers below this are too common to be taken for a pid without "pid" before them. */
#define PID_LEAST 100

#define WORD_SIZE 32

/* How LINE, a line of an error, speaks of the end of CHILD. */
typedef enum mention reader(const char *line, const struct process *child);

/* What the ends of these words announce: "exit status 3", "returncode=-11", "exited with 7". */
static const char *const before_status[] = {
	"status", "code", "exit", "exited", "returned", "return", "with", "rc", "value", NULL};
static const char *const before_signal[] = {"signal", "signo", NULL};
static const char *const before_pid[] = {"pid", NULL};

/* As strsignal(3) says it, and shells. */
static const struct {
	int number;
	const char *text;
} descriptions[] = {
	{SIGSEGV, "segmentation fault"},
	{SIGBUS, "bus error"},
	{SIGABRT, "aborted"},
	{SIGFPE, "floating point exception"},
	{SIGILL, "illegal instruction"},
	{SIGKILL, "killed"},
};

/* Words for a process, and for an end that was not meant to be, as parts of words. */
static const char *const processes[] = {"process", "worker", "child", "command", "executor", "task",
	"job", "daemon", "server", NULL};
static const char *const ends[] = {"died", "dead", "terminated", "exited", "crash", "killed",
	"abrupt", "aborted", "broken", "unexpected", "non-zero", "nonzero", "failed", NULL};

static bool has_any(const char *line, const char *const words[])
{
	for (; *words != NULL; words++)
		if (strcasestr(line, *words) != NULL)
			return true;
	return false;
}

/* The word that ends before AT, with only a few other characters between, ends with one of WORDS.
 */
static bool follows(const char *line, const char *at, const char *const words[])
{
	const char *end = at, *from;
	char word[WORD_SIZE];

	while (end > line && at - end < 4 && !isalpha((unsigned char)end[-1]) &&
		!isdigit((unsigned char)end[-1]))
		end--;
	for (from = end; from > line && isalpha((unsigned char)from[-1]);)
		from--;
	if (!text_format(word, sizeof word, "%.*s", (int)(end - from), from))
		return false;
	for (; *words != NULL; words++) {
		size_t length = strlen(*words), size = strlen(word);

		if (size >= length && strcasecmp(word + size - length, *words) == 0)
			return true;
	}
	return false;
}

/* The number at AT, in a line, is a word of its own: no part of a name, a version or an address. */
static bool is_number(const char *line, const char *at, const char *end)
{
	char before = at > line ? at[-1] : ' ';

	if (isalnum((unsigned char)before) || before == '_' || before == '.')
		return false;
	return !isalnum((unsigned char)*end) && *end != '_' &&
	       (*end != '.' || !isdigit((unsigned char)end[1]));
}

/* NUMBER, which stands at AT and has a minus sign where NEGATIVE, is the status of CHILD: as
 * wait(2) has it, too, which system(3) returns. */
static bool is_status(
	const char *line, const char *at, long number, bool negative, const struct event *event)
{
	int signal = event->signal.number, code = signal == 0 ? event->exit_code : 128 + signal;

	if (signal != 0 && number == signal)
		return negative || follows(line, at, before_signal);
	return code > 0 && !negative && (number == code || number == (long)code << 8) &&
	       follows(line, at, before_status);
}

static enum mention number_at(
	const char *line, const char *at, long number, const struct process *child)
{
	bool negative =
		at > line && at[-1] == '-' && (at - 1 == line || !isalnum((unsigned char)at[-2]));

	if (number == child->pid && (number >= PID_LEAST || follows(line, at, before_pid)))
		return MENTION_PID;
	return is_status(line, at - negative, number, negative, termination_event(child))
		       ? MENTION_STATUS
		       : MENTION_NONE;
}

static enum mention read_numbers(const char *line, const struct process *child)
{
	enum mention most = MENTION_NONE;
	const char *at = line;

	while ((at = strpbrk(at, "0123456789")) != NULL) {
		char *end;
		long number = strtol(at, &end, 10);
		enum mention mention = is_number(line, at, end) ? number_at(line, at, number, child)
								: MENTION_NONE;

		if (mention > most)
			most = mention;
		at = end;
	}
	return most;
}

/* "SIGSEGV", "Segmentation fault". */
static enum mention read_signal(const char *line, const struct process *child)
{
	int number = termination_event(child)->signal.number;
	char buffer[16];

	if (number == 0)
		return MENTION_NONE;
	for (size_t i = 0; i < sizeof descriptions / sizeof *descriptions; i++)
		if (descriptions[i].number == number &&
			strcasestr(line, descriptions[i].text) != NULL)
			return MENTION_STATUS;
	return strstr(line, signal_name(number, buffer)) != NULL ? MENTION_STATUS : MENTION_NONE;
}

static bool is_of_name(char character)
{
	return isalnum((unsigned char)character) || character == '_' || character == '-';
}

/* Shorter names are words of any text. */
#define NAME_LEAST 4

static enum mention read_name(const char *line, const struct process *child)
{
	size_t length = strlen(child->program);

	if (length < NAME_LEAST || !process_is_named(child))
		return MENTION_NONE;
	for (const char *at = line; (at = strstr(at, child->program)) != NULL; at++)
		if ((at == line || !is_of_name(at[-1])) && !is_of_name(at[length]))
			return MENTION_NAME;
	return MENTION_NONE;
}

static enum mention read_words(const char *line, const struct process *child)
{
	(void)child;
	return has_any(line, processes) && has_any(line, ends) ? MENTION_SOME : MENTION_NONE;
}

static enum mention read_all(const char *line, const struct process *child)
{
	static reader *const readers[] = {read_words, read_name, read_signal, read_numbers};
	enum mention most = MENTION_NONE;

	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		enum mention mention = readers[i](line, child);

		if (mention > most)
			most = mention;
	}
	return most;
}

/* Lines of a trace that begin with a letter are messages of exceptions, also of those that the last
 * one was raised for; the others are frames and lines of source. */
static bool is_message(const char *line)
{
	return isalpha((unsigned char)line[0]) && strncmp(line, "Traceback", 9) != 0;
}

static enum mention most_of(
	const struct termination *end, reader *read, const struct process *child)
{
	const struct event *event = &end->event;
	const char *const texts[] = {
		event->exception.type, event->exception.message, event->abort_message};
	enum mention most = MENTION_NONE, mention;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		mention = texts[i] == NULL ? MENTION_NONE : read(texts[i], child);
		if (mention > most)
			most = mention;
	}
	for (size_t i = 0; event->exception.type != NULL && i < end->error_trace.count; i++) {
		const char *line = end->error_trace.lines[i];

		mention = is_message(line) ? read(line, child) : MENTION_NONE;
		if (mention > most)
			most = mention;
	}
	return most;
}

enum mention mention_of(const struct termination *end, const struct process *child)
{
	return most_of(end, read_all, child);
}

bool mention_any(const struct termination *end)
{
	return most_of(end, read_words, NULL) != MENTION_NONE;
}
