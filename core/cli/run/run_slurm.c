/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_slurm.h"

#include "core/base/clock.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/cli/run/run_helper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long Slurm may take. */
#define ASK_MS 2000

/* The fields that are passed on, and the values of the first three that show a limit. */
static const struct {
	const char *name;
	const char *values[3];
	bool any; /* any value but None does */
} fields[] = {
	{"JobState=", {"TIMEOUT", "PREEMPTED", "OUT_OF_MEMORY"}, false},
	{"Reason=", {"TimeLimit", "OutOfMemory"}, false},
	{"PreemptTime=", {NULL}, true},
	{"RunTime=", {NULL}, false},
	{"TimeLimit=", {NULL}, false},
};

/* The value at AT, of LENGTH bytes, of FIELD shows a limit. */
static bool shows_limit(size_t field, const char *at, size_t length)
{
	if (fields[field].any)
		return length > 0 && (length != 4 || strncmp(at, "None", 4) != 0) &&
		       (length != 3 || strncmp(at, "N/A", 3) != 0);
	for (size_t i = 0; i < 3 && fields[field].values[i] != NULL; i++)
		if (strlen(fields[field].values[i]) == length &&
			strncmp(at, fields[field].values[i], length) == 0)
			return true;
	return false;
}

/* The value of the field NAME in LINE, whose fields are separated by blanks; NULL: it has none. */
static const char *value_of(const char *line, const char *name)
{
	for (const char *at = line; (at = strstr(at, name)) != NULL; at++)
		if (at == line || at[-1] == ' ')
			return at + strlen(name);
	return NULL;
}

bool slurm_answer(const char *line, char *answer, size_t size)
{
	bool is_limit = false;
	struct text text;

	text_init(&text, answer, size);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *value = value_of(line, fields[i].name);
		size_t length = value == NULL ? 0 : strcspn(value, " \n");

		if (length == 0)
			continue;
		is_limit |= shows_limit(i, value, length);
		text_printf(&text, "%s%s%.*s", text.length == 0 ? "" : " ", fields[i].name,
			(int)length, value);
	}
	return is_limit;
}

/* What scontrol prints of JOB, to be read; NULL: it cannot be started. Nobody waits for it: it ends
 * when we do. */
static FILE *start_scontrol(const char *job)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	if (fork() == 0) {
		dup2(ends[1], STDOUT_FILENO);
		setenv("VIGIL_DISABLE", "1", 1); /* it is no process of the job */
		execlp("scontrol", "scontrol", "--oneliner", "show", "job", job, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	return fdopen(ends[0], "r");
}

/* The helper's task: ARGUMENT is the job's number. */
static void help(int socket, const void *argument)
{
	char line[HELPER_LINE_SIZE * 2], answer[HELPER_LINE_SIZE / 8];
	FILE *output = start_scontrol(argument);

	if (output != NULL && fgets(line, sizeof line, output) != NULL &&
		slurm_answer(line, answer, sizeof answer))
		helper_send(socket, answer);
}

void slurm_ask(struct agent *agent)
{
	const char *job = getenv("SLURM_JOB_ID"), *task = getenv("SLURM_PROCID");
	char line[HELPER_LINE_SIZE];
	struct helper helper;
	int64_t number;

	if (job == NULL || !number_parse(job, &number) || number <= 0 ||
		(task != NULL && strcmp(task, "0") != 0))
		return;
	if (helper_start(&helper, SLURM_HELPER, help, job, false) < 0)
		return;
	if (helper_receive(&helper, ASK_MS, line))
		agent_emit_system(agent, EVENT_WHAT_SLURM, 0, NULL, line, instant_mono_us());
	else
		kill(-helper.pid, SIGKILL); /* scontrol, too: a helper leads a group of its own */
	helper_end(&helper, 0);
}
