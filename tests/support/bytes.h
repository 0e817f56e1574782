/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes.h - any bytes that grow, with a NUL behind them.
 */
#pragma once

#include <stddef.h>

struct bytes {
	char *data; /* NULL: none so far */
	size_t size;
};

void bytes_add(struct bytes *bytes, const void *more, size_t count);

/* Add the whole of the file PATH; nothing when it cannot be read. */
void bytes_add_file(struct bytes *bytes, const char *path);

/*
 * Replace what matches the extended regular expression REGEX by BY. Bytes behind a NUL inside are
 * not looked at.
 */
void bytes_mask(struct bytes *bytes, const char *regex, const char *by);

void bytes_free(struct bytes *bytes);
