/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include "core/base/log_file.h"
#include "core/logging/list.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

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
	const struct filter_list *before = atomic_load(&handler->filters);
	struct filter_list *list = arena_alloc(arena, sizeof *list);

	if (list == NULL)
		return -ENOMEM;
	if (before != NULL)
		*list = *before;
	if (filter_list_add(arena, list, filter) < 0)
		return -ENOMEM;
	atomic_store(&handler->filters, list);
	return 0;
}

int handler_remove_filter(struct arena *arena, struct handler *handler, const struct filter *filter)
{
	const struct filter_list *before = atomic_load(&handler->filters);
	struct filter_list *list = arena_alloc(arena, sizeof *list);

	if (list == NULL)
		return -ENOMEM;
	if (before != NULL)
		*list = *before;
	if (list_remove(arena, (const void ***)&list->items, &list->count, filter) < 0)
		return -ENOMEM;
	atomic_store(&handler->filters, list);
	return 0;
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
