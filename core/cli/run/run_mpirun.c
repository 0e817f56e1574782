/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_mpirun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENV_LIST "mca_base_env_list"

static bool uses_env_list(char *const *argv)
{
	if (getenv("OMPI_MCA_" ENV_LIST) != NULL)
		return true;
	for (; *argv != NULL; argv++)
		if (strcmp(*argv, ENV_LIST) == 0)
			return true;
	return false;
}

/*
 * The place in ARGV of what stands behind an "-x" for NAME: "NAME" or "NAME=VALUE"; NULL: the user
 * does not name it.
 */
static char **named_by_user(char **argv, const char *name)
{
	size_t length = strlen(name);

	for (; argv[0] != NULL && argv[1] != NULL; argv++)
		if (strcmp(argv[0], "-x") == 0 && strncmp(argv[1], name, length) == 0 &&
			(argv[1][length] == '\0' || argv[1][length] == '='))
			return &argv[1];
	return NULL;
}

/* "LD_PRELOAD=VALUE" with PRELOAD in front of the value. */
static bool add_preload(char **word, const char *preload)
{
	char *value = strchr(*word, '='), *list;

	if (value == NULL)
		return true; /* handed on from our environment, where it is right */
	list = run_list_prepend(value + 1, preload);
	if (list == NULL || asprintf(word, "LD_PRELOAD=%s", list) < 0)
		return false;
	free(list);
	return true;
}

char **open_mpi_arguments(
	char *const *argv, const struct run_variables *variables, const char *preload)
{
	static char option[] = "-x";
	size_t count = 0, at = 1;
	char **copy, **user;

	while (argv[count] != NULL)
		count++;
	copy = calloc(count + 2 * RUN_VARIABLE_COUNT_ + 1, sizeof *copy);
	if (copy == NULL)
		return NULL;
	memcpy(copy, argv, count * sizeof *copy);
	if (uses_env_list(argv))
		return copy;
	user = named_by_user(copy, run_variable_name(RUN_LD_PRELOAD));
	if (user != NULL && !add_preload(user, preload))
		return NULL;
	for (int i = 0; i < RUN_VARIABLE_COUNT_; i++) {
		if (variables->values[i] == NULL ||
			named_by_user(copy, run_variable_name(i)) != NULL)
			continue;
		memmove(copy + at + 2, copy + at, (count + 1 - at) * sizeof *copy);
		copy[at] = option;
		copy[at + 1] = (char *)run_variable_name(i);
		at += 2;
		count += 2;
	}
	return copy;
}
