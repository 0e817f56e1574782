/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of the classes of handlers: what each may be, and where it is stored. */
#include "core/config/dict/dict_handler.h"

#include "core/base/log_file.h"
#include "core/base/number.h"
#include "core/base/python_text.h"
#include "core/logging/list.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most backups: each is renamed when the file is rotated. */
#define BACKUPS_MOST 9999

#define QUEUE_CAPACITY_MOST 1000000000

/* The longest interval of a rotation; a longer one could overflow the arithmetic on times. */
#define INTERVAL_MOST 1000000000

#define AT(member) offsetof(struct handler_target, member)

/* An argument that is read by a function. */
#define ARGUMENT(symbol, name, function) \
	const struct key_spec arg_##symbol = {.key = name, .read = function}

/* A parameter of Python's constructor that vigil does not have. fileConfig passes an argument in
 * its position on under this name, which is then refused as unknown. */
#define UNKNOWN_PARAMETER(symbol, name) \
	const struct key_spec arg_##symbol = {.key = name, .unlisted = true}

#define INTEGER(symbol, name, member, first, last)         \
	const struct key_spec arg_##symbol = {.key = name, \
		.type = KEY_INTEGER,                       \
		.offset = AT(member),                      \
		.least = first,                            \
		.most = last}

#define TYPED(symbol, name, kind, member) \
	const struct key_spec arg_##symbol = {.key = name, .type = kind, .offset = AT(member)}

/* What an error shows of VALUE: its text, or the type of a list or a dict. */
static const char *text_or_type(const struct value *value)
{
	return value->text == NULL ? value_type_name(value->type) : value->text;
}

/* Whether VALUE is one of the strings NAMES, ended by NULL. */
static bool is_name(const struct value *value, const char *const *names)
{
	return value->type == VALUE_STRING && config_index(names, value->text) >= 0;
}

static void read_stream(struct config_reader *reader, const struct location *location, void *target)
{
	static const char *const out[] = {"ext://sys.stdout", "ext://sys.__stdout__", NULL};
	static const char *const err[] = {"ext://sys.stderr", "ext://sys.__stderr__", NULL};
	struct handler_target *handler = target;

	if (is_name(location->value, out))
		handler->fd = STDOUT_FILENO;
	else if (is_name(location->value, err))
		handler->fd = STDERR_FILENO;
	else if (location->value->type != VALUE_NULL)
		config_error(reader->errors, location,
			"Cannot resolve '%s'; known are: ext://sys.stdout, ext://sys.stderr",
			text_or_type(location->value));
}

ARGUMENT(stream, "stream", read_stream);

static void read_filename(
	struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->filename = config_string(reader, location);
	handler->filename_location = *location;
	if (handler->filename != NULL && handler->filename[0] == '\0')
		config_error(reader->errors, location, "expected the name of a file, found ''");
}

ARGUMENT(filename, "filename", read_filename);

static void read_mode(struct config_reader *reader, const struct location *location, void *target)
{
	const char *mode = config_string(reader, location);

	if (mode == NULL || strcmp(mode, "a") == 0)
		return;
	if (strcmp(mode, "w") == 0)
		((struct handler_target *)target)->flags |= LOG_FILE_TRUNCATE;
	else
		config_error(reader->errors, location,
			"mode '%s' is not supported; known are: 'a', 'w'", mode);
}

ARGUMENT(mode, "mode", read_mode);

static void read_encoding(
	struct config_reader *reader, const struct location *location, void *target)
{
	static const char *const same[] = {"utf-8", "utf8", "UTF-8", "UTF8", "utf_8", NULL};
	const char *encoding;

	(void)target;
	if (location->value->type == VALUE_NULL || is_name(location->value, same))
		return;
	encoding = config_string(reader, location);
	if (encoding != NULL)
		config_error(reader->errors, location,
			"encoding '%s' is not supported: records are written as 'utf-8'", encoding);
}

ARGUMENT(encoding, "encoding", read_encoding);
UNKNOWN_PARAMETER(errors, "errors");

static void read_delay(struct config_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	if (value_truth(location->value))
		((struct handler_target *)target)->flags |= LOG_FILE_DELAY;
}

ARGUMENT(delay, "delay", read_delay);

INTEGER(max_bytes, "maxBytes", max_bytes, INT64_MIN, INT64_MAX);
INTEGER(backup_count, "backupCount", backup_count, INT64_MIN, BACKUPS_MOST);
TYPED(when, "when", KEY_STRING, schedule.when);
INTEGER(interval, "interval", schedule.interval, 1, INTERVAL_MOST);
TYPED(utc, "utc", KEY_TRUTH, schedule.utc);

/* The seconds of TEXT, "HH:MM" or "HH:MM:SS"; -1: TEXT is no time of day. */
static int32_t seconds_of_day(const char *text)
{
	int32_t part[3] = {0};
	int count = 0;

	while (count < 3 && is_digit(*text)) {
		part[count++] = number_take(&text, 2);
		if (*text != ':')
			break;
		text++;
	}
	if (*text != '\0' || count < 2 || part[0] > 23 || part[1] > 59 || part[2] > 59)
		return -1;
	return part[0] * 3600 + part[1] * 60 + part[2];
}

/* YAML reads a time without quotes as a number in base 60, and keeps its text as written. */
static void read_at_time(
	struct config_reader *reader, const struct location *location, void *target)
{
	const struct value *value = location->value;
	int32_t seconds = value->text == NULL ? -1 : seconds_of_day(value->text);

	if (value->type == VALUE_NULL)
		return;
	if (seconds >= 0)
		((struct handler_target *)target)->schedule.at_time = seconds;
	else
		config_error(reader->errors, location,
			"expected a time of day as '23:59:59', found %s", text_or_type(value));
}

ARGUMENT(at_time, "atTime", read_at_time);

INTEGER(capacity, "capacity", capacity, INT64_MIN, INT64_MAX);
TYPED(flush_level, "flushLevel", KEY_LEVEL, flush_level);
TYPED(flush_on_close, "flushOnClose", KEY_TRUTH, flush_on_close);

/* In fileConfig, the target may be None or a handler that is defined later. */
static void read_target(struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;
	const char *name;

	if (reader->errors->plain) {
		handler->late_target = *location;
		return;
	}
	name = config_string(reader, location);
	if (name != NULL)
		handler->target =
			dict_other_handler(reader, location, name, "Unable to set target handler");
}

ARGUMENT(target, "target", read_target);

INTEGER(queue_capacity, "capacity", capacity, 1, QUEUE_CAPACITY_MOST);

/* Whether VALUE names one of NAMES, or is a dict that calls it: {"()": NAME, …}. */
static bool is_called(const struct value *value, const char *const *names)
{
	const struct value_item *factory =
		value->type == VALUE_DICT ? value_dict_get(value, "()") : NULL;

	return is_name(factory == NULL ? value : factory->value, names);
}

static void refuse_specifier(
	struct config_reader *reader, const struct location *location, const char *what)
{
	const struct value *value = location->value;
	char buffer[256];

	config_error(reader->errors, location, "Invalid %s specifier %s", what,
		value->text == NULL ? value_type_name(value->type)
				    : python_quote(value->text, buffer, sizeof buffer));
}

/* Each of Python's queues becomes a queue of vigil's with the same capacity. */
static void read_queue(struct config_reader *reader, const struct location *location, void *target)
{
	static const char *const queues[] = {"queue.Queue", "queue.SimpleQueue", NULL};
	int64_t *capacity = &((struct handler_target *)target)->capacity;
	const struct value_item *size = NULL;

	if (location->value->type == VALUE_INT) {
		config_integer(reader, location, 1, QUEUE_CAPACITY_MOST, capacity);
		return;
	}
	if (!is_called(location->value, queues)) {
		refuse_specifier(reader, location, "queue");
		return;
	}
	if (location->value->type == VALUE_DICT)
		size = value_dict_get(location->value, "maxsize");
	if (size != NULL && value_truth(size->value))
		config_integer(reader, &(struct location){location, size->key, 0, size->value}, 1,
			QUEUE_CAPACITY_MOST, capacity);
}

ARGUMENT(queue, "queue", read_queue);

static void read_listener(
	struct config_reader *reader, const struct location *location, void *target)
{
	static const char *const listeners[] = {"logging.handlers.QueueListener", NULL};

	(void)target;
	if (!is_called(location->value, listeners))
		refuse_specifier(reader, location, "listener");
}

ARGUMENT(listener, "listener", read_listener);

static void add_handler(struct config_reader *reader, const struct location *location,
	const char *name, void *target)
{
	struct handler_list *list = &((struct handler_target *)target)->queue.handlers;
	struct handler *handler =
		dict_other_handler(reader, location, name, "Unable to set required handler");

	if (handler != NULL && LIST_ADD(reader->arena, list, handler) < 0)
		reader->no_memory = true;
}

static void read_handlers(
	struct config_reader *reader, const struct location *location, void *target)
{
	config_names(reader, location, add_handler, target);
}

ARGUMENT(handlers, "handlers", read_handlers);
TYPED(respect_level, "respect_handler_level", KEY_TRUTH, queue.respect_handler_level);

static void read_policy(struct config_reader *reader, const struct location *location, void *target)
{
	int policy = config_named(reader, location, "policy", queue_policy_names, NULL);

	if (policy >= 0)
		((struct handler_target *)target)->queue.policy = (enum queue_policy)policy;
}

ARGUMENT(policy, "policy", read_policy);

static void read_host(struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->host = config_string(reader, location);
	handler->host_location = *location;
}

ARGUMENT(host, "host", read_host);

/* The path of a unix socket. */
static void read_path(struct config_reader *reader, const struct location *location, void *target)
{
	((struct handler_target *)target)->port = -1;
	read_host(reader, location, target);
}

ARGUMENT(path, "path", read_path);

/* With port null, the host is the path of a unix socket. */
static void read_port(struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	if (location->value->type == VALUE_NULL)
		handler->port = -1;
	else
		config_integer(reader, location, 0, 65535, &handler->port);
}

ARGUMENT(port, "port", read_port);

/* "/dev/log", or [host, port]. */
static void read_address(
	struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;
	const struct value *value = location->value;

	if (value->type == VALUE_STRING) {
		read_path(reader, location, target);
		return;
	}
	if (value->type != VALUE_LIST || value->count != 2) {
		config_error(reader->errors, location,
			"expected the path of a socket or [host, port], found %s",
			value_type_name(value->type));
		return;
	}
	handler->host_location = *location;
	handler->host =
		config_string(reader, &(struct location){location, NULL, 0, value->items->value});
	config_integer(reader, &(struct location){location, NULL, 1, value->last->value}, 0, 65535,
		&handler->port);
}

ARGUMENT(address, "address", read_address);

static void read_facility(
	struct config_reader *reader, const struct location *location, void *target)
{
	static const char *const facilities[] = {"kern", "user", "mail", "daemon", "auth", "syslog",
		"lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "security", "console",
		"solaris-cron", "local0", "local1", "local2", "local3", "local4", "local5",
		"local6", "local7", NULL};
	int64_t facility = -1;

	if (location->value->type == VALUE_INT)
		config_integer(reader, location, 0, 23, &facility);
	else
		facility = config_named(reader, location, "facility", facilities,
			"kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, "
			"ftp, ntp, security, console, solaris-cron, local0 to local7");
	if (facility >= 0)
		((struct handler_target *)target)->syslog.facility = (int)facility;
}

ARGUMENT(facility, "facility", read_facility);
UNKNOWN_PARAMETER(timeout, "timeout");

/* Whether VALUE is the socket type NUMBER, or the string NAME. */
static bool is_type(const struct value *value, int number, const char *name)
{
	return (value->type == VALUE_INT && value->number == number) ||
	       is_name(value, (const char *const[]){name, NULL});
}

static void read_socktype(
	struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;
	const struct value *value = location->value;

	if (is_type(value, SOCK_STREAM, "ext://socket.SOCK_STREAM"))
		handler->syslog.type = SOCK_STREAM;
	else if (is_type(value, SOCK_DGRAM, "ext://socket.SOCK_DGRAM"))
		handler->syslog.type = SOCK_DGRAM;
	else if (value->type != VALUE_NULL)
		config_error(reader->errors, location,
			"expected ext://socket.SOCK_DGRAM or ext://socket.SOCK_STREAM, found %s",
			text_or_type(value));
}

ARGUMENT(socktype, "socktype", read_socktype);

static void read_ident(struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->syslog.ident = config_string(reader, location);
	if (handler->syslog.ident != NULL && strlen(handler->syslog.ident) > SYSLOG_IDENT_MOST)
		config_error(
			reader->errors, location, "expected at most %d bytes", SYSLOG_IDENT_MOST);
}

ARGUMENT(identifier, "identifier", read_ident);

/* A parameter of NullHandler, and a key of every handler. */
UNKNOWN_PARAMETER(level, "level");

static void read_append_nul(
	struct config_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	if (!value_truth(location->value))
		((struct handler_target *)target)->syslog.framing = SYSLOG_NONE;
}

static void read_framing(
	struct config_reader *reader, const struct location *location, void *target)
{
	static const char *const names[SYSLOG_FRAMING_COUNT_ + 1] = {
		[SYSLOG_NUL] = "nul",
		[SYSLOG_NONE] = "none",
		[SYSLOG_LF] = "lf",
		[SYSLOG_OCTET] = "octet",
	};
	int framing = config_named(reader, location, "framing", names, NULL);

	if (framing >= 0)
		((struct handler_target *)target)->syslog.framing = (enum syslog_framing)framing;
}

const struct key_spec dict_syslog_attributes[] = {
	{.key = "ident", .read = read_ident},
	{.key = "append_nul", .read = read_append_nul},
	{.key = "framing", .read = read_framing},
	{.key = "terminator", .type = KEY_STRING, .offset = AT(terminator), .unlisted = true},
	{.key = NULL},
};
