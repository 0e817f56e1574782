/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cxx.h - the C++ exception behind an abort(): its type and its what().
 *
 * The functions that the runtime exports, libstdc++ or libc++abi, find the exception; they are
 * looked up in the object that has std::terminate()'s frame in the trace. So several runtimes,
 * dlopen() and RTLD_LOCAL make no difference, and nothing here depends on the layout of a runtime's
 * structures. A runtime that is linked into the program (`-static-libstdc++`) exports no names:
 * then the event says abort, as under Valgrind, where there is no tracer and no trace. A terminate
 * handler that does not abort (it exits, or calls MPI_Abort()) is reported as the exit that it is.
 * Signal-safe: yes, but cxx_ask() runs code of the host's, so only a tracer calls it. Threads: one.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/trace.h"

#include <stdbool.h>

/*
 * Whether TRACE, which has names, leads through std::terminate() or its callers in a runtime whose
 * exports cxx_ask() can call. A current exception alone is not enough: in a catch block that calls
 * abort() there is one, but it was caught. TRACE has to stay until cxx_ask() is done.
 */
bool cxx_is_terminating(const struct trace *trace);

/* For tracer_run(), after cxx_is_terminating() returned true: find the type, then call what(). That
 * is the host's code and may do anything, so a filter of system calls confines it to computing: it
 * prints and sends nothing. What was found before it dies, hangs or exits is kept. */
void cxx_ask(void *nothing);

/* Whether cxx_ask() found an exception and its type. */
bool cxx_exception_is_known(void);

/* Fill in EVENT's cause and exception, if there was one. */
void cxx_exception_fill(struct event *event);
