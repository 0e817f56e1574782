/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/path.h"
#include "core/trace/trace.h"

#include <string.h>

#define FRAMES_HASHED 8

/* FNV-1a: short, the same everywhere, and no attacker's concern. */
#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * FNV_PRIME;
	return hash;
}

/* With its NUL, so that "ab", "c" is not "a", "bc". */
static uint64_t hash_string(uint64_t hash, const char *string)
{
	return hash_bytes(hash, string, strlen(string) + 1);
}

static uint64_t hash_frame(uint64_t hash, const struct frame *frame)
{
	const struct frame_module *module = frame->module;

	if (module != NULL) {
		hash = hash_string(hash, path_base(module->path));
		hash = hash_bytes(hash, module->build_id, module->build_id_size);
	}
	if (frame->function != NULL)
		return hash_string(hash, frame->function);
	/* a pc outside of any object differs from process to process */
	return hash_bytes(hash, &frame->offset, sizeof frame->offset);
}

uint64_t trace_fingerprint(const struct frame *frames, size_t count)
{
	uint64_t hash = FNV_BASIS;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count && i < FRAMES_HASHED; i++)
		hash = hash_frame(hash, &frames[i]);
	return hash != 0 ? hash : 1;
}
