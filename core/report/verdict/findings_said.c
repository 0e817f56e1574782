/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/findings_said.h"

#include "core/base/order.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/report/job/last_words.h"
#include "core/report/job/output_tail.h"
#include "core/report/verdict/cause_class.h"
#include "core/report/verdict/process_output.h"

#include <string.h>

/* The most bytes of a line that becomes part of a reason. */
#define REASON_MOST 160

/* Whether a rank other than PROCESS writes to OUTPUT. */
static bool is_shared(
	const struct job *job, const struct process *process, const struct event_output *output)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct process *other = &job->processes[i];
		struct event_output theirs[2];

		if (other == process || !other->is_rank ||
			(output->kind != STREAM_FILE &&
				strcmp(other->hostname, process->hostname) != 0))
			continue;
		theirs[0] = process_output(other, 0);
		theirs[1] = process_output(other, 1);
		if (output_is_same(output, &theirs[0]) || output_is_same(output, &theirs[1]))
			return true;
	}
	return false;
}

/* Cuts what Open MPI's handler of faults has printed out of TEXT: the stack, which the report has.
 * It may begin before TEXT. */
static void cut_handler(char *text)
{
	static const char begin[] = "*** Process received signal ***",
			  end[] = "*** End of error message ***";
	char *from = strstr(text, begin), *to = strstr(text, end), *behind;

	if (to == NULL)
		return;
	if (from == NULL || from > to)
		from = text;
	while (from > text && from[-1] != '\n')
		from--;
	behind = strchrnul(to, '\n');
	behind += *behind == '\n';
	memmove(from, behind, strlen(behind) + 1);
}

/* Cuts the lines of slurmstepd's own out of TEXT, which it gives to the first task of its node. */
static void cut_slurmstepd(char *text)
{
	static const char name[] = "slurmstepd";
	char *line = text;

	while (*line != '\0') {
		char *next = strchrnul(line, '\n');
		const char *rest = text_after(line, name);

		next += *next == '\n';
		if (rest != NULL && (*rest == '-' || *rest == ':'))
			memmove(line, next, strlen(next) + 1);
		else
			line = next;
	}
}

/* The LENGTH characters of TEXT end with the COUNT of UNWRITTEN, but for a terminal's carriage
 * returns: it was written after all, as by exit(). */
static bool was_written(const char *text, size_t length, const char *unwritten, size_t count)
{
	bool is_cut = length == EVENT_SAID_MAX;

	while (count > 0 && length > 0) {
		length--;
		if (text[length] == '\r' && unwritten[count - 1] != '\r')
			continue;
		if (text[length] != unwritten[--count])
			return false;
	}
	return count == 0 || is_cut;
}

/* The text that went to the output INDEX of PROCESS and then UNWRITTEN (NULL: nothing), in the
 * report's memory; NULL: there is none. */
static const char *text_of(
	struct report *report, const struct process *process, int index, const char *unwritten)
{
	struct event_output output = process_output(process, index);
	size_t behind = unwritten == NULL ? 0 : strlen(unwritten), length;
	char *text = report_alloc(report, EVENT_SAID_MAX + behind + 1);
	const char *read;

	if (text == NULL)
		return NULL;
	/* A process that reported its end, but no offset, wrote nothing. */
	if (output.kind == STREAM_FILE && (output.offset > 0 || process->own_termination == NULL))
		output_tail_read(&output, text);
	else {
		read = process_output_read(report, process, index);
		length = read == NULL ? 0 : least(strlen(read), EVENT_SAID_MAX);
		memcpy(text, read == NULL ? "" : read, length);
	}
	cut_handler(text);
	cut_slurmstepd(text);

	length = strlen(text);
	if (was_written(text, length, unwritten, behind))
		behind = 0;
	memcpy(text + length, unwritten == NULL ? "" : unwritten, behind);
	length += behind;
	if (length == 0)
		return NULL;
	for (size_t from = length > EVENT_SAID_MAX ? length - EVENT_SAID_MAX : 0;; from++)
		if (!utf8_continues(text[from]))
			return text + from;
}

static void add(struct last_words *words, const char *from, bool shared, const char *text)
{
	if (text != NULL && text[0] != '\0')
		words->said[words->count++] = (struct said){from, shared, text};
}

/* Whether the last line of TEXT speaks of a failure. */
static bool speaks_of_failure(const char *text)
{
	static const char *const phrases[] = {"error", "fatal", "fail", "abort", "exception",
		"panic", "cannot", "could not", "unable", "invalid", "illegal", "stop", "lost"};
	char line[REASON_MOST + 1];
	size_t length;
	const char *last = last_line_of(text, &length);

	if (last == NULL)
		return false;
	length = least(length, REASON_MOST);
	memcpy(line, last, length);
	line[length] = '\0';
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
		if (strcasestr(line, phrases[i]) != NULL)
			return true;
	return false;
}

/* Standard error comes first, unless its last line is a mere remark and that of standard output is
 * not. */
static void order(struct last_words *words, size_t first)
{
	struct said before = words->said[first];

	if (words->count < first + 2 || speaks_of_failure(before.text) ||
		!speaks_of_failure(words->said[first + 1].text))
		return;
	words->said[first] = words->said[first + 1];
	words->said[first + 1] = before;
}

static const struct last_words *words_of(struct report *report, const struct process *process)
{
	const struct event *own =
		process->own_termination == NULL ? NULL : &process->own_termination->end->event;
	const char *unwritten = own == NULL ? NULL : own->unwritten;
	struct event_output outputs[2] = {process_output(process, 0), process_output(process, 1)};
	bool is_one = output_is_same(&outputs[0], &outputs[1]), shared[2];
	struct last_words *words = report_alloc(report, sizeof *words);
	size_t first;

	if (words == NULL)
		return NULL;
	for (int i = 0; i < 2; i++)
		shared[i] = outputs[i].shared || is_shared(&report->job, process, &outputs[i]);
	add(words, "interpreter", false, own == NULL ? NULL : own->last_error);
	first = words->count;
	if (!is_one)
		add(words, "stderr", shared[1], text_of(report, process, 1, NULL));
	add(words, is_one ? "output" : "stdout", shared[0], text_of(report, process, 0, unwritten));
	order(words, first);
	return words;
}

/* Nothing is known of FINDING but that it exited, not even a file that it could not open: its last
 * line says more, if it is its own. */
static void complete_reason(struct report *report, struct finding *finding)
{
	const struct last_words *words = finding->process->words;
	enum cause_class class = cause_class_by_end(&report->job, finding->process).class;
	size_t length;
	const char *line;

	if (class != CLASS_EXIT || words->count == 0 || words->said[0].shared ||
		termination_event(finding->process)->exec.path != NULL)
		return;
	line = last_line_of(words->said[0].text, &length);
	if (line == NULL || finding->reason == NULL)
		return;
	finding->reason = report_say(report, "%s" FINDING_SAID "%.*s%s", finding->reason,
		(int)utf8_cut(line, length, REASON_MOST), line, length > REASON_MOST ? "…" : "");
}

static void set(struct report *report, struct finding *findings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct process *of = findings[i].process;
		struct process *process;

		if (of == NULL || of->termination == NULL || of->first == NULL)
			continue;
		process = &report->job.processes[of - report->job.processes];
		if (process->words == NULL)
			process->words = words_of(report, process);
		if (process->words != NULL)
			complete_reason(report, &findings[i]);
	}
}

void last_words_set(struct report *report)
{
	for (size_t i = 0; i < report->attempt_count; i++) {
		struct attempt *attempt = &report->attempts[i];

		set(report, attempt->candidates, attempt->candidate_count);
		set(report, attempt->concurrent, attempt->concurrent_count);
	}
	set(report, report->crashes, least(report->crash_count, CRASHES_MOST));
}
