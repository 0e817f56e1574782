/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/yaml/yaml.h"

#include "core/base/number.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/config/yaml/scalar.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#define MARK "\xEF\xBB\xBF" /* the byte order mark, which some editors put before UTF-8 text */

struct anchor {
	const char *name;
	struct value *value;
	size_t weight; /* the number of values in it, itself included; 0 while it is being read */
	struct anchor *next;
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct config_errors *errors;
	struct anchor *anchors; /* the newest first */
	size_t values;
	unsigned depth;
};

static int refuse(struct reader *reader, yaml_mark_t mark, const char *what, const char *which)
{
	config_error_at(reader->errors, (unsigned)mark.line + 1, (unsigned)mark.column + 1,
		"%s%s%s%s", what, which == NULL ? "" : " '", which == NULL ? "" : which,
		which == NULL ? "" : "'");
	return -EINVAL;
}

/* Report libyaml's error, with a hint for the most frequent one. */
static int refuse_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	bool at_token = parser->problem != NULL &&
			strcmp(parser->problem, "found character that cannot start any token") == 0;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->problem == NULL)
		return refuse(reader, parser->problem_mark, "not valid YAML", NULL);
	config_error_at(reader->errors, (unsigned)parser->problem_mark.line + 1,
		(unsigned)parser->problem_mark.column + 1, "%s%s%s%s",
		parser->context == NULL ? "" : parser->context, parser->context == NULL ? "" : ": ",
		parser->problem,
		at_token ? "; quote values that start with '%', '@' or '`', and indent with "
			   "blanks, not tabs"
			 : "");
	return -EINVAL;
}

/* The next event, which the caller deletes. */
static int next_event(struct reader *reader, yaml_event_t *event)
{
	return yaml_parser_parse(&reader->parser, event) ? 0 : refuse_syntax(reader);
}

static int count_values(struct reader *reader, size_t more, yaml_mark_t mark)
{
	reader->values += more;
	if (reader->values <= CONFIG_VALUES_MOST)
		return 0;
	return refuse(reader, mark, "too many values, counting what its aliases stand for", NULL);
}

static int new_value(
	struct reader *reader, const yaml_event_t *event, enum value_type type, struct value **ret)
{
	*ret = value_new(reader->arena, type, (unsigned)event->start_mark.line + 1,
		(unsigned)event->start_mark.column + 1);
	return *ret == NULL ? -ENOMEM : count_values(reader, 1, event->start_mark);
}

static int add_anchor(
	struct reader *reader, const yaml_char_t *name, struct value *value, struct anchor **ret)
{
	struct anchor *anchor;

	*ret = NULL;
	if (name == NULL)
		return 0;
	/* YAML allows an anchor to be redefined; PyYAML refuses that, as it is mostly a mistake. */
	for (anchor = reader->anchors; anchor != NULL; anchor = anchor->next)
		if (strcmp(anchor->name, (const char *)name) == 0) {
			config_error_at(reader->errors, value->line, value->column,
				"found duplicate anchor '%s'", anchor->name);
			return -EINVAL;
		}
	anchor = arena_alloc(reader->arena, sizeof *anchor);
	if (anchor == NULL)
		return -ENOMEM;
	anchor->name = arena_strdup(reader->arena, (const char *)name);
	if (anchor->name == NULL)
		return -ENOMEM;
	anchor->value = value;
	anchor->next = reader->anchors;
	reader->anchors = anchor;
	*ret = anchor;
	return 0;
}

static int read_alias(struct reader *reader, const yaml_event_t *event, struct value **ret)
{
	const char *name = (const char *)event->data.alias.anchor;

	for (struct anchor *anchor = reader->anchors; anchor != NULL; anchor = anchor->next) {
		if (strcmp(anchor->name, name) != 0)
			continue;
		if (anchor->weight == 0)
			return refuse(reader, event->start_mark,
				"found unconstructable recursive node", name);
		*ret = anchor->value;
		return count_values(reader, anchor->weight, event->start_mark);
	}
	return refuse(reader, event->start_mark, "found undefined alias", name);
}

/* Set VALUE's type by its tag. Tags that safe_load knows but a logging configuration does not need
 * are refused. */
static int resolve_by_tag(struct reader *reader, const yaml_event_t *event, struct value *value)
{
	static const char prefix[] = "tag:yaml.org,2002:";
	const char *tag = (const char *)event->data.scalar.tag;
	struct value plain = *value;

	if (tag == NULL || strcmp(tag, "!") == 0) {
		if (tag == NULL && event->data.scalar.plain_implicit) {
			scalar_resolve(value);
			value->merge = strcmp(value->text, "<<") == 0;
		}
		return 0;
	}
	if (strncmp(tag, prefix, sizeof prefix - 1) == 0) {
		static const struct {
			const char *name;
			enum value_type type;
		} types[] = {{"str", VALUE_STRING}, {"int", VALUE_INT}, {"float", VALUE_FLOAT},
			{"bool", VALUE_BOOL}, {"null", VALUE_NULL}};

		scalar_resolve(&plain);
		for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
			if (strcmp(tag + sizeof prefix - 1, types[i].name) != 0)
				continue;
			if (types[i].type != VALUE_STRING && types[i].type != plain.type)
				break;
			value->type = types[i].type;
			value->number = types[i].type == VALUE_STRING ? 0 : plain.number;
			return 0;
		}
	}
	return refuse(
		reader, event->start_mark, "could not determine a constructor for the tag", tag);
}

static int read_scalar(struct reader *reader, const yaml_event_t *event, struct value **ret)
{
	size_t length = event->data.scalar.length;
	struct anchor *anchor;
	int error = new_value(reader, event, VALUE_STRING, ret);

	if (error < 0)
		return error;
	if (memchr(event->data.scalar.value, '\0', length) != NULL)
		return refuse(reader, event->start_mark, "a NUL character is not supported", NULL);
	(*ret)->text = arena_strndup(reader->arena, (const char *)event->data.scalar.value, length);
	if ((*ret)->text == NULL)
		return -ENOMEM;
	error = add_anchor(reader, event->data.scalar.anchor, *ret, &anchor);
	if (anchor != NULL)
		anchor->weight = 1;
	return error < 0 ? error : resolve_by_tag(reader, event, *ret);
}

static int read_value(struct reader *reader, const yaml_event_t *event, struct value **ret);

/* The next value of a list or dict; *RET is NULL where EVENT ends it. */
static int next_value(struct reader *reader, yaml_event_type_t end, struct value **ret)
{
	yaml_event_t event;
	int error = next_event(reader, &event);

	if (error < 0)
		return error;
	*ret = NULL;
	if (event.type != end)
		error = read_value(reader, &event, ret);
	yaml_event_delete(&event);
	return error;
}

static int fill_list(struct reader *reader, struct value *list)
{
	struct value *element;
	int error;

	while ((error = next_value(reader, YAML_SEQUENCE_END_EVENT, &element)) == 0 &&
		element != NULL)
		if (value_list_add(reader->arena, list, element) < 0)
			return -ENOMEM;
	return error;
}

static int merge_one(struct reader *reader, struct value *dict, const struct value *from)
{
	if (from->type != VALUE_DICT) {
		config_error_at(reader->errors, from->line, from->column,
			"expected a mapping or list of mappings for merging, but found %s",
			value_type_name(from->type));
		return -EINVAL;
	}
	for (const struct value_item *item = from->items; item != NULL; item = item->next)
		if (value_dict_get(dict, item->key) == NULL &&
			value_dict_set(reader->arena, dict, item->key, item->line, item->column,
				item->value) < 0)
			return -ENOMEM;
	return 0;
}

/* YAML 1.1's "<<": the dict's own members have priority, and then the earlier dict of a list. */
static int merge(struct reader *reader, struct value *dict, const struct value *from)
{
	int error = 0;

	if (from->type != VALUE_LIST)
		return merge_one(reader, dict, from);
	for (const struct value_item *item = from->items; item != NULL && error == 0;
		item = item->next)
		error = merge_one(reader, dict, item->value);
	return error;
}

static int fill_dict(struct reader *reader, struct value *dict)
{
	struct value merges = {.type = VALUE_LIST};
	struct value *key, *value;
	int error;

	while ((error = next_value(reader, YAML_MAPPING_END_EVENT, &key)) == 0 && key != NULL) {
		if (key->text == NULL) {
			config_error_at(reader->errors, key->line, key->column,
				"found unhashable key: %s", value_type_name(key->type));
			return -EINVAL;
		}
		error = next_value(reader, YAML_NO_EVENT, &value);
		if (error < 0)
			return error;
		if ((key->merge ? value_list_add(reader->arena, &merges, value)
				: value_dict_set(reader->arena, dict, key->text, key->line,
					  key->column, value)) < 0)
			return -ENOMEM;
	}
	for (const struct value_item *item = merges.items; item != NULL && error == 0;
		item = item->next)
		error = merge(reader, dict, item->value);
	return error;
}

static int read_group(struct reader *reader, const yaml_event_t *event, struct value **ret)
{
	bool is_list = event->type == YAML_SEQUENCE_START_EVENT;
	const yaml_char_t *name =
		is_list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
	size_t before = reader->values;
	struct anchor *anchor = NULL;
	int error = new_value(reader, event, is_list ? VALUE_LIST : VALUE_DICT, ret);

	if (error == 0)
		error = add_anchor(reader, name, *ret, &anchor);
	if (error < 0)
		return error;
	if (reader->depth == CONFIG_DEPTH_MOST)
		return refuse(
			reader, event->start_mark, "nested too deeply: 64 levels at most", NULL);
	reader->depth++;
	error = is_list ? fill_list(reader, *ret) : fill_dict(reader, *ret);
	reader->depth--;
	if (anchor != NULL)
		anchor->weight = reader->values - before;
	return error;
}

static int read_value(struct reader *reader, const yaml_event_t *event, struct value **ret)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT: return read_alias(reader, event, ret);
	case YAML_SCALAR_EVENT: return read_scalar(reader, event, ret);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT: return read_group(reader, event, ret);
	default: return refuse(reader, event->start_mark, "expected a value", NULL);
	}
}

/* Skip one event, and set *RET_TYPE to its type. */
static int skip_event(struct reader *reader, yaml_event_type_t *ret_type, yaml_mark_t *ret_mark)
{
	yaml_event_t event;
	int error = next_event(reader, &event);

	if (error < 0)
		return error;
	*ret_type = event.type;
	*ret_mark = event.start_mark;
	yaml_event_delete(&event);
	return 0;
}

static int read_document(struct reader *reader, struct value **ret)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_mark_t mark = {0};
	int error = skip_event(reader, &type, &mark);

	if (error == 0)
		error = skip_event(reader, &type, &mark);
	if (error < 0)
		return error;
	if (type == YAML_STREAM_END_EVENT) {
		config_error_at(reader->errors, 0, 0,
			"holds no configuration: there is nothing but blanks and comments");
		return -EINVAL;
	}
	error = next_value(reader, YAML_NO_EVENT, ret);
	if (error == 0)
		error = skip_event(reader, &type, &mark);
	if (error == 0)
		error = skip_event(reader, &type, &mark);
	if (error == 0 && type != YAML_STREAM_END_EVENT)
		return refuse(reader, mark,
			"expected a single document in the stream, but found another document",
			NULL);
	return error;
}

static bool read_hex4(const char *at, unsigned *ret)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		if (digit_value(at[i]) >= 16)
			return false;
		value = value * 16 + digit_value(at[i]);
	}
	*ret = value;
	return true;
}

/* libyaml refuses JSON's surrogate pairs: "\ud83d\ude00" becomes "\U0001f600", two bytes shorter.
 * Such a pair is an escape in double quotes only; elsewhere in YAML the same characters stand for
 * themselves, but no configuration has them there. */
static size_t join_surrogates(char *text, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	size_t to = 0, at = 0;
	unsigned high, low;

	while (at < length) {
		bool escape = text[at] == '\\' && at + 1 < length;

		if (!escape || length - at < 12 || text[at + 1] != 'u' || text[at + 6] != '\\' ||
			text[at + 7] != 'u' || !read_hex4(text + at + 2, &high) ||
			!read_hex4(text + at + 8, &low) || high < 0xD800 || high > 0xDBFF ||
			low < 0xDC00 || low > 0xDFFF) {
			text[to++] = text[at++];
			if (escape)
				text[to++] = text[at++];
			continue;
		}
		high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
		text[to++] = '\\';
		text[to++] = 'U';
		for (int shift = 28; shift >= 0; shift -= 4)
			text[to++] = digits[high >> shift & 15];
		at += 12;
	}
	return to;
}

/* libyaml reports a damaged byte without its position. */
static int check_utf8(const char *text, size_t length, struct config_errors *errors)
{
	unsigned line = 1, column = 1;
	uint32_t point;

	for (size_t at = 0; at < length;) {
		size_t count = utf8_read(text + at, length - at, &point);

		if (point == UTF8_REPLACEMENT && count == 1) {
			config_error_at(errors, line, column, "byte 0x%02x is not UTF-8",
				(unsigned char)text[at]);
			return -EINVAL;
		}
		column = point == '\n' ? 1 : column + 1;
		line += point == '\n';
		at += count;
	}
	return 0;
}

int yaml_read(struct arena *arena, char *text, size_t length, struct config_errors *errors,
	struct value **ret_value)
{
	struct reader reader = {.arena = arena, .errors = errors};
	struct value *value = NULL;
	int error = check_utf8(text, length, errors);

	if (error < 0)
		return error;
	if (length >= sizeof MARK - 1 && memcmp(text, MARK, sizeof MARK - 1) == 0) {
		text += sizeof MARK - 1;
		length -= sizeof MARK - 1;
	}
	length = join_surrogates(text, length);
	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	error = read_document(&reader, &value);
	yaml_parser_delete(&reader.parser);
	if (error == 0)
		*ret_value = value;
	return error;
}
