/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/spool.h"

#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/run_name.h"
#include "core/base/text.h"
#include "core/events/event.h"
#include "core/eventfile/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line of the state file: how far a file was acknowledged, in as many digits, and its name. */
#define STATE_DIGITS 20

/* The first line, by which a file is known, is looked for in as much. */
#define FIRST_LINE_MOST (2 * EVENT_LINE_MAX)

int spool_open(struct spool *spool, const char *directory, const char *state_directory,
	const char *hostname, const char *url, const char *stream)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, url, strlen(url) + 1);
	char host[HOSTNAME_SIZE] = "localhost";

	hash = hash_bytes(hash, stream, strlen(stream));
	*spool = (struct spool){.hostname = hostname, .state_directory = -1, .state = -1};
	gethostname(host, sizeof host - 1);
	for (char *at = host; (at = strchr(at, '/')) != NULL;)
		*at = '_';
	text_format(spool->state_stem, sizeof spool->state_stem, SPOOL_STATE_PREFIX "%08x%08x-",
		(unsigned)(hash >> 32), (unsigned)hash);
	text_format(spool->state_name, sizeof spool->state_name, "%s%s", spool->state_stem, host);
	spool->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->directory < 0)
		return -errno;
	/* Without it, everything is sent. */
	spool->state_directory =
		open(state_directory ?: directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static struct spool_file *file_of_wire(struct spool *spool, const char *wire)
{
	for (size_t i = 0; i < spool->count; i++)
		if (strcmp(spool->files[i].wire, wire) == 0)
			return &spool->files[i];
	return NULL;
}

/* Take a line of a state file, the one at OFFSET. */
static void take_state(struct spool *spool, const char *line, uint64_t offset, bool own)
{
	int64_t acknowledged;
	char digits[STATE_DIGITS + 1];
	struct spool_file *file;

	if (strlen(line) < STATE_DIGITS + 2)
		return;
	memcpy(digits, line, STATE_DIGITS);
	digits[STATE_DIGITS] = '\0';
	file = file_of_wire(spool, line + STATE_DIGITS + 1);
	if (file == NULL || !number_parse(digits, &acknowledged) || acknowledged < 0)
		return;
	if (own)
		file->slot = (size_t)offset;
	if ((uint64_t)acknowledged > file->acknowledged && (uint64_t)acknowledged <= file->size) {
		file->acknowledged = (uint64_t)acknowledged;
		if (file->sent < file->acknowledged)
			file->sent = file->acknowledged;
	}
}

static void read_state_file(struct spool *spool, const char *name)
{
	int fd = openat(
		spool->state_directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	size_t size = 0;
	uint64_t offset = 0;
	ssize_t length;

	if (file == NULL && fd >= 0)
		close(fd);
	while (file != NULL && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n') {
			line[length - 1] = '\0';
			take_state(spool, line, offset, strcmp(name, spool->state_name) == 0);
		}
		offset += (uint64_t)length;
	}
	free(line);
	if (file != NULL)
		fclose(file);
}

static DIR *listed(int parent)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (directory == NULL && fd >= 0)
		close(fd);
	return directory;
}

void spool_read_state(struct spool *spool)
{
	DIR *directory = listed(spool->state_directory);
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (text_after(entry->d_name, spool->state_stem) != NULL)
			read_state_file(spool, entry->d_name);
	closedir(directory);
}

bool spool_lock(struct spool *spool)
{
	struct stat stat;
	int fd;

	if (spool->state >= 0)
		return true;
	fd = openat(spool->state_directory, spool->state_name,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return true;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close(fd);
		return false;
	}
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		close(fd);
		return true;
	}
	spool->state = fd;
	spool->state_size = (uint64_t)stat.st_size;
	spool_read_state(spool);
	return true;
}

/* The bytes of the first line of NAME, at BYTES of FIRST_LINE_MOST bytes; 0: there is none yet. */
static size_t first_line(int directory, const char *name, char *bytes, bool last)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t count = fd < 0 ? -1 : pread(fd, bytes, FIRST_LINE_MOST, 0);
	char *newline = count > 0 ? memchr(bytes, '\n', (size_t)count) : NULL;

	if (fd >= 0)
		close(fd);
	if (newline != NULL)
		return (size_t)(newline - bytes) + 1;
	return count > 0 && (last || (size_t)count == FIRST_LINE_MOST) ? (size_t)count : 0;
}

static struct spool_file *file_of_inode(struct spool *spool, const struct stat *stat)
{
	for (size_t i = 0; i < spool->count; i++)
		if (spool->files[i].inode == stat->st_ino && spool->files[i].device == stat->st_dev)
			return &spool->files[i];
	return NULL;
}

static struct spool_file *add_file(struct spool *spool)
{
	struct spool_file *grown;

	if (spool->count == spool->room) {
		size_t room = spool->room == 0 ? 16 : 2 * spool->room;

		grown = realloc(spool->files, room * sizeof *grown);
		if (grown == NULL)
			return NULL;
		spool->files = grown;
		spool->room = room;
	}
	return &spool->files[spool->count++];
}

/* Note the file NAME, which was not there before, or is another one now. Returns whether it is
 * new. */
static bool note(struct spool *spool, struct spool_file *file, const char *name,
	const struct stat *stat, bool last)
{
	static char line[FIRST_LINE_MOST];
	char wire[MESSAGE_FILE_SIZE];
	size_t count = first_line(spool->directory, name, line, last);

	if (count == 0 || !message_file_name(name, line, count, wire))
		return false;
	if (file == NULL && (file = add_file(spool)) == NULL)
		return false;
	*file = (struct spool_file){.device = stat->st_dev,
		.inode = stat->st_ino,
		.size = (uint64_t)stat->st_size,
		.slot = SIZE_MAX};
	text_format(file->name, sizeof file->name, "%s", name);
	memcpy(file->wire, wire, sizeof wire);
	message_host(name, file->host);
	return true;
}

/* Returns whether the file NAME is new. */
static bool look_at(struct spool *spool, const char *name, bool last)
{
	struct spool_file *file;
	struct stat stat;

	if (fstatat(spool->directory, name, &stat, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(stat.st_mode) || stat.st_size == 0)
		return false;
	file = file_of_inode(spool, &stat);
	if (file == NULL || (uint64_t)stat.st_size < file->size)
		return note(spool, file, name, &stat, last);
	file->size = (uint64_t)stat.st_size;
	if (strcmp(file->name, name) != 0)
		text_format(file->name, sizeof file->name, "%s", name);
	return false;
}

void spool_scan(struct spool *spool, bool last)
{
	DIR *directory = listed(spool->directory);
	struct dirent *entry;
	bool is_new = false;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.' && names_is_event_file(entry) != 0 &&
			(spool->hostname == NULL ||
				run_name_is_of_host(entry->d_name, spool->hostname)))
			is_new |= look_at(spool, entry->d_name, last);
	closedir(directory);
	if (is_new)
		spool_read_state(spool);
}

bool spool_has(int directory, const char *wire)
{
	const char *ending = strstr(wire, ".jsonl.");
	size_t stem = ending == NULL ? strlen(wire) : (size_t)(ending - wire) + strlen(".jsonl");
	DIR *list = listed(directory);
	struct dirent *entry;
	bool found = false;

	while (list != NULL && !found && (entry = readdir(list)) != NULL) {
		static char line[FIRST_LINE_MOST];
		char name[MESSAGE_FILE_SIZE];
		size_t count;

		if (strncmp(entry->d_name, wire, stem) != 0 || strcmp(entry->d_name, wire) == 0 ||
			names_is_event_file(entry) == 0)
			continue;
		count = first_line(directory, entry->d_name, line, true);
		found = count > 0 && message_file_name(entry->d_name, line, count, name) &&
			strcmp(name, wire) == 0;
	}
	if (list != NULL)
		closedir(list);
	return found;
}

/* Where the last whole line of FILE ends; its size where that cannot be read. */
static uint64_t lines_end(const struct spool *spool, const struct spool_file *file)
{
	int fd = openat(
		spool->directory, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint64_t end = file->size;
	char bytes[4096];

	while (fd >= 0 && end > 0) {
		size_t count = end < sizeof bytes ? (size_t)end : sizeof bytes;
		ssize_t got = pread(fd, bytes, count, (off_t)(end - count));
		const char *newline = got > 0 ? memrchr(bytes, '\n', (size_t)got) : NULL;

		if (got != (ssize_t)count) {
			end = file->size;
			break;
		}
		end -= count;
		if (newline != NULL) {
			end += (uint64_t)(newline - bytes) + 1;
			break;
		}
	}
	if (fd >= 0)
		close(fd);
	return end;
}

void spool_set_targets(struct spool *spool, bool whole)
{
	for (size_t i = 0; i < spool->count; i++)
		spool->files[i].target =
			whole ? lines_end(spool, &spool->files[i]) : spool->files[i].size;
}

uint64_t spool_left(const struct spool *spool, size_t *ret_files, const char **ret_first)
{
	uint64_t left = 0;

	*ret_files = 0;
	*ret_first = "";
	for (size_t i = 0; i < spool->count; i++) {
		const struct spool_file *file = &spool->files[i];

		if (file->acknowledged >= file->target)
			continue;
		if ((*ret_files)++ == 0)
			*ret_first = file->name;
		left += file->target - file->acknowledged;
	}
	return left;
}

size_t spool_read(const struct spool *spool, const struct spool_file *file, char *bytes,
	size_t room, bool last)
{
	int fd = openat(
		spool->directory, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat stat;
	ssize_t count = -1;
	char *newline;

	if (fd >= 0 && fstat(fd, &stat) == 0 && stat.st_ino == file->inode &&
		stat.st_dev == file->device)
		count = pread(fd, bytes, room, (off_t)file->sent);
	if (fd >= 0)
		close(fd);
	if (count <= 0)
		return 0;
	newline = memrchr(bytes, '\n', (size_t)count);
	if (newline != NULL)
		return (size_t)(newline - bytes) + 1;
	return last || (size_t)count == room ? (size_t)count : 0;
}

/* Write what was acknowledged of FILE at its line of the state file, or behind the last one. */
static void write_state(struct spool *spool, struct spool_file *file)
{
	char line[STATE_DIGITS + MESSAGE_FILE_SIZE + 2];
	struct text text;

	if (spool->state < 0)
		return;
	text_init(&text, line, sizeof line);
	text_printf(&text, "%020lu", (unsigned long)file->acknowledged);
	if (file->slot == SIZE_MAX) {
		text_printf(&text, " %s\n", file->wire);
		if (pwrite(spool->state, line, text.length, (off_t)spool->state_size) ==
			(ssize_t)text.length) {
			file->slot = (size_t)spool->state_size;
			spool->state_size += text.length;
		}
	} else if (pwrite(spool->state, line, STATE_DIGITS, (off_t)file->slot) < 0) {
		file->slot = SIZE_MAX;
	}
}

void spool_acknowledge(struct spool *spool, struct spool_file *file, uint64_t offset)
{
	if (offset <= file->acknowledged)
		return;
	file->acknowledged = offset;
	write_state(spool, file);
}

void spool_rewind(struct spool *spool, bool all)
{
	for (size_t i = 0; i < spool->count; i++) {
		struct spool_file *file = &spool->files[i];

		if (all)
			file->acknowledged = 0;
		file->sent = file->acknowledged;
	}
}

void spool_close(struct spool *spool)
{
	if (spool->state >= 0)
		close(spool->state);
	if (spool->directory >= 0)
		close(spool->directory);
	if (spool->state_directory >= 0)
		close(spool->state_directory);
	free(spool->files);
	*spool = (struct spool){.directory = -1, .state_directory = -1, .state = -1};
}
