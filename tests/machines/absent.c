/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of libyaml and libffi the preload calls, for a machine that they are not there for: a
 * configuration file is refused, as when memory is short, and no factory is ever called.
 */
#include "core/config/factory/factory_call.h"

#include <errno.h>
#include <yaml.h>

int factory_call(void *function, const struct factory_argument *arguments, size_t count, void **ret)
{
	(void)function, (void)arguments, (void)count, (void)ret;
	return -EINVAL;
}

int yaml_parser_initialize(yaml_parser_t *parser)
{
	(void)parser;
	return 0;
}

void yaml_parser_delete(yaml_parser_t *parser)
{
	(void)parser;
}

void yaml_parser_set_encoding(yaml_parser_t *parser, yaml_encoding_t encoding)
{
	(void)parser, (void)encoding;
}

void yaml_parser_set_input_string(yaml_parser_t *parser, const unsigned char *input, size_t size)
{
	(void)parser, (void)input, (void)size;
}

int yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event)
{
	(void)parser, (void)event;
	return 0;
}

void yaml_event_delete(yaml_event_t *event)
{
	(void)event;
}
