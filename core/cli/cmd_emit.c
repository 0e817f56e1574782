/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/run_context.h"
#include "core/base/escape.h"
#include "core/base/log_file.h"
#include "core/cli/cli.h"
#include "core/cli/emit/emit_common.h"
#include "core/logging/level.h"
#include "core/cli/run/run_config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum emit_option { OPTION_CONFIG, OPTION_LOGGER, OPTION_LEVEL, OPTION_EXTRA, OPTION_SCRIPT };

static const struct option_spec options[] = {
	[OPTION_CONFIG] = {'c', "config", "FILE",
		"configure from FILE (YAML, JSON or INI) before the first record"},
	[OPTION_LOGGER] = {'n', "logger", "NAME", "log to this logger instead of the root"},
	[OPTION_LEVEL] = {'l', "level", "LEVEL",
		"log at this level, a name or a number, instead of INFO"},
	[OPTION_EXTRA] = {'e', "extra", "KEY=VALUE",
		"add an attribute to the record; may be repeated"},
	[OPTION_SCRIPT] = {'s', "script", "FILE",
		"execute the operations in FILE, one JSON object a line; '-' is stdin"},
	{'\0', NULL, NULL, NULL},
};

static const struct option_words words[] = {{"level", level_known}, {NULL, NULL}};

struct request {
	const char *config, *logger, *level, *script, *message;
	struct json *extra;	       /* an object; NULL: none */
	const struct json **extra_end; /* where its next member goes */
	struct arena arena;	       /* its memory */
};

bool emit_fail(struct emit *emit, const char *format, ...)
{
	char line[4096];
	struct text text;
	va_list arguments;

	text_init(&text, line, sizeof line);
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	for (char *at = line; (at = strpbrk(at, "\r\n")) != NULL;)
		*at = ' ';
	escape_tail(&text, 0, ESCAPE_CONTROL);
	fprintf(stderr, "%s\n", line);
	emit->failed = true;
	return false;
}

static int add_extra(struct request *request, const char *pair)
{
	const char *equals = strchr(pair, '=');
	struct json *member;

	if (equals == NULL || equals == pair)
		return usage_error(&cmd_emit, "--extra needs KEY=VALUE, not '%s'", pair);
	if (request->extra == NULL)
		request->extra = arena_alloc(&request->arena, sizeof *request->extra);
	member = arena_alloc(&request->arena, sizeof *member);
	if (request->extra == NULL || member == NULL)
		return -1;
	request->extra->type = JSON_OBJECT;
	*member = (struct json){
		.type = JSON_STRING,
		.key = arena_strndup(&request->arena, pair, (size_t)(equals - pair)),
		.string = equals + 1,
	};
	if (member->key == NULL)
		return -1;
	*(request->extra->count++ == 0 ? &request->extra->child : request->extra_end) = member;
	request->extra_end = &member->next;
	return -1;
}

static int take_operands(struct request *request, int count, char **operands)
{
	bool record = request->logger != NULL || request->level != NULL || request->extra != NULL;

	if (request->script != NULL && (count > 0 || record))
		return usage_error(&cmd_emit, "--script comes without a message and its options");
	if (request->script == NULL && count != 1)
		return usage_error(&cmd_emit,
			count == 0 ? "no message given" : "one message at a time, not %d; quote it",
			count);
	request->message = operands[0];
	return -1;
}

/* Returns -1 and the request, or the status to end with. */
static int read_request(int argc, char **argv, struct request *request)
{
	struct option_reader reader = {.command = &cmd_emit, .argc = argc, .argv = argv};
	const char **values[] = {
		[OPTION_CONFIG] = &request->config,
		[OPTION_LOGGER] = &request->logger,
		[OPTION_LEVEL] = &request->level,
		[OPTION_SCRIPT] = &request->script,
	};
	int option, status = -1;

	while (status < 0 && (option = option_next(&reader)) >= 0)
		if (option == OPTION_EXTRA)
			status = add_extra(request, reader.value);
		else
			*values[option] = reader.value;
	if (status >= 0)
		return status;
	if (option == OPTION_STOP)
		return reader.status;
	return take_operands(request, argc - reader.next, argv + reader.next);
}

static bool configure(struct emit *emit, const char *path)
{
	struct config_errors errors = {0};
	int error;

	if (path == NULL)
		return true;
	error = config_load(&emit->arena, path, &emit->context, &emit->logging, &errors);
	if (error < 0)
		config_refused(path, &errors, "nothing was logged");
	return error == 0;
}

static bool emit_message(struct emit *emit, const struct request *request)
{
	struct logger *logger = logging_get(emit->logging, request->logger);
	const struct json message = {.type = JSON_STRING, .string = request->message};
	int level = LEVEL_INFO;
	char *end = NULL;
	bool good = false;

	if (request->level != NULL && level_parse(request->level, &level) < 0) {
		level = (int)strtol(request->level, &end, 10);
		if (end == request->level || *end != '\0') {
			emit_fail(emit, "ValueError: Unknown level: '%s'", request->level);
			logger = NULL;
		}
	}
	if (logger != NULL)
		good = emit_log(emit, logger, level, &message, request->extra);
	return good;
}

static int emit_all(const struct request *request)
{
	struct run_identity identity;
	struct emit emit = {.context = {
				    .run = run_context_of_process(&identity),
				    .loader = &api_loader,
				    .log_file_flags = LOG_FILE_PLAIN,
				    .zone = getenv("TZ"),
				    .color = color_where(environ),
			    }};
	int error = 0;

	emit.logging = logging_new(&emit.arena);
	if (emit.logging == NULL)
		return complain("%s", strerror(ENOMEM)), STATUS_FAILED;
	logging_set_zone(emit.logging, emit.context.zone);
	emit.logging->on_error = handle_error;
	emit.context.living = emit.logging;
	if (!configure(&emit, request->config))
		return STATUS_FAILED;
	if (request->script == NULL)
		emit_message(&emit, request);
	else
		error = emit_script(&emit, request->script);
	if (error < 0)
		complain("%s: %s; the script ends here",
			strcmp(request->script, "-") == 0 ? "standard input" : request->script,
			strerror(-error));
	logging_shutdown(emit.logging);
	return error < 0 || emit.failed ? STATUS_FAILED : STATUS_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct request request = {0};
	int status = read_request(argc, argv, &request);

	(void)command;
	if (status < 0)
		status = emit_all(&request);
	arena_release(&request.arena);
	return status;
}

const struct command cmd_emit = {
	.name = "emit",
	.usage = "[options] MESSAGE | [--config=FILE] --script=FILE",
	.summary = "Log a record, or a script of them, through a logging configuration.",
	.details =
		"Without --config, WARNING and above go to stderr, as in Python.\n"
		"Operations of a script:\n"
		"  "
		"{\"op\":\"log\",\"logger\":\"a.b\",\"level\":\"INFO\",\"msg\":\"…\",\"extra\":{…}}"
		"\n"
		"  {\"op\":\"handle\",\"record\":{\"name\":\"a\",\"levelno\":20,\"msg\":\"…\",…}}\n"
		"  {\"op\":\"get\",\"logger\":\"a.b\"}\n"
		"  {\"op\":\"set\",\"logger\":\"a.b\",\"level\":…,\"propagate\":…,\"disabled\":…}\n"
		"  {\"op\":\"disable\",\"level\":\"ERROR\"}\n"
		"  {\"op\":\"addLevelName\",\"level\":25,\"name\":\"NOTICE\"}\n"
		"  {\"op\":\"config\",\"path\":\"FILE\"}\n"
		"  {\"op\":\"tree\"}   name, parent, effective level, disabled, propagate, "
		"handlers\n"
		"An operation that fails is reported on stderr in Python's words, and the script "
		"goes on.\n"
		"Exit status: 0 all was done, 1 something failed, 2 wrong usage.",
	.options = options,
	.words = words,
	.run = run,
};
