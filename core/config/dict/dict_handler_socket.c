/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/names.h"
#include "core/base/log_file.h"
#include "core/config/dict/dict_handler.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_PORT 514

static void read_host(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->host = dict_string(reader, location);
	handler->host_location = *location;
}

/* null: the host is the path of a unix socket. */
static void read_port(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->has_port = true;
	if (location->value->type == VALUE_NULL)
		handler->port = -1;
	else
		dict_integer(reader, location, 0, 65535, &handler->port);
}

/* "/dev/log", or [host, port]. */
static void read_address(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;
	const struct value *value = location->value;

	handler->host_location = *location;
	if (value->type == VALUE_STRING) {
		handler->port = -1;
		handler->host = dict_string(reader, location);
		return;
	}
	if (value->type != VALUE_LIST || value->count != 2) {
		config_error(reader->errors, location,
			"expected the path of a socket or [host, port], found %s",
			value_type_name(value->type));
		return;
	}
	handler->host =
		dict_string(reader, &(struct location){location, NULL, 0, value->items->value});
	dict_integer(reader, &(struct location){location, NULL, 1, value->last->value}, 0, 65535,
		&handler->port);
}

static const char *const facilities[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr",
	"news", "uucp", "cron", "authpriv", "ftp", "ntp", "security", "console", "solaris-cron",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};

static void read_facility(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;
	int64_t number;
	const char *name;

	if (location->value->type == VALUE_INT) {
		if (dict_integer(reader, location, 0, 23, &number))
			handler->syslog.facility = (int)number;
		return;
	}
	name = dict_string(reader, location);
	for (size_t i = 0; name != NULL && i < NAMES_COUNT(facilities); i++)
		if (strcmp(facilities[i], name) == 0) {
			handler->syslog.facility = (int)i;
			return;
		}
	if (name != NULL)
		config_error(reader->errors, location,
			"unknown facility '%s'; known are: kern, user, mail, daemon, auth, syslog, "
			"lpr, news, uucp, cron, authpriv, ftp, ntp, security, console, "
			"solaris-cron, local0 to local7",
			name);
}

static void read_socktype(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;
	const struct value *value = location->value;

	if (value->type == VALUE_NULL)
		return;
	if ((value->type == VALUE_INT && value->number == SOCK_STREAM) ||
		(value->type == VALUE_STRING &&
			strcmp(value->text, "ext://socket.SOCK_STREAM") == 0))
		handler->syslog.type = SOCK_STREAM;
	else if ((value->type == VALUE_INT && value->number == SOCK_DGRAM) ||
		 (value->type == VALUE_STRING &&
			 strcmp(value->text, "ext://socket.SOCK_DGRAM") == 0))
		handler->syslog.type = SOCK_DGRAM;
	else
		config_error(reader->errors, location,
			"expected ext://socket.SOCK_DGRAM or ext://socket.SOCK_STREAM, found %s",
			value->text == NULL ? value_type_name(value->type) : value->text);
}

static void read_ident(struct dict_reader *reader, const struct location *location, void *target)
{
	struct handler_target *handler = target;

	handler->syslog.ident = dict_string(reader, location);
	if (handler->syslog.ident != NULL && strlen(handler->syslog.ident) > SYSLOG_IDENT_MOST)
		config_error(
			reader->errors, location, "expected at most %d bytes", SYSLOG_IDENT_MOST);
}

static void read_append_nul(
	struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	if (!value_truth(location->value))
		((struct handler_target *)target)->syslog.framing = SYSLOG_NONE;
}

static void read_framing(struct dict_reader *reader, const struct location *location, void *target)
{
	static const char *const names[] = {
		[SYSLOG_NUL] = "nul",
		[SYSLOG_NONE] = "none",
		[SYSLOG_LF] = "lf",
		[SYSLOG_OCTET] = "octet",
	};
	const char *name = dict_string(reader, location);

	_Static_assert(NAMES_COUNT(names) == SYSLOG_FRAMING_COUNT_, "a framing has no name");
	for (size_t i = 0; name != NULL && i < NAMES_COUNT(names); i++)
		if (strcmp(names[i], name) == 0) {
			((struct handler_target *)target)->syslog.framing = (enum syslog_framing)i;
			return;
		}
	if (name != NULL)
		config_error(reader->errors, location,
			"unknown framing '%s'; known are: nul, none, lf, octet", name);
}

/* Python sets what stands under "." as attributes of the handler; the last is vigil's own. */
static void read_attributes(
	struct dict_reader *reader, const struct location *location, void *target)
{
	static const struct key_spec keys[] = {
		{"ident", read_ident},
		{"append_nul", read_append_nul},
		{"framing", read_framing},
		{NULL, NULL},
	};

	dict_read(reader, location, keys, UNKNOWN_REFUSED, target);
}

static const struct key_spec socket_keys[] = {
	HANDLER_KEYS, {"host", read_host}, {"port", read_port}, {NULL, NULL}};

static const struct key_spec syslog_keys[] = {
	{".", read_attributes},
	HANDLER_KEYS,
	{"address", read_address},
	{"facility", read_facility},
	{"socktype", read_socktype},
	{NULL, NULL},
};

static const struct key_spec journal_keys[] = {
	HANDLER_KEYS, {"path", read_host}, {"identifier", read_ident}, {NULL, NULL}};

/* The address that HOST and PORT (-1: HOST is a path) are; the error is reported. */
static int find_address(struct dict_reader *reader, const struct location *location,
	const char *host, int64_t port, struct address *address)
{
	char absolute[PATH_MAX];
	int error;

	if (port >= 0) {
		error = address_internet(address, host, (unsigned)port);
		if (error < 0)
			config_error(reader->errors, location,
				"'%s' is no address, and /etc/hosts does not know it; name servers "
				"are not asked from inside a program",
				host);
		return error;
	}
	error = log_file_absolute(host, absolute, sizeof absolute);
	if (error == 0)
		error = address_unix(address, absolute);
	if (error < 0)
		config_error(reader->errors, location, "AF_UNIX path too long: '%s'", host);
	return error;
}

static int make_pickling(struct dict_reader *reader, const struct handler_target *target, int type,
	const char *class, struct handler **ret)
{
	struct address address;
	int error;

	if (target->host == NULL || !target->has_port)
		return dict_handler_misses(reader, target, class,
			target->host != NULL ? "1 required argument: 'port'"
			: target->has_port   ? "1 required argument: 'host'"
					     : "2 required arguments: 'host' and 'port'");
	error = find_address(reader, &target->host_location, target->host, target->port, &address);
	if (error < 0)
		return error;
	return socket_handler_new(reader->arena, &address, type, &reader->logging->clock, ret);
}

static int make_socket(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return make_pickling(reader, target, SOCK_STREAM, "SocketHandler", ret);
}

static int make_datagram(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	return make_pickling(reader, target, SOCK_DGRAM, "DatagramHandler", ret);
}

static int make_syslog(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	bool given = target->host != NULL;
	struct address address;
	int error = find_address(reader, given ? &target->host_location : target->location,
		given ? target->host : "localhost", given ? target->port : SYSLOG_PORT, &address);

	if (error < 0)
		return error;
	return syslog_handler_new(reader->arena, &address, &target->syslog, ret);
}

static int make_journal(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	bool given = target->host != NULL;
	struct address address;
	int error = find_address(reader, given ? &target->host_location : target->location,
		given ? target->host : JOURNAL_SOCKET, -1, &address);

	if (error < 0)
		return error;
	return journal_handler_new(reader->arena, &address, target->syslog.ident, ret);
}

const struct handler_kind dict_socket_handler = {
	"logging.handlers.SocketHandler", socket_keys, make_socket};

const struct handler_kind dict_datagram_handler = {
	"logging.handlers.DatagramHandler", socket_keys, make_datagram};

const struct handler_kind dict_syslog_handler = {
	"logging.handlers.SysLogHandler", syslog_keys, make_syslog};

const struct handler_kind dict_journal_handler = {
	"vigil.JournalHandler", journal_keys, make_journal};
