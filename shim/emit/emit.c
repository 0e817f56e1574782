/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/emit.h"

#include "core/base/memory.h"
#include "core/base/path.h"
#include "core/base/wait_budget.h"
#include "core/base/proc.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "core/events/error_file.h"
#include "core/events/event_log.h"
#include "core/events/wait_status.h"
#include "core/logging/handler.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/sandbox.h"
#include "shim/emit/configure.h"
#include "shim/emit/preload_settings.h"
#include "shim/emit/scratch.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ANCESTORS_MAX 16
#define ARGV_MAX 256

/* What does not change until the next exec: read by the constructor, copied to forked children with
 * all memory. */
static struct {
	char *exe, *cwd;
	char boot_id[BOOT_ID_SIZE];
	struct utsname system;
	const char *program;
	char name[64]; /* where there is no path of the program */
	const char **argv;
	size_t argc;
	struct event_ancestor ancestors[ANCESTORS_MAX];
	char comms[ANCESTORS_MAX][16];
	size_t ancestor_count;
	struct configured to;
	char **environ; /* what the constructor was given */
	struct identity
		identity; /* as of the last event: a forked child of the same rank is a helper */
	pid_t leader;	  /* the process that led that rank then; 0: a helper reported the event */
} facts;

/* The start of one process, keyed by pid: a forked child has a start of its own. */
static struct {
	_Atomic pid_t pid; /* written last */
	pid_t ppid;
	uint64_t start_ticks;
	char comm[16];
} birth;

/* How far the sending of an event came. */
struct sending {
	bool numbered;
	uint32_t seq;
	struct record_delivery delivery;
};

_Static_assert(EMIT_MOMENT_COUNT_ == EVENT_MOMENTS, "each moment has an event");

/* EMIT_SIGNAL alone is sent in a task that may be killed, and then sent again. */
static struct {
	struct sending init, end;
	bool wants_init;
	struct rusage used; /* a tracer would get its own */
} dying;

/* The scratch of EMIT_SIGNAL, for every task: one that dies does not give it back. */
static struct {
	pid_t pid; /* a forked child has another one */
	char *scratch;
} last;

/* In the scratch, as the events touch its page anyway, and the stack would need another one. */
static void read_paths(void)
{
	char *path = scratch_take();
	ssize_t length = sys_readlink("/proc/self/exe", path, PATH_MAX - 1);

	path[length < 0 ? 0 : length] = '\0';
	facts.exe = start_keep(path);
	if (sys_try(SYS_getcwd, (long)path, PATH_MAX, 0, 0, 0, 0) < 0)
		path[0] = '\0';
	facts.cwd = start_keep(path);
	scratch_give_back(path);
}

/* Read the host's name from /proc, if a filter forbids uname(). */
static void read_hostname(void)
{
	char *name = facts.system.nodename;
	ssize_t length = file_read("/proc/sys/kernel/hostname", name, sizeof facts.system.nodename);

	if (length > 0 && name[length - 1] == '\n')
		name[length - 1] = '\0';
}

static void read_program(const char *name)
{
	static const char deleted[] =
		" (deleted)"; /* what the kernel adds when the file is gone: proc(5) */
	char *mark = strstr(facts.exe, deleted);
	const char *path = facts.exe[0] != '\0' ? facts.exe : name == NULL ? "unknown" : name;

	if (mark != NULL && mark[sizeof deleted - 1] == '\0')
		*mark = '\0';
	facts.program = path_base(path);
	/* The host may write another title there. */
	if (path == name) {
		text_format(facts.name, sizeof facts.name, "%s", facts.program);
		facts.program = facts.name;
	}
}

static void read_argv(int argc, char **argv)
{
	if (argc > ARGV_MAX)
		argc = ARGV_MAX;
	facts.argv = argc <= 0 ? NULL : arena_alloc(start_arena(), (size_t)argc * sizeof *argv);
	for (int i = 0; facts.argv != NULL && i < argc && argv[i] != NULL; i++)
		facts.argv[facts.argc++] = argv[i];
}

/* Our pid, also in the tracer, which is another process in our memory. */
static pid_t own_pid(void)
{
	return atomic_load(&process_words.owner);
}

static void read_birth(void)
{
	struct process_stat stat;

	if (atomic_load(&birth.pid) == own_pid())
		return;
	if (process_stat(own_pid(), &stat) != 0)
		stat = (struct process_stat){0};
	birth.ppid = stat.ppid;
	birth.start_ticks = stat.start_ticks;
	memcpy(birth.comm, stat.comm, sizeof birth.comm - 1); /* a longer one is cut */
	atomic_store(&birth.pid, own_pid());
}

static void read_ancestors(void)
{
	struct process_stat stat;
	pid_t pid = birth.ppid;

	facts.ancestor_count = 0;
	/* Outside a launcher the parent is enough: each further one costs as much as an event. */
	if (facts.identity.rank == RANK_UNKNOWN)
		return;
	while (pid > 0 && facts.ancestor_count < ANCESTORS_MAX && process_stat(pid, &stat) == 0) {
		size_t i = facts.ancestor_count++;

		text_format(facts.comms[i], sizeof facts.comms[i], "%s", stat.comm);
		facts.ancestors[i] = (struct event_ancestor){pid, facts.comms[i]};
		pid = stat.ppid;
	}
}

void emit_prepare(int argc, char **argv, char **environ_)
{
	facts.environ = environ_;
	read_paths();
	if (sys_try(SYS_uname, (long)&facts.system, 0, 0, 0, 0, 0) < 0)
		read_hostname();
	if (facts.system.nodename[0] == '\0')
		text_format(facts.system.nodename, sizeof facts.system.nodename, "localhost");
	boot_id_read(facts.boot_id);
	read_argv(argc, argv);
	read_program(argc > 0 ? argv[0] : NULL);
	read_birth();
	identity_read(environ_, &facts.identity);
	read_ancestors();
	facts.leader = identity_is_leader(&facts.identity, birth.ppid) ? own_pid() : 0;
}

void emit_to(const struct configured *to)
{
	facts.to = *to;
}

void emit_run_context(struct run_context *context)
{
	const struct identity *id = &facts.identity;

	context->hostname = facts.system.nodename;
	context->program = facts.program;
	context->run_id = id->run_id[0] == '\0' ? NULL : id->run_id;
	context->rank = id->rank == RANK_UNKNOWN ? -1 : id->rank;
	context->local_rank = id->local_id == RANK_UNKNOWN ? -1 : id->local_id;
	context->pid = own_pid();
}

/* Whether this process leads its rank. A rank that differs from the one seen last was set by the
 * program itself: no ancestor had it. */
static bool is_leader(const struct identity *now)
{
	return !identity_same_rank(now, &facts.identity) || facts.leader == own_pid();
}

/* The host may have written over its arguments, to show a title, up to where nothing is mapped. */
static void check_argv(void)
{
	struct memory_reader reader = {.next = 0};

	for (size_t i = 0; i < facts.argc; i++)
		if (!memory_holds_string(&reader, (uintptr_t)facts.argv[i]))
			facts.argv[i] = "";
}

/* Of the calling process, which a tracer is no part of. ru_maxrss is -1 where it is unknown. */
static void measure_usage(struct rusage *ret_used)
{
	*ret_used = (struct rusage){.ru_maxrss = -1};
	if (sys_try(SYS_getrusage, RUSAGE_SELF, (long)ret_used, 0, 0, 0, 0) < 0)
		ret_used->ru_maxrss = -1;
}

static void fill_usage_of_process(struct event *event, enum emit_moment moment)
{
	struct instant start = instant_of_start(birth.start_ticks, event->at);
	struct rusage used = dying.used;

	if (moment != EMIT_SIGNAL)
		measure_usage(&used);
	if (used.ru_maxrss < 0)
		return;
	event_wait_usage(event, &used);
	event->usage.wall_us = event->at.mono_us - start.mono_us;
}

static void fill_process(struct event *event)
{
	event->process = (struct event_process){
		.program = facts.program,
		.exe = facts.exe,
		.cwd = facts.cwd,
		.argv = facts.argv,
		.argc = facts.argc,
		.argv_form = settings()->argv,
		.ppid = birth.ppid,
		.ancestors = facts.ancestors,
		.ancestor_count = facts.ancestor_count,
		.start_ticks = birth.start_ticks,
		.boot_id = facts.boot_id,
	};
}

/* Our constructor runs before libc's, which sets environ. */
static char *const *environment_now(void)
{
	return environ == NULL ? facts.environ : environ;
}

/* From the variables as they are now: a program may set its rank itself. One that has wiped or
 * overwritten them (clearenv(), a new process title) keeps the identity that it had. And srun in a
 * batch script sets the step that it has started, in which the script's rank would count. */
static void read_identity(struct identity *now)
{
	identity_read(environment_now(), now);
	if ((now->rank == RANK_UNKNOWN && now->run_id[0] == '\0') ||
		(facts.identity.unmarked != LAUNCHER_NONE &&
			now->launcher == facts.identity.unmarked))
		*now = facts.identity;
}

static void begin(struct event *event, enum node_state state, const char *what, struct instant at)
{
	*event = (struct event){
		.source = SOURCE_WORKER,
		.state = state,
		.what = what,
		.at = at,
		.hostname = facts.system.nodename,
		.pid = own_pid(),
		.how = HOW_NONE,
		.signal.sender_uid = -1,
	};
}

struct event *emit_begin(
	enum emit_moment moment, enum node_state state, const char *what, const struct instant *at)
{
	struct event *event = &process_words.moments[moment];

	read_birth();
	begin(event, state, what, at == NULL ? instant_now() : *at);
	event->crashing = moment == EMIT_SIGNAL;
	if (state == NODE_INIT)
		event->identity = facts.identity; /* as the constructor has read it */
	else
		read_identity(&event->identity);
	event->leader = is_leader(&event->identity);
	fill_process(event);
	if (moment == EMIT_SIGNAL)
		check_argv(); /* a Java VM's have the name of its report */
	if (state == NODE_SUCCEEDED || state == NODE_FAILED)
		fill_usage_of_process(event, moment);
	return event;
}

void emit_take_rank(struct event *event, char *const *environment)
{
	struct identity given;

	identity_read(environment, &given);
	if (given.rank == RANK_UNKNOWN)
		return;
	memcpy(given.run_id, event->identity.run_id, sizeof given.run_id);
	event->identity = given;
	event->leader = is_leader(&given);
}

/* SENDING is NULL where the event is sent once. */
static void number(struct event *event, struct sending *sending)
{
	event->seq = sending != NULL && sending->numbered ? sending->seq
							  : atomic_fetch_add(&process_words.seq, 1);
	if (sending == NULL)
		return;
	sending->seq = event->seq;
	sending->numbered = true;
	event->delivery = &sending->delivery;
}

/* Logs EVENT. Returns false if it, or an event that was kept back before, did not reach all
 * handlers. */
static bool log_and_count(const struct logger *logger, const struct event *event, char *scratch)
{
	int failed = event_log(logger, event, scratch);
	unsigned late = event_log_late_losses(logger);

	if (failed == 0 && late == 0)
		return true;
	atomic_fetch_add(&process_words.dropped, late + (failed != 0));
	if (facts.to.recorded)
		atomic_fetch_add(&process_words.unsent, late + (failed > 0));
	return false;
}

static bool send(struct event *event, char *scratch, struct sending *sending)
{
	number(event, sending);
	event->dropped = atomic_load(&process_words.dropped);
	event->unsent = atomic_load(&process_words.unsent);
	return log_and_count(facts.to.worker, event, scratch);
}

/* An event that is sent beside ABOUT, a termination, and is of the same process. */
static struct event *begin_beside(
	const struct event *about, enum node_state state, const char *what, struct instant at)
{
	struct event *event = &process_words.moments[EMIT_START];

	begin(event, state, what, at);
	event->crashing = about->crashing;
	event->identity = about->identity;
	event->leader = about->leader;
	event->process = about->process;
	return event;
}

/* A forked child sends INIT with its first event, with the instant at which it was forked: most
 * children exec or exit before. */
static void send_late_init(char *scratch, const struct event *about, struct sending *sending)
{
	struct event *event = begin_beside(
		about, NODE_INIT, "init", instant_of_start(birth.start_ticks, about->at));

	event->process_in_full = true;
	check_argv();
	read_ancestors();
	event->process.ancestor_count = facts.ancestor_count;
	send(event, scratch, sending);
}

/* The run directory gets the event of a termination before other handlers, because the process may
 * be killed while those wait. One event more, for the directory alone, counts what the other
 * handlers then did not take: there is no later event to say it. */
static void send_dropped(char *scratch, const struct event *ended)
{
	struct event *event;

	if (!facts.to.recorded)
		return;
	event = begin_beside(ended, NODE_RUNNING, EVENT_WHAT_DROPPED, instant_now());
	event->for_directory = true;
	send(event, scratch, NULL);
}

static bool is_last(enum emit_moment moment)
{
	return moment == EMIT_EXIT || moment == EMIT_SIGNAL;
}

static char *scratch_for(enum emit_moment moment)
{
	if (moment != EMIT_SIGNAL)
		return is_last(moment) ? scratch_take_for_last() : scratch_take();
	if (last.scratch == NULL || last.pid != own_pid())
		last.scratch = scratch_take_for_last();
	last.pid = own_pid();
	return last.scratch;
}

static void send_with(char *scratch, enum emit_moment moment)
{
	struct event *event = &process_words.moments[moment];
	bool again = moment == EMIT_SIGNAL, sent;

	if (is_last(moment))
		wait_budget_for_last(again);

	if (!atomic_exchange(&process_words.init_emitted, 1)) {
		dying.wants_init = again;
		if (!again)
			send_late_init(scratch, event, NULL);
	}
	if (again && dying.wants_init) {
		send_late_init(scratch, event, &dying.init);
		dying.wants_init = false;
	}
	facts.identity = event->identity;
	facts.leader = event->leader ? event->pid : 0;
	sent = send(event, scratch, again ? &dying.end : NULL);
	if (facts.to.error_file && sandbox_allows_more())
		error_file_write(event, environment_now(), scratch);
	if (!sent && is_last(moment))
		send_dropped(scratch, event);
}

void emit_send(enum emit_moment moment)
{
	char *scratch;

	if (process_words.moments[moment].for_directory && !facts.to.recorded)
		return;
	scratch = scratch_for(moment);
	if (scratch == NULL) {
		atomic_fetch_add(&process_words.dropped, 1);
		return;
	}
	send_with(scratch, moment);
	if (moment != EMIT_SIGNAL)
		scratch_give_back(scratch);
}

void emit_anew(void)
{
	memset(&dying, 0, sizeof dying);
	measure_usage(&dying.used);
}

/* The pid may have been another process's before: the report takes the last process that had it. */
void emit_begin_of_other(struct event *event, pid_t pid, const char *what, const struct instant *at)
{
	struct identity *id = &event->identity;

	read_birth();
	begin(event, NODE_RUNNING, what, *at);
	event->source = SOURCE_AGENT;
	event->pid = pid;
	event->reporter = (struct event_reporter){own_pid(), birth.comm};
	event->process = (struct event_process){.program = "unknown", .boot_id = facts.boot_id};
	read_identity(id);
	id->launcher = LAUNCHER_NONE;
	id->rank_source = NULL;
	id->rank = id->local_id = id->world_size = id->group_rank = RANK_UNKNOWN;
	id->attempt = 0;
}

void emit_send_of_other(const struct event *event)
{
	char *scratch = scratch_take();

	if (scratch == NULL)
		atomic_fetch_add(&process_words.dropped, 1);
	else
		log_and_count(facts.to.agent, event, scratch);
	scratch_give_back(scratch);
}

void emit_init(const struct instant *at)
{
	struct event *event = emit_begin(EMIT_START, NODE_INIT, "init", at);

	event->process_in_full = true;
	atomic_store(&process_words.init_emitted, 1);
	emit_send(EMIT_START);
}
