/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_first.h - the first call of all that are to be counted sets up the counting: a start does
 * not pay for it, and a library such as MPI's begins with a call that takes milliseconds.
 *
 * Until then the addresses that will be replaced by entries of call_entry.h lead to entries of this
 * module, which run what sets up, and jump on: to what then replaced them. Registers that a call
 * passes integers in are untouched; none of the functions for which this is done takes others.
 * Signal-safe: no; a library is not initialised by a signal handler. Threads: one, until the
 * counting is set up (calls.h).
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How many addresses can lead here. */
#define CALL_FIRSTS 128

/* Constructor only: SLOT, which can be written, leads here from now on. Returns false where there
 * is no more room. */
bool call_first_lead(_Atomic uintptr_t *slot);

/* Constructor only: the first call runs SET_UP, which is to replace all of these addresses. */
void call_first_begin(void (*set_up)(void));

/* What stood in the slot that now has ADDRESS before it led here; ADDRESS if it does not. */
uintptr_t call_first_original(uintptr_t address);

/* The slot that had ADDRESS, which led here, has NEXT from now on: a call that still comes this way
 * goes on there. A tool that replaces addresses itself keeps and calls what it found. */
void call_first_replaced(uintptr_t address, uintptr_t next);
