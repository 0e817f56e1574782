/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loggers.h - loggers, levels, records, filters, adapters and configurations; what a function
 * returns, and which contexts may call it, is said in vigil/logging.h, which includes this.
 */
#ifndef VIGIL_LOGGERS_H
#define VIGIL_LOGGERS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a shared library exports. */
#define VIGIL_API __attribute__((visibility("default")))
/* The compiler compares the arguments from number FIRST with the format STRING; 0: a va_list. */
#define VIGIL_PRINTF(string, first) __attribute__((__format__(__printf__, string, first)))

enum {
	VIGIL_NOTSET = 0,
	VIGIL_DEBUG = 10,
	VIGIL_INFO = 20,
	VIGIL_WARNING = 30,
	VIGIL_ERROR = 40,
	VIGIL_CRITICAL = 50,
};

struct vigil_logger;
struct vigil_handler;
struct vigil_formatter;

/*
 * A log record on its way. A filter may change its members; strings that it puts there must outlive
 * the call of the log function: literals, or what `keep` has copied.
 */
struct vigil_record {
	const char *name; /* of the logger that it was logged to */
	int levelno;
	const char *levelname; /* NULL: as the number says */
	const char *message;   /* formatted */
	int64_t created_us;    /* microseconds since 1970 */
	const char *pathname;  /* NULL: unknown */
	int lineno;
	const char *func_name; /* NULL: unknown */
	pid_t process;
	int64_t thread; /* the kernel's thread id, not Python's ident */
	const char *process_name, *thread_name;
	const char *exc_text;	/* NULL: none */
	const char *stack_info; /* NULL: none */
	bool crashing;		/* the program dies: wait for nobody */

	/* Attribute NAME of `extra` as %(NAME)s prints it, cut to SIZE - 1 bytes. Returns its whole
	 * length, or -ENOENT: there is none. NULL: the record has no `extra`. */
	ssize_t (*attribute)(
		const struct vigil_record *record, const char *name, char *buffer, size_t size);
	/* Give the record one more attribute, or another value for one. Returns 0 or -ENOBUFS: some
	 * 2 KiB hold all that filters add. NULL: nothing can be added here. */
	int (*set)(struct vigil_record *record, const char *name, const char *value);
	/* A copy of STRING that lives as long as the record; NULL when there is no room. NULL:
	 * nothing can be kept here. */
	const char *(*keep)(struct vigil_record *record, const char *string);
	void *internal;
};

/* What a filter says. */
enum vigil_verdict {
	VIGIL_DROP = 0,
	VIGIL_KEEP = 1,	   /* what it has changed stays changed for all that come after it */
	VIGIL_REPLACE = 2, /* the changed record goes on in place of the old one: of a logger's
			      filter to all handlers, of a handler's filter only to that handler */
};

/*
 * Filters, formatters and handlers of the program's own. The structs are copied; DATA is handed to
 * every call. Where signal_safe is false they are passed by while the program dies of a signal: the
 * record passes the filter, is formatted as "%(message)s", does not go to the handler.
 */
struct vigil_filter_spec {
	enum vigil_verdict (*filter)(struct vigil_record *record, void *data);
	void *data;
	bool signal_safe;
};

struct vigil_formatter_spec {
	/* Write the record's text, without a newline at its end, cut to SIZE bytes. Returns its
	 * length, or -errno. */
	ssize_t (*format)(const struct vigil_record *record, char *buffer, size_t size, void *data);
	void *data;
	bool signal_safe;
};

struct vigil_handler_spec {
	const char *class_name; /* what trees show: "my.Handler"; NULL: "Handler" */
	/*
	 * Deliver RECORD; TEXT of LENGTH bytes is what the formatter made of it and the terminator
	 * (a newline). Returns 0 or -errno. Where signal_safe is false, one thread at a time, which
	 * may come again from inside.
	 */
	int (*emit)(const struct vigil_record *record, const char *text, size_t length, void *data);
	void (*flush)(void *data); /* NULL: nothing to do */
	void (*close)(void *data); /* NULL: nothing to do; once */
	void *data;
	bool signal_safe;
};

/*
 * What a configuration gives to a factory of the user's in a shared object, `"()":
 * "/opt/lib/x.so:make"`: the other keys, in their order, the last one with key NULL. A list or a
 * mapping arrives as its JSON text with `json` set.
 */
struct vigil_kv {
	const char *key;
	const char *text; /* str() of the value: "a.log", "4", "0.5", "True", "None" */
	bool json;
};

/*
 * A factory: makes *RET, a struct vigil_handler_spec *, vigil_filter_spec * or
 * vigil_formatter_spec *, whichever section of the configuration calls it. It stays the factory's
 * and is copied. Returns 0 or -errno.
 */
typedef int vigil_factory(const struct vigil_kv *args, void **ret);

/* ---- Loggers ---- */

/* Python's getLogger(); NULL, "" and "root" are the root. NULL only when out of memory, and every
 * function below takes NULL for a logger that logs nothing. */
VIGIL_API struct vigil_logger *vigil_get_logger(const char *name);

/* LOGGER's getChild(): "a" and "b.c" is "a.b.c". */
VIGIL_API struct vigil_logger *vigil_get_child(struct vigil_logger *logger, const char *suffix);

/* "root" for the root. */
VIGIL_API const char *vigil_logger_name(const struct vigil_logger *logger);

/* The nearest existing ancestor; NULL for the root. */
VIGIL_API struct vigil_logger *vigil_logger_parent(const struct vigil_logger *logger);

/* getChildren(): the direct children, at most MOST of them in CHILDREN, no placeholders. Returns
 * how many there are. */
VIGIL_API size_t vigil_logger_children(
	const struct vigil_logger *logger, struct vigil_logger **children, size_t most);

/* Does it, or an ancestor that it propagates to, have a handler? */
VIGIL_API bool vigil_logger_has_handlers(const struct vigil_logger *logger);

/* Its own level, and the one in force. Signal-safe. */
VIGIL_API int vigil_logger_level(const struct vigil_logger *logger);
VIGIL_API int vigil_effective_level(const struct vigil_logger *logger);

/* Would a record of LEVEL go anywhere? Signal-safe; about as long as a function call. */
VIGIL_API bool vigil_is_enabled_for(const struct vigil_logger *logger, int level);

/* In force at once, in all threads. */
VIGIL_API void vigil_set_level(struct vigil_logger *logger, int level);

/* By a level's name, as Python spells it; -EINVAL: "Unknown level: 'warn'". */
VIGIL_API int vigil_set_level_name(struct vigil_logger *logger, const char *name);

/* Whether its records go to its ancestors' handlers, too; true at first. */
VIGIL_API void vigil_set_propagate(struct vigil_logger *logger, bool propagate);
VIGIL_API bool vigil_propagate(const struct vigil_logger *logger);

/* Whether it drops all that it is given; the loggers below it are not concerned. */
VIGIL_API void vigil_set_disabled(struct vigil_logger *logger, bool disabled);
VIGIL_API bool vigil_disabled(const struct vigil_logger *logger);

/* Adding what is there already, or removing what is not, does nothing. */
VIGIL_API int vigil_logger_add_handler(struct vigil_logger *logger, struct vigil_handler *handler);
VIGIL_API int vigil_logger_remove_handler(
	struct vigil_logger *logger, struct vigil_handler *handler);

/* Its own handlers, at most MOST of them. Returns how many there are. */
VIGIL_API size_t vigil_logger_handlers(
	const struct vigil_logger *logger, struct vigil_handler **handlers, size_t most);

/* A filter is known by its function and data; NAME is a logging.Filter for that logger and those
 * below it. */
VIGIL_API int vigil_logger_add_filter(
	struct vigil_logger *logger, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_logger_remove_filter(
	struct vigil_logger *logger, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_logger_add_name_filter(struct vigil_logger *logger, const char *name);

/* vigil.RankFilter: only records of these ranks pass: by their attribute `rank`, else by the rank
 * that this process has from its launcher. A process outside any launcher is not silenced. */
VIGIL_API int vigil_logger_add_rank_filter(
	struct vigil_logger *logger, const int64_t *ranks, size_t count);

/* repr(): "<Logger a.b (WARNING)>". Returns its length, as snprintf() does. */
VIGIL_API size_t vigil_logger_repr(const struct vigil_logger *logger, char *buffer, size_t size);

/* ---- Levels ---- */

/* getLevelName(): "INFO", "Level 25"; in BUFFER of SIZE bytes (20 are enough for a number). Returns
 * BUFFER. Signal-safe. */
VIGIL_API const char *vigil_level_name(int level, char *buffer, size_t size);

/* -EINVAL and *RET_LEVEL as it was: no such name. */
VIGIL_API int vigil_level_parse(const char *name, int *ret_level);

/* getLevelNamesMapping(): at most MOST names and their levels, the newest first. Returns how many
 * there are; 8 at first. */
VIGIL_API size_t vigil_level_names(const char **names, int *levels, size_t most);

/* addLevelName(): for the whole process; older names of LEVEL are still understood. */
VIGIL_API int vigil_add_level_name(int level, const char *name);

/* logging.disable(): records of LEVEL and below go nowhere; VIGIL_NOTSET ends it. */
VIGIL_API void vigil_disable(int level);

/* ---- Logging ---- */

enum vigil_type { VIGIL_TYPE_STR, VIGIL_TYPE_INT, VIGIL_TYPE_FLOAT, VIGIL_TYPE_BOOL };

/* One attribute of `extra`. A list of them ends with key NULL: VIGIL_END. */
struct vigil_extra {
	const char *key;
	enum vigil_type type;
	const char *string; /* NULL is None */
	int64_t integer;    /* and the truth of a bool */
	double number;
};

/* clang-format off */
#define VIGIL_STR(key, value) { (key), VIGIL_TYPE_STR, (value), 0, 0 }
#define VIGIL_INT(key, value) { (key), VIGIL_TYPE_INT, NULL, (value), 0 }
#define VIGIL_FLOAT(key, value) { (key), VIGIL_TYPE_FLOAT, NULL, 0, (value) }
#define VIGIL_BOOL(key, value) { (key), VIGIL_TYPE_BOOL, NULL, (value), 0 }
#define VIGIL_END { NULL, VIGIL_TYPE_STR, NULL, 0, 0 }
/* clang-format on */

/* What a log call says besides level and message. All zero is nothing. */
struct vigil_call {
	const char *file; /* NULL: "(unknown file)" */
	int line;
	const char *function;		 /* NULL: "(unknown function)" */
	const struct vigil_extra *extra; /* NULL: none */
	const char *exc_text; /* appended on lines of its own, as Python appends a traceback */
	bool exc_info;	      /* exc_text is made from errno and the caller's place */
	bool stack_info;      /* append the stack of the call, outermost frame first */
};

#define VIGIL_HERE                                                     \
	{                                                              \
		__FILE__, __LINE__, __func__, NULL, NULL, false, false \
	}

/*
 * Log a message, printf's way, if LEVEL is enabled. Returns 0, also where it is not; -EEXIST, and
 * nothing is logged, when `extra` would overwrite an attribute that every record has ("Attempt to
 * overwrite 'message' in LogRecord"). What a handler could not do is no error of the caller's: see
 * vigil_set_raise_exceptions(). errno stays as it was.
 *
 * Signal-safe where the format has only %s %c %d %i %u %x %X %p %% (with '-', '0', width, precision
 * of %s, and l, ll, z): others are left to the C library's vsnprintf().
 */
VIGIL_API int vigil_log_call(struct vigil_logger *logger, int level, const struct vigil_call *call,
	const char *format, ...) VIGIL_PRINTF(4, 5);
VIGIL_API int vigil_vlog_call(struct vigil_logger *logger, int level, const struct vigil_call *call,
	const char *format, va_list arguments) VIGIL_PRINTF(4, 0);

/* The same with a message that is taken as it stands: Python's call without arguments. Signal-safe.
 */
VIGIL_API int vigil_log_text(
	struct vigil_logger *logger, int level, const struct vigil_call *call, const char *message);

/* Calls below this level are compiled away. */
#ifndef VIGIL_FLOOR
#define VIGIL_FLOOR (-2147483647 - 1)
#endif

/* The level is looked at first: where the compiler knows it, the call below the floor is gone. */
#define VIGIL_ENABLED_(logger, level) \
	((level) >= VIGIL_FLOOR && vigil_is_enabled_for((logger), (level)))

/* The arguments of the message are evaluated only where it is logged; LOGGER once. */
#define VIGIL_LOG_IF_(condition, logger, level, ...)                                       \
	do {                                                                               \
		struct vigil_logger *vigil_logger_ = (logger);                             \
		if (VIGIL_ENABLED_(vigil_logger_, (level)) && (condition)) {               \
			const struct vigil_call vigil_call_ = VIGIL_HERE;                  \
			vigil_log_call(vigil_logger_, (level), &vigil_call_, __VA_ARGS__); \
		}                                                                          \
	} while (0)

/* Log by printf()'s format and arguments, which are evaluated only where LOGGER logs that level. */
#define vigil_log(logger, level, ...) VIGIL_LOG_IF_(1, logger, level, __VA_ARGS__)
#define vigil_debug(logger, ...) vigil_log(logger, VIGIL_DEBUG, __VA_ARGS__)
#define vigil_info(logger, ...) vigil_log(logger, VIGIL_INFO, __VA_ARGS__)
#define vigil_warning(logger, ...) vigil_log(logger, VIGIL_WARNING, __VA_ARGS__)
#define vigil_error(logger, ...) vigil_log(logger, VIGIL_ERROR, __VA_ARGS__)
#define vigil_critical(logger, ...) vigil_log(logger, VIGIL_CRITICAL, __VA_ARGS__)

/* The same for a call with VALUE as MEMBER of its struct vigil_call. */
#define VIGIL_LOG_WITH_(member, value, logger, level, ...)                                 \
	do {                                                                               \
		struct vigil_logger *vigil_logger_ = (logger);                             \
		if (VIGIL_ENABLED_(vigil_logger_, (level))) {                              \
			struct vigil_call vigil_call_ = VIGIL_HERE;                        \
			vigil_call_.member = (value);                                      \
			vigil_log_call(vigil_logger_, (level), &vigil_call_, __VA_ARGS__); \
		}                                                                          \
	} while (0)

/* Log at level ERROR, with what errno says as the exception's text. */
#define vigil_exception(logger, ...) \
	VIGIL_LOG_WITH_(exc_info, true, logger, VIGIL_ERROR, __VA_ARGS__)

/* The root, with basicConfig() behind it if it has no handlers yet. */
VIGIL_API struct vigil_logger *vigil_basic_root(void);

/* Python's logging.info() and its like: to the root. */
#define vigil_root_log(level, ...) vigil_log(vigil_basic_root(), level, __VA_ARGS__)
#define vigil_root_debug(...) vigil_root_log(VIGIL_DEBUG, __VA_ARGS__)
#define vigil_root_info(...) vigil_root_log(VIGIL_INFO, __VA_ARGS__)
#define vigil_root_warning(...) vigil_root_log(VIGIL_WARNING, __VA_ARGS__)
#define vigil_root_error(...) vigil_root_log(VIGIL_ERROR, __VA_ARGS__)
#define vigil_root_critical(...) vigil_root_log(VIGIL_CRITICAL, __VA_ARGS__)

/* EXTRA is an array of struct vigil_extra that ends with VIGIL_END. */
#define vigil_log_extra(logger, level, extra_, ...) \
	VIGIL_LOG_WITH_(extra, extra_, logger, level, __VA_ARGS__)

/* A place in the source that logs now and then; static, all zero at first. */
struct vigil_site {
	uint64_t count;
	int64_t last_us; /* of CLOCK_MONOTONIC */
};

/* Is it the call's turn: one of the first N; every Nth, beginning with the first; the first after
 * SECONDS. Signal-safe. */
VIGIL_API bool vigil_site_first(struct vigil_site *site, uint64_t n);
VIGIL_API bool vigil_site_every(struct vigil_site *site, uint64_t n);
VIGIL_API bool vigil_site_every_seconds(struct vigil_site *site, double seconds);

/* One static site a call in the source. */
#define VIGIL_LOG_SITE_(turn, n, logger, level, ...)                                \
	do {                                                                        \
		static struct vigil_site vigil_site_;                               \
		VIGIL_LOG_IF_(turn(&vigil_site_, (n)), logger, level, __VA_ARGS__); \
	} while (0)

/* vigil_log(), when it is the turn of this place in the source; see struct vigil_site. */
#define vigil_log_first_n(logger, level, n, ...) \
	VIGIL_LOG_SITE_(vigil_site_first, n, logger, level, __VA_ARGS__)
#define vigil_log_every_n(logger, level, n, ...) \
	VIGIL_LOG_SITE_(vigil_site_every, n, logger, level, __VA_ARGS__)
#define vigil_log_every_n_seconds(logger, level, n, ...) \
	VIGIL_LOG_SITE_(vigil_site_every_seconds, n, logger, level, __VA_ARGS__)

/* makeLogRecord({}): the record of a message that came from elsewhere; members are set after it. */
VIGIL_API void vigil_record_init(struct vigil_record *record);

/* repr(): '<LogRecord: a.b, 20, /src/a.c, 3, "message">', the message merged. Returns its length,
 * as snprintf() does. */
VIGIL_API size_t vigil_record_repr(const struct vigil_record *record, char *buffer, size_t size);

/* LOGGER's handle(): filters and handlers, whatever the level. Signal-safe. */
VIGIL_API int vigil_handle(struct vigil_logger *logger, const struct vigil_record *record);

/* Python's setLogRecordFactory(): HOOK sees, and may change, every record that a log call makes,
 * before any filter. At most 8 of them; -ENOSPC. */
VIGIL_API int vigil_add_record_hook(
	void (*hook)(struct vigil_record *record, void *data), void *data);

/*
 * Python's LoggerAdapter, in the caller's memory: `extra` goes with every record in place of the
 * call's own; with merge_extra both do, and the call's wins. Around another adapter, that one's
 * turn comes after.
 */
struct vigil_adapter {
	struct vigil_logger *logger;	   /* where there is no inner adapter */
	const struct vigil_adapter *inner; /* NULL: none */
	const struct vigil_extra *extra;
	bool merge_extra;
};

/* As vigil_log_call(), by way of ADAPTER. */
VIGIL_API int vigil_adapter_log_call(const struct vigil_adapter *adapter, int level,
	const struct vigil_call *call, const char *format, ...) VIGIL_PRINTF(4, 5);

/* The logger that ADAPTER's records go to. */
VIGIL_API struct vigil_logger *vigil_adapter_logger(const struct vigil_adapter *adapter);

/* repr(): "<LoggerAdapter a.b (WARNING)>". Returns its length, as snprintf() does. */
VIGIL_API size_t vigil_adapter_repr(const struct vigil_adapter *adapter, char *buffer, size_t size);

/* vigil_log() to the adapter's logger, with what the adapter adds. */
#define vigil_adapter_log(adapter, level, ...)                                       \
	do {                                                                         \
		const struct vigil_adapter *vigil_adapter_ = (adapter);              \
		if (VIGIL_ENABLED_(vigil_adapter_logger(vigil_adapter_), (level))) { \
			const struct vigil_call vigil_call_ = VIGIL_HERE;            \
			vigil_adapter_log_call(                                      \
				vigil_adapter_, (level), &vigil_call_, __VA_ARGS__); \
		}                                                                    \
	} while (0)

/* ---- The whole of it ---- */

/* Python's basicConfig(). All zero is basicConfig(). */
struct vigil_basic_config {
	const char *filename; /* a FileHandler; NULL: a StreamHandler */
	const char *filemode; /* "a", which is the default, or "w" */
	const char *format, *datefmt;
	const char *style; /* "%" (NULL), "{" or "$" */
	const char *level; /* a name; NULL: as it is */
	int level_number;  /* where LEVEL is NULL; VIGIL_NOTSET: as it is */
	int stream;	   /* 1 or 2: stdout or stderr; 0: not given, which is stderr */
	struct vigil_handler *const *handlers; /* in place of the one; NULL at the end */
	bool force; /* the root's handlers are removed and closed first */
};

/* Does nothing where the root has handlers and `force` is not set. CONFIG NULL is all zero. -EINVAL
 * for what Python refuses. */
VIGIL_API int vigil_basic_configure(const struct vigil_basic_config *config);

/*
 * dictConfig() from YAML or JSON, or fileConfig() from INI: as vigil_config_load()'s PATH ends
 * (.ini, .conf, .cfg) or begins. -errno, and what was configured before goes on;
 * vigil_error_text() has a line for each thing that is wrong: "job.yaml:12:9: handlers.f.level:
 * Unknown level: 'WARNIG'; did you mean 'WARNING'?".
 */
VIGIL_API int vigil_config_load(const char *path);

/* The same with YAML or JSON in memory. */
VIGIL_API int vigil_config_parse(const char *text);

/* Python's shutdown(): every handler, the newest first, is flushed and closed. Happens by itself at
 * the end of the process, but not on _exit(), nor by a signal. */
VIGIL_API void vigil_shutdown(void);

/* Python's logging.raiseExceptions, true at first: what a handler cannot do is reported on stderr,
 * in Python's words. */
VIGIL_API void vigil_set_raise_exceptions(bool raise_exceptions);

/* Python's logging.lastResort, for records that find no handler; NULL: none. */
VIGIL_API void vigil_set_last_resort(struct vigil_handler *handler);

/* Why the last function of this thread that returned -errno did; "" before that. */
VIGIL_API const char *vigil_error_text(void);

#ifdef __cplusplus
}
#endif

#endif
