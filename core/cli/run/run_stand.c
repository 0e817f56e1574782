/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_stand.h"

#include "core/base/hash.h"
#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/events/frame_origin.h"
#include "core/report/verdict/straggler.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOCALS_MOST ((size_t)32 * 1024) /* words of the stack */
#define SAVED_REGISTERS 6		/* that a function pushes below its return address */

/* How often a thread that runs is looked at until its whole stack is known. */
#define TAKES 4

static bool communicates(const struct frame *frame)
{
	return standing_communicates(frame) ||
	       (frame->kind != FRAME_PYTHON && frame_origin(frame) == ORIGIN_COMMUNICATION);
}

/* Where a frame is: that of Python has no address. The function that is called outside may be at
 * any of its addresses. */
static uint64_t add_frame(uint64_t hash, const struct frame *frame, bool is_entry)
{
	uint64_t at = frame->pc - (is_entry ? frame->function_offset : 0);

	if (frame->kind != FRAME_PYTHON)
		return hash_bytes(hash, &at, sizeof at);
	hash = hash_bytes(hash, frame->function, strlen(frame->function) + 1);
	hash = hash_bytes(hash, frame->file, strlen(frame->file) + 1);
	return is_entry ? hash : hash_bytes(hash, &frame->line, sizeof frame->line);
}

/* Adds the frames from FROM on inwards, down to index TO, as far as the first that communicates. */
static uint64_t add_part(
	uint64_t hash, const struct live_thread *thread, unsigned from, unsigned to)
{
	for (unsigned i = from; i > to; i--) {
		const struct frame *frame = &thread->frames[i - 1];
		bool is_entry = communicates(frame);

		hash = add_frame(hash, frame, is_entry);
		if (is_entry)
			break;
	}
	return hash;
}

/* Python's frames come first, the innermost first, then the native ones, which are the machinery of
 * these. */
static uint64_t place_of(const struct live_thread *thread)
{
	unsigned python = 0;

	while (python < thread->count && thread->frames[python].kind == FRAME_PYTHON)
		python++;
	return add_part(HASH_BEGIN, thread, python > 0 ? python : thread->count, 0);
}

/* Where the outermost native function that communicates returns to; 0: none does. */
static uint64_t caller_of(const struct live_thread *thread)
{
	for (unsigned i = thread->count; i-- > 0;)
		if (thread->frames[i].kind != FRAME_PYTHON && communicates(&thread->frames[i]))
			return i + 1 < thread->count ? thread->frames[i + 1].pc : 0;
	return 0;
}

/* The end of the main thread's stack; 0: not known. */
static uint64_t stack_end_of(pid_t pid)
{
	char path[64], line[512];
	uint64_t end = 0;
	FILE *maps;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
		const char *at = strchr(line, '-');

		if (at == NULL || strstr(line, "[stack]") == NULL)
			continue;
		at++;
		end = number_take_hex(&at);
	}
	if (maps != NULL)
		fclose(maps);
	return end;
}

/*
 * Adds what is on the stack outside of the function that communicates: a loop that calls it again
 * and again has the same frames each time, but other counters and pointers in them, or in the
 * registers that the function saves first. The place where it returns to is searched from outside;
 * deeper ones are left over from other calls.
 */
static uint64_t add_locals(uint64_t hash, pid_t pid, uint64_t caller)
{
	static uint64_t words[LOCALS_MOST];
	uint64_t end = caller == 0 ? 0 : stack_end_of(pid);
	size_t count = LOCALS_MOST;
	ssize_t size = -1;

	for (; end != 0 && size < 0 && count > 0; count /= 2)
		size = live_memory_take(
			pid, end - count * sizeof *words, words, count * sizeof *words);
	count = size <= 0 ? 0 : (size_t)size / sizeof *words;
	for (size_t i = count; i-- > SAVED_REGISTERS;)
		if (words[i] == caller)
			return hash_bytes(hash, &words[i - SAVED_REGISTERS],
				(count - i + SAVED_REGISTERS) * sizeof *words);
	return hash;
}

/* The thread waits for clients of a server, which may be long. */
static bool serves(const struct live_thread *thread)
{
	static const char *const files[] = {
		"*/asyncio/base_events.py", "*/asyncio/events.py", "*/socketserver.py"};

	for (unsigned i = 0; i < thread->count; i++) {
		const struct frame *frame = &thread->frames[i];

		if (frame->function != NULL && (strcmp(frame->function, "accept") == 0 ||
						       strcmp(frame->function, "accept4") == 0))
			return true;
		for (size_t j = 0; frame->kind == FRAME_PYTHON && j < sizeof files / sizeof *files;
			j++)
			if (fnmatch(files[j], frame->file, 0) == 0)
				return true;
	}
	return false;
}

/* The program has called MPI_Abort(): it waits for its own end, and for no other rank. */
static bool is_abort(const struct frame *frame)
{
	return frame->function != NULL && (strcmp(frame->function, "PMPI_Abort") == 0 ||
						  strcmp(frame->function, "MPI_Abort") == 0);
}

static enum event_doing doing_of(const struct live_thread *thread)
{
	enum event_doing doing = thread->state == LIVE_RUNNING ? DOING_COMPUTES : DOING_WAITS;

	if (thread->state == LIVE_STOPPED)
		return DOING_STOPPED;
	for (unsigned i = 0; i < thread->count; i++) {
		if (is_abort(&thread->frames[i]))
			return DOING_WAITS;
		if (communicates(&thread->frames[i]))
			doing = DOING_COMMUNICATES;
	}
	return doing;
}

/* The main thread of PID, and in *RET_CALLS what the process has called; NULL: it is not known
 * where it is. */
static const struct live_thread *take_main(
	pid_t pid, struct arena *arena, struct call_counts *ret_calls)
{
	struct live_process *process = arena_alloc(arena, sizeof *process);
	const struct live_thread *thread;

	if (process == NULL || live_process_read_main(process, pid, arena) < 0 ||
		process->refusal[0] != '\0' || process->count == 0)
		return NULL;
	thread = &process->threads[0];
	if (thread->state == LIVE_ENDED || thread->error != NULL ||
		(thread->state == LIVE_RUNNING && thread->stop != NULL))
		return NULL;
	*ret_calls = process->calls;
	return thread;
}

void stand_take(struct stand *stand, pid_t pid, struct arena *arena)
{
	const struct live_thread *thread = NULL;

	*stand = (struct stand){.doing = DOING_UNKNOWN};
	for (int takes = 0; takes < TAKES && thread == NULL; takes++)
		thread = take_main(pid, arena, &stand->calls);
	if (thread == NULL)
		return;
	stand->thread = thread;
	stand->is_python = thread->count > 0 && thread->frames[0].kind == FRAME_PYTHON;
	stand->is_traced = stand->thread->state == LIVE_TRACED;
	stand->doing = doing_of(stand->thread);
	stand->serves = serves(stand->thread);
	stand->place = stand->doing == DOING_COMPUTES ? 0 : place_of(stand->thread);
	if (stand->doing == DOING_COMMUNICATES)
		stand->place = add_locals(stand->place, pid, caller_of(stand->thread));
}

uint64_t stand_mark(pid_t pid)
{
	struct live_look look;

	if (live_thread_look(pid, pid, &look) < 0 || !look.has_place)
		return 0;
	return hash_bytes(hash_bytes(HASH_BEGIN, look.seen, strlen(look.seen)), &look.state,
		sizeof look.state);
}

bool stand_waits_for_child(pid_t pid)
{
	char path[64], text[256];
	int64_t number;

	snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
	if (file_read(path, text, sizeof text) <= 0 || !is_digit(text[0]))
		return false;
	number = number_prefix(text);
	return number == SYS_wait4 || number == SYS_waitid;
}

/* The number behind KEY in TEXT; 0: it is not there. */
static int64_t number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at == NULL ? 0 : number_prefix(at + strlen(key));
}

/* Fields 14 and 15 of proc_pid_stat(5), counted from behind the name, which may hold anything. */
static int64_t cpu_us_of(const char *stat)
{
	const char *at = strrchr(stat, ')');
	int64_t user, system;

	for (int field = 2; at != NULL && field < 14; field++) {
		at = strchr(at, ' ');
		at = at == NULL ? NULL : at + 1;
	}
	if (at == NULL)
		return 0;
	user = number_prefix(at);
	at = strchr(at, ' ');
	system = at == NULL ? 0 : number_prefix(at + 1);
	return (user + system) * 1000000 / sysconf(_SC_CLK_TCK);
}

struct stand_usage stand_usage_of(pid_t pid)
{
	struct stand_usage usage = {0, 0};
	char path[64], text[2048];

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (file_read(path, text, sizeof text) > 0)
		usage.cpu_us = cpu_us_of(text);
	snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
	if (file_read(path, text, sizeof text) > 0)
		usage.bytes = number_after(text, "rchar: ") + number_after(text, "wchar: ") +
			      number_after(text, "\nread_bytes: ") +
			      number_after(text, "\nwrite_bytes: ");
	return usage;
}
