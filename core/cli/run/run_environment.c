/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * gcc's shared runtime of AddressSanitizer ends a program in which another library was loaded
 * before it, unless this option is 0. clang's ignores it.
 */
#define ASAN_NAME "verify_asan_link_order"

/* Open MPI's list of variables, which excludes its option -x. */
#define ENV_LIST "mca_base_env_list"

static const char *const names[] = {
	[RUN_LD_PRELOAD] = "LD_PRELOAD",
	[RUN_DIR] = "VIGIL_DIR",
	[RUN_ID] = "VIGIL_RUN_ID",
	[RUN_ASAN_OPTIONS] = "ASAN_OPTIONS",
	[RUN_CONFIG] = "VIGIL_CONFIG",
	[RUN_TO] = "VIGIL_TO",
	[RUN_TO_TOKEN] = "VIGIL_TO_TOKEN",
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

/* FIRST in front of LIST (NULL or "": empty); a copy of LIST where FIRST is in it already.
 * malloc()ed; NULL when there is no memory. Colons and blanks separate entries, as in
 * LD_PRELOAD. */
static char *list_prepend(const char *list, const char *first)
{
	if (list == NULL || list[0] == '\0')
		return strdup(first);
	return list_has(list, first) ? strdup(list) : join(first, ":", list);
}

/* OPTIONS with ASAN_NAME=0 behind them (the last value counts), unless the user has set it. */
static char *asan_options(const char *options)
{
	if (options == NULL || options[0] == '\0')
		return strdup(ASAN_NAME "=0");
	if (strstr(options, ASAN_NAME "=") != NULL)
		return strdup(options);
	return join(options, ":", ASAN_NAME "=0");
}

int run_variables_set(const struct run_directory *rundir, const char *preload, const char *config)
{
	char *libraries = list_prepend(getenv("LD_PRELOAD"), preload);
	char *options = asan_options(getenv("ASAN_OPTIONS"));
	bool done = libraries != NULL && options != NULL &&
		    setenv(names[RUN_LD_PRELOAD], libraries, 1) == 0 &&
		    setenv(names[RUN_DIR], rundir->absolute, 1) == 0 &&
		    setenv(names[RUN_ID], rundir->run_id, 1) == 0 &&
		    setenv(names[RUN_ASAN_OPTIONS], options, 1) == 0 &&
		    (config[0] == '\0' || setenv(names[RUN_CONFIG], config, 1) == 0);

	free(libraries);
	free(options);
	return done ? 0 : -ENOMEM;
}

const char *run_variable_value(enum run_variable variable)
{
	const char *value = getenv(names[variable]);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

void run_environment_hide(void)
{
	char **shown = environ, **copy;
	size_t count = 0;

	while (shown[count] != NULL)
		count++;
	copy = calloc(count + 1, sizeof *copy);
	if (copy == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		if ((copy[i] = strdup(shown[i])) == NULL) {
			while (i-- > 0)
				free(copy[i]);
			free(copy);
			return;
		}
	environ = copy;
	for (size_t i = 0; i < count; i++)
		memset(shown[i], 0, strlen(shown[i]));
}

static bool uses_env_list(char *const *argv)
{
	if (getenv("OMPI_MCA_" ENV_LIST) != NULL)
		return true;
	for (; *argv != NULL; argv++)
		if (strcmp(*argv, ENV_LIST) == 0)
			return true;
	return false;
}

/* How many words of ARGV are one program's part: as far as the next ":", or the end. */
static size_t part_length(char *const *argv)
{
	size_t count = 0;

	while (argv[count] != NULL && strcmp(argv[count], ":") != 0)
		count++;
	return count;
}

/* The argument of an "-x" for NAME among the COUNT words of ARGV, "NAME" or "NAME=VALUE"; NULL:
 * there is none. */
static char **exported_by_user(char **argv, size_t count, const char *name)
{
	size_t length = strlen(name);

	for (; count > 1; argv++, count--)
		if (strcmp(argv[0], "-x") == 0 && strncmp(argv[1], name, length) == 0 &&
			(argv[1][length] == '\0' || argv[1][length] == '='))
			return &argv[1];
	return NULL;
}

/* Put PRELOAD in front of the value in *WORD, "LD_PRELOAD=VALUE". */
static bool prepend_preload(char **word, const char *preload)
{
	char *value = strchr(*word, '='), *list;
	bool done;

	if (value == NULL)
		return true; /* the value comes from our environment */
	list = list_prepend(value + 1, preload);
	done = list != NULL && asprintf(word, "LD_PRELOAD=%s", list) >= 0;
	free(list);
	return done;
}

/* Add the options for a part of COUNT words at PART, which has room for them. Returns how many
 * words the part then has; 0 when there is no memory. */
static size_t export_variables(char **part, size_t count, const char *preload)
{
	static char option[] = "-x";
	char **user = exported_by_user(part, count, names[RUN_LD_PRELOAD]);
	size_t added = 0;

	if (user != NULL && !prepend_preload(user, preload))
		return 0;
	for (int i = RUN_VARIABLE_COUNT_ - 1; i >= 0; i--) {
		if (run_variable_value(i) == NULL ||
			exported_by_user(part + added, count, names[i]) != NULL)
			continue;
		memmove(part + 2, part, (count + added) * sizeof *part);
		part[0] = option;
		part[1] = (char *)names[i];
		added += 2;
	}
	return count + added;
}

char **open_mpi_arguments(char *const *argv, const char *preload)
{
	size_t words = 0, parts = 1;
	char **copy, **to;

	for (; argv[words] != NULL; words++)
		parts += strcmp(argv[words], ":") == 0;
	copy = to = calloc(words + parts * 2 * RUN_VARIABLE_COUNT_ + 1, sizeof *copy);
	if (copy == NULL)
		return NULL;
	if (uses_env_list(argv)) {
		memcpy(copy, argv, words * sizeof *copy);
		return copy;
	}
	/* The launcher's own name, or the ":", and then a part. */
	for (char *const *from = argv; *from != NULL; from += part_length(from)) {
		size_t count = part_length(from + 1);

		*to++ = *from++;
		memcpy(to, from, count * sizeof *to);
		if (count > 0 && (count = export_variables(to, count, preload)) == 0) {
			free(copy);
			return NULL;
		}
		to += count;
	}
	return copy;
}
