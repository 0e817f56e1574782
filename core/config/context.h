/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.h - the input of the readers of a configuration: the hierarchy to configure, facts about
 * this process, and what the configuration may do.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/config/settings.h"
#include "core/logging/logger.h"

/* How a shared object of the user's is loaded: dlopen(), dlsym() and dlerror() of dlfcn.h. */
struct config_loader {
	void *(*open)(const char *path, int mode);
	void *(*symbol)(void *library, const char *name);
	char *(*error)(void);
};

struct config_context {
	bool validate_only;		/* open no handler's file, create nothing */
	struct run_context run;		/* for vigil.RunFileHandler */
	unsigned log_file_flags;	/* of enum log_file_flags, for all files */
	struct timezone_variables zone; /* for asctime */
	enum color_where color; /* vigil.ColorFormatter's `color: auto`, see color_where() */
	/* The hierarchy to reconfigure; the arena of config_load() must live as long. NULL: a new
	 * one is made. */
	struct logging *living;
	/* The names of the attributes that records have besides Python's, NULL at the end; NULL:
	 * formats may name any attribute. */
	const char *const *extra_names;
	const struct config_loader *loader; /* for factories; NULL: this program loads none */
	bool factories_wait; /* factories cannot run yet: a configuration with one is -EAGAIN */
	/* Why the configuration may not run factories: "belongs to another user …"; NULL: its own
	 * setting `factories` decides. config_load() sets this for its file. */
	const char *distrust;
	/* Filled in on success and on -EAGAIN, unchanged after an error. NULL: not wanted. */
	struct config_settings *settings;
};
