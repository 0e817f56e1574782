/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/delivery.h"

#include "core/base/output.h"

#include <stddef.h>

void delivery_begin(struct record_delivery *delivery)
{
	unsigned done = atomic_load(&delivery->done);

	delivery->next = 0;
	atomic_store(&delivery->done, done + done % 2);
	output_note(&delivery->done);
}

bool delivery_is_due(struct record_delivery *delivery)
{
	return delivery == NULL || delivery->next++ >= atomic_load(&delivery->done) / 2;
}

void delivery_done(struct record_delivery *delivery)
{
	if (delivery != NULL)
		atomic_store(&delivery->done, 2 * delivery->next);
}

void delivery_end(void)
{
	output_note(NULL);
}
