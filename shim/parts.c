/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/parts.h"

#include <stdatomic.h>

/* By bit. */
static atomic_uint begun, ended;

void parts_forget(void)
{
	atomic_store(&begun, 0);
	atomic_store(&ended, 0);
}

bool part_begin_once(unsigned part)
{
	return (atomic_fetch_or(&begun, 1u << part) & 1u << part) == 0;
}

bool part_begin(unsigned part)
{
	bool good = part_begin_once(part) || part_has_ended(part);

	if (good)
		atomic_fetch_and(&ended, ~(1u << part));
	return good;
}

void part_end(unsigned part)
{
	atomic_fetch_or(&ended, 1u << part);
}

bool part_has_ended(unsigned part)
{
	return (atomic_load(&ended) & 1u << part) != 0;
}
