/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/bytes.h"

#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void bytes_add(struct bytes *bytes, const void *more, size_t count)
{
	bytes->data = realloc(bytes->data, bytes->size + count + 1);
	if (!bytes->data)
		abort();
	memcpy(bytes->data + bytes->size, more, count);
	bytes->size += count;
	bytes->data[bytes->size] = '\0';
}

void bytes_add_file(struct bytes *bytes, const char *path)
{
	char buffer[16 * 1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t count;

	if (fd < 0)
		return;
	while ((count = read(fd, buffer, sizeof buffer)) > 0)
		bytes_add(bytes, buffer, (size_t)count);
	close(fd);
}

void bytes_mask(struct bytes *bytes, const char *regex, const char *by)
{
	struct bytes masked = {0};
	const char *rest = bytes->data;
	regmatch_t match;
	regex_t compiled;

	if (!rest)
		return;
	if (regcomp(&compiled, regex, REG_EXTENDED | REG_NEWLINE))
		abort();
	while (!regexec(&compiled, rest, 1, &match, rest == bytes->data ? 0 : REG_NOTBOL) &&
		match.rm_eo > match.rm_so) {
		bytes_add(&masked, rest, (size_t)match.rm_so);
		bytes_add(&masked, by, strlen(by));
		rest += match.rm_eo;
	}
	bytes_add(&masked, rest, bytes->size - (size_t)(rest - bytes->data));
	regfree(&compiled);
	bytes_free(bytes);
	*bytes = masked;
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){0};
}
