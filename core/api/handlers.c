/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the public API for handlers of any class. */
#include "core/api/api.h"

#include "core/api/own.h"
#include "core/api/work.h"
#include "core/logging/custom.h"
#include "core/logging/reconfigure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int api_made(int error, struct handler *const *handler, struct vigil_handler **ret_handler)
{
	if (error == 0)
		error = logging_track(api_hierarchy(), *handler);
	if (error == 0)
		*ret_handler = (struct vigil_handler *)*handler;
	return api_unlock_with(error);
}

void vigil_handler_set_level(struct vigil_handler *handler, int level)
{
	if (handler != NULL)
		atomic_store(&api_handler(handler)->level, level);
}

int vigil_handler_level(const struct vigil_handler *handler)
{
	return handler == NULL ? VIGIL_NOTSET : api_handler(handler)->level;
}

void vigil_handler_set_formatter(struct vigil_handler *handler, struct vigil_formatter *formatter)
{
	if (handler != NULL)
		atomic_store(&api_handler(handler)->formatter, api_formatter(formatter));
}

int vigil_handler_set_terminator(struct vigil_handler *handler, const char *terminator)
{
	const char *copy;

	if (handler == NULL || terminator == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	copy = arena_strdup(api_arena(), terminator);
	if (copy != NULL)
		atomic_store(&api_handler(handler)->terminator, copy);
	return api_unlock_with(copy == NULL ? -ENOMEM : 0);
}

/* Add FILTER, which is NULL when memory ran out, to HANDLER; releases api_lock(). */
static int add_filter(struct vigil_handler *handler, const struct filter *filter)
{
	return api_unlock_with(
		filter == NULL ? -ENOMEM
			       : handler_add_filter(api_arena(), api_handler(handler), filter));
}

int vigil_handler_add_filter(struct vigil_handler *handler, const struct vigil_filter_spec *spec)
{
	if (handler == NULL || spec == NULL || spec->filter == NULL)
		return api_fail(-EINVAL, NULL);
	if (api_find_filter(api_handler(handler)->filters, spec) != NULL)
		return 0;
	api_lock();
	return add_filter(handler, custom_filter_new(api_arena(), spec));
}

int vigil_handler_add_name_filter(struct vigil_handler *handler, const char *name)
{
	if (handler == NULL || name == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return add_filter(handler, filter_new(api_arena(), name));
}

int vigil_handler_add_rank_filter(struct vigil_handler *handler, const int64_t *ranks, size_t count)
{
	if (handler == NULL || ranks == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return add_filter(handler, api_rank_filter(ranks, count));
}

int vigil_handler_remove_filter(struct vigil_handler *handler, const struct vigil_filter_spec *spec)
{
	if (handler == NULL || spec == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	return api_unlock_with(handler_remove_filter(api_arena(), api_handler(handler),
		api_find_filter(api_handler(handler)->filters, spec)));
}

int vigil_handler_set_name(struct vigil_handler *handler, const char *name)
{
	const char *copy = NULL;

	if (handler == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	if (name != NULL)
		copy = arena_strdup(api_arena(), name);
	if (name == NULL || copy != NULL)
		api_handler(handler)->name = copy;
	return api_unlock_with(name != NULL && copy == NULL ? -ENOMEM : 0);
}

struct vigil_handler *vigil_handler_by_name(const char *name)
{
	struct logging *logging = api_hierarchy();
	struct handler *found;

	if (logging == NULL || name == NULL)
		return NULL;
	api_lock();
	found = logging_handler(logging, name);
	api_unlock();
	return (struct vigil_handler *)found;
}

size_t vigil_handler_names(const char **names, size_t most)
{
	struct logging *logging = api_hierarchy();
	const struct handler_list *made;
	size_t count = 0;

	if (logging == NULL)
		return 0;
	api_lock();
	made = atomic_load(&logging->made);
	for (size_t i = 0; i < made->count; i++) {
		const char *name = made->items[i]->name;

		if (name != NULL && count++ < most)
			names[count - 1] = name;
	}
	api_unlock();
	return count;
}

void vigil_handler_flush(struct vigil_handler *handler)
{
	struct log_record nothing = {.process = own_process()};
	struct work *work = handler == NULL ? NULL : work_take();
	struct text scratch;

	if (work == NULL)
		return;
	text_init(&scratch, work->line, sizeof work->line);
	if (api_handler(handler)->class->flush != NULL)
		api_handler(handler)->class->flush(api_handler(handler), &nothing, &scratch);
	work_give(work);
}

void vigil_handler_close(struct vigil_handler *handler)
{
	struct handler *own = api_handler(handler);

	if (own == NULL)
		return;
	api_lock();
	if (!own->unflushed_at_close)
		vigil_handler_flush(handler);
	if (own->class->close != NULL)
		own->class->close(own);
	own->name = NULL;
	api_unlock();
}

/* Cut DESCRIBED, "File '/a.log' …" or "Stream <stderr>", behind the name in it, which is returned;
 * "" where it has none. */
static const char *name_in(char *described)
{
	char *quote = strpbrk(described, "'<");

	if (quote == NULL)
		return "";
	if (*quote == '<') {
		quote[strcspn(quote, ">") + 1] = '\0';
		return quote;
	}
	quote[1 + strcspn(quote + 1, "'")] = '\0';
	return quote + 1;
}

size_t vigil_handler_repr(const struct vigil_handler *handler, char *buffer, size_t size)
{
	const struct handler *own = api_handler(handler);
	char described[4352], level[LEVEL_NAME_SIZE];
	const char *class, *name;
	struct text text;
	int length;

	if (own == NULL)
		return (size_t)snprintf(buffer, size, "None");
	class = strrchr(own->class->name, '.');
	class = class == NULL ? own->class->name : class + 1;
	text_init(&text, described, sizeof described);
	own->class->describe(own, &text);
	name = name_in(described);
	length = snprintf(buffer, size, "<%s %s%s(%s)>", class, name, name[0] == '\0' ? "" : " ",
		level_name(own->level, level));
	return length < 0 ? 0 : (size_t)length;
}

int vigil_custom_handler_new(
	const struct vigil_handler_spec *spec, struct vigil_handler **ret_handler)
{
	struct handler *handler;

	if (spec == NULL || spec->emit == NULL || api_hierarchy() == NULL)
		return api_fail(-EINVAL, NULL);
	api_lock();
	handler = custom_handler_new(api_arena(), spec);
	return api_made(handler == NULL ? -ENOMEM : 0, &handler, ret_handler);
}
