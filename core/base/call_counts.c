/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/call_counts.h"

#include <string.h>

/* Whether ONE and OTHER, of two processes, are of the same function on the same communicator, as
 * far as that can be known. */
static bool is_same(const struct call_count *one, const struct call_count *other)
{
	return one->communicator == other->communicator &&
	       (one->communicator != CALL_OTHER ||
		       (one->place == other->place && one->many == other->many)) &&
	       strcmp(one->name, other->name) == 0;
}

static const struct call_count *find(
	const struct call_counts *process, const struct call_count *call)
{
	for (size_t i = 0; i < process->count; i++)
		if (is_same(&process->list[i], call))
			return &process->list[i];
	return NULL;
}

/* Whether PROCESS called CALL's function on several communicators that are not the world. */
static bool has_several(const struct call_counts *process, const struct call_count *call)
{
	for (size_t i = 0; i < process->count; i++) {
		const struct call_count *own = &process->list[i];

		if (own->communicator == CALL_OTHER && (own->place > 0 || own->many) &&
			strcmp(own->name, call->name) == 0)
			return true;
	}
	return false;
}

/* Whether members of one communicator must have made CALL equally often. */
static bool is_comparable(
	const struct call_counts *processes, size_t count, const struct call_count *call)
{
	if (!call->collective || call->communicator == CALL_NO_COMMUNICATOR)
		return false;
	for (size_t i = 0; i < count && call->communicator == CALL_OTHER; i++)
		if (has_several(&processes[i], call))
			return false;
	return true;
}

/* Whether one of the first COUNT processes has CALL: then it was compared. */
static bool was_compared(
	const struct call_counts *processes, size_t count, const struct call_count *call)
{
	for (size_t i = 0; i < count; i++)
		if (find(&processes[i], call) != NULL)
			return true;
	return false;
}

static struct call_lag compare(
	const struct call_counts *processes, size_t count, const struct call_count *call)
{
	struct call_lag lag = {.least = UINT64_MAX, .sure = call->communicator == CALL_WORLD};

	for (size_t i = 0; i < count; i++) {
		const struct call_count *own = find(&processes[i], call);
		uint64_t calls = own == NULL ? 0 : own->count;

		if (calls < lag.least) {
			lag.least = calls;
			lag.first = i;
		}
		if (own != NULL && calls > lag.most) {
			lag.most = calls;
			lag.call = own;
		}
	}
	for (size_t i = 0; i < count && lag.call != NULL; i++)
		lag.behind += call_counts_of(&processes[i], &lag) < lag.most;
	return lag;
}

/* Whether ONE is better evidence than OTHER: what is sure, then what was called last. */
static bool is_better(const struct call_lag *one, const struct call_lag *other)
{
	if (other->call == NULL || one->sure != other->sure)
		return other->call == NULL || one->sure;
	return one->call->entered_us > other->call->entered_us;
}

bool call_counts_compare(
	const struct call_counts *processes, size_t count, struct call_lag *ret_lag)
{
	struct call_lag best = {.call = NULL};

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < processes[i].count; j++) {
			const struct call_count *call = &processes[i].list[j];
			struct call_lag lag;

			if (was_compared(processes, i, call) ||
				!is_comparable(processes, count, call))
				continue;
			lag = compare(processes, count, call);
			if (lag.behind > 0 && is_better(&lag, &best))
				best = lag;
		}
	if (best.call != NULL)
		*ret_lag = best;
	return best.call != NULL;
}

/* How many of COUNT PROCESSES made CALL as often, and with the same root. */
static size_t count_alike(
	const struct call_counts *processes, size_t count, const struct call_count *call)
{
	size_t alike = 0;

	for (size_t i = 0; i < count; i++) {
		const struct call_count *own = find(&processes[i], call);

		alike += own != NULL && own->count == call->count && own->root == call->root;
	}
	return alike;
}

/* What roots COUNT PROCESSES named in their last calls of CALL's function. */
static struct call_roots roots_of(
	const struct call_counts *processes, size_t count, const struct call_count *call)
{
	struct call_roots roots = {.call = NULL};
	size_t compared = 0, most_alike = 0;

	for (size_t i = 0; i < count; i++) {
		const struct call_count *own = find(&processes[i], call);

		if (own != NULL && own->has_root && own->count > roots.most)
			roots.most = own->count;
	}
	for (size_t i = 0; i < count; i++) {
		const struct call_count *own = find(&processes[i], call);
		size_t alike;

		if (own == NULL || !own->has_root || own->count != roots.most)
			continue;
		compared++;
		alike = count_alike(processes, count, own);
		if (alike > most_alike) {
			most_alike = alike;
			roots.call = own;
			roots.root = own->root;
		}
	}
	roots.odd = 2 * most_alike > compared ? compared - most_alike : 0;
	return roots;
}

bool call_counts_roots(
	const struct call_counts *processes, size_t count, struct call_roots *ret_roots)
{
	struct call_roots best = {.call = NULL};

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < processes[i].count; j++) {
			const struct call_count *call = &processes[i].list[j];
			struct call_roots roots;

			if (!call->has_root || call->communicator != CALL_WORLD ||
				was_compared(processes, i, call))
				continue;
			roots = roots_of(processes, count, call);
			if (roots.odd > 0 && (best.call == NULL || roots.call->entered_us >
									   best.call->entered_us))
				best = roots;
		}
	if (best.call != NULL)
		*ret_roots = best;
	return best.call != NULL;
}

const struct call_count *call_counts_odd_root(
	const struct call_counts *process, const struct call_roots *roots)
{
	const struct call_count *own = find(process, roots->call);

	return own != NULL && own->has_root && own->count == roots->most && own->root != roots->root
		       ? own
		       : NULL;
}

uint64_t call_counts_of(const struct call_counts *process, const struct call_lag *lag)
{
	const struct call_count *own = find(process, lag->call);

	return own == NULL ? 0 : own->count;
}

void call_counts_number(struct text *text, uint64_t number)
{
	uint64_t unit = 1;

	while (number / unit >= 1000)
		unit *= 1000;
	text_u64(text, number / unit);
	while (unit > 1) {
		unit /= 1000;
		text_printf(text, ",%03u", (unsigned)(number / unit % 1000));
	}
}

void call_counts_what(struct text *text, const struct call_count *call)
{
	text_add(text, call->name);
	if (call->communicator == CALL_WORLD && strncmp(call->name, "MPI_", 4) == 0)
		text_add(text, " on MPI_COMM_WORLD");
	else if (call->communicator == CALL_OTHER && call->many)
		text_add(text, " on further communicators");
	else if (call->communicator == CALL_OTHER)
		text_printf(text, " on communicator 0x%lx", (unsigned long)call->handle);
}

void call_counts_lag(struct text *text, const struct call_lag *lag, uint64_t own)
{
	text_add(text, "made ");
	call_counts_number(text, own);
	text_printf(text, " call%s of ", own == 1 ? "" : "s");
	call_counts_what(text, lag->call);
	text_add(text, ", the others ");
	call_counts_number(text, lag->most);
}

static void write_call(struct json_out *json, const struct call_count *call)
{
	json_begin_object(json, NULL);
	json_string(json, "function", call->name);
	if (call->communicator == CALL_WORLD || call->many)
		json_string(json, "communicator", call->many ? "others" : "world");
	else if (call->communicator == CALL_OTHER)
		json_address(json, "communicator", call->handle);
	if (call->communicator == CALL_OTHER && call->place > 0)
		json_uint(json, "place", call->place);
	if (call->collective)
		json_bool(json, "collective", true);
	json_uint(json, "count", call->count);
	if (call->entered_us != 0)
		json_int(json, "entered_us", call->entered_us);
	if (call->has_root)
		json_int(json, "root", call->root);
	json_begin_array(json, "arguments");
	for (int i = 0; i < CALL_ARGUMENTS; i++)
		json_address(json, NULL, call->arguments[i]);
	json_end_array(json);
	json_end_object(json);
}

void call_counts_json(struct json_out *json, const struct call_counts *calls)
{
	if (calls->count == 0)
		return;
	json_begin_array(json, "calls");
	for (size_t i = 0; i < calls->count && !json->text->truncated; i++)
		write_call(json, &calls->list[i]);
	json_end_array(json);
}
