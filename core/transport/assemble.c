/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/assemble.h"

#include "core/base/hash.h"
#include "core/transport/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0600

struct held {
	struct held *next;
	uint64_t offset;
	size_t count;
	char bytes[];
};

int assembly_begin(struct assembly *assembly, const char *directory)
{
	*assembly =
		(struct assembly){.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	return assembly->directory < 0 ? -errno : 0;
}

/* The place of NAME in the table: its entry, or an empty one. */
static struct assembled_file *slot_of(struct assembled_file *files, size_t room, const char *name)
{
	size_t at = (size_t)hash_bytes(HASH_BEGIN, name, strlen(name)) & (room - 1);

	while (files[at].name[0] != '\0' && strcmp(files[at].name, name) != 0)
		at = (at + 1) & (room - 1);
	return &files[at];
}

static bool grow(struct assembly *assembly)
{
	size_t room = assembly->room == 0 ? 64 : 2 * assembly->room;
	struct assembled_file *grown = calloc(room, sizeof *grown);

	if (grown == NULL)
		return false;
	for (size_t i = 0; i < assembly->room; i++)
		if (assembly->files[i].name[0] != '\0')
			*slot_of(grown, room, assembly->files[i].name) = assembly->files[i];
	free(assembly->files);
	assembly->files = grown;
	assembly->room = room;
	return true;
}

/* The file NAME, which may be new; NULL: there is no memory, or there are too many. */
static struct assembled_file *file_of(struct assembly *assembly, const char *name)
{
	struct assembled_file *file;
	struct stat stat;

	if (2 * assembly->count >= assembly->room && !grow(assembly))
		return NULL;
	file = slot_of(assembly->files, assembly->room, name);
	if (file->name[0] != '\0')
		return file;
	if (assembly->count >= ASSEMBLY_FILES_MOST)
		return NULL;
	assembly->count++;
	strcpy(file->name, name);
	file->is_ours = spool_has(assembly->directory, name);
	if (fstatat(assembly->directory, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(stat.st_mode))
		file->size = (uint64_t)stat.st_size;
	return file;
}

/* Append COUNT BYTES. Returns 0 or -errno. */
static int append(
	struct assembly *assembly, struct assembled_file *file, const char *bytes, size_t count)
{
	int fd = openat(assembly->directory, file->name,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
	ssize_t written;
	int error = fd < 0 ? -errno : 0;

	while (error == 0 && count > 0) {
		written = write(fd, bytes, count);
		if (written < 0) {
			error = -errno;
			break;
		}
		bytes += written;
		count -= (size_t)written;
		file->size += (uint64_t)written;
	}
	if (fd >= 0)
		close(fd);
	return error;
}

/* Append what lies at OFFSET, which is not behind the end of FILE, as far as it is new. */
static int append_new(struct assembly *assembly, struct assembled_file *file, uint64_t offset,
	const char *bytes, size_t count)
{
	uint64_t known = file->size - offset;

	if (known >= count)
		return 0;
	return append(assembly, file, bytes + known, count - (size_t)known);
}

static void hold(struct assembly *assembly, struct assembled_file *file,
	const struct message_place *place, const char *bytes)
{
	struct held **at = &file->held, *held = NULL;

	if (assembly->held + place->length <= ASSEMBLY_HELD_MOST)
		held = malloc(sizeof *held + place->length);
	if (held == NULL) {
		assembly->missed += place->length;
		return;
	}
	held->offset = place->offset;
	held->count = place->length;
	memcpy(held->bytes, bytes, place->length);
	while (*at != NULL && (*at)->offset < held->offset)
		at = &(*at)->next;
	held->next = *at;
	*at = held;
	assembly->held += held->count;
}

/* Take the first held piece of FILE out of the list, append it and release it. */
static int append_first(struct assembly *assembly, struct assembled_file *file)
{
	struct held *held = file->held;
	int error = append_new(assembly, file, held->offset, held->bytes, held->count);

	file->held = held->next;
	assembly->held -= held->count;
	free(held);
	return error;
}

int assembly_add(struct assembly *assembly, const struct message_place *place, const char *bytes)
{
	struct assembled_file *file = file_of(assembly, place->file);
	int error;

	if (file == NULL)
		return -EMFILE;
	if (file->is_ours)
		return 0;
	if (place->offset > file->size) {
		hold(assembly, file, place, bytes);
		return 0;
	}
	error = append_new(assembly, file, place->offset, bytes, place->length);
	while (error == 0 && file->held != NULL && file->held->offset <= file->size)
		error = append_first(assembly, file);
	return error;
}

void assembly_flush(struct assembly *assembly)
{
	for (size_t i = 0; i < assembly->room; i++) {
		struct assembled_file *file = &assembly->files[i];

		while (file->held != NULL) {
			uint64_t offset = file->held->offset;

			if (offset > file->size) {
				assembly->missed += (size_t)(offset - file->size);
				file->size = offset; /* of what was sent, not of what is here */
			}
			append_first(assembly, file);
		}
	}
}

void assembly_end(struct assembly *assembly)
{
	for (size_t i = 0; i < assembly->room; i++)
		while (assembly->files[i].held != NULL) {
			struct held *held = assembly->files[i].held;

			assembly->files[i].held = held->next;
			free(held);
		}
	free(assembly->files);
	if (assembly->directory >= 0)
		close(assembly->directory);
	*assembly = (struct assembly){.directory = -1};
}
