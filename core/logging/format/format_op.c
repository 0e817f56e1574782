/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/format_op.h"

#include <string.h>

static const struct {
	char name[16]; /* in place: nothing for the loader to relocate */
	enum attribute_type type;
} attributes[] = {
	[ATTRIBUTE_NONE] = {"", TYPE_ANY},
	[ATTRIBUTE_NAME] = {"name", TYPE_STRING},
	[ATTRIBUTE_LEVELNO] = {"levelno", TYPE_INT},
	[ATTRIBUTE_LEVELNAME] = {"levelname", TYPE_STRING},
	[ATTRIBUTE_MESSAGE] = {"message", TYPE_STRING},
	[ATTRIBUTE_ASCTIME] = {"asctime", TYPE_STRING},
	[ATTRIBUTE_CREATED] = {"created", TYPE_FLOAT},
	[ATTRIBUTE_MSECS] = {"msecs", TYPE_FLOAT},
	[ATTRIBUTE_RELATIVE_CREATED] = {"relativeCreated", TYPE_FLOAT},
	[ATTRIBUTE_PROCESS] = {"process", TYPE_INT},
	[ATTRIBUTE_THREAD] = {"thread", TYPE_INT},
	[ATTRIBUTE_PROCESS_NAME] = {"processName", TYPE_STRING},
	[ATTRIBUTE_THREAD_NAME] = {"threadName", TYPE_STRING},
	[ATTRIBUTE_TASK_NAME] = {"taskName", TYPE_STRING},
	[ATTRIBUTE_PATHNAME] = {"pathname", TYPE_STRING},
	[ATTRIBUTE_FILENAME] = {"filename", TYPE_STRING},
	[ATTRIBUTE_MODULE] = {"module", TYPE_STRING},
	[ATTRIBUTE_LINENO] = {"lineno", TYPE_INT},
	[ATTRIBUTE_FUNC_NAME] = {"funcName", TYPE_STRING},
	[ATTRIBUTE_EXC_TEXT] = {"exc_text", TYPE_STRING},
	[ATTRIBUTE_EXTRA] = {"", TYPE_ANY},
};

enum attribute attribute_by_name(const char *name, size_t length)
{
	enum attribute attribute = ATTRIBUTE_NAME;

	while (attribute < ATTRIBUTE_COUNT_ &&
		(strlen(attributes[attribute].name) != length ||
			strncmp(attributes[attribute].name, name, length) != 0))
		attribute++;
	return attribute;
}

enum attribute_type attribute_type(enum attribute attribute)
{
	return attributes[attribute].type;
}
