/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transport/server.h"

#include "core/base/number.h"
#include "core/base/text.h"
#include "core/base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SAFE_WAY                                                                   \
	"a user, password or token on the command line is shown to every user of " \
	"the host; set NATS_CREDS, NATS_TOKEN, or NATS_USER and NATS_PASSWORD instead"

static const char *behind_scheme(const char *text)
{
	return text_after(text, "nats://") ?: text_after(text, "tls://");
}

bool server_is_url(const char *text)
{
	return behind_scheme(text) != NULL;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

/* The LENGTH bytes at TEXT are a host, and perhaps a port; or none, which only a list of one may
 * be. */
static bool is_place(const char *text, size_t length)
{
	const char *from = text[0] == '[' ? memchr(text, ']', length) : text,
		   *colon = from == NULL ? NULL : memchr(from, ':', length - (size_t)(from - text));
	char port[8];
	int64_t number;

	if (length == 0)
		return text[0] != ',';
	if (colon == NULL)
		return from != NULL;
	length -= (size_t)(colon + 1 - text);
	return colon > text && text_format(port, sizeof port, "%.*s", (int)length, colon + 1) &&
	       number_parse(port, &number) && number > 0 && number <= UINT16_MAX;
}

/* Where the list of servers that TEXT begins with ends: at the '/' before the run, or at the end.
 * NULL: it is none. *RET_SECRET: a server of it has a user or a token. *RET_PLACES: all
 * others have a host, and a port that there is. */
static const char *servers_end(const char *text, bool *ret_secret, bool *ret_places)
{
	*ret_secret = false;
	*ret_places = true;
	for (;;) {
		const char *at = behind_scheme(text);
		size_t length;

		if (at == NULL)
			return NULL;
		length = strcspn(at, ",/");
		*ret_secret |= memchr(at, '@', length) != NULL;
		*ret_places &= is_place(at, length);
		if (at[length] != ',')
			return at + length;
		text = at + length + 1;
	}
}

/* Whether all bytes are of those that a URL of a server has. */
static bool is_plain(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((unsigned char)bytes[i] <= ' ' || (unsigned char)bytes[i] >= 0x7f)
			return false;
	return true;
}

/* URLS without what is before an '@'. */
static void show(const char *urls, char *shown, size_t size)
{
	struct text text;

	text_init(&text, shown, size);
	while (*urls != '\0') {
		const char *at = behind_scheme(urls) ?: urls, *end = at + strcspn(at, ",");
		const char *host = at;

		for (const char *c = at; c < end; c++)
			host = *c == '@' ? c + 1 : host;
		text_add_n(&text, urls, (size_t)(at - urls));
		text_add_n(&text, host, (size_t)(end - host));
		if (*end == ',')
			text_char(&text, ',');
		urls = end + (*end == ',');
	}
}

static int take_variable(struct server *server, char *complaint, size_t size)
{
	const char *url = variable("NATS_URL");

	if (url == NULL) {
		text_format(complaint, size,
			"no server is named: nats://HOST:PORT, or NATS_URL in the environment");
		return -EINVAL;
	}
	if (!text_format(server->url, sizeof server->url, "%s", url)) {
		text_format(complaint, size, "NATS_URL is too long");
		return -EINVAL;
	}
	show(server->url, server->shown, sizeof server->shown);
	return 0;
}

static int take_run(const char *run, struct server *server, char *complaint, size_t size)
{
	if (run[0] != '\0' && !utf8_is_line(run, sizeof server->run - 1)) {
		text_format(complaint, size, "a run's id is text of 1 to %d bytes on one line",
			RUN_ID_SIZE - 1);
		return -EINVAL;
	}
	strcpy(server->run, run);
	return 0;
}

int server_parse(const char *text, struct server *ret_server, char *complaint, size_t size)
{
	struct server server = {.run = ""};
	const char *host = behind_scheme(text), *end;
	bool has_secret = false, are_places = false;
	size_t length;

	end = host == NULL ? NULL : servers_end(text, &has_secret, &are_places);
	if (has_secret) {
		text_format(complaint, size, SAFE_WAY);
		return -EINVAL;
	}
	if (end == NULL || !are_places || !is_plain(text, (size_t)(end - text)) ||
		(size_t)(end - text) >= sizeof server.url) {
		text_format(
			complaint, size, "a server is named nats://HOST:PORT or tls://HOST:PORT");
		return -EINVAL;
	}
	length = (size_t)(end - text);
	memcpy(server.url, text, length);
	memcpy(server.shown, text, length);
	if (end == host && take_variable(&server, complaint, size) < 0)
		return -EINVAL;
	if (*end == '/' && take_run(end + 1, &server, complaint, size) < 0)
		return -EINVAL;
	*ret_server = server;
	return 0;
}

void server_login(const struct server *server, struct server_login *ret_login)
{
	const char *outer = variable("VIGIL_TO"), *token = variable("VIGIL_TO_TOKEN");

	*ret_login = (struct server_login){
		.user = variable("NATS_USER"),
		.password = variable("NATS_PASSWORD"),
		.token = variable("NATS_TOKEN"),
		.credentials = variable("NATS_CREDS"),
		.ca = variable("NATS_CA"),
		.certificate = variable("NATS_CERT"),
		.key = variable("NATS_KEY"),
	};
	if (outer != NULL && token != NULL && strcmp(outer, server->url) == 0)
		*ret_login = (struct server_login){.token = token};
}
