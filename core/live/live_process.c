/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_process.h"

#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/live/live_calls.h"
#include "core/live/live_python.h"
#include "core/live/live_refusal.h"
#include "core/live/live_root.h"
#include "core/live/live_stops.h"
#include "core/trace/frames.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* How often a thread is walked that goes elsewhere meanwhile. */
#define WALKS_MOST 5

/* How much memory of Python is read while a thread is stopped: milliseconds. */
#define STOPPED_READS_MOST 10000

#define NAMES_SIZE ((size_t)1 << 20)

/* What is needed while the threads of a process are walked. */
struct walk {
	struct live_process *process;
	struct arena *arena;
	bool main_only; /* live_process_read_main() */
	char maps[64];
	struct live_root root;
	struct modules *modules;
	struct text names;
	struct live_memory memory;
	struct live_copy copy;
	struct frame frames[LIVE_FRAMES_MAX];
	const struct live_meanwhile *meanwhile; /* while a thread that runs is stopped; or NULL */
	struct live_stops_thread *stops;	/* of all threads; NULL: there is one thread */
};

/* Lists the threads of PROCESS, or with MAIN_ONLY the main one. Returns 0 or -errno. */
static int list_threads(struct live_process *process, struct arena *arena, bool main_only)
{
	char path[64];
	DIR *tasks;
	struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%d/task", (int)process->pid);
	tasks = opendir(path);
	if (tasks == NULL)
		return -errno;
	process->threads =
		arena_alloc(arena, (main_only ? 1 : LIVE_THREADS_MAX) * sizeof *process->threads);
	if (process->threads == NULL) {
		closedir(tasks);
		return -ENOMEM;
	}
	if (main_only)
		process->threads[process->count++].tid = process->pid;
	while (!main_only && (entry = readdir(tasks)) != NULL) {
		if (!is_digit(entry->d_name[0]))
			continue;
		if (process->count == LIVE_THREADS_MAX)
			process->left_out++;
		else
			process->threads[process->count++].tid =
				(pid_t)number_prefix(entry->d_name);
	}
	closedir(tasks);
	return process->count == 0 ? -ESRCH : 0;
}

/* A thread of PROCESS that has not ended, whose memory is the process's; 0: there is none. */
static pid_t living_thread(const struct live_process *process)
{
	struct process_stat stat;

	for (size_t i = 0; i < process->count; i++)
		if (process_stat(process->threads[i].tid, &stat) == 0 && stat.state != 'Z' &&
			stat.state != 'X' && stat.state != 'x')
			return process->threads[i].tid;
	return 0;
}

/* Takes THREAD where it was stopped with the others; else by itself. */
static const char *take_thread(struct walk *walk, const struct live_thread *thread,
	struct live_look *look, struct trace_registers *registers)
{
	pid_t pid = walk->process->pid;
	struct live_stops_thread *begun =
		walk->stops == NULL ? NULL : &walk->stops[thread - walk->process->threads];

	if (walk->meanwhile == NULL && begun != NULL && begun->stop.child > 0) {
		const char *error = live_stops_end(begun, pid, look, registers, &walk->copy);

		if (error == NULL || strcmp(error, LIVE_STOP_WAITS) != 0)
			return error;
	}
	return live_thread_take(pid, thread->tid, look, registers, &walk->copy, walk->meanwhile);
}

static const char *walk_once(struct walk *walk, struct live_thread *thread, struct live_look *look)
{
	struct trace_registers registers;
	struct unwind unwind;
	const char *error;

	thread->count = 0;
	thread->truncated = false;
	live_memory_forget(&walk->memory);
	error = take_thread(walk, thread, look, &registers);
	if (error != NULL)
		return error;
	unwind_init(&unwind, &registers, walk->modules);
	if (!look->has_place)
		unwind.stack.source = &walk->copy.source;
	thread->stop = frames_walk(
		&unwind, walk->frames, LIVE_FRAMES_MAX, &thread->count, &thread->truncated);
	return NULL;
}

/* The thread is where it was at LOOK: what was read is of one moment. */
static bool has_stayed(const struct walk *walk, pid_t tid, const struct live_look *look)
{
	struct live_look now;

	return live_thread_look(walk->process->pid, tid, &now) == 0 && now.has_place &&
	       strcmp(now.seen, look->seen) == 0;
}

static uint64_t hash_of(const struct live_look *look)
{
	return hash_bytes(HASH_BEGIN, look->seen, strlen(look->seen));
}

/* Returns 0 or -ENOMEM. */
static int walk_thread(struct walk *walk, struct live_thread *thread)
{
	struct live_look look = {.state = LIVE_ENDED};
	bool stayed = false;

	for (int walks = 0; walks < WALKS_MOST && !stayed && thread->error == NULL; walks++) {
		thread->error = walk_once(walk, thread, &look);
		stayed = !look.has_place || has_stayed(walk, thread->tid, &look);
	}
	memcpy(thread->name, look.name, sizeof thread->name);
	thread->state = look.state;
	thread->seen = hash_of(&look);
	if (thread->error == NULL && !stayed)
		thread->error = "did not stay at one place while it was looked at";
	if (thread->error != NULL) {
		thread->count = 0;
		return 0;
	}
	if (thread->stop != NULL && strcmp(thread->stop, UNWIND_END_OF_STACK) == 0)
		thread->stop = NULL;
	thread->frames = arena_alloc(walk->arena, (thread->count + 1) * sizeof *thread->frames);
	if (thread->frames == NULL)
		return -ENOMEM;
	memcpy(thread->frames, walk->frames, thread->count * sizeof *thread->frames);
	frames_locate(thread->frames, thread->count, walk->modules, &walk->names);
	frames_symbolize(thread->frames, thread->count, walk->modules, &walk->names);
	return 0;
}

/* The thread is still where its native frames are from. */
static bool is_in_place(const struct walk *walk, const struct live_thread *thread)
{
	struct live_look now;

	return live_thread_look(walk->process->pid, thread->tid, &now) == 0 && now.has_place &&
	       hash_of(&now) == thread->seen;
}

/* Puts the COUNT frames of Python's before those of THREAD. Returns 0 or -ENOMEM. */
static int put_before(
	struct walk *walk, struct live_thread *thread, const struct frame *frames, size_t count)
{
	struct frame *all = arena_alloc(walk->arena, (count + thread->count) * sizeof *all);

	if (all == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		all[i] = frames[i];
		all[i].function = arena_strdup(walk->arena, frames[i].function);
		all[i].file = arena_strdup(walk->arena, frames[i].file);
		if (all[i].function == NULL || all[i].file == NULL)
			return -ENOMEM;
	}
	memcpy(all + count, thread->frames, thread->count * sizeof *all);
	thread->frames = all;
	thread->count += (unsigned)count;
	return 0;
}

static uint64_t hash_frames(const struct python_stack *stack)
{
	uint64_t hash = HASH_BEGIN;

	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		hash = hash_bytes(hash, frame->function, strlen(frame->function) + 1);
		hash = hash_bytes(hash, frame->file, strlen(frame->file) + 1);
		hash = hash_bytes(hash, &frame->line, sizeof frame->line);
	}
	return hash;
}

/* Reads the Python frames of THREAD, which runs. Returns whether they are the same twice. */
static bool read_twice(struct walk *walk, struct live_python *python, struct live_thread *thread)
{
	uint64_t first;

	if (!live_python_read(python, walk->modules, thread->tid))
		return false;
	first = hash_frames(&python->stacks.own);
	usleep(LIVE_LOOK_US);
	live_memory_forget(&walk->memory);
	return live_python_read(python, walk->modules, thread->tid) &&
	       hash_frames(&python->stacks.own) == first;
}

/* Adds the Python frames of THREAD, if it stands still. Returns 0 or -ENOMEM. */
static int add_python_of(struct walk *walk, struct live_python *python, struct live_thread *thread)
{
	const struct python_stack *own = &python->stacks.own;

	live_memory_forget(&walk->memory);
	if (thread->error != NULL)
		return 0;
	if (thread->state != LIVE_RUNNING && is_in_place(walk, thread) &&
		live_python_read(python, walk->modules, thread->tid) && is_in_place(walk, thread))
		return put_before(walk, thread, own->frames, own->count);
	if (walk->main_only && read_twice(walk, python, thread))
		return put_before(walk, thread, own->frames, own->count);
	return 0;
}

/* What is read of a thread while it is stopped, in a child. */
struct stopped_python {
	struct walk *walk;
	struct live_python *python; /* memory that the child shares */
	pid_t tid;
};

static void read_stopped(void *context)
{
	const struct stopped_python *stopped = context;

	live_memory_forget(&stopped->walk->memory);
	live_python_read(stopped->python, stopped->walk->modules, stopped->tid);
}

/* Stops THREAD, which runs, once more, now that the interpreter is known: its native frames and
 * those of Python are then of one moment. Returns 0 or -ENOMEM. */
static int add_python_running(
	struct walk *walk, struct live_python *python, struct live_thread *thread)
{
	struct stopped_python stopped = {walk, python, thread->tid};
	const struct live_meanwhile meanwhile = {read_stopped, &stopped};
	struct live_thread again = {.tid = thread->tid};
	int error;

	python->found = false;
	python->reads_most = STOPPED_READS_MOST;
	walk->meanwhile = &meanwhile;
	error = walk_thread(walk, &again);
	walk->meanwhile = NULL;
	python->reads_most = 0;
	if (error < 0 || again.error != NULL)
		return error;
	*thread = again;
	if (thread->state != LIVE_RUNNING)
		return add_python_of(walk, python, thread);
	return python->found ? put_before(walk, thread, python->stacks.own.frames,
				       python->stacks.own.count)
			     : 0;
}

/* Adds the Python frames of THREAD, which waits, perhaps not for long: one that waits for the
 * interpreter's lock wakes up every 5 ms. Then it is walked anew. Returns 0 or -ENOMEM. */
static int add_python_waiting(
	struct walk *walk, struct live_python *python, struct live_thread *thread)
{
	for (int walks = 0; walks < WALKS_MOST; walks++) {
		struct live_thread again = {.tid = thread->tid};
		unsigned before = thread->count;
		int error = add_python_of(walk, python, thread);

		if (error < 0 || thread->error != NULL || thread->count > before ||
			is_in_place(walk, thread))
			return error;
		error = walk_thread(walk, &again);
		if (error < 0 || again.error != NULL)
			return error;
		*thread = again;
		if (thread->state == LIVE_RUNNING)
			return add_python_running(walk, python, thread);
	}
	return 0;
}

/* Adds the Python frames of all threads. Returns 0 or -ENOMEM. */
static int add_python(struct walk *walk)
{
	struct live_python *python = mmap(
		NULL, sizeof *python, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error = python == MAP_FAILED ? -ENOMEM : 0;

	/* While other threads begin and end, the list of them may not be whole. */
	for (int finds = 0; error == 0 && finds < WALKS_MOST && python->count == 0; finds++) {
		live_memory_forget(&walk->memory);
		live_python_find(python, walk->modules);
		if (python->runtime == 0)
			break;
	}
	for (size_t i = 0; error == 0 && python->count > 0 && i < walk->process->count; i++) {
		struct live_thread *thread = &walk->process->threads[i];

		if (!live_python_has(python, walk->modules, thread->tid))
			continue;
		error = thread->error == NULL && thread->state == LIVE_RUNNING
				? add_python_running(walk, python, thread)
				: add_python_waiting(walk, python, thread);
	}
	if (python != MAP_FAILED)
		munmap(python, sizeof *python);
	return error;
}

/* Begins to stop all threads that run; where there is no memory for that, each is stopped by
 * itself. */
static void stop_all(struct walk *walk)
{
	size_t count = walk->process->count;

	walk->stops = count < 2 ? NULL : calloc(count, sizeof *walk->stops);
	for (size_t i = 0; walk->stops != NULL && i < count; i++)
		walk->stops[i].tid = walk->process->threads[i].tid;
	if (walk->stops != NULL)
		live_stops_begin(walk->stops, count, walk->process->pid);
}

/* Returns 0 or -ENOMEM. */
static int walk_threads(struct walk *walk, pid_t living)
{
	char *names = arena_alloc(walk->arena, NAMES_SIZE);
	int error = 0;

	walk->modules = arena_alloc(walk->arena, sizeof *walk->modules);
	if (names == NULL || walk->modules == NULL)
		return -ENOMEM;
	text_init(&walk->names, names, NAMES_SIZE);
	live_memory_init(&walk->memory, living);
	snprintf(walk->maps, sizeof walk->maps, "/proc/%d/task/%d/maps", (int)walk->process->pid,
		(int)living);
	walk->modules->maps = walk->maps;
	walk->modules->reader.source = &walk->memory.source;
	live_root_find(&walk->root, living, walk->modules);
	stop_all(walk);
	for (size_t i = 0; i < walk->process->count && error == 0; i++)
		error = walk_thread(walk, &walk->process->threads[i]);
	live_stops_release(walk->stops, walk->process->count);
	walk->stops = NULL;
	if (error == 0)
		error = add_python(walk);
	walk->modules->reader.source = NULL;
	walk->modules->maps = walk->modules->root = walk->modules->root_seen = NULL;
	return error;
}

/* Returns 0 or -ENOMEM. */
static int read_calls(struct live_process *process, struct arena *arena, pid_t living)
{
	struct call_count *list = calloc(CALL_COUNTS_MOST, sizeof *list), *kept;
	size_t count = list == NULL ? 0 : live_calls_read(living, list, CALL_COUNTS_MOST);
	int error = list == NULL ? -ENOMEM : 0;

	if (count > 0) {
		kept = arena_alloc(arena, count * sizeof *kept);
		error = kept == NULL ? -ENOMEM : 0;
		if (kept != NULL)
			memcpy(kept, list, count * sizeof *kept);
		process->calls = (struct call_counts){kept, kept == NULL ? 0 : count};
	}
	free(list);
	return error;
}

/* Whether the memory of thread TID can be read. Returns 0 or -errno. */
static int try_memory(pid_t pid, pid_t tid)
{
	struct live_look look;
	int error = live_thread_look(pid, tid, &look);
	char byte;
	ssize_t count;

	if (error < 0)
		return error;
	/* Address 1 is not there: the kernel says so only to whom it would show what is. */
	count = live_memory_take(tid, 1, &byte, 1);
	return count == -EFAULT || count > 0 ? 0 : (int)count;
}

/* A thread of the kernel has no program. */
static bool is_kernels(pid_t pid)
{
	char path[64], target[8];

	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	return readlink(path, target, sizeof target) < 0 && errno == ENOENT;
}

static void refuse(struct live_process *process, const char *why)
{
	snprintf(process->refusal, sizeof process->refusal, "%s", why);
}

static int read_process(
	struct live_process *process, pid_t pid, struct arena *arena, bool main_only)
{
	struct process_stat stat;
	struct walk *walk;
	struct text refusal;
	pid_t living;
	int error;

	*process = (struct live_process){.pid = pid};
	text_init(&refusal, process->refusal, sizeof process->refusal);
	error = process_stat(pid, &stat);
	if (error == 0) {
		snprintf(process->name, sizeof process->name, "%s", stat.comm);
		process->leader_ended = stat.state == 'Z';
		error = list_threads(process, arena, main_only);
	}
	if (error == -ENOMEM)
		return error;
	living = error < 0 ? 0 : living_thread(process);
	if (error == 0 && living == 0)
		return refuse(process, "has ended, and its parent has not waited for it yet"), 0;
	if (error == 0 && is_kernels(living))
		return refuse(process, "is a thread of the kernel, or exits at this moment"), 0;
	if (error == 0)
		error = try_memory(pid, living);
	if (error < 0)
		return live_refusal_add(&refusal, pid, error), 0;
	walk = calloc(1, sizeof *walk);
	if (walk == NULL)
		return -ENOMEM;
	walk->process = process;
	walk->arena = arena;
	walk->main_only = main_only;
	error = walk_threads(walk, living);
	free(walk);
	return error == 0 ? read_calls(process, arena, living) : error;
}

int live_process_read(struct live_process *process, pid_t pid, struct arena *arena)
{
	return read_process(process, pid, arena, false);
}

int live_process_read_main(struct live_process *process, pid_t pid, struct arena *arena)
{
	return read_process(process, pid, arena, true);
}
