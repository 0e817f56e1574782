/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote_shell.h - what the ends of the ssh by which a launcher reached other hosts say of these.
 *
 * ssh(1) ends with the status of what it ran, or with 255 if the connection was lost. So one that
 * ended with 255 before anything else failed has lost its host; and a host whose ssh ended with
 * another status after that was still there. Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/report/verdict/attempt_context.h"

/* The ssh that alone lost its host before any rank failed or was ended, and before a launcher was
 * requested to end. HOST: that is to be its host; NULL: any host of which nothing was heard.
 * RET_NAME: what it calls the host, in the report's memory. NULL: there is none. */
const struct process *remote_shell_lost(
	const struct attempt_context *context, const char *host, const char **ret_name);

/* An ssh to HOST ended with the status of what it had run there, after a rank had been ended. */
bool remote_shell_answered(const struct attempt_context *context, const char *host);

/* Where a launcher's ssh lost a host, and of its ranks none has a termination, or none was heard
 * of: makes these the candidates, likely. Returns whether it did. */
bool blame_lost_shell(struct attempt_context *context);
