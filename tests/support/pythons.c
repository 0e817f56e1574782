/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/pythons.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OLDEST 8
#define NEWEST 15

/* What the interpreter at PATH says of itself; 0: it is none. */
static int minor_of(const char *path)
{
	char command[1024];
	int minor = 0;
	FILE *pipe;

	snprintf(command, sizeof command, "'%s' -ISc 'import sys; print(sys.version_info[1])' 2>&1",
		path);
	pipe = popen(command, "r");
	if (pipe == NULL)
		return 0;
	if (fscanf(pipe, "%d", &minor) != 1)
		minor = 0;
	return pclose(pipe) == 0 ? minor : 0;
}

static bool is_binary(const char *path)
{
	char head[4] = "";
	FILE *file = fopen(path, "rb");
	bool is;

	if (file == NULL)
		return false;
	is = fread(head, 1, sizeof head, file) == sizeof head && memcmp(head, "\177ELF", 4) == 0;
	fclose(file);
	return is;
}

/* The first interpreter that matches PATTERN, a glob. */
static bool find_in(const char *pattern, int minor, struct python *python)
{
	glob_t found;
	bool is = false;

	if (glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; !is && i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		is = strlen(path) < sizeof python->path && is_binary(path) &&
		     minor_of(path) == minor;
		if (is)
			strcpy(python->path, path);
	}
	globfree(&found);
	return is;
}

static bool find_in_pyenv(int minor, struct python *python)
{
	const char *root = getenv("PYENV_ROOT"), *home = getenv("HOME");
	char pattern[1024];

	snprintf(pattern, sizeof pattern, "%s%s/versions/3.%d.*/bin/python3.%d",
		root   ? root
		: home ? home
		       : "",
		root ? "" : "/.pyenv", minor, minor);
	return find_in(pattern, minor, python);
}

static bool find_in_path(int minor, struct python *python)
{
	char *path = strdup(getenv("PATH") ? getenv("PATH") : ""), *rest = path, *dir;
	char pattern[1024];
	bool is = false;

	while (!is && (dir = strsep(&rest, ":")) != NULL) {
		snprintf(pattern, sizeof pattern, "%s/python3.%d", dir, minor);
		is = find_in(pattern, minor, python);
	}
	free(path);
	return is;
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

size_t pythons_find(struct python pythons[PYTHONS_MAX])
{
	size_t count = 1;

	strcpy(pythons[0].path, PYTHON_DEBIAN);
	strcpy(pythons[0].name, "python");
	pythons[0].minor = minor_of(PYTHON_DEBIAN);
	for (int minor = OLDEST; minor <= NEWEST; minor++) {
		struct python *python = &pythons[count];

		if (!find_in_pyenv(minor, python) && !find_in_path(minor, python))
			continue;
		if (is_same_file(python->path, PYTHON_DEBIAN))
			continue;
		python->minor = minor;
		snprintf(python->name, sizeof python->name, "python 3.%d", minor);
		count++;
	}
	return count;
}
