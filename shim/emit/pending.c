/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of slots. A slot is claimed by its state alone: a thread that is interrupted while it
 * holds one, for however long, delays no other.
 */
#include "shim/emit/pending.h"

#include "core/base/sys.h"
#include "shim/emit/agent.h"

#include <errno.h>
#include <time.h>

enum { PENDING_FREE, PENDING_HELD, PENDING_FILLED };

/* How often, and how long each time, a terminating process waits for the thread that writes. */
#define TURNS 2000
#define TURN_US 50

/* How often pending_write() writes what is there: another thread may add events meanwhile. */
#define PASSES 3

bool pending_add(pid_t pid, enum event_reach reach, int number, int64_t at_us, bool already_dead)
{
	if (atomic_load(&process_words.pending_filled) >= PENDING_MAX)
		return false;
	for (int i = 0; i < PENDING_MAX; i++) {
		uint32_t next = atomic_fetch_add(&process_words.pending_next, 1);
		struct pending *slot = &process_words.pending[next % PENDING_MAX];
		int state = PENDING_FREE;

		if (!atomic_compare_exchange_strong(&slot->state, &state, PENDING_HELD))
			continue;
		slot->number = (int16_t)number;
		slot->reach = (uint8_t)reach;
		slot->already_dead = already_dead;
		slot->pid = pid;
		slot->at_us = at_us;
		atomic_store(&slot->state, PENDING_FILLED);
		atomic_fetch_add(&process_words.pending_filled, 1);
		return true;
	}
	return false;
}

/* Emit all filled slots in the order in which the signals were sent. */
static void emit_all(void)
{
	uint32_t next = atomic_load(&process_words.pending_next);
	uint32_t used = next < PENDING_MAX ? next : PENDING_MAX;

	for (uint32_t i = next - used; i != next; i++) {
		struct pending *slot = &process_words.pending[i % PENDING_MAX];
		int state = PENDING_FILLED;

		if (!atomic_compare_exchange_strong(&slot->state, &state, PENDING_HELD))
			continue;
		atomic_fetch_sub(&process_words.pending_filled, 1);
		agent_sent(slot->pid, (enum event_reach)slot->reach, slot->number, slot->at_us,
			slot->already_dead);
		atomic_store(&slot->state, PENDING_FREE);
	}
}

static bool take_turn(void)
{
	pid_t nobody = 0;

	return atomic_compare_exchange_strong(&process_words.pending_writer, &nobody, sys_gettid());
}

static void emit_in_turn(void)
{
	emit_all();
	atomic_store(&process_words.pending_writer, 0);
}

/*
 * Block all signals: a handler of the host's that sends a signal or waits would wait for the turn
 * that its own thread has. Returns the mask before; if the call fails, or a filter answers 0 for it
 * without making it, returns all signals, so that nothing is unblocked later.
 */
static uint64_t block_signals(void)
{
	uint64_t all = ~(uint64_t)0, before = all;

	if (sys_sigprocmask(SIG_BLOCK, &all, &before) != 0)
		return all;
	return before;
}

static void unblock_signals(uint64_t before)
{
	uint64_t opened = ~before;

	sys_sigprocmask(SIG_UNBLOCK, &opened, NULL);
}

/* Deliver the signals that came, and return whether a handler has run. ppoll(2) alone says that, by
 * EINTR. */
static bool handle_signals(uint64_t mask)
{
	struct timespec at_once = {0};
	bool handled = sys_call(SYS_ppoll, 0, 0, (long)&at_once, (long)&mask, SYS_SIGSET_SIZE, 0) ==
		       -EINTR;

	unblock_signals(mask);
	return handled;
}

/* An event that is added while another thread has the turn is found by that thread in its next
 * pass. */
bool pending_write(void)
{
	uint64_t before;

	if (!process_is_ours())
		return false;
	before = block_signals();
	for (int i = 0; i < PASSES && atomic_load(&process_words.pending_filled) > 0 && take_turn();
		i++)
		emit_in_turn();
	return handle_signals(before);
}

void pending_flush_last(void)
{
	uint64_t before;
	bool taken;

	if (atomic_load(&process_words.pending_next) == 0 || !process_is_ours())
		return;
	before = block_signals();
	taken = take_turn();
	for (int i = 0; !taken && i < TURNS; i++) {
		sys_pause(TURN_US);
		taken = take_turn();
	}
	if (taken)
		emit_in_turn();
	unblock_signals(before);
}

void pending_flush_dying(void)
{
	if (atomic_load(&process_words.pending_next) != 0)
		emit_all();
}
