/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/duration.h"

#define MILLISECOND 1000
#define SECOND (1000 * MILLISECOND)

void duration_add(struct text *line, int64_t us)
{
	int64_t tenths = (us + SECOND / 20) / (SECOND / 10), seconds = us / SECOND;

	if (us < SECOND)
		text_printf(line, "%ld ms", (long)(us / MILLISECOND));
	else if (seconds < 60)
		text_printf(line, "%ld.%ld s", (long)(tenths / 10), (long)(tenths % 10));
	else if (seconds < 3600)
		text_printf(line, "%ld min %ld s", (long)(seconds / 60), (long)(seconds % 60));
	else
		text_printf(
			line, "%ld h %ld min", (long)(seconds / 3600), (long)(seconds / 60 % 60));
}

void duration_add_delta(struct text *line, int64_t us)
{
	int64_t size = us < 0 ? -us : us;

	text_add(line, us < 0 ? "-" : "+");
	if (size < MILLISECOND)
		text_printf(line, "0.%ld ms", (long)(size / 100));
	else
		duration_add(line, size);
}
