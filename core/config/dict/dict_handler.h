/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict_handler.h - how a handler of a dictConfig is read: one struct handler_kind a class, with the
 * keys that Python's class takes as keyword arguments.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/address.h"
#include "core/config/dict/dict_reader.h"
#include "core/logging/handlers/schedule.h"
#include "core/logging/level.h"

struct factory;
struct handler_kind;

/* A handler as it is read. */
struct handler_target {
	const struct location *location;
	const struct handler_kind *kind;
	const struct factory *factory; /* NULL: a class of ours */
	int level;
	const struct formatter *formatter;
	struct filter_list filters;
	int fd;
	const char *filename;
	const struct value *filename_value;
	unsigned flags; /* enum log_file_flags */
	int64_t max_bytes, backup_count;
	struct schedule_options schedule;
	const char *host; /* or the path of a unix socket */
	struct location host_location;
	int64_t port; /* -1: host is a path */
	bool has_port;
	struct syslog_options syslog;
	struct memory_options memory;
	bool has_capacity;
	struct location target_location; /* of fileConfig's target=, which is set later */
	struct handler *target;
	struct queue_options queue;
};

struct handler_kind {
	const char *class;
	const struct key_spec *keys;
	int (*make)(struct dict_reader *reader, const struct handler_target *target,
		struct handler **ret);
};

/* The classes that write to a file. */
extern const struct handler_kind dict_file_handler, dict_watched_file_handler,
	dict_rotating_file_handler, dict_timed_file_handler, dict_run_file_handler;

/* The classes that send to a socket. */
extern const struct handler_kind dict_socket_handler, dict_datagram_handler, dict_syslog_handler,
	dict_journal_handler;

/* The classes that hand records on to other handlers. */
extern const struct handler_kind dict_memory_handler, dict_queue_handler;

/*
 * The handler NAME, another one's at PLACE; WHAT is what cannot be done without it ("Unable to set
 * target handler"). NULL after an error was reported, and for a broken one.
 */
struct handler *dict_other_handler(struct dict_reader *reader, const struct location *location,
	const char *name, const char *what);

/* HANDLER's target is what PLACE names, once all handlers have been read. */
void dict_set_target_later(
	struct dict_reader *reader, struct handler *handler, const struct location *location);

/* What factories make: of other keys as they please, or of typed arguments. */
extern const struct handler_kind dict_factory_handler, dict_typed_factory_handler;

/* Which of the two the handler at PLACE is, with its factory in *RET_FACTORY; NULL there: an error
 * was reported. */
const struct handler_kind *dict_factory_kind(struct dict_reader *reader,
	const struct location *location, const struct factory **ret_factory);

/* Keys of every handler: the class, which decides what other keys there are and so has been looked
 * up before; and those that set up a struct handler. */
void dict_handler_class(struct dict_reader *reader, const struct location *location, void *target);
void dict_handler_level(struct dict_reader *reader, const struct location *location, void *target);
void dict_handler_formatter(
	struct dict_reader *reader, const struct location *location, void *target);
void dict_handler_filters(
	struct dict_reader *reader, const struct location *location, void *target);

#define HANDLER_KEYS                                                                      \
	{"class", dict_handler_class}, {"level", dict_handler_level},                     \
		{"formatter", dict_handler_formatter}, {"filters", dict_handler_filters}, \
	{                                                                                 \
		".", dict_refuse_attributes                                               \
	}

/* The integer at PLACE; false, and an error reported, for anything else and outside LEAST to MOST.
 */
bool dict_integer(struct dict_reader *reader, const struct location *location, int64_t least,
	int64_t most, int64_t *ret_number);

/* CLASS cannot be made without ARGUMENTS: Python's words for it. Returns -EINVAL. */
int dict_handler_misses(struct dict_reader *reader, const struct handler_target *target,
	const char *class, const char *arguments);
