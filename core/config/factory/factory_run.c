/* SPDX-License-Identifier: Apache-2.0 */
/* Where the user's code runs: the library is loaded, the factory is called. */
#include "core/config/factory/factory.h"

#include "core/base/error_text.h"
#include "core/config/factory/factory_made.h"

#include <dlfcn.h>

/* Calls FUNCTION. NULL after an error was reported. */
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

/* What the factory gave, and the errno of its C library. NULL after an error was reported. */
static void *run(
	struct config_reader *reader, const struct factory *factory, errno_location **ret_function)
{
	const struct config_loader *loader = reader->context->loader;
	void *library, *function;

	if (loader == NULL) {
		config_error(reader->errors, &factory->named, "this program loads no libraries");
		return NULL;
	}
	/* What a factory made is used as long as the process lives. */
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

static void *without_function(
	struct config_reader *reader, const struct factory *factory, const char *function)
{
	config_error(reader->errors, &factory->named, "%s() made a %s whose '%s' is NULL",
		factory->symbol, factory_noun(factory->section), function);
	return NULL;
}

/* These stand for the user's functions where a configuration is only validated: no record comes. */
static int no_emit(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	(void)record;
	(void)text;
	(void)length;
	(void)data;
	return 0;
}

static enum vigil_verdict no_filter(struct vigil_record *record, void *data)
{
	(void)record;
	(void)data;
	return VIGIL_KEEP;
}

static ssize_t no_format(const struct vigil_record *record, char *buffer, size_t size, void *data)
{
	(void)record;
	(void)buffer;
	(void)size;
	(void)data;
	return 0;
}

struct handler *factory_handler(struct config_reader *reader, const struct factory *factory)
{
	const struct vigil_handler_spec nothing = {.class_name = factory->label, .emit = no_emit};
	const struct vigil_handler_spec *spec = &nothing;
	errno_location *errno_function = NULL;
	struct handler *handler;

	if (!reader->context->validate_only)
		spec = run(reader, factory, &errno_function);
	if (spec == NULL)
		return NULL;
	if (spec->emit == NULL)
		return without_function(reader, factory, "emit");
	handler = factory_made_handler(reader->arena, spec, errno_function);
	reader->no_memory |= handler == NULL;
	return handler;
}

const struct filter *factory_filter(
	struct config_reader *reader, const struct location *location, const char *const *classes)
{
	const struct factory *factory = factory_read(reader, location, FACTORY_FILTER, classes);
	const struct vigil_filter_spec nothing = {.filter = no_filter}, *spec = &nothing;
	errno_location *errno_function = NULL;
	struct filter *filter;

	if (factory != NULL && !reader->context->validate_only)
		spec = run(reader, factory, &errno_function);
	if (factory == NULL || spec == NULL)
		return NULL;
	if (spec->filter == NULL)
		return without_function(reader, factory, "filter");
	filter = factory_made_filter(reader->arena, spec, errno_function);
	if (filter != NULL)
		filter->label = factory->label;
	reader->no_memory |= filter == NULL;
	return filter;
}

const struct formatter *factory_formatter(
	struct config_reader *reader, const struct location *location, const char *const *classes)
{
	const struct factory *factory = factory_read(reader, location, FACTORY_FORMATTER, classes);
	const struct vigil_formatter_spec nothing = {.format = no_format}, *spec = &nothing;
	errno_location *errno_function = NULL;
	struct formatter *formatter;

	if (factory != NULL && !reader->context->validate_only)
		spec = run(reader, factory, &errno_function);
	if (factory == NULL || spec == NULL)
		return NULL;
	if (spec->format == NULL)
		return without_function(reader, factory, "format");
	formatter = factory_made_formatter(reader->arena, spec, errno_function);
	if (formatter != NULL)
		formatter->label = factory->label;
	reader->no_memory |= formatter == NULL;
	return formatter;
}
