/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_board.h"

#include <string.h>
#include <sys/mman.h>

/* A rank that reads or writes so much between two looks is not standing still. */
#define BYTES_MOVED 4096

/* The time of processors that a rank has used says nothing over a shorter time. */
#define BUSY_US 100000

struct stall_board *board_new(void)
{
	void *memory = mmap(NULL, sizeof(struct stall_board), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct board_rank *board_rank_of(struct stall_board *board, pid_t pid, uint64_t start_ticks)
{
	struct board_rank *unused = NULL;

	for (size_t i = 0; i < board->count; i++) {
		struct board_rank *rank = &board->ranks[i];

		if (!rank->is_used && unused == NULL)
			unused = rank;
		if (rank->is_used && rank->standing.pid == pid &&
			rank->standing.start_ticks == start_ticks)
			return rank;
	}
	if (unused == NULL && board->count < BOARD_RANKS)
		unused = &board->ranks[board->count++];
	if (unused == NULL)
		return NULL;
	*unused = (struct board_rank){
		.is_used = true, .standing = {.pid = pid, .start_ticks = start_ticks}};
	return unused;
}

/* What is left of a rank's memory. */
struct room {
	char *at, *end;
};

/* SIZE bytes, aligned for any type; NULL: there are not so many. */
static void *take(struct room *room, size_t size)
{
	char *at = room->at;

	size = (size + 15) & ~(size_t)15;
	if (size > (size_t)(room->end - at))
		return NULL;
	room->at += size;
	return at;
}

/* Puts a copy of *STRING, which may be NULL, in its place. Returns false where there is no room. */
static bool keep_string(struct room *room, const char **string)
{
	size_t size = *string == NULL ? 0 : strlen(*string) + 1;
	char *copy = size == 0 ? NULL : take(room, size);

	if (copy != NULL)
		*string = memcpy(copy, *string, size);
	return size == 0 || copy != NULL;
}

static bool keep_module(struct room *room, const struct frame_module **module)
{
	struct frame_module *copy = take(room, sizeof *copy);

	if (copy == NULL)
		return false;
	*copy = **module;
	*module = copy;
	return keep_string(room, &copy->path);
}

/* Keeps frame AT of THREAD in FRAMES; of several in one module the module is kept once. */
static bool keep_frame(
	struct room *room, const struct live_thread *thread, struct frame *frames, unsigned at)
{
	struct frame *frame = &frames[at];
	bool is_kept = thread->frames[at].module == NULL;

	*frame = thread->frames[at];
	for (unsigned i = 0; i < at && !is_kept; i++)
		if (thread->frames[i].module == frame->module) {
			frame->module = frames[i].module;
			is_kept = true;
		}
	return keep_string(room, &frame->function) && keep_string(room, &frame->file) &&
	       (is_kept || keep_module(room, &frame->module));
}

/* Keeps the frames of THREAD in the memory of RANK, as many as fit. */
static void keep_frames(struct board_rank *rank, const struct live_thread *thread)
{
	struct standing_process *standing = &rank->standing;
	struct room room = {rank->memory, rank->memory + sizeof rank->memory};
	struct frame *frames = take(&room, (thread->count + 1) * sizeof *frames);
	unsigned count = 0;

	while (frames != NULL && count < thread->count && keep_frame(&room, thread, frames, count))
		count++;
	standing->frames = frames;
	standing->count = count;
	standing->tid = thread->tid;
	standing->truncated = thread->truncated || count < thread->count;
	standing->stop = thread->stop;
}

static void keep_calls(struct board_rank *rank, const struct call_counts *calls)
{
	size_t count = calls->count < BOARD_CALLS ? calls->count : BOARD_CALLS;

	if (count > 0)
		memcpy(rank->calls, calls->list, count * sizeof *rank->calls);
	rank->standing.calls = (struct call_counts){rank->calls, count};
}

/* Whether RANK, which is at the same place, has been elsewhere meanwhile. What a library of
 * Python's waits for, it waits for in the kernel: it would not have run. */
static bool has_been_away(const struct board_rank *rank, const struct stand *stand,
	enum event_doing doing, uint64_t mark, struct stand_usage usage)
{
	if (doing == DOING_COMMUNICATES)
		return stand->is_python && mark != 0 && rank->mark != 0 && mark != rank->mark;
	return doing == DOING_WAITS && usage.bytes - rank->usage.bytes >= BYTES_MOVED;
}

static bool has_moved(const struct board_rank *rank, enum event_doing doing, uint64_t place)
{
	return rank->since_us == 0 || doing != rank->standing.stand.doing ||
	       (doing != DOING_COMPUTES && place != rank->place);
}

bool board_note(struct board_rank *rank, const struct stand *stand, uint64_t mark,
	struct stand_usage usage, int64_t now_us)
{
	enum event_doing doing = stand->doing;
	int64_t interval_us = now_us - rank->standing.at_us;
	bool moved, is_busy = rank->since_us != 0 && interval_us >= BUSY_US &&
			      usage.cpu_us - rank->usage.cpu_us >= interval_us / 2;

	/* Its other threads, or its helpers, work for it. */
	if (doing == DOING_WAITS && is_busy)
		doing = DOING_COMPUTES;
	moved = has_moved(rank, doing, stand->place) ||
		has_been_away(rank, stand, doing, mark, usage);
	if (moved)
		rank->since_us = now_us;
	if (stand->thread != NULL)
		keep_frames(rank, stand->thread);
	keep_calls(rank, &stand->calls);
	rank->place = stand->place;
	rank->mark = mark;
	rank->usage = usage;
	rank->is_traced = stand->is_traced;
	rank->serves = stand->serves;
	rank->standing.stand = (struct event_stand){doing, now_us - rank->since_us};
	rank->standing.at_us = now_us;
	return moved;
}
