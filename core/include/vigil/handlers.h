/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handlers.h - where records go: the handler classes of Python's logging and of vigil, and
 * formatters. Comes with vigil/logging.h.
 *
 * A handler belongs to the process as soon as it is made; vigil_handler_close() ends its work, the
 * memory stays. Functions that make one return 0 and it in *RET_HANDLER, with level NOTSET and the
 * formatter "%(message)s", or -errno and *RET_HANDLER as it was. Signal-safe: no. Threads: any.
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

/* -EINVAL for what Python refuses: "Invalid format 'hello' for '%' style". */
VIGIL_API int vigil_formatter_new(
	const struct vigil_formatter_options *options, struct vigil_formatter **ret_formatter);

/* One of the program's own. */
VIGIL_API int vigil_custom_formatter_new(
	const struct vigil_formatter_spec *spec, struct vigil_formatter **ret_formatter);

/* vigil.ColorFormatter. All zero is detectron2's lines, in colour where a terminal takes them. */
struct vigil_color_options {
	const char *format, *datefmt;	  /* of Formatter's kind, style "%" */
	const char *color;		  /* "auto" (NULL), "always" or "never" */
	const struct vigil_extra *abbrev; /* strings by the name that they stand for; NULL: none */
};

/* -EINVAL as vigil_formatter_new(), and for a color that is none of the three. */
VIGIL_API int vigil_color_formatter_new(
	const struct vigil_color_options *options, struct vigil_formatter **ret_formatter);

/* vigil.JsonFormatter: one JSON object a record. */
VIGIL_API struct vigil_formatter *vigil_json_formatter(void);

/* format(): RECORD's text in BUFFER, cut to SIZE - 1 bytes. Returns its length in BUFFER, or
 * -errno. Signal-safe. */
VIGIL_API ssize_t vigil_format(const struct vigil_formatter *formatter,
	const struct vigil_record *record, char *buffer, size_t size);

/* Python's BufferingFormatter: HEADER (NULL: nothing), COUNT records, FOOTER; "" for none of them.
 * As vigil_format(). */
VIGIL_API ssize_t vigil_format_all(const struct vigil_formatter *formatter, const char *header,
	const struct vigil_record *records, size_t count, const char *footer, char *buffer,
	size_t size);

/* ---- What every handler has ---- */

/* Records below it pass the handler by; VIGIL_NOTSET at first. */
VIGIL_API void vigil_handler_set_level(struct vigil_handler *handler, int level);
VIGIL_API int vigil_handler_level(const struct vigil_handler *handler);

/* NULL: "%(message)s". */
VIGIL_API void vigil_handler_set_formatter(
	struct vigil_handler *handler, struct vigil_formatter *formatter);

/* What ends each record; a newline at first. */
VIGIL_API int vigil_handler_set_terminator(struct vigil_handler *handler, const char *terminator);

/* As vigil_logger_add_filter() and its like. */
VIGIL_API int vigil_handler_add_filter(
	struct vigil_handler *handler, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_handler_remove_filter(
	struct vigil_handler *handler, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_handler_add_name_filter(struct vigil_handler *handler, const char *name);
VIGIL_API int vigil_handler_add_rank_filter(
	struct vigil_handler *handler, const int64_t *ranks, size_t count);

/* Python's set_name() and getHandlerByName(); NULL: no such handler, or a closed one. */
VIGIL_API int vigil_handler_set_name(struct vigil_handler *handler, const char *name);
VIGIL_API struct vigil_handler *vigil_handler_by_name(const char *name);

/* getHandlerNames(): at most MOST of them. Returns how many there are. */
VIGIL_API size_t vigil_handler_names(const char **names, size_t most);

/* Write what the handler still holds. */
VIGIL_API void vigil_handler_flush(struct vigil_handler *handler);

/* Flush, and end: its name is free again. A file that was opened to be appended to is opened again
 * if a record comes nevertheless, as in Python. */
VIGIL_API void vigil_handler_close(struct vigil_handler *handler);

/* repr(): "<FileHandler /tmp/a.log (NOTSET)>". Returns its length, as snprintf() does. */
VIGIL_API size_t vigil_handler_repr(const struct vigil_handler *handler, char *buffer, size_t size);

/* ---- The classes ---- */

/* logging.NullHandler: nothing, but it counts as a handler. */
VIGIL_API int vigil_null_handler_new(struct vigil_handler **ret_handler);

/* logging.StreamHandler: FD is 1 or 2, and whatever file that is when the record comes. */
VIGIL_API int vigil_stream_handler_new(int fd, struct vigil_handler **ret_handler);

/* setStream(): returns the descriptor before, -1 where it is the same; -EINVAL: not a
 * StreamHandler. */
VIGIL_API int vigil_handler_set_stream(struct vigil_handler *handler, int fd);

/* How a file is opened; 0 is appending, at once, and as Python does: 0666 & ~umask, symbolic links
 * are followed. */
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

/* logging.handlers.WatchedFileHandler: the file that PATH names when the record comes. */
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

/* As they say; OPTIONS NULL is all zero. -EINVAL: "Invalid rollover interval specified: X". */
VIGIL_API int vigil_timed_rotating_file_handler_new(const char *path, unsigned flags,
	const struct vigil_timed_options *options, struct vigil_handler **ret_handler);

/*
 * vigil.RunFileHandler: TEMPLATE with {hostname} {rank} {local_rank} {pid} {run_id} {program}
 * replaced, "{hostname}.jsonl" where it is NULL, in VIGIL_DIR if that is set; its formatter is
 * vigil_json_formatter(). Opened as VIGIL_FILE_SAFE. -EBADMSG: a field that is not known.
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
	const char *host; /* or the path of a unix socket, with port -1 */
	int port;
	int facility; /* 0 to 23 of RFC 5424; -1: kern, as 0 is user here */
	bool tcp;
	const char *ident; /* before every message */
	bool no_nul;	   /* append_nul is false */
};

/* As they say; OPTIONS NULL is all zero. */
VIGIL_API int vigil_syslog_handler_new(
	const struct vigil_syslog_options *options, struct vigil_handler **ret_handler);

/* vigil.JournalHandler: systemd's journal, by its native protocol. NULL and NULL are its own socket
 * and the program's name. */
VIGIL_API int vigil_journal_handler_new(
	const char *path, const char *identifier, struct vigil_handler **ret_handler);

/*
 * logging.handlers.MemoryHandler: keeps up to CAPACITY records, in memory that is set aside now,
 * and hands them all to TARGET when it is full or a record of FLUSH_LEVEL comes; TARGET's filters
 * are asked, its level is not, as in Python. TARGET NULL: it keeps the newest until it gets one.
 */
VIGIL_API int vigil_memory_handler_new(int64_t capacity, int flush_level,
	struct vigil_handler *target, bool flush_on_close, struct vigil_handler **ret_handler);

/* setTarget(). -EINVAL: HANDLER is none of that class, or TARGET leads back to it. */
VIGIL_API int vigil_memory_handler_set_target(
	struct vigil_handler *handler, struct vigil_handler *target);

/* What becomes of a record when a queue is full. */
enum vigil_queue_policy {
	VIGIL_QUEUE_BLOCK,    /* it waits 50 ms for room, then is handled by its own thread */
	VIGIL_QUEUE_DROP_NEW, /* it is dropped */
	VIGIL_QUEUE_DROP_OLD, /* the oldest in the queue are */
};

/*
 * logging.handlers.QueueHandler and its QueueListener's HANDLERS, an array that ends with NULL.
 * While no listener runs, and in a forked child, records go to the handlers at once.
 */
VIGIL_API int vigil_queue_handler_new(int64_t capacity, enum vigil_queue_policy policy,
	struct vigil_handler *const *handlers, bool respect_handler_level,
	struct vigil_handler **ret_handler);

/* The listener of a QueueHandler: a thread. -EALREADY: "Listener already started"; -EINVAL: HANDLER
 * is none of that class. */
VIGIL_API int vigil_queue_listener_start(struct vigil_handler *handler);

/* What is queued by now has been handled when this returns; where it does not run, nothing is done.
 */
VIGIL_API int vigil_queue_listener_stop(struct vigil_handler *handler);

/* One of the program's own. */
VIGIL_API int vigil_custom_handler_new(
	const struct vigil_handler_spec *spec, struct vigil_handler **ret_handler);

#ifdef __cplusplus
}
#endif

#endif
