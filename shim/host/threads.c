/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/threads.h"

#include "core/base/memory.h"
#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/base/calls.h"
#include "shim/base/export.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/base/stack.h"
#include "shim/emit/preload_settings.h"
#include "shim/host/dispositions.h"
#include "shim/host/handler_stack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <threads.h>

/*
 * In front of a stack are a guard and a head. The stack holds our handler's frames, and the
 * kernel's frame for each of the signals that it delivers at once (mostly 3.5 KiB, at most
 * AT_MINSIGSTKSZ, 12 KiB today).
 */
#define STACK_SIZE ((size_t)HANDLER_STACK_SIZE)
#define HEAD_SIZE ((size_t)HANDLER_STACK_HEAD)
#define MEMORY_SIZE (HEAD_SIZE + STACK_SIZE)

/* How many threads have one at once. Each takes two of the 65530 mappings of a process, as the
 * thread's own stack does. */
#define SLOTS_MAX 1024

/*
 * How many used slots are checked for a thread that is gone before a new slot is used, and how far
 * these are apart: threads that stay have neighbouring slots.
 */
#define PROBES 16
#define STRIDE 0x9e3779b1u

/* Belongs to a thread from before its creation until another thread finds it gone. */
struct slot {
	_Atomic uint64_t owner; /* 0: free */
	_Atomic(char *) stack;	/* behind guard and head; NULL: not mapped yet */
	union {
		void *(*routine)(void *);
		thrd_start_t c11_routine; /* of thrd_create() */
	};
	void *argument;
};

/* The linker puts it behind the code, which is its guard: layout.ld. */
static char first_memory[MEMORY_SIZE]
	__attribute__((section(".guarded"), aligned(PROCESS_PAGE_SIZE)));

static struct {
	void *_Atomic slots;	     /* SLOTS_MAX of them; NULL: there was no second thread yet */
	_Atomic unsigned used, next; /* slots that were ever used; where to look first */
	bool are_given;
	bool none_is_no_change; /* is_no_change() has it */
} threads;

/* Slot I; NULL: no slots exist before the first thread is created. */
static struct slot *slot_of(unsigned i)
{
	struct slot *slots = atomic_load(&threads.slots);

	return slots == NULL ? NULL : &slots[i];
}

static bool has_slots(void)
{
	return late_memory(&threads.slots, SLOTS_MAX * sizeof(struct slot)) != NULL;
}

/* The word that marks a slot as owned by thread TID, 0 until it runs, of process PID. */
static uint64_t owner_of(pid_t pid, pid_t tid)
{
	return (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

static pid_t pid_of(uint64_t owner)
{
	return (pid_t)(owner >> 32);
}

static pid_t tid_of(uint64_t owner)
{
	return (pid_t)(uint32_t)owner;
}

static bool is_gone(uint64_t owner, pid_t pid)
{
	return pid_of(owner) == pid && tid_of(owner) != 0 &&
	       sys_call(SYS_tgkill, pid, tid_of(owner), 0, 0, 0, 0) == -ESRCH;
}

static bool claim(struct slot *slot, pid_t pid)
{
	uint64_t owner = atomic_load(&slot->owner);

	return (owner == 0 || is_gone(owner, pid)) &&
	       atomic_compare_exchange_strong(&slot->owner, &owner, owner_of(pid, 0));
}

static struct slot *claim_another(unsigned from, pid_t pid)
{
	for (unsigned i = from; i < SLOTS_MAX; i++) {
		if (!claim(slot_of(i), pid))
			continue;
		while (from <= i && !atomic_compare_exchange_weak(&threads.used, &from, i + 1))
			;
		return slot_of(i);
	}
	return NULL;
}

static struct slot *claim_any(pid_t pid)
{
	unsigned used = atomic_load(&threads.used);

	for (unsigned i = 0; i < PROBES && i < used; i++) {
		unsigned next = atomic_fetch_add(&threads.next, 1) * STRIDE % used;

		if (claim(slot_of(next), pid))
			return slot_of(next);
	}
	return claim_another(used, pid);
}

static bool has_stack(struct slot *slot)
{
	char *base;

	if (atomic_load(&slot->stack) != NULL)
		return true;
	base = stack_map(MEMORY_SIZE);
	if (base == NULL)
		return false;
	((struct handler_stack_head *)(void *)base)->flags = SS_DISABLE;
	atomic_store(&slot->stack, base + HEAD_SIZE);
	return true;
}

/*
 * A forked child has a copy of its parent's table, and of the threads only the one that forked,
 * which keeps its slot; the other slots are free.
 */
static void inherit(pid_t pid)
{
	unsigned used = atomic_load(&threads.used);
	stack_t now;

	if (atomic_load(&process_words.slots_inherited) || sys_gettid() != pid ||
		sys_call(SYS_sigaltstack, 0, (long)&now, 0, 0, 0, 0) != 0)
		return;
	for (unsigned i = 0; i < used; i++) {
		struct slot *slot = slot_of(i);
		uint64_t owner = atomic_load(&slot->owner);
		bool is_mine = now.ss_sp != NULL && atomic_load(&slot->stack) == now.ss_sp;

		if (is_mine || pid_of(owner) != pid)
			atomic_compare_exchange_strong(
				&slot->owner, &owner, is_mine ? owner_of(pid, pid) : 0);
	}
	atomic_store(&process_words.slots_inherited, 1);
}

/* A slot with a stack for a thread that is about to be created; NULL: it goes without. */
static struct slot *take_slot(void)
{
	pid_t pid = atomic_load(&process_words.owner);
	struct slot *slot;

	if (!has_slots())
		return NULL;
	inherit(pid);
	slot = claim_any(pid);
	if (slot == NULL || has_stack(slot))
		return slot;
	atomic_store(&slot->owner, 0);
	return NULL;
}

static void give_stack(char *stack)
{
	stack_t now, ours = {.ss_sp = stack, .ss_size = STACK_SIZE};

	if (sys_call(SYS_sigaltstack, 0, (long)&now, 0, 0, 0, 0) == 0 &&
		(now.ss_flags & SS_DISABLE))
		sys_call(SYS_sigaltstack, (long)&ours, 0, 0, 0, 0, 0);
}

static char *first_stack(void)
{
	return first_memory + HEAD_SIZE;
}

/* Not under Valgrind, whose signal frames are not the kernel's. */
void threads_begin(void)
{
	const stack_t none = {.ss_flags = 0};

	threads.are_given = settings()->trace.alternate_stacks && !on_valgrind();
	if (!threads.are_given)
		return;
	handler_stack_use();
	threads.none_is_no_change = sys_call(SYS_sigaltstack, (long)&none, 0, 0, 0, 0, 0) == 0;
	give_stack(first_stack());
}

static void enter_slot(struct slot *slot)
{
	atomic_store(&slot->owner, owner_of(pid_of(atomic_load(&slot->owner)), sys_gettid()));
	give_stack(atomic_load(&slot->stack));
}

/* The last statement is a jump, as in main_entered(): the routine's caller stays libc's. */
static void *thread_entered(void *taken)
{
	struct slot *slot = taken;
	void *(*routine)(void *) = slot->routine;
	void *argument = slot->argument;

	enter_slot(slot);
	return routine(argument);
}

static int c11_thread_entered(void *taken)
{
	struct slot *slot = taken;
	thrd_start_t routine = slot->c11_routine;
	void *argument = slot->argument;

	enter_slot(slot);
	return routine(argument);
}

typedef int create_function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef int c11_create_function(thrd_t *, thrd_start_t, void *);

/* The function NAME, which before glibc 2.34 lies in libpthread: that may be loaded later, with the
 * code that creates the first thread. NULL: there is none. */
static void *in_libpthread(const char *name, void *_Atomic *came_later)
{
	void *found = atomic_load(came_later);

	if (found == NULL) {
		found = real_lookup(name);
		atomic_store(came_later, found);
	}
	return found;
}

static create_function *real_create(void)
{
	static void *_Atomic came_later;
	create_function *found = real(pthread_create);

	return found != NULL ? found
			     : (create_function *)in_libpthread("pthread_create", &came_later);
}

static c11_create_function *real_c11_create(void)
{
	static void *_Atomic came_later;
	c11_create_function *found = real(thrd_create);

	return found != NULL ? found
			     : (c11_create_function *)in_libpthread("thrd_create", &came_later);
}

/* A slot for a thread that is about to be created; NULL: it gets no stack of ours. */
static struct slot *slot_for_thread(void)
{
	bool gets_one =
		process_is_ours() && threads.are_given && disposition_keeps_off_stacks(SIGSEGV);

	return gets_one ? take_slot() : NULL;
}

VIGIL_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*routine)(void *), void *argument)
{
	create_function *create = real_create();
	struct slot *slot;
	int result;

	if (create == NULL)
		return ENOSYS;
	calls_before_thread();
	slot = slot_for_thread();
	if (slot == NULL)
		return create(thread, attributes, routine, argument);
	slot->routine = routine;
	slot->argument = argument;
	result = create(thread, attributes, thread_entered, slot);
	if (result != 0)
		atomic_store(&slot->owner, 0);
	return result;
}

VIGIL_EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
	c11_create_function *create = real_c11_create();
	struct slot *slot;
	int result;

	if (create == NULL)
		return thrd_error;
	calls_before_thread();
	slot = slot_for_thread();
	if (slot == NULL)
		return create(thread, routine, argument);
	slot->c11_routine = routine;
	slot->argument = argument;
	result = create(thread, c11_thread_entered, slot);
	if (result != thrd_success)
		atomic_store(&slot->owner, 0);
	return result;
}

static bool is_ours(const void *stack)
{
	unsigned used = atomic_load(&threads.used);

	if (stack == first_stack())
		return true;
	for (unsigned i = 0; stack != NULL && i < used; i++)
		if (atomic_load(&slot_of(i)->stack) == stack)
			return true;
	return false;
}

/*
 * Whether the kernel refused STACK, which it has read, only because our stack is set. STACK is all
 * zero, as the stack of the first thread is without us: setting that would be no change, which the
 * kernel accepts. If the process was forked by a thread with SS_DISABLE, it would be refused
 * without us, too (none_is_no_change is false).
 */
static bool is_no_change(const stack_t *stack)
{
	stack_t now;

	return stack != NULL && stack->ss_sp == NULL && stack->ss_size == 0 &&
	       stack->ss_flags == 0 && threads.none_is_no_change &&
	       sys_call(SYS_sigaltstack, 0, (long)&now, 0, 0, 0, 0) == 0 &&
	       now.ss_sp == first_stack();
}

/* Whether STACK, which need not be readable, is a stack that is set. */
static bool sets_stack(const stack_t *stack)
{
	struct memory_reader reader = {0};
	stack_t wanted;

	return stack != NULL && threads.are_given && process_has_begun() &&
	       memory_read_exact(&reader, (uintptr_t)stack, &wanted, sizeof wanted) &&
	       !(wanted.ss_flags & SS_DISABLE);
}

VIGIL_EXPORT int sigaltstack(const stack_t *stack, stack_t *old)
{
	int before = errno, result;

	if (sets_stack(stack))
		disposition_avoid_hosts_stacks();
	errno = before;
	result = real(sigaltstack)(stack, old);
	if (result != 0 && errno == ENOMEM && is_no_change(stack)) {
		result = (int)sys_call(SYS_sigaltstack, 0, (long)old, 0, 0, 0, 0);
		errno = result < 0 ? -result : before;
		result = result < 0 ? -1 : 0;
		stack = NULL;
	}
	if (result == 0 && stack != NULL)
		handler_stack_forget();
	if (result == 0 && old != NULL && is_ours(old->ss_sp))
		*old = (stack_t){.ss_flags = SS_DISABLE};
	return result;
}
