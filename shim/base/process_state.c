/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/process_state.h"

#include "core/base/deadline.h"
#include "core/base/sys.h"
#include "shim/base/late_memory.h"

#include <linux/futex.h>
#include <stdalign.h>
#include <sys/mman.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

alignas(PROCESS_PAGE_SIZE) union process_page process_page LARGE_STATIC_AT(process_words);

/* In memory that a fork copies: false until the constructor has run. */
static bool begun;

bool process_begin(void)
{
	atomic_store(&process_words.owner, sys_getpid());
	begun = sys_is_forbidden(SYS_madvise) ||
		sys_call(SYS_madvise, (long)&process_page, sizeof process_page, MADV_WIPEONFORK, 0,
			0, 0) == 0;
	return begun;
}

void process_switch(bool on)
{
	begun = on;
}

bool process_has_begun(void)
{
	return begun;
}

bool process_is_ours(void)
{
	pid_t own, owner;

	if (!begun)
		return false;
	own = sys_getpid();
	owner = atomic_load(&process_words.owner);
	if (owner == 0 && atomic_compare_exchange_strong(&process_words.owner, &owner, own))
		return true;
	return owner == own;
}

void process_note_silent_child(void)
{
	if (begun)
		atomic_store(&process_words.silent_child, sys_getpid());
}

bool process_was_silent_child(pid_t child)
{
	return child > 0 && atomic_compare_exchange_strong(&process_words.silent_child, &child, 0);
}

/* How long a process may take between the event of its termination and being gone. */
#define MOMENT_US 100000

/* How long the event of an exit may take, its traces included. */
#define EXIT_EMITTED_MS 5000

static void pause_for_reporter(void)
{
	if (atomic_load(&process_words.reporter) != sys_gettid())
		sys_pause(MOMENT_US);
}

void process_await_termination(int milliseconds)
{
	struct deadline deadline = deadline_in(milliseconds);

	atomic_fetch_add(&process_words.waiting, 1);
	if (atomic_load(&process_words.reporter) != sys_gettid() &&
		!deadline_wait(&deadline, &process_words.termination_emitted, 0))
		return;
	pause_for_reporter(); /* the reporter is about to terminate the process */
}

bool process_dies_of_signal(void)
{
	return atomic_load(&process_words.termination) == TERMINATION_BY_SIGNAL &&
	       atomic_load(&process_words.termination_emitted) == 0 &&
	       atomic_load(&process_words.reporter) != sys_gettid();
}

bool process_claim_termination(enum process_termination by)
{
	int now = TERMINATION_OPEN;
	bool claimed = atomic_compare_exchange_strong(&process_words.termination, &now, by);

	/* The thread that reports an exit is about to terminate the process: most often this thread
	 * never returns from the wait. */
	if (!claimed && by == TERMINATION_BY_SIGNAL && now == TERMINATION_BY_EXIT) {
		process_await_termination(EXIT_EMITTED_MS);
		claimed = atomic_compare_exchange_strong(&process_words.termination, &now, by);
	}
	if (claimed) {
		atomic_store(&process_words.termination_emitted, 0);
		atomic_store(&process_words.reporter, sys_gettid());
	}
	return claimed;
}

void process_termination_is_emitted(void)
{
	atomic_store(&process_words.termination_emitted, 1);
	if (atomic_load(&process_words.waiting) == 0)
		return; /* a thread that begins to wait now sees the word set */
	sys_call(SYS_futex, (long)&process_words.termination_emitted, FUTEX_WAKE, 1 << 30, 0, 0, 0);
}

void process_termination_is_emitted_for(pid_t tid)
{
	bool awaited = atomic_load(&process_words.waiting) > 0;

	if (awaited)
		atomic_store(&process_words.reporter, tid);
	process_termination_is_emitted();
	if (awaited)
		pause_for_reporter();
}

void process_note_exit(int status)
{
	struct instant now;
	int nothing = 0;

	if ((status & PROCESS_STATUS_MASK) == 0 || atomic_load(&process_words.exiting) != 0)
		return;
	now = instant_now();
	atomic_store(&process_words.exiting_real_us, now.real_us);
	atomic_store(&process_words.exiting_mono_us, now.mono_us);
	atomic_compare_exchange_strong(
		&process_words.exiting, &nothing, (status & PROCESS_STATUS_MASK) + 1);
}

bool process_is_exiting(int *ret_status, struct instant *ret_since)
{
	int leaving = atomic_load(&process_words.exiting);

	*ret_status = leaving - 1;
	ret_since->real_us = atomic_load(&process_words.exiting_real_us);
	ret_since->mono_us = atomic_load(&process_words.exiting_mono_us);
	return leaving != 0;
}
