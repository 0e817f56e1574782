/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/follow.h"

#include "core/base/grow.h"
#include "core/base/order.h"
#include "core/eventfile/rotation.h"
#include "core/eventfile/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int follow_begin(struct following *following, const char *const *paths, size_t count)
{
	*following = (struct following){.paths = paths, .path_count = count};
	return reader_begin(&following->reader);
}

static int compare(const struct followed_file *file, const struct stat *stat)
{
	return file->device != stat->st_dev ? COMPARE(file->device, stat->st_dev)
					    : COMPARE(file->inode, stat->st_ino);
}

/* The entry of the file with STAT. NULL: there is none; *RET_AT is the index where it belongs. */
static struct followed_file *find_file(
	const struct followed_files *files, const struct stat *stat, size_t *ret_at)
{
	*ret_at = LOWER_BOUND(i, files->count, compare(&files->files[i], stat) < 0);
	return *ret_at < files->count && compare(&files->files[*ret_at], stat) == 0
		       ? &files->files[*ret_at]
		       : NULL;
}

struct followed_file *followed_file(
	struct followed_files *files, const char *name, const struct stat *stat)
{
	size_t at;
	struct followed_file *file = find_file(files, stat, &at);
	char *copy;

	if (file != NULL)
		return file;
	copy = strdup(name);
	if (copy == NULL || !grow(&files->files, &files->room, files->count, sizeof *file)) {
		free(copy);
		return NULL;
	}
	file = &files->files[at];
	memmove(file + 1, file, (files->count++ - at) * sizeof *file);
	*file = (struct followed_file){
		.file.name = copy, .device = stat->st_dev, .inode = stat->st_ino, .fd = -1};
	return file;
}

void followed_files_release(struct followed_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free((char *)(uintptr_t)files->files[i].file.name);
		if (files->files[i].fd >= 0)
			close(files->files[i].fd);
	}
	free(files->files);
	*files = (struct followed_files){.count = 0};
}

/* A file that has shrunk was begun anew, and is read from its start. */
static int read_file_more(struct following *following, const char *name, int fd)
{
	struct followed_file *file;
	struct stat stat;

	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode))
		return 0;
	file = followed_file(&following->files, name, &stat);
	if (file == NULL)
		return -ENOMEM;
	if (stat.st_size < file->file.offset)
		file->file.offset = 0;
	if (stat.st_size == file->file.offset)
		return 0;
	return reader_read_more(&following->reader, &following->reading, &file->file, fd);
}

/* One warning for each name, and FOLLOW_REFUSED_MOST in all. */
static int note_refused(struct following *following, const char *name, const char *why)
{
	char *line;

	for (size_t i = 0; i < following->refused_count; i++)
		if (strncmp(following->refused[i], name, strlen(name)) == 0 &&
			following->refused[i][strlen(name)] == ':')
			return 0;
	if (following->refused_count == FOLLOW_REFUSED_MOST)
		return 0;
	if (asprintf(&line, "%s: %s; passed over", name, why) < 0)
		return -ENOMEM;
	following->refused[following->refused_count++] = line;
	return 0;
}

/* Read an entry of DIRECTORY, which is opened only if it has grown. */
static int read_entry(struct following *following, int directory, const char *name)
{
	const struct followed_file *file;
	struct stat stat;
	const char *why;
	size_t at;
	int fd, error;

	if (fstatat(directory, name, &stat, 0) < 0)
		return 0;
	file = find_file(&following->files, &stat, &at);
	if (file != NULL && file->file.offset == stat.st_size)
		return 0;
	fd = stored_open(directory, name, true, &stat, &why);
	if (fd < 0) /* one that was there a moment ago has been renamed, and is read by that name */
		return fd == -ENOENT || fd == -ESTALE ? 0 : note_refused(following, name, why);
	error = read_file_more(following, name, fd);
	close(fd);
	return error;
}

static int read_directory_more(struct following *following, int directory)
{
	struct dirent **entries;
	int count = scandirat(directory, ".", &entries, names_is_event_file, names_compare);
	int error = count < 0 ? -errno : 0;

	for (int i = 0; i < count; i++) {
		if (error == 0)
			error = read_entry(following, directory, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return error;
}

static int read_path_more(struct following *following, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error;
	bool directory = fd >= 0;
	struct stat stat;

	following->refused_path = NULL;
	if (!directory)
		fd = stored_open(AT_FDCWD, path, false, &stat, &following->refused_path);
	if (fd < 0)
		return fd;
	error = directory ? read_directory_more(following, fd)
			  : read_file_more(following, path, fd);
	close(fd);
	return error;
}

ssize_t follow_more(struct following *following)
{
	size_t before = following->reading.count;

	for (size_t i = 0; i < following->path_count; i++) {
		int error = read_path_more(following, following->paths[i]);

		if (error < 0)
			return error;
	}
	return (ssize_t)(following->reading.count - before);
}

int follow_warn(const struct following *following, struct reading *into)
{
	int error = 0;

	for (size_t i = 0; i < following->files.count && error == 0; i++)
		error = reader_warn(into, &following->files.files[i].file);
	for (size_t i = 0; i < following->refused_count && error == 0; i++)
		error = reading_warn(into, "%s", following->refused[i]);
	return error;
}

void follow_end(struct following *following)
{
	reader_end(&following->reader, &following->reading.arena);
	reading_release(&following->reading);
	for (size_t i = 0; i < following->refused_count; i++)
		free(following->refused[i]);
	followed_files_release(&following->files);
	*following = (struct following){0};
}
