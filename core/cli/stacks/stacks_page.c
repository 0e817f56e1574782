/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_page.h"

#include "core/base/clock.h"
#include "core/base/control.h"
#include "core/base/path.h"
#include "core/base/utf8.h"
#include "core/cli/stacks/stacks_groups.h"
#include "core/report/render/render.h"

#include <string.h>
#include <time.h>

#define HEAD_SIZE 2048

/* Writes STRING so that it is nothing but text wherever it stands. */
static void add(FILE *to, const char *string)
{
	for (size_t left = strlen(string); left > 0;) {
		uint32_t point;
		size_t read = utf8_read(string, left, &point);

		if (control_is(point) || point == UTF8_REPLACEMENT)
			fputs("\xEF\xBF\xBD", to);
		else if (point == '<' || point == '>' || point == '&' || point == '"')
			fprintf(to, "&#%u;", (unsigned)point);
		else
			fwrite(string, 1, read, to);
		string += read;
		left -= read;
	}
}

static void add_cell(FILE *to, const char *class, const char *string)
{
	fprintf(to, "<td class=\"%s\">", class);
	add(to, string);
	fputs("</td>", to);
}

/* "solver.c:12 in dot (inlined)" */
static void add_source(FILE *to, const struct frame *frame, const struct frame_note *note)
{
	char buffer[HEAD_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	if (frame->file != NULL)
		text_add(&text, path_base(frame->file));
	if (frame->file != NULL && frame->line > 0)
		text_printf(&text, ":%d", frame->line);
	if (note != NULL && note->inlined_count > 0)
		text_printf(&text, " in %s (inlined)", note->inlined[0]);
	add_cell(to, "place", buffer);
}

static void add_frame(
	FILE *to, size_t number, const struct frame *frame, const struct frame_note *note)
{
	char buffer[HEAD_SIZE];
	struct text text;

	fputs("<tr title=\"", to);
	if (frame->module != NULL)
		add(to, frame->module->path);
	if (frame->file != NULL) {
		fputs("&#10;", to);
		add(to, frame->file);
	}
	fprintf(to, "\"><td class=\"number\">#%zu</td>", number);
	text_init(&text, buffer, sizeof buffer);
	if (frame->function == NULL)
		text_printf(&text, "0x%lx",
			(unsigned long)(frame->module != NULL ? frame->offset : frame->pc));
	else if (frame->kind == FRAME_PYTHON)
		text_add(&text, frame->function);
	else
		text_printf(
			&text, "%s+0x%lx", frame->function, (unsigned long)frame->function_offset);
	add_cell(to, "", buffer);
	add_cell(to, "place", frame->module == NULL ? "" : path_base(frame->module->path));
	add_source(to, frame, note);
	fputs("</tr>\n", to);
}

static void add_note(FILE *to, const char *note)
{
	fputs("<p class=\"faint\">… ", to);
	add(to, note);
	fputs("</p>\n", to);
}

static void add_group(FILE *to, const struct stacks_set *set, const struct stacks_group *group)
{
	const struct stacks_thread *thread = group->threads[0].thread;
	const struct lines_stack *stack = &thread->stack;
	char buffer[HEAD_SIZE];
	struct text head;

	text_init(&head, buffer, sizeof buffer);
	stacks_group_head(&head, set, group);
	fputs("<section><details open><summary>", to);
	add(to, buffer);
	fputs("</summary>\n<table class=\"frames mono\">\n", to);
	for (size_t i = 0; i < stack->count; i++)
		add_frame(to, i, &stack->frames[i], stack->notes == NULL ? NULL : &stack->notes[i]);
	fputs("</table>\n", to);
	if (thread->error != NULL)
		add_note(to, thread->error);
	else if (thread->stop != NULL)
		add_note(to, thread->stop);
	fputs("</details></section>\n", to);
}

static void add_fact(FILE *to, const char *name, const char *value)
{
	fprintf(to, "<div><dt>%s</dt><dd>", name);
	add(to, value);
	fputs("</dd></div>\n", to);
}

static void add_number(FILE *to, const char *name, size_t number)
{
	char value[32];

	snprintf(value, sizeof value, "%zu", number);
	add_fact(to, name, value);
}

static void add_head(FILE *to, const struct stacks_set *set, const char *subject)
{
	time_t now = time(NULL);
	char taken[64] = "";
	struct tm local;

	if (localtime_r(&now, &local) != NULL)
		strftime(taken, sizeof taken, "%F %T %z", &local);
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\"\n"
	      "\tcontent=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
	      "href=\"data:,\">\n<title>vigil stacks</title>\n<style>\n",
		to);
	html_style_write(to);
	fputs("summary { cursor: pointer; overflow-wrap: anywhere; font-weight: 600; }\n"
	      ".frames { margin-top: 8px; display: block; overflow-x: auto; }\n"
	      "</style>\n</head>\n<body>\n<header>\n<h1><span class=\"brand\">vigil stacks</span> ",
		to);
	add(to, subject);
	fputs("</h1>\n<dl id=\"facts\">\n", to);
	add_fact(to, "taken", taken);
	add_number(to, "processes", set->count);
	if (set->samples > 1)
		add_number(to, "samples", set->samples);
	fputs("</dl>\n</header>\n<main>\n", to);
}

int stacks_page_print(FILE *to, const struct stacks_set *set, const char *subject,
	const char *const *missing, size_t count)
{
	struct stacks_groups groups;
	int error = stacks_groups_make(&groups, set);

	if (error < 0)
		return error;
	add_head(to, set, subject);
	if (count > 0)
		fputs("<section id=\"warnings\"><h2>Not shown</h2>\n<ul>\n", to);
	for (size_t i = 0; i < count; i++) {
		fputs("<li>", to);
		add(to, missing[i]);
		fputs("</li>\n", to);
	}
	if (count > 0)
		fputs("</ul></section>\n", to);
	for (size_t i = 0; i < groups.count; i++)
		add_group(to, set, &groups.list[i]);
	fputs("</main>\n</body>\n</html>\n", to);
	stacks_groups_release(&groups);
	return 0;
}
