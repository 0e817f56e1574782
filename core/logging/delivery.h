/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.h - how far a record came, when the task that hands it to the handlers may be killed.
 *
 * A record that is handed over again goes to those handlers alone that it has not reached: no
 * handler writes it twice, and none is left out. The handlers must be the same ones in the same
 * order. Between the kernel's write and our note of it lie a few instructions: one that is killed
 * there writes twice. Signal-safe: yes. Threads: one task at a time per delivery.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/* All zero has not begun. */
struct record_delivery {
	unsigned next;	  /* the handler that is asked for next, in this attempt */
	atomic_uint done; /* twice as many as have had it; and 1: the next has written it */
};

/* The calling task hands the record over from the first handler on. */
void delivery_begin(struct record_delivery *delivery);

/* Whether the next handler is still to have the record; then delivery_done() follows. NULL: yes. */
bool delivery_is_due(struct record_delivery *delivery);

/* The handler has had it. NULL: nothing. */
void delivery_done(struct record_delivery *delivery);

/* The calling task is through. */
void delivery_end(void);
