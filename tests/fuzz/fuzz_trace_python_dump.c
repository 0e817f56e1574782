/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as CPython's dump of its stacks: no crash, texts that end, frames that have names. */
#include "core/trace/python_dump.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_frame(const struct frame *frame)
{
	if (frame->kind != FRAME_PYTHON || frame->line < 0)
		abort();
	if (frame->function != NULL && strlen(frame->function) >= PYTHON_DUMP_SIZE)
		abort();
	if (frame->file != NULL && strlen(frame->file) >= PYTHON_DUMP_SIZE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct python_dump dump;
	/* Of its own size, so that a byte too far is seen. */
	char *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	python_dump_read(&dump, copy, size);
	if (dump.count > PYTHON_FRAMES_MAX)
		abort();
	for (size_t i = 0; i < dump.count; i++)
		check_frame(&dump.frames[i]);
	if (strlen(dump.own) >= sizeof dump.own || strlen(dump.others) >= sizeof dump.others)
		abort();
	free(copy);
	return 0;
}
