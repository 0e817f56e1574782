/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python.h"

#include "core/base/sys.h"
#include "shim/base/calls.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/stack.h"
#include "shim/emit/emit.h"
#include "shim/python/python_api.h"
#include "shim/python/python_object_text.h"
#include "shim/python/python_print.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* CPython's exit status after an uncaught exception (pythonrun.c), and if in addition it could not
 * flush all output (Modules/main.c). */
#define STATUS_UNCAUGHT 1
#define STATUS_UNWRITTEN 120

static struct {
	_Atomic pid_t pid; /* the process that had the exception, not its forked child; 0: none */
	struct instant at;
	bool is_final; /* the main program is over: what follows is the interpreter's end */
	char type[256], module[256], message[2048];
	char trace[24 * 1024];
	atomic_int busy; /* the hook's own calls may raise audit events */
} caught LARGE_STATIC;

/* Whether the interpreter runs a file, a module or a command and then exits: it has no prompt, and
 * is no part of another program. */
static bool has_main;

/* Whether the interpreter has announced what it runs, and whether code of that has begun: it could
 * be read. */
static enum { PROGRAM_NONE, PROGRAM_ANNOUNCED, PROGRAM_RUNS } program;

/*
 * The audit hook is added before the interpreter starts. CPython takes memory for it from its raw
 * allocator, and returns it in its finalisation. In between the program may have chosen another
 * allocator (-X dev, PYTHONMALLOC=debug), which would find memory that is not its own, and abort.
 * So we provide that piece of memory, and take it back. Each time only one function of the
 * allocator is replaced, so that another thread that allocates meanwhile sees the old one or the
 * new one, whole.
 */
static struct {
	PyMemAllocatorEx before;
	_Alignas(max_align_t) char entry[64];
	bool is_taken;
} memory;

static void *take(void *context, size_t size)
{
	if (memory.is_taken || size > sizeof memory.entry)
		return memory.before.malloc(context, size);
	memory.is_taken = true;
	return memory.entry;
}

static void give_back(void *context, void *what)
{
	if (what != memory.entry)
		memory.before.free(context, what);
	else
		python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
}

static bool can_add_hook(void)
{
	return python.PySys_AddAuditHook && python.PyMem_GetAllocator && python.PyMem_SetAllocator;
}

static void add_hook(Py_AuditHookFunction hook)
{
	PyMemAllocatorEx ours;

	python.PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
	ours = memory.before;
	ours.malloc = take;
	python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &ours);
	python.PySys_AddAuditHook(hook, NULL);
	python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
}

/* Called at the event `cpython._PySys_ClearAuditHooks`, with the interpreter's lock held, just
 * before CPython frees the memory of the hook. */
static void hook_is_cleared(void)
{
	PyMemAllocatorEx ours;

	if (!memory.is_taken)
		return;
	memory.is_taken = false;
	python.PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &memory.before);
	ours = memory.before;
	ours.free = give_back;
	python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &ours);
}

bool python_is_running(void)
{
	return python.Py_IsInitialized && python.Py_IsInitialized() != 0;
}

/* Whether the exception has left the main program. A library that prints the exception of a
 * callback raises the same audit event, while Python's code is being executed. */
static bool is_final(void)
{
	return has_main && sys_gettid() == atomic_load(&process_words.owner) &&
	       python.PyEval_GetFrame != NULL && python.PyEval_GetFrame() == NULL;
}

static void catch_exception(PyObject *type, PyObject *value, PyObject *traceback)
{
	struct head_tail cut;

	caught.at = instant_now();
	caught.is_final = is_final();
	python_text_attribute(type, "__qualname__", caught.type, sizeof caught.type);
	python_text_attribute(type, "__module__", caught.module, sizeof caught.module);
	python_text_str(value, caught.message, sizeof caught.message);
	head_tail_init(&cut, caught.trace, sizeof caught.trace);
	python_print_exception(&cut, type, value, traceback);
	head_tail_end(&cut);
	atomic_store(&caught.pid, atomic_load(&process_words.owner));
}

/* The process may be killed while it cleans up, or hang, so what is known is written now. */
static void emit_raised(void *nothing)
{
	struct event *event = emit_begin(EMIT_RAISED, NODE_RUNNING, EVENT_WHAT_RAISED, &caught.at);

	(void)nothing;
	python_exception_fill(event);
	event->cause = CAUSE_NONE;
	event->for_directory = true;
	emit_send(EMIT_RAISED);
}

static void note_main(const char *event)
{
	static const char prefix[] = "cpython.run_";
	const char *what = event + sizeof prefix - 1;

	if (strncmp(event, prefix, sizeof prefix - 1) != 0)
		return;
	has_main = strcmp(what, "file") == 0 || strcmp(what, "module") == 0 ||
		   strcmp(what, "command") == 0 || (has_main && *what != 'i');
	if (program == PROGRAM_NONE)
		program = PROGRAM_ANNOUNCED;
}

/* Source is compiled or executed; code that was compiled before is loaded. */
static bool is_of_code(const char *event)
{
	return strcmp(event, "exec") == 0 || strcmp(event, "compile") == 0 ||
	       strcmp(event, "marshal.loads") == 0;
}

/* A library may have been loaded before EVENT: modules import others while they are initialised. */
static bool may_follow_load(const char *event)
{
	return strcmp(event, "import") == 0 || strcmp(event, "ctypes.dlsym") == 0 ||
	       is_of_code(event);
}

/* Called for every audit event, with the interpreter's lock held: most must cost one comparison. */
static int on_audit(const char *event, PyObject *arguments, void *nothing)
{
	PyObject *type, *value, *traceback;

	(void)nothing;
	if (program == PROGRAM_ANNOUNCED && is_of_code(event))
		program = PROGRAM_RUNS;
	if (may_follow_load(event))
		calls_look_again();
	if (event[0] == 'c' && strcmp(event, "cpython._PySys_ClearAuditHooks") == 0)
		hook_is_cleared();
	else if (event[0] == 'c')
		note_main(event);
	if (event[0] != 's' || strcmp(event, "sys.excepthook") != 0 || !process_is_ours())
		return 0;
	if (atomic_exchange(&caught.busy, 1))
		return 0;
	python.PyErr_Fetch(&type, &value, &traceback);
	catch_exception(python.PyTuple_GetItem(arguments, 1), python.PyTuple_GetItem(arguments, 2),
		python.PyTuple_GetItem(arguments, 3));
	python.PyErr_Restore(type, value, traceback);
	if (caught.is_final)
		stack_call(emit_raised, NULL);
	atomic_store(&caught.busy, 0);
	return 0;
}

static bool is_python(void)
{
	return python_api_find() && can_add_hook() && python.PyErr_Fetch && python.PyErr_Restore &&
	       python.PyTuple_GetItem && python_text_begin();
}

void python_begin(void)
{
	if (is_python())
		add_hook(on_audit);
}

bool python_exception_pending(void)
{
	pid_t pid = atomic_load(&caught.pid);

	return pid != 0 && pid == atomic_load(&process_words.owner);
}

bool python_exception_is_final(void)
{
	return python_exception_pending() && caught.is_final;
}

bool python_program_exited(int status)
{
	return program == PROGRAM_RUNS && status != 0 && status != STATUS_UNWRITTEN &&
	       !python_exception_pending();
}

bool python_exception_ended(int status, struct instant *ret_at)
{
	if (status == 0 || !python_exception_pending())
		return false;
	if (!caught.is_final && status != STATUS_UNCAUGHT && status != STATUS_UNWRITTEN)
		return false;
	*ret_at = caught.at;
	return true;
}

void python_exception_fill(struct event *event)
{
	event->cause = CAUSE_EXCEPTION;
	event->exception = (struct event_exception){
		.language = "python",
		.type = caught.type,
		.message = caught.message,
		.module = caught.module,
	};
	event->foreign_trace = caught.trace;
	if (caught.is_final)
		event->at = caught.at;
}
