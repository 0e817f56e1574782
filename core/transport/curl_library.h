/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_library.h - libcurl, as Debian has it (libcurl4, libcurl3-gnutls): found and loaded when it
 * is needed, as nats.c is (library.h).
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include <stddef.h>
#include <time.h>

struct curl_list; /* curl_slist */

/* curl_waitfd, and what EVENTS may be. */
struct curl_wait {
	int fd;
	short events, revents;
};
#define CURL_READABLE 1

/* CURLMsg, and its MESSAGE. */
struct curl_done {
	int message;
	void *easy;
	union {
		void *whatever;
		int code; /* 0: an answer came */
	} result;
};
#define CURL_IS_DONE 1

#define CURL_GLOBAL_EVERYTHING 3L

enum {
/* Options, by the names that curl.h gives them and a prefix of ours. */
#define O(name, number) VIGIL_##name = number,
#include "core/transport/curl_functions.def"
};

struct curl {
/* Each function, by its own name. */
#define X(result, name, parameters) result(*name) parameters;
#include "core/transport/curl_functions.def"
};

/* Load the library, once a process. Returns its functions; NULL when it is not installed, or cannot
 * be used, and what to do about it in COMPLAINT. */
const struct curl *curl_load(char *complaint, size_t size);
