/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events - the events of vigil/events.h, for a comparison with torch.distributed.elastic.events.
 *
 * usage: events < LINES        a line is "E" or "R" and an Event's or RdzvEvent's JSON: it is read,
 *                              and written again; or "! ERRNO TEXT" says why not
 *        events table          the events that test_events makes in Python, made in C
 *        events construct      an RdzvEvent of a failure, of which nothing else is given, to stdout
 */
#include <vigil/events.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[4 * 1024 * 1024], out[sizeof line];

static void say(ssize_t result)
{
	if (result >= 0 && (size_t)result < sizeof out)
		puts(out);
	else
		printf("! %d %s\n", (int)-result, vigil_error_text());
}

static ssize_t event_again(const char *json)
{
	struct vigil_event *event;
	int error = vigil_event_deserialize(json, &event);
	ssize_t result;

	if (error < 0)
		return error;
	result = vigil_event_serialize(event, out, sizeof out);
	vigil_event_free(event);
	return result;
}

static ssize_t rdzv_event_again(const char *json)
{
	struct vigil_rdzv_event *event;
	int error = vigil_rdzv_event_deserialize(json, &event);
	ssize_t result;

	if (error < 0)
		return error;
	result = vigil_rdzv_event_serialize(event, out, sizeof out);
	vigil_rdzv_event_free(event);
	return result;
}

static void say_table(void)
{
	const struct vigil_extra all[] = {VIGIL_STR("text", "a \"b\" \\ /\n\x7f"),
		VIGIL_STR("none", NULL), VIGIL_INT("least", INT64_MIN),
		VIGIL_INT("most", INT64_MAX), VIGIL_INT("above_2_53", 9007199254740993),
		VIGIL_FLOAT("tenth", 0.1), VIGIL_FLOAT("whole", 1e16), VIGIL_FLOAT("small", 1e-7),
		VIGIL_FLOAT("nan", NAN), VIGIL_FLOAT("inf", INFINITY),
		VIGIL_FLOAT("-inf", -INFINITY), VIGIL_FLOAT("minus_zero", -0.0),
		VIGIL_BOOL("yes", true), VIGIL_BOOL("no", false),
		{"huge", VIGIL_TYPE_INT, "1180591620717411303424", 0, 0},
		VIGIL_STR("\xc3\xa4\xf0\x9f\x98\x80", "\xe2\x80\xa8\xf0\x9f\x98\x80"), VIGIL_END};
	const struct vigil_event events[] = {
		{.name = "plain"}, {"all", VIGIL_SOURCE_WORKER, 1700000000123, all}};
	struct vigil_rdzv_event rdzv;

	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		say(vigil_event_serialize(&events[i], out, sizeof out));
	vigil_rdzv_event_init(&rdzv);
	say(vigil_rdzv_event_serialize(&rdzv, out, sizeof out));
	rdzv = (struct vigil_rdzv_event){"a.py:f", "run", "it is\tover", "n1.example", 4711,
		VIGIL_NODE_FAILED, "n0:29500", 3, 1, "Traceback:\n  x\n"};
	say(vigil_rdzv_event_serialize(&rdzv, out, sizeof out));
}

static int construct(void)
{
	const struct vigil_rdzv_event event = {
		.node_state = VIGIL_NODE_FAILED, .rank = VIGIL_NONE, .local_id = VIGIL_NONE};
	struct vigil_handler *handler;

	if (vigil_stream_handler_new(1, &handler) < 0 ||
		vigil_register_destination("dynamic_rendezvous", handler) < 0)
		return 1;
	return vigil_construct_and_record_rdzv_event(&event) < 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "table") == 0) {
		say_table();
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "construct") == 0)
		return construct();
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		say(line[0] == 'E' ? event_again(line + 1) : rdzv_event_again(line + 1));
	}
	return 0;
}
