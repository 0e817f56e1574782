/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler.h - destinations of records: Python's logging.Handler and its classes.
 *
 * Made at configuration in an arena. Emitting one record is one write: no allocation, no stdio, and
 * no lock but the one on a file by which processes agree which of them rotates it, which has a
 * deadline. Signal-safe: handler_handle(), yes; the others, at configuration. Threads: any for
 * handler_handle().
 */
#pragma once

#include "core/base/arena.h"
#include "core/logging/filter.h"
#include "core/logging/format/formatter.h"
#include "core/logging/record.h"

#include <stdatomic.h>

struct handler;

struct handler_class {
	const char *name; /* as the config spells it: "logging.StreamHandler" */
	/*
	 * Formats RECORD in SCRATCH, an empty text, and writes it. Returns 0 or -errno.
	 * Signal-safe, and without long waits where record->crashing is set.
	 */
	int (*emit)(struct handler *handler, const struct log_record *record, struct text *scratch);
	/* Append the handler as logging_tree prints it: "File '/tmp/a.log'". */
	void (*describe)(const struct handler *handler, struct text *text);
	/*
	 * Python's flush(): write the records that are kept, formatted in SCRATCH. Of RECORD, the
	 * last one of the process, `process` and `crashing` are used. Signal-safe. NULL: the class
	 * keeps none.
	 */
	void (*flush)(
		struct handler *handler, const struct log_record *record, struct text *scratch);
	/* See handler_target(). NULL: it writes records itself. */
	struct handler *(*target)(const struct handler *handler, size_t index);
	/* Python's close(), at configuration and when the process terminates, after a flush unless
	 * unflushed_at_close; a record may come afterwards nevertheless. NULL: nothing to do. */
	void (*close)(struct handler *handler);
	/* The class is not signal-safe: it gets no record with `crashing` set. */
	bool not_while_crashing;
};

/* Handlers in the order in which they were added. All zero is an empty list. */
struct handler_list {
	struct handler **items;
	size_t count;
};

struct handler {
	const struct handler_class *class;
	const char *name; /* the config's; NULL: none */
	atomic_int level;
	const struct filter_list *_Atomic filters; /* NULL: none; replaced as a whole */
	const struct formatter *_Atomic formatter; /* NULL: "%(message)s" */
	const char *_Atomic terminator;		   /* behind each record; NULL: a newline */
	atomic_int stream; /* 1 or 2: records go to that descriptor, whatever it is; 0: elsewhere */
	bool unflushed_at_close; /* Python's flushOnClose=False */
};

/* The fields of vigil.RunFileHandler's filenames, and the directory of the files. All strings are
 * copied where they are used. */
struct run_context {
	const char *directory; /* the run directory; NULL: the working directory */
	const char *hostname, *run_id, *program; /* NULL: unknown */
	int64_t rank, local_rank;		 /* negative: unknown */
	pid_t pid;
};

/*
 * The classes. Each returns 0 and a handler of level NOTSET that ARENA owns, or -errno and
 * *RET_HANDLER as it was. For those that open a file, FLAGS is enum log_file_flags; an error of the
 * opening is returned, too (see log_file_open()), and -ENOMEM.
 */
int null_handler_new(struct arena *arena, struct handler **ret_handler);

/* logging.StreamHandler for sys.stdout or sys.stderr: FD is 1 or 2, and a record goes to whatever
 * that descriptor is when the record comes. */
int stream_handler_new(struct arena *arena, int fd, struct handler **ret_handler);

/* Python's setStream(). Returns the descriptor before; -1: it is the same; -EINVAL: HANDLER is none
 * of that class. */
int stream_handler_set(struct handler *handler, int fd);

/* logging.FileHandler. PATH is made absolute now, as Python does. A FIFO that nobody reads yet
 * (-ENXIO) is no error. */
int file_handler_new(
	struct arena *arena, const char *path, unsigned flags, struct handler **ret_handler);

/* logging.handlers.WatchedFileHandler: the same, but each record goes to the file that PATH names
 * when the record comes. */
int watched_file_handler_new(
	struct arena *arena, const char *path, unsigned flags, struct handler **ret_handler);

/*
 * logging.handlers.RotatingFileHandler. A record that would bring the file to MAX_BYTES or above
 * finds it empty: PATH.1 is the one before, up to PATH.BACKUP_COUNT. As in Python, nothing is
 * rotated where one of the two is 0 or less, nor an empty file, nor what is no regular file.
 * Several processes may write to PATH and rotate it: the one that rotates holds a lock on the file,
 * and the others open the new file.
 */
int rotating_file_handler_new(struct arena *arena, const char *path, unsigned flags,
	int64_t max_bytes, int64_t backup_count, struct handler **ret_handler);

struct address;
struct log_clock;
struct logging;
struct schedule_options;

/*
 * logging.handlers.TimedRotatingFileHandler: when OPTIONS say so, the file is renamed to PATH.DATE,
 * and of such files the newest BACKUP_COUNT are kept (0 or less: all). Several processes may write
 * to PATH, as with RotatingFileHandler. -EINVAL with why in ERROR: OPTIONS are not valid; ERROR is
 * empty for any other reason.
 */
int timed_rotating_file_handler_new(struct arena *arena, const char *path, unsigned flags,
	const struct schedule_options *options, int64_t backup_count, struct text *error,
	struct handler **ret_handler);

/*
 * vigil.RunFileHandler: a file whose name is made from TEMPLATE, with {hostname} {rank}
 * {local_rank} {pid} {run_id} {program}; NULL is "{hostname}.jsonl". An unknown value reads "none",
 * a '/' in a value becomes '_'. A relative name lies in the run directory. With {pid}, each record
 * goes to the file of the process that it is about. Opened as a regular file only; its default
 * formatter is vigil.JsonFormatter's. -EBADMSG: a field that is not known, or a brace without its
 * other; -ENAMETOOLONG.
 */
int run_file_handler_new(struct arena *arena, const char *template,
	const struct run_context *context, unsigned flags, struct handler **ret_handler);

/*
 * The handler of a run directory: DIRECTORY/HOSTNAME.jsonl, or for a process that may not write to
 * that file, one of its own (core/base/run_name.h). Returns 0 and the handler, and 0 or the -errno
 * of opening its file in *RET_OPENED, which every record tries again; or -ENOMEM, -ENAMETOOLONG.
 */
int run_directory_handler_new(struct arena *arena, const char *directory, const char *hostname,
	int *ret_opened, struct handler **ret_handler);

/*
 * logging.handlers.SocketHandler (TYPE is SOCK_STREAM) and DatagramHandler (SOCK_DGRAM): records as
 * Python's makePickle() sends them. It connects with the first record; after a connection that
 * failed, the next is tried after 1 s, 2 s, 4 s, up to 30 s, and the records in between are not
 * delivered. CLOCK, from which relativeCreated counts, outlives the handler.
 */
int socket_handler_new(struct arena *arena, const struct address *address, int type,
	const struct log_clock *clock, struct handler **ret_handler);

/* How a syslog message ends. SYSLOG_NUL is Python's append_nul=True, SYSLOG_NONE append_nul=False.
 */
enum syslog_framing {
	SYSLOG_NUL,
	SYSLOG_NONE,
	SYSLOG_LF,
	SYSLOG_OCTET, /* by its length, which stands before the message: RFC 6587, 3.4.1 */
	SYSLOG_FRAMING_COUNT_
};

#define SYSLOG_IDENT_MOST 200

/* Where syslog and journald listen, unless the configuration has another address. */
#define SYSLOG_PORT 514
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct syslog_options {
	int type;	   /* SOCK_DGRAM or SOCK_STREAM; 0: the first, and where a unix socket is a
			      stream, the second */
	int facility;	   /* 0 to 23, as in RFC 5424 */
	const char *ident; /* before every message; NULL: nothing. Copied */
	enum syslog_framing framing;
};

/* logging.handlers.SysLogHandler: "<14>", the ident, the formatted record, and what OPTIONS say. */
int syslog_handler_new(struct arena *arena, const struct address *address,
	const struct syslog_options *options, struct handler **ret_handler);

/*
 * vigil.JournalHandler: one entry of systemd's journal a record, sent to ADDRESS by the native
 * protocol: MESSAGE is the formatted record, PRIORITY its level as syslog has it, SYSLOG_IDENTIFIER
 * is IDENTIFIER (NULL: the record's processName), CODE_FILE, CODE_LINE, CODE_FUNC, LOGGER,
 * THREAD_NAME and TID are those of the record, and VIGIL_… its own attributes that are not None.
 */
int journal_handler_new(struct arena *arena, const struct address *address, const char *identifier,
	struct handler **ret_handler);

struct memory_options {
	int64_t capacity;
	int flush_level;
	bool no_flush_on_close;
	struct logging
		*logging; /* whose on_error is called for records that were kept and that the target
			   * then could not write, and which counts them in late_losses; or NULL
			   */
};

/*
 * logging.handlers.MemoryHandler: keeps records until there are CAPACITY of them or one of
 * flush_level comes, then hands them all to its target; the target's filters apply and its level
 * does not, as in Python. The memory for them is allocated now: 4 KiB for each of CAPACITY, at
 * least 256 KiB and at most 8 MiB together. When that is full they are handed on early; without a
 * target, the oldest are dropped. A record goes to the target at once where it is too large, where
 * another thread holds the handler for more than 50 ms, and where the signal handler that logs it
 * has interrupted the handler. A forked child has a copy of its parent's records, as in Python; but
 * not where it was forked while another thread used the handler. TARGET may be NULL.
 */
int memory_handler_new(struct arena *arena, const struct memory_options *options,
	struct handler *target, struct handler **ret_handler);

/* Python's setTarget(), and flush(), both at any time but on the emit path. TARGET may be NULL; it
 * must not lead back to HANDLER. */
void memory_handler_set_target(struct handler *handler, struct handler *target);
void memory_handler_flush(struct handler *handler);

/* What happens to a record when the queue is full. */
enum queue_policy {
	QUEUE_BLOCK,	/* it waits OUTPUT_DEADLINE_MS for room, then is handled at once instead */
	QUEUE_DROP_NEW, /* the record is dropped */
	QUEUE_DROP_OLD, /* the oldest ones in the queue are dropped */
	QUEUE_POLICY_COUNT_
};

/* As the config spells it: "drop-new"; in static storage, NULL behind the last one. */
const char *queue_policy_name(enum queue_policy policy);

struct queue_options {
	int64_t capacity; /* in records, from 1 */
	enum queue_policy policy;
	struct handler_list handlers; /* the listener's; they live as long as the queue */
	bool respect_handler_level;
	const struct logging *logging; /* as of memory_options */
};

/*
 * logging.handlers.QueueHandler, and its QueueListener's handlers: records wait in memory that is
 * allocated now, as MemoryHandler's, until a thread (core/api/queue_listener.h) hands them on. As
 * in Python they are formatted before they are queued, with their trace, and that text is their
 * message from then on. A record goes to the handlers at once, in the thread that it is logged in,
 * while no thread of this process listens; in a crash; when it is too large; where another thread
 * holds the queue for more than 50 ms; and where the signal handler that logs it has interrupted
 * the use of the queue.
 */
int queue_handler_new(
	struct arena *arena, const struct queue_options *options, struct handler **ret_handler);

/*
 * Pass RECORD through HANDLER's filters and emit it; the caller has checked the level. Returns 0,
 * also when a filter rejected the record, or -errno when it could not be formatted, or not be
 * written as a whole. SCRATCH is overwritten.
 */
int handler_handle(struct handler *handler, struct log_record *record, struct text *scratch);

/* For struct logging's on_error: print on stderr that HANDLER failed to emit RECORD, as Python's
 * handleError() does, but without a traceback. ERROR is what handler_handle() returned.
 * Signal-safe; errno stays as it was. */
void handle_error(const struct handler *handler, const struct log_record *record, int error);

/* The handlers that HANDLER hands records to: number INDEX of them from 0; NULL behind the last. */
struct handler *handler_target(const struct handler *handler, size_t index);

/*
 * For the classes: format RECORD by HANDLER's formatter, with the terminator behind it, in SCRATCH,
 * which is emptied first. A text that is cut has its terminator, too. Returns 0 or -errno
 * (-ENOBUFS: not even that fits).
 */
int handler_format(
	const struct handler *handler, const struct log_record *record, struct text *scratch);

/* Add FILTER at the end of HANDLER's filters; other threads may log meanwhile. Returns 0 or
 * -ENOMEM. */
int handler_add_filter(struct arena *arena, struct handler *handler, const struct filter *filter);

/* Remove FILTER from HANDLER's filters, if it is one of them. Returns 0 or -ENOMEM. */
int handler_remove_filter(
	struct arena *arena, struct handler *handler, const struct filter *filter);

/* For the classes: PATH made absolute as log_file_absolute() does, owned by ARENA, in *RET_PATH.
 * Returns 0 or -errno. */
int handler_path(struct arena *arena, const char *path, const char **ret_path);

/* Python's lastResort: a StreamHandler on stderr with level WARNING. The second one is for records
 * of texts of unknown origin, and has formatter_harmless.
 */
extern struct handler *const handler_last_resort;
extern struct handler *const handler_last_resort_harmless;
