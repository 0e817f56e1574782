/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/late_memory.h"

#include "core/base/timed_lock.h"
#include "core/base/patience.h"
#include "core/base/sys.h"
#include "core/events/event_log.h"
#include "shim/base/process_state.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

/* As many threads can emit at once. Others wait for their turn, at most so long. */
#define PLACES 5
#define TURN_MS 20
#define PAUSE_US 50

/* Its parts are pages: see event_log.c. */
static char first[EVENT_SCRATCH_SIZE] LARGE_STATIC_AT(scratch) __attribute__((aligned(16)));
static void *_Atomic others[PLACES - 1]; /* NULL: not mapped yet */

struct arena *start_arena(void)
{
	/* What is known of the process, a run directory's handler and its logger fit. */
	static alignas(max_align_t) char memory[2560] LARGE_STATIC_AT(arena);
	static struct arena arena;

	if (arena.chunks == NULL)
		arena_begin(&arena, memory, sizeof memory);
	return &arena;
}

char *start_keep(const char *string)
{
	static char none[1];
	char *copy = arena_strdup(start_arena(), string);

	return copy == NULL ? none : copy;
}

void *late_memory(void *_Atomic *slot, size_t size)
{
	void *memory = atomic_load(slot);
	long address;

	if (memory != NULL)
		return memory;
	address = sys_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (address == 0 || (address < 0 && address > -4096))
		return NULL;
	if (atomic_compare_exchange_strong(slot, &memory, (void *)address))
		return (void *)address;
	sys_call(SYS_munmap, address, (long)size, 0, 0, 0, 0);
	return memory;
}

static char *scratch_of(int i)
{
	return i == 0 ? first : late_memory(&others[i - 1], EVENT_SCRATCH_SIZE);
}

static bool claim(int i)
{
	return (atomic_fetch_or(&process_words.scratches, 1u << i) & 1u << i) == 0;
}

static void give_back(int i)
{
	atomic_fetch_and(&process_words.scratches, ~(1u << i));
}

static char *take_any(void)
{
	for (int i = 0; i < PLACES; i++) {
		char *found;

		if (!claim(i))
			continue;
		found = scratch_of(i);
		if (found != NULL)
			return found;
		give_back(i);
	}
	return NULL;
}

/* One has a scratch for as long as a write takes. */
char *scratch_take(void)
{
	struct patience patience = {.most_ms = TURN_MS};
	char *found = take_any();

	while (found == NULL && patience_left(&patience) > 0) {
		timed_lock_pause(PAUSE_US);
		found = take_any();
	}
	patience_end(&patience, found != NULL);
	return found;
}

char *scratch_take_for_end(void)
{
	char *found = scratch_take();

	return found == NULL ? first : found;
}

void scratch_give_back(const char *taken)
{
	for (int i = 0; i < PLACES && taken != NULL; i++)
		if (taken == (i == 0 ? first : atomic_load(&others[i - 1])))
			give_back(i);
}
