/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jvm_report.h - the report that a Java virtual machine writes before it terminates itself.
 *
 * HotSpot writes hs_err_pid<pid>.log, and calls abort(). The option -XX:ErrorFile= gives the path,
 * in which %p is the pid and %% a '%'. The option is looked for in _JAVA_OPTIONS, the arguments,
 * JDK_JAVA_OPTIONS and JAVA_TOOL_OPTIONS, in the VM's order of precedence, but not in files of
 * arguments or flags. Without the option, or where its path cannot be written, the VM writes to the
 * working directory, or else to /tmp. Signal-safe: yes. Threads: any, one at a time per struct.
 */
#pragma once

#include "core/events/event.h"

#include <limits.h>

/* Some 12 KiB, not for a signal's stack. */
struct jvm_report {
	char path[PATH_MAX];
	char options[PATH_MAX], option[PATH_MAX]; /* what is being read */
};

/* Whether this process, which EVENT is about, has a Java VM in its frames and has written a report:
 * a file of the caller's user, not older than the process. The report's absolute path is in REPORT
 * then. ENVIRONMENT may change or become unreadable during the call. */
bool jvm_report_find(
	const struct event *event, char *const *environment, struct jvm_report *report);
