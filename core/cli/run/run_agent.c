/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_agent.h"

#include "core/api/run_context.h"
#include "core/base/wait_budget.h"
#include "core/cli/cli.h"
#include "core/cli/run/run_pidfd.h"
#include "core/config/config.h"
#include "core/events/event.h"
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

static void identity_unknown(struct identity *ret_identity, const char *run_id)
{
	char *none[] = {NULL};

	identity_read(none, ret_identity);
	snprintf(ret_identity->run_id, sizeof ret_identity->run_id, "%s", run_id);
}

void agent_hostname(char name[HOSTNAME_SIZE])
{
	if (gethostname(name, HOSTNAME_SIZE - 1) < 0)
		snprintf(name, HOSTNAME_SIZE, "localhost");
	name[HOSTNAME_SIZE - 1] = '\0';
}

/* The tree of CONFIG, which was valid a moment ago, or one that says nothing by itself. */
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
		.zone = getenv("TZ"),
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
	/* The job's signals and ends wait while we wait for a log host. */
	wait_budget_open(rundir->absolute, agent->hostname);
	agent->scratch = malloc(EVENT_SCRATCH_SIZE);
	agent->logging = loggers(agent, rundir, config);
	if (agent->scratch == NULL || agent->logging == NULL)
		return -ENOMEM;
	return logging_run_directory(
		&agent->arena, agent->logging, rundir->absolute, agent->hostname);
}

void agent_open(struct agent *agent, const struct run_directory *rundir, const char *config)
{
	int result;

	*agent = (struct agent){0};
	agent_hostname(agent->hostname);
	boot_id_read(agent->boot_id);
	identity_unknown(&agent->nobody, rundir->run_id);
	identity_read(environ, &agent->command);
	agent->leader = agent->command.rank != RANK_UNKNOWN &&
			identity_is_leader(&agent->command, getppid());
	snprintf(agent->command.run_id, sizeof agent->command.run_id, "%s", rundir->run_id);
	result = open_events(agent, rundir, config);
	if (result < 0)
		complain("%s: %s; how processes end may not be recorded, the job goes on",
			rundir->path, strerror(-result));
}

/* What it called itself, the base name of EXE, or the kernel's short name of it. */
static const char *program_of(const struct ended *ended)
{
	const char *slash = ended->exe == NULL ? NULL : strrchr(ended->exe, '/');

	if (ended->known != NULL)
		return ended->known->program;
	if (slash != NULL)
		return slash + 1;
	return ended->stat.comm[0] == '\0' ? "unknown" : ended->stat.comm;
}

static void describe_end(struct event *event, const struct ended *ended)
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

static void describe_usage(struct event *event, const struct ended *ended)
{
	struct instant start = instant_of_start(ended->stat.start_ticks, event->at);

	if (ended->usage == NULL)
		return;
	event_wait_usage(event, ended->usage);
	if (ended->stat.start_ticks != 0)
		event->usage.wall_us = event->at.mono_us - start.mono_us;
}

/* The identity of the process that KNOWN is, which had it in its own environment. */
static struct identity identity_of(const struct agent *agent, const struct ended *ended)
{
	const struct known *known = ended->known;
	struct identity identity = ended->is_command ? agent->command : agent->nobody;

	if (known == NULL || known->rank == RANK_UNKNOWN)
		return identity;
	identity.launcher = known->launcher;
	identity.rank = known->rank;
	identity.local_id = known->local_id;
	identity.world_size = known->world_size;
	identity.attempt = known->attempt;
	if (!ended->is_command)
		identity.rank_source = NULL;
	return identity;
}

/* Of an orphan that we waited for, the parent is us by now, which is not who started it. */
static pid_t parent_of(const struct ended *ended)
{
	if (ended->known != NULL)
		return ended->known->ppid;
	return ended->is_command ? ended->stat.ppid : 0;
}

static void describe(struct event *event, const struct agent *agent, const struct ended *ended)
{
	*event = (struct event){
		.source = SOURCE_AGENT,
		.what = ended->status == STATUS_UNKNOWN ? "vanished" : "wait",
		.at = ended->at,
		.identity = identity_of(agent, ended),
		.leader = ended->known != NULL ? ended->known->leader
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
}

/* No later event says that the last one did not reach everybody. */
static void emit_dropped(struct agent *agent)
{
	struct event event = {
		.source = SOURCE_AGENT,
		.state = NODE_RUNNING,
		.what = EVENT_WHAT_DROPPED,
		.at = instant_now(),
		.identity = agent->nobody,
		.hostname = agent->hostname,
		.pid = getpid(),
		.dropped = agent->dropped,
		.unsent = agent->unsent,
		.for_directory = true,
		.signal.sender_uid = -1,
		.reporter = {.pid = getpid(), .comm = "vigil"},
		.process = {.program = "vigil", .boot_id = agent->boot_id},
	};

	log_event(agent, logging_get(agent->logging, "vigil.agent.vigil"), &event);
}

void agent_emit(struct agent *agent, const struct ended *ended)
{
	struct event event;
	char name[128];

	if (agent->logging == NULL || agent->scratch == NULL)
		return;
	if (ended->is_command)
		wait_budget_for_last(false);
	describe(&event, agent, ended);
	event_logger_name(SOURCE_AGENT, event.process.program, name, sizeof name);
	log_event(agent, logging_get(agent->logging, name), &event);
}

void agent_close(struct agent *agent)
{
	if (agent->logging == NULL)
		return;
	if (agent->scratch != NULL && agent->dropped > agent->reported_dropped)
		emit_dropped(agent);
	logging_shutdown(agent->logging);
}
