/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_stall.h"

#include "core/cli/cli.h"
#include "core/cli/run/run_board.h"
#include "core/cli/run/run_stall_report.h"
#include "core/report/job/rules.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

/* How long the end of the run waits for a helper that still looks. */
#define END_MS 1000

/* A look that comes so many intervals late: we were stopped, perhaps with the whole job. */
#define INTERVALS_LATE 3

#define NICE 10

/* So many looks it takes other hosts at most to see that their ranks stand still, too. */
#define WAITS_MOST 3

/* A job may outlive the request to end. The ranks are looked at as before so much later, and at the
 * next request. */
#define AGAIN_US ((int64_t)10 * 1000 * 1000)

#define FIRST_LOOK_US ((int64_t)1000 * 1000)

/* A helper that takes longer hangs in what /proc does not answer. */
#define HELPER_US ((int64_t)10 * 1000 * 1000)

/* What a helper needs. */
struct look {
	const struct stall_watch *watch;
	const struct tracking *tracking;
	struct agent *agent; /* its own */
	bool is_last;	     /* the job is requested to end */
};

static int64_t interval_of(const struct stall_watch *watch)
{
	return watch->time_us / STALL_LOOKS;
}

/* The first looks come sooner, after 1 s, 2 s, 4 s and so on: a job may be ended before the second
 * of those that come at the interval. */
static void set_next(struct stall_watch *watch)
{
	int64_t now_us = instant_mono_us(), after_us = now_us - watch->began_us;

	if (after_us < FIRST_LOOK_US)
		after_us = FIRST_LOOK_US;
	watch->after_us = after_us < interval_of(watch) ? after_us : interval_of(watch);
	watch->next_us = now_us + watch->after_us;
}

void stall_begin(struct stall_watch *watch)
{
	watch->helper = (struct helper){0, -1};
	watch->next_us = watch->after_us = watch->job_next_us = 0;
	watch->began_us = instant_mono_us();
	watch->board = watch->time_us > 0 ? board_new() : NULL;
	if (watch->board == NULL)
		return;
	set_next(watch);
	watch->job_next_us = watch->began_us + interval_of(watch);
}

/* PROCESS is a rank's, and goes on. */
static bool is_rank(const struct tracked *process)
{
	return process->init.leader && process->init.rank != RANK_UNKNOWN &&
	       (process->state == TRACKED_POLLED || process->state == TRACKED_UNPOLLED);
}

static bool has_ranks(const struct tracking *tracking)
{
	const struct tracked *process = NULL;

	while ((process = tracked_next(tracking, process)) != NULL)
		if (is_rank(process))
			return true;
	return false;
}

/* What RANK and its helpers, which have its number, have used. */
static struct stand_usage usage_of(const struct tracking *tracking, const struct tracked *rank)
{
	struct stand_usage sum = stand_usage_of(rank->pid);
	const struct tracked *process = NULL;

	while ((process = tracked_next(tracking, process)) != NULL) {
		struct stand_usage usage;

		if (process->init.leader || process->init.rank != rank->init.rank)
			continue;
		usage = stand_usage_of(process->pid);
		sum.cpu_us += usage.cpu_us;
		sum.bytes += usage.bytes;
	}
	return sum;
}

/* Of PROCESS, a rank that a shell leads, which waits for the program: the program. */
static const struct tracked *program_of(
	const struct tracking *tracking, const struct tracked *process)
{
	const struct tracked *child = NULL;

	if (!stand_waits_for_child(process->pid))
		return process;
	while ((child = tracked_next(tracking, child)) != NULL)
		if (child->init.ppid == process->pid && child->init.rank == process->init.rank &&
			child->state == TRACKED_POLLED)
			return program_of(tracking, child);
	return process;
}

/* Looks at PROCESS, a rank; unless FULL, not again where it waits and has not moved at all. One
 * that computed is looked at: it may have done so until it began to wait. */
static void look_at(const struct look *look, const struct tracked *process, bool full)
{
	struct board_rank *rank =
		board_rank_of(look->watch->board, process->pid, process->start_ticks);
	int64_t now_us = instant_mono_us();
	struct arena arena = {NULL};
	struct stand stand;
	uint64_t mark;

	if (rank == NULL)
		return;
	rank->is_here = true;
	rank->standing.init = process->init;
	mark = stand_mark(process->pid);
	if (!full && mark != 0 && mark == rank->mark &&
		rank->standing.stand.doing != DOING_COMPUTES) {
		rank->standing.stand.for_us = now_us - rank->since_us;
		rank->standing.at_us = now_us;
		return;
	}
	stand_take(&stand, process->pid, &arena);
	if (stand.doing != DOING_UNKNOWN &&
		board_note(rank, &stand, mark, usage_of(look->tracking, process), now_us) &&
		rank->is_reported && !look->is_last) {
		agent_emit_stand(look->agent, &rank->standing, EVENT_WHAT_MOVED);
		rank->is_reported = false;
	}
	arena_release(&arena);
}

/* Forgets the ranks that have ended, but for those of the last looks: the job may end with them. */
static void forget_others(const struct stall_watch *watch)
{
	int64_t before_us = instant_mono_us() - INTERVALS_LATE * (watch->after_us + FIRST_LOOK_US);

	for (size_t i = 0; i < watch->board->count; i++) {
		struct board_rank *rank = &watch->board->ranks[i];

		if (!rank->is_here && !rank->is_reported && rank->standing.at_us < before_us)
			rank->is_used = false;
	}
}

static void look_at_all(const struct look *look, bool full)
{
	struct stall_board *board = look->watch->board;
	const struct tracked *process = NULL;

	board->began_us = instant_mono_us();
	for (size_t i = 0; i < board->count; i++)
		board->ranks[i].is_here = false;
	while ((process = tracked_next(look->tracking, process)) != NULL)
		if (is_rank(process))
			look_at(look, program_of(look->tracking, process), full);
	forget_others(look->watch);
	board->looked_us = instant_mono_us();
}

/* We were stopped meanwhile, or a rank is stopped by a debugger: what was seen before is void. */
static void begin_anew(struct stall_board *board, int64_t now_us)
{
	FOR_EACH_HERE (rank, board) {
		rank->since_us = now_us;
		rank->standing.stand.for_us = 0;
	}
}

/* The ranks of this host stand still for so long: not one has moved, and not most compute. */
static bool stand_still(const struct stall_watch *watch)
{
	size_t count = 0, computing = 0;
	int64_t world = 0;

	FOR_EACH_HERE (rank, watch->board) {
		enum event_doing doing = rank->standing.stand.doing;

		if (rank->since_us == 0 || rank->standing.stand.for_us < watch->time_us ||
			doing == DOING_UNKNOWN || rank->serves)
			return false;
		count++;
		computing += doing == DOING_COMPUTES;
		if (rank->standing.init.world_size > world)
			world = rank->standing.init.world_size;
	}
	return count > 0 && (count > 1 || world > 1) &&
	       (computing * 2 <= count || (int64_t)count < world);
}

static void say(const struct look *look, const char *sentence)
{
	if (!look->watch->is_quiet)
		complain("%s", sentence);
}

/* It is not said yet, or not of all ranks: then the other hosts are looked for more and more
 * rarely, as the report reads all events. */
static bool is_open(struct stall_board *board)
{
	unsigned looks;

	if (!board->is_said)
		return true;
	looks = board->waits++;
	return board->unknown > 0 && (looks & (looks - 1)) == 0;
}

/* Says what the report says of it: that knows the other hosts, too, whose events can be had. */
static void say_stall(const struct look *look)
{
	char buffer[4096];
	struct stall_board *board = look->watch->board;
	struct stall_news news;
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	if (stall_report(look->tracking->rundir, look->watch->is_quiet ? NULL : look->watch->server,
		    &text, &news) < 0 ||
		text.length == 0 || (news.is_over && (board->is_said || !board->is_reported)))
		return;
	if (board->is_said ? news.unknown >= board->unknown
			   : news.unknown > 0 && board->waits++ < WAITS_MOST)
		return;
	say(look, buffer);
	board->is_said = true;
	board->unknown = news.unknown;
}

static void emit_stall(const struct look *look)
{
	struct stall_board *board = look->watch->board;

	look_at_all(look, true);
	if (!stand_still(look->watch))
		return;
	FOR_EACH_HERE (rank, board) {
		agent_emit_stand(look->agent, &rank->standing, EVENT_WHAT_STALLED);
		rank->is_reported = true;
	}
	board->is_reported = true;
	board->is_said = false;
	board->waits = 0;
	say_stall(look);
}

/* Says that ranks which stood still have moved, once. */
static void emit_moves(const struct look *look)
{
	struct stall_board *board = look->watch->board;

	FOR_EACH_HERE (rank, board)
		if (!rank->is_reported) {
			char line[128];

			snprintf(line, sizeof line, "the ranks move again: rank %ld does",
				(long)rank->standing.init.rank);
			if (board->is_said)
				say(look, line);
			board->is_reported = false;
			return;
		}
}

static void look_now(const struct look *look)
{
	struct stall_board *board = look->watch->board;
	int64_t before_us = board->looked_us, now_us = instant_mono_us();
	bool is_late =
		before_us != 0 && now_us - before_us > INTERVALS_LATE * interval_of(look->watch);
	bool is_traced = false;

	look_at_all(look, false);
	FOR_EACH_HERE (rank, board)
		is_traced |= rank->is_traced;
	if (is_late || is_traced)
		begin_anew(board, now_us);
	if (board->is_reported && is_open(board))
		say_stall(look);
	if (board->is_reported)
		emit_moves(look);
	else if (stand_still(look->watch))
		emit_stall(look);
}

static void emit_seen(const struct look *look, struct board_rank *rank)
{
	agent_emit_stand(look->agent, &rank->standing, EVENT_WHAT_SEEN);
	rank->emitted_us = rank->standing.at_us;
}

/* Looks at PROCESS, a rank, for the last time, and emits where it was: each at once, since all are
 * about to end. */
static void emit_last_of(const struct look *look, const struct tracked *process)
{
	int64_t began_us = instant_mono_us();
	struct board_rank *rank;

	look_at(look, process, false);
	rank = board_rank_of(look->watch->board, process->pid, process->start_ticks);
	if (rank == NULL || rank->standing.stand.doing == DOING_UNKNOWN ||
		rank->standing.at_us < began_us)
		return;
	emit_seen(look, rank);
}

/* A rank had been stopped and goes on: who ends the job, as mpirun, has sent it SIGCONT, and the
 * others, which waited for it, go on with it. */
static bool has_resumed(const struct stall_board *board)
{
	FOR_EACH_HERE (rank, board)
		if (rank->standing.stand.doing == DOING_STOPPED &&
			rank->standing.at_us >= board->began_us &&
			!process_is_stopped(rank->standing.pid))
			return true;
	return false;
}

/* Emits where the stopped ranks had been, and those that had stood still with them: not of ranks
 * that the last look did not get hold of. */
static void emit_as_before(const struct look *look)
{
	const struct stall_board *board = look->watch->board;

	FOR_EACH_HERE (rank, look->watch->board)
		if (rank->standing.at_us >= board->began_us &&
			(rank->standing.stand.for_us > 0 ||
				rank->standing.stand.doing == DOING_STOPPED))
			emit_seen(look, rank);
}

/* Where PROCESS stood was emitted since BEGAN_US; or, if the ranks have RESUMED, as it was before.
 */
static bool is_emitted(
	const struct look *look, const struct tracked *process, int64_t began_us, bool resumed)
{
	const struct board_rank *rank =
		board_rank_of(look->watch->board, process->pid, process->start_ticks);

	return rank != NULL && rank->emitted_us > 0 &&
	       (rank->emitted_us >= began_us ||
		       (resumed && rank->emitted_us == rank->standing.at_us));
}

/* A rank that runs takes longest: the others come first. One of these may run by then, as it was
 * let go on meanwhile: that is not where it stood. */
static void emit_last(const struct look *look)
{
	const struct tracked *process;
	int64_t began_us = instant_mono_us();
	bool resumed = has_resumed(look->watch->board);

	if (resumed)
		emit_as_before(look);
	for (int running = 0; running <= 1; running++) {
		process = NULL;
		while ((process = tracked_next(look->tracking, process)) != NULL) {
			const struct tracked *program;

			if (!is_rank(process))
				continue;
			program = program_of(look->tracking, process);
			if ((stand_mark(program->pid) == 0) == running &&
				!is_emitted(look, program, began_us, resumed))
				emit_last_of(look, program);
		}
	}
}

/* Daemons of a batch system start the ranks, such as slurmd for srun: monitors below these look at
 * them, and have no standard error. */
static bool starts_elsewhere(const struct tracking *tracking)
{
	const struct tracked *process = NULL;

	while ((process = tracked_next(tracking, process)) != NULL)
		if (rules_name_is(NAME_REMOTE_STARTER, process->init.program))
			return true;
	return false;
}

/* The same of a job without ranks. */
static void look_at_job(const struct look *look)
{
	const struct stall_watch *watch = look->watch;
	enum deadlock_news news = deadlock_look(&watch->board->deadlock, look->tracking,
		look->agent, watch->began_us, watch->time_us);

	if (news == DEADLOCK_FOUND)
		say_stall(look);
	else if (news == DEADLOCK_OVER)
		say(look, "the processes move again");
	else if (is_open(watch->board) && starts_elsewhere(look->tracking))
		say_stall(look);
}

/* A helper's task. */
static void help(int socket, const void *argument)
{
	static struct agent own;
	struct look look = *(const struct look *)argument;

	(void)socket;
	if (!look.is_last)
		setpriority(PRIO_PROCESS, 0, NICE);
	agent_open(&own, look.tracking->rundir, "");
	look.agent = &own;
	if (look.is_last)
		emit_last(&look);
	else if (!has_ranks(look.tracking))
		look_at_job(&look);
	else
		look_now(&look);
	agent_close(&own);
}

static void start(struct stall_watch *watch, const struct tracking *tracking, bool is_last)
{
	struct look look = {watch, tracking, NULL, is_last};

	helper_end(&watch->helper, 0);
	watch->started_us = instant_mono_us();
	helper_start(&watch->helper, STALL_HELPER, help, &look, !watch->is_quiet);
}

int64_t stall_next_us(const struct stall_watch *watch, const struct tracking *tracking)
{
	if (watch->next_us == 0 || has_ranks(tracking))
		return watch->next_us;
	return tracking->outermost ? watch->job_next_us : 0;
}

void stall_look(struct stall_watch *watch, const struct tracking *tracking)
{
	bool hangs = instant_mono_us() - watch->started_us > HELPER_US;

	set_next(watch);
	watch->job_next_us = instant_mono_us() + interval_of(watch);
	if (!helper_runs(&watch->helper) || hangs)
		start(watch, tracking, false);
}

void stall_last_look(struct stall_watch *watch, const struct tracking *tracking, int64_t most_ms)
{
	int64_t now_us = instant_mono_us();
	struct pollfd ended;

	watch->job_next_us = now_us + AGAIN_US;
	if (watch->board == NULL || !has_ranks(tracking))
		return;
	if (watch->board->last_us == 0 || now_us - watch->board->last_us > AGAIN_US) {
		watch->board->last_us = now_us;
		watch->next_us = now_us + (watch->after_us > AGAIN_US ? watch->after_us : AGAIN_US);
		start(watch, tracking, true);
	}
	ended = (struct pollfd){watch->helper.socket, POLLIN, 0};
	if (watch->helper.pid > 0 && most_ms > 0)
		poll(&ended, 1, (int)most_ms);
}

void stall_end(struct stall_watch *watch, struct agent *agent, bool failed)
{
	if (watch->board == NULL)
		return;
	helper_end(&watch->helper, END_MS);
	for (size_t i = 0; failed && i < watch->board->count; i++) {
		struct board_rank *rank = &watch->board->ranks[i];

		if (rank->is_used && !rank->is_reported && rank->standing.stand.for_us > 0 &&
			rank->standing.at_us > rank->emitted_us)
			agent_emit_stand(agent, &rank->standing, EVENT_WHAT_SEEN);
	}
	watch->next_us = 0;
}
