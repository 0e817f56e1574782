/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit - log records through a configuration, as the conformance test has Python do.
 *
 * usage: emit CONFIG NAME:LEVEL:MESSAGE...
 *
 * The records' time, lines and so on are fixed, those of emit.py: 1993-04-21 08:03:00.007 UTC,
 * /src/job.c:7, pid 42. A MESSAGE that holds '|' carries a trace behind it. Status 1, and the
 * errors on stdout, when the configuration is refused.
 */
#include "core/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void log_one(struct logging *logging, char *what)
{
	static char buffer[65536];
	char *level = strchr(what, ':'), *message = strchr(level + 1, ':');
	char *trace = strchr(message + 1, '|');
	struct log_record record = {
		.levelno = atoi(level + 1),
		.message = message + 1,
		.created = {.real_us = 735379380007000},
		.pathname = "/src/job.c",
		.lineno = 7,
		.func_name = "step",
		.process = 42,
		.thread = 43,
		.process_name = "MainProcess",
		.thread_name = "MainThread",
		.exc_text = trace == NULL ? NULL : trace + 1,
	};
	const struct logger *logger;
	struct text scratch;

	*level = '\0';
	if (trace != NULL)
		*trace = '\0';
	logger = logging_get(logging, what);
	text_init(&scratch, buffer, sizeof buffer);
	if (logger_is_enabled_for(logger, record.levelno))
		logger_handle(logger, &record, &scratch);
}

int main(int argc, char **argv)
{
	static struct arena arena;
	struct config_context context = {
		.run = {.rank = -1, .local_rank = -1}, .zone = timezone_variables(environ)};
	struct config_errors errors = {0};
	struct logging *logging = logging_new(&arena);

	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "-") != 0 &&
		config_load(&arena, argv[1], &context, &logging, &errors) < 0) {
		for (size_t i = 0; i < errors.count; i++)
			printf("%s\n", errors.lines[i]);
		return 1;
	}
	logging_set_zone(logging, &context.zone);
	for (int i = 2; i < argc; i++)
		log_one(logging, argv[i]);
	return 0;
}
