/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/report_file.h"

#include "core/events/jvm_report.h"
#include "shim/base/late_memory.h"
#include "shim/host/sandbox.h"

#include <unistd.h>

static struct jvm_report report LARGE_STATIC;

void report_file_fill(struct event *event)
{
	if (sandbox_lets_more_pass() && jvm_report_find(event, environ, &report))
		event->report_file = report.path;
}
