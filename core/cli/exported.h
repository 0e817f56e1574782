/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exported.h - the events of a directory, or of a run on a NATS server, as log records of OTLP: to
 * a receiver, or into a file.
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/cli.h"
#include "core/transport/otlp_export.h"
#include "core/transport/server.h"

/* Send what SOURCE has to the receiver TO. OPEN_SIGNALS: send on until the descriptor that it makes
 * is readable; NULL: what is there. Returns the status to end with, after a line on stderr where
 * something was not sent. */
int export_to_receiver(const struct command *command, const char *source, const char *to,
	int (*open_signals)(void));

/* Write what SOURCE has to the file PATH, which is replaced; "-" is standard output. Returns the
 * status to end with. */
int export_to_file(const struct command *command, const char *source, const char *path);

/* Write to LINE what the receiver rejected, as EXPORTED has it; "" where it took all. */
void export_rejected(const struct otlp_exported *exported, const struct otlp_target *target,
	char *line, size_t size);
