/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/call_first.h"

#include "shim/base/late_memory.h"

#include <stddef.h>

/* An address that leads here. */
struct slot {
	_Atomic uintptr_t *at;
	_Atomic uintptr_t next; /* what it had, and when it is replaced, what it has */
};

/* Most programs have no more than FEW: those lie in a page that every start writes. */
#define FEW 12
static struct slot few[FEW], more[CALL_FIRSTS - FEW] LARGE_STATIC;

static struct {
	unsigned count;		      /* of slots */
	void (*_Atomic set_up)(void); /* NULL: it has run */
} first;

#define ENTRY_SIZE 16 /* call_entry_code.c */
extern const char call_first_entries[] __attribute__((visibility("hidden")));

/* In two registers: the way on, and the address of the slot that the call came by. */
struct way {
	uintptr_t on;
	_Atomic uintptr_t *slot;
};

struct way call_first_reached(unsigned index) __attribute__((used));

static struct slot *slot_of(uintptr_t index)
{
	return index < FEW ? &few[index] : &more[index - FEW];
}

bool call_first_lead(_Atomic uintptr_t *slot)
{
	if (first.count == CALL_FIRSTS)
		return false;
	slot_of(first.count)->at = slot;
	slot_of(first.count)->next = atomic_load(slot);
	atomic_store(slot, (uintptr_t)call_first_entries + (uintptr_t)first.count * ENTRY_SIZE);
	first.count++;
	return true;
}

void call_first_begin(void (*set_up)(void))
{
	atomic_store(&first.set_up, set_up);
}

uintptr_t call_first_original(uintptr_t address)
{
	uintptr_t offset = address - (uintptr_t)call_first_entries;

	return offset < (uintptr_t)CALL_FIRSTS * ENTRY_SIZE ? slot_of(offset / ENTRY_SIZE)->next
							    : address;
}

void call_first_replaced(uintptr_t address, uintptr_t next)
{
	slot_of((address - (uintptr_t)call_first_entries) / ENTRY_SIZE)->next = next;
}

/* Called by every entry. */
struct way call_first_reached(unsigned index)
{
	void (*set_up)(void) = atomic_exchange(&first.set_up, NULL);

	if (set_up != NULL)
		set_up();
	return (struct way){slot_of(index)->next, slot_of(index)->at};
}
