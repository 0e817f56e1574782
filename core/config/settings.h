/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - vigil's own settings, under the key `vigil` of a configuration, which Python
 * ignores.
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

/* The stacks that are reported besides the dying thread's: none, the Python stacks of all threads,
 * or the Python and native stacks of all threads. */
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
	bool python;	       /* the Python stacks, where a signal terminates a Python program */
	bool cxx;	       /* the uncaught C++ exception that led to an abort() */
	bool abort_message;    /* libc's message before an abort() */
	bool exits;	       /* the stack of a rank that exits with a status other than 0 */
	bool terminated;       /* stacks also for a signal of `signals.terminated` */
	bool alternate_stacks; /* an alternate signal stack for every thread that has none */
};

/* Sets of SIGNAL_BIT(); no signal is in both. vigil neither handles nor reports a signal that is in
 * neither. */
struct signal_settings {
	uint64_t core;	     /* reported with a trace within its timeout */
	uint64_t terminated; /* reported with a trace within 50 ms */
};

struct config_settings {
	bool factories;	 /* factories may run */
	bool error_file; /* see core/events/error_file.h */
	bool output;	 /* what the program said last is reported */
	enum argv_form argv;
	const char *calls; /* functions whose calls are counted, separated by blanks: `mpi`, `nccl`,
			      or names; "": none; NULL: mpi */
	struct trace_settings trace;
	struct signal_settings signals;
};

/* How a setting is written and stored. */
enum setting_kind {
	SETTING_BOOLEAN, /* bool */
	SETTING_NUMBER,	 /* int, from `least` to `most` */
	SETTING_CHOICE,	 /* an enum, by the index in `choices` */
	SETTING_SIGNALS, /* uint64_t: a list of names of signals */
	SETTING_NAMES	 /* const char *: a list of names, separated by blanks */
};

struct setting {
	const char *group; /* NULL: it stands at the top of `vigil` */
	const char *key;
	enum setting_kind kind;
	size_t offset; /* in struct config_settings */
	int least, most;
	const char *const *choices; /* ended by NULL */
};

/* All settings, in the order in which `vigil check` prints them; those of a group are adjacent. */
#define SETTING_COUNT 18
extern const struct setting settings_table[SETTING_COUNT];

/* Set all settings to their defaults. */
void settings_default(struct config_settings *settings);

/* Append the setting at INDEX as "trace.frames: 64", or nothing where it is the default. False:
 * INDEX is past the last setting. */
bool settings_describe(const struct config_settings *settings, size_t index, struct text *text);
