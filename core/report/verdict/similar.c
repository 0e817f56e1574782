/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/similar.h"

#include "core/base/number.h"
#include "core/base/path.h"
#include "core/events/frame_origin.h"
#include "core/report/job/mpi_error.h"

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

/* FRAME is what glibc 2.41 and later have between a function that may be cancelled and the kernel;
 * without debug information it has no name. */
static bool is_cancellation(const struct frame *frame)
{
	return frame->kind != FRAME_PYTHON && frame_origin(frame) == ORIGIN_LIBC &&
	       (frame->function == NULL || strstr(frame->function, "syscall_cancel") != NULL);
}

/* The name of the innermost function, but of the one that called the kernel where it stood there.
 */
static const char *innermost(const struct event *event)
{
	size_t at = 0;

	while (at < event->frame_count && is_cancellation(&event->frames[at]))
		at++;
	return at == event->frame_count ? NULL : event->frames[at].function;
}

const struct frame *similar_frame(const struct event *event)
{
	for (size_t i = 0; i < event->frame_count; i++) {
		const struct frame *frame = &event->frames[i];

		if (frame->function != NULL &&
			(frame->kind == FRAME_PYTHON || frame->module == NULL ||
				strstr(path_base(frame->module->path), ".so") == NULL))
			return frame;
	}
	return NULL;
}

static bool same_place(const struct event *one, const struct event *other)
{
	const struct frame *a = similar_frame(one), *b = similar_frame(other);

	return a != NULL && b != NULL && strcmp(a->function, b->function) == 0 &&
	       (a->file == NULL || b->file == NULL || a->line == b->line);
}

/* MPI ended the process: MPI_Abort, which it was still in, or MPI's error handler. */
static bool is_abort(const struct process *process)
{
	const struct termination *end = process->termination->end;
	struct mpi_error error;

	return rules_called_abort(end) || rules_exits_by_abort(process) ||
	       mpi_error_of(end, &error);
}

/* Of a fault, the signal and the function are compared, not the reason, whose addresses differ in
 * letters, too. */
bool similar_failures(const struct rank_result *one, const struct rank_result *other)
{
	const struct event *a = termination_event(one->ended), *b = termination_event(other->ended);

	if (is_abort(one->ended) && is_abort(other->ended))
		return same_place(a, b);
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

/* The result of FINDING's rank, where that failed by itself; or NULL. */
static const struct rank_result *result_of(
	const struct attempt *attempt, const struct finding *finding)
{
	FOR_EACH_RESULT (result, attempt)
		if (result->rank == finding->rank)
			return result->failure_class == FAILURE_OWN ? result : NULL;
	return NULL;
}

size_t similar_ranks(const struct attempt *attempt, const struct finding *finding,
	struct rank_list *list, size_t *ret_own)
{
	const struct rank_result *first = result_of(attempt, finding);
	size_t count = 0;

	*ret_own = 0;
	if (first == NULL)
		return 0;
	FOR_EACH_RESULT (result, attempt) {
		if (result == first || result->failure_class != FAILURE_OWN)
			continue;
		++*ret_own;
		if (similar_failures(first, result)) {
			ranks_add(list, result->rank);
			count++;
		}
	}
	ranks_finish(list);
	return count;
}

void similar_places(
	const struct attempt *attempt, const struct finding *finding, struct place_list *places)
{
	const struct rank_result *first = result_of(attempt, finding);

	if (first == NULL)
		return;
	FOR_EACH_RESULT (result, attempt)
		if (result == first ||
			(result->failure_class == FAILURE_OWN && similar_failures(first, result)))
			places_add(places, result);
}
