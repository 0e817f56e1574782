/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/call_probe.h"

#include "core/base/number.h"
#include "core/base/text.h"

#include <string.h>

const char call_probe_types[][4] = {"i32", "u32", "i64", "u64", "ptr", ""};
const char call_probe_comparisons[][4] = {"==", "!=", "<=", ">=", "<", ">", ""};

enum { TYPE_I32, TYPE_U32 };
enum { EQUAL, UNEQUAL, AT_MOST, AT_LEAST, LESS, MORE };

/* The index of the name in NAMES that STRING begins with; -1: none. */
static int find(const char names[][4], const char *string)
{
	for (int i = 0; names[i][0] != '\0'; i++)
		if (strncmp(string, names[i], strlen(names[i])) == 0)
			return i;
	return -1;
}

bool call_probe_read(const char *type, const char *failed, struct call_probe *ret)
{
	int of = find(call_probe_types, type);
	int comparison;
	int64_t value;

	failed += strspn(failed, " ");
	comparison = find(call_probe_comparisons, failed);
	if (of < 0 || strlen(type) != strlen(call_probe_types[of]) || comparison < 0)
		return false;
	failed += strlen(call_probe_comparisons[comparison]);
	failed += strspn(failed, " ");
	if (!number_parse(failed, &value))
		return false;
	*ret = (struct call_probe){(uint8_t)of, (uint8_t)comparison, value};
	return true;
}

bool call_probe_parse(const char *word, size_t length, struct call_probe *ret)
{
	const char *mark = memchr(word, ':', length);
	char type[4] = "", failed[32] = "";
	size_t rest, at = 0;

	if (mark == NULL)
		return false;
	rest = length - (size_t)(mark - word) - 1;
	mark++;
	while (at < sizeof type - 1 && at < rest && mark[at] != ':') {
		type[at] = mark[at];
		at++;
	}
	if (at >= rest || mark[at] != ':')
		return false;
	mark += at + 1;
	rest -= at + 1;
	for (size_t i = 0; i < rest && i < sizeof failed - 1; i++)
		failed[i] = mark[i] == ':' ? ' ' : mark[i];
	return call_probe_read(type, failed, ret);
}

bool call_probe_failed(const struct call_probe *probe, uint64_t result, int64_t *ret_value)
{
	int64_t value = (int64_t)result;

	if (probe->type == TYPE_I32)
		value = (int32_t)result;
	else if (probe->type == TYPE_U32)
		value = (uint32_t)result;
	*ret_value = value;
	switch (probe->comparison) {
	case EQUAL: return value == probe->value;
	case UNEQUAL: return value != probe->value;
	case AT_MOST: return value <= probe->value;
	case AT_LEAST: return value >= probe->value;
	case LESS: return value < probe->value;
	case MORE: return value > probe->value;
	}
	return false;
}
