/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handler.h"

#include <errno.h>

int handler_format(
	const struct handler *handler, const struct log_record *record, struct text *scratch)
{
	const struct formatter *formatter = handler->formatter;
	int error;

	if (scratch->size < 2)
		return -ENOBUFS;
	text_reset(scratch, 0);
	scratch->size--;
	error = formatter_format(
		formatter == NULL ? &formatter_default : formatter, record, scratch);
	scratch->size++;
	if (error == 0)
		text_char(scratch, '\n');
	return error;
}

int handler_handle(struct handler *handler, const struct log_record *record, struct text *scratch)
{
	if (!filters_pass(&handler->filters, record))
		return 0;
	return handler->class->emit(handler, record, scratch);
}
