/* SPDX-License-Identifier: Apache-2.0 */
/* The classes of handlers that a configuration may name, and the constructor of each. */
#include "core/config/dict/dict_handler.h"

#include "core/base/address.h"
#include "core/base/error_text.h"
#include "core/base/log_file.h"

#include <errno.h>
#include <string.h>

/* The capacity where Python's queue is unbounded. */
#define QUEUE_CAPACITY 10000

static int make_null(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	(void)target;
	return null_handler_new(reader->arena, ret);
}

static int make_stream(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return stream_handler_new(reader->arena, target->fd, ret);
}

/* Report ERROR, the result of opening a handler's file, in Python's form: "[Errno 2] No such file
 * or directory: '/nonexistent/x.log'". Returns ERROR. */
static int opened(struct config_reader *reader, const struct handler_target *target, int error)
{
	bool named = target->filename != NULL;
	char buffer[ERROR_TEXT_SIZE];

	if (error < 0 && error != -ENOMEM)
		config_error(reader->errors, named ? &target->filename_location : target->location,
			"[Errno %d] %s: '%s'%s", -error, error_text(error, buffer),
			named ? target->filename : "{hostname}.jsonl",
			error == -ELOOP ? "; symbolic links are not followed" : "");
	return error;
}

static int make_file(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return opened(reader, target,
		file_handler_new(reader->arena, target->filename, target->flags, ret));
}

static int make_watched(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return opened(reader, target,
		file_handler_new(
			reader->arena, target->filename, target->flags | LOG_FILE_WATCH, ret));
}

static int make_rotating(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return opened(reader, target,
		rotating_file_handler_new(reader->arena, target->filename, target->flags,
			target->max_bytes, target->backup_count, ret));
}

static int make_timed(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct schedule_options options = target->schedule;
	char why[128];
	struct text error;
	int result;

	text_init(&error, why, sizeof why);
	options.zone = reader->context->zone;
	result = timed_rotating_file_handler_new(reader->arena, target->filename, target->flags,
		&options, target->backup_count, &error, ret);
	if (error.length == 0)
		return opened(reader, target, result);
	config_error(reader->errors, target->location, "%s", why);
	return result;
}

static int make_run_file(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	int error = run_file_handler_new(
		reader->arena, target->filename, &reader->context->run, target->flags, ret);

	if (error != -EBADMSG)
		return opened(reader, target, error);
	config_error(reader->errors, &target->filename_location,
		"unknown field in '%s'; known are: {hostname} {rank} {local_rank} {pid} {run_id} "
		"{program}",
		target->filename);
	return error;
}

/* Make the address that TARGET gives, or that of HOST and PORT where it gives none; port -1: the
 * host is the path of a unix socket. Returns 0, or -errno after an error was reported. */
static int find_address(struct config_reader *reader, const struct handler_target *target,
	const char *host, int64_t port, struct address *ret_address)
{
	const struct location *location = target->location;
	int error;

	if (target->host != NULL) {
		location = &target->host_location;
		host = target->host;
		port = target->port;
	}
	error = port < 0 ? address_unix(ret_address, host)
			 : address_internet(ret_address, host, (unsigned)port);
	if (error < 0)
		config_error(reader->errors, location,
			port < 0 ? "AF_UNIX path too long: '%s'"
				 : "'%s' is no address, and /etc/hosts does not know it; name "
				   "servers are not asked from inside a program",
			host);
	return error;
}

static int make_sender(struct config_reader *reader, const struct handler_target *target, int type,
	struct handler **ret)
{
	struct address address;
	int error = find_address(reader, target, NULL, -1, &address);

	if (error < 0)
		return error;
	return socket_handler_new(
		reader->arena, &address, type, &reader->sections->logging->clock, ret);
}

static int make_socket(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return make_sender(reader, target, SOCK_STREAM, ret);
}

static int make_datagram(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return make_sender(reader, target, SOCK_DGRAM, ret);
}

static int make_syslog(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct address address;
	int error = find_address(reader, target, "localhost", SYSLOG_PORT, &address);

	return error < 0 ? error
			 : syslog_handler_new(reader->arena, &address, &target->syslog, ret);
}

static int make_journal(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct address address;
	int error = find_address(reader, target, JOURNAL_SOCKET, -1, &address);

	return error < 0 ? error
			 : journal_handler_new(reader->arena, &address, target->syslog.ident, ret);
}

static int make_memory(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	const struct memory_options options = {
		.capacity = target->capacity,
		.flush_level = target->flush_level,
		.no_flush_on_close = !target->flush_on_close,
		.logging = reader->sections->logging,
	};
	int error = memory_handler_new(reader->arena, &options, target->target, ret);

	if (error == 0 && target->late_target.value != NULL &&
		target->late_target.value->type != VALUE_NULL)
		dict_set_target_later(reader, *ret, &target->late_target);
	return error;
}

static int make_queue(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct queue_options options = target->queue;

	if (options.handlers.count == 0) {
		config_error(reader->errors, target->location,
			"a QueueHandler needs 'handlers', a list: its listener's");
		return -EINVAL;
	}
	options.capacity = target->capacity == 0 ? QUEUE_CAPACITY : target->capacity;
	options.logging = reader->sections->logging;
	return queue_handler_new(reader->arena, &options, ret);
}

const struct dict_class dict_handler_classes[] = {
	{"logging.StreamHandler", make_stream, {&arg_stream}, .has_lines = true},
	{"logging.FileHandler", make_file,
		{&arg_filename, &arg_mode, &arg_encoding, &arg_delay, &arg_errors}, .required = 1,
		.has_lines = true},
	{"logging.NullHandler", make_null, .parameters = {&arg_level}},
	{"logging.handlers.WatchedFileHandler", make_watched,
		{&arg_filename, &arg_mode, &arg_encoding, &arg_delay, &arg_errors}, .required = 1,
		.has_lines = true},
	{"logging.handlers.RotatingFileHandler", make_rotating,
		{&arg_filename, &arg_mode, &arg_max_bytes, &arg_backup_count, &arg_encoding,
			&arg_delay, &arg_errors},
		.required = 1, .has_lines = true},
	{"logging.handlers.TimedRotatingFileHandler", make_timed,
		{&arg_filename, &arg_when, &arg_interval, &arg_backup_count, &arg_encoding,
			&arg_delay, &arg_utc, &arg_at_time, &arg_errors},
		.required = 1, .has_lines = true},
	{"logging.handlers.MemoryHandler", make_memory,
		{&arg_capacity, &arg_flush_level, &arg_target, &arg_flush_on_close}, .required = 1,
		.refers = "target"},
	{"logging.handlers.QueueHandler", make_queue, {&arg_queue},
		.keywords = {&arg_listener, &arg_handlers, &arg_respect_level, &arg_queue_capacity,
			&arg_policy},
		.refers = "handlers"},
	{"logging.handlers.SocketHandler", make_socket, {&arg_host, &arg_port}, .required = 2},
	{"logging.handlers.DatagramHandler", make_datagram, {&arg_host, &arg_port}, .required = 2},
	{"logging.handlers.SysLogHandler", make_syslog,
		{&arg_address, &arg_facility, &arg_socktype, &arg_timeout},
		.attributes = dict_syslog_attributes},
	{"vigil.RunFileHandler", make_run_file, {&arg_filename}, .keywords = {&arg_delay},
		.has_lines = true},
	{"vigil.JournalHandler", make_journal, .keywords = {&arg_path, &arg_identifier}},
	{.name = NULL},
};

const struct dict_class *dict_handler_class(const char *name)
{
	const struct dict_class *row = dict_handler_classes;

	while (row->name != NULL && strcmp(row->name, name) != 0)
		row++;
	return row->name == NULL ? NULL : row;
}
