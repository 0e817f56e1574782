/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/read.h"

#include "core/eventfile/rotation.h"
#include "core/eventfile/progress.h"
#include "core/eventfile/read_file.h"
#include "core/eventfile/stored.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* More threads would only wait for the disk. */
#define THREADS_MOST 16

/* A directory while it is read. */
struct folder {
	int descriptor;
	struct dirent **entries; /* scandirat()'s */
	size_t count;
	struct reading *parts; /* one an entry */
	struct progress *progress;
	_Atomic size_t next; /* the first entry that no thread has taken */
};

struct worker {
	pthread_t thread;
	struct folder *folder;
	struct arena arena; /* what the parts point to */
	int error;
};

/* Open and read NAME only if it is stored, and in this directory: reading anything else could block
 * for ever, or never come to an end. */
static int read_entry(struct reader *reader, struct reading *into, int directory, const char *name)
{
	struct stat stat;
	const char *why;
	int fd = stored_open(directory, name, true, &stat, &why), error;

	progress_next_file(reader->progress);
	if (fd < 0)
		return reading_warn(into, "%.400s: %s; passed over", name, why);
	error = reader_read(reader, into, name, fd);
	close(fd);
	return error;
}

static void *read_entries(void *argument)
{
	struct worker *worker = argument;
	struct folder *folder = worker->folder;
	struct reader reader;
	size_t i;

	worker->error = reader_begin(&reader);
	reader.progress = folder->progress;
	while (worker->error == 0 && (i = atomic_fetch_add(&folder->next, 1)) < folder->count)
		worker->error = read_entry(
			&reader, &folder->parts[i], folder->descriptor, folder->entries[i]->d_name);
	reader_end(&reader, &worker->arena);
	return NULL;
}

static size_t threads_for(const struct folder *folder)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = processors < 1 ? 1 : (size_t)processors;

	if (count > THREADS_MOST)
		count = THREADS_MOST;
	return count < folder->count ? count : folder->count;
}

/* The calling thread is the first worker; where no others can be created, it reads alone. */
static int read_parts(struct folder *folder, struct arena *arena)
{
	struct worker workers[THREADS_MOST] = {{.folder = folder}};
	size_t wanted = threads_for(folder), count = 1;
	int error;

	for (; count < wanted; count++) {
		workers[count].folder = folder;
		if (pthread_create(&workers[count].thread, NULL, read_entries, &workers[count]) !=
			0)
			break;
	}
	read_entries(&workers[0]);
	error = workers[0].error;
	arena_adopt(arena, &workers[0].arena);
	for (size_t i = 1; i < count; i++) {
		pthread_join(workers[i].thread, NULL);
		arena_adopt(arena, &workers[i].arena);
		if (error == 0)
			error = workers[i].error;
	}
	return error;
}

/* Append PART's events and warnings to READING's; PART is all zero afterwards. */
static int add_part(struct reading *reading, struct reading *part, size_t *warned)
{
	int error = 0;

	arena_adopt(&reading->arena, &part->arena);
	for (size_t i = 0; i < part->count && error == 0; i++)
		error = reading_add(reading, &part->events[i]);
	reading->torn += part->torn;
	for (size_t i = 0; i < part->warning_count && error == 0; i++)
		if ((*warned)++ < READ_WARNINGS_MOST)
			error = reading_add_warning(reading, part->warnings[i]);
	reading_release(part);
	return error;
}

static int read_folder(struct reading *reading, struct folder *folder)
{
	size_t warned = 0;
	int error = 0;

	folder->parts = calloc(folder->count + 1, sizeof *folder->parts);
	if (folder->parts == NULL)
		return -ENOMEM;
	error = read_parts(folder, &reading->arena);
	for (size_t i = 0; i < folder->count; i++) {
		if (error == 0)
			error = add_part(reading, &folder->parts[i], &warned);
		else
			reading_release(&folder->parts[i]);
	}
	if (error == 0 && warned > READ_WARNINGS_MOST)
		error = reading_warn(
			reading, "and %zu more warnings of its files", warned - READ_WARNINGS_MOST);
	free(folder->parts);
	return error;
}

static int read_directory(struct reading *reading, int directory)
{
	struct folder folder = {.descriptor = directory, .progress = reading->progress};
	int count = scandirat(directory, ".", &folder.entries, names_is_event_file, names_compare);
	int error;

	if (count < 0)
		return -errno;
	folder.count = (size_t)count;
	progress_add_files(folder.progress, folder.count);
	error = read_folder(reading, &folder);
	for (size_t i = 0; i < folder.count; i++)
		free(folder.entries[i]);
	free(folder.entries);
	return error;
}

int read_open(struct reading *reading, const char *name, int fd)
{
	struct reader reader;
	int error = reader_begin(&reader);

	reader.progress = reading->progress;
	progress_add_files(reader.progress, 1);
	progress_next_file(reader.progress);
	if (error == 0)
		error = reader_read(&reader, reading, name, fd);
	reader_end(&reader, &reading->arena);
	return error;
}

/* Open PATH if it is "-", or names a pipe that this process has open: `vigil report <(COMMAND)`. */
static int open_descriptor(const char *path)
{
	struct stat stat;
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					: open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (strcmp(path, "-") != 0) {
		struct statfs system;
		bool pipe = fstatfs(fd, &system) == 0 && (uint32_t)system.f_type == PIPEFS_MAGIC;

		close(fd);
		return pipe ? open(path, O_RDONLY | O_CLOEXEC) : -EINVAL;
	}
	if (fstat(fd, &stat) == 0 && !S_ISDIR(stat.st_mode) && !S_ISCHR(stat.st_mode) &&
		!S_ISBLK(stat.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int read_path(struct reading *reading, const char *path)
{
	int fd = open_descriptor(path), error;
	struct stat stat;

	reading->refused = NULL;
	if (fd < 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		fd = stored_open(AT_FDCWD, path, false, &stat, &reading->refused);
	if (fd < 0)
		return fd;
	if (fstat(fd, &stat) < 0)
		error = -errno;
	else if (S_ISDIR(stat.st_mode))
		error = read_directory(reading, fd);
	else
		error = read_open(reading, path, fd);
	close(fd);
	return error;
}
