/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_directory.h"

#include "core/base/json_out.h"
#include "core/base/run_mark.h"
#include "core/base/run_spare.h"
#include "core/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Other users get no access, whatever the umask is: events hold command lines and the texts of
 * exceptions. To share them, a user makes the directory beforehand. */
#define RUN_DIRECTORY_MODE 0700

/* How many run ids are tried to find one whose directory does not exist. */
#define DRAWS 64

static int refuse(const char *path, int error)
{
	complain("%s: %s; nothing was started", path, strerror(error));
	return -error;
}

static int draw_run_id(char id[RUN_ID_SIZE])
{
	unsigned char bytes[3];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return -EIO;
	snprintf(id, RUN_ID_SIZE, "%02x%02x%02x", bytes[0], bytes[1], bytes[2]);
	return 0;
}

static bool is_event_file(int directory, const char *name)
{
	struct stat status;
	const char *dot = strrchr(name, '.');

	return dot != NULL && strcmp(dot, ".jsonl") == 0 &&
	       fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && status.st_size > 0;
}

/* Returns 1 if PATH holds events, 0 if not, -errno if it cannot be read. */
static int holds_events(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int found = 0;

	if (directory == NULL)
		return -errno;
	while (found == 0 && (entry = readdir(directory)) != NULL)
		found = is_event_file(dirfd(directory), entry->d_name);
	closedir(directory);
	return found;
}

/* A line of FILE has WORDS. */
static bool has_words(FILE *file, const struct text *words)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool found = false;

	while (!found && (length = getline(&line, &size, file)) > 0)
		found = memmem(line, (size_t)length, words->data, words->length) != NULL;
	free(line);
	return found;
}

/* An event file in PATH, an existing directory, has an event of run NAME. */
static bool holds_run(const char *path, const char *name)
{
	DIR *directory = opendir(path);
	char buffer[7 * RUN_ID_SIZE];
	struct text words;
	struct json_out json = {.text = &words};
	struct dirent *entry;
	bool found = false;

	if (directory == NULL)
		return false;
	text_init(&words, buffer, sizeof buffer);
	json_string(&json, "run_id", name);
	while (!found && (entry = readdir(directory)) != NULL) {
		int fd = !is_event_file(dirfd(directory), entry->d_name)
				 ? -1
				 : openat(dirfd(directory), entry->d_name,
					   O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
		FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

		if (file != NULL) {
			found = has_words(file, &words);
			fclose(file);
		} else if (fd >= 0) {
			close(fd);
		}
	}
	closedir(directory);
	return found;
}

/* Returns 0 if PATH, which exists, is a directory that this run may use; else -errno. NAME: as in
 * run_directory_make(). */
static int accept_existing(const char *path, bool append, const char *name)
{
	int events = holds_events(path);

	if (events < 0)
		return refuse(path, -events);
	if (events > 0 && !append && !(name != NULL && holds_run(path, name))) {
		complain("%s: holds the events of another run; nothing was started"
			 " (--append adds to them, another -d DIR keeps them apart)",
			path);
		return -EEXIST;
	}
	return access(path, W_OK | X_OK) == 0 ? 0 : refuse(path, errno);
}

/* This host does not have RUNDIR's path, because of ERROR: record into the directory that the
 * preload takes then, too (core/base/run_spare.h). The first vigil of the host says so. */
static int take_spare(struct run_directory *rundir, int error)
{
	const struct run_spare spare = {environ, rundir->run_id};
	char path[PATH_MAX], host[HOSTNAME_SIZE] = "this host";

	if (run_spare_make(&spare, path, sizeof path) < 0)
		return refuse(rundir->path, error);
	gethostname(host, sizeof host - 1);
	if (run_mark_make(path, "spare") != 0)
		complain("%s: %s; the events of %s go to %s", rundir->path, strerror(error), host,
			path);
	strcpy(rundir->path, path);
	return 0;
}

static int make_wanted(
	const char *wanted, bool append, const char *name, struct run_directory *rundir)
{
	int error, why;

	if (snprintf(rundir->path, sizeof rundir->path, "%s", wanted) >= (int)sizeof rundir->path)
		return refuse(wanted, ENAMETOOLONG);
	if (mkdir(rundir->path, RUN_DIRECTORY_MODE) == 0) {
		rundir->made = true;
		return 0;
	}
	error = why = errno;
	if (error == EEXIST && access(rundir->path, W_OK | X_OK) < 0)
		why = errno;
	if (name != NULL && run_spare_is_for(-why))
		return take_spare(rundir, why);
	return error == EEXIST ? accept_existing(rundir->path, append, name)
			       : refuse(rundir->path, error);
}

/* Make ./vigil-<run id>; where that exists, try another id. */
static int make_drawn(struct run_directory *rundir)
{
	for (int i = 0; i < DRAWS; i++) {
		snprintf(rundir->path, sizeof rundir->path, "./vigil-%s", rundir->run_id);
		if (mkdir(rundir->path, RUN_DIRECTORY_MODE) == 0) {
			rundir->made = true;
			return 0;
		}
		if (errno != EEXIST || draw_run_id(rundir->run_id) < 0)
			break;
	}
	complain("%s: %s; nothing was started (-d DIR chooses another place)", rundir->path,
		strerror(errno));
	return -errno;
}

/* Make ./vigil-<run id>, or take part in it where another `vigil run` of the id has made it. */
static int make_joint(bool append, struct run_directory *rundir)
{
	char wanted[sizeof "./vigil-" + RUN_ID_SIZE];

	snprintf(wanted, sizeof wanted, "./vigil-%s", rundir->run_id);
	for (char *slash = wanted + 2; (slash = strchr(slash, '/')) != NULL;)
		*slash = '_';
	return make_wanted(wanted, append, rundir->run_id, rundir);
}

int run_directory_make(
	const char *wanted, bool append, const char *name, struct run_directory *ret_rundir)
{
	struct run_directory rundir = {.joint = name != NULL};
	int result = 0;

	if (name != NULL)
		snprintf(rundir.run_id, sizeof rundir.run_id, "%s", name);
	else
		result = draw_run_id(rundir.run_id);
	if (result < 0)
		return refuse("run id", EIO);
	if (wanted != NULL)
		result = make_wanted(wanted, append, name, &rundir);
	else
		result = name == NULL ? make_drawn(&rundir) : make_joint(append, &rundir);
	if (result < 0)
		return result;
	if (realpath(rundir.path, rundir.absolute) == NULL) {
		result = refuse(rundir.path, errno);
		run_directory_discard(&rundir);
		return result;
	}
	*ret_rundir = rundir;
	return 0;
}

/* PATH is a directory and, unless WANTED is NULL, the same one as WANTED. */
static bool is_wanted(const char *path, const char *wanted)
{
	struct stat one, other;

	if (stat(path, &one) < 0 || !S_ISDIR(one.st_mode))
		return false;
	return wanted == NULL || (stat(wanted, &other) == 0 && one.st_dev == other.st_dev &&
					 one.st_ino == other.st_ino);
}

/* Sets the directory and id of the `vigil run` above us, from the variables that it sets. Returns
 * false where there is none, or WANTED is another directory. */
static bool outer_rundir(const char *wanted, struct run_directory *rundir)
{
	const char *path = getenv("VIGIL_DIR"), *id = getenv("VIGIL_RUN_ID");

	if (path == NULL || id == NULL || id[0] == '\0' || strlen(id) >= sizeof rundir->run_id ||
		strlen(path) >= sizeof rundir->path || !is_wanted(path, wanted))
		return false;
	strcpy(rundir->path, path);
	strcpy(rundir->run_id, id);
	return true;
}

/* Sets the directory of a worker whose outer `vigil run` has one that this host does not have.
 * Returns 1; 0 where that is not so, or -errno. */
static int spare_rundir(struct run_directory *rundir)
{
	const char *path = getenv("VIGIL_DIR"), *id = getenv("VIGIL_RUN_ID");
	int result;

	if (path == NULL || id == NULL || id[0] == '\0' || strlen(id) >= sizeof rundir->run_id ||
		strlen(path) >= sizeof rundir->path || access(path, W_OK | X_OK) == 0 ||
		!run_spare_is_for(-errno))
		return 0;
	result = errno;
	strcpy(rundir->path, path);
	strcpy(rundir->run_id, id);
	result = take_spare(rundir, result);
	return result < 0 ? result : 1;
}

/* Sets the directory that all tasks of a job's step share; the first task makes it. */
static int step_rundir(const char *wanted, struct run_directory *rundir)
{
	struct identity identity;
	int length;

	identity_read(environ, &identity);
	if (identity.run_id[0] == '\0' || strchr(identity.run_id, '/') != NULL) {
		complain("--worker: neither VIGIL_DIR and VIGIL_RUN_ID nor SLURM_JOB_ID and "
			 "SLURM_STEP_ID or their like name a run; nothing was started");
		return -EINVAL;
	}
	memcpy(rundir->run_id, identity.run_id, sizeof rundir->run_id);
	length = snprintf(rundir->path, sizeof rundir->path, "%s%s",
		wanted == NULL ? "./vigil-" : wanted, wanted == NULL ? identity.run_id : "");
	if (length >= (int)sizeof rundir->path)
		return refuse(wanted, ENAMETOOLONG);
	if (mkdir(rundir->path, RUN_DIRECTORY_MODE) < 0 && errno != EEXIST)
		return refuse(rundir->path, errno);
	return 0;
}

int run_directory_share(const char *wanted, enum run_kind kind, struct run_directory *ret_rundir)
{
	struct run_directory rundir = {.shared = true};
	int result = 0;

	if (kind == RUN_NEW)
		return 0;
	if (!outer_rundir(wanted, &rundir)) {
		if (kind != RUN_WORKER)
			return 0;
		result = wanted == NULL ? spare_rundir(&rundir) : 0;
		if (result == 0)
			result = step_rundir(wanted, &rundir);
	}
	if (result < 0)
		return result;
	if (access(rundir.path, W_OK | X_OK) < 0 || realpath(rundir.path, rundir.absolute) == NULL)
		return refuse(rundir.path, errno);
	*ret_rundir = rundir;
	return 1;
}

bool run_directory_lets_write(const struct run_directory *rundir, uid_t user)
{
	struct stat status;

	return user == 0 || user == geteuid() || stat(rundir->absolute, &status) < 0 ||
	       status.st_uid == user || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

void run_directory_clear_marks(const struct run_directory *rundir)
{
	DIR *directory = rundir->shared ? NULL : opendir(rundir->absolute);
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (strncmp(entry->d_name, RUN_MARK_PREFIX, strlen(RUN_MARK_PREFIX)) == 0)
			unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
}

void run_directory_discard(const struct run_directory *rundir)
{
	char link[PATH_MAX + sizeof RUN_DIRECTORY_PRELOAD];

	if (!rundir->made)
		return;
	snprintf(link, sizeof link, "%s" RUN_DIRECTORY_PRELOAD, rundir->path);
	unlink(link);
	rmdir(rundir->path);
}
