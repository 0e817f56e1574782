/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - POSTs to a URL of http or https, by libcurl.
 *
 * A proxy is that of http_proxy, https_proxy and no_proxy; redirections are not followed.
 * Signal-safe: no. Threads: one; libcurl may look up names in another.
 */
#pragma once

#include "core/transport/curl_library.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_ANSWER_MOST ((size_t)64 * 1024)

/* Where to, and as whom; NULL: not given. */
struct http_target {
	const char *url;
	const char *authorities;       /* files: who vouches for the server, */
	const char *certificate, *key; /* and for us */
	int64_t timeout_ms;	       /* of one POST */
};

struct http_result {
	int status;		/* of HTTP; 0: no answer came */
	int64_t retry_after_ms; /* -1: the answer does not say */
	bool is_json;		/* by its Content-Type */
	bool is_hopeless;	/* no answer came, because of a certificate or a file: none will */
	char why[256];		/* where no answer came */
	size_t length;
	char answer[HTTP_ANSWER_MOST]; /* as much of it as there is room for */
};

struct http {
	const struct curl *curl;
	void *easy, *multi;
	struct curl_list *headers;
	bool is_out; /* a POST is on its way */
	char error[256];
	struct http_result result; /* of the last POST */
};

/* Whether URL has the scheme http or https, a host, and, if it names one, a port that there is. */
bool http_url_is_sound(const char *url);

/* Load libcurl and make HTTP ready for POSTs to TARGET. Returns 0; or -errno, and why in COMPLAINT,
 * and nothing is held. */
int http_open(struct http *http, const struct http_target *target, char *complaint, size_t size);

/* Send HEADER, "Name: value", which is copied, with every POST. Returns 0 or -ENOMEM. */
int http_header(struct http *http, const char *header);

/* Begin to POST the COUNT bytes of BODY, which stay where they are until it is over. */
void http_post(struct http *http, const char *body, size_t count);

/* Go on with the POST, if one is on its way, for at most MS, or until one of COUNT descriptors in
 * MORE is ready. Returns whether it is over just now: then HTTP->result is set. */
bool http_step(struct http *http, struct curl_wait *more, unsigned count, int ms);

/* Give up the POST that is on its way, if one is. */
void http_abandon(struct http *http);

/* Release what HTTP holds. */
void http_close(struct http *http);
