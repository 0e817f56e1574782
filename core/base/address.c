/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/address.h"

#include "core/base/log_file.h"
#include "core/base/number.h"
#include "core/base/proc.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define HOSTS_MOST 16384

int address_unix(struct address *ret_address, const char *path)
{
	char absolute[PATH_MAX];
	int error = log_file_absolute(path, absolute, sizeof absolute);
	size_t length = error < 0 ? 0 : strlen(absolute);

	if (error < 0)
		return error;
	if (length >= sizeof ret_address->un.sun_path)
		return -ENAMETOOLONG;
	memset(ret_address, 0, sizeof *ret_address);
	ret_address->un.sun_family = AF_UNIX;
	memcpy(ret_address->un.sun_path, absolute, length);
	ret_address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
	return 0;
}

/* Reads "127.0.0.1" to 4 bytes. */
static bool read_version_4(const char *at, unsigned char *bytes)
{
	for (int i = 0; i < 4; i++) {
		const char *start = at;
		int32_t value = number_take(&at, 3);

		if (at == start || value > 255 || *at != (i == 3 ? '\0' : '.'))
			return false;
		bytes[i] = (unsigned char)value;
		at++;
	}
	return true;
}

/* Reads up to four hexadecimal digits to 2 bytes; false when there is none. */
static bool read_group(const char **at, unsigned char *bytes)
{
	unsigned value = 0;
	const char *start = *at;

	for (; digit_value(**at) < 16 && *at - start < 4; (*at)++)
		value = value * 16 + digit_value(**at);
	bytes[0] = (unsigned char)(value >> 8);
	bytes[1] = (unsigned char)value;
	return *at > start;
}

/* Reads "fe80::1" to 16 bytes; refuses the form that ends in an IPv4 address. */
static bool read_version_6(const char *at, unsigned char *bytes)
{
	size_t done = 0, gap = 16;

	memset(bytes, 0, 16);
	if (at[0] == ':' && at[1] == ':')
		gap = 0, at += 2;
	while (*at != '\0') {
		if (done == 16 || !read_group(&at, bytes + done))
			return false;
		done += 2;
		if (at[0] == ':' && at[1] == ':' && gap == 16)
			gap = done, at += 2;
		else if (*at == ':' && at[1] != '\0' && at[1] != ':')
			at++;
		else if (*at != '\0')
			return false;
	}
	if ((gap == 16) != (done == 16))
		return false;
	if (gap == 16)
		return true;
	memmove(bytes + 16 - (done - gap), bytes + gap, done - gap);
	memset(bytes + gap, 0, 16 - done);
	return true;
}

static bool read_numeric(struct address *address, const char *host, unsigned port)
{
	memset(address, 0, sizeof *address);
	if (read_version_4(host, (unsigned char *)&address->in.sin_addr)) {
		address->in.sin_family = AF_INET;
		address->in.sin_port = __builtin_bswap16((uint16_t)port);
		address->length = sizeof address->in;
		return true;
	}
	if (!read_version_6(host, (unsigned char *)&address->in6.sin6_addr))
		return false;
	address->in6.sin6_family = AF_INET6;
	address->in6.sin6_port = __builtin_bswap16((uint16_t)port);
	address->length = sizeof address->in6;
	return true;
}

/* Cuts the next word off *AT; NULL at the end of the line. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \t\r");
	size_t length = strcspn(word, " \t\r#");

	if (length == 0)
		return NULL;
	*at = word + length;
	if (**at == '#')
		**at = '\0';
	else if (**at != '\0')
		*(*at)++ = '\0';
	return word;
}

static bool line_has(char *line, const char *host)
{
	char *word;

	while ((word = next_word(&line)) != NULL)
		if (strcmp(word, host) == 0)
			return true;
	return false;
}

static bool read_hosts(struct address *address, const char *host, unsigned port)
{
	char hosts[HOSTS_MOST], *line = hosts, *end;

	if (file_read("/etc/hosts", hosts, sizeof hosts) < 0)
		return false;
	for (; line != NULL; line = end) {
		char *numeric;

		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		numeric = next_word(&line);
		if (numeric != NULL && line_has(line, host) && read_numeric(address, numeric, port))
			return true;
	}
	return false;
}

int address_internet(struct address *ret_address, const char *host, unsigned port)
{
	struct address address;

	if (!read_numeric(&address, host, port) && !read_hosts(&address, host, port) &&
		(strcmp(host, "localhost") != 0 || !read_numeric(&address, "127.0.0.1", port)))
		return -EADDRNOTAVAIL;
	*ret_address = address;
	return 0;
}

void address_describe(const struct address *address, struct text *text)
{
	const unsigned char *bytes = (const unsigned char *)&address->in.sin_addr;

	if (address->any.sa_family == AF_UNIX) {
		text_printf(text, "'%s'", address->un.sun_path);
		return;
	}
	if (address->any.sa_family == AF_INET) {
		text_printf(text, "%u.%u.%u.%u %u", bytes[0], bytes[1], bytes[2], bytes[3],
			__builtin_bswap16(address->in.sin_port));
		return;
	}
	bytes = address->in6.sin6_addr.s6_addr;
	for (int i = 0; i < 16; i += 2)
		text_printf(text, "%s%x", i == 0 ? "" : ":", bytes[i] << 8 | bytes[i + 1]);
	text_printf(text, " %u", __builtin_bswap16(address->in6.sin6_port));
}
