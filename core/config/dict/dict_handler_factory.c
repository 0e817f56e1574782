/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that a factory makes. */
#include "core/config/dict/dict_handler.h"

#include "core/config/factory/factory.h"

#include <errno.h>

/* The factory has read its part of the dict. */
static void pass_over(struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	(void)location;
	(void)target;
}

static const struct key_spec pair_keys[] = {
	{"level", dict_handler_level},
	{"formatter", dict_handler_formatter},
	{"filters", dict_handler_filters},
	{".", dict_refuse_attributes},
	{NULL, NULL},
};

static const struct key_spec typed_keys[] = {
	HANDLER_KEYS,
	{"()", pass_over},
	{"args", pass_over},
	{"returns", pass_over},
	{NULL, NULL},
};

static int make(
	struct dict_reader *reader, const struct handler_target *target, struct handler **ret)
{
	struct handler *handler = factory_handler(reader, target->factory);

	if (handler == NULL)
		return -EINVAL;
	*ret = handler;
	return 0;
}

const struct handler_kind dict_factory_handler = {"()", pair_keys, make};
const struct handler_kind dict_typed_factory_handler = {"()", typed_keys, make};

const struct handler_kind *dict_factory_kind(struct dict_reader *reader,
	const struct location *location, const struct factory **ret_factory)
{
	const struct value_item *args = value_dict_get(location->value, "args");

	*ret_factory = factory_read(reader, location, FACTORY_HANDLER);
	return args != NULL && args->value->type == VALUE_LIST ? &dict_typed_factory_handler
							       : &dict_factory_handler;
}
