/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_record.h - an event as a log record of OTLP, in its JSON form (OpenTelemetry protocol,
 * opentelemetry/proto/logs/v1, "JSON Protobuf Encoding").
 *
 * Every member of the event's JSON is there once:
 *
 *	the host and the run	attributes of the resource: host.name, hpc.job.id
 *	message, name, time_us	body; eventName and the attribute event.name; timeUnixNano
 *	what the semantic	process.pid, process.exit.code, exception.type, ...: of the process
 *	conventions name	  that the event is about, also where another one reports it
 *	teller			vigil.reporter.pid, vigil.reporter.name: who reports it
 *	anything else		vigil.<member>, vigil.<object>.<member>
 *
 * A member that is null or "" is left out. Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/base/json.h"
#include "core/base/json_out.h"

/* Write the log record of EVENT, a whole event's JSON, to JSON as the next element of an array. UID
 * distinguishes it from every other record, and is the same whenever the event is sent. */
void otlp_record(const struct json *event, const char *uid, struct json_out *json);

/* Write the attribute KEY with the string VALUE as the next element of an array; nothing where
 * VALUE is NULL or "". */
void otlp_attribute(struct json_out *json, const char *key, const char *value);
