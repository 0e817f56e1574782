/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/error_text.h"
#include "core/base/log_file.h"
#include "core/base/output.h"
#include "core/base/python_text.h"
#include "core/logging/list.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static __attribute__((noinline)) int copy_absolute(
	struct arena *arena, const char *path, const char **ret_path)
{
	char absolute[PATH_MAX];
	int error = log_file_absolute(path, absolute, sizeof absolute);

	if (error < 0)
		return error;
	*ret_path = arena_strdup(arena, absolute);
	return *ret_path == NULL ? -ENOMEM : 0;
}

int handler_path(struct arena *arena, const char *path, const char **ret_path)
{
	const char *copy = NULL;
	int error;

	if (path[0] == '/' && strlen(path) < PATH_MAX) {
		copy = arena_strdup(arena, path);
		error = copy == NULL ? -ENOMEM : 0;
	} else {
		error = copy_absolute(arena, path, &copy);
	}
	if (error == 0)
		*ret_path = copy;
	return error;
}

int handler_format(
	const struct handler *handler, const struct log_record *record, struct text *scratch)
{
	const struct formatter *formatter = handler->formatter;
	const char *terminator = handler->terminator == NULL ? "\n" : handler->terminator;
	size_t reserved = strlen(terminator);
	int error;

	if (scratch->size < reserved + 1)
		return -ENOBUFS;
	text_reset(scratch, 0);
	scratch->size -= reserved;
	if (formatter == NULL)
		formatter = &formatter_default;
	error = formatter_format(formatter_on(formatter, handler->stream), record, scratch);
	scratch->size += reserved;
	if (error == 0)
		text_add(scratch, terminator);
	return error;
}

struct handler *handler_target(const struct handler *handler, size_t index)
{
	return handler->class->target == NULL ? NULL : handler->class->target(handler, index);
}

int handler_add_filter(struct arena *arena, struct handler *handler, const struct filter *filter)
{
	return LIST_REPLACE(arena, struct filter_list, &handler->filters, list_add, filter);
}

int handler_remove_filter(struct arena *arena, struct handler *handler, const struct filter *filter)
{
	return LIST_REPLACE(arena, struct filter_list, &handler->filters, list_remove, filter);
}

int handler_handle(struct handler *handler, struct log_record *record, struct text *scratch)
{
	const struct filter_list *filters =
		atomic_load_explicit(&handler->filters, memory_order_acquire);
	struct log_record spare;

	if (record->crashing && handler->class->not_while_crashing)
		return 0;
	record = filters == NULL ? record : filters_apply(filters, record, &spare);
	return record == NULL ? 0 : handler->class->emit(handler, record, scratch);
}

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

/* Appends the location of the log call, in place of the frames that Python prints. */
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
