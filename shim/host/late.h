/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late.h - the second part of the start of a program whose configuration has factories.
 *
 * We are the first library whose constructor runs. Would it load another one, libc would be
 * initialised for that one, and with neither the program's arguments nor its environment: dlopen()
 * hands on those that libc does not know yet. So the configuration waits until all libraries are
 * initialised and main is about to be called. What happens before is reported as without one.
 * Signal-safe: no. Threads: the first one, before main.
 */
#pragma once

#include "core/base/clock.h"
#include "shim/emit/configure.h"

/* The configuration of FROM waits; AT is when the program began. */
void late_wait(const struct configure_from *from, const struct instant *at);

/* If one waits, bring it into force and report the beginning. */
void late_begin(void);
