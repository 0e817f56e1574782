/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_protobuf.h - OTLP's requests as protobuf's wire format
 * (https://protobuf.dev/programming-guides/encoding/), made of their JSON form, and what is read of
 * answers.
 *
 * The numbers of the fields are those of opentelemetry/proto/logs/v1/logs.proto and the files that
 * it imports; only fields that otlp_batch.h writes are known. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/json.h"
#include "core/base/text.h"

/* Append REQUEST, the JSON form of an ExportLogsServiceRequest, to TEXT as its wire format. What
 * does not fit sets TEXT->truncated. */
void otlp_protobuf(const struct json *request, struct text *text);

/* What a receiver did not take of a request that it took otherwise (ExportLogsPartialSuccess). */
struct otlp_partial {
	int64_t rejected;  /* how many log records */
	char message[256]; /* why, or a warning; "": none */
};

/* Read the COUNT bytes of ANSWER, an ExportLogsServiceResponse in JSON or in wire format. What it
 * does not say is 0 and "". */
void otlp_answer(const char *answer, size_t count, bool is_json, struct otlp_partial *ret_partial);

/* Copy the message of ANSWER, a google.rpc.Status in JSON or in wire format; "" where it has none,
 * or is something else. */
void otlp_status_message(
	const char *answer, size_t count, bool is_json, char *message, size_t size);
