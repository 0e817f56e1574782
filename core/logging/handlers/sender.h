/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender.h - which process sends a record to a peer, and syslog's severity of a level.
 *
 * Private to core/logging/handlers. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/output.h"
#include "core/base/peer.h"
#include "core/base/sys.h"
#include "core/logging/level.h"
#include "core/logging/record.h"

/* The sender of RECORD. The tracer, a process that shares the crashed process's memory, sends a
 * crash's event in the name of the crashed process, to which the socket belongs. */
static inline struct peer_sender sender_of(const struct log_record *record)
{
	return (struct peer_sender){
		.process = record->crashing ? record->process : sys_getpid(),
		.connect_ms = PEER_CONNECT_MS,
		.at_once = record->crashing,
	};
}

/* The RFC 5424 severity of LEVEL by Python's priority_map: a level that is none of Python's own is
 * a warning. */
static inline int severity_of_level(int level)
{
	switch (level) {
	case LEVEL_DEBUG: return 7;
	case LEVEL_INFO: return 6;
	case LEVEL_ERROR: return 3;
	case LEVEL_CRITICAL: return 2;
	default: return 4;
	}
}
