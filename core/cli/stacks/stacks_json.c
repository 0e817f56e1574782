/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/stacks/stacks_json.h"

#include "core/base/json_out.h"
#include "core/events/event.h"

#include <errno.h>
#include <stdlib.h>

#define SIZE_AT_FIRST ((size_t)4 * 1024 * 1024)

static void write_frame(
	struct json_out *json, const struct frame *frame, const struct frame_note *note)
{
	json_begin_object(json, NULL);
	event_frame_members(frame, json);
	if (note->symbol != NULL)
		json_string(json, "symbol", note->symbol);
	if (note->inlined_count > 0)
		json_strings(json, "inlined", note->inlined, note->inlined_count);
	json_end_object(json);
}

static void write_thread(
	struct json_out *json, const struct live_thread *thread, const struct lines_stack *stack)
{
	json_begin_object(json, NULL);
	json_int(json, "tid", thread->tid);
	json_string(json, "name", thread->name);
	json_string(json, "state", live_state_name(thread->state));
	json_begin_array(json, "frames");
	for (size_t i = 0; i < stack->count; i++)
		write_frame(json, &stack->frames[i], &stack->notes[i]);
	json_end_array(json);
	if (thread->truncated)
		json_bool(json, "truncated", true);
	if (thread->stop != NULL && thread->error == NULL)
		json_string(json, "stop", thread->stop);
	if (thread->error != NULL)
		json_string(json, "error", thread->error);
	json_end_object(json);
}

static void write_processes(struct json_out *json, const struct live_process *processes,
	const struct stacks_targets *targets, const struct lines_stack *stacks)
{
	json_begin_object(json, NULL);
	json_string(json, "schema", "vigil.stacks/1");
	json_begin_array(json, "processes");
	for (size_t i = 0; i < targets->count; i++) {
		const struct live_process *process = &processes[i];

		json_begin_object(json, NULL);
		json_int(json, "pid", process->pid);
		json_string(json, "name", process->name[0] == '\0' ? NULL : process->name);
		if (targets->list[i].rank != RANK_UNKNOWN)
			json_int(json, "rank", targets->list[i].rank);
		if (process->refusal[0] != '\0')
			json_string(json, "error", process->refusal);
		json_begin_array(json, "threads");
		for (size_t j = 0; process->refusal[0] == '\0' && j < process->count; j++)
			write_thread(json, &process->threads[j], stacks++);
		json_end_array(json);
		if (process->left_out > 0)
			json_uint(json, "threads_left_out", process->left_out);
		call_counts_json(json, &process->calls);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

int stacks_json_print(FILE *to, const struct live_process *processes,
	const struct stacks_targets *targets, const struct lines_stack *stacks)
{
	for (size_t size = SIZE_AT_FIRST;; size *= 2) {
		char *buffer = malloc(size);
		struct text text;
		struct json_out json = {.text = &text};

		if (buffer == NULL)
			return -ENOMEM;
		text_init(&text, buffer, size);
		write_processes(&json, processes, targets, stacks);
		text_char(&text, '\n');
		if (!text.truncated)
			fwrite(text.data, 1, text.length, to);
		free(buffer);
		if (!text.truncated)
			return 0;
	}
}
