/* SPDX-License-Identifier: Apache-2.0 */
/* Here the user's code runs: the library is loaded, and the factory is called. */
#include "core/config/factory/factory.h"

#include "core/base/error_text.h"
#include "core/logging/custom.h"

#include <dlfcn.h>

/* Returns the address of the calling thread's errno. */
typedef int *errno_location(void);

/* Call FUNCTION. NULL after an error was reported. */
static void *call(struct config_reader *reader, const struct factory *factory, void *function)
{
	char buffer[ERROR_TEXT_SIZE];
	void *made = NULL;
	int result;

	if (factory->typed)
		result = factory_call(function, factory->arguments, factory->count, &made);
	else
		result = ((vigil_factory *)function)(factory->pairs, &made);
	if (result != 0)
		config_error(reader->errors, &factory->named, "%s() returned %d%s%s",
			factory->symbol, result, result < 0 ? ": " : ", neither 0 nor -errno",
			result < 0 ? error_text(result, buffer) : "");
	else if (made == NULL)
		config_error(reader->errors, &factory->named, "%s() made no %s: it %s",
			factory->symbol, factory_noun(factory->section),
			factory->typed ? "returned NULL" : "returned 0 and left NULL");
	return result != 0 ? NULL : made;
}

/* Load FACTORY's library and call the function. Returns what the function made; NULL after an error
 * was reported; *RET_FUNCTION is the library's __errno_location(), NULL where it has none. */
static void *run(
	struct config_reader *reader, const struct factory *factory, errno_location **ret_function)
{
	const struct config_loader *loader = reader->context->loader;
	void *library, *function;

	if (loader == NULL) {
		config_error(reader->errors, &factory->named, "this program loads no libraries");
		return NULL;
	}
	/* What a factory returned is used until the process terminates. */
	library = loader->open(factory->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	function = library == NULL ? NULL : loader->symbol(library, factory->symbol);
	if (function == NULL) {
		const char *why = loader->error();

		config_error(reader->errors, &factory->named, "cannot load '%s': %s",
			factory->label, why == NULL ? "its address is 0" : why);
		return NULL;
	}
	*ret_function = (errno_location *)loader->symbol(library, "__errno_location");
	return call(reader, factory, function);
}

/* A handler, filter or formatter of the user's. The functions below call it and restore errno,
 * which the program that they run in must not see changed. Signal-safe if the user's functions are.
 */
struct made {
	errno_location *errno_function; /* NULL: unknown, so errno is not restored */
	union {
		struct vigil_handler_spec handler;
		struct vigil_filter_spec filter;
		struct vigil_formatter_spec formatter;
	};
};

/* The errno that MADE's functions may change; OTHERWISE where it is unknown. */
static int *errno_of(const struct made *made, int *otherwise)
{
	return made->errno_function == NULL ? otherwise : made->errno_function();
}

static int emit(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	const struct made *made = data;
	int unknown = 0, *error = errno_of(made, &unknown), kept = *error;
	int result = made->handler.emit(record, text, length, made->handler.data);

	*error = kept;
	return result;
}

static void call_keeping(const struct made *made, void (*function)(void *data))
{
	int unknown = 0, *error = errno_of(made, &unknown), kept = *error;

	function(made->handler.data);
	*error = kept;
}

static void flush(void *data)
{
	call_keeping(data, ((const struct made *)data)->handler.flush);
}

static void close_(void *data)
{
	call_keeping(data, ((const struct made *)data)->handler.close);
}

static enum vigil_verdict filter_(struct vigil_record *record, void *data)
{
	const struct made *made = data;
	int unknown = 0, *error = errno_of(made, &unknown), kept = *error;
	enum vigil_verdict verdict = made->filter.filter(record, made->filter.data);

	*error = kept;
	return verdict;
}

static ssize_t format(const struct vigil_record *record, char *buffer, size_t size, void *data)
{
	const struct made *made = data;
	int unknown = 0, *error = errno_of(made, &unknown), kept = *error;
	ssize_t length = made->formatter.format(record, buffer, size, made->formatter.data);

	*error = kept;
	return length;
}

/* The spec that FACTORY made, and in *RET_MADE memory to keep it in. Where the configuration is
 * only validated, the spec is NOTHING, whose functions are never called. NULL when FACTORY is NULL,
 * after an error was reported, and when out of memory. */
static const void *take_spec(struct config_reader *reader, const struct factory *factory,
	const void *nothing, struct made **ret_made)
{
	errno_location *errno_function = NULL;
	const void *spec = nothing;

	if (factory == NULL)
		return NULL;
	if (!reader->context->validate_only)
		spec = run(reader, factory, &errno_function);
	if (spec == NULL)
		return NULL;
	*ret_made = arena_alloc(reader->arena, sizeof **ret_made);
	if (*ret_made == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	(*ret_made)->errno_function = errno_function;
	return spec;
}

/* Returns IS_MISSING; where it is true, reports that FACTORY's spec lacks FUNCTION, which it must
 * have. */
static bool misses_function(struct config_reader *reader, const struct factory *factory,
	const char *function, bool is_missing)
{
	if (is_missing)
		config_error(reader->errors, &factory->named, "%s() made a %s whose '%s' is NULL",
			factory->symbol, factory_noun(factory->section), function);
	return is_missing;
}

struct handler *factory_handler(struct config_reader *reader, const struct factory *factory)
{
	const struct vigil_handler_spec nothing = {.class_name = factory->label, .emit = emit};
	struct vigil_handler_spec ours;
	struct handler *handler;
	struct made *made;
	const struct vigil_handler_spec *spec = take_spec(reader, factory, &nothing, &made);

	if (spec == NULL || misses_function(reader, factory, "emit", spec->emit == NULL))
		return NULL;
	made->handler = ours = *spec;
	ours.emit = emit;
	ours.flush = spec->flush == NULL ? NULL : flush;
	ours.close = spec->close == NULL ? NULL : close_;
	ours.data = made;
	handler = custom_handler_new(reader->arena, &ours);
	reader->no_memory |= handler == NULL;
	return handler;
}

const struct filter *factory_filter(
	struct config_reader *reader, const struct location *location, const char *const *classes)
{
	static const struct vigil_filter_spec nothing = {.filter = filter_};
	const struct factory *factory = factory_read(reader, location, FACTORY_FILTER, classes);
	struct vigil_filter_spec ours;
	struct filter *filter;
	struct made *made;
	const struct vigil_filter_spec *spec = take_spec(reader, factory, &nothing, &made);

	if (spec == NULL || misses_function(reader, factory, "filter", spec->filter == NULL))
		return NULL;
	made->filter = ours = *spec;
	ours.filter = filter_;
	ours.data = made;
	filter = custom_filter_new(reader->arena, &ours);
	if (filter != NULL)
		filter->label = factory->label;
	reader->no_memory |= filter == NULL;
	return filter;
}

const struct formatter *factory_formatter(
	struct config_reader *reader, const struct location *location, const char *const *classes)
{
	static const struct vigil_formatter_spec nothing = {.format = format};
	const struct factory *factory = factory_read(reader, location, FACTORY_FORMATTER, classes);
	struct vigil_formatter_spec ours;
	struct formatter *formatter;
	struct made *made;
	const struct vigil_formatter_spec *spec = take_spec(reader, factory, &nothing, &made);

	if (spec == NULL || misses_function(reader, factory, "format", spec->format == NULL))
		return NULL;
	made->formatter = ours = *spec;
	ours.format = format;
	ours.data = made;
	formatter = custom_formatter_new(reader->arena, &ours);
	if (formatter != NULL)
		formatter->label = factory->label;
	reader->no_memory |= formatter == NULL;
	return formatter;
}
