/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - from a configuration file to a logger tree: YAML or JSON by Python's dictConfig,
 * version 1; INI by its fileConfig.
 *
 * All of a file is validated before anything comes of it, and every error is reported, not only the
 * first. What dictConfig can do and this cannot is refused with an error that says so. Signal-safe:
 * no. Threads: one at a time.
 */
#pragma once

#include "core/base/arena.h"
#include "core/config/errors.h"
#include "core/config/settings.h"
#include "core/logging/logger.h"

#define CONFIG_SIZE_MOST ((size_t)1024 * 1024)

/*
 * The hierarchy that CONTEXT means: the living one, or a new one that ARENA owns. For the
 * configurators. NULL when out of memory.
 */
struct config_context;
struct logging *config_hierarchy(struct arena *arena, const struct config_context *context);

/* How a shared object of the user's is loaded: dlopen(), dlsym() and dlerror() of dlfcn.h. */
struct config_loader {
	void *(*open)(const char *path, int mode);
	void *(*symbol)(void *library, const char *name);
	char *(*error)(void);
};

struct config_context {
	bool validate_only;	 /* open no handler's file, create nothing */
	struct run_context run;	 /* for vigil.RunFileHandler */
	unsigned log_file_flags; /* of enum log_file_flags, for all files */
	const char *zone;	 /* of asctime, as TZ says it; NULL: TZ is not set */
	enum color_where color;	 /* vigil.ColorFormatter's `color: auto`, see color_where() */
	/* The hierarchy to configure anew; it and the arena of config_load() live equally long.
	 * NULL: a new one is made. */
	struct logging *living;
	/* The attributes that records carry besides Python's, NULL at the end; NULL: formats may
	 * name any. */
	const char *const *extra_names;
	const struct config_loader *loader; /* for factories; NULL: there are none here */
	bool factories_wait;		    /* they cannot run yet: -EAGAIN where there is one */
	/* Why the configuration may not run factories: "belongs to another user …"; NULL: it may,
	 * if it allows them. config_load() sets it for its file. */
	const char *distrust;
	/* To be filled in, also with -EAGAIN; as it was after an error. NULL: nobody wants to know.
	 */
	struct config_settings *settings;
};

/*
 * Read PATH: INI if its name ends in .ini, .conf or .cfg or it begins with a section of
 * fileConfig's, else YAML or JSON. ERRORS comes all zero but for its arena and path, which are set
 * here if they are NULL.
 *
 * Returns 0 and the hierarchy, perhaps with warnings in ERRORS; -ENOMEM; -EAGAIN, all is right but
 * the context's `factories_wait` keeps it from coming into force; or another -errno
 * with at least one error in ERRORS (-ENOENT, -EACCES …: of opening PATH; -EINVAL: of what is in
 * it, or of the file of a handler) and *RET_LOGGING, and the living hierarchy, as they were: what
 * was configured before goes on.
 */
int config_load(struct arena *arena, const char *path, const struct config_context *context,
	struct logging **ret_logging, struct config_errors *errors);

/* The same with YAML or JSON in memory: LENGTH bytes, which are changed and live as long as ARENA.
 */
int config_parse(struct arena *arena, char *text, size_t length,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors);
