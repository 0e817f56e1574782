/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_agent.h"

#include "core/api/run_context.h"
#include "core/base/wait_budget.h"
#include "core/cli/cli.h"
#include "core/cli/run/run_pidfd.h"
#include "core/config/config.h"
#include "core/events/event_log.h"
#include "core/events/wait_status.h"
#include "core/logging/logger.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void agent_hostname(char name[HOSTNAME_SIZE])
{
	if (gethostname(name, HOSTNAME_SIZE - 1) < 0)
		snprintf(name, HOSTNAME_SIZE, "localhost");
	name[HOSTNAME_SIZE - 1] = '\0';
}

/* The loggers of CONFIG; without one, or where it has become invalid since it was checked, loggers
 * without handlers. */
static struct logging *loggers(
	struct agent *agent, const struct run_directory *rundir, const char *config)
{
	struct config_context context = {.run = {.directory = rundir->absolute,
						 .hostname = agent->hostname,
						 .run_id = rundir->run_id,
						 .program = "vigil",
						 .rank = -1,
						 .local_rank = -1,
						 .pid = getpid()},
		.zone = timezone_variables(environ),
		.color = color_where(environ),
		.loader = &api_loader};
	struct config_errors errors = {.path = config};
	struct logging *logging;

	if (config[0] == '\0')
		return logging_new(&agent->arena);
	if (config_load(&agent->arena, config, &context, &logging, &errors) == 0)
		return logging;
	complain("%s; vigil's own events do without it, the job goes on",
		errors.count > 0 ? errors.lines[0] : config);
	return logging_new(&agent->arena);
}

static int open_events(struct agent *agent, const struct run_directory *rundir, const char *config)
{
	/* A budget bounds the waits for a log host, during which vigil run forwards no signal. */
	wait_budget_open(rundir->absolute, agent->hostname);
	agent->scratch = malloc(EVENT_SCRATCH_SIZE);
	agent->logging = loggers(agent, rundir, config);
	if (agent->scratch == NULL || agent->logging == NULL)
		return -ENOMEM;
	return logging_run_directory(
		&agent->arena, agent->logging, rundir->absolute, NULL, agent->hostname);
}

void agent_open(struct agent *agent, const struct run_directory *rundir, const char *config)
{
	char *nothing[] = {NULL};
	int result;

	*agent = (struct agent){0};
	run_copy_begin(&agent->copy);
	agent_hostname(agent->hostname);
	boot_id_read(agent->boot_id);
	identity_read(nothing, &agent->nobody);
	memcpy(agent->nobody.run_id, rundir->run_id, sizeof rundir->run_id);
	identity_read(environ, &agent->command);
	memcpy(agent->command.run_id, rundir->run_id, sizeof rundir->run_id);
	agent->leader = agent->command.rank != RANK_UNKNOWN &&
			identity_is_leader(&agent->command, getppid());
	result = open_events(agent, rundir, config);
	if (result < 0)
		complain("%s: %s; how processes end may not be recorded, the job goes on",
			rundir->path, strerror(-result));
}

/* The program of ENDED: that in its INIT, else the base name of its executable, else its comm. */
static const char *program_of(const struct ended_process *ended)
{
	const char *slash = ended->exe == NULL ? NULL : strrchr(ended->exe, '/');

	if (ended->init != NULL)
		return ended->init->program;
	if (slash != NULL)
		return slash + 1;
	return ended->stat.comm[0] == '\0' ? "unknown" : ended->stat.comm;
}

static void describe_end(struct event *event, const struct ended_process *ended)
{
	if (ended->status == STATUS_UNKNOWN) {
		event->state = NODE_FAILED;
		event->cause = CAUSE_VANISHED;
	} else {
		event_wait_status(event, ended->status);
	}
	if (ended->oom_killed)
		event->cause = CAUSE_OOM;
	else if (ended->unstarted)
		event->cause = CAUSE_EXEC_FAILED;
	event->oom = ended->oom;
}

static void describe_usage(struct event *event, const struct ended_process *ended)
{
	struct instant start = instant_of_start(ended->stat.start_ticks, event->at);

	if (ended->usage == NULL)
		return;
	event_wait_usage(event, ended->usage);
	if (ended->stat.start_ticks != 0)
		event->usage.wall_us = event->at.mono_us - start.mono_us;
}

static void set_rank(struct identity *identity, const struct init_facts *init)
{
	identity->launcher = init->launcher;
	identity->rank = init->rank;
	identity->local_id = init->local_id;
	identity->world_size = init->world_size;
	identity->attempt = init->attempt;
}

/* The identity of ENDED: the one in its INIT, which comes from its own environment. */
static struct identity identity_of(const struct agent *agent, const struct ended_process *ended)
{
	const struct init_facts *init = ended->init;
	struct identity identity = ended->is_command ? agent->command : agent->nobody;

	if (init == NULL || init->rank == RANK_UNKNOWN)
		return identity;
	set_rank(&identity, init);
	if (!ended->is_command)
		identity.rank_source = NULL;
	return identity;
}

/* The parent that started ENDED, or 0: for an orphan that we waited for, stat names us. */
static pid_t parent_of(const struct ended_process *ended)
{
	if (ended->init != NULL)
		return ended->init->ppid;
	return ended->is_command ? ended->stat.ppid : 0;
}

static void describe(
	struct event *event, const struct agent *agent, const struct ended_process *ended)
{
	*event = (struct event){
		.source = SOURCE_AGENT,
		.what = ended->status == STATUS_UNKNOWN ? "vanished" : "wait",
		.at = ended->at,
		.identity = identity_of(agent, ended),
		.leader = ended->init != NULL ? ended->init->leader
					      : ended->is_command && agent->leader,
		.hostname = agent->hostname,
		.pid = ended->pid,
		.dropped = agent->dropped,
		.unsent = agent->unsent,
		.reporter = {.pid = getpid(), .comm = "vigil"},
		.process =
			{
				.program = program_of(ended),
				.exe = ended->exe,
				.ppid = parent_of(ended),
				.start_ticks = ended->stat.start_ticks,
				.boot_id = agent->boot_id,
			},
		.second_hand = ended->reported,
		.process_in_full = true, /* with the boot id: some have no INIT to match */
	};
	describe_end(event, ended);
	describe_usage(event, ended);
}

static void log_event(struct agent *agent, const struct logger *logger, const struct event *event)
{
	int failed = event_log(logger, event, agent->scratch);

	agent->reported_dropped = event->dropped;
	agent->dropped += failed != 0;
	agent->unsent += failed > 0;
	agent->copy.lost += failed < 0;
}

static void keep(struct agent *agent, const struct event *event)
{
	struct text line;

	text_init(&line, agent->scratch, EVENT_LINE_MAX);
	event_json(event, &line);
	run_copy_add(&agent->copy, line.data, line.length);
}

/* An event about ourselves. */
static struct event own_event(const struct agent *agent, const char *what)
{
	struct process_stat stat = {.start_ticks = 0};

	process_stat(0, &stat);
	return (struct event){
		.source = SOURCE_AGENT,
		.state = NODE_RUNNING,
		.what = what,
		.at = instant_now(),
		.identity = agent->nobody,
		.hostname = agent->hostname,
		.pid = getpid(),
		.dropped = agent->dropped,
		.unsent = agent->unsent,
		.for_directory = true,
		.signal.sender_uid = -1,
		.reporter = {.pid = getpid(), .comm = "vigil"},
		.process = {.program = "vigil",
			.start_ticks = stat.start_ticks,
			.boot_id = agent->boot_id},
		.process_in_full = true,
	};
}

static void emit_own(struct agent *agent, const struct event *event)
{
	if (agent->logging == NULL || agent->scratch == NULL)
		return;
	keep(agent, event);
	log_event(agent, logging_get(agent->logging, "vigil.agent.vigil"), event);
}

void agent_emit(struct agent *agent, const struct ended_process *ended)
{
	struct event event;
	char name[128];

	if (agent->logging == NULL || agent->scratch == NULL)
		return;
	if (ended->is_command)
		wait_budget_for_last(false);
	describe(&event, agent, ended);
	keep(agent, &event);
	event_logger_name(SOURCE_AGENT, event.process.program, name, sizeof name);
	log_event(agent, logging_get(agent->logging, name), &event);
}

void agent_emit_stand(
	struct agent *agent, const struct standing_process *standing, const char *what)
{
	const struct init_facts *init = &standing->init;
	struct event event = {
		.source = SOURCE_AGENT,
		.state = NODE_RUNNING,
		.what = what,
		.at = instant_at(standing->at_us),
		.identity = agent->nobody,
		.leader = init->leader,
		.hostname = agent->hostname,
		.pid = standing->pid,
		.dropped = agent->dropped,
		.unsent = agent->unsent,
		.for_directory = true,
		.signal.sender_uid = -1,
		.reporter = {.pid = getpid(), .comm = "vigil"},
		.stand = standing->stand,
		.frames = standing->frames,
		.frame_count = standing->count,
		.truncated = standing->truncated,
		.stop = standing->stop,
		.threads = standing->threads,
		.thread_count = standing->thread_count,
		.calls = standing->calls,
		.process = {.program = init->program,
			.ppid = init->ppid,
			.start_ticks = standing->start_ticks,
			.boot_id = agent->boot_id,
			.tid = standing->tid},
		.process_in_full = true,
	};

	if (agent->logging == NULL || agent->scratch == NULL)
		return;
	set_rank(&event.identity, init);
	keep(agent, &event);
	log_event(agent, logging_get(agent->logging, "vigil.agent.vigil"), &event);
}

void agent_emit_sent(
	struct agent *agent, pid_t command, int number, pid_t sender, const struct instant *at)
{
	struct process_stat stat;
	struct event event = {
		.source = SOURCE_AGENT,
		.state = NODE_RUNNING,
		.what = "kill",
		.at = *at,
		.identity = agent->nobody,
		.hostname = agent->hostname,
		.pid = command,
		.dropped = agent->dropped,
		.unsent = agent->unsent,
		.signal = {.number = number, .sender_uid = -1},
		.reporter = {.pid = sender, .comm = "unknown"},
		.process = {.program = "unknown", .boot_id = agent->boot_id},
	};

	if (agent->logging == NULL || agent->scratch == NULL)
		return;
	if (process_stat(sender, &stat) == 0)
		event.reporter.comm = stat.comm;
	keep(agent, &event);
	log_event(agent, logging_get(agent->logging, "vigil.agent.unknown"), &event);
}

void agent_emit_watch(struct agent *agent, const char *what)
{
	struct event event = own_event(agent, what);

	emit_own(agent, &event);
}

void agent_emit_system(struct agent *agent, const char *what, pid_t pid,
	const struct init_facts *facts, const char *message, int64_t at_us)
{
	struct event event = own_event(agent, what);

	event.at = instant_at(at_us);
	event.system_message = message;
	if (pid > 0) {
		struct process_stat stat = {.start_ticks = 0};

		process_stat(pid, &stat);
		event.pid = pid;
		event.process.start_ticks = stat.start_ticks;
		event.process.program = facts == NULL ? "unknown" : facts->program;
	}
	if (pid > 0 && facts != NULL)
		set_rank(&event.identity, facts);
	emit_own(agent, &event);
}

void agent_close(struct agent *agent)
{
	if (agent->logging == NULL)
		return;
	/* The counts of lost events, where no later event can report those of the last one. */
	if (agent->dropped > agent->reported_dropped)
		agent_emit_watch(agent, EVENT_WHAT_DROPPED);
	logging_shutdown(agent->logging);
}
