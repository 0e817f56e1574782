/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qualified_name.h - this host's fully qualified name, by the resolver: Python's socket.getfqdn().
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#define QUALIFIED_NAME_SIZE 1026 /* NI_MAXHOST and a NUL */

/* The first name with a dot that the resolver has for the host's address; else the first at all;
 * else the host's own. In NAME, which is returned. */
const char *qualified_name(char name[QUALIFIED_NAME_SIZE]);
