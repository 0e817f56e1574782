/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loggers.h - loggers, levels, records, filters, adapters and configurations. vigil/logging.h,
 * which includes this header, explains what functions return and which contexts may call them.
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

/* Marks a function that the shared library exports. */
#define VIGIL_API __attribute__((visibility("default")))
/* Makes the compiler check the arguments from number FIRST (0: a va_list) against argument number
 * STRING, a printf format. */
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

/* A log record. A filter may change the members; strings that a filter sets must outlive the call
 * of the log function: literals, or strings that `keep` has copied. */
struct vigil_record {
	const char *name; /* of the record's logger */
	int levelno;
	const char *levelname; /* NULL: derived from levelno */
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
	bool crashing;		/* the program is crashing: do not wait for anything */

	/* Attribute NAME of `extra` as %(NAME)s prints it, cut to SIZE - 1 bytes. Returns its whole
	 * length, or -ENOENT: there is none. NULL: the record has no `extra`. */
	ssize_t (*attribute)(
		const struct vigil_record *record, const char *name, char *buffer, size_t size);
	/* Set attribute NAME, a new or an existing one, to VALUE. Returns 0, or -ENOBUFS: filters
	 * can add some 2 KiB in total. NULL: nothing can be added here. */
	int (*set)(struct vigil_record *record, const char *name, const char *value);
	/* A copy of STRING that lives as long as the record; NULL when there is no room. NULL:
	 * nothing can be kept here. */
	const char *(*keep)(struct vigil_record *record, const char *string);
	void *internal;
};

/* What a filter says. */
enum vigil_verdict {
	VIGIL_DROP = 0,
	VIGIL_KEEP = 1,	   /* the filter's changes stay for all later filters and handlers */
	VIGIL_REPLACE = 2, /* a changed copy of the record goes on: from a logger's filter to all
			      handlers, from a handler's filter only to that handler */
};

/*
 * Filters, formatters and handlers of the program's own. The structs are copied; every call gets
 * `data`. Unless signal_safe is set, they are skipped while the program dies of a signal: the
 * record passes the filter, is formatted as "%(message)s", and does not reach the handler.
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
	const char *class_name; /* the name in descriptions: "my.Handler"; NULL: "Handler" */
	/*
	 * Deliver RECORD; TEXT, of LENGTH bytes, is the formatted record and the terminator (a
	 * newline). Returns 0 or -errno. Unless signal_safe is set, only one thread at a time calls
	 * `emit`, recursively if `emit` logs to its own handler.
	 */
	int (*emit)(const struct vigil_record *record, const char *text, size_t length, void *data);
	void (*flush)(void *data); /* NULL: nothing to do */
	void (*close)(void *data); /* NULL: nothing to do; called once */
	void *data;
	bool signal_safe;
};

/*
 * An argument of a factory of the user's in a shared object, `"()": "/opt/lib/x.so:make"`: one of
 * the other keys, in the configuration's order; the last element has key NULL. A list or a mapping
 * is passed as its JSON text with `json` set.
 */
struct vigil_kv {
	const char *key;
	const char *text; /* str() of the value: "a.log", "4", "0.5", "True", "None" */
	bool json;
};

/*
 * A factory: sets *RET to a struct vigil_handler_spec, vigil_filter_spec or vigil_formatter_spec,
 * as the calling section of the configuration requires. The factory owns the struct, which is
 * copied. Returns 0 or -errno.
 */
typedef int vigil_factory(const struct vigil_kv *args, void **ret);

/* ---- Loggers ---- */

/* Python's getLogger(); NULL, "" and "root" are the root. Returns NULL only when out of memory; to
 * every function below, NULL is a logger that logs nothing. */
VIGIL_API struct vigil_logger *vigil_get_logger(const char *name);

/* LOGGER's getChild(): "a" and "b.c" is "a.b.c". */
VIGIL_API struct vigil_logger *vigil_get_child(struct vigil_logger *logger, const char *suffix);

/* LOGGER's name; "root" for the root. */
VIGIL_API const char *vigil_logger_name(const struct vigil_logger *logger);

/* The nearest existing ancestor; NULL for the root. */
VIGIL_API struct vigil_logger *vigil_logger_parent(const struct vigil_logger *logger);

/* getChildren(): the direct children, at most MOST of them in CHILDREN, no placeholders. Returns
 * how many there are. */
VIGIL_API size_t vigil_logger_children(
	const struct vigil_logger *logger, struct vigil_logger **children, size_t most);

/* Whether LOGGER, or an ancestor that it propagates to, has a handler. */
VIGIL_API bool vigil_logger_has_handlers(const struct vigil_logger *logger);

/* LOGGER's own level, and the effective one. Signal-safe. */
VIGIL_API int vigil_logger_level(const struct vigil_logger *logger);
VIGIL_API int vigil_effective_level(const struct vigil_logger *logger);

/* Whether a record of LEVEL would be logged. Signal-safe; takes as long as a function call. */
VIGIL_API bool vigil_is_enabled_for(const struct vigil_logger *logger, int level);

/* Set LOGGER's own level, in force at once in all threads. */
VIGIL_API void vigil_set_level(struct vigil_logger *logger, int level);

/* Set LOGGER's own level by its name, as Python spells it; -EINVAL: "Unknown level: 'warn'". */
VIGIL_API int vigil_set_level_name(struct vigil_logger *logger, const char *name);

/* Whether LOGGER's records go to its ancestors' handlers, too; true at first. */
VIGIL_API void vigil_set_propagate(struct vigil_logger *logger, bool propagate);
VIGIL_API bool vigil_propagate(const struct vigil_logger *logger);

/* Whether LOGGER drops all its records; loggers below it are not affected. */
VIGIL_API void vigil_set_disabled(struct vigil_logger *logger, bool disabled);
VIGIL_API bool vigil_disabled(const struct vigil_logger *logger);

/* Add or remove a handler. Adding an existing one, or removing one that is not there, does nothing.
 */
VIGIL_API int vigil_logger_add_handler(struct vigil_logger *logger, struct vigil_handler *handler);
VIGIL_API int vigil_logger_remove_handler(
	struct vigil_logger *logger, struct vigil_handler *handler);

/* Write LOGGER's own handlers, at most MOST of them, to HANDLERS. Returns how many there are. */
VIGIL_API size_t vigil_logger_handlers(
	const struct vigil_logger *logger, struct vigil_handler **handlers, size_t most);

/* Add or remove a filter, which is identified by its function and data. NAME stands for a
 * logging.Filter for that logger and those below it. */
VIGIL_API int vigil_logger_add_filter(
	struct vigil_logger *logger, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_logger_remove_filter(
	struct vigil_logger *logger, const struct vigil_filter_spec *filter);
VIGIL_API int vigil_logger_add_name_filter(struct vigil_logger *logger, const char *name);

/* Add a vigil.RankFilter: only records of these ranks pass. A record's rank is its attribute
 * `rank`, else the rank that the launcher gave to this process; a record without either passes. */
VIGIL_API int vigil_logger_add_rank_filter(
	struct vigil_logger *logger, const int64_t *ranks, size_t count);

/* repr(): "<Logger a.b (WARNING)>". Returns its length, as snprintf() does. */
VIGIL_API size_t vigil_logger_repr(const struct vigil_logger *logger, char *buffer, size_t size);

/* ---- Levels ---- */

/* getLevelName(): "INFO", "Level 25"; in BUFFER of SIZE bytes (20 are enough for a number). Returns
 * BUFFER. Signal-safe. */
VIGIL_API const char *vigil_level_name(int level, char *buffer, size_t size);

/* Set *RET_LEVEL to the level NAME. -EINVAL, and *RET_LEVEL as it was: no such name. */
VIGIL_API int vigil_level_parse(const char *name, int *ret_level);

/* getLevelNamesMapping(): write at most MOST names and their levels, the newest first. Returns how
 * many there are, 8 at first. */
VIGIL_API size_t vigil_level_names(const char **names, int *levels, size_t most);

/* addLevelName(): for the whole process; older names of LEVEL are still understood. */
VIGIL_API int vigil_add_level_name(int level, const char *name);

/* logging.disable(): drop records of LEVEL and below; VIGIL_NOTSET ends that. */
VIGIL_API void vigil_disable(int level);

/* ---- Logging ---- */

enum vigil_type { VIGIL_TYPE_STR, VIGIL_TYPE_INT, VIGIL_TYPE_FLOAT, VIGIL_TYPE_BOOL };

/* One attribute of `extra`. A list of attributes ends with VIGIL_END, whose key is NULL. */
struct vigil_extra {
	const char *key;
	enum vigil_type type;
	const char *string; /* NULL is None */
	int64_t integer;    /* also the value of a bool */
	double number;
};

/* clang-format off */
#define VIGIL_STR(key, value) { (key), VIGIL_TYPE_STR, (value), 0, 0 }
#define VIGIL_INT(key, value) { (key), VIGIL_TYPE_INT, NULL, (value), 0 }
#define VIGIL_FLOAT(key, value) { (key), VIGIL_TYPE_FLOAT, NULL, 0, (value) }
#define VIGIL_BOOL(key, value) { (key), VIGIL_TYPE_BOOL, NULL, (value), 0 }
#define VIGIL_END { NULL, VIGIL_TYPE_STR, NULL, 0, 0 }
/* clang-format on */

/* The arguments of a log call besides level and message. All zero is none. */
struct vigil_call {
	const char *file; /* NULL: "(unknown file)" */
	int line;
	const char *function;		 /* NULL: "(unknown function)" */
	const struct vigil_extra *extra; /* NULL: none */
	const char *exc_text; /* appended on lines of its own, as Python appends a traceback */
	bool exc_info;	      /* exc_text is made from errno and the caller's location */
	bool stack_info;      /* append the stack of the call, outermost frame first */
};

#define VIGIL_HERE                                                     \
	{                                                              \
		__FILE__, __LINE__, __func__, NULL, NULL, false, false \
	}

/*
 * Log a message by a printf format, if LEVEL is enabled. Returns 0, also if LEVEL is not enabled;
 * -EEXIST, and logs nothing, when `extra` would overwrite an attribute that every record has
 * ("Attempt to overwrite 'message' in LogRecord"). Errors of handlers are not returned: see
 * vigil_set_raise_exceptions(). errno is preserved.
 *
 * Signal-safe if the format has only %s %c %d %i %u %x %X %p %% (with '-', '0', width, precision of
 * %s, and l, ll, z); other conversions are left to the C library's vsnprintf().
 */
VIGIL_API int vigil_log_call(struct vigil_logger *logger, int level, const struct vigil_call *call,
	const char *format, ...) VIGIL_PRINTF(4, 5);
VIGIL_API int vigil_vlog_call(struct vigil_logger *logger, int level, const struct vigil_call *call,
	const char *format, va_list arguments) VIGIL_PRINTF(4, 0);

/* vigil_log_call() with a message that is no format, as Python's call without arguments.
 * Signal-safe. */
VIGIL_API int vigil_log_text(
	struct vigil_logger *logger, int level, const struct vigil_call *call, const char *message);

/* The compiler removes calls below this level. */
#ifndef VIGIL_FLOOR
#define VIGIL_FLOOR (-2147483647 - 1)
#endif

/* The constant comparison comes first, so that the compiler can remove calls below the floor. */
#define VIGIL_ENABLED_(logger, level) \
	((level) >= VIGIL_FLOOR && vigil_is_enabled_for((logger), (level)))

/* Evaluates the message's arguments only if the message is logged; LOGGER once. */
#define VIGIL_LOG_IF_(condition, logger, level, ...)                                       \
	do {                                                                               \
		struct vigil_logger *vigil_logger_ = (logger);                             \
		if (VIGIL_ENABLED_(vigil_logger_, (level)) && (condition)) {               \
			const struct vigil_call vigil_call_ = VIGIL_HERE;                  \
			vigil_log_call(vigil_logger_, (level), &vigil_call_, __VA_ARGS__); \
		}                                                                          \
	} while (0)

/* Log by a printf format and arguments, which are evaluated only if LOGGER logs that level. */
#define vigil_log(logger, level, ...) VIGIL_LOG_IF_(1, logger, level, __VA_ARGS__)
#define vigil_debug(logger, ...) vigil_log(logger, VIGIL_DEBUG, __VA_ARGS__)
#define vigil_info(logger, ...) vigil_log(logger, VIGIL_INFO, __VA_ARGS__)
#define vigil_warning(logger, ...) vigil_log(logger, VIGIL_WARNING, __VA_ARGS__)
#define vigil_error(logger, ...) vigil_log(logger, VIGIL_ERROR, __VA_ARGS__)
#define vigil_critical(logger, ...) vigil_log(logger, VIGIL_CRITICAL, __VA_ARGS__)

/* Logs with VALUE as MEMBER of the call's struct vigil_call. */
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

/* The root; calls basicConfig() first if the root has no handlers yet. */
VIGIL_API struct vigil_logger *vigil_basic_root(void);

/* Log to the root, as Python's logging.info() and its siblings. */
#define vigil_root_log(level, ...) vigil_log(vigil_basic_root(), level, __VA_ARGS__)
#define vigil_root_debug(...) vigil_root_log(VIGIL_DEBUG, __VA_ARGS__)
#define vigil_root_info(...) vigil_root_log(VIGIL_INFO, __VA_ARGS__)
#define vigil_root_warning(...) vigil_root_log(VIGIL_WARNING, __VA_ARGS__)
#define vigil_root_error(...) vigil_root_log(VIGIL_ERROR, __VA_ARGS__)
#define vigil_root_critical(...) vigil_root_log(VIGIL_CRITICAL, __VA_ARGS__)

/* Log with EXTRA, an array of struct vigil_extra that ends with VIGIL_END. */
#define vigil_log_extra(logger, level, extra_, ...) \
	VIGIL_LOG_WITH_(extra, extra_, logger, level, __VA_ARGS__)

/* A log call whose rate is limited; static, all zero at first. */
struct vigil_site {
	uint64_t count;
	int64_t last_us; /* of CLOCK_MONOTONIC */
};

/* Whether SITE is to log this time: for the first N calls; for every Nth call, beginning with the
 * first; for the first call after SECONDS. Signal-safe. */
VIGIL_API bool vigil_site_first(struct vigil_site *site, uint64_t n);
VIGIL_API bool vigil_site_every(struct vigil_site *site, uint64_t n);
VIGIL_API bool vigil_site_every_seconds(struct vigil_site *site, double seconds);

/* Each use in the source has one static site. */
#define VIGIL_LOG_SITE_(turn, n, logger, level, ...)                                \
	do {                                                                        \
		static struct vigil_site vigil_site_;                               \
		VIGIL_LOG_IF_(turn(&vigil_site_, (n)), logger, level, __VA_ARGS__); \
	} while (0)

/* vigil_log() with a limited rate: see vigil_site_first() and its siblings. */
#define vigil_log_first_n(logger, level, n, ...) \
	VIGIL_LOG_SITE_(vigil_site_first, n, logger, level, __VA_ARGS__)
#define vigil_log_every_n(logger, level, n, ...) \
	VIGIL_LOG_SITE_(vigil_site_every, n, logger, level, __VA_ARGS__)
#define vigil_log_every_n_seconds(logger, level, n, ...) \
	VIGIL_LOG_SITE_(vigil_site_every_seconds, n, logger, level, __VA_ARGS__)

/* makeLogRecord({}): initialise the record of a message that comes from elsewhere; the caller sets
 * members afterwards. */
VIGIL_API void vigil_record_init(struct vigil_record *record);

/* repr(): '<LogRecord: a.b, 20, /src/a.c, 3, "message">', with the formatted message. Returns its
 * length, as snprintf() does. */
VIGIL_API size_t vigil_record_repr(const struct vigil_record *record, char *buffer, size_t size);

/* LOGGER's handle(): pass RECORD to filters and handlers, whatever its level is. Signal-safe. */
VIGIL_API int vigil_handle(struct vigil_logger *logger, const struct vigil_record *record);

/* Python's setLogRecordFactory(): before any filter, HOOK gets, and may change, every record that a
 * log call makes. -ENOSPC: there are 8 hooks already. */
VIGIL_API int vigil_add_record_hook(
	void (*hook)(struct vigil_record *record, void *data), void *data);

/*
 * Python's LoggerAdapter, in the caller's memory: every record gets `extra` in place of the call's
 * own; with merge_extra, it gets both, and the call's has precedence. An inner adapter is applied
 * after the outer one.
 */
struct vigil_adapter {
	struct vigil_logger *logger;	   /* used if `inner` is NULL */
	const struct vigil_adapter *inner; /* NULL: none */
	const struct vigil_extra *extra;
	bool merge_extra;
};

/* vigil_log_call() through ADAPTER. */
VIGIL_API int vigil_adapter_log_call(const struct vigil_adapter *adapter, int level,
	const struct vigil_call *call, const char *format, ...) VIGIL_PRINTF(4, 5);

/* The logger that ADAPTER's records go to. */
VIGIL_API struct vigil_logger *vigil_adapter_logger(const struct vigil_adapter *adapter);

/* repr(): "<LoggerAdapter a.b (WARNING)>". Returns its length, as snprintf() does. */
VIGIL_API size_t vigil_adapter_repr(const struct vigil_adapter *adapter, char *buffer, size_t size);

/* vigil_log() through ADAPTER. */
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
	struct vigil_handler *const *handlers; /* in place of the one handler; NULL at the end */
	bool force; /* the root's handlers are removed and closed first */
};

/* Configure the root; does nothing if the root has handlers and `force` is not set. CONFIG NULL is
 * all zero. -EINVAL for options that Python refuses. */
VIGIL_API int vigil_basic_configure(const struct vigil_basic_config *config);

/*
 * dictConfig() from YAML or JSON, or fileConfig() from INI, by PATH's ending (.ini, .conf, .cfg) or
 * the file's beginning. On -errno the previous configuration stays in force; vigil_error_text() has
 * a line for each error: "job.yaml:12:9: handlers.f.level: Unknown level: 'WARNIG'; did you mean
 * 'WARNING'?".
 */
VIGIL_API int vigil_config_load(const char *path);

/* vigil_config_load() for YAML or JSON in memory. */
VIGIL_API int vigil_config_parse(const char *text);

/* Python's shutdown(): flush and close every handler, the newest first. This happens automatically
 * when the process exits, but not on _exit() or by a signal. */
VIGIL_API void vigil_shutdown(void);

/* Python's logging.raiseExceptions, true at first: errors of handlers are reported on stderr, in
 * Python's words. */
VIGIL_API void vigil_set_raise_exceptions(bool raise_exceptions);

/* Python's logging.lastResort, for records that find no handler; NULL: none. */
VIGIL_API void vigil_set_last_resort(struct vigil_handler *handler);

/* The reason for the last -errno that a function returned in this thread; "" if there was none. */
VIGIL_API const char *vigil_error_text(void);

#ifdef __cplusplus
}
#endif

#endif
