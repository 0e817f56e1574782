/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler.h - destinations of records: Python's logging.Handler and its classes.
 *
 * Made at configuration in an arena. Emitting one record is one write: no allocation, no stdio, and
 * no lock except those with a deadline (of a file that is rotated, of a buffer of records).
 * Signal-safe: handler_handle(), yes; the others, at configuration. Threads: any for
 * handler_handle().
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/run_spare.h"
#include "core/logging/filter.h"
#include "core/logging/format/formatter.h"
#include "core/logging/record.h"

#include <stdatomic.h>

struct handler;

struct handler_class {
	const char *name; /* as the config spells it: "logging.StreamHandler" */
	/* Formats RECORD in SCRATCH, an empty text, and writes it. Returns 0 or -errno.
	 * Signal-safe, and without long waits where record->crashing is set. */
	int (*emit)(struct handler *handler, const struct log_record *record, struct text *scratch);
	/* Append HANDLER's description, as logging_tree prints it: "File '/tmp/a.log'". */
	void (*describe)(const struct handler *handler, struct text *text);
	/*
	 * Python's flush(): write the buffered records, formatted in SCRATCH. RECORD is the
	 * process's last one, of which `process` and `crashing` are used. Signal-safe. NULL: the
	 * class buffers no records.
	 */
	void (*flush)(
		struct handler *handler, const struct log_record *record, struct text *scratch);
	/* See handler_target(). NULL: the class has no targets. */
	struct handler *(*target)(const struct handler *handler, size_t index);
	/* Python's close(), at configuration and when the process terminates, after a flush unless
	 * unflushed_at_close. Records may still follow. NULL: nothing to do. */
	void (*close)(struct handler *handler);
	/* The class is not signal-safe: it gets no records with `crashing` set. */
	bool not_while_crashing;
};

/* Handlers in the order in which they were added. All zero is an empty list. */
struct handler_list {
	struct handler **items;
	size_t count;
};

struct handler {
	const struct handler_class *class;
	const char *name; /* the name in the config; NULL: none */
	atomic_int level;
	const struct filter_list *_Atomic filters; /* NULL: none; always replaced as a whole */
	const struct formatter *_Atomic formatter; /* NULL: "%(message)s" */
	const char *_Atomic terminator;		   /* behind each record; NULL: a newline */
	atomic_int stream;	 /* 1 or 2: records go to that descriptor, whatever it leads to; 0:
				    elsewhere */
	bool unflushed_at_close; /* Python's flushOnClose=False */
};

/* The values for the fields in vigil.RunFileHandler's file names, and the files' directory. Strings
 * are copied when they are used. */
struct run_context {
	const char *directory; /* the run directory; NULL: the working directory */
	const char *hostname, *run_id, *program; /* NULL: unknown */
	int64_t rank, local_rank;		 /* negative: unknown */
	pid_t pid;
};

/*
 * The constructors of the classes. Each returns 0 and a handler of level NOTSET that ARENA owns, or
 * -errno (-ENOMEM, or as log_file_open() when the class opens a file) and *RET_HANDLER as it was.
 * FLAGS is enum log_file_flags.
 */
int null_handler_new(struct arena *arena, struct handler **ret_handler);

/* logging.StreamHandler for sys.stdout or sys.stderr: FD is 1 or 2. A record goes to whatever that
 * descriptor leads to when the record is emitted. */
int stream_handler_new(struct arena *arena, int fd, struct handler **ret_handler);

/* Python's setStream(). Returns the previous descriptor; -1 if it is the same; -EINVAL if HANDLER
 * is no StreamHandler. */
int stream_handler_set(struct handler *handler, int fd);

/* logging.FileHandler; with LOG_FILE_WATCH logging.handlers.WatchedFileHandler: each record goes to
 * the file that PATH names when the record is emitted. PATH is made absolute now, as in Python. A
 * FIFO without a reader (-ENXIO) is no error. */
int file_handler_new(
	struct arena *arena, const char *path, unsigned flags, struct handler **ret_handler);

/*
 * logging.handlers.RotatingFileHandler. Before a record that would bring the file to MAX_BYTES or
 * above, the file is renamed to PATH.1, PATH.1 to PATH.2, up to PATH.BACKUP_COUNT, and a new file
 * begins. As in Python, nothing is rotated if MAX_BYTES or BACKUP_COUNT is 0 or less, nor is an
 * empty file or one that is not regular. Several processes may write to PATH and rotate it: the
 * rotating process holds a lock on the file, and the others open the new file.
 */
int rotating_file_handler_new(struct arena *arena, const char *path, unsigned flags,
	int64_t max_bytes, int64_t backup_count, struct handler **ret_handler);

struct address;
struct log_clock;
struct logging;
struct schedule_options;

/*
 * logging.handlers.TimedRotatingFileHandler: at the times that OPTIONS determine, the file is
 * renamed to PATH.DATE; the newest BACKUP_COUNT of the renamed files are kept (0 or less: all).
 * Several processes may write to PATH, as with RotatingFileHandler. -EINVAL, and the reason in
 * ERROR: OPTIONS are not valid; for any other reason ERROR is empty.
 */
int timed_rotating_file_handler_new(struct arena *arena, const char *path, unsigned flags,
	const struct schedule_options *options, int64_t backup_count, struct text *error,
	struct handler **ret_handler);

/*
 * vigil.RunFileHandler: a file whose name is made from TEMPLATE, with {hostname} {rank}
 * {local_rank} {pid} {run_id} {program}; NULL is "{hostname}.jsonl". An unknown value becomes
 * "none", a '/' in a value '_'. A relative name is relative to the run directory. With {pid}, each
 * record goes to the file of the process that the record is about. Only a regular file is opened;
 * the default formatter is vigil.JsonFormatter. -EBADMSG: an unknown field or an unmatched brace;
 * -ENAMETOOLONG.
 */
int run_file_handler_new(struct arena *arena, const char *template,
	const struct run_context *context, unsigned flags, struct handler **ret_handler);

/*
 * The handler of a run directory: DIRECTORY/HOSTNAME.jsonl, or, for a process that may not write to
 * that file, a file of its own (core/base/run_name.h). Where this host does not have DIRECTORY, the
 * file is in the one of SPARE (core/base/run_spare.h; NULL: none). Returns 0, the handler, and in
 * *RET_OPENED 0 or the -errno of opening the file, which every record tries again; or -ENOMEM,
 * -ENAMETOOLONG.
 */
int run_directory_handler_new(struct arena *arena, const char *directory,
	const struct run_spare *spare, const char *hostname, int *ret_opened,
	struct handler **ret_handler);

/*
 * logging.handlers.SocketHandler (TYPE is SOCK_STREAM) and DatagramHandler (SOCK_DGRAM): records in
 * the form of Python's makePickle(). The first record connects; after a failed connection, the next
 * is tried after 1 s, 2 s, 4 s, up to 30 s, and the records in between are not delivered. CLOCK,
 * from which relativeCreated counts, outlives the handler.
 */
int socket_handler_new(struct arena *arena, const struct address *address, int type,
	const struct log_clock *clock, struct handler **ret_handler);

/* How syslog messages are delimited. SYSLOG_NUL is Python's append_nul=True, SYSLOG_NONE
 * append_nul=False. */
enum syslog_framing {
	SYSLOG_NUL,
	SYSLOG_NONE,
	SYSLOG_LF,
	SYSLOG_OCTET, /* the message's length precedes it: RFC 6587, 3.4.1 */
	SYSLOG_FRAMING_COUNT_
};

#define SYSLOG_IDENT_MOST 200

/* The default addresses of syslog and journald. */
#define SYSLOG_PORT 514
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct syslog_options {
	int type; /* SOCK_DGRAM or SOCK_STREAM; 0: SOCK_DGRAM, or SOCK_STREAM if a unix socket is a
		     stream */
	int facility;	   /* 0 to 23, as in RFC 5424 */
	const char *ident; /* precedes every message; NULL: nothing. Copied */
	enum syslog_framing framing;
};

/* logging.handlers.SysLogHandler: sends "<14>", the ident and the formatted record, delimited by
 * OPTIONS' framing. */
int syslog_handler_new(struct arena *arena, const struct address *address,
	const struct syslog_options *options, struct handler **ret_handler);

/*
 * vigil.JournalHandler: one entry of systemd's journal for each record, sent to ADDRESS by the
 * native protocol. MESSAGE is the formatted record, PRIORITY the syslog severity of its level,
 * SYSLOG_IDENTIFIER is IDENTIFIER (NULL: the record's processName), CODE_FILE, CODE_LINE,
 * CODE_FUNC, LOGGER, THREAD_NAME and TID come from the record, and VIGIL_… are its extra attributes
 * that are not None.
 */
int journal_handler_new(struct arena *arena, const struct address *address, const char *identifier,
	struct handler **ret_handler);

struct memory_options {
	int64_t capacity;
	int flush_level;
	bool no_flush_on_close;
	/* gets, in on_error and late_losses, the buffered records that the target then could not
	 * write; NULL: nobody does */
	struct logging *logging;
};

/*
 * logging.handlers.MemoryHandler: buffers records until there are CAPACITY of them or one of
 * flush_level arrives, then hands all of them to TARGET, which may be NULL; TARGET's filters apply
 * and its level does not, as in Python. The buffer is allocated now: 4 KiB for each of CAPACITY
 * records, at least 256 KiB and at most 8 MiB in total. When the buffer is full, its records are
 * handed on early; without a target, the oldest are dropped. A record goes to the target at once if
 * it is too large, if another thread holds the handler for more than 50 ms, or if the signal
 * handler that logs it has interrupted this handler. As in Python, a forked child has a copy of its
 * parent's records, unless it was forked while another thread used the handler.
 */
int memory_handler_new(struct arena *arena, const struct memory_options *options,
	struct handler *target, struct handler **ret_handler);

/* Python's setTarget(), at any time, but not on the emit path. TARGET may be NULL; it must not lead
 * back to HANDLER. */
void memory_handler_set_target(struct handler *handler, struct handler *target);

/* What happens to a record when the queue is full. */
enum queue_policy {
	QUEUE_BLOCK,	/* it waits OUTPUT_DEADLINE_MS for room, then is handled at once */
	QUEUE_DROP_NEW, /* the record is dropped */
	QUEUE_DROP_OLD, /* the oldest ones in the queue are dropped */
	QUEUE_POLICY_COUNT_
};

/* The config's names of the policies, "drop-new", by enum queue_policy; NULL ends them. */
extern const char *const queue_policy_names[];

struct queue_options {
	int64_t capacity; /* in records, from 1 */
	enum queue_policy policy;
	struct handler_list handlers; /* the listener's handlers, which outlive the queue */
	bool respect_handler_level;
	const struct logging *logging; /* as of memory_options */
};

/*
 * logging.handlers.QueueHandler, and its QueueListener's handlers: records wait in a buffer that is
 * allocated now, as MemoryHandler's, until a thread (core/api/queue_listener.h) hands them on. As
 * in Python, a record is formatted with its trace before it is queued, and that text becomes its
 * message. A record goes to the handlers at once, in the thread that logs it, while no thread of
 * this process listens; in a crash; if it is too large; if another thread holds the queue for more
 * than 50 ms; and if the signal handler that logs it has interrupted the use of the queue.
 */
int queue_handler_new(
	struct arena *arena, const struct queue_options *options, struct handler **ret_handler);

/*
 * Pass RECORD through HANDLER's filters and emit it; the caller has checked the level. Returns 0,
 * also when a filter rejected RECORD, or -errno when RECORD was not formatted or not written as a
 * whole. SCRATCH is overwritten.
 */
int handler_handle(struct handler *handler, struct log_record *record, struct text *scratch);

/* For struct logging's on_error: print on stderr that HANDLER failed to emit RECORD, as Python's
 * handleError() does, but without a traceback. ERROR is what handler_handle() returned.
 * Signal-safe; errno is preserved. */
void handle_error(const struct handler *handler, const struct log_record *record, int error);

/* Handler number INDEX, from 0, of those that HANDLER hands records to; NULL behind the last. */
struct handler *handler_target(const struct handler *handler, size_t index);

/*
 * For the classes: format RECORD by HANDLER's formatter, followed by the terminator, in SCRATCH,
 * which is emptied first. A text that is cut still ends with the terminator. Returns 0 or -errno
 * (-ENOBUFS: not even the terminator fits).
 */
int handler_format(
	const struct handler *handler, const struct log_record *record, struct text *scratch);

/* Append FILTER to HANDLER's filters; other threads may log meanwhile. Returns 0 or -ENOMEM. */
int handler_add_filter(struct arena *arena, struct handler *handler, const struct filter *filter);

/* Remove FILTER from HANDLER's filters, if it is one of them. Returns 0 or -ENOMEM. */
int handler_remove_filter(
	struct arena *arena, struct handler *handler, const struct filter *filter);

/* For the classes: set *RET_PATH to PATH made absolute by log_file_absolute(), owned by ARENA.
 * Returns 0 or -errno. */
int handler_path(struct arena *arena, const char *path, const char **ret_path);

/* Python's lastResort: a StreamHandler on stderr with level WARNING. The second one, with
 * formatter_harmless, is for records that contain text of unknown origin. */
extern struct handler *const handler_last_resort;
extern struct handler *const handler_last_resort_harmless;
