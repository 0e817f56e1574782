/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/buffering_formatter.h"

int buffering_formatter_format(const struct buffering_formatter *formatter,
	const struct log_record_list *records, struct text *text)
{
	const struct formatter *line =
		formatter->line == NULL ? &formatter_default : formatter->line;

	if (records->count == 0)
		return 0;
	if (formatter->header != NULL)
		formatter->header(formatter, records, text);
	for (size_t i = 0; i < records->count; i++) {
		int error = formatter_format(line, records->items[i], text);

		if (error < 0)
			return error;
	}
	if (formatter->footer != NULL)
		formatter->footer(formatter, records, text);
	return 0;
}
