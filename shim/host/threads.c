/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/threads.h"

#include "core/base/sys.h"
#include "core/base/valgrind.h"
#include "shim/host/dispositions.h"
#include "shim/base/export.h"
#include "shim/host/handler_stack.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"
#include "shim/emit/preload_settings.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

/*
 * In front of a stack is a head, and a guard. It holds what runs there of us, and a frame for each
 * of the signals that the kernel delivers at once (most often 3.5 KiB, at most AT_MINSIGSTKSZ,
 * 12 KiB today).
 */
#define STACK_SIZE ((size_t)HANDLER_STACK_SIZE)
#define HEAD_SIZE ((size_t)HANDLER_STACK_HEAD)
#define MEMORY_SIZE (HEAD_SIZE + STACK_SIZE)
#define GUARD_SIZE ((size_t)PROCESS_PAGE_SIZE)

/* How many threads have one at once. Each takes two of the 65530 mappings of a process, as the
 * thread's own stack does. */
#define SEATS_MAX 1024

/*
 * How many seats are asked whether their thread is gone before another one is taken, and how far
 * they lie apart, modulo those that there are: threads that stay sit side by side.
 */
#define PROBES 16
#define STRIDE 0x9e3779b1u

/* What a thread has of us, from before its creation until somebody finds it gone. */
struct seat {
	_Atomic uint64_t owner; /* 0: free */
	_Atomic(char *) stack;	/* behind guard and head; NULL: not mapped yet */
	void *(*routine)(void *);
	void *argument;
};

static char first_memory[GUARD_SIZE + MEMORY_SIZE] LARGE_STATIC_AT(guard)
	__attribute__((aligned(PROCESS_PAGE_SIZE)));

static struct {
	void *_Atomic seats;	     /* SEATS_MAX of them; NULL: there was no second thread yet */
	_Atomic unsigned used, next; /* seats that have ever been taken; where to ask first */
	bool are_given;
	bool none_is_no_change; /* is_no_change() has it */
} threads;

/* NULL: there is none before the first thread is created. */
static struct seat *seat_of(unsigned i)
{
	struct seat *seats = atomic_load(&threads.seats);

	return seats == NULL ? NULL : &seats[i];
}

static bool has_seats(void)
{
	return late_memory(&threads.seats, SEATS_MAX * sizeof(struct seat)) != NULL;
}

/* TID is 0 until the thread runs. */
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

static bool claim(struct seat *seat, pid_t pid)
{
	uint64_t owner = atomic_load(&seat->owner);

	return (owner == 0 || is_gone(owner, pid)) &&
	       atomic_compare_exchange_strong(&seat->owner, &owner, owner_of(pid, 0));
}

static struct seat *claim_another(unsigned from, pid_t pid)
{
	for (unsigned i = from; i < SEATS_MAX; i++) {
		if (!claim(seat_of(i), pid))
			continue;
		while (from <= i && !atomic_compare_exchange_weak(&threads.used, &from, i + 1))
			;
		return seat_of(i);
	}
	return NULL;
}

static struct seat *claim_any(pid_t pid)
{
	unsigned used = atomic_load(&threads.used);

	for (unsigned i = 0; i < PROBES && i < used; i++) {
		unsigned next = atomic_fetch_add(&threads.next, 1) * STRIDE % used;

		if (claim(seat_of(next), pid))
			return seat_of(next);
	}
	return claim_another(used, pid);
}

static bool has_stack(struct seat *seat)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
	long base;

	if (atomic_load(&seat->stack) != NULL)
		return true;
	/* A call that was not made and answers 0 is no mapping; for the guard, it is no harm. */
	base = sys_call(
		SYS_mmap, 0, GUARD_SIZE + MEMORY_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (base <= 0)
		return false;
	if (sys_call(SYS_mprotect, base, GUARD_SIZE, PROT_NONE, 0, 0, 0) != 0) {
		sys_call(SYS_munmap, base, GUARD_SIZE + MEMORY_SIZE, 0, 0, 0, 0);
		return false;
	}
	base += (long)GUARD_SIZE;
	((struct handler_stack_head *)base)->flags = SS_DISABLE;
	atomic_store(&seat->stack, (char *)base + HEAD_SIZE);
	return true;
}

/*
 * A forked child has the table of its parent, and of all its threads the one that forked, which is
 * its first. That one keeps its seat; the others' are free.
 */
static void inherit(pid_t pid)
{
	unsigned used = atomic_load(&threads.used);
	stack_t now;

	if (atomic_load(&process_words.seats_inherited) || sys_gettid() != pid ||
		sys_call(SYS_sigaltstack, 0, (long)&now, 0, 0, 0, 0) != 0)
		return;
	for (unsigned i = 0; i < used; i++) {
		struct seat *seat = seat_of(i);
		uint64_t owner = atomic_load(&seat->owner);
		bool is_mine = now.ss_sp != NULL && atomic_load(&seat->stack) == now.ss_sp;

		if (is_mine || pid_of(owner) != pid)
			atomic_compare_exchange_strong(
				&seat->owner, &owner, is_mine ? owner_of(pid, pid) : 0);
	}
	atomic_store(&process_words.seats_inherited, 1);
}

/* A seat with a stack for a thread that is about to be created; NULL: it goes without. */
static struct seat *take_seat(void)
{
	pid_t pid = atomic_load(&process_words.owner);
	struct seat *seat;

	if (!has_seats())
		return NULL;
	inherit(pid);
	seat = claim_any(pid);
	if (seat == NULL || has_stack(seat))
		return seat;
	atomic_store(&seat->owner, 0);
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
	return first_memory + GUARD_SIZE + HEAD_SIZE;
}

bool threads_have_stacks(void)
{
	return threads.are_given;
}

/* Not under Valgrind, whose frames are not the kernel's. The guard can be read: collectors and
 * LeakSanitizer read all that a library may write. */
void threads_begin(void)
{
	const stack_t none = {.ss_flags = 0};

	threads.are_given = settings()->trace.alternate_stacks && !on_valgrind();
	if (!threads.are_given)
		return;
	threads.none_is_no_change = sys_call(SYS_sigaltstack, (long)&none, 0, 0, 0, 0, 0) == 0;
	if (sys_call(SYS_mprotect, (long)first_memory, GUARD_SIZE, PROT_READ, 0, 0, 0) == 0)
		give_stack(first_stack());
}

static void sit_down(struct seat *seat)
{
	atomic_store(&seat->owner, owner_of(pid_of(atomic_load(&seat->owner)), sys_gettid()));
	give_stack(atomic_load(&seat->stack));
}

/* The last statement is a jump, as main_entered()'s is: the routine's caller stays libc's. */
static void *thread_entered(void *taken)
{
	struct seat *seat = taken;
	void *(*routine)(void *) = seat->routine;
	void *argument = seat->argument;

	sit_down(seat);
	return routine(argument);
}

typedef int create_function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* Before glibc 2.34 it lies in a library of its own, which may come with the code that wants the
 * first thread. */
static create_function *real_create(void)
{
	static _Atomic(create_function *) came_later;
	create_function *found = real(pthread_create);

	if (found == NULL)
		found = atomic_load(&came_later);
	if (found == NULL) {
		found = (create_function *)real_lookup("pthread_create");
		atomic_store(&came_later, found);
	}
	return found;
}

VIGIL_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*routine)(void *), void *argument)
{
	create_function *create = real_create();
	struct seat *seat = NULL;
	int result;

	if (create == NULL)
		return ENOSYS;
	if (process_is_ours() && threads.are_given && disposition_keeps_off_stacks(SIGSEGV))
		seat = take_seat();
	if (seat == NULL)
		return create(thread, attributes, routine, argument);
	seat->routine = routine;
	seat->argument = argument;
	result = create(thread, attributes, thread_entered, seat);
	if (result != 0)
		atomic_store(&seat->owner, 0);
	return result;
}

static bool is_ours(const void *stack)
{
	unsigned used = atomic_load(&threads.used);

	if (stack == first_stack())
		return true;
	for (unsigned i = 0; stack != NULL && i < used; i++)
		if (atomic_load(&seat_of(i)->stack) == stack)
			return true;
	return false;
}

/*
 * Whether the kernel refused STACK, which it has read, only because ours is there: no stack at all
 * is what the first thread has, and so no change, unless a thread of another program forked it,
 * whose flags it then has (sigaltstack(2) calls it disabled in both cases).
 */
static bool is_no_change(const stack_t *stack)
{
	stack_t now;

	return stack != NULL && stack->ss_sp == NULL && stack->ss_size == 0 &&
	       stack->ss_flags == 0 && threads.none_is_no_change &&
	       sys_call(SYS_sigaltstack, 0, (long)&now, 0, 0, 0, 0) == 0 &&
	       now.ss_sp == first_stack();
}

VIGIL_EXPORT int sigaltstack(const stack_t *stack, stack_t *old)
{
	int before = errno, result = real(sigaltstack)(stack, old);

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
