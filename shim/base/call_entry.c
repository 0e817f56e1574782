/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/call_entry.h"

#include "core/base/clock.h"
#include "core/base/sys.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define IN_EVENT_MOST 16 /* functions, those that were called last */

/* MPI_COMM_WORLD where communicators are numbers: all of MPICH's family. */
#define WORLD_NUMBER 0x44000000

/* What an entry saves, in the order in which it lies on the stack, and where the arguments behind
 * those in registers follow. */
#if defined(__x86_64__)
#define REGISTER_ARGUMENTS 6
#define STACK_ARGUMENTS \
	10 /* words from the index on: r10, rax and the return address are between */
#elif defined(__aarch64__)
#define REGISTER_ARGUMENTS 8
#define STACK_ARGUMENTS 12
#endif

#define STACK_COPIED 256 /* bytes, for a probe: what the code below has room for */
#define PAGE ((uintptr_t)4096)

struct saved {
	uint64_t index, arguments[REGISTER_ARGUMENTS];
};

/* How a communicator is passed. */
enum handle { HANDLE_NONE, HANDLE_POINTER, HANDLE_NUMBER, HANDLE_FORTRAN };

/* Of one entry. */
struct binding {
	void *target;
	uint64_t world; /* the handle that stands for the world */
	uint32_t cell;	/* the first one of its row in a shard */
	uint16_t row;
	uint8_t argument; /* which is the communicator */
	uint8_t handle;	  /* enum handle */
	uint64_t key;	  /* with HANDLE_NONE */
	bool is_probed, is_rooted;
	struct call_probe probe;
};

static struct binding bindings[CALL_ENTRIES] LARGE_STATIC;

/* Of each shard but the last one: the process and the thread that it belongs to; 0: it is free. */
static _Atomic uint64_t owners[CALL_SHARDS - 1] LARGE_STATIC;
static struct call_row rows[CALL_ROWS] LARGE_STATIC;

_Static_assert((size_t)CALL_ROWS *CALL_CELLS *CALL_SHARDS * sizeof(struct call_cell) < 2 << 20,
	"smaller than a huge page");

/* Of a thread: the cells of its shard; NULL: it has made no call yet. */
static _Thread_local struct call_cell *own_cells __attribute__((tls_model("initial-exec")));

static struct {
	struct call_cell *cells, *shared; /* the last shard is shared */
	uint64_t world;			  /* of C */
	unsigned count;			  /* of bindings */
	bool pointers, with_time;
	void (*report)(const struct call_failure *failure);
} state;

/* Found from outside by the note. */
struct call_table call_table __attribute__((used));

__asm__(".pushsection .note.vigil,\"a\",%note\n"
	".balign 4\n"
	".long 6, 4, 1\n" /* the sizes of name and content, CALL_TABLE_NOTE */
	".asciz \"vigil\"\n"
	".balign 4\n"
	".long call_table - .\n"
	".popsection\n");

/* In two registers: the real function, and whether its result is looked at. */
struct onward {
	void *target;
	uint64_t words; /* of the caller's stack that are copied, to look at the result; 0: none is
			 */
};

struct onward call_entry_count(const struct saved *saved, unsigned index) __attribute__((used));
void call_entry_returned(const struct saved *saved, uint64_t result) __attribute__((used));

#define ENTRY_SIZE 16 /* call_entry_code.c */
extern const char call_entries[] __attribute__((visibility("hidden")));

static uint64_t argument(const struct saved *saved, unsigned index)
{
	const uint64_t *words = &saved->index;

	return index < REGISTER_ARGUMENTS ? saved->arguments[index]
					  : words[STACK_ARGUMENTS + index - REGISTER_ARGUMENTS];
}

/* The key of the communicator of a call. */
static uint64_t key_of(const struct binding *binding, const struct saved *saved)
{
	uint64_t handle = argument(saved, binding->argument), mark = CALL_KEY_USED;

	if (binding->handle == HANDLE_NUMBER)
		handle = (uint32_t)handle;
	if (binding->handle == HANDLE_FORTRAN) {
		if (handle < 4096) /* the real function will fault */
			return CALL_KEY_MANY;
		handle = *(const uint32_t *)(uintptr_t)handle;
		mark |= CALL_KEY_FORTRAN;
	}
	return handle == binding->world ? CALL_KEY_WORLD : handle | mark;
}

/* The root of a call, which is the argument before the communicator, as in a cell. */
static uint64_t root_of(const struct binding *binding, const struct saved *saved)
{
	uint64_t root = argument(saved, binding->argument - 1U);

	if (binding->handle == HANDLE_FORTRAN) {
		if (root < 4096)
			return 0;
		root = *(const uint32_t *)(uintptr_t)root;
	}
	return (uint32_t)root | CALL_ROOT_KNOWN;
}

/* The cell of ROW for KEY, which takes a free one at its first call. */
static __attribute__((noinline)) struct call_cell *cell_of(struct call_cell *row, uint64_t key)
{
	for (unsigned i = 0; i < CALL_CELLS - 1; i++) {
		uint64_t now = atomic_load_explicit(&row[i].key, memory_order_relaxed);

		if (now == key ||
			(now == 0 && atomic_compare_exchange_strong_explicit(&row[i].key, &now, key,
					     memory_order_relaxed, memory_order_relaxed)))
			return &row[i];
		if (now == key) /* another thread took it meanwhile */
			return &row[i];
	}
	atomic_store_explicit(&row[CALL_CELLS - 1].key, CALL_KEY_MANY, memory_order_relaxed);
	return &row[CALL_CELLS - 1];
}

/* Whether OWNER is a thread of process PID that has ended. Of a forked child's only the one that
 * forked lives on, with its shard; which one that is, is not known. */
static bool has_ended(uint64_t owner, pid_t pid)
{
	return (pid_t)(owner >> 32) == pid &&
	       sys_try(SYS_tgkill, pid, (long)(uint32_t)owner, 0, 0, 0, 0) == -ESRCH;
}

/* Take shard INDEX for the calling thread, which is ME; returns false where another one has it. */
static bool claim_shard(unsigned index, uint64_t me)
{
	uint64_t owner = atomic_load(&owners[index]);

	return (owner == 0 || has_ended(owner, (pid_t)(me >> 32))) &&
	       atomic_compare_exchange_strong(&owners[index], &owner, me);
}

/* The shard of a thread that makes its first call: one that is free, or whose thread has ended. */
static __attribute__((noinline)) struct call_cell *take_shard(void)
{
	bool may_ask = process_has_begun(); /* else a filter may kill for a system call */
	uint64_t me = may_ask ? (uint64_t)sys_getpid() << 32 | (uint32_t)sys_gettid() : 0;
	uint64_t known = atomic_load(&call_table.shard_count);
	unsigned shard = may_ask ? 0 : CALL_SHARDS - 1;

	while (shard < CALL_SHARDS - 1 && !claim_shard(shard, me))
		shard++;
	while (known <= shard &&
		!atomic_compare_exchange_weak(&call_table.shard_count, &known, shard + 1))
		continue;
	own_cells = state.cells + (size_t)shard * CALL_ROWS * CALL_CELLS;
	return own_cells;
}

/* Add one to COUNT, exactly: where the thread alone writes it, only a signal's handler may come in
 * between, and a lock would cost as much as all the rest. */
static inline void add_one(_Atomic uint64_t *count, bool is_own)
{
#if defined(__x86_64__)
	if (is_own) {
		__asm__ volatile("incq %0" : "+m"(*(uint64_t *)count));
		return;
	}
#endif
	(void)is_own;
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* How many words of the caller's stack, from where its arguments may lie, can be copied: a stack
 * may end right behind them. 0: its result is not looked at, as we are switched off. */
static __attribute__((noinline)) uint64_t words_to_copy(const struct saved *saved)
{
	uintptr_t from = (uintptr_t)(&saved->index + STACK_ARGUMENTS);
	size_t in_page = PAGE - from % PAGE;

	if (!process_has_begun())
		return 0;
	/* As core/base/memory.c does it, whose code may use vector registers. */
	if (in_page >= STACK_COPIED ||
		sys_sigprocmask(~0, (const void *)(from + in_page), NULL) == -EINVAL)
		in_page = STACK_COPIED;
	return in_page / sizeof(uint64_t);
}

/* Called by every entry, compiled without vector registers: those may hold arguments. Returns the
 * way on. */
struct onward call_entry_count(const struct saved *saved, unsigned index)
{
	const struct binding *binding = &bindings[index];
	struct call_cell *cells = own_cells != NULL ? own_cells : take_shard();
	struct call_cell *row = cells + binding->cell;
	uint64_t key = binding->handle == HANDLE_NONE ? binding->key : key_of(binding, saved);
	struct call_cell *cell = atomic_load_explicit(&row->key, memory_order_relaxed) == key
					 ? row
					 : cell_of(row, key);

	add_one(&cell->count, cells != state.shared);
	if (state.with_time)
		atomic_store_explicit(&cell->entered, call_table_ticks(), memory_order_relaxed);
	if (binding->is_rooted)
		atomic_store_explicit(&cell->root, root_of(binding, saved), memory_order_relaxed);
#pragma GCC unroll 6
	for (unsigned i = 0; i < CALL_ARGUMENTS; i++)
		atomic_store_explicit(
			&cell->arguments[i], saved->arguments[i], memory_order_relaxed);
	return (struct onward){binding->target, binding->is_probed ? words_to_copy(saved) : 0};
}

void call_entry_returned(const struct saved *saved, uint64_t result)
{
	const struct binding *binding = &bindings[saved->index];
	struct call_failure failure = {.function = rows[binding->row].name};

	if (state.report == NULL || !call_probe_failed(&binding->probe, result, &failure.returned))
		return;
	for (unsigned i = 0; i < CALL_ARGUMENTS; i++)
		failure.arguments[i] = saved->arguments[i];
	state.report(&failure);
}

void call_entry_report(void (*report)(const struct call_failure *failure))
{
	state.report = report;
}

void call_entry_without_time(void)
{
	state.with_time = false;
	call_table.ticks = 0; /* nor do readers read it */
}

/* Whether programs may read the counter now: else that would be a fault. */
static bool may_read_time(void)
{
#if defined(__x86_64__)
	int mode = 0;

	return sys_try(SYS_prctl, PR_GET_TSC, (long)&mode, 0, 0, 0, 0) == 0 &&
	       mode == PR_TSC_ENABLE;
#else
	return true;
#endif
}

bool call_entry_begin(bool pointers, uint64_t world)
{
	static void *_Atomic memory;
	size_t size = (size_t)CALL_SHARDS * CALL_ROWS * CALL_CELLS * sizeof(struct call_cell);

	state.pointers = pointers;
	state.world = world;
	if (state.cells != NULL)
		return true;
	if (late_memory(&memory, size) == NULL ||
		sys_try(SYS_madvise, (long)atomic_load(&memory), (long)size, MADV_WIPEONFORK, 0, 0,
			0) != 0)
		return false;
	state.cells = atomic_load(&memory);
	state.shared = state.cells + (size_t)(CALL_SHARDS - 1) * CALL_ROWS * CALL_CELLS;
	state.with_time = may_read_time();
	call_table.rows = (uintptr_t)rows;
	call_table.cells = (uintptr_t)state.cells;
	call_table.mono_us = instant_mono_us();
	call_table.ticks = state.with_time ? call_table_ticks() : 0;
	call_table.version = CALL_TABLE_VERSION;
	return true;
}

/* The row of NAME, made at its first call; CALL_ROWS: there is no more room. */
static unsigned row_of(const struct call_name *name)
{
	unsigned count = atomic_load(&call_table.row_count);

	for (unsigned i = 0; i < count; i++)
		if (rows[i].number == name->number &&
			(name->number > 0 || strcmp(rows[i].name, name->name) == 0))
			return i;
	if (count < CALL_ROWS) {
		memcpy(rows[count].name, name->name, sizeof rows[count].name);
		rows[count].number = (uint8_t)name->number;
		rows[count].collective = name->collective;
		atomic_store(&call_table.row_count, count + 1);
	}
	return count;
}

static struct binding binding_of(const struct call_name *name, unsigned row, void *target)
{
	struct binding binding = {.target = target,
		.cell = row * CALL_CELLS,
		.row = (uint16_t)row,
		.is_probed = name->is_probed,
		.is_rooted = name->is_rooted,
		.probe = name->probe};

	if (name->communicator < 0) {
		binding.key = name->collective ? CALL_KEY_WORLD : CALL_KEY_NONE;
		return binding;
	}
	binding.argument = (uint8_t)name->communicator;
	binding.world = state.world;
	if (name->is_nccl) {
		binding.handle = HANDLE_POINTER;
		binding.world = ~(uint64_t)0; /* it has none */
	} else if (name->is_fortran) {
		binding.handle = HANDLE_FORTRAN;
		binding.world = state.pointers ? 0 : WORLD_NUMBER;
	} else {
		binding.handle = state.pointers ? HANDLE_POINTER : HANDLE_NUMBER;
		binding.world = state.pointers ? state.world : WORLD_NUMBER;
	}
	return binding;
}

static void *entry_at(unsigned index)
{
	return (void *)(uintptr_t)(call_entries + (size_t)index * ENTRY_SIZE);
}

void *call_entry_make(const struct call_name *name, void *target)
{
	unsigned row = row_of(name);
	struct binding binding = binding_of(name, row, target);

	if (row == CALL_ROWS)
		return NULL;
	for (unsigned i = 0; i < state.count; i++)
		if (bindings[i].target == target && bindings[i].row == row &&
			bindings[i].handle == binding.handle &&
			bindings[i].is_probed == binding.is_probed)
			return entry_at(i);
	if (state.count == CALL_ENTRIES)
		return NULL;
	bindings[state.count] = binding;
	atomic_thread_fence(memory_order_release);
	return entry_at(state.count++);
}

bool call_entry_is(uintptr_t address)
{
	uintptr_t first = (uintptr_t)call_entries;

	return address >= first && address < first + (uintptr_t)CALL_ENTRIES * ENTRY_SIZE;
}

void call_entry_fill(struct event *event)
{
	static void *_Atomic memory[3];
	size_t which = event->failed_call.function != NULL ? 2 : event->crashing;
	struct memory_reader reader = {.next = 0};
	struct call_count *list;

	if (call_table.version == 0)
		return;
	list = late_memory(&memory[which], CALL_COUNTS_MOST * sizeof *list);
	if (list == NULL)
		return;
	event->calls.count =
		call_table_read(&reader, (uintptr_t)&call_table, list, CALL_COUNTS_MOST);
	if (event->calls.count > IN_EVENT_MOST)
		event->calls.count = IN_EVENT_MOST;
	event->calls.list = list;
}
