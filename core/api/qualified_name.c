/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/qualified_name.h"

#include "core/base/text.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* What a resolver's answer needs at most. */
#define ANSWER_SIZE 16384

static const char *choose(const struct hostent *host)
{
	if (strchr(host->h_name, '.') != NULL)
		return host->h_name;
	for (char **alias = host->h_aliases; *alias != NULL; alias++)
		if (strchr(*alias, '.') != NULL)
			return *alias;
	return host->h_name;
}

/* By the address, as some resolvers have the full name only there. */
static void look_up(const struct sockaddr *address, char name[QUALIFIED_NAME_SIZE])
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	bool is_six = address->sa_family == AF_INET6;
	const void *bytes = is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr;
	socklen_t size = is_six ? sizeof six->sin6_addr : sizeof four->sin_addr;
	char answer[ANSWER_SIZE];
	struct hostent host, *found = NULL;
	int error;

	if (gethostbyaddr_r(bytes, size, address->sa_family, &host, answer, sizeof answer, &found,
		    &error) == 0 &&
		found != NULL)
		text_format(name, QUALIFIED_NAME_SIZE, "%s", choose(found));
}

const char *qualified_name(char name[QUALIFIED_NAME_SIZE])
{
	struct addrinfo *addresses = NULL;

	if (gethostname(name, QUALIFIED_NAME_SIZE) < 0)
		text_format(name, QUALIFIED_NAME_SIZE, "localhost");
	name[QUALIFIED_NAME_SIZE - 1] = '\0';
	if (getaddrinfo(name, NULL, NULL, &addresses) != 0)
		return name;
	if (addresses->ai_family == AF_INET || addresses->ai_family == AF_INET6)
		look_up(addresses->ai_addr, name);
	freeaddrinfo(addresses);
	return name;
}
