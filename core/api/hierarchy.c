/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/api.h"

#include "core/api/own.h"
#include "core/base/error_text.h"
#include "core/logging/custom.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ERROR_TEXT_MOST 8192
#define ERROR_TEXT_SHORT 240

/* The one hierarchy of the process, and the lock for its changes. */
static struct {
	pthread_once_t once;
	pthread_mutex_t lock;
	struct arena arena;
	struct logging *logging;
	pthread_key_t long_errors; /* frees a thread's long_error when the thread ends */
} process = {
	.once = PTHREAD_ONCE_INIT,
	.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
};

/* Most errors are short. A longer one is on the heap, since a library that is loaded late gets
 * little thread-local memory. */
static _Thread_local char short_error[ERROR_TEXT_SHORT];
static _Thread_local char *long_error; /* NULL: the last error is short */

void api_lock(void)
{
	pthread_mutex_lock(&process.lock);
}

void api_unlock(void)
{
	pthread_mutex_unlock(&process.lock);
}

/* In the child, only the thread that forked exists, and it held the lock. */
static void free_lock(void)
{
	static const pthread_mutex_t fresh = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

	memcpy(&process.lock, &fresh, sizeof fresh);
}

static void begin(void)
{
	struct timezone_variables zone = timezone_variables(environ);

	own_begin();
	pthread_key_create(&process.long_errors, free);
	process.logging = logging_new(&process.arena);
	if (process.logging == NULL)
		return;
	logging_set_zone(process.logging, &zone);
	process.logging->on_error = handle_error;
	pthread_atfork(api_lock, api_unlock, free_lock);
	atexit(vigil_shutdown);
}

struct logging *api_hierarchy(void)
{
	pthread_once(&process.once, begin);
	return process.logging;
}

struct arena *api_arena(void)
{
	return &process.arena;
}

const struct filter *api_find_filter(
	const struct filter_list *list, const struct vigil_filter_spec *spec)
{
	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (custom_filter_is(list->items[i], spec))
			return list->items[i];
	return NULL;
}

static void drop_long(void)
{
	if (long_error == NULL)
		return;
	free(long_error);
	long_error = NULL;
	pthread_setspecific(process.long_errors, NULL);
}

/* Keep a text that is too long for short_error, until the thread ends or has another error. */
static void __attribute__((format(printf, 1, 0))) keep_long(const char *format, va_list arguments)
{
	/* begin() makes the key. */
	char *text = api_hierarchy() == NULL ? NULL : malloc(ERROR_TEXT_MOST);

	if (text == NULL)
		return;
	vsnprintf(text, ERROR_TEXT_MOST, format, arguments);
	long_error = text;
	pthread_setspecific(process.long_errors, text);
}

int api_fail(int error, const char *format, ...)
{
	char text[ERROR_TEXT_SIZE];
	va_list arguments, again;

	drop_long();
	if (format == NULL)
		format = error_text(error, text);
	va_start(arguments, format);
	va_copy(again, arguments);
	if (vsnprintf(short_error, sizeof short_error, format, arguments) >=
		(int)sizeof short_error)
		keep_long(format, again);
	va_end(again);
	va_end(arguments);
	return error;
}

int api_unlock_with(int error)
{
	api_unlock();
	return error < 0 ? api_fail(error, NULL) : 0;
}

const char *vigil_error_text(void)
{
	return long_error == NULL ? short_error : long_error;
}

void vigil_shutdown(void)
{
	if (process.logging == NULL)
		return;
	api_stop_listeners();
	api_lock();
	logging_shutdown(process.logging);
	api_unlock();
}

void vigil_set_raise_exceptions(bool raise_exceptions)
{
	struct logging *logging = api_hierarchy();

	if (logging == NULL)
		return;
	logging->raise_exceptions = raise_exceptions;
	logging->on_error = raise_exceptions ? handle_error : NULL;
}

void vigil_set_last_resort(struct vigil_handler *handler)
{
	struct logging *logging = api_hierarchy();

	if (logging != NULL)
		logging->last_resort = api_handler(handler);
}
