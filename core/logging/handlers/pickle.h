/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pickle.h - a record as Python's SocketHandler sends it: the length of what follows, 4 bytes, the
 * highest first, and a pickle of protocol 1 of the record's attributes.
 *
 * Python's pickle.loads() and logging.makeLogRecord() take it. Private to core/logging/handlers.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"
#include "core/logging/record.h"

/*
 * Put RECORD in FRAME, an empty text. `msg` is the message, `args` and `exc_info` are None, a
 * record's own attributes are strings, as %(NAME)s prints them, or None; relativeCreated counts
 * from START_US. Strings that FRAME has no room for are cut, invalid UTF-8 reads U+FFFD. Returns 0
 * or -ENOBUFS.
 */
int pickle_frame(const struct log_record *record, int64_t start_us, struct text *frame);
