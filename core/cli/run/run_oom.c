/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_oom.h"

#include "core/base/number.h"
#include "core/base/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No mountinfo or cgroup file of a sane machine is longer. */
#define FILE_SIZE ((size_t)64 * 1024)

struct oom_count {
	const char *file;
	int64_t explained; /* kills before the first look, and those that were taken since */
};

struct oom_cgroup {
	struct oom_cgroup *next;
	const char *name;	 /* as in /proc/PID/cgroup */
	struct oom_count *count; /* shared by cgroups that are counted in one file */
};

/* Whether the comma-separated LIST of LENGTH has WORD. */
static bool list_has(const char *list, size_t length, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = list, *end = list + length; at < end;) {
		size_t count = strcspn(at, ", \n:");

		if (count == size && memcmp(at, word, size) == 0)
			return true;
		at += count + 1;
	}
	return false;
}

/* Field NUMBER, from 0, of LINE, fields being parted by a blank; *RET_LENGTH is its length. */
static const char *field(const char *line, int number, size_t *ret_length)
{
	while (number-- > 0) {
		line += strcspn(line, " \n");
		if (*line == ' ')
			line++;
	}
	*ret_length = strcspn(line, " \n");
	return line;
}

static void take_mount(struct oom_watch *watch, const char *line, bool unified)
{
	size_t root_length, mount_length;
	const char *root = field(line, 3, &root_length), *mount = field(line, 4, &mount_length);

	if (root_length >= sizeof watch->root || mount_length >= sizeof watch->mount)
		return;
	snprintf(watch->root, sizeof watch->root, "%.*s", (int)root_length, root);
	snprintf(watch->mount, sizeof watch->mount, "%.*s", (int)mount_length, mount);
	watch->unified = unified;
}

/* A line of proc_pid_mountinfo(5). Where memory is still counted by v1, v2 does not count it. */
static void look_at_mount(struct oom_watch *watch, const char *line)
{
	const char *end = line + strcspn(line, "\n"), *dash = strstr(line, " - ");
	size_t type_length, options_length;
	const char *type, *options;

	if (dash == NULL || dash > end)
		return;
	type = field(dash + 3, 0, &type_length);
	options = field(dash + 3, 2, &options_length);
	if (type_length == 6 && memcmp(type, "cgroup", 6) == 0 &&
		list_has(options, options_length, "memory"))
		take_mount(watch, line, false);
	else if (type_length == 7 && memcmp(type, "cgroup2", 7) == 0 && watch->mount[0] == '\0')
		take_mount(watch, line, true);
}

/* malloc()ed; NULL when PATH cannot be read. */
static char *contents(const char *path)
{
	char *text = malloc(FILE_SIZE);

	if (text != NULL && file_read(path, text, FILE_SIZE) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* The line behind AT; NULL when that is the last. */
static const char *next_line(const char *at)
{
	at = strchr(at, '\n');
	return at == NULL || at[1] == '\0' ? NULL : at + 1;
}

void oom_watch_begin(struct oom_watch *watch, const char *mountinfo)
{
	char *text = contents(mountinfo);

	for (const char *line = text; line != NULL; line = next_line(line))
		look_at_mount(watch, line);
	free(text);
}

/* Returns the count in FILE, or -1. */
static int64_t count_in(const char *file)
{
	static const char key[] = "oom_kill ";
	char text[8192];

	if (file_read(file, text, sizeof text) < 0)
		return -1;
	for (const char *line = text; line != NULL; line = next_line(line))
		if (strncmp(line, key, sizeof key - 1) == 0)
			return number_prefix(line + sizeof key - 1);
	return -1;
}

/* The memory cgroup's name in TEXT, which has the form of /proc/PID/cgroup, cut out in place; NULL
 * if there is none. */
static char *name_in(const struct oom_watch *watch, char *text)
{
	for (const char *line = text; line != NULL; line = next_line(line)) {
		const char *controllers = strchr(line, ':');
		const char *name = controllers == NULL ? NULL : strchr(controllers + 1, ':');
		size_t length;

		if (name == NULL)
			continue;
		length = (size_t)(name++ - ++controllers);
		if (watch->unified ? length > 0 : !list_has(controllers, length, "memory"))
			continue;
		text[name - text + (ptrdiff_t)strcspn(name, "\n")] = '\0';
		return text + (name - text);
	}
	return NULL;
}

/* Where the kills of the cgroup NAME are counted: its own file, or that of the nearest one above
 * that counts, or the whole machine's. */
static const char *file_of(struct oom_watch *watch, const char *name)
{
	size_t length = strcmp(watch->root, "/") == 0 ? 0 : strlen(watch->root);
	const char *file = watch->unified ? "memory.events" : "memory.oom_control";
	char rundir[8192], path[sizeof rundir + 32], *slash;

	if (strncmp(name, watch->root, length) == 0)
		name += length;
	snprintf(rundir, sizeof rundir, "%s%s", watch->mount, name);
	while ((slash = strrchr(rundir, '/')) != NULL && slash > rundir) {
		if (slash[1] != '\0') {
			snprintf(path, sizeof path, "%s/%s", rundir, file);
			if (count_in(path) >= 0)
				return arena_strdup(&watch->arena, path);
		}
		*slash = '\0';
	}
	return "/proc/vmstat";
}

static struct oom_count *count_of(struct oom_watch *watch, const char *file)
{
	struct oom_cgroup *cgroup = watch->cgroups;
	struct oom_count *count;

	while (cgroup != NULL && strcmp(cgroup->count->file, file) != 0)
		cgroup = cgroup->next;
	if (cgroup != NULL)
		return cgroup->count;
	count = arena_alloc(&watch->arena, sizeof *count);
	if (count != NULL)
		*count = (struct oom_count){file, count_in(file)};
	return count;
}

static struct oom_cgroup *cgroup_named(struct oom_watch *watch, const char *name)
{
	struct oom_cgroup *cgroup = watch->cgroups;
	const char *file;

	while (cgroup != NULL && strcmp(cgroup->name, name) != 0)
		cgroup = cgroup->next;
	if (cgroup != NULL)
		return cgroup;
	cgroup = arena_alloc(&watch->arena, sizeof *cgroup);
	file = file_of(watch, name);
	if (cgroup == NULL || file == NULL ||
		(cgroup->name = arena_strdup(&watch->arena, name)) == NULL ||
		(cgroup->count = count_of(watch, file)) == NULL)
		return NULL;
	cgroup->next = watch->cgroups;
	return watch->cgroups = cgroup;
}

struct oom_cgroup *oom_cgroup_of(struct oom_watch *watch, pid_t pid)
{
	char path[32], text[4096], *name;

	snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
	if (file_read(path, text, sizeof text) < 0)
		return NULL;
	name = watch->mount[0] == '\0' ? NULL : name_in(watch, text);
	return cgroup_named(watch, name == NULL ? "/" : name);
}

struct event_oom oom_look(const struct oom_cgroup *cgroup)
{
	int64_t now = cgroup == NULL ? -1 : count_in(cgroup->count->file);

	if (now < 0 || cgroup->count->explained < 0)
		return (struct event_oom){.cgroup = NULL};
	return (struct event_oom){.cgroup = cgroup->name,
		.kills_before = cgroup->count->explained,
		.kills_after = now};
}

void oom_taken(struct oom_cgroup *cgroup)
{
	cgroup->count->explained++;
}

void oom_watch_end(struct oom_watch *watch)
{
	arena_release(&watch->arena);
	*watch = (struct oom_watch){.cgroups = NULL};
}
