/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets one step of the reporting a crash fail: linked with the preload's own objects into another
 * preload, where the linker's --wrap puts these functions before the preload's (tests.mk).
 *
 * VIGIL_TEST_INJECT="step:action" in the environment, or "step:action:once"; the actions are fault,
 * hang, sleep, overflow and exit. VIGIL_TEST_INJECT_MS is the time that a tracer may take. Nothing
 * is injected before the process has begun to die, but for the step "constructor".
 */
#include "core/base/environment.h"
#include "core/base/output.h"
#include "core/base/sys.h"
#include "core/events/event.h"
#include "core/trace/trace.h"
#include "shim/crash/crash_event.h"
#include "shim/crash/cxx.h"
#include "shim/base/process_state.h"
#include "core/trace/python_frames.h"
#include "shim/emit/emit.h"
#include "shim/base/tracer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/proc.h"
#include "core/base/log_file.h"
#include "core/events/event_log.h"

static const char *injected; /* NULL: nothing */
static int most_ms;
static atomic_bool dying;
static atomic_int fired;
static volatile uintptr_t nowhere;

static void read_environment(int argc, char **argv, char **environ_)
{
	const char *most = environment_get(environ_, "VIGIL_TEST_INJECT_MS");

	(void)argc;
	(void)argv;
	injected = environment_get(environ_, "VIGIL_TEST_INJECT");
	for (; most && *most >= '0' && *most <= '9'; most++)
		most_ms = most_ms * 10 + *most - '0';
}

/* Before every constructor, the preload's among them. */
__attribute__((section(".init_array.00000"), used)) static void (*const early)(
	int, char **, char **) = read_environment;

__attribute__((noinline)) static int bottomless(int depth)
{
	volatile char room[512];

	room[0] = (char)depth;
	return nowhere ? 0 : bottomless(depth + 1) + room[0];
}

static void sleep_forever(void)
{
	struct timespec day = {.tv_sec = 86400};

	for (;;)
		sys_call(SYS_nanosleep, (long)&day, 0, 0, 0, 0, 0);
}

static void act(const char *action)
{
	if (!strncmp(action, "fault", 5))
		*(volatile int *)nowhere = 1;
	if (!strncmp(action, "hang", 4))
		while (!nowhere)
			;
	if (!strncmp(action, "sleep", 5))
		sleep_forever();
	if (!strncmp(action, "overflow", 8))
		bottomless(0);
	if (!strncmp(action, "exit", 4))
		sys_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	if (!strncmp(action, "term", 4))
		sys_call(SYS_kill, sys_getpid(), SIGTERM, 0, 0, 0, 0);
}

static const char *action_of(const char *step)
{
	size_t length = strlen(step);

	if (!injected || strncmp(injected, step, length) || injected[length] != ':')
		return NULL;
	return injected + length + 1;
}

static void at_step(const char *step)
{
	const char *action = action_of(step);

	if (!action || !atomic_load(&dying))
		return;
	if (strstr(action, ":once") && atomic_fetch_add(&fired, 1))
		return;
	act(action);
}

/* One function that the preload calls from another file, with a step in front of it. */
#define STEP(result, name, parameters, arguments, step) \
	result __real_##name parameters;                \
	result __wrap_##name parameters;                \
	result __wrap_##name parameters                 \
	{                                               \
		at_step(step);                          \
		return __real_##name arguments;         \
	}

#define PLAIN_STEP(name, parameters, arguments, step) \
	void __real_##name parameters;                \
	void __wrap_##name parameters;                \
	void __wrap_##name parameters                 \
	{                                             \
		at_step(step);                        \
		__real_##name arguments;              \
	}

PLAIN_STEP(
	trace_from_context, (struct trace * trace, const void *context), (trace, context), "frames")
PLAIN_STEP(trace_modules, (struct trace * trace), (trace), "modules")
PLAIN_STEP(trace_symbolize, (struct trace * trace), (trace), "names")
STEP(bool, trace_outermost, (struct trace * trace, int64_t until_us), (trace, until_us),
	"outermost")
STEP(uint64_t, trace_fingerprint, (const struct frame *frames, size_t count), (frames, count),
	"fingerprint")
STEP(bool, abort_message_read, (char *message, size_t size), (message, size), "abort_message")
STEP(bool, cxx_is_terminating, (const struct trace *trace), (trace), "terminating")
PLAIN_STEP(cxx_ask, (void *nothing), (nothing), "exception")
PLAIN_STEP(python_frames_read,
	(struct python_stacks * stacks, uint64_t runtime, unsigned minor, uint64_t own),
	(stacks, runtime, minor, own), "python")
STEP(struct event *, emit_begin,
	(enum emit_moment moment, enum node_state state, const char *what,
		const struct instant *at),
	(moment, state, what, at), "event")
PLAIN_STEP(event_json, (const struct event *event, struct text *text), (event, text), "format")
STEP(int, event_log, (const struct logger *logger, const struct event *event, char *scratch),
	(logger, event, scratch), "log")

/* In the tracer; the dying thread looks at the tracer itself. */
int __real_process_stat(pid_t pid, struct process_stat *stat);
int __wrap_process_stat(pid_t pid, struct process_stat *stat);
int __wrap_process_stat(pid_t pid, struct process_stat *stat)
{
	if (sys_getpid() != atomic_load(&process_words.owner))
		at_step("sender");
	return __real_process_stat(pid, stat);
}

ssize_t __real_file_read(const char *path, char *buffer, size_t size);
ssize_t __wrap_file_read(const char *path, char *buffer, size_t size);
ssize_t __wrap_file_read(const char *path, char *buffer, size_t size)
{
	if (strstr(path, "/comm"))
		at_step("thread");
	return __real_file_read(path, buffer, size);
}

/* A handler's one write: before it, and after it. */
int __real_log_file_write(struct log_file *log_file, const char *bytes, size_t count);
int __wrap_log_file_write(struct log_file *log_file, const char *bytes, size_t count);
int __wrap_log_file_write(struct log_file *log_file, const char *bytes, size_t count)
{
	int result;

	at_step("write");
	result = __real_log_file_write(log_file, bytes, count);
	at_step("written");
	return result;
}

bool __real_process_claim_termination(enum process_termination by);
bool __wrap_process_claim_termination(enum process_termination by);
bool __wrap_process_claim_termination(enum process_termination by)
{
	bool claimed = __real_process_claim_termination(by);

	if (claimed && by == TERMINATION_BY_SIGNAL)
		atomic_store(&dying, true);
	return claimed;
}

static int within(int milliseconds)
{
	return most_ms > 0 ? most_ms : milliseconds;
}

enum trace_outcome __real_tracer_run(void (*work)(void *), void *argument, int milliseconds);
enum trace_outcome __wrap_tracer_run(void (*work)(void *), void *argument, int milliseconds);
enum trace_outcome __wrap_tracer_run(void (*work)(void *), void *argument, int milliseconds)
{
	return __real_tracer_run(work, argument, within(milliseconds));
}

enum trace_outcome __real_tracer_run_patiently(
	void (*work)(void *), void *argument, int milliseconds, int most);
enum trace_outcome __wrap_tracer_run_patiently(
	void (*work)(void *), void *argument, int milliseconds, int most);
enum trace_outcome __wrap_tracer_run_patiently(
	void (*work)(void *), void *argument, int milliseconds, int most)
{
	return __real_tracer_run_patiently(
		work, argument, within(milliseconds), most == milliseconds ? within(most) : most);
}

/* Between INIT and the first handler of ours. */
void __real_threads_begin(void);
void __wrap_threads_begin(void);
void __wrap_threads_begin(void)
{
	const char *action = action_of("constructor");

	if (action)
		act(action);
	__real_threads_begin();
}
