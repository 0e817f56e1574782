/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/tail.h"

#include "core/base/number.h"
#include "core/base/run_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of one host: more users than a job has. */
#define FILES_MAX 256

static struct tail_file *find(struct tail *tail, const char *name)
{
	for (size_t i = 0; i < tail->file_count; i++)
		if (strcmp(tail->files[i].file.name, name) == 0)
			return &tail->files[i];
	return NULL;
}

/* O_NONBLOCK: others may have put a FIFO there. Returns -1 where NAME is no file to be read. */
static int open_regular(const struct tail *tail, const char *name)
{
	struct stat stat;
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof path, "%s/%s", tail->directory, name) >= (int)sizeof path)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd >= 0 && (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* NAME, if it is an event file of this host and not known yet, from its byte AT on. */
static struct tail_file *add(struct tail *tail, const char *name, off_t at)
{
	struct tail_file *files, file = {.fd = -1, .file.offset = at};

	if (!run_name_is_of_host(name, tail->hostname) || tail->file_count == FILES_MAX ||
		find(tail, name) != NULL)
		return NULL;
	files = realloc(tail->files, (tail->file_count + 1) * sizeof *files);
	if (files == NULL)
		return NULL;
	tail->files = files;
	file.file.name = strdup(name);
	if (file.file.name == NULL)
		return NULL;
	files[tail->file_count] = file;
	return &files[tail->file_count++];
}

/* A file that has come since tail_begin(). One that cannot be read may be replaced by one that can
 * be. */
static void add_new(struct tail *tail, const char *name)
{
	struct tail_file *file = add(tail, name, 0);

	if (file == NULL)
		return;
	file->fd = open_regular(tail, name);
	if (file->fd < 0) {
		free((char *)(uintptr_t)file->file.name);
		tail->file_count--;
	}
}

void tail_begin(struct tail *tail, const char *directory, const char *hostname)
{
	DIR *listed = opendir(directory);
	struct dirent *entry;
	struct stat stat;

	tail->directory = directory;
	tail->hostname = hostname;
	tail->files = NULL;
	tail->file_count = 0;
	tail->changes = -1;
	while (listed != NULL && (entry = readdir(listed)) != NULL)
		if (fstatat(dirfd(listed), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(stat.st_mode))
			add(tail, entry->d_name, stat.st_size);
	if (listed != NULL)
		closedir(listed);
}

static void open_all(struct tail *tail)
{
	DIR *listed = opendir(tail->directory);
	struct dirent *entry;

	for (size_t i = 0; i < tail->file_count; i++)
		tail->files[i].fd = open_regular(tail, tail->files[i].file.name);
	while (listed != NULL && (entry = readdir(listed)) != NULL)
		add_new(tail, entry->d_name);
	if (listed != NULL)
		closedir(listed);
}

/* What stands behind the first KEY in LINE; NULL when it is not there. A quote within a string has
 * a backslash before it: KEY, which begins with one, is no part of a string. */
static const char *behind(const char *line, size_t count, const char *key)
{
	const char *at = memmem(line, count, key, strlen(key));

	return at == NULL ? NULL : at + strlen(key);
}

int64_t tail_number(const char *line, size_t count, const char *key)
{
	const char *number = behind(line, count, key);

	return number == NULL ? 0 : number_prefix(number);
}

static bool begins(const char *at, const char *end, const char *word)
{
	return (size_t)(end - at) > strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

/* Whether LINE, an event's as vigil writes it, is a beginning or an end, and somebody wants it. */
static bool is_wanted(const struct tail *tail, const char *line, size_t count)
{
	const char *end = line + count, *state = behind(line, count, "\"node_state\":\"");
	const char *pid = state == NULL ? NULL : behind(state, (size_t)(end - state), "\"pid\":");

	if (pid == NULL || begins(state, end, "RUNNING\""))
		return false;
	return tail->wants(tail->context, (pid_t)number_prefix(pid), begins(state, end, "INIT\""),
		line, count);
}

static void on_line(void *context, struct decoder *decoder, const char *line, size_t count)
{
	const struct tail *tail = context;
	struct event_record record;

	if (is_wanted(tail, line, count) &&
		decode_line(decoder, line, count, &record) == LINE_EVENT)
		tail->takes(tail->context, &record);
}

int tail_open(struct tail *tail)
{
	int error = reader_begin(&tail->reader);

	tail->reader.on_line = on_line;
	tail->reader.context = tail;
	tail->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (error == 0 && (tail->changes < 0 || inotify_add_watch(tail->changes, tail->directory,
							IN_MODIFY | IN_CREATE) < 0))
		error = -errno;
	if (error == 0)
		open_all(tail);
	else
		tail_close(tail);
	return error;
}

void tail_heard(struct tail *tail)
{
	char changes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t count;

	while ((count = read(tail->changes, changes, sizeof changes)) > 0)
		for (ssize_t at = 0; at < count;) {
			const struct inotify_event *event = (const void *)(changes + at);

			if (event->len > 0)
				add_new(tail, event->name);
			at += (ssize_t)(sizeof *event + event->len);
		}
}

void tail_read(struct tail *tail)
{
	if (tail->changes < 0)
		return;
	tail_heard(tail); /* files that are new */
	for (size_t i = 0; i < tail->file_count; i++)
		if (tail->files[i].fd >= 0)
			reader_read_more(
				&tail->reader, NULL, &tail->files[i].file, tail->files[i].fd);
	reader_forget(&tail->reader);
}

void tail_close(struct tail *tail)
{
	struct arena arena = {0};

	reader_end(&tail->reader, &arena);
	arena_release(&arena);
	for (size_t i = 0; i < tail->file_count; i++) {
		if (tail->files[i].fd >= 0)
			close(tail->files[i].fd);
		free((char *)(uintptr_t)tail->files[i].file.name);
	}
	free(tail->files);
	tail->files = NULL;
	tail->file_count = 0;
	if (tail->changes >= 0)
		close(tail->changes);
	tail->changes = -1;
}
