/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of `vigil emit --script`. */
#include "core/cli/emit/emit_common.h"

#include "core/base/python_text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The member KEY of OPERATION; NULL after Python's "KeyError: 'msg'" where it is missing. */
static const struct json *required(struct emit *emit, const struct json *operation, const char *key)
{
	const struct json *value = json_in_member(operation, key);

	if (value == NULL)
		emit_fail(emit, "KeyError: '%s'", key);
	return value;
}

/* getLogger(VALUE); NULL after emit_fail(). */
static struct logger *get_logger(struct emit *emit, const struct json *value)
{
	const char *name = json_in_string(value);
	struct logger *logger;

	if (name == NULL && json_in_truth(value))
		return emit_fail(emit, "TypeError: A logger name must be a string"), NULL;
	logger = logging_get(emit->logging, name);
	if (logger == NULL)
		emit_fail(emit, "MemoryError: ");
	return logger;
}

static bool unknown_level(struct emit *emit, const char *name)
{
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	python_repr(&text, name);
	return emit_fail(emit, "ValueError: Unknown level: %s", buffer);
}

/* Python's _checkLevel(). */
static bool check_level(struct emit *emit, const struct json *value, int *ret)
{
	const char *name = json_in_string(value);
	char buffer[512];
	struct text text;
	int64_t number;

	if (name != NULL)
		return level_parse(name, ret) == 0 || unknown_level(emit, name);
	text_init(&text, buffer, sizeof buffer);
	json_in_str(&text, value);
	if (!json_in_int(value, &number))
		return emit_fail(
			emit, "TypeError: Level not an integer or a valid string: %s", buffer);
	if (number < INT_MIN || number > INT_MAX)
		return emit_fail(emit, "OverflowError: level %s is beyond 32 bits", buffer);
	*ret = (int)number;
	return true;
}

static bool do_log(struct emit *emit, const struct json *operation)
{
	const struct json *level_value = required(emit, operation, "level");
	const struct json *msg = level_value == NULL ? NULL : required(emit, operation, "msg");
	const struct json *extra = json_in_member(operation, "extra");
	struct logger *logger;
	int64_t number;
	int level = 0;

	if (msg == NULL)
		return false;
	logger = get_logger(emit, json_in_member(operation, "logger"));
	if (logger == NULL)
		return false;
	if (json_in_string(level_value) == NULL && !json_in_int(level_value, &number))
		return emit_fail(emit, "TypeError: level must be an integer");
	if (!check_level(emit, level_value, &level))
		return false;
	if (extra != NULL && !json_is(extra, JSON_OBJECT) && !json_is(extra, JSON_NULL))
		return emit_fail(emit, "TypeError: extra must be an object, not %s",
			json_in_type_name(extra));
	return emit_log(emit, logger, level, msg, extra);
}

static bool do_handle(struct emit *emit, const struct json *operation)
{
	const struct json *record = required(emit, operation, "record");
	struct logger *logger;

	if (record == NULL)
		return false;
	if (!json_is(record, JSON_OBJECT))
		return emit_fail(emit, "TypeError: record must be an object, not %s",
			json_in_type_name(record));
	logger = get_logger(emit, json_in_member(record, "name"));
	return logger != NULL && emit_handle(emit, logger, record);
}

static bool do_get(struct emit *emit, const struct json *operation)
{
	return get_logger(emit, json_in_member(operation, "logger")) != NULL;
}

static bool do_set(struct emit *emit, const struct json *operation)
{
	struct logger *logger = get_logger(emit, json_in_member(operation, "logger"));
	const struct json *value = json_in_member(operation, "level");
	int level = 0;

	if (logger == NULL)
		return false;
	if (value != NULL) {
		if (!check_level(emit, value, &level))
			return false;
		logger_set_level(logger, level);
	}
	value = json_in_member(operation, "propagate");
	if (value != NULL)
		logger_set_propagate(logger, json_in_truth(value));
	value = json_in_member(operation, "disabled");
	if (value != NULL)
		logger_set_disabled(logger, json_in_truth(value));
	return true;
}

static bool do_disable(struct emit *emit, const struct json *operation)
{
	const struct json *value = json_in_member(operation, "level");
	int level = LEVEL_CRITICAL;

	if (value != NULL && !check_level(emit, value, &level))
		return false;
	logging_disable(emit->logging, level);
	return true;
}

static bool do_add_level_name(struct emit *emit, const struct json *operation)
{
	const struct json *level = required(emit, operation, "level");
	const struct json *name = level == NULL ? NULL : required(emit, operation, "name");
	int64_t number;

	if (name == NULL)
		return false;
	if (!json_in_int(level, &number) || number < INT_MIN || number > INT_MAX)
		return emit_fail(emit, "TypeError: level must be an integer");
	if (json_in_string(name) == NULL)
		return emit_fail(emit, "TypeError: name must be a string");
	return level_add(&emit->arena, (int)number, json_in_string(name)) == 0 ||
	       emit_fail(emit, "MemoryError: ");
}

static bool do_config(struct emit *emit, const struct json *operation)
{
	const struct json *path = required(emit, operation, "path");
	struct config_errors errors = {0};
	int error;

	if (path == NULL)
		return false;
	if (json_in_string(path) == NULL)
		return emit_fail(emit, "TypeError: path must be a string");
	error = config_load(&emit->arena, arena_strdup(&emit->arena, json_in_string(path)),
		&emit->context, &emit->logging, &errors);
	if (error == 0)
		return true;
	return emit_fail(emit, "%s", errors.python == NULL ? "MemoryError: " : errors.python);
}

static void print_logger(const struct logger *logger)
{
	const struct logger_setup *setup = logger_setup(logger);
	const struct logger *parent = logger->parent;

	printf("%s\t%s\t%d\t%d\t%d\t", logger->name, parent == NULL ? "" : parent->name,
		logger_effective_level(logger), setup->disabled, setup->propagate);
	for (size_t i = 0; i < setup->handlers->count; i++) {
		const char *name = setup->handlers->items[i]->class->name;
		const char *dot = strrchr(name, '.');

		printf("%s%s", i == 0 ? "" : ",", dot == NULL ? name : dot + 1);
	}
	putchar('\n');
}

static int by_name(const void *one, const void *other)
{
	return strcmp((*(const struct logger *const *)one)->name,
		(*(const struct logger *const *)other)->name);
}

static bool do_tree(struct emit *emit, const struct json *operation)
{
	const struct logger **all;
	size_t count = 0;

	(void)operation;
	for (const struct logger *at = emit->logging->loggers; at != NULL; at = at->next)
		count++;
	all = malloc((count + 1) * sizeof *all);
	if (all == NULL)
		return emit_fail(emit, "MemoryError: ");
	count = 0;
	for (const struct logger *at = emit->logging->loggers; at != NULL; at = at->next)
		all[count++] = at;
	qsort(all, count, sizeof *all, by_name);
	print_logger(&emit->logging->root);
	for (size_t i = 0; i < count; i++)
		print_logger(all[i]);
	free(all);
	/* Flushed at once, since handlers write to the descriptor directly. */
	return fflush(stdout) == 0 ||
	       emit_fail(emit, "OSError: [Errno %d] %s", errno, strerror(errno));
}

static const struct {
	const char *name;
	bool (*run)(struct emit *emit, const struct json *operation);
} operations[] = {
	{"log", do_log},
	{"handle", do_handle},
	{"get", do_get},
	{"set", do_set},
	{"disable", do_disable},
	{"addLevelName", do_add_level_name},
	{"config", do_config},
	{"tree", do_tree},
};

static void run_operation(struct emit *emit, const struct json *operation, size_t number)
{
	const char *name = json_in_string(json_in_member(operation, "op"));

	for (size_t i = 0; name != NULL && i < sizeof operations / sizeof *operations; i++)
		if (strcmp(operations[i].name, name) == 0) {
			operations[i].run(emit, operation);
			return;
		}
	emit_fail(emit,
		"ValueError: line %zu: unknown operation '%s'; known are: log, handle, get, set, "
		"disable, addLevelName, config, tree",
		number, name == NULL ? "" : name);
}

static void run_line(struct emit *emit, const char *line, size_t number)
{
	const char *why;
	struct json *json;

	if (line[strspn(line, " \t\r\n")] == '\0')
		return;
	json = json_in_parse(line, &why);
	if (json == NULL)
		emit_fail(emit, "ValueError: line %zu: %s", number, why);
	else if (!json_is(json, JSON_OBJECT))
		emit_fail(emit, "ValueError: line %zu: expected an object", number);
	else
		run_operation(emit, json, number);
	free(json);
}

int emit_script(struct emit *emit, const char *file)
{
	FILE *stream = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	size_t size = 0, number = 0;
	char *line = NULL;
	int error = 0;

	if (stream == NULL)
		return -errno;
	for (;;) {
		ssize_t length = getline(&line, &size, stream);

		if (length < 0) {
			error = ferror(stream) ? -errno : 0;
			break;
		}
		number++;
		if (strlen(line) != (size_t)length)
			emit_fail(
				emit, "ValueError: line %zu: a NUL byte is not supported", number);
		else
			run_line(emit, line, number);
	}
	free(line);
	if (stream != stdin)
		fclose(stream);
	return error;
}
