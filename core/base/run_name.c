/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/run_name.h"

#include "core/base/text.h"

#include <string.h>

#define ENDING ".jsonl"
#define ENDING_SIZE (sizeof ENDING - 1)

bool run_name_of_user(char *path, size_t size, const char *host, uid_t user, pid_t pid)
{
	size_t length = strlen(host);
	struct text text;

	text_init(&text, path, size);
	if (length >= ENDING_SIZE && strcmp(host + length - ENDING_SIZE, ENDING) == 0)
		length -= ENDING_SIZE;
	text_add_n(&text, host, length);
	text_printf(&text, "+uid%u", user);
	if (pid != 0)
		text_printf(&text, ".%d", pid);
	text_add(&text, ENDING);
	return !text.truncated;
}

bool run_name_is_of_host(const char *name, const char *hostname)
{
	size_t length = strlen(hostname), total = strlen(name);

	if (strncmp(name, hostname, length) != 0)
		return false;
	if (name[length] == '+')
		return total > length + 1 + ENDING_SIZE &&
		       strcmp(name + total - ENDING_SIZE, ENDING) == 0;
	return strcmp(name + length, ENDING) == 0;
}
