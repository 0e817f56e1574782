/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/dump_files.h"

#include "core/base/grow.h"
#include "core/base/number.h"
#include "core/base/order.h"
#include "core/base/path.h"
#include "core/eventfile/stored.h"
#include "core/report/dumps/dump_json.h"
#include "core/report/dumps/flight_recorder.h"
#include "core/report/dumps/pickle.h"
#include "core/report/dumps/ras.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A buffer of 2,000 calls with their stacks makes some megabytes. */
#define FILE_MOST ((off_t)128 * 1024 * 1024)
#define INPUT_AT_FIRST ((size_t)64 * 1024)
#define MEMORY_MOST ((size_t)1024 * 1024 * 1024)

/* No job has more. */
#define RANKS_MOST 10000000

/* The names of dumps, before the rank, where no variable says another one: PyTorch's up to 2.8, and
 * newer. */
static const char *const own_names[] = {"nccl_trace_rank_", "comm_lib_trace_rank_"};
static const char *const endings[] = {".json", ".pkl", ".pickle"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What a file is called, and of which rank it is. */
struct dump_name {
	const char *shown;
	int64_t rank; /* -1: its name does not say */
};

static bool warn(struct reading *warnings, const char *shown, const char *why)
{
	return reading_warn(warnings, "%.400s: %.400s; no dump is read from it", shown, why) == 0;
}

/* The length of NAME without an ending. */
static size_t stem_length(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < COUNT(endings); i++) {
		size_t ending = strlen(endings[i]);

		if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
			return length - ending;
	}
	return length;
}

/* The number that NAME ends with, and in *RET_PREFIX how many bytes are before that; -1: none. */
static int64_t rank_in(const char *name, size_t *ret_prefix)
{
	size_t end = stem_length(name), start = end;
	const char *at;
	int64_t rank;

	while (start > 0 && is_digit(name[start - 1]))
		start--;
	at = name + start;
	rank = start == end ? -1 : number_take(&at, SIZE_MAX);
	*ret_prefix = start;
	return rank <= RANKS_MOST ? rank : -1;
}

static int compare_dumps(const void *a, const void *b)
{
	const struct rank_dump *one = a, *other = b;

	return COMPARE(one->rank, other->rank) ?: strcmp(one->path, other->path);
}

static int add_recorder(struct dump_set *set, const struct dump_value *value,
	const struct dump_name *name, int64_t written_us)
{
	struct rank_dump *dump;

	if (!grow(&set->dumps, &set->room, set->count, sizeof *set->dumps))
		return -ENOMEM;
	dump = &set->dumps[set->count];
	*dump = (struct rank_dump){.rank = name->rank,
		.path = dump_set_text(set, name->shown),
		.written_us = written_us};
	if (dump->path == NULL || !flight_recorder_read(set, value, dump))
		return -ENOMEM;
	set->count++;
	return 0;
}

static int add_ras(struct dump_set *set, const struct dump_value *value)
{
	const struct dump_value *list = dump_get(value, "communicators");

	for (size_t i = 0; i < dump_count(list); i++) {
		struct ras_communicator *communicator;

		if (!grow(&set->communicators, &set->communicator_room, set->communicator_count,
			    sizeof *set->communicators))
			return -ENOMEM;
		communicator = &set->communicators[set->communicator_count];
		*communicator = (struct ras_communicator){.size = -1};
		if (!ras_read(set, dump_item(list, i), communicator))
			return -ENOMEM;
		set->communicator_count++;
	}
	return 0;
}

/* The value that the COUNT BYTES are, or NULL, and why in WHY. */
static struct dump_value *parse(
	const char *bytes, size_t count, struct dump_memory *memory, struct text *why)
{
	size_t start = 0;
	struct dump_value *value;

	while (start < count && strchr(" \t\r\n", bytes[start]) != NULL && bytes[start] != '\0')
		start++;
	if (start == count) {
		text_add(why, "it is empty");
		return NULL;
	}
	if (bytes[start] != '{' && bytes[start] != '[')
		return pickle_parse(bytes, count, memory, why);
	value = dump_json_parse(bytes, count, memory);
	if (value == NULL)
		text_add(why, "it is no whole JSON");
	return value;
}

static int take_bytes(struct dump_set *set, const char *bytes, size_t count,
	const struct dump_name *name, int64_t written_us, struct reading *warnings)
{
	struct dump_memory memory = {.left = MEMORY_MOST};
	char buffer[256];
	struct text why;
	struct dump_value *value;
	int error = 0;

	text_init(&why, buffer, sizeof buffer);
	value = parse(bytes, count, &memory, &why);
	if (value != NULL && ras_is(value))
		error = add_ras(set, value);
	else if (value != NULL && flight_recorder_is(value) && name->rank >= 0)
		error = add_recorder(set, value, name, written_us);
	else if (value != NULL && flight_recorder_is(value))
		text_add(&why, "its name does not end with the number of a rank");
	else if (value != NULL)
		text_add(&why, "it is neither of PyTorch's Flight Recorder nor of NCCL's RAS");
	if (error == 0 && why.length > 0 && !warn(warnings, name->shown, buffer))
		error = -ENOMEM;
	arena_release(&memory.arena);
	return error;
}

/* Reads the whole of FD. Returns how many bytes, or -errno. */
static ssize_t read_whole(int fd, char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t count = read(fd, bytes + length, size - length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		length += (size_t)count;
	}
	return (ssize_t)length;
}

static int read_stored(struct dump_set *set, int fd, const struct stat *stat,
	const struct dump_name *name, struct reading *warnings)
{
	size_t size = (size_t)stat->st_size;
	char *bytes;
	ssize_t count;
	int error;

	if (stat->st_size > FILE_MOST)
		return warn(warnings, name->shown, "it is larger than any dump") ? 0 : -ENOMEM;
	bytes = malloc(size + 1);
	if (bytes == NULL)
		return -ENOMEM;
	count = read_whole(fd, bytes, size);
	if (count < 0)
		error = warn(warnings, name->shown, strerror((int)-count)) ? 0 : -ENOMEM;
	else
		error = take_bytes(set, bytes, (size_t)count, name,
			stat->st_mtim.tv_sec * (int64_t)1000000 + stat->st_mtim.tv_nsec / 1000,
			warnings);
	free(bytes);
	return error;
}

/* Reads standard input, to its end, as RAS's output is piped. */
static int read_input(struct dump_set *set, struct reading *warnings)
{
	const struct dump_name name = {"standard input", -1};
	char *bytes = NULL, *larger;
	size_t size = 0, length = 0;
	ssize_t count = 1;
	int error;

	for (; count > 0 && length < (size_t)FILE_MOST; length += (size_t)count) {
		size = size == 0 ? INPUT_AT_FIRST : 2 * size;
		larger = realloc(bytes, size);
		if (larger == NULL) {
			free(bytes);
			return -ENOMEM;
		}
		bytes = larger;
		count = read_whole(STDIN_FILENO, bytes + length, size - length);
		if (count < 0)
			break;
	}
	if (count < 0)
		error = warn(warnings, name.shown, strerror((int)-count)) ? 0 : -ENOMEM;
	else
		error = take_bytes(set, bytes, length, &name, 0, warnings);
	free(bytes);
	return error;
}

static int read_file(struct dump_set *set, int directory, const char *file,
	const struct dump_name *name, struct reading *warnings)
{
	struct stat stat;
	const char *why;
	int fd = stored_open(directory, file, directory != AT_FDCWD, &stat, &why), error;

	if (fd < 0)
		return warn(warnings, name->shown, why) ? 0 : -ENOMEM;
	error = read_stored(set, fd, &stat, name, warnings);
	close(fd);
	return error;
}

/* Whether the file NAME of a directory is to be read: it begins with PREFIX, and goes on with the
 * number of a rank; with the PREFIX "" it is any name that ends so, or with ".json". */
static bool is_wanted(const char *name, const char *prefix)
{
	size_t before;

	if (name[0] == '.')
		return false;
	if (rank_in(name, &before) < 0)
		return prefix[0] == '\0' && name[stem_length(name)] != '\0' &&
		       strcmp(name + stem_length(name), ".json") == 0;
	return prefix[0] == '\0' ||
	       (before == strlen(prefix) && strncmp(name, prefix, before) == 0);
}

/* Reads the files of DIRECTORY, which is called PATH, whose names begin with PREFIX. Returns how
 * many there are, or -errno. */
static int read_directory(struct dump_set *set, int directory, const char *path, const char *prefix,
	struct reading *warnings)
{
	struct dirent **entries;
	int count = scandirat(directory, ".", &entries, NULL, alphasort), found = 0, error = 0;
	size_t length = strlen(path);

	if (count < 0)
		return -errno;
	while (length > 1 && path[length - 1] == '/')
		length--;
	for (int i = 0; i < count; i++) {
		char shown[PATH_MAX + NAME_MAX + 2];
		struct dump_name name = {shown, -1};
		size_t before;

		if (error == 0 && is_wanted(entries[i]->d_name, prefix)) {
			found++;
			text_format(shown, sizeof shown, "%.*s/%s", (int)length, path,
				entries[i]->d_name);
			name.rank = rank_in(entries[i]->d_name, &before);
			error = read_file(set, directory, entries[i]->d_name, &name, warnings);
		}
		free(entries[i]);
	}
	free(entries);
	return error < 0 ? error : found;
}

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Reads the files whose names begin with that of PATH, which is none itself. Returns how many there
 * are, or -errno. */
static int read_prefix(struct dump_set *set, const char *path, struct reading *warnings)
{
	const char *base = path_base(path);
	char folder[PATH_MAX];
	int directory, found;

	if (base[0] == '\0' ||
		!text_format(folder, sizeof folder, "%.*s", (int)(base - path), path))
		return -ENOENT;
	if (base == path)
		text_format(folder, sizeof folder, ".");
	directory = open_directory(folder);
	if (directory < 0)
		return directory;
	found = read_directory(set, directory, folder, base, warnings);
	close(directory);
	return found == 0 ? -ENOENT : found;
}

static int read_path_of(struct dump_set *set, const char *path, struct reading *warnings)
{
	struct dump_name name = {path, -1};
	struct stat stat_of;
	size_t before;
	int directory, found;

	if (strcmp(path, "-") == 0)
		return read_input(set, warnings);
	directory = open_directory(path);
	if (directory >= 0) {
		found = read_directory(set, directory, path, "", warnings);
		close(directory);
		if (found == 0)
			found = warn(warnings, path, "no file in it has the name of a dump")
					? 0
					: -ENOMEM;
	} else if (stat(path, &stat_of) == 0) {
		name.rank = rank_in(path_base(path), &before);
		found = read_file(set, AT_FDCWD, path, &name, warnings);
	} else {
		found = read_prefix(set, path, warnings);
	}
	if (found < 0 && found != -ENOMEM)
		found = warn(warnings, path, strerror(-found)) ? 0 : -ENOMEM;
	return found < 0 ? found : 0;
}

static void sort(struct dump_set *set)
{
	if (set->count > 0)
		qsort(set->dumps, set->count, sizeof *set->dumps, compare_dumps);
}

int dumps_read(
	struct dump_set *set, const char *const *paths, size_t count, struct reading *warnings)
{
	int error = 0;

	for (size_t i = 0; i < count && error == 0; i++)
		error = read_path_of(set, paths[i], warnings);
	sort(set);
	return error;
}

int dumps_read_beside(struct dump_set *set, const char *path, struct reading *warnings)
{
	int directory = open_directory(path), found = 0;

	if (directory < 0)
		return 0;
	for (size_t i = 0; i < COUNT(own_names) && found >= 0; i++)
		found = read_directory(set, directory, path, own_names[i], warnings);
	close(directory);
	sort(set);
	return found == -ENOMEM ? found : 0;
}
