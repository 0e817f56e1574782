/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/schema.h"

#include "tests/support/event_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64 * 1024)

static const char *const states[] = {"INIT", "RUNNING", "SUCCEEDED", "FAILED", NULL};
static const char *const causes[] = {"fault", "abort", "exception", "exit", "terminated", "killed",
	"oom", "stopped", "vanished", "exec_failed", NULL};
static const char *const hows[] = {"return", "exit", "_exit", "_Exit", "quick_exit", "pthread_exit",
	"MPI_Abort", "wait", NULL};
static const char *const whats[] = {"init", "main", "exit", "_exit", "quick_exit", "mpi_abort",
	"signal", "abort", "exception", "raised", "wait", "vanished", "exec", "kill", "dropped",
	"output", NULL};

static const char *const of_failures[] = {"fault", "oom", "exception", "abort_message",
	"report_file", "frames", "registers", "threads", "trace"};

static char complaint[160];

static const char *complain(const char *what, const char *about)
{
	snprintf(complaint, sizeof complaint, "%s: %s", about, what);
	return complaint;
}

static bool is_one_of(const char *word, const char *const words[])
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static bool is_integer(const cJSON *item)
{
	return cJSON_IsNumber(item) && item->valuedouble == (double)(long long)item->valuedouble;
}

static bool is_of_type(const cJSON *item, const char *type)
{
	if (!strcmp(type, "STRING") || !strcmp(type, "ADDRESS"))
		return cJSON_IsString(item);
	if (!strcmp(type, "MAP"))
		return cJSON_IsObject(item);
	if (!strcmp(type, "ARRAY"))
		return cJSON_IsArray(item);
	if (!strcmp(type, "BOOL"))
		return cJSON_IsBool(item);
	if (!strcmp(type, "FLAG"))
		return cJSON_IsTrue(item);
	return is_integer(item) || (!strcmp(type, "RANK") && cJSON_IsNull(item));
}

/* Every member of OBJECT is in the table from ROW on, and nothing else: a misspelt one must not
 * pass. */
static const char *members_problem(const cJSON *object, const struct event_row *row)
{
	const char *problem = NULL;
	const cJSON *item;

	cJSON_ArrayForEach(item, object)
	{
		if (!event_row_find(row, item->string))
			return complain("no member of the schema", item->string);
	}
	for (; row->kind != ROW_END && !problem; row = event_row_next(row)) {
		item = cJSON_GetObjectItemCaseSensitive(object, row->key);
		if (!item && row->present == ALWAYS)
			problem = complain("always there, and missing", row->key);
		else if (item && !is_of_type(item, row->type))
			problem = complain("another type than the schema's", row->key);
		else if (item && row->kind == ROW_BEGIN)
			problem = members_problem(item, row + 1);
	}
	return problem;
}

static const char *text_of(const cJSON *event, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static const char *name_problem(const cJSON *event)
{
	const cJSON *process = cJSON_GetObjectItemCaseSensitive(event, "process");
	const char *name = text_of(event, "name"), *program = text_of(process, "program");
	const char *what = strrchr(name, ':');

	if (!what || !is_one_of(what + 1, whats))
		return complain("ends with no known word", "name");
	if (strlen(program) != (size_t)(what - name) || strncmp(program, name, strlen(program)))
		return complain("begins otherwise than with process.program", "name");
	return NULL;
}

/* What one reports another: its end as the waiter saw it, and the signal that was sent to it. */
static bool is_of_another(const cJSON *event)
{
	static const char *const words[] = {"wait", "vanished", "exec", "kill", NULL};
	const char *what = strrchr(text_of(event, "name"), ':');

	return what && is_one_of(what + 1, words);
}

/* What an uncaught exception reports at once: of what a FAILED has, the exception and its trace. */
static bool is_raised(const cJSON *event)
{
	const char *what = strrchr(text_of(event, "name"), ':');

	return what && !strcmp(what, ":raised");
}

/* The preload's own frames are nobody's business. */
static bool has_own_frame(const cJSON *frames)
{
	const cJSON *frame;

	cJSON_ArrayForEach(frame, frames)
	{
		const char *name = strrchr(text_of(frame, "module"), '/');

		if (name && !strncmp(name, "/libvigil", 9))
			return true;
	}
	return false;
}

static const char *frames_problem(const cJSON *event)
{
	const cJSON *thread;

	if (has_own_frame(cJSON_GetObjectItemCaseSensitive(event, "frames")))
		return complain("of the preload itself", "frames");
	cJSON_ArrayForEach(thread, cJSON_GetObjectItemCaseSensitive(event, "threads"))
	{
		if (has_own_frame(cJSON_GetObjectItemCaseSensitive(thread, "frames")))
			return complain("of the preload itself", "threads");
	}
	return NULL;
}

static const char *values_problem(const cJSON *event, const char *run_id)
{
	char hostname[256] = "";
	const char *state = text_of(event, "node_state");
	bool failed = !strcmp(state, "FAILED");
	const cJSON *end = cJSON_GetObjectItemCaseSensitive(event, "exit");

	gethostname(hostname, sizeof hostname - 1);
	if (strcmp(text_of(event, "schema"), "vigil.event/1"))
		return complain("not vigil.event/1", "schema");
	if (strcmp(text_of(event, "source"), "WORKER") && !is_of_another(event))
		return complain("not WORKER, and neither of an end nor of a kill", "source");
	if (!is_one_of(state, states))
		return complain("no node state", "node_state");
	if (failed != is_one_of(text_of(event, "cause"), causes))
		return complain("there if and only if FAILED", "cause");
	for (size_t i = 0; i < sizeof of_failures / sizeof *of_failures; i++)
		if (!failed && cJSON_HasObjectItem(event, of_failures[i]) &&
			!(is_raised(event) && !strcmp(of_failures[i], "exception")))
			return complain("there, and yet not FAILED", of_failures[i]);
	if (!failed && !is_raised(event) && *text_of(event, "error_trace"))
		return complain("not empty, and yet not FAILED", "error_trace");
	if (end && !is_one_of(text_of(end, "how"), hows))
		return complain("no way to end", "exit.how");
	if (strcmp(text_of(event, "hostname"), hostname))
		return complain("another host's", "hostname");
	if (strcmp(text_of(event, "run_id"), run_id))
		return complain("another run's", "run_id");
	return NULL;
}

const char *schema_problem(const cJSON *event, const char *line, size_t size, const char *run_id)
{
	const char *problem;

	if (!cJSON_IsObject(event))
		return complain("no object", "event");
	if (size + 1 > LINE_MAX_BYTES)
		return complain("longer than 64 KiB", "line");
	for (size_t i = 0; i < size; i++)
		if (line[i] < ' ' || line[i] > '~')
			return complain("not printable ASCII throughout", "line");
	problem = members_problem(event, event_rows);
	if (!problem)
		problem = values_problem(event, run_id);
	if (!problem)
		problem = frames_problem(event);
	return problem ? problem : name_problem(event);
}
