/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/scratch.h"

#include "core/base/sys.h"
#include "core/base/wait_budget.h"
#include "core/events/event_log.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* How many threads can emit at once, and how long another one waits for its turn. */
#define SCRATCH_COUNT 5
#define TURN_MS 20
#define PAUSE_US 50

/* Its parts are pages: see event_log.c. */
static char first[EVENT_SCRATCH_SIZE] LARGE_STATIC_AT(scratch) __attribute__((aligned(16)));
static void *_Atomic others[SCRATCH_COUNT - 1]; /* NULL: not mapped yet */

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
	for (int i = 0; i < SCRATCH_COUNT; i++) {
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

char *scratch_take(void)
{
	struct budgeted_wait wait = {.most_ms = TURN_MS};
	char *found = take_any();

	while (found == NULL && wait_budget_left(&wait) > 0) {
		sys_pause(PAUSE_US);
		found = take_any();
	}
	wait_budget_end(&wait, found != NULL);
	return found;
}

char *scratch_take_for_last(void)
{
	char *found = scratch_take();

	return found == NULL ? first : found;
}

void scratch_give_back(const char *taken)
{
	for (int i = 0; i < SCRATCH_COUNT && taken != NULL; i++)
		if (taken == (i == 0 ? first : atomic_load(&others[i - 1])))
			give_back(i);
}
