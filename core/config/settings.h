/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what the key `vigil` of a configuration says, which Python passes over.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/secret.h"
#include "core/base/signal_table.h"
#include "core/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most native frames of one thread in an event. */
#define SETTINGS_FRAMES_MAX 128
#define SETTINGS_TIMEOUT_MS_MAX 60000

/* Whose stacks are reported besides the dying thread's: nobody's, Python's of all threads, or those
 * and the native ones of all threads. */
enum trace_threads { TRACE_THREADS_CRASHED, TRACE_THREADS_PYTHON, TRACE_THREADS_ALL };

/* Where names of functions come from: the file's full symbol table; its exported symbols, which are
 * in memory; or nowhere. */
enum trace_names { TRACE_NAMES_SYMTAB, TRACE_NAMES_DYNSYM, TRACE_NAMES_OFF };

/* `trace: false` is a timeout of 0. */
struct trace_settings {
	int frames;	/* native frames of a thread, 1 to SETTINGS_FRAMES_MAX */
	int timeout_ms; /* time for the trace, to SETTINGS_TIMEOUT_MS_MAX; 0: no trace */
	enum trace_threads threads;
	enum trace_names names;
	bool registers;
	bool python;	       /* the Python stacks, where a signal ends a Python program */
	bool cxx;	       /* the uncaught C++ exception behind an abort() */
	bool abort_message;    /* libc's, behind an abort() */
	bool exits;	       /* the stack of a rank that exits with a status other than 0 */
	bool terminated;       /* stacks also for a signal of `signals.terminated` */
	bool alternate_stacks; /* an alternate signal stack for every thread that has none */
};

/* Sets of SIGNAL_BIT(); no signal is in both. One that is in neither stays the kernel's, and is not
 * reported. */
struct signal_settings {
	uint64_t core;	     /* reported with a trace within its timeout */
	uint64_t terminated; /* reported with a trace within 50 ms */
};

struct config_settings {
	bool factories;	 /* factories may run */
	bool error_file; /* see core/events/error_file.h */
	enum argv_form argv;
	struct trace_settings trace;
	struct signal_settings signals;
};

/* How a setting is written and stored. */
enum setting_kind {
	SETTING_BOOLEAN, /* bool */
	SETTING_NUMBER,	 /* int, from `least` to `most` */
	SETTING_CHOICE,	 /* an enum, by the index in `choices` */
	SETTING_SIGNALS	 /* uint64_t: a list of names of signals */
};

struct setting {
	const char *group; /* NULL: it stands at the top of `vigil` */
	const char *key;
	enum setting_kind kind;
	size_t offset; /* in struct config_settings */
	int least, most;
	const char *const *choices; /* ended by NULL */
};

/* All settings, those of a group behind each other, in the order of `vigil check`. */
#define SETTING_COUNT 16
extern const struct setting settings_table[SETTING_COUNT];

/* Set what holds where the configuration says nothing else. */
void settings_default(struct config_settings *settings);

/*
 * Append the setting at INDEX as "trace.frames: 64", or nothing where it is the default. False when
 * there is none at INDEX or behind.
 */
bool settings_describe(const struct config_settings *settings, size_t index, struct text *text);

/* Append the names of SIGNALS: "TERM, INT, RTMIN to RTMIN+30", or "none". */
void settings_add_signals(uint64_t signals, struct text *text);
