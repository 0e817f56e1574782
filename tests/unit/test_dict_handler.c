/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_handler.h"

#include "tests/unit/config_world.h"

#include <stdlib.h>
#include <unistd.h>

static void classes_and_keys(void **state)
{
	(void)state;
	assert_refused("handlers: {h: {class: logging.FileHandlr}}",
		"f:2:23: handlers.h.class: Cannot resolve 'logging.FileHandlr'; known are: "
		"logging.StreamHandler, "
		"logging.FileHandler, logging.NullHandler, "
		"logging.handlers.WatchedFileHandler, logging.handlers.RotatingFileHandler, "
		"logging.handlers.TimedRotatingFileHandler, logging.handlers.MemoryHandler, "
		"logging.handlers.QueueHandler, logging.handlers.SocketHandler, "
		"logging.handlers.DatagramHandler, logging.handlers.SysLogHandler, "
		"vigil.RunFileHandler, vigil.JournalHandler; did you mean "
		"'logging.FileHandler'?");
	assert_refused("handlers: {h: {}}", "f:2:15: handlers.h: handler 'h' has no class");
	assert_refused(
		"handlers: {h: 3}", "f:2:15: handlers.h: expected a mapping, found an integer");
	assert_refused("handlers: {h: {class: logging.NullHandler, levle: 3}}",
		"f:2:44: handlers.h.levle: got an unexpected keyword argument 'levle'; known are: "
		"class, level, formatter, "
		"filters; did you mean 'level'?");
	assert_refused("handlers: {h: {class: logging.FileHandler}}",
		"f:2:15: handlers.h: FileHandler missing 1 required argument: 'filename'");
	assert_refused("handlers: {h: {class: logging.StreamHandler, stream: ext://sys.stdbout}}",
		"f:2:54: handlers.h.stream: Cannot resolve 'sys.stdbout': No module named "
		"'sys.stdbout'; 'sys' is not a package; known are: ext://sys.stdout, "
		"ext://sys.stderr, ext://logging.ERROR and the other levels");
	assert_refused("handlers: {h: {class: logging.handlers.RotatingFileHandler}}",
		"f:2:15: handlers.h: RotatingFileHandler missing 1 required argument: 'filename'");
	assert_refused("handlers: {h: {class: logging.handlers.RotatingFileHandler, filename: x, "
		       "maxBytes: '9'}}",
		"f:2:84: handlers.h.maxBytes: expected an integer, found a string");
	assert_refused("handlers: {h: {class: logging.handlers.RotatingFileHandler, filename: x, "
		       "backupCount: 10000}}",
		"f:2:87: handlers.h.backupCount: expected -9223372036854775808 to 9999, found "
		"10000");
	assert_refused("handlers: {h: {class: vigil.RunFileHandler, filename: '{x}'}}",
		"f:2:55: handlers.h.filename: unknown field in '{x}'; known are: {hostname} {rank} "
		"{local_rank} {pid} "
		"{run_id} {program}");
	assert_refused("handlers: {h: {class: logging.FileHandler, filename: cfg://x}}",
		"f:2:54: handlers.h.filename: cfg://x: there is no 'x' in what comes before it");
}

static void classes_that_send_to_sockets(void **state)
{
	(void)state;
	assert_refused("handlers: {h: {class: logging.handlers.SocketHandler}}",
		"f:2:15: handlers.h: SocketHandler missing 2 required arguments: 'host' and "
		"'port'");
	assert_refused("handlers: {h: {class: logging.handlers.DatagramHandler, host: h}}",
		"f:2:15: handlers.h: DatagramHandler missing 1 required argument: 'port'");
	assert_refused("handlers: {h: {class: logging.handlers.SocketHandler, host: x.invalid, "
		       "port: 9020}}",
		"f:2:61: handlers.h.host: 'x.invalid' is no address, and /etc/hosts does not know "
		"it; name servers are not asked from inside a program");
	assert_refused("handlers: {h: {class: logging.handlers.SocketHandler, host: '::1', port: "
		       "65536}}",
		"f:2:74: handlers.h.port: expected 0 to 65535, found 65536");
	assert_refused("handlers: {h: {class: logging.handlers.SysLogHandler, address: [a]}}",
		"f:2:64: handlers.h.address: expected the path of a socket or [host, port], found "
		"a list");
	assert_refused("handlers: {h: {class: logging.handlers.SysLogHandler, socktype: 3}}",
		"f:2:65: handlers.h.socktype: expected ext://socket.SOCK_DGRAM or "
		"ext://socket.SOCK_STREAM, found 3");
	assert_refused("handlers: {h: {class: logging.handlers.SysLogHandler, .: {framing: x}}}",
		"f:2:68: handlers.h...framing: unknown framing 'x'; known are: nul, none, lf, "
		"octet");
	assert_refused("handlers: {h: {class: vigil.JournalHandler, address: x}}",
		"f:2:45: handlers.h.address: got an unexpected keyword argument 'address'; known "
		"are: class, level, formatter, filters, path, identifier");
	good("{version: 1, handlers: {h: {class: logging.handlers.SysLogHandler}, j: {class: "
	     "vigil.JournalHandler, identifier: a, path: j}, d: {class: "
	     "logging.handlers.DatagramHandler, host: localhost, port: 9021}}}");
}

static void times_of_day_are_reported_from_numbers(void **state)
{
	(void)state;
#define TIMED                                                                         \
	"handlers: {h: {class: logging.handlers.TimedRotatingFileHandler, filename: " \
	"/nonexistent/x, delay: yes, "
	good("version: 1\n" TIMED "when: midnight, atTime: 12:30}}");
	good("version: 1\n" TIMED "when: w6, atTime: '02:30:59', utc: yes, interval: 2}}");
	assert_refused(TIMED "atTime: 45000}}",
		"f:2:112: handlers.h.atTime: expected a time of day as '23:59:59', found 45000");
	assert_refused(TIMED "atTime: '24:00'}}",
		"f:2:112: handlers.h.atTime: expected a time of day as '23:59:59', found 24:00");
	assert_refused(TIMED "when: W9}}",
		"f:2:15: handlers.h: Invalid day specified for weekly rollover: W9");
	assert_refused(TIMED "interval: 0}}",
		"f:2:114: handlers.h.interval: expected 1 to 1000000000, found 0");
}

static void attributes_of_a_handler(void **state)
{
	struct logging *logging = good("{version: 1, handlers: {h: {'()': logging.StreamHandler, "
				       "'.': {terminator: \"!\\n\"}}}, "
				       "root: {handlers: [h]}}");

	(void)state;
	assert_string_equal(formatted(logging, NULL), "m!\n");
	assert_refused("handlers: {h: {class: logging.NullHandler, '.': {terminater: x}}}",
		"f:2:49: handlers.h..: this class has no attribute to be set but 'terminator'");
}

/* "()" names a class of Python's or vigil's as "class" does, and goes before it. */
static void a_class_may_be_called_and_its_attributes_referred_to(void **state)
{
	struct logging *logging;

	(void)state;
	logging = good("{version: 1, handlers: {h: {(): logging.StreamHandler, class: x, .: "
		       "'cfg://x'}}, x: {terminator: '!'}, root: {handlers: [h]}}");
	assert_string_equal(logger_setup(&logging->root)->handlers->items[0]->terminator, "!");
	assert_refused("handlers: {h: {(): logging.NullHandler, .: {terminator: '', ident: x}}}",
		"f:2:44: handlers.h..: this class has no attribute to be set but 'terminator'");
	assert_refused("handlers: {h: {(): logging.NullHandlr}}",
		"f:2:20: handlers.h.(): Cannot resolve 'logging.NullHandlr'; known are: "
		"logging.StreamHandler, logging.FileHandler, logging.NullHandler, "
		"logging.handlers.WatchedFileHandler, logging.handlers.RotatingFileHandler, "
		"logging.handlers.TimedRotatingFileHandler, logging.handlers.MemoryHandler, "
		"logging.handlers.QueueHandler, logging.handlers.SocketHandler, "
		"logging.handlers.DatagramHandler, logging.handlers.SysLogHandler, "
		"vigil.RunFileHandler, vigil.JournalHandler, and a library's as "
		"'/path/lib.so:symbol'; did you mean 'logging.NullHandler'?");
}

/* How many times KEY occurs among the parameters and the keywords of CLASS. */
static int occurrences(const struct dict_class *class, const char *key)
{
	int count = 0;

	for (size_t i = 0; class->parameters[i] != NULL; i++)
		count += strcmp(class->parameters[i]->key, key) == 0;
	for (size_t i = 0; class->keywords[i] != NULL; i++)
		count += strcmp(class->keywords[i]->key, key) == 0;
	return count;
}

/* What its reader relies on: the parameters that are required exist, and each key occurs once. */
static void every_class_is_a_row_that_can_be_read(void **state)
{
	(void)state;
	for (const struct dict_class *class = dict_handler_classes; class->name != NULL; class ++) {
		assert_ptr_equal(dict_handler_class(class->name), class);
		assert_non_null(strrchr(class->name, '.'));
		assert_non_null(class->make);
		for (size_t i = 0; i < class->required; i++) {
			assert_non_null(class->parameters[i]);
			assert_false(class->parameters[i]->unlisted);
		}
		for (size_t i = 0; class->parameters[i] != NULL; i++)
			assert_int_equal(occurrences(class, class->parameters[i]->key), 1);
		for (size_t i = 0; class->keywords[i] != NULL; i++)
			assert_int_equal(occurrences(class, class->keywords[i]->key), 1);
		if (class->refers != NULL)
			assert_int_equal(occurrences(class, class->refers), 1);
	}
	assert_null(dict_handler_class("logging.Handler"));
}

UNIT_TESTS(cmocka_unit_test(classes_and_keys), cmocka_unit_test(classes_that_send_to_sockets),
	cmocka_unit_test(times_of_day_are_reported_from_numbers),
	cmocka_unit_test(attributes_of_a_handler),
	cmocka_unit_test(a_class_may_be_called_and_its_attributes_referred_to),
	cmocka_unit_test(every_class_is_a_row_that_can_be_read))
