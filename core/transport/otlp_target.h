/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_target.h - where a receiver of OTLP is, and how it is spoken to: the URL of the command
 * line, and the variables that OpenTelemetry's exporters take.
 *
 *	otlp+http://HOST:PORT	a receiver: /v1/logs there; behind a path, likewise
 *	otlp+https://HOST:PORT	the same by TLS
 *	otlp+http://		the receiver that the variables name
 *
 * Of each OTEL_EXPORTER_OTLP_X, OTEL_EXPORTER_OTLP_LOGS_X counts before. Signal-safe: no.
 * Threads: any.
 */
#pragma once

#include "core/transport/http.h"

#define OTLP_URL_SIZE 1024

struct otlp_target {
	char url[OTLP_URL_SIZE];   /* of the POSTs; perhaps with a password, if from a variable */
	char shown[OTLP_URL_SIZE]; /* as --to takes it, without what is secret */
	bool is_json, is_gzip;
	struct http_target http;
	const char *headers; /* pairs (otlp_pairs.h) that may be secret; NULL: none */
};

/* Whether TEXT is meant as the URL of a receiver, and neither as a path nor as another's URL. */
bool otlp_is_url(const char *text);

/* Parse TEXT, an argument of the command line, and read the variables. Returns 0; or -EINVAL, and
 * what is wrong in COMPLAINT, which never quotes what may be a secret. RET_TARGET must not move. */
int otlp_target_parse(
	const char *text, struct otlp_target *ret_target, char *complaint, size_t size);

/* Make HTTP ready for POSTs to TARGET, with its headers. Returns 0; or -errno, and why in
 * COMPLAINT. */
int otlp_target_open(
	const struct otlp_target *target, struct http *http, char *complaint, size_t size);
