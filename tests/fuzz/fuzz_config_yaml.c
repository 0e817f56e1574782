/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a configuration: no crash, no hang, and either a tree or at least one error. */
#include "core/config/config.h"
#include "tests/fuzz/fuzz_settings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a tree is good for: a record through each of its formatters, without writing it anywhere. */
static void format_all(const struct logging *logging)
{
	struct log_record record = {.name = "a.b", .levelno = 40, .message = "m", .exc_text = "t"};
	char buffer[512];
	struct text text;

	for (const struct logger *logger = logging->loggers; logger != NULL; logger = logger->next)
		for (size_t i = 0; i < logger_setup(logger)->handlers->count; i++) {
			text_init(&text, buffer, sizeof buffer);
			handler_format(logger_setup(logger)->handlers->items[i], &record, &text);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct config_errors errors = {.arena = &arena, .path = "f"};
	struct config_settings settings;
	struct config_context context = {.validate_only = true, .settings = &settings};
	struct logging *logging = NULL;
	char *copy = malloc(size + 1);
	int error;

	if (copy == NULL || size == 0)
		return free(copy), 0;
	memcpy(copy, data, size);
	error = config_parse(&arena, copy, size, &context, &logging, &errors);
	if ((error == 0) != (logging != NULL) || (error < 0 && errors.count == 0))
		abort();
	if (error == 0) {
		format_all(logging);
		check_settings(&settings);
	}
	arena_release(&arena);
	free(copy);
	return 0;
}
