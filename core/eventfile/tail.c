/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/tail.h"

#include "core/base/number.h"
#include "core/base/run_name.h"
#include "core/eventfile/stored.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most files of one host: a job has fewer users. */
#define FILES_MAX 256

typedef void on_name(struct tail *tail, int directory, const char *name);

/* Call DO_IT for each file in the directory that is this host's. */
static void each_name(struct tail *tail, on_name *do_it)
{
	DIR *listed = opendir(tail->directory);
	struct dirent *entry;

	while (listed != NULL && (entry = readdir(listed)) != NULL)
		if (run_name_is_of_host(entry->d_name, tail->hostname))
			do_it(tail, dirfd(listed), entry->d_name);
	if (listed != NULL)
		closedir(listed);
}

static struct followed_file *file_of(struct tail *tail, const char *name, const struct stat *stat)
{
	return tail->files.count < FILES_MAX ? followed_file(&tail->files, name, stat) : NULL;
}

static void pass_over(struct tail *tail, int directory, const char *name)
{
	struct followed_file *file = NULL;
	struct stat stat;

	if (fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(stat.st_mode))
		file = file_of(tail, name, &stat);
	if (file != NULL)
		file->file.offset = stat.st_size;
}

static void hold_open(struct tail *tail, int directory, const char *name)
{
	struct stat stat;
	const char *why;
	int fd = stored_open(directory, name, true, &stat, &why);
	struct followed_file *file = fd < 0 ? NULL : file_of(tail, name, &stat);

	if (file != NULL && file->fd < 0)
		file->fd = fd;
	else if (fd >= 0)
		close(fd);
}

void tail_begin(struct tail *tail, const char *directory, const char *hostname)
{
	tail->directory = directory;
	tail->hostname = hostname;
	tail->files = (struct followed_files){.count = 0};
	tail->changes = -1;
	if (!tail->from_start)
		each_name(tail, pass_over);
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

/* Whether LINE, as vigil writes it, is about an INIT, a termination or a kill(), and is wanted. */
static bool is_wanted(const struct tail *tail, const char *line, size_t count)
{
	const char *end = line + count, *state = behind(line, count, "\"node_state\":\"");
	const char *pid = state == NULL ? NULL : behind(state, (size_t)(end - state), "\"pid\":");

	if (pid == NULL || (begins(state, end, "RUNNING\"") &&
				   memmem(line, (size_t)(state - line), ":kill\"", 6) == NULL))
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
		each_name(tail, hold_open);
	else
		tail_close(tail);
	return error;
}

void tail_read_changes(struct tail *tail)
{
	char changes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool created = false;
	ssize_t count;

	while ((count = read(tail->changes, changes, sizeof changes)) > 0)
		for (ssize_t at = 0; at < count;) {
			const struct inotify_event *event = (const void *)(changes + at);

			created |= (event->mask & IN_CREATE) != 0 && event->len > 0 &&
				   run_name_is_of_host(event->name, tail->hostname);
			at += (ssize_t)(sizeof *event + event->len);
		}
	if (created)
		each_name(tail, hold_open);
}

void tail_read(struct tail *tail)
{
	if (tail->changes < 0)
		return;
	tail_read_changes(tail); /* files that are new */
	for (size_t i = 0; i < tail->files.count; i++) {
		struct followed_file *file = &tail->files.files[i];

		if (file->fd >= 0)
			reader_read_more(&tail->reader, NULL, &file->file, file->fd);
	}
	reader_forget(&tail->reader);
}

void tail_close(struct tail *tail)
{
	struct arena arena = {0};

	reader_end(&tail->reader, &arena);
	arena_release(&arena);
	followed_files_release(&tail->files);
	if (tail->changes >= 0)
		close(tail->changes);
	tail->changes = -1;
}
