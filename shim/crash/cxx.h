/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cxx.h - the C++ exception behind an abort(): its type and what() it says.
 *
 * Asks the runtime that called std::terminate(), libstdc++ or libc++abi, whichever frame of the
 * trace is its, by names that it exports. Signal-safe: yes, but cxx_ask() runs code of the host's,
 * and so belongs into a tracer. Threads: one.
 */
#pragma once

#include "core/events/event.h"
#include "core/trace/trace.h"

#include <stdbool.h>

/*
 * Whether TRACE, which is named, leads through std::terminate() or what calls it in a runtime that
 * can be asked: an abort() in a catch block is no uncaught exception, though there is a current one
 * then, too. TRACE is kept until cxx_ask() is done.
 */
bool cxx_is_terminating(const struct trace *trace);

/* For tracer_run(), after cxx_is_terminating() said yes: find the type, then call what(), with all
 * but computing forbidden. What was found when it dies or hangs stays. */
void cxx_ask(void *nothing);

/* Whether cxx_ask() found an exception and its type. */
bool cxx_exception_is_known(void);

/* Fill EVENT's cause and exception, if there was one. */
void cxx_exception_fill(struct event *event);
