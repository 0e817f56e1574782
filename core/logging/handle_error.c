/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handle_error.h"

#include "core/base/error_text.h"
#include "core/base/output.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <unistd.h>

static void add_reason(struct text *text, const struct handler *handler,
	const struct log_record *record, int error)
{
	const struct formatter *formatter = handler->formatter;
	const char *missing = formatter == NULL ? NULL : formatter_missing(formatter, record);
	char buffer[ERROR_TEXT_SIZE];

	if (error == -ENOENT && missing != NULL)
		text_printf(
			text, "ValueError: Formatting field not found in record: '%s'\n", missing);
	else if (error == -ELOOP)
		text_add(text, "RecursionError: a handler logs to itself again and again\n");
	else
		text_printf(text, "%s: [Errno %d] %s\n", error_class(error), -error,
			error_text(error, buffer));
}

/* The place of the call stands for Python's frames. */
static void add_place(struct text *text, const struct log_record *record)
{
	text_add(text, "Call stack:\n");
	if (record->pathname != NULL && record->func_name != NULL && record->lineno > 0)
		text_printf(text, "  File \"%s\", line %d, in %s\n", record->pathname,
			record->lineno, record->func_name);
}

void handle_error(const struct handler *handler, const struct log_record *record, int error)
{
	char buffer[2048];
	struct text text;

	text_init(&text, buffer, sizeof buffer - sizeof "\nArguments: ()\n");
	text_add(&text, "--- Logging error ---\n");
	add_reason(&text, handler, record, error);
	add_place(&text, record);
	text_add(&text, "Message: ");
	python_repr(&text, record->message == NULL ? "" : record->message);
	text.size = sizeof buffer;
	text_add(&text, "\nArguments: ()\n");
	output_write(STDERR_FILENO, text.data, text.length);
}
