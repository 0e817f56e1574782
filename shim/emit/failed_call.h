/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failed_call.h - the event of a call that failed, by a probe of the setting `calls`.
 *
 * Signal-safe: yes. Threads: any; of failures at the same moment one is reported, the others are
 * counted as dropped.
 */
#pragma once

/* Constructor only, before calls_begin(): report the calls that fail, up to FAILED_CALLS_MOST of a
 * process. */
void failed_call_begin(void);

#define FAILED_CALLS_MOST 1000
