/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_file.h - the report that the host's own runtime has written of its crash.
 *
 * Signal-safe: yes. Threads: the one that reports the end, or its tracer.
 */
#pragma once

#include "core/events/event.h"

/* Adds the path of such a report to EVENT, which has its frames. The path stays as it is. */
void report_file_fill(struct event *event);
