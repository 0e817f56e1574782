/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/stacks_request.h"

#include "core/base/number.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE (sizeof STACKS_REQUEST_PREFIX + STACKS_ID_SIZE + 8)

void stacks_request_format(
	const struct stacks_request *request, char ret_line[STACKS_REQUEST_LINE_SIZE])
{
	snprintf(ret_line, STACKS_REQUEST_LINE_SIZE, "%ld %ld %s", (long)request->samples,
		(long)request->interval_ms, request->boot);
}

bool stacks_request_parse(const char *line, struct stacks_request *ret_request)
{
	char *end;

	ret_request->samples = strtol(line, &end, 10);
	ret_request->interval_ms = strtol(end, &end, 10);
	if (*end != ' ' || ret_request->samples < 1 || ret_request->samples > STACKS_SAMPLES_MOST ||
		ret_request->interval_ms < 1 || ret_request->interval_ms > STACKS_INTERVAL_MS_MOST)
		return false;
	snprintf(ret_request->boot, sizeof ret_request->boot, "%.*s", (int)strcspn(end + 1, "\n"),
		end + 1);
	return true;
}

int stacks_request_put(int directory, const struct stacks_request *request)
{
	char name[NAME_SIZE], beside[NAME_SIZE], line[STACKS_REQUEST_LINE_SIZE];
	int fd, error = 0;

	snprintf(name, sizeof name, STACKS_REQUEST_PREFIX "%s", request->id);
	snprintf(beside, sizeof beside, ".stacks-new-%s", request->id);
	stacks_request_format(request, line);
	fd = openat(directory, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		error = errno == 0 ? -EIO : -errno;
	close(fd);
	if (error == 0 && renameat(directory, beside, directory, name) < 0)
		error = -errno;
	if (error < 0)
		unlinkat(directory, beside, 0);
	return error;
}

int stacks_request_make(int directory, struct stacks_request *request)
{
	uint64_t drawn;

	if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
		return -EIO;
	snprintf(request->id, sizeof request->id, "%016lx", (unsigned long)drawn);
	boot_id_read(request->boot);
	return stacks_request_put(directory, request);
}

bool stacks_id_parse(const char *string, char ret_id[STACKS_ID_SIZE])
{
	if (strspn(string, "0123456789abcdef") < STACKS_ID_SIZE - 1)
		return false;
	memcpy(ret_id, string, STACKS_ID_SIZE - 1);
	ret_id[STACKS_ID_SIZE - 1] = '\0';
	return true;
}

/* Reads the first bytes of the file NAME, of our own user or of root, as a string. */
static bool read_own(int directory, const char *name, char *line, size_t size)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t count = -1;
	struct stat stat;

	if (fd < 0)
		return false;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
		(stat.st_uid == 0 || stat.st_uid == geteuid()))
		count = read(fd, line, size - 1);
	close(fd);
	line[count < 0 ? 0 : count] = '\0';
	return count > 0;
}

bool stacks_request_read(int directory, const char *name, struct stacks_request *ret_request)
{
	const char *id = name + strlen(STACKS_REQUEST_PREFIX);
	char line[STACKS_REQUEST_LINE_SIZE];

	return strncmp(name, STACKS_REQUEST_PREFIX, strlen(STACKS_REQUEST_PREFIX)) == 0 &&
	       stacks_id_parse(id, ret_request->id) && id[STACKS_ID_SIZE - 1] == '\0' &&
	       read_own(directory, name, line, sizeof line) &&
	       stacks_request_parse(line, ret_request);
}

void stacks_answer_name(char ret_name[NAME_MAX + 1], const char *id, const char *host, pid_t pid)
{
	snprintf(ret_name, NAME_MAX + 1, STACKS_ANSWER_PREFIX "%s-%.180s-%d", id, host, (int)pid);
}

bool stacks_answer_parse(
	const char *name, const char *id, char ret_host[NAME_MAX + 1], bool *ret_is_whole)
{
	size_t prefix = strlen(STACKS_ANSWER_PREFIX), length = strlen(name),
	       suffix = strlen(STACKS_PART_SUFFIX);
	const char *host = name + prefix + STACKS_ID_SIZE, *dash;

	if (strncmp(name, STACKS_ANSWER_PREFIX, prefix) != 0 ||
		length < prefix + STACKS_ID_SIZE + 1 ||
		strncmp(name + prefix, id, STACKS_ID_SIZE - 1) != 0 || host[-1] != '-')
		return false;
	*ret_is_whole = length < suffix || strcmp(name + length - suffix, STACKS_PART_SUFFIX) != 0;
	dash = strrchr(host, '-');
	if (dash == NULL || dash == host || !is_digit(dash[1]))
		return false;
	snprintf(ret_host, NAME_MAX + 1, "%.*s", (int)(dash - host), host);
	return true;
}

void stacks_request_remove(int directory, const char *id)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	char request[NAME_SIZE], host[NAME_MAX + 1];
	struct dirent *entry;
	bool is_whole;

	snprintf(request, sizeof request, STACKS_REQUEST_PREFIX "%s", id);
	unlinkat(directory, request, 0);
	if (files == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(files)) != NULL)
		if (stacks_answer_parse(entry->d_name, id, host, &is_whole))
			unlinkat(directory, entry->d_name, 0);
	closedir(files);
}
