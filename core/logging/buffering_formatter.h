/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffering_formatter.h - several records in one text: Python's logging.BufferingFormatter.
 *
 * Signal-safe: yes, where header and footer are. Threads: any.
 */
#pragma once

#include "core/logging/formatter.h"

struct log_record_list {
	const struct log_record *const *items;
	size_t count;
};

struct buffering_formatter {
	const struct formatter *line; /* for each of the records; NULL: "%(message)s" */
	/* Append what stands before and behind them: Python's formatHeader() and formatFooter().
	 * NULL: nothing. */
	void (*header)(const struct buffering_formatter *formatter,
		const struct log_record_list *records, struct text *text);
	void (*footer)(const struct buffering_formatter *formatter,
		const struct log_record_list *records, struct text *text);
};

/*
 * Append RECORDS, one after the other without anything between them, and what stands around them;
 * of none, nothing. Returns 0, or -errno as formatter_format() does, and what had been appended by
 * then.
 */
int buffering_formatter_format(const struct buffering_formatter *formatter,
	const struct log_record_list *records, struct text *text);
