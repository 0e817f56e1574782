/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what the key `vigil` of a configuration says, which Python passes over.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/secret.h"
#include "core/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The native frames of a thread that an event can hold. */
#define SETTINGS_FRAMES_MAX 128
#define SETTINGS_TIMEOUT_MS_MAX 60000

/* Whose stacks are reported besides the dying thread's: nobody's, Python's of all threads, or those
 * and the native ones of all threads. */
enum trace_threads { TRACE_THREADS_CRASHED, TRACE_THREADS_PYTHON, TRACE_THREADS_ALL };

/* Where names of functions come from: all symbols of the file, those that are exported and so in
 * memory, or nowhere. */
enum trace_names { TRACE_NAMES_SYMTAB, TRACE_NAMES_DYNSYM, TRACE_NAMES_OFF };

/* `trace: false` is a timeout of 0. */
struct trace_settings {
	int frames;	/* 1 to SETTINGS_FRAMES_MAX native ones of a thread */
	int timeout_ms; /* what the trace may take, to SETTINGS_TIMEOUT_MS_MAX; 0: none is taken */
	enum trace_threads threads;
	enum trace_names names;
	bool registers;
	bool python;	       /* the Python stacks, where a signal ends a Python program */
	bool cxx;	       /* the uncaught C++ exception behind an abort() */
	bool abort_message;    /* libc's, behind an abort() */
	bool exits;	       /* the stack of a rank that ends itself with another status than 0 */
	bool terminated;       /* stacks also where the signal is one of `signals.terminated` */
	bool alternate_stacks; /* a signal stack for every thread that has none */
};

/* Signals as settings_signal() has them, in no more than one of the sets; in neither: they stay the
 * kernel's, and are not reported. */
struct signal_settings {
	uint64_t core;	     /* reported with a trace within its timeout */
	uint64_t terminated; /* reported with a trace within 50 ms */
};

struct config_settings {
	bool factories;	 /* they may run */
	bool error_file; /* see core/events/error_file.h */
	enum argv_form argv;
	struct trace_settings trace;
	struct signal_settings signals;
};

/* What holds where the configuration says nothing else. */
void settings_default(struct config_settings *settings);

/*
 * Append the setting at INDEX as "trace.frames: 64", or nothing where it is the default. False when
 * there is none at INDEX or behind.
 */
bool settings_describe(const struct config_settings *settings, size_t index, struct text *text);

/* Append the names of SIGNALS: "TERM, INT, RTMIN to RTMIN+30", or "none". */
void settings_add_signals(uint64_t signals, struct text *text);

/* Signal NUMBER, from 1 to 64, in a set. */
static inline uint64_t settings_signal(int number)
{
	return (uint64_t)1 << (number - 1);
}
