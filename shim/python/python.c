/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/python/python.h"

#include "core/base/sys.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/python/python_api.h"
#include "shim/python/python_hook.h"
#include "shim/python/python_object_text.h"

#include <stdatomic.h>
#include <string.h>

/* CPython's exit status after an uncaught exception (pythonrun.c), and where it could not write all
 * output besides (Modules/main.c). */
#define STATUS_UNCAUGHT 1
#define STATUS_UNWRITTEN 120

static struct {
	_Atomic pid_t pid; /* whose exception this is; 0: nobody's. A forked child inherits the
			      memory, not the exception */
	struct instant at;
	char type[256], module[256], message[2048];
	char trace[24 * 1024];
	atomic_int busy; /* the hook itself may raise events */
} caught LARGE_STATIC;

bool python_is_running(void)
{
	return python.Py_IsInitialized && python.Py_IsInitialized() != 0;
}

static void catch_exception(PyObject *type, PyObject *value, PyObject *traceback)
{
	struct head_tail cut;

	caught.at = instant_now();
	python_text_attribute(type, "__qualname__", caught.type, sizeof caught.type);
	python_text_attribute(type, "__module__", caught.module, sizeof caught.module);
	python_text_str(value, caught.message, sizeof caught.message);
	head_tail_init(&cut, caught.trace, sizeof caught.trace);
	python_text_exception(&cut, type, value, traceback);
	head_tail_end(&cut);
	atomic_store(&caught.pid, atomic_load(&process_words.owner));
}

/* Called for every audit event, with the interpreter's lock held: the first look must be cheap. */
static int on_audit(const char *event, PyObject *arguments, void *nothing)
{
	PyObject *type, *value, *traceback;

	(void)nothing;
	if (event[0] == 'c' && strcmp(event, "cpython._PySys_ClearAuditHooks") == 0)
		python_hook_is_cleared();
	if (event[0] != 's' || strcmp(event, "sys.excepthook") != 0 || !process_is_ours())
		return 0;
	if (atomic_exchange(&caught.busy, 1))
		return 0;
	python.PyErr_Fetch(&type, &value, &traceback);
	catch_exception(python.PyTuple_GetItem(arguments, 1), python.PyTuple_GetItem(arguments, 2),
		python.PyTuple_GetItem(arguments, 3));
	python.PyErr_Restore(type, value, traceback);
	atomic_store(&caught.busy, 0);
	return 0;
}

static bool is_python(void)
{
	return python_api_find() && python_hook_is_possible() && python.PyErr_Fetch &&
	       python.PyErr_Restore && python.PyTuple_GetItem && python_text_begin();
}

void python_begin(void)
{
	if (is_python())
		python_hook_add(on_audit);
}

bool python_exception_pending(void)
{
	pid_t pid = atomic_load(&caught.pid);

	return pid != 0 && pid == atomic_load(&process_words.owner);
}

bool python_exception_ended(int status, struct instant *ret_at)
{
	if (status != STATUS_UNCAUGHT && status != STATUS_UNWRITTEN)
		return false;
	if (!python_exception_pending())
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
}
