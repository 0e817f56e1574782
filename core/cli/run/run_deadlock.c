/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_deadlock.h"

#include "core/base/clock.h"
#include "core/cli/run/run_members.h"
#include "core/live/live_process.h"

#include <fnmatch.h>
#include <stdio.h>
#include <unistd.h>

/* The threads of a process, but for its main one, of which an event has the stacks. */
#define THREADS_MOST 32

/* So many looks that see the processes elsewhere: they move, and are not just about to end. */
#define LOOKS_ELSEWHERE 2

/* A look that comes later than such a part of the time: we were stopped, perhaps with the job. */
#define LATE_PART 3

/* What a thread waits for, by its stack. */
enum purpose {
	PURPOSE_LOCK, /* that a lock becomes free: who has it does not wait to be asked */
	PURPOSE_TASK, /* what another thread or process does */
	PURPOSE_IDLE, /* perhaps something to do, or a signal */
};

static bool is_in(const struct frame *frame, const char *pattern)
{
	return frame->file != NULL && fnmatch(pattern, frame->file, 0) == 0;
}

static bool is_called(const struct frame *frame, const char *pattern)
{
	return frame->function != NULL && fnmatch(pattern, frame->function, 0) == 0;
}

static bool is_of_library(const struct frame *frame)
{
	return is_in(frame, "*/lib/python*") || is_in(frame, "<*");
}

/* Of a thread in wait() of Python's Condition or Event: who called that. */
static enum purpose purpose_of_wait(const struct frame *frames, unsigned count)
{
	unsigned i = 0;

	while (i < count && frames[i].kind == FRAME_PYTHON && is_in(&frames[i], "*/threading.py")) {
		if (!is_called(&frames[i], "wait"))
			return PURPOSE_TASK; /* of a barrier, a semaphore or a thread */
		i++;
	}
	return i < count && frames[i].kind == FRAME_PYTHON && is_of_library(&frames[i])
		       ? PURPOSE_TASK
		       : PURPOSE_IDLE;
}

static enum purpose purpose_in_python(const struct frame *frames, unsigned count)
{
	if (is_in(&frames[0], "*/threading.py")) {
		if (is_called(&frames[0], "__enter__") || is_called(&frames[0], "acquire"))
			return PURPOSE_LOCK;
		return is_called(&frames[0], "wait") ? purpose_of_wait(frames, count)
						     : PURPOSE_TASK;
	}
	return is_of_library(&frames[0]) ? PURPOSE_TASK : PURPOSE_LOCK;
}

static enum purpose purpose_of(const struct thread_wait *wait, const struct live_thread *thread)
{
	if (wait->kind != WAIT_FUTEX)
		return PURPOSE_TASK;
	if (thread->count > 0 && thread->frames[0].kind == FRAME_PYTHON)
		return purpose_in_python(thread->frames, thread->count);
	for (unsigned i = 0; i < thread->count; i++) {
		const struct frame *frame = &thread->frames[i];

		if (is_called(frame, "*mutex_lock*") || is_called(frame, "*lll_lock_wait*") ||
			is_called(frame, "*rwlock_*lock*"))
			return PURPOSE_LOCK;
		if (is_called(frame, "*pthread_*join*") || is_called(frame, "*barrier_wait*"))
			return PURPOSE_TASK;
	}
	return PURPOSE_IDLE;
}

/* What is known of a deadlock. */
struct deadlock {
	const struct members *members;
	struct live_process *processes; /* of the members, in their order; the arena's */
	struct arena arena;
};

/* Reads the stacks of the members. Returns false where one is not known. */
static bool read_stacks(struct deadlock *deadlock)
{
	const struct members *members = deadlock->members;
	struct live_process *process =
		arena_alloc(&deadlock->arena, members->member_count * sizeof *process);

	deadlock->processes = process;
	if (process == NULL)
		return false;
	FOR_EACH_MEMBER(member, members)
	{
		if (live_process_read(process, member->pid, &deadlock->arena) < 0 ||
			process->refusal[0] != '\0')
			return false;
		process++;
	}
	return true;
}

static const struct live_thread *thread_of(
	const struct deadlock *deadlock, const struct member_thread *wanted)
{
	for (size_t i = 0; i < deadlock->members->member_count; i++) {
		const struct live_process *process = &deadlock->processes[i];

		for (size_t j = 0; process->pid == wanted->pid && j < process->count; j++)
			if (process->threads[j].tid == wanted->tid)
				return &process->threads[j];
	}
	return NULL;
}

/* A thread waits for a lock, or no main thread may just wait for a signal. */
static bool has_purpose(const struct deadlock *deadlock)
{
	const struct members *members = deadlock->members;
	bool any_idle = false;

	for (size_t i = 0; i < members->thread_count; i++) {
		const struct member_thread *waits = &members->threads[i];
		const struct live_thread *thread = thread_of(deadlock, waits);
		enum purpose purpose = thread == NULL || thread->error != NULL
					       ? PURPOSE_IDLE
					       : purpose_of(&waits->wait, thread);

		if (purpose == PURPOSE_LOCK)
			return true;
		any_idle |= purpose == PURPOSE_IDLE && waits->tid == waits->pid;
	}
	return !any_idle;
}

/* Nobody outside of the job can end what its threads wait for. A FIFO that was there before the job
 * began may be a way for others to speak to it; so may one whose reader nobody waits for. */
static bool is_closed(const struct members *members, int64_t began_us)
{
	int64_t began_real_us = instant_at(began_us).real_us;

	for (size_t i = 0; i < members->thread_count; i++) {
		const struct thread_wait *wait = &members->threads[i].wait;

		if (wait->kind == WAIT_FIFO &&
			(wait->made_us < began_real_us || members->member_count < 2))
			return false;
		if (members_are_outsiders(members, &members->threads[i]))
			return false;
	}
	return true;
}

/* Nothing has moved since MEMBERS was found. */
static bool is_still(const struct members *members, const struct tracking *tracking, pid_t monitor)
{
	struct members now;
	bool is_same = members_wait(&now, tracking, monitor) && now.mark == members->mark;

	members_release(&now);
	return is_same;
}

static size_t add_threads(const struct live_process *process, struct event_thread *threads)
{
	size_t count = 0;

	for (size_t i = 0; i < process->count && count < THREADS_MOST; i++) {
		const struct live_thread *thread = &process->threads[i];

		if (thread->tid != process->pid && thread->error == NULL)
			threads[count++] = (struct event_thread){
				.tid = thread->tid,
				.name = thread->name,
				.frames = thread->frames,
				.frame_count = thread->count,
				.truncated = thread->truncated,
			};
	}
	return count;
}

static void set_main(struct standing_process *standing, const struct live_process *process)
{
	standing->tid = process->pid;
	for (size_t i = 0; i < process->count; i++) {
		const struct live_thread *thread = &process->threads[i];

		if (thread->tid != process->pid || thread->error != NULL)
			continue;
		standing->frames = thread->frames;
		standing->count = thread->count;
		standing->truncated = thread->truncated;
		standing->stop = thread->stop;
	}
}

static struct init_facts facts_of(const struct tracking *tracking, const struct member *member)
{
	const struct tracked *process = tracked_find(tracking, member->pid, member->start_ticks);
	struct init_facts facts = {.ppid = member->ppid,
		.rank = RANK_UNKNOWN,
		.local_id = RANK_UNKNOWN,
		.world_size = RANK_UNKNOWN,
		.attempt = RANK_UNKNOWN};

	if (process != NULL)
		return process->init;
	snprintf(facts.program, sizeof facts.program, "%s", member->comm);
	return facts;
}

static void emit(const struct deadlock *deadlock, const struct tracking *tracking,
	struct agent *agent, int64_t for_us)
{
	const struct live_process *process = deadlock->processes;
	struct event_thread threads[THREADS_MOST];

	FOR_EACH_MEMBER(member, deadlock->members)
	{
		struct standing_process standing = {
			.pid = member->pid,
			.start_ticks = member->start_ticks,
			.init = facts_of(tracking, member),
			.stand = {DOING_WAITS, for_us},
			.at_us = instant_mono_us(),
			.threads = threads,
			.thread_count = add_threads(process, threads),
		};

		set_main(&standing, process++);
		agent_emit_stand(agent, &standing, EVENT_WHAT_STALLED);
	}
}

/* Whether those that were found to wait for each other really do; then that is emitted. */
static bool prove(const struct members *members, const struct tracking *tracking,
	struct agent *agent, int64_t began_us, int64_t for_us)
{
	struct deadlock deadlock = {.members = members, .arena = {NULL}};
	bool is_proven = is_closed(members, began_us) && read_stacks(&deadlock) &&
			 has_purpose(&deadlock) && is_still(members, tracking, getppid());

	if (is_proven)
		emit(&deadlock, tracking, agent, for_us);
	arena_release(&deadlock.arena);
	return is_proven;
}

/* Emits that the processes that are there move. */
static void emit_moves(const struct tracking *tracking, struct agent *agent)
{
	const struct tracked *process = NULL;

	while ((process = tracked_next(tracking, process)) != NULL) {
		struct standing_process standing = {
			.pid = process->pid,
			.start_ticks = process->start_ticks,
			.init = process->init,
			.stand = {DOING_WAITS, 0},
			.at_us = instant_mono_us(),
		};

		if (process->state == TRACKED_POLLED || process->state == TRACKED_UNPOLLED)
			agent_emit_stand(agent, &standing, EVENT_WHAT_MOVED);
	}
}

static enum deadlock_news after_report(
	struct deadlock_watch *watch, const struct tracking *tracking, struct agent *agent)
{
	if (watch->mark == watch->reported) {
		watch->elsewhere = 0;
		return DEADLOCK_NONE;
	}
	if (++watch->elsewhere < LOOKS_ELSEWHERE || tracked_next(tracking, NULL) == NULL)
		return DEADLOCK_NONE;
	emit_moves(tracking, agent);
	watch->reported = 0;
	watch->elsewhere = 0;
	return DEADLOCK_OVER;
}

enum deadlock_news deadlock_look(struct deadlock_watch *watch, const struct tracking *tracking,
	struct agent *agent, int64_t began_us, int64_t time_us)
{
	int64_t now_us = instant_mono_us(), before_us = watch->looked_us;
	enum deadlock_news news = DEADLOCK_NONE;
	struct members members;
	uint64_t mark = members_wait(&members, tracking, getppid()) ? members.mark : 0;

	watch->looked_us = now_us;
	if (mark != watch->mark || now_us - before_us > time_us / LATE_PART)
		watch->since_us = now_us;
	watch->mark = mark;
	if (watch->reported != 0)
		news = after_report(watch, tracking, agent);
	else if (mark != 0 && now_us - watch->since_us >= time_us &&
		 prove(&members, tracking, agent, began_us, now_us - watch->since_us)) {
		watch->reported = mark;
		news = DEADLOCK_FOUND;
	}
	members_release(&members);
	return news;
}
