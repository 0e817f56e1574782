/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/factory/factory.h"

#include "core/base/error_text.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <string.h>
#include <sys/auxv.h>

#define WRITE_IT "write '/path/lib.so:symbol'"

const char *factory_noun(enum factory_section section)
{
	static const char *const nouns[] = {
		[FACTORY_HANDLER] = "handler",
		[FACTORY_FILTER] = "filter",
		[FACTORY_FORMATTER] = "formatter",
	};
	_Static_assert(
		sizeof nouns / sizeof *nouns == FACTORY_SECTION_COUNT_, "a section has no noun");

	return nouns[section];
}

bool factory_named(const char *class)
{
	if (text_after(class, "cfg://") != NULL || text_after(class, "ext://") != NULL)
		return false;
	return strchr(class, '/') != NULL || class[strcspn(class, ": \t\n")] == ':';
}

bool factory_is(const struct location *location)
{
	struct location at;
	const char *text;

	if (location->value->type != VALUE_DICT || !config_find_class(location, &at))
		return false;
	text = at.value->type == VALUE_STRING ? at.value->text : NULL;
	/* Python's classes and ours may be called by "()", too. */
	if (text != NULL &&
		(text_after(text, "logging.") != NULL || text_after(text, "vigil.") != NULL))
		return false;
	return strcmp(at.key, "()") == 0 || (text != NULL && factory_named(text));
}

const char *factory_distrust(const struct stat *status)
{
	if (status->st_uid != 0 && status->st_uid != (uid_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0))
		return "belongs to another user than you and root";
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "is writable by its group or others; chmod go-w it";
	return NULL;
}

static bool refuse(struct config_reader *reader, const struct factory *factory, const char *what)
{
	config_error(reader->errors, &factory->named, "%s", what);
	return false;
}

/* Split "/opt/x.so:make" into the path and the symbol. False after an error was reported. */
static bool split(struct config_reader *reader, struct factory *factory, const char *const *classes)
{
	const char *target = config_string(reader, &factory->named), *colon;

	if (target == NULL)
		return false;
	if (target[strcspn(target, ":/ ")] ==
		'\0') { /* neither library nor symbol, but an unknown name of a class */
		config_class(reader, &factory->named, classes);
		return false;
	}
	colon = strrchr(target, ':');
	if (colon == NULL || colon == target || colon[1] == '\0' || strchr(colon, '/') != NULL) {
		config_error(reader->errors, &factory->named,
			"'%s' is no library and symbol; a name alone is not looked up, as any "
			"library of the program could have it: " WRITE_IT,
			target);
		return false;
	}
	if (target[0] != '/') {
		config_error(reader->errors, &factory->named,
			"'%s' is not absolute, and each program has another working "
			"directory: " WRITE_IT,
			target);
		return false;
	}
	factory->path = arena_strndup(reader->arena, target, (size_t)(colon - target));
	factory->symbol = colon + 1;
	factory->label = strrchr(target, '/') + 1;
	reader->no_memory |= factory->path == NULL;
	return factory->path != NULL;
}

static bool is_allowed(struct config_reader *reader, const struct factory *factory)
{
	const struct config_context *context = reader->context;

	if (!reader->settings.factories)
		return refuse(reader, factory,
			reader->errors->plain
				? "factories are not allowed; set 'factories = true' in a section "
				  "[vigil] of this file"
				: "factories are not allowed; set 'vigil: {factories: true}' in "
				  "this file");
	if (getauxval(AT_SECURE) != 0)
		return refuse(reader, factory, "a set-user-id program runs no factories");
	if (context->distrust == NULL)
		return true;
	config_error(reader->errors, &factory->named, "factories are not run: this file %s",
		context->distrust);
	return false;
}

/* What is wrong with the library at PATH, as far as can be seen without running its code; NULL:
 * nothing. */
static const char *library_fault(const char *path, char buffer[ERROR_TEXT_SIZE])
{
	static const char magic[] = {0x7F, 'E', 'L', 'F'};
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	const char *fault = NULL;
	char head[sizeof magic];
	struct stat status;
	int error;

	if (fd < 0)
		return error_text(fd, buffer);
	error = sys_fstat(fd, &status);
	if (error < 0)
		fault = error_text(error, buffer);
	else if (!S_ISREG(status.st_mode))
		fault = "is not a regular file";
	else if (sys_read(fd, head, sizeof head) != sizeof head ||
		 memcmp(head, magic, sizeof magic) != 0)
		fault = "is no shared object";
	else
		fault = factory_distrust(&status);
	sys_close(fd);
	return fault;
}

static void check_library(struct config_reader *reader, const struct factory *factory)
{
	char buffer[ERROR_TEXT_SIZE];
	const char *fault = library_fault(factory->path, buffer);

	if (fault != NULL)
		config_error(reader->errors, &factory->named, "%s: %s", factory->path, fault);
}

static void read_args(struct config_reader *reader, const struct location *location, void *target)
{
	struct factory *factory = target;

	factory->count = factory_arguments(reader, location, &factory->arguments);
}

static void read_returns(
	struct config_reader *reader, const struct location *location, void *target)
{
	const char *noun = factory_noun(((const struct factory *)target)->section);
	const char *returns = config_string(reader, location);

	if (returns != NULL && strcmp(returns, noun) != 0)
		config_error(reader->errors, location, "expected '%s', found '%s'", noun, returns);
}

static const struct key_spec typed_keys[] = {
	{.key = "args", .read = read_args},
	{.key = "returns", .read = read_returns},
	{.key = "()", .type = KEY_IGNORED},
	{.key = "class", .type = KEY_IGNORED},
	{.key = NULL},
};

static void read_pairs(struct config_reader *reader, struct factory *factory)
{
	const char *const of_handler[] = {
		factory->named.key, "level", "formatter", "filters", ".", NULL};
	const char *const of_others[] = {factory->named.key, ".", NULL};
	const struct value_item *attributes = value_dict_get(factory->location->value, ".");

	if (attributes != NULL && factory->section != FACTORY_HANDLER)
		config_error(reader->errors,
			&(struct location){factory->location, ".", 0, attributes->value},
			"what a factory makes has no attributes to be set here");
	factory->pairs = factory_pairs(reader, factory->location,
		factory->section == FACTORY_HANDLER ? of_handler : of_others);
}

bool factory_is_typed(const struct location *location)
{
	const struct value_item *args = value_dict_get(location->value, "args");

	return args != NULL && args->value->type == VALUE_LIST;
}

const struct factory *factory_read(struct config_reader *reader, const struct location *location,
	enum factory_section section, const char *const *classes)
{
	struct factory *factory = arena_alloc(reader->arena, sizeof *factory);
	size_t errors = config_error_count(reader->errors);

	if (factory == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	reader->has_factories = true;
	factory->section = section;
	factory->location = location;
	config_find_class(location, &factory->named);
	factory->typed = factory_is_typed(location);
	if (split(reader, factory, classes) && is_allowed(reader, factory))
		check_library(reader, factory);
	if (factory->typed)
		config_read(reader, location, typed_keys,
			section == FACTORY_HANDLER ? UNKNOWN_IGNORED : UNKNOWN_REFUSED, factory);
	else
		read_pairs(reader, factory);
	return reader->no_memory || config_error_count(reader->errors) > errors ? NULL : factory;
}
