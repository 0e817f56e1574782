/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/similar.h"

#include "core/base/number.h"

#include <string.h>

bool similar_texts(const char *one, const char *other)
{
	while (*one != '\0' && *other != '\0') {
		bool numbers = is_digit(*one) && is_digit(*other);

		if (!numbers && *one != *other)
			return false;
		one += numbers ? strspn(one, "0123456789") : 1;
		other += numbers ? strspn(other, "0123456789") : 1;
	}
	return *one == *other;
}

static bool same(const char *one, const char *other)
{
	return one != NULL && other != NULL && similar_texts(one, other);
}

static const char *innermost(const struct event *event)
{
	return event->frame_count == 0 ? NULL : event->frames[0].function;
}

/* Of a fault, the signal and the function are compared, not the reason, whose addresses differ in
 * letters, too. */
static bool failed_alike(const struct rank_result *one, const struct rank_result *other)
{
	const struct event *a = termination_event(one->ended), *b = termination_event(other->ended);

	if (a->cause != b->cause)
		return false;
	switch (a->cause) {
	case CAUSE_EXCEPTION:
		return same(a->exception.type, b->exception.type) &&
		       same(a->exception.message, b->exception.message);
	case CAUSE_FAULT:
	case CAUSE_ABORT:
		return a->signal.number == b->signal.number && same(innermost(a), innermost(b));
	case CAUSE_EXIT:
		return a->exit_code == b->exit_code && a->frame_count > 0 && b->frame_count > 0 &&
		       same(one->reason, other->reason);
	case CAUSE_EXEC_FAILED: return same(one->reason, other->reason);
	default: return false;
	}
}

size_t similar_ranks(const struct attempt *attempt, const struct finding *finding,
	struct rank_list *list, size_t *ret_own)
{
	const struct rank_result *first = NULL;
	size_t count = 0;

	*ret_own = 0;
	FOR_EACH_RESULT (result, attempt)
		if (result->rank == finding->rank)
			first = result;
	if (first == NULL || first->failure_class != FAILURE_OWN)
		return 0;
	FOR_EACH_RESULT (result, attempt) {
		if (result == first || result->failure_class != FAILURE_OWN)
			continue;
		++*ret_own;
		if (failed_alike(first, result)) {
			ranks_add(list, result->rank);
			count++;
		}
	}
	ranks_finish(list);
	return count;
}
