/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/command.h"

#include "core/base/names.h"

#include <string.h>

/* A shell would take these for syntax where they stand first, bash's `time` among them. */
static const char reserved[][9] = {"case", "coproc", "do", "done", "elif", "else", "esac", "fi",
	"for", "function", "if", "in", "select", "then", "time", "until", "while"};

/* Whether a shell takes ARGUMENT as it stands: no expansion, no field of its own to be split. */
static bool is_plain(const char *argument, bool is_first)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_@%+=:,./-";

	if (is_first && (strchr(argument, '=') != NULL || /* else it would be an assignment */
				names_find(NAMES(reserved), argument) >= 0))
		return false;
	return argument[0] != '\0' && argument[strspn(argument, safe)] == '\0';
}

/* Within single quotes only their own kind has to be written otherwise. */
static void add_quoted(const char *bytes, size_t count, struct text *text)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] == '\'')
			text_add(text, "'\\''");
		else
			text_char(text, bytes[i]);
}

/* SCAN is NULL where secrets are not masked. */
static void add_argument(
	const char *argument, bool is_first, struct secret_scan *scan, struct text *text)
{
	bool plain = is_plain(argument, is_first);
	size_t done = 0, start, end;

	if (scan != NULL)
		secret_scan_next(scan, argument);
	text_add(text, plain ? "" : "'");
	while (scan != NULL && secret_find(scan, &start, &end)) {
		add_quoted(argument + done, start - done, text);
		text_add(text, plain ? "'" SECRET_MASK "'" : SECRET_MASK);
		done = end;
	}
	add_quoted(argument + done, strlen(argument + done), text);
	text_add(text, plain ? "" : "'");
}

size_t command_add(
	const struct event_process *process, size_t count, size_t most, struct text *text)
{
	struct secret_scan scan = {0};

	for (size_t i = 0; i < count; i++) {
		size_t before = text->length;

		text_add(text, i == 0 ? "" : " ");
		add_argument(process->argv[i], i == 0,
			process->argv_form == ARGV_MASKED ? &scan : NULL, text);
		if (text->truncated || text->length > most) {
			bool truncated = text->truncated;

			text_reset(text, before);
			text->truncated = truncated;
			return i;
		}
	}
	return count;
}
