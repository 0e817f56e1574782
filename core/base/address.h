/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h - addresses of sockets, without libc's resolver, which allocates, locks and loads
 * libraries.
 *
 * Signal-safe: yes, but for address_internet(), which reads a file. Threads: any.
 */
#pragma once

#include "core/base/text.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

struct address {
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
};

/* Fill *RET_ADDRESS with the unix socket at PATH, made absolute by log_file_absolute(). Returns 0
 * or that function's -errno; -ENAMETOOLONG also where no address can hold the path. */
int address_unix(struct address *ret_address, const char *path);

/*
 * Fill *RET_ADDRESS with PORT of HOST, which is an IPv4 or IPv6 address in text form or a name in
 * /etc/hosts, whose first line with that name counts. No name server is queried. Returns 0, or
 * -EADDRNOTAVAIL when HOST is neither.
 */
int address_internet(struct address *ret_address, const char *host, unsigned port);

/* Append ADDRESS in readable form: "127.0.0.1 9020", "fe80:0:0:0:0:0:0:1 514", "'/dev/log'". */
void address_describe(const struct address *address, struct text *text);
