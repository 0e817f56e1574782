/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * gcc's shared ASan runtime ends a program in which another library was loaded before it, unless
 * reported not to. In clang's and in programs without ASan nobody reads the variable.
 */
#define ASAN_NAME "verify_asan_link_order"

static const char *const names[] = {
	[RUN_LD_PRELOAD] = "LD_PRELOAD",
	[RUN_DIR] = "VIGIL_DIR",
	[RUN_ID] = "VIGIL_RUN_ID",
	[RUN_ASAN_OPTIONS] = "ASAN_OPTIONS",
	[RUN_CONFIG] = "VIGIL_CONFIG",
};
_Static_assert(sizeof names / sizeof *names == RUN_VARIABLE_COUNT_, "a variable has no name");

const char *run_variable_name(enum run_variable variable)
{
	return names[variable];
}

static bool list_has(const char *list, const char *entry)
{
	size_t length = strlen(entry);

	for (const char *at = list; *at != '\0'; at += strspn(at, ": ")) {
		size_t count = strcspn(at, ": ");

		if (count == length && memcmp(at, entry, length) == 0)
			return true;
		at += count;
	}
	return false;
}

static char *join(const char *left, const char *middle, const char *right)
{
	char *joined;

	return asprintf(&joined, "%s%s%s", left, middle, right) < 0 ? NULL : joined;
}

char *run_list_prepend(const char *list, const char *first)
{
	if (list == NULL || list[0] == '\0')
		return strdup(first);
	return list_has(list, first) ? strdup(list) : join(first, ":", list);
}

/* What the user says of the order of libraries stays; of two the last one holds. */
static char *asan_options(const char *options)
{
	if (options == NULL || options[0] == '\0')
		return strdup(ASAN_NAME "=0");
	if (strstr(options, ASAN_NAME "=") != NULL)
		return strdup(options);
	return join(options, ":", ASAN_NAME "=0");
}

int run_variables_make(const struct run_directory *rundir, const char *preload, const char *config,
	struct run_variables *ret_variables)
{
	struct run_variables variables;
	char **values = variables.values;

	values[RUN_LD_PRELOAD] = run_list_prepend(getenv("LD_PRELOAD"), preload);
	values[RUN_DIR] = strdup(rundir->absolute);
	values[RUN_ID] = strdup(rundir->run_id);
	values[RUN_ASAN_OPTIONS] = asan_options(getenv("ASAN_OPTIONS"));
	values[RUN_CONFIG] = config[0] == '\0' ? NULL : strdup(config);
	for (int i = 0; i < RUN_VARIABLE_COUNT_; i++)
		if (values[i] == NULL && (i != RUN_CONFIG || config[0] != '\0')) {
			run_variables_free(&variables);
			return -ENOMEM;
		}
	*ret_variables = variables;
	return 0;
}

void run_variables_free(struct run_variables *variables)
{
	for (int i = 0; i < RUN_VARIABLE_COUNT_; i++) {
		free(variables->values[i]);
		variables->values[i] = NULL;
	}
}

static size_t count_strings(char *const *strings)
{
	size_t count = 0;

	while (strings[count] != NULL)
		count++;
	return count;
}

/* Put "NAME=VALUE" where NAME was, or at the end. */
static bool place_variable(char **environment, const char *name, const char *value)
{
	char *string = join(name, "=", value);
	size_t length = strlen(name), i = 0;

	if (string == NULL)
		return false;
	while (environment[i] != NULL &&
		(strncmp(environment[i], name, length) != 0 || environment[i][length] != '='))
		i++;
	environment[i] = string;
	return true;
}

char **run_environment(char *const *inherited, const struct run_variables *variables)
{
	size_t count = count_strings(inherited);
	char **copy = calloc(count + RUN_VARIABLE_COUNT_ + 1, sizeof *copy);

	if (copy == NULL)
		return NULL;
	memcpy(copy, inherited, count * sizeof *copy);
	for (int i = 0; i < RUN_VARIABLE_COUNT_; i++)
		if (variables->values[i] != NULL &&
			!place_variable(copy, names[i], variables->values[i]))
			return NULL;
	return copy;
}

void run_environment_hide(void)
{
	size_t count = count_strings(environ);
	char **copy = calloc(count + 1, sizeof *copy);
	char **shown = environ;

	if (copy == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		if ((copy[i] = strdup(shown[i])) == NULL)
			return;
	environ = copy;
	for (size_t i = 0; i < count; i++)
		memset(shown[i], 0, strlen(shown[i]));
}
