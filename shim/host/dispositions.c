/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/dispositions.h"

#include "core/base/memory.h"
#include "core/base/signal_table.h"
#include "core/base/sys.h"
#include "shim/base/death.h"
#include "shim/base/export.h"
#include "shim/base/inherited.h"
#include "shim/base/kernel_action.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/crash/original_fault.h"
#include "shim/emit/preload_settings.h"
#include "shim/host/fatal_handler.h"
#include "shim/host/handler_stack.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The index of an entry function says what the host's flags were when it set the SIG_DFL that the
 * entry replaces. */
enum {
	HAD_SIGINFO = 1,   /* the host's flags had SA_SIGINFO; ours must */
	HAD_ONSTACK = 2,   /* likewise SA_ONSTACK */
	UNTOUCHED = 4,	   /* not set since the program began: without libc's restorer */
	HAD_RESETHAND = 8, /* likewise SA_RESETHAND, which ours has where death_wants_reset() */
	ENTRY_COUNT = 16,
};

/*
 * If the kernel restored SIG_DFL before it called ENTRY (SA_RESETHAND), install ENTRY again, so
 * that a second signal does not kill before the first is reported.
 */
static void install_again(int number, kernel_handler *entry)
{
	struct kernel_action action = {.handler = entry};

	if (!death_wants_reset(number) || kernel_action_set(number, NULL, &action) != 0 ||
		action.handler != NULL)
		return;
	action.handler = entry;
	kernel_action_set(number, &action, NULL);
}

#define ENTRY(n)                                                          \
	static void entry_##n(int number, siginfo_t *info, void *context) \
	{                                                                 \
		install_again(number, entry_##n);                         \
		signals_caught(number, info, context);                    \
	}

/* clang-format off */
#define ENTRIES(X, end) \
	X(0) end X(1) end X(2) end X(3) end X(4) end X(5) end X(6) end X(7) end \
	X(8) end X(9) end X(10) end X(11) end X(12) end X(13) end X(14) end X(15) end
/* clang-format on */
ENTRIES(ENTRY, )

#define COMMA ,
#define NAME(n) entry_##n
static kernel_handler *const entries[ENTRY_COUNT] = {ENTRIES(NAME, COMMA)};

/* The host's handlers that the trampoline calls, by signal. */
static _Atomic(kernel_handler *) one_shot[SIGNAL_MAX + 1];

static int entry_index(kernel_handler *handler)
{
	for (int i = 0; i < ENTRY_COUNT; i++)
		if (handler == entries[i])
			return i;
	return -1;
}

/* Turn a SIG_DFL of NUMBER into ours. */
static void take_default(int number, struct sigaction *action, bool untouched)
{
	int index = (action->sa_flags & SA_SIGINFO ? HAD_SIGINFO : 0) |
		    (action->sa_flags & SA_ONSTACK ? HAD_ONSTACK : 0) |
		    (action->sa_flags & (int)SA_RESETHAND ? HAD_RESETHAND : 0) |
		    (untouched ? UNTOUCHED : 0);

	action->sa_sigaction = entries[index];
	action->sa_flags |= SA_SIGINFO | SA_ONSTACK;
	if (death_wants_reset(number))
		action->sa_flags |= (int)SA_RESETHAND;
}

static void trampoline(int number, siginfo_t *info, void *context);

/*
 * Call libc's own sigaction(), past all libraries that interpose it: a sanitizer's runtime that was
 * loaded after us complains when it is called before its own start.
 */
static int ask_libc(int number, const struct sigaction *action, struct sigaction *old)
{
	int result = real(__sigaction)(number, action, old);

	if (result == 0 && old != NULL)
		handler_stack_hide(old);
	return result;
}

/* Do what the kernel would have done before it called the handler, with our handler for SIG_DFL. */
static __attribute__((noinline)) void reset(int number)
{
	struct sigaction action;

	if (ask_libc(number, NULL, &action) != 0 || action.sa_sigaction != trampoline)
		return;
	action.sa_flags |= (int)SA_RESETHAND;
	take_default(number, &action, false);
	ask_libc(number, &action, NULL);
}

/* Installed for a handler with SA_RESETHAND. The last call is a jump: the handler returns to the
 * kernel's frame, as without us. */
static void trampoline(int number, siginfo_t *info, void *context)
{
	reset(number);
	atomic_load (&one_shot[number])(number, info, context);
}

static bool is_default(const struct sigaction *action)
{
	return action->sa_handler == SIG_DFL;
}

/* Whether ACTION has a handler of the host's; the trampoline counts as one. */
static bool has_handler(const struct sigaction *action)
{
	return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN &&
	       entry_index(action->sa_sigaction) < 0;
}

/*
 * Whether ACTION needs the trampoline, because the kernel would reset it to a SIG_DFL that is not
 * ours. Never in a vfork child, which must not write the table that it shares with its parent.
 */
static bool is_one_shot(const struct sigaction *action)
{
	return (action->sa_flags & (int)SA_RESETHAND) && has_handler(action) &&
	       action->sa_sigaction != trampoline && process_is_ours();
}

static void take_one_shot(int number, struct sigaction *action)
{
	atomic_store(&one_shot[number], action->sa_sigaction);
	action->sa_sigaction = trampoline;
	action->sa_flags &= ~(int)SA_RESETHAND;
}

/* Whether ACTION has a handler that handler_stack_take() may put a stub in front of. */
static bool wants_stub(int number, const struct sigaction *action)
{
	return ((action->sa_flags & SA_ONSTACK) || number == SIGSEGV) && has_handler(action);
}

/* Turn ACTION, if it is one of ours, into what the host has set. Returns whether it was one of
 * ours. */
static bool hide(int number, struct sigaction *action)
{
	bool is_hidden = handler_stack_hide(action);
	int index = entry_index(action->sa_sigaction);

	if (action->sa_sigaction == trampoline) {
		action->sa_sigaction = atomic_load(&one_shot[number]);
		action->sa_flags |= (int)SA_RESETHAND;
		is_hidden = true;
	}
	if (index < 0)
		return is_hidden;
	action->sa_handler = SIG_DFL;
	if (!(index & HAD_SIGINFO))
		action->sa_flags &= ~SA_SIGINFO;
	if (!(index & HAD_ONSTACK))
		action->sa_flags &= ~SA_ONSTACK;
	if (!(index & HAD_RESETHAND))
		action->sa_flags &= ~(int)SA_RESETHAND;
	if (index & UNTOUCHED) {
		action->sa_flags &= ~KERNEL_SA_RESTORER;
		action->sa_restorer = NULL;
	}
	return true;
}

/* Turn OLD, a handler that the real signal() returned, into what the host has set. A function of
 * its own, as its action would else lie on the host's stack below change_simply(). */
static __attribute__((noinline)) sighandler_t hidden(int number, sighandler_t old)
{
	struct sigaction action = {.sa_handler = old};

	if (old != SIG_ERR && old != SIG_DFL && old != SIG_IGN)
		hide(number, &action);
	return action.sa_handler;
}

/* Set ACTION by the kernel's call: libc's function would add its restorer, which the host would
 * see. */
static void put_back(int number, const struct sigaction *action)
{
	struct kernel_action kernel = {
		.handler = action->sa_sigaction,
		.flags = (unsigned)action->sa_flags,
		.restorer = action->sa_restorer,
	};

	memcpy(&kernel.mask, &action->sa_mask, sizeof kernel.mask);
	kernel_action_set(number, &kernel, NULL);
}

/* Where it is not known to be SIG_DFL, the disposition is set, and put back if it was another. By
 * the kernel's own call, as there are fifty at every start: libc's translates. */
static void disposition_begin(int number, bool is_known)
{
	struct kernel_action ours = kernel_action(entries[UNTOUCHED], 0), before = {.flags = 0};

	if (death_wants_reset(number))
		ours.flags |= (unsigned)SA_RESETHAND;
	if (kernel_action_set(number, &ours, is_known ? NULL : &before) == 0 &&
		before.handler != NULL)
		kernel_action_set(number, &before, NULL);
}

/* Take NUMBER, one of ours, over if its disposition is SIG_DFL now, or a handler that the kernel
 * would reset to it. */
static void disposition_settle(int number)
{
	struct sigaction action;

	if (ask_libc(number, NULL, &action) != 0)
		return;
	if (is_default(&action))
		take_default(number, &action, !(action.sa_flags & KERNEL_SA_RESTORER));
	else if (is_one_shot(&action))
		take_one_shot(number, &action);
	else if (!wants_stub(number, &action))
		return;
	if (wants_stub(number, &action))
		handler_stack_take(number, &action);
	ask_libc(number, &action, NULL);
}

/* Give NUMBER back to the kernel as the host has set it. */
static void disposition_end(int number)
{
	struct sigaction action;

	if (real(__sigaction)(number, NULL, &action) != 0 || !hide(number, &action))
		return;
	handler_stack_take(number, &action); /* threads keep our stacks */
	put_back(number, &action);
}

void signals_begin(void)
{
	const struct signal_settings *signals = &settings()->signals;
	uint64_t ignored, caught;
	bool is_known = inherited_dispositions(&ignored, &caught);
	uint64_t left = (signals->core | signals->terminated) & signals_that_kill() & ~ignored;
	bool first_process = atomic_load(&process_words.owner) == 1;

	/* Now, as a look-up leaves bytes on the host's stack, and libc's sigaction() returns what
	 * lies there where a filter answers that the call was made. */
	real(sigaction);
	real(__sigaction);
	for (; left != 0; left &= left - 1) {
		int number = __builtin_ctzll(left) + 1;

		if (!first_process || signals_is_ours(number))
			disposition_begin(number, is_known && !(caught & SIGNAL_BIT(number)));
	}
}

void signals_end(void)
{
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (signals_is_configured(number))
			disposition_end(number);
}

void signals_settle(void)
{
	for (int number = 1; number <= SIGNAL_MAX; number++)
		if (signals_is_ours(number))
			disposition_settle(number);
}

bool disposition_keeps_off_stacks(int number)
{
	struct sigaction action;

	return !disposition_is_handler(number) ||
	       (real(__sigaction)(number, NULL, &action) == 0 && handler_stack_hide(&action));
}

void disposition_avoid_hosts_stacks(void)
{
	struct sigaction action;

	if (process_is_ours())
		handler_stack_avoid();
	if (handler_stack_is_used() && real(__sigaction)(SIGSEGV, NULL, &action) == 0 &&
		handler_stack_hide(&action) && !(action.sa_flags & SA_ONSTACK))
		put_back(SIGSEGV, &action);
}

bool disposition_is_handler(int number)
{
	struct sigaction action;

	return ask_libc(number, NULL, &action) == 0 && has_handler(&action);
}

static void note_handler(int number, sighandler_t handler)
{
	if (handler != SIG_DFL && handler != SIG_IGN)
		original_fault_expect(number);
}

/* Whether a handler can be set for NUMBER. For another number libc does not even read the
 * action. */
static bool can_have_handler(int number)
{
	return number >= 1 && number <= SIGNAL_MAX && number != 32 && number != 33;
}

/* A function of its own, as its action would else lie on the host's stack below change_through().
 */
static __attribute__((noinline)) int change(
	int (*call)(int, const struct sigaction *, struct sigaction *), int number,
	const struct sigaction *action, struct sigaction *old)
{
	kernel_handler *before = NULL;
	struct sigaction ours;
	int result;

	if (action != NULL && can_have_handler(number)) {
		memcpy(&ours, action, sizeof ours); /* which need not be aligned */
		action = &ours;
		if (signals_is_ours(number)) {
			before = atomic_load(&one_shot[number]);
			note_handler(number, ours.sa_handler);
			if (is_default(&ours))
				take_default(number, &ours, false);
			else if (is_one_shot(&ours))
				take_one_shot(number, &ours);
		}
		if (wants_stub(number, &ours))
			handler_stack_take(number, &ours);
	}
	result = call(number, action, old);
	if (result == 0 && old != NULL) {
		bool was_one_shot;

		handler_stack_hide(old);
		was_one_shot = old->sa_sigaction == trampoline;
		hide(number, old);
		if (was_one_shot && before != NULL)
			old->sa_sigaction = before;
	}
	return result;
}

/* Remove our handler of NUMBER. A function of its own for the same reason. */
static __attribute__((noinline)) void remove_ours(int number)
{
	struct sigaction now;

	if (real(__sigaction)(number, NULL, &now) == 0 && hide(number, &now))
		put_back(number, &now);
}

/*
 * Call the sigaction() of a library between us and libc that interposes it, too. The library may
 * store the action that it finds as the host's (libjsig: the handler that a Java VM is to call
 * before its own), so our handler is removed before the call, and installed again after it.
 */
static int change_through(int number, const struct sigaction *action, struct sigaction *old)
{
	int result;

	note_handler(number, action->sa_handler);
	remove_ours(number);
	result = real(sigaction)(number, action, old);
	disposition_settle(number);
	return result;
}

/* Put a stub in front of KERNEL's handler, or with HIDES turn a stub into the host's handler. */
static void change_kernel_action(int number, struct kernel_action *kernel, bool hides)
{
	struct sigaction action = {
		.sa_sigaction = kernel->handler,
		.sa_flags = (int)kernel->flags,
	};

	memcpy(&action.sa_mask, &kernel->mask, sizeof kernel->mask);
	if (!hides)
		handler_stack_take(number, &action);
	else if (!handler_stack_hide(&action))
		return;
	kernel->handler = action.sa_sigaction;
	kernel->flags = (unsigned)action.sa_flags;
}

long disposition_call(long number, long action, long old, long size)
{
	struct memory_reader reader = {0};
	struct kernel_action ours;
	long result;

	if (action != 0 && handler_stack_is_used() && process_has_begun() &&
		memory_read_exact(&reader, (uintptr_t)action, &ours, sizeof ours)) {
		change_kernel_action((int)number, &ours, false);
		action = (long)&ours;
	}
	result = real(syscall)(SYS_rt_sigaction, number, action, old, size);
	if (result == 0 && old != 0)
		change_kernel_action((int)number, (struct kernel_action *)old, true);
	return result;
}

VIGIL_EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	if (action != NULL && real(sigaction) != real(__sigaction) && signals_is_ours(number))
		return change_through(number, action, old);
	return change(real(sigaction), number, action, old);
}

VIGIL_EXPORT int __sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	return change(real(__sigaction), number, action, old);
}

/* The older functions set flags of their own (siginterrupt(), one-shot): the real one is called,
 * and our handler installed after it. */
static sighandler_t change_simply(
	sighandler_t (*call)(int, sighandler_t), int number, sighandler_t handler)
{
	sighandler_t old = hidden(number, call(number, handler));

	if (old != SIG_ERR && signals_is_ours(number)) {
		note_handler(number, handler);
		disposition_settle(number);
	}
	return old;
}

VIGIL_EXPORT sighandler_t signal(int number, sighandler_t handler)
{
	return change_simply(real(signal), number, handler);
}

VIGIL_EXPORT sighandler_t bsd_signal(int number, sighandler_t handler)
{
	return change_simply(real(bsd_signal), number, handler);
}

VIGIL_EXPORT sighandler_t ssignal(int number, sighandler_t handler)
{
	return change_simply(real(ssignal), number, handler);
}

VIGIL_EXPORT sighandler_t sysv_signal(int number, sighandler_t handler)
{
	return change_simply(real(sysv_signal), number, handler);
}

VIGIL_EXPORT sighandler_t __sysv_signal(int number, sighandler_t handler)
{
	return change_simply(real(__sysv_signal), number, handler);
}

VIGIL_EXPORT sighandler_t sigset(int number, sighandler_t handler)
{
	return change_simply(real(sigset), number, handler);
}

/* SIG_IGN needs no translation; interposed so that the family is complete. */
VIGIL_EXPORT int sigignore(int number)
{
	return real(sigignore)(number);
}
