/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an INI configuration: no crash, no hang, and either a tree or at least one error. */
#include "core/config/ini/file_config.h"
#include "tests/fuzz/fuzz_settings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct config_errors errors = {.arena = &arena, .path = "f"};
	struct config_settings settings;
	struct config_context context = {.validate_only = true, .settings = &settings};
	struct logging *logging = NULL;
	char *copy = malloc(size);
	int error;

	if (copy == NULL || size == 0)
		return free(copy), 0;
	memcpy(copy, data, size);
	error = file_config(&arena, copy, size, &context, &logging, &errors);
	if ((error == 0) != (logging != NULL) || (error < 0 && errors.count == 0))
		abort();
	if (error < 0 && errors.python == NULL)
		abort();
	if (error == 0)
		check_settings(&settings);
	arena_release(&arena);
	free(copy);
	return 0;
}
