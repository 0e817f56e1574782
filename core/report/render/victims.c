/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/render/victims.h"

#include "core/report/verdict/similar.h"

#include <string.h>

/* How many reasons of one kind get a line each; the others share one. */
#define REASONS_MOST 3

/* In the order in which they are shown. */
enum kind {
	KIND_NONE,
	CONCURRENT,
	LOST_PEER,
	FAILED_AFTER,
	TERMINATED,
	KILLED,
	OUTLIVED,
	ENDED_WELL,
	SILENT,
	UNSEEN,
	KIND_COUNT
};

static const struct {
	const char *one, *many;
} labels[] = {
	[KIND_NONE] = {"", ""},
	[CONCURRENT] = {"1 rank had its own fault", " ranks had their own fault"},
	[LOST_PEER] = {"1 rank lost its peer", " ranks lost their peer"},
	[FAILED_AFTER] = {"1 rank failed later", " ranks failed later"},
	[TERMINATED] = {"1 rank was terminated", " ranks were terminated"},
	[KILLED] = {"1 rank was killed", " ranks were killed"},
	[OUTLIVED] = {"1 rank outlived it", " ranks outlived it"},
	[ENDED_WELL] = {"1 rank ended well", " ranks ended well"},
	[SILENT] = {"1 rank fell silent", " ranks fell silent"},
	[UNSEEN] = {"1 rank was never seen", " ranks were never seen"},
};
_Static_assert(sizeof labels / sizeof *labels == KIND_COUNT, "a kind has no label");

static enum kind kind_of(const struct rank_result *result)
{
	switch (result->role) {
	case ROLE_CONCURRENT: return CONCURRENT;
	case ROLE_PEER_LOSS: return result->failure_class == FAILURE_OWN ? FAILED_AFTER : LOST_PEER;
	case ROLE_TERMINATED: return TERMINATED;
	case ROLE_KILLED: return KILLED;
	case ROLE_SURVIVOR: return OUTLIVED;
	case ROLE_OK: return ENDED_WELL;
	case ROLE_SILENT: return result->process == NULL ? UNSEEN : SILENT;
	default: return KIND_NONE;
	}
}

/* MESSAGE without the location that libraries begin with: "[…/pair.cc:598] Connection closed by
 * peer". */
static const char *after_location(const char *message)
{
	const char *end = message[0] == '[' ? strchr(message, ']') : NULL;

	return end != NULL && end[1] == ' ' && end[2] != '\0' ? end + 2 : message;
}

/* Writes the reason of RESULT, of an exception after its status; "" where KIND says it all. */
static void write_reason(
	char reason[VICTIM_TEXT_SIZE], const struct rank_result *result, enum kind kind)
{
	const struct event *event = result->ended == NULL ? NULL : termination_event(result->ended);
	struct text text;

	reason[0] = '\0';
	if (kind == OUTLIVED || kind == ENDED_WELL || kind == SILENT || kind == UNSEEN)
		return;
	text_init(&text, reason, VICTIM_TEXT_SIZE);
	if (event == NULL || event->cause != CAUSE_EXCEPTION) {
		text_add(&text, result->reason);
		return;
	}
	if (event->how != HOW_NONE)
		text_printf(&text, "exit %d  ", event->exit_code);
	if (event->exception.type != NULL && event->exception.message != NULL)
		text_printf(&text, "%s: %s", event->exception.type,
			after_location(event->exception.message));
	else
		text_add(&text, result->reason);
}

static struct victim_group *group_for(struct victims *victims, enum kind kind, const char *reason)
{
	struct victim_group *group, *last = NULL;
	size_t reasons = 0;

	for (size_t i = 0; i < victims->count; i++) {
		group = &victims->groups[i];
		if (group->kind != (int)kind)
			continue;
		last = group;
		reasons++;
		if (similar_texts(group->reason, reason))
			return group;
	}
	if (reasons > REASONS_MOST || victims->count == VICTIM_GROUPS_MOST)
		return last;
	group = &victims->groups[victims->count++];
	group->kind = (int)kind;
	text_format(group->reason, sizeof group->reason, "%s",
		reasons == REASONS_MOST ? "for other reasons" : reason);
	return group;
}

static void add(
	struct victim_group *group, const struct attempt *attempt, const struct rank_result *result)
{
	int64_t delta = 0;

	if (group == NULL)
		return;
	group->count++;
	ranks_add(&group->ranks, result->rank);
	if (group->kind == CONCURRENT || group->kind == FAILED_AFTER)
		places_add(&group->places, result);
	if (!finding_has_time(attempt) || result->ended == NULL || result->role == ROLE_OK)
		return;
	delta = result->at_us - attempt->candidates[0].at_us;
	if (!group->has_delta || delta < group->delta_us)
		group->delta_us = delta;
	group->has_delta = true;
}

static void sort_by_kind(struct victims *victims)
{
	for (size_t i = 1; i < victims->count; i++)
		for (size_t j = i; j > 0 && victims->groups[j].kind < victims->groups[j - 1].kind;
			j--) {
			struct victim_group group = victims->groups[j];

			victims->groups[j] = victims->groups[j - 1];
			victims->groups[j - 1] = group;
		}
}

static void widen(int *width, const char *string)
{
	if ((int)strlen(string) > *width)
		*width = (int)strlen(string);
}

static void finish(struct victims *victims, struct victim_group *group)
{
	ranks_finish(&group->ranks);
	if (group->count == 1)
		text_format(group->label, sizeof group->label, "%s", labels[group->kind].one);
	else
		text_format(group->label, sizeof group->label, "%zu%s", group->count,
			labels[group->kind].many);
	widen(&victims->label_width, group->label);
	widen(&victims->ranks_width, group->ranks.text);
	widen(&victims->reason_width, group->reason);
}

struct victims victims_of(const struct attempt *attempt)
{
	struct victims victims = {.count = 0};

	FOR_EACH_RESULT (result, attempt) {
		enum kind kind = kind_of(result);
		char reason[VICTIM_TEXT_SIZE];

		if (kind == KIND_NONE)
			continue;
		write_reason(reason, result, kind);
		add(group_for(&victims, kind, reason), attempt, result);
	}
	sort_by_kind(&victims);
	for (size_t i = 0; i < victims.count; i++)
		finish(&victims, &victims.groups[i]);
	return victims;
}
