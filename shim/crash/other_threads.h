/* SPDX-License-Identifier: Apache-2.0 */
/*
 * other_threads.h - where the other threads of a dying process stand.
 *
 * A tracer stops each of them by ptrace(2), walks its stack, and lets it go on. For the program it
 * is as if a stop and SIGCONT had come: calls that the kernel does not begin again, epoll_wait()
 * and the like (signal(7)), return EINTR. Signal-safe: yes. Threads: the one that reports the end.
 */
#pragma once

#include "core/events/event.h"

/* Look at all threads but the calling one, within so many MILLISECONDS. */
void other_threads_take(int milliseconds);

/* Put what was seen into EVENT, or why nothing was. May be called again for the same event, and
 * changes nothing where none was asked for. */
void other_threads_fill(struct event *event);
