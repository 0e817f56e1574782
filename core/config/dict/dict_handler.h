/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_handler.h - how a handler of a dictConfig is read: each class has a struct dict_class, which
 * lists the arguments of Python's constructor; they are stored in a struct handler_target.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/config/dict/dict_sections.h"
#include "core/logging/handlers/schedule.h"

struct dict_class;
struct factory;

/* What the keys of a handler say. */
struct handler_target {
	const struct location *location;
	const struct dict_class *class; /* NULL: an unknown class, which has been reported */
	const struct factory *factory;	/* NULL: the class is one of dict_handler_classes */
	int level;
	const char *terminator; /* NULL: a newline */
	const struct formatter *formatter;
	struct filter_list filters;
	int fd;
	const char *filename;
	struct location filename_location;
	unsigned flags; /* enum log_file_flags */
	int64_t max_bytes, backup_count;
	struct schedule_options schedule;
	const char *host; /* or the path of a unix socket */
	struct location host_location;
	int64_t port; /* -1: host is a path */
	struct syslog_options syslog;
	int64_t capacity; /* in records; 0: not given */
	int flush_level;
	bool flush_on_close;
	struct handler *target;
	struct location late_target; /* fileConfig's target=; see dict_set_target_later() */
	struct queue_options queue;
};

#define PARAMETERS_MOST 9
#define KEYWORDS_MOST 5

/* A class of handlers. */
struct dict_class {
	const char *name;
	/* Make the handler that TARGET describes, in the reader's arena. Not called where
	 * TARGET has errors. Returns 0 and *RET; -ENOMEM; or another -errno after an error was
	 * reported. */
	int (*make)(struct config_reader *reader, const struct handler_target *target,
		struct handler **ret);
	/* The parameters of Python's constructor, in its order, by which fileConfig reads
	 * `args`. */
	const struct key_spec *parameters[PARAMETERS_MOST + 1];
	size_t required; /* the number of leading parameters that must be given */
	/* Arguments without a position: those that dictConfig and vigil add. */
	const struct key_spec *keywords[KEYWORDS_MOST + 1];
	/* What "." may set besides the terminator, which every class has; NULL: nothing. */
	const struct key_spec *attributes;
	const char *refers; /* the key that names other handlers; NULL: there is none */
	bool has_lines;	    /* each record is a line, which the terminator ends */
};

/* The table of all classes, in the order in which errors list them; the last row's name is NULL. */
extern const struct dict_class dict_handler_classes[];

/* The row of the class NAME; NULL when there is none. */
const struct dict_class *dict_handler_class(const char *name);

/* The arguments, for the table of classes. */
extern const struct key_spec arg_address, arg_at_time, arg_backup_count, arg_capacity, arg_delay,
	arg_encoding, arg_errors, arg_facility, arg_filename, arg_flush_level, arg_flush_on_close,
	arg_handlers, arg_host, arg_identifier, arg_interval, arg_level, arg_listener,
	arg_max_bytes, arg_mode, arg_path, arg_policy, arg_port, arg_queue, arg_queue_capacity,
	arg_respect_level, arg_socktype, arg_stream, arg_target, arg_timeout, arg_utc, arg_when;

/* The attributes of logging.handlers.SysLogHandler; the last is vigil's own. */
extern const struct key_spec dict_syslog_attributes[];

/* The handler NAME, to which the handler at LOCATION refers. Where NAME is not defined, the error
 * begins with WHAT ("Unable to set target handler"). NULL after an error was reported, and where
 * NAME has errors of its own. */
struct handler *dict_other_handler(struct config_reader *reader, const struct location *location,
	const char *name, const char *what);

/* Set HANDLER's target to what LOCATION names, once all handlers have been read. */
void dict_set_target_later(
	struct config_reader *reader, struct handler *handler, const struct location *location);
