/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error_text.h"
#include "core/base/log_file.h"
#include "core/config/dict/dict_handler.h"

#include <errno.h>
#include <string.h>

/* More files than anybody keeps; each is renamed when the file is rotated. */
#define BACKUPS_MOST 9999

static void read_filename(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->filename = dict_string(reader, location);
	handler->filename_value = location->value;
	if (handler->filename != NULL && handler->filename[0] == '\0')
		config_error(reader->errors, location, "expected the name of a file, found ''");
}

static void read_mode(struct dict_reader *reader, const struct location *location, void *target)
{
	const char *mode = dict_string(reader, location);

	if (mode == NULL || strcmp(mode, "a") == 0)
		return;
	if (strcmp(mode, "w") == 0)
		((struct handler_target *)target)->flags |= LOG_FILE_TRUNCATE;
	else
		config_error(reader->errors, location,
			"mode '%s' is not supported; known are: 'a', 'w'", mode);
}

static void read_encoding(struct dict_reader *reader, const struct location *location, void *target)
{
	static const char *const same[] = {"utf-8", "utf8", "UTF-8", "UTF8", "utf_8"};
	const char *encoding =
		location->value->type == VALUE_NULL ? same[0] : dict_string(reader, location);

	(void)target;
	for (size_t i = 0; encoding != NULL && i < sizeof same / sizeof *same; i++)
		if (strcmp(encoding, same[i]) == 0)
			return;
	if (encoding != NULL)
		config_error(reader->errors, location,
			"encoding '%s' is not supported: records are written as 'utf-8'", encoding);
}

static void read_delay(struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	if (value_truth(location->value))
		((struct handler_target *)target)->flags |= LOG_FILE_DELAY;
}

static void read_max_bytes(
	struct dict_reader *reader, const struct location *location, void *target)
{
	dict_integer(reader, location, INT64_MIN, INT64_MAX,
		&((struct handler_target *)target)->max_bytes);
}

static void read_backup_count(
	struct dict_reader *reader, const struct location *location, void *target)
{
	dict_integer(reader, location, INT64_MIN, BACKUPS_MOST,
		&((struct handler_target *)target)->backup_count);
}

static void read_when(struct dict_reader *reader, const struct location *location, void *target)
{
	const char *when = dict_string(reader, location);

	if (when != NULL)
		((struct handler_target *)target)->schedule.when = when;
}

static void read_interval(struct dict_reader *reader, const struct location *location, void *target)
{
	/* As many as keep the arithmetic sound. */
	dict_integer(reader, location, 1, 1000000000,
		&((struct handler_target *)target)->schedule.interval);
}

static void read_utc(struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	((struct handler_target *)target)->schedule.utc = value_truth(location->value);
}

/* "HH:MM" or "HH:MM:SS" in seconds; -1: none. Without quotes YAML takes it for a number, but keeps
 * what was written. */
static int32_t seconds_of_day(const char *text)
{
	int part[3] = {0}, count = 0;

	while (count < 3 && *text >= '0' && *text <= '9') {
		part[count] = *text++ - '0';
		if (*text >= '0' && *text <= '9')
			part[count] = part[count] * 10 + *text++ - '0';
		count++;
		if (*text != ':')
			break;
		text++;
	}
	if (*text != '\0' || count < 2 || part[0] > 23 || part[1] > 59 || part[2] > 59)
		return -1;
	return part[0] * 3600 + part[1] * 60 + part[2];
}

static void read_at_time(struct dict_reader *reader, const struct location *location, void *target)
{
	const struct value *value = location->value;
	int32_t seconds = value->text == NULL ? -1 : seconds_of_day(value->text);

	if (value->type == VALUE_NULL)
		return;
	if (seconds >= 0)
		((struct handler_target *)target)->schedule.at_time = seconds;
	else
		config_error(reader->errors, location,
			"expected a time of day as '23:59:59', found %s",
			value->text == NULL ? value_type_name(value->type) : value->text);
}

#define FILE_KEYS                                                               \
	HANDLER_KEYS, {"filename", read_filename}, {"encoding", read_encoding}, \
	{                                                                       \
		"delay", read_delay                                             \
	}

static const struct key_spec file_keys[] = {FILE_KEYS, {"mode", read_mode}, {NULL, NULL}};

static const struct key_spec rotating_keys[] = {
	FILE_KEYS,
	{"mode", read_mode},
	{"maxBytes", read_max_bytes},
	{"backupCount", read_backup_count},
	{NULL, NULL},
};

static const struct key_spec timed_keys[] = {
	FILE_KEYS,
	{"when", read_when},
	{"interval", read_interval},
	{"backupCount", read_backup_count},
	{"utc", read_utc},
	{"atTime", read_at_time},
	{NULL, NULL},
};

static const struct key_spec run_file_keys[] = {
	HANDLER_KEYS,
	{"filename", read_filename},
	{"delay", read_delay},
	{NULL, NULL},
};

/* In Python's form: "[Errno 2] No such file or directory: '/nonexistent/x.log'". */
static void warn_of_file_error(
	struct dict_reader *reader, const struct handler_target *target, int error)
{
	struct location location = {target->location, "filename", 0, target->filename_value};
	char buffer[ERROR_TEXT_SIZE];

	if (target->filename == NULL)
		location = *target->location;
	config_error(reader->errors, &location, "[Errno %d] %s: '%s'%s", -error,
		error_text(error, buffer),
		target->filename == NULL ? "{hostname}.jsonl" : target->filename,
		error == -ELOOP ? "; symbolic links are not followed" : "");
}

/* The last part of "logging.handlers.RotatingFileHandler", as Python's errors name it. */
static const char *short_name(const struct handler_target *target)
{
	return strrchr(target->kind->class, '.') + 1;
}

/* What the making of a handler with a file came to; the error is reported. */
static int made(struct dict_reader *reader, const struct handler_target *target, int error)
{
	if (error < 0 && error != -ENOMEM)
		warn_of_file_error(reader, target, error);
	return error;
}

static int misses_filename(struct dict_reader *reader, const struct handler_target *target)
{
	return dict_handler_misses(
		reader, target, short_name(target), "1 required argument: 'filename'");
}

static int make_file(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	if (target->filename == NULL)
		return misses_filename(reader, target);
	return made(reader, target,
		file_handler_new(reader->arena, target->filename, target->flags, ret));
}

static int make_watched(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	if (target->filename == NULL)
		return misses_filename(reader, target);
	return made(reader, target,
		watched_file_handler_new(reader->arena, target->filename, target->flags, ret));
}

static int make_rotating(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	if (target->filename == NULL)
		return misses_filename(reader, target);
	return made(reader, target,
		rotating_file_handler_new(reader->arena, target->filename, target->flags,
			target->max_bytes, target->backup_count, ret));
}

static int make_timed(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct schedule_options options = target->schedule;
	char why[128];
	struct text error;
	int result;

	if (target->filename == NULL)
		return misses_filename(reader, target);
	text_init(&error, why, sizeof why);
	options.zone = reader->context->zone;
	result = timed_rotating_file_handler_new(reader->arena, target->filename, target->flags,
		&options, target->backup_count, &error, ret);
	if (error.length == 0)
		return made(reader, target, result);
	config_error(reader->errors, target->location, "%s", why);
	return result;
}

static int make_run_file(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	int error = run_file_handler_new(
		reader->arena, target->filename, &reader->context->run, target->flags, ret);

	if (error == -EBADMSG)
		config_error(reader->errors,
			&(struct location){target->location, "filename", 0, target->filename_value},
			"unknown field in '%s'; known are: {hostname} {rank} {local_rank} {pid} "
			"{run_id} {program}",
			target->filename);
	else
		made(reader, target, error);
	return error;
}

const struct handler_kind dict_file_handler = {"logging.FileHandler", file_keys, make_file};

const struct handler_kind dict_watched_file_handler = {
	"logging.handlers.WatchedFileHandler", file_keys, make_watched};

const struct handler_kind dict_rotating_file_handler = {
	"logging.handlers.RotatingFileHandler", rotating_keys, make_rotating};

const struct handler_kind dict_timed_file_handler = {
	"logging.handlers.TimedRotatingFileHandler", timed_keys, make_timed};

const struct handler_kind dict_run_file_handler = {
	"vigil.RunFileHandler", run_file_keys, make_run_file};
