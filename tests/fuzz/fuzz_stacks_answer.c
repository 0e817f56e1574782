/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request for stacks, as the name of an answer, and as the answer of another host:
 * no crash, and what was read can be written. */
#include "core/cli/stacks/stacks_json.h"
#include "core/cli/stacks/stacks_text.h"
#include "core/eventfile/stacks_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	struct stacks_set set = {.samples = 2};
	struct stacks_request request;
	char *text = malloc(size + 1), host[NAME_MAX + 1];
	bool is_whole;

	if (null == NULL)
		null = fopen("/dev/null", "we");
	if (text == NULL || null == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (stacks_request_parse(text, &request) &&
		(request.samples < 1 || request.interval_ms < 1))
		abort();
	stacks_answer_parse(text, "0123456789abcdef", host, &is_whole);
	stacks_json_read(&set, text, size, "n1");
	if (stacks_json_print(null, &set) < 0 || stacks_text_print(null, &set) < 0)
		abort();
	stacks_set_release(&set);
	free(text);
	return 0;
}
