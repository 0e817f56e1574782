/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handlers.h - destinations of records: the handler classes of Python's logging and of vigil, and
 * formatters. vigil/logging.h includes this header.
 *
 * The process owns a handler as soon as it is made; vigil_handler_close() ends the handler's work,
 * but does not free it. Functions that make a handler return 0 and the handler in *RET_HANDLER,
 * with level NOTSET and the formatter "%(message)s", or -errno and *RET_HANDLER as it was.
 * Signal-safe: no. Threads: any.
 */
#ifndef VIGIL_HANDLERS_H
#define VIGIL_HANDLERS_H

#include "loggers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Formatters ---- */

/* Python's Formatter(format, datefmt, style, validate, defaults=…). All zero is Formatter(). */
struct vigil_formatter_options {
	const char *format, *datefmt;
	const char *style; /* "%" (NULL), "{" or "$" */
	bool no_validate;
	const struct vigil_extra *defaults; /* strings only; NULL: none */
};

/* Make a Formatter. -EINVAL for options that Python refuses: "Invalid format 'hello' for '%'
 * style". */
VIGIL_API int vigil_formatter_new(
	const struct vigil_formatter_options *options, struct vigil_formatter **ret_formatter);

/* One of the program's own. */
VIGIL_API int vigil_custom_formatter_new(
	const struct vigil_formatter_spec *spec, struct vigil_formatter **ret_formatter);

/* vigil.ColorFormatter. All zero is detectron2's lines, with colours on terminals. */
struct vigil_color_options {
	const char *format, *datefmt;	  /* as Formatter's, with style "%" */
	const char *color;		  /* "auto" (NULL), "always" or "never" */
	const struct vigil_extra *abbrev; /* strings by the name that they stand for; NULL: none */
};

/* Make a ColorFormatter. -EINVAL as vigil_formatter_new(), and for another `color`. */
VIGIL_API int vigil_color_formatter_new(
	const struct vigil_color_options *options, struct vigil_formatter **ret_formatter);

/* vigil.JsonFormatter: one JSON object a record. */
VIGIL_API struct vigil_formatter *vigil_json_formatter(void);

/* format(): write RECORD's text to BUFFER, cut to SIZE - 1 bytes. Returns the text's length in
 * BUFFER, or -errno. Signal-safe. */
VIGIL_API ssize_t vigil_format(const struct vigil_formatter *formatter,
	const struct vigil_record *record, char *buffer, size_t size);

/* Python's BufferingFormatter: write HEADER (NULL: nothing), COUNT records and FOOTER; "" if there
 * are no records. Returns as vigil_format(). */
VIGIL_API ssize_t vigil_format_all(const struct vigil_formatter *formatter, const char *header,
	const struct vigil_record *records, size_t count, const char *footer, char *buffer,
	size_t size);

/* ---- What every handler has ---- */

/* The handler's level, VIGIL_NOTSET at first: the handler ignores records below it. */
VIGIL_API void vigil_handler_set_level(struct vigil_handler *handler, int level);
VIGIL_API int vigil_handler_level(const struct vigil_handler *handler);

/* NULL: "%(message)s". */
VIGIL_API void vigil_handler_set_formatter(
	struct vigil_handler *handler, struct vigil_formatter *formatter);

/* Set the text that follows each record; a newline at first. */
VIGIL_API int vigil_handler_set_terminator(struct vigil_handler *handler, const char *terminator);

/* As vigil_logger_add_filter() and its like. */
VIGIL_API int vigil_handler_add_filter(
	struct vigil_handler *handler, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_handler_remove_filter(
	struct vigil_handler *handler, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_handler_add_name_filter(struct vigil_handler *handler, const char *name);
VIGIL_API int vigil_handler_add_rank_filter(
	struct vigil_handler *handler, const int64_t *ranks, size_t count);

/* Python's set_name() and getHandlerByName(), which returns NULL if there is no such handler or it
 * is closed. */
VIGIL_API int vigil_handler_set_name(struct vigil_handler *handler, const char *name);
VIGIL_API struct vigil_handler *vigil_handler_by_name(const char *name);

/* getHandlerNames(): write at most MOST names. Returns how many there are. */
VIGIL_API size_t vigil_handler_names(const char **names, size_t most);

/* Write the records that the handler has buffered. */
VIGIL_API void vigil_handler_flush(struct vigil_handler *handler);

/* Flush and close the handler: its name is free again. As in Python, a handler that appends to a
 * file opens it again if a record follows nevertheless. */
VIGIL_API void vigil_handler_close(struct vigil_handler *handler);

/* repr(): "<FileHandler /tmp/a.log (NOTSET)>". Returns its length, as snprintf() does. */
VIGIL_API size_t vigil_handler_repr(const struct vigil_handler *handler, char *buffer, size_t size);

/* ---- The classes ---- */

/* logging.NullHandler: discards records, but counts as a handler. */
VIGIL_API int vigil_null_handler_new(struct vigil_handler **ret_handler);

/* logging.StreamHandler: FD is 1 or 2; a record goes to whatever file that is when the record is
 * emitted. */
VIGIL_API int vigil_stream_handler_new(int fd, struct vigil_handler **ret_handler);

/* setStream(). Returns the previous descriptor; -1 if it is the same; -EINVAL if HANDLER is no
 * StreamHandler. */
VIGIL_API int vigil_handler_set_stream(struct vigil_handler *handler, int fd);

/* How a file is opened. 0: as Python does, to append, at once, with 0666 & ~umask, following
 * symbolic links. */
enum vigil_file_flags {
	VIGIL_FILE_TRUNCATE = 1, /* mode 'w' */
	VIGIL_FILE_DELAY = 2,	 /* with the first record */
	VIGIL_FILE_SAFE = 4,	 /* 0640 & ~umask; -ELOOP for a symbolic link; -EPERM for another
				    user's file, or one with several names, in a directory that
				    all may write to */
};

/* logging.FileHandler; PATH is made absolute now. -ENOENT: "[Errno 2] No such file or directory:
 * '/nonexistent/x.log'". */
VIGIL_API int vigil_file_handler_new(
	const char *path, unsigned flags, struct vigil_handler **ret_handler);

/* logging.handlers.WatchedFileHandler: a record goes to the file that PATH names when the record is
 * emitted. */
VIGIL_API int vigil_watched_file_handler_new(
	const char *path, unsigned flags, struct vigil_handler **ret_handler);

/* logging.handlers.RotatingFileHandler; several processes may write to PATH. */
VIGIL_API int vigil_rotating_file_handler_new(const char *path, unsigned flags, int64_t max_bytes,
	int64_t backup_count, struct vigil_handler **ret_handler);

/* logging.handlers.TimedRotatingFileHandler. All zero is when 'h', interval 1. */
struct vigil_timed_options {
	const char *when; /* "S" "M" "H" "D" "MIDNIGHT" "W0" … "W6" */
	int64_t interval;
	int64_t backup_count; /* 0: all are kept */
	bool utc;
	bool has_at_time;
	int at_time; /* seconds of the day */
};

/* Make a TimedRotatingFileHandler; OPTIONS NULL is all zero. -EINVAL: "Invalid rollover interval
 * specified: X". */
VIGIL_API int vigil_timed_rotating_file_handler_new(const char *path, unsigned flags,
	const struct vigil_timed_options *options, struct vigil_handler **ret_handler);

/*
 * vigil.RunFileHandler: the file's name is TEMPLATE (NULL: "{hostname}.jsonl") with {hostname}
 * {rank} {local_rank} {pid} {run_id} {program} replaced, in VIGIL_DIR if that is set. The formatter
 * is vigil_json_formatter(). The file is opened as with VIGIL_FILE_SAFE. -EBADMSG: an unknown
 * field.
 */
VIGIL_API int vigil_run_file_handler_new(
	const char *template_, unsigned flags, struct vigil_handler **ret_handler);

/* logging.handlers.SocketHandler (TCP) and DatagramHandler (UDP). HOST is an address or a name in
 * /etc/hosts; PORT -1: HOST is the path of a unix socket. */
VIGIL_API int vigil_socket_handler_new(
	const char *host, int port, struct vigil_handler **ret_handler);
VIGIL_API int vigil_datagram_handler_new(
	const char *host, int port, struct vigil_handler **ret_handler);

/* logging.handlers.SysLogHandler. All zero is localhost:514 by UDP, facility user. */
struct vigil_syslog_options {
	const char *host; /* a name, an address, or, with port -1, the path of a unix socket */
	int port;
	int facility; /* 0 to 23 of RFC 5424; -1: kern, as 0 is user here */
	bool tcp;
	const char *ident; /* precedes every message */
	bool no_nul;	   /* append_nul is false */
};

/* Make a SysLogHandler; OPTIONS NULL is all zero. */
VIGIL_API int vigil_syslog_handler_new(
	const struct vigil_syslog_options *options, struct vigil_handler **ret_handler);

/* vigil.JournalHandler: systemd's journal, by its native protocol. PATH NULL is the journal's own
 * socket, IDENTIFIER NULL the program's name. */
VIGIL_API int vigil_journal_handler_new(
	const char *path, const char *identifier, struct vigil_handler **ret_handler);

/*
 * logging.handlers.MemoryHandler: buffers up to CAPACITY records, in memory that is allocated now,
 * and hands all of them to TARGET when the buffer is full or a record of FLUSH_LEVEL arrives; as in
 * Python, TARGET's filters apply, its level does not. TARGET NULL: the newest records are kept
 * until vigil_memory_handler_set_target().
 */
VIGIL_API int vigil_memory_handler_new(int64_t capacity, int flush_level,
	struct vigil_handler *target, bool flush_on_close, struct vigil_handler **ret_handler);

/* setTarget(). -EINVAL: HANDLER is no MemoryHandler, or TARGET leads back to it. */
VIGIL_API int vigil_memory_handler_set_target(
	struct vigil_handler *handler, struct vigil_handler *target);

/* What happens to a record when the queue is full. */
enum vigil_queue_policy {
	VIGIL_QUEUE_BLOCK, /* it waits 50 ms for room, then is handled by the thread that logs it */
	VIGIL_QUEUE_DROP_NEW, /* it is dropped */
	VIGIL_QUEUE_DROP_OLD, /* the oldest records in the queue are dropped */
};

/* logging.handlers.QueueHandler and its QueueListener's HANDLERS, an array that ends with NULL.
 * Records go to the handlers at once while no listener runs, and in a forked child. */
VIGIL_API int vigil_queue_handler_new(int64_t capacity, enum vigil_queue_policy policy,
	struct vigil_handler *const *handlers, bool respect_handler_level,
	struct vigil_handler **ret_handler);

/* Start the listener, a thread, of a QueueHandler. -EALREADY: "Listener already started"; -EINVAL:
 * HANDLER is no QueueHandler. */
VIGIL_API int vigil_queue_listener_start(struct vigil_handler *handler);

/* Handle the records that are queued, and stop the listener, if it runs. */
VIGIL_API int vigil_queue_listener_stop(struct vigil_handler *handler);

/* One of the program's own. */
VIGIL_API int vigil_custom_handler_new(
	const struct vigil_handler_spec *spec, struct vigil_handler **ret_handler);

#ifdef __cplusplus
}
#endif

#endif
