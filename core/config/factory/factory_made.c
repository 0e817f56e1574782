/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/factory/factory_made.h"

/* The user's functions behind ours. */
struct made {
	errno_location *errno_function;
	union {
		struct vigil_handler_spec handler;
		struct vigil_filter_spec filter;
		struct vigil_formatter_spec formatter;
	};
};

static int emit(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	const struct made *made = data;
	int *error = made->errno_function(), kept = *error;
	int result = made->handler.emit(record, text, length, made->handler.data);

	*error = kept;
	return result;
}

static void flush(void *data)
{
	const struct made *made = data;
	int *error = made->errno_function(), kept = *error;

	made->handler.flush(made->handler.data);
	*error = kept;
}

static void close_(void *data)
{
	const struct made *made = data;
	int *error = made->errno_function(), kept = *error;

	made->handler.close(made->handler.data);
	*error = kept;
}

static enum vigil_verdict filter_(struct vigil_record *record, void *data)
{
	const struct made *made = data;
	int *error = made->errno_function(), kept = *error;
	enum vigil_verdict verdict = made->filter.filter(record, made->filter.data);

	*error = kept;
	return verdict;
}

static ssize_t format(const struct vigil_record *record, char *buffer, size_t size, void *data)
{
	const struct made *made = data;
	int *error = made->errno_function(), kept = *error;
	ssize_t length = made->formatter.format(record, buffer, size, made->formatter.data);

	*error = kept;
	return length;
}

static struct made *made_new(struct arena *arena, errno_location *errno_function)
{
	struct made *made = arena_alloc(arena, sizeof *made);

	if (made != NULL)
		made->errno_function = errno_function;
	return made;
}

struct handler *factory_made_handler(
	struct arena *arena, const struct vigil_handler_spec *spec, errno_location *errno_function)
{
	struct vigil_handler_spec ours = *spec;
	struct made *made = made_new(arena, errno_function);

	if (errno_function == NULL)
		return custom_handler_new(arena, spec);
	if (made == NULL)
		return NULL;
	made->handler = *spec;
	ours.emit = emit;
	ours.flush = spec->flush == NULL ? NULL : flush;
	ours.close = spec->close == NULL ? NULL : close_;
	ours.data = made;
	return custom_handler_new(arena, &ours);
}

struct filter *factory_made_filter(
	struct arena *arena, const struct vigil_filter_spec *spec, errno_location *errno_function)
{
	struct vigil_filter_spec ours = *spec;
	struct made *made = made_new(arena, errno_function);

	if (errno_function == NULL)
		return custom_filter_new(arena, spec);
	if (made == NULL)
		return NULL;
	made->filter = *spec;
	ours.filter = filter_;
	ours.data = made;
	return custom_filter_new(arena, &ours);
}

struct formatter *factory_made_formatter(struct arena *arena,
	const struct vigil_formatter_spec *spec, errno_location *errno_function)
{
	struct vigil_formatter_spec ours = *spec;
	struct made *made = made_new(arena, errno_function);

	if (errno_function == NULL)
		return custom_formatter_new(arena, spec);
	if (made == NULL)
		return NULL;
	made->formatter = *spec;
	ours.format = format;
	ours.data = made;
	return custom_formatter_new(arena, &ours);
}
