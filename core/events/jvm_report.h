/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jvm_report.h - the report that a Java virtual machine writes before it terminates itself.
 *
 * HotSpot writes hs_err_pid<pid>.log, and calls abort(). Where, says -XX:ErrorFile=, in which %p is
 * the pid and %% a '%'; it is looked for in _JAVA_OPTIONS, the arguments, JDK_JAVA_OPTIONS and
 * JAVA_TOOL_OPTIONS, of which the VM lets the first in this order count; a file of arguments or
 * flags is not read. Where that is not set or cannot be written, it is the working directory, and
 * then /tmp. Signal-safe: yes. Threads: any, one at a time per struct.
 */
#pragma once

#include "core/events/event.h"

#include <limits.h>

/* Some 12 KiB, not for a signal's stack. */
struct jvm_report {
	char path[PATH_MAX];
	char options[PATH_MAX], option[PATH_MAX]; /* what is being read */
};

/*
 * Whether the process that EVENT reports, which is the caller's and in whose frames a Java VM
 * stands, has written a report: a file of the caller's user, not older than the process. Its
 * absolute path is in REPORT then. ENVIRONMENT may be changed or gone meanwhile.
 */
bool jvm_report_find(
	const struct event *event, char *const *environment, struct jvm_report *report);
