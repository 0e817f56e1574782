/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/log.h"

#include "core/api/own.h"
#include "core/api/own_stack.h"
#include "core/api/work.h"
#include "core/base/error_text.h"
#include "core/base/json_out.h"
#include "core/base/python_text.h"
#include "core/base/sys.h"
#include "core/logging/custom.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#define HOOKS_MOST 8
#define STACK_INFO_SIZE ((size_t)64 * 1024)

/* The longest message; a longer one is cut. */
#define MESSAGE_MOST ((size_t)64 * 1024 * 1024)

static const struct vigil_extra *find_in(const struct vigil_extra *list, const char *key)
{
	for (; list != NULL && list->key != NULL; list++)
		if (strcmp(list->key, key) == 0)
			return list;
	return NULL;
}

static const struct vigil_extra *find_extra(const struct record_extra *extra, const char *key)
{
	const struct call_extra *own = (const struct call_extra *)extra;
	const struct vigil_extra *found = NULL;

	for (unsigned i = 0; i < own->count && found == NULL; i++)
		found = find_in(own->lists[i], key);
	return found;
}

/* Append Python's str() of the attribute NAME. False where EXTRA has none. */
static bool add_attribute(const struct record_extra *extra, const char *name, struct text *text)
{
	const struct vigil_extra *one = find_extra(extra, name);

	if (one == NULL)
		return false;
	switch (one->type) {
	case VIGIL_TYPE_INT: text_i64(text, one->integer); break;
	case VIGIL_TYPE_BOOL: text_add(text, one->integer != 0 ? "True" : "False"); break;
	case VIGIL_TYPE_FLOAT: python_float(text, one->number); break;
	default: text_add(text, one->string == NULL ? "None" : one->string);
	}
	return true;
}

static void add_extra_json(const struct record_extra *extra, const char *name, struct text *text)
{
	const struct vigil_extra *one = find_extra(extra, name);

	if (one == NULL || (one->type == VIGIL_TYPE_STR && one->string == NULL)) {
		text_add(text, "null");
	} else if (one->type == VIGIL_TYPE_STR) {
		text_char(text, '"');
		json_escape(text, one->string, strlen(one->string));
		text_char(text, '"');
	} else if (one->type == VIGIL_TYPE_BOOL) {
		text_add(text, one->integer != 0 ? "true" : "false");
	} else if (one->type == VIGIL_TYPE_FLOAT && !(one->number - one->number == 0)) {
		text_add(text, "null"); /* RFC 8259 has no NaN, and no Infinity */
	} else {
		add_attribute(extra, name, text);
	}
}

static const char *extra_name_at(const struct record_extra *extra, unsigned index)
{
	const struct call_extra *own = (const struct call_extra *)extra;

	for (unsigned i = 0; i < own->count; i++)
		for (const struct vigil_extra *at = own->lists[i]; at->key != NULL; at++)
			/* An earlier list with the same key hides this one. */
			if (find_extra(extra, at->key) == at && index-- == 0)
				return at->key;
	return NULL;
}

void call_extra_init(struct call_extra *extra)
{
	extra->extra = (struct record_extra){
		.attribute = add_attribute, .name = extra_name_at, .json_value = add_extra_json};
	extra->count = 0;
}

bool call_extra_add(struct call_extra *extra, const struct vigil_extra *list)
{
	if (list == NULL || list->key == NULL)
		return true;
	if (extra->count == EXTRA_LISTS_MOST)
		return false;
	extra->lists[extra->count++] = list;
	return true;
}

/* The first key that is the name of an attribute of every record; NULL: there is none. */
static const char *reserved_key(const struct call_extra *extra)
{
	for (unsigned i = 0; i < extra->count; i++)
		for (const struct vigil_extra *at = extra->lists[i]; at->key != NULL; at++)
			if (record_reserves(at->key))
				return at->key;
	return NULL;
}

static struct {
	void (*hook)(struct vigil_record *record, void *data);
	void *data;
} hooks[HOOKS_MOST];
static atomic_uint hook_count;

int vigil_add_record_hook(void (*hook)(struct vigil_record *record, void *data), void *data)
{
	unsigned count = atomic_load(&hook_count);

	if (hook == NULL || count == HOOKS_MOST)
		return api_fail(hook == NULL ? -EINVAL : -ENOSPC, NULL);
	api_lock();
	hooks[count].hook = hook;
	hooks[count].data = data;
	atomic_store(&hook_count, count + 1);
	api_unlock();
	return 0;
}

static void call_hooks(struct log_record *record)
{
	unsigned count = atomic_load_explicit(&hook_count, memory_order_acquire);
	struct vigil_record public;

	for (unsigned i = 0; i < count; i++) {
		record_publish(&public, record);
		hooks[i].hook(&public, hooks[i].data);
		record_adopt(record, &public);
	}
}

/* Python's name for the main thread; for another thread, the name that the program gave it. */
static const char *thread_name(const struct log_record *record, char buffer[16])
{
	if (record->thread == record->process)
		return "MainThread";
	if (sys_call(SYS_prctl, PR_GET_NAME, (long)buffer, 0, 0, 0, 0) < 0)
		return NULL;
	return buffer;
}

/* What Python prints of the current exception, for which ERROR, the errno, stands here. */
static const char *exc_text(const struct vigil_call *call, int error, struct work *work)
{
	struct text text;
	char buffer[ERROR_TEXT_SIZE];

	if (!call->exc_info)
		return call->exc_text;
	if (error == 0)
		return "NoneType: None";
	text_init(&text, work->exc_text, sizeof work->exc_text);
	text_printf(&text,
		"Traceback (most recent call last):\n  File \"%s\", line %d, in %s\n"
		"%s: [Errno %d] %s",
		call->file == NULL ? "(unknown file)" : call->file, call->line,
		call->function == NULL ? "(unknown function)" : call->function, error_class(error),
		error, error_text(error, buffer));
	return text.data;
}

static const char *make_stack_info(const struct log_call *call, struct text *text)
{
	char *buffer = call->call->stack_info ? work_map(STACK_INFO_SIZE) : NULL;

	if (buffer == NULL)
		return NULL;
	text_init(text, buffer, STACK_INFO_SIZE);
	own_stack_describe(text, call->caller, call->call);
	return buffer;
}

/* A format may contain the message several times, and JSON may need six bytes for one. */
static size_t line_size(const struct log_record *record)
{
	size_t size = strlen(record->message);

	size += record->exc_text == NULL ? 0 : strlen(record->exc_text);
	size += record->stack_info == NULL ? 0 : strlen(record->stack_info);
	return size < WORK_LINE_SIZE / 16 ? WORK_LINE_SIZE : WORK_LINE_SIZE + size * 16;
}

void log_hand_over(struct logger *logger, struct log_record *record, struct work *work)
{
	size_t size = line_size(record);
	char *line = size == WORK_LINE_SIZE ? work->line : work_map(size);
	struct text scratch;

	/* Where there is no memory for the whole line, it is cut to fit WORK. */
	text_init(&scratch, line == NULL ? work->line : line, line == NULL ? WORK_LINE_SIZE : size);
	logger_handle(logger, record, &scratch);
	if (line != NULL && line != work->line)
		work_unmap(line, size);
}

static void send(const struct log_call *call, const char *message, int error, struct work *work)
{
	struct text stack = {.data = NULL};
	char thread[16];
	struct log_record record = {
		.levelno = call->level,
		.message = message,
		.created = {.real_us = instant_real_us()},
		.pathname = call->call->file,
		.lineno = call->call->line,
		.func_name = call->call->function,
		.process = own_process(),
		.thread = own_thread(),
		.process_name = program_invocation_short_name,
		.exc_text = exc_text(call->call, error, work),
		.stack_info = make_stack_info(call, &stack),
		.extra = call->extra.count == 0 ? NULL : &call->extra.extra,
		.notes = &work->notes,
	};

	record.thread_name = thread_name(&record, thread);
	record.name = call->logger->name;
	call_hooks(&record);
	log_hand_over(call->logger, &record, work);
	if (record.stack_info != NULL && call->call->stack_info)
		work_unmap(stack.data, STACK_INFO_SIZE);
}

/* Whether the call is to be logged; if not, *RET_ERROR is its result. */
static bool is_wanted(const struct log_call *call, int *ret_error)
{
	const char *reserved;

	*ret_error = 0;
	if (call->logger == NULL || !logger_is_enabled_for(call->logger, call->level))
		return false;
	reserved = reserved_key(&call->extra);
	if (reserved != NULL)
		*ret_error =
			api_fail(-EEXIST, "\"Attempt to overwrite '%s' in LogRecord\"", reserved);
	return reserved == NULL;
}

int log_message(const struct log_call *call, const char *message)
{
	int before = errno, error;
	struct work *work;

	if (is_wanted(call, &error) && (work = work_take()) != NULL) {
		send(call, message == NULL ? "None" : message, before, work);
		work_give(work);
	}
	errno = before;
	return error;
}

/* Whether text_printf() can format FORMAT; it is signal-safe, unlike vsnprintf(). */
static bool is_plain(const char *format)
{
	const char *kinds;
	size_t length;

	while ((format = strchr(format, '%')) != NULL) {
		format++;
		if (*format == 's' || *format == 'd') /* most conversions are these */
			continue;
		format += strspn(format, "-0");
		format += strspn(format, "0123456789*");
		if (*format == '.') {
			format += 1 + strspn(format + 1, "0123456789*");
			if (*format != 's')
				return false;
		}
		length = *format == 'z' ? 1 : strspn(format, "l");
		kinds = length == 0 ? "scdiuxXp%" : "diuxX";
		format += length;
		if (length > 2 || *format == '\0' || strchr(kinds, *format) == NULL)
			return false;
		format++;
	}
	return true;
}

/* Format into BUFFER of SIZE bytes; false when it is too small. */
static bool __attribute__((format(printf, 3, 0)))
format_into(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct text text;
	va_list copy;
	int length;

	va_copy(copy, arguments);
	if (is_plain(format)) {
		text_init(&text, buffer, size);
		text_vprintf(&text, format, copy);
		va_end(copy);
		return !text.truncated;
	}
	length = vsnprintf(buffer, size, format, copy);
	va_end(copy);
	return length < 0 || (size_t)length < size;
}

static void __attribute__((format(printf, 2, 0))) send_formatted(
	const struct log_call *call, const char *format, va_list arguments, struct work *work)
{
	int before = errno;

	if (format_into(work->message, sizeof work->message, format, arguments)) {
		send(call, work->message, before, work);
		return;
	}
	for (size_t size = 16 * sizeof work->message;; size *= 4) {
		char *message = work_map(size);
		bool enough = message == NULL || format_into(message, size, format, arguments) ||
			      size >= MESSAGE_MOST;

		if (enough)
			send(call, message == NULL ? work->message : message, before, work);
		if (message != NULL)
			work_unmap(message, size);
		if (enough)
			return;
	}
}

int log_format(const struct log_call *call, const char *format, va_list arguments)
{
	int before = errno, error;
	struct work *work;

	if (is_wanted(call, &error) && (work = work_take()) != NULL) {
		send_formatted(call, format, arguments, work);
		work_give(work);
	}
	errno = before;
	return error;
}
