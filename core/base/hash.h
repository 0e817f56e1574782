/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): short and equal in every
 * process, but no protection against chosen input.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN 0xcbf29ce484222325u

/* HASH, which is HASH_BEGIN at first, extended by COUNT bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
	for (const unsigned char *at = bytes; count > 0; at++, count--)
		hash = (hash ^ *at) * 0x100000001b3u;
	return hash;
}
