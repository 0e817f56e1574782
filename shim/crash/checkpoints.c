/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/checkpoints.h"

#include <stdatomic.h>

/* By bit. */
static atomic_uint begun, ended;

void checkpoints_forget(void)
{
	atomic_store(&begun, 0);
	atomic_store(&ended, 0);
}

bool checkpoint_begin_once(unsigned checkpoint)
{
	return (atomic_fetch_or(&begun, 1u << checkpoint) & 1u << checkpoint) == 0;
}

bool checkpoint_begin(unsigned checkpoint)
{
	bool good = checkpoint_begin_once(checkpoint) || checkpoint_has_ended(checkpoint);

	if (good)
		atomic_fetch_and(&ended, ~(1u << checkpoint));
	return good;
}

void checkpoint_end(unsigned checkpoint)
{
	atomic_fetch_or(&ended, 1u << checkpoint);
}

bool checkpoint_has_ended(unsigned checkpoint)
{
	return (atomic_load(&ended) & 1u << checkpoint) != 0;
}
