/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_oom.h"

#include "core/base/number.h"
#include "core/base/proc.h"

#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oom_cgroup {
	struct oom_cgroup *next;
	const char *name;	    /* its name in /proc/PID/cgroup */
	const char *file;	    /* the file that counts its kills */
	struct oom_cgroup *counter; /* the first cgroup with that file, perhaps this one */
	int64_t explained; /* of a counter: kills before the first look, known ones since */
};

/* LIST, whose items are separated by commas, has "memory". */
static bool has_memory(char *list)
{
	return hasmntopt(&(struct mntent){.mnt_opts = list}, "memory") != NULL;
}

/* Take the mount of the memory cgroups from LINE of proc_pid_mountinfo(5): number, parent, device,
 * root, mount point, options …, "-", type, source, options. Where v1 counts memory, v2 does not. */
static void look_at_mount(struct oom_watch *watch, const char *line)
{
	const char *dash = strstr(line, " - ");
	char root[sizeof watch->root], mount[sizeof watch->mount], type[16], options[1024];

	if (dash == NULL || sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) != 2 ||
		sscanf(dash, " - %15s %*s %1023s", type, options) != 2)
		return;
	if (strcmp(type, "cgroup") == 0 && has_memory(options))
		watch->unified = false;
	else if (strcmp(type, "cgroup2") == 0 && watch->mount[0] == '\0')
		watch->unified = true;
	else
		return;
	strcpy(watch->root, root);
	strcpy(watch->mount, mount);
}

void oom_watch_begin(struct oom_watch *watch, const char *mountinfo)
{
	FILE *file = fopen(mountinfo, "re");
	size_t size = 0;
	char *line = NULL;

	while (file != NULL && getline(&line, &size, file) > 0)
		look_at_mount(watch, line);
	free(line);
	if (file != NULL)
		fclose(file);
}

/* Returns the count in FILE, or -1. */
static int64_t count_in(const char *file)
{
	static const char key[] = "oom_kill ";
	char text[8192];
	const char *at;

	if (file_read(file, text, sizeof text) < 0)
		return -1;
	at = strstr(text, key);
	return at == NULL ? -1 : number_prefix(at + sizeof key - 1);
}

/* The name of the memory cgroup in TEXT, which has the form of /proc/PID/cgroup (lines
 * "number:controllers:name"); NULL if there is none. TEXT is changed. */
static const char *name_in(const struct oom_watch *watch, char *text)
{
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		char *controllers;

		strsep(&line, ":");
		controllers = strsep(&line, ":");
		if (line != NULL &&
			(watch->unified ? controllers[0] == '\0' : has_memory(controllers)))
			return line;
	}
	return NULL;
}

/* The file that counts the kills of the cgroup NAME: its own, or that of the nearest cgroup above
 * that has one, or that of the whole machine. */
static const char *file_of(struct oom_watch *watch, const char *name)
{
	size_t length = strcmp(watch->root, "/") == 0 ? 0 : strlen(watch->root);
	const char *file = watch->unified ? "memory.events" : "memory.oom_control";
	char directory[8192], path[sizeof directory + 32], *slash;

	if (strncmp(name, watch->root, length) == 0)
		name += length;
	snprintf(directory, sizeof directory, "%s%s", watch->mount, name);
	while ((slash = strrchr(directory, '/')) != NULL && slash > directory) {
		if (slash[1] != '\0') {
			snprintf(path, sizeof path, "%s/%s", directory, file);
			if (count_in(path) >= 0)
				return arena_strdup(&watch->arena, path);
		}
		*slash = '\0';
	}
	return "/proc/vmstat";
}

static struct oom_cgroup *cgroup_named(struct oom_watch *watch, const char *name)
{
	struct oom_cgroup *cgroup = watch->cgroups, *other = watch->cgroups;

	while (cgroup != NULL && strcmp(cgroup->name, name) != 0)
		cgroup = cgroup->next;
	if (cgroup != NULL)
		return cgroup;
	cgroup = arena_alloc(&watch->arena, sizeof *cgroup);
	if (cgroup == NULL || (cgroup->name = arena_strdup(&watch->arena, name)) == NULL ||
		(cgroup->file = file_of(watch, name)) == NULL)
		return NULL;
	while (other != NULL && strcmp(other->file, cgroup->file) != 0)
		other = other->next;
	cgroup->counter = other == NULL ? cgroup : other->counter;
	cgroup->explained = other == NULL ? count_in(cgroup->file) : 0;
	cgroup->next = watch->cgroups;
	return watch->cgroups = cgroup;
}

struct oom_cgroup *oom_cgroup_of(struct oom_watch *watch, pid_t pid)
{
	char path[32], text[4096];
	const char *name;

	snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
	if (file_read(path, text, sizeof text) < 0)
		return NULL;
	name = watch->mount[0] == '\0' ? NULL : name_in(watch, text);
	return cgroup_named(watch, name == NULL ? "/" : name);
}

struct event_oom oom_look(const struct oom_cgroup *cgroup)
{
	int64_t before = cgroup == NULL ? -1 : cgroup->counter->explained;
	int64_t now = before < 0 ? -1 : count_in(cgroup->file);

	if (now < 0)
		return (struct event_oom){.cgroup = NULL};
	return (struct event_oom){
		.cgroup = cgroup->name, .kills_before = before, .kills_after = now};
}

void oom_explain(struct oom_cgroup *cgroup)
{
	cgroup->counter->explained++;
}

void oom_watch_end(struct oom_watch *watch)
{
	arena_release(&watch->arena);
	*watch = (struct oom_watch){.cgroups = NULL};
}
