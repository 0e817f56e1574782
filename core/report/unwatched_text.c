/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/unwatched_text.h"

#include "core/base/order.h"
#include "core/base/text.h"
#include "core/events/unwatched.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* How many programs a line names. */
#define NAMED_MOST 4

struct notes {
	struct unwatched *all; /* room for UNWATCHED_MOST */
	size_t count;
};

static int compare_reasons(const struct unwatched *one, const struct unwatched *other)
{
	return COMPARE(one->reason, other->reason) ?: strcmp(one->detail, other->detail);
}

static int compare(const void *a, const void *b)
{
	const struct unwatched *one = a, *other = b;

	return compare_reasons(one, other) ?: strcmp(one->program, other->program);
}

/* Sorts the notes, and drops duplicates: of two runs, or of two names that were shortened to the
 * same one. */
static void sort(struct notes *notes)
{
	size_t kept = 0;

	qsort(notes->all, notes->count, sizeof *notes->all, compare);
	for (size_t i = 0; i < notes->count; i++)
		if (kept == 0 || compare(&notes->all[i], &notes->all[kept - 1]) != 0)
			notes->all[kept++] = notes->all[i];
	notes->count = kept;
}

static void read_notes(struct notes *notes, const char *directory, const char *run_id)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;

	while (stream != NULL && notes->count < UNWATCHED_MOST && (entry = readdir(stream)) != NULL)
		notes->count += unwatched_parse(entry->d_name, run_id, &notes->all[notes->count]);
	if (stream != NULL)
		closedir(stream);
}

/* "a", "a and b", "a, b, c, d and 3 more". */
static void add_programs(struct text *line, const struct unwatched *notes, size_t count)
{
	size_t named = count > NAMED_MOST ? NAMED_MOST : count;

	for (size_t i = 0; i < named; i++) {
		if (i > 0)
			text_add(line, i + 1 < count ? ", " : " and ");
		text_add(line, notes[i].program);
	}
	if (named < count)
		text_printf(line, " and %zu more", count - named);
}

static void add_reason(struct text *line, const struct unwatched *note, const char *whose)
{
	switch (note->reason) {
	case UNWATCHED_FUNCTION:
		text_printf(line, "%s libc has no %s(), which glibc 2.17 and newer have", whose,
			note->detail);
		break;
	case UNWATCHED_FILTER:
		text_add(line, "a filter of system calls that came before kills for what watching "
			       "takes, or may");
		break;
	case UNWATCHED_KERNEL:
		text_printf(line, "the kernel refuses %s, which Linux 4.14 and newer have",
			note->detail);
		break;
	default: text_printf(line, "%s libc is not glibc", whose);
	}
}

/* NOTES are COUNT programs that were not watched for the same reason. */
static void line_of(struct text *line, const struct unwatched *notes, size_t count)
{
	bool one = count == 1;

	add_programs(line, notes, count);
	text_add(line, one ? " was not watched: " : " were not watched: ");
	add_reason(line, notes, one ? "its" : "their");
	text_printf(line, "; only who waited for %s can tell how %s ended", one ? "it" : "them",
		one ? "it" : "they");
}

void unwatched_say(const char *directory, const char *run_id,
	void (*say)(void *context, const char *line), void *context)
{
	struct notes notes = {calloc(UNWATCHED_MOST, sizeof *notes.all), 0};
	char buffer[512];
	struct text line;

	if (notes.all == NULL)
		return;
	read_notes(&notes, directory, run_id);
	sort(&notes);
	for (size_t from = 0, to; from < notes.count; from = to) {
		for (to = from + 1;
			to < notes.count && compare_reasons(&notes.all[from], &notes.all[to]) == 0;)
			to++;
		text_init(&line, buffer, sizeof buffer);
		line_of(&line, &notes.all[from], to - from);
		say(context, buffer);
	}
	free(notes.all);
}

static void note_any(void *any, const char *line)
{
	(void)line;
	*(bool *)any = true;
}

bool unwatched_any(const char *directory, const char *run_id)
{
	bool any = false;

	unwatched_say(directory, run_id, note_any, &any);
	return any;
}
