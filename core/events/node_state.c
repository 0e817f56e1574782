/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/node_state.h"

#include "core/base/names.h"

static const char states[][10] = {
	[NODE_INIT] = "INIT",
	[NODE_RUNNING] = "RUNNING",
	[NODE_SUCCEEDED] = "SUCCEEDED",
	[NODE_FAILED] = "FAILED",
};
_Static_assert(NAMES_COUNT(states) == NODE_STATE_COUNT_, "a state has no name");

static const char sources[][7] = {
	[SOURCE_AGENT] = "AGENT",
	[SOURCE_WORKER] = "WORKER",
};
_Static_assert(NAMES_COUNT(sources) == EVENT_SOURCE_COUNT_, "a source has no name");

const char *node_state_name(enum node_state state)
{
	return names_at(NAMES(states), state, "UNKNOWN");
}

const char *event_source_name(enum event_source source)
{
	return names_at(NAMES(sources), source, "UNKNOWN");
}

int node_state_parse(const char *name, enum node_state *ret_state)
{
	int index = names_find(NAMES(states), name);

	if (index < 0)
		return index;
	*ret_state = (enum node_state)index;
	return 0;
}

int event_source_parse(const char *name, enum event_source *ret_source)
{
	int index = names_find(NAMES(sources), name);

	if (index < 0)
		return index;
	*ret_source = (enum event_source)index;
	return 0;
}
