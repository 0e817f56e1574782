/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_request.h"

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

#define NAME_SIZE (sizeof LIVE_REQUEST_PREFIX + LIVE_ID_SIZE + 8)

int live_request_make(int directory, struct live_request *request)
{
	char name[NAME_SIZE], beside[NAME_SIZE], line[128];
	uint64_t drawn;
	int fd, length, error = 0;

	if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
		return -EIO;
	snprintf(request->id, sizeof request->id, "%016lx", (unsigned long)drawn);
	snprintf(name, sizeof name, LIVE_REQUEST_PREFIX "%s", request->id);
	snprintf(beside, sizeof beside, ".stacks-new-%s", request->id);
	boot_id_read(request->boot);
	length = snprintf(line, sizeof line, "%ld %ld %s\n", (long)request->samples,
		(long)request->interval_ms, request->boot);
	fd = openat(directory, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, line, (size_t)length) != length)
		error = errno == 0 ? -EIO : -errno;
	close(fd);
	if (error == 0 && renameat(directory, beside, directory, name) < 0)
		error = -errno;
	if (error < 0)
		unlinkat(directory, beside, 0);
	return error;
}

static bool parse_id(const char *from, char ret_id[LIVE_ID_SIZE])
{
	if (strspn(from, "0123456789abcdef") < LIVE_ID_SIZE - 1)
		return false;
	memcpy(ret_id, from, LIVE_ID_SIZE - 1);
	ret_id[LIVE_ID_SIZE - 1] = '\0';
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

bool live_request_read(int directory, const char *name, struct live_request *ret_request)
{
	const char *id = name + strlen(LIVE_REQUEST_PREFIX);
	char line[128], *end;

	if (strncmp(name, LIVE_REQUEST_PREFIX, strlen(LIVE_REQUEST_PREFIX)) != 0 ||
		!parse_id(id, ret_request->id) || id[LIVE_ID_SIZE - 1] != '\0' ||
		!read_own(directory, name, line, sizeof line))
		return false;
	ret_request->samples = strtol(line, &end, 10);
	ret_request->interval_ms = strtol(end, &end, 10);
	snprintf(ret_request->boot, sizeof ret_request->boot, "%.*s",
		(int)strcspn(end + (*end == ' '), "\n"), end + (*end == ' '));
	return *end == ' ' && ret_request->samples >= 1 &&
	       ret_request->samples <= LIVE_SAMPLES_MOST && ret_request->interval_ms >= 1 &&
	       ret_request->interval_ms <= LIVE_INTERVAL_MS_MOST;
}

void live_answer_name(char ret_name[NAME_MAX + 1], const char *id, const char *host, pid_t pid)
{
	snprintf(ret_name, NAME_MAX + 1, LIVE_ANSWER_PREFIX "%s-%.180s-%d", id, host, (int)pid);
}

bool live_answer_parse(
	const char *name, const char *id, char ret_host[NAME_MAX + 1], bool *ret_is_whole)
{
	size_t prefix = strlen(LIVE_ANSWER_PREFIX), length = strlen(name),
	       suffix = strlen(LIVE_PART_SUFFIX);
	const char *host = name + prefix + LIVE_ID_SIZE, *dash;

	if (strncmp(name, LIVE_ANSWER_PREFIX, prefix) != 0 || length < prefix + LIVE_ID_SIZE + 1 ||
		strncmp(name + prefix, id, LIVE_ID_SIZE - 1) != 0 || host[-1] != '-')
		return false;
	*ret_is_whole = length < suffix || strcmp(name + length - suffix, LIVE_PART_SUFFIX) != 0;
	dash = strrchr(host, '-');
	if (dash == NULL || dash == host || !is_digit(dash[1]))
		return false;
	snprintf(ret_host, NAME_MAX + 1, "%.*s", (int)(dash - host), host);
	return true;
}

void live_request_remove(int directory, const char *id)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	char request[NAME_SIZE], host[NAME_MAX + 1];
	struct dirent *entry;
	bool is_whole;

	snprintf(request, sizeof request, LIVE_REQUEST_PREFIX "%s", id);
	unlinkat(directory, request, 0);
	if (files == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(files)) != NULL)
		if (live_answer_parse(entry->d_name, id, host, &is_whole))
			unlinkat(directory, entry->d_name, 0);
	closedir(files);
}
