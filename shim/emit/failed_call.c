/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/failed_call.h"

#include "shim/base/call_entry.h"
#include "shim/base/process_state.h"
#include "shim/base/stack.h"
#include "shim/emit/emit.h"

static void emit_failure(void *what)
{
	const struct call_failure *failure = what;
	struct event *event = emit_begin(EMIT_CALL, NODE_RUNNING, EVENT_WHAT_CALL, NULL);

	event->failed_call = (struct event_failed_call){failure->function, failure->returned};
	call_entry_fill(event);
	emit_send(EMIT_CALL);
}

static void report(const struct call_failure *failure)
{
	struct call_failure copy = *failure;

	if (!process_is_ours() || atomic_load(&process_words.failed_calls) >= FAILED_CALLS_MOST)
		return;
	if (atomic_exchange(&process_words.failed_call_busy, 1)) {
		atomic_fetch_add(&process_words.dropped, 1);
		return;
	}
	atomic_fetch_add(&process_words.failed_calls, 1);
	stack_call(emit_failure, &copy);
	atomic_store(&process_words.failed_call_busy, 0);
}

void failed_call_begin(void)
{
	call_entry_report(report);
}
