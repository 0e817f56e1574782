/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/collectives_json.h"

#include "core/base/path.h"

static void write_ranks(struct json_out *json, const char *key, const int64_t *ranks, size_t count)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_int(json, NULL, ranks[i]);
	json_end_array(json);
}

/* Writes the last call of each rank that is behind. */
static void write_last_calls(struct json_out *json, const struct collective_state *state)
{
	json_begin_array(json, "last_calls");
	for (size_t i = 0; state->last != NULL && i < state->behind_count; i++) {
		const struct dump_call *call = state->last[i];
		char buffer[256];
		struct text where;

		if (call == NULL)
			continue;
		text_init(&where, buffer, sizeof buffer);
		if (call->file != NULL)
			text_printf(&where, "%s (%s:%ld)", call->function ?: "?",
				path_base(call->file), (long)call->line);
		json_begin_object(json, NULL);
		json_int(json, "rank", state->behind[i]);
		json_string(json, "collective", call->name);
		json_int(json, "sequence", call->sequence);
		json_bool(json, "waits", call->waits);
		json_string(json, "where", call->file == NULL ? NULL : buffer);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_state(struct json_out *json, const struct collective_state *state)
{
	json_begin_object(json, NULL);
	json_string(json, "source", state->is_counted ? "nccl_ras" : "flight_recorder");
	json_string(json, "group", state->group);
	json_string(json, "collective", state->collective);
	if (state->sequence < 0)
		json_null(json, "sequence");
	else
		json_int(json, "sequence", state->sequence);
	json_bool(json, "differs", state->differs);
	write_ranks(json, "waiting", state->waiting, state->waiting_count);
	write_ranks(json, "behind", state->behind, state->behind_count);
	write_ranks(json, "unknown", state->unknown, state->unknown_count);
	write_last_calls(json, state);
	json_string(json, "text", state->sentence);
	json_end_object(json);
}

void collectives_json(const struct collectives *collectives, struct json_out *json)
{
	if (collectives->dumps == 0)
		return;
	json_begin_object(json, "collectives");
	json_uint(json, "dumps", collectives->dumps);
	write_ranks(json, "without_dump", collectives->without, collectives->without_count);
	write_ranks(json, "behind", collectives->behind, collectives->behind_count);
	json_bool(json, "sure", collectives->is_sure);
	if (collectives->hedge != NULL)
		json_string(json, "hedge", collectives->hedge);
	json_begin_array(json, "groups");
	for (size_t i = 0; i < collectives->count; i++)
		write_state(json, &collectives->states[i]);
	json_end_array(json);
	json_end_object(json);
}
