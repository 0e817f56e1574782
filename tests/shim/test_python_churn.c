/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crashes of a Python program whose other threads make and free what is read meanwhile: the event,
 * the native frames and the dying thread's own Python stack are there every time.
 *
 * VIGIL_REPEAT says how often each case runs (3).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"
#include "tests/support/pythons.h"

#define REPEAT 3
#define REPEAT_MAX 200

static bool is_python(const cJSON *frame)
{
	return strcmp(reported_string(frame, "kind"), "python") == 0;
}

/* The frame that crashed is Python's innermost but for those of ctypes. */
static void own_stack(const struct run *watched)
{
	const cJSON *frame;
	size_t native = 0, python = 0, crashing = 0;

	cJSON_ArrayForEach(frame, reported_get(run_end(watched), "frames"))
	{
		native += !is_python(frame);
		python += is_python(frame);
		crashing += is_python(frame) && python <= 2 &&
			    strcmp(reported_string(frame, "function"), "in_main") == 0;
	}
	assert_true(native > 0);
	if (crashing != 1)
		fail_msg("%zu Python frames in:\n%s", python,
			reported_string(run_end(watched), "error_trace"));
}

static void own_and_others(const struct run *watched)
{
	const char *at = reported_string(run_end(watched), "error_trace");
	size_t count = 0;

	own_stack(watched);
	while ((at = strstr(at, "\nPython stack of thread 0x")) != NULL) {
		count++;
		at++;
	}
	if (count < 10)
		fail_msg("%zu other threads", count);
}

static const struct {
	const char *name, *sentence;
	void (*also)(const struct run *watched);
} cases[] = {
	{"hundred", "among 100 threads", own_and_others},
	{"one_of_hundred", "in one of 100 threads", own_and_others},
	{"many_at_once", "in 40 threads at once", own_stack},
	{"collecting", "in a __del__ that the collector calls", own_stack},
	{"callback", "in a callback of the collector's", own_stack},
	{"frames", "while frames come and go", own_stack},
	{"threads", "while threads come and go", own_stack},
	{"cycles", "while others collect", own_stack},
};

#define COUNT (sizeof cases / sizeof *cases)

static struct {
	struct run_case run[PYTHONS_MAX * COUNT * REPEAT_MAX];
	char sentences[PYTHONS_MAX * COUNT * REPEAT_MAX][96];
	size_t count;
} made;

static void make_case(size_t number, const struct python *python, int time)
{
	char *sentence = made.sentences[made.count];

	snprintf(sentence, sizeof *made.sentences, "%s's churn: a crash %s, %d", python->name,
		cases[number].sentence, time);
	made.run[made.count++] = (struct run_case){
		.sentence = sentence,
		.argv = {python->path, SCRIPT("churn.py"), cases[number].name},
		.life = LIVED("FAILED SIGSEGV SEGV_MAPERR"),
		.also = cases[number].also,
	};
}

static int repeat(void)
{
	const char *wanted = getenv("VIGIL_REPEAT");
	int times = wanted == NULL ? REPEAT : atoi(wanted);

	return times < 1 ? 1 : times > REPEAT_MAX ? REPEAT_MAX : times;
}

int main(void)
{
	static struct python pythons[PYTHONS_MAX];
	size_t count = pythons_find(pythons);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < COUNT; j++)
			for (int time = 1; time <= repeat(); time++)
				make_case(j, &pythons[i], time);
	return run_cases_("python's churn", made.run, made.count);
}
