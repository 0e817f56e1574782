/* SPDX-License-Identifier: Apache-2.0 */
#include "core/include/vigil/events.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static const struct vigil_extra some[] = {VIGIL_STR("a", "x"), VIGIL_STR("b", NULL),
	VIGIL_INT("c", -3), VIGIL_FLOAT("d", 0.5), VIGIL_BOOL("e", true), VIGIL_END};
static const struct vigil_event event = {"n", VIGIL_SOURCE_WORKER, 12, some};
static const char event_json[] =
	"{\"name\": \"n\", \"source\": \"WORKER\", \"timestamp\": 12, \"metadata\": {\"a\": \"x\", "
	"\"b\": null, \"c\": -3, \"d\": 0.5, \"e\": true}}";

static const char rdzv_json[] =
	"{\"name\": \"f:g\", \"run_id\": \"r\", \"message\": \"m\", \"hostname\": \"h\", "
	"\"pid\": 7, \"node_state\": \"FAILED\", \"master_endpoint\": \"\", \"rank\": 0, "
	"\"local_id\": null, \"error_trace\": \"t\"}";

static void it_is_cut_as_by_snprintf(void **state)
{
	char buffer[sizeof event_json + 8], untouched = 'x';

	(void)state;
	assert_int_equal(vigil_event_serialize(&event, NULL, 0), sizeof event_json - 1);
	assert_int_equal(vigil_event_serialize(&event, &untouched, 0), sizeof event_json - 1);
	assert_int_equal(untouched, 'x');
	for (size_t size = 1; size <= sizeof buffer; size++) {
		size_t whole = sizeof event_json - 1, kept = size - 1 < whole ? size - 1 : whole;

		memset(buffer, '#', sizeof buffer);
		assert_int_equal(vigil_event_serialize(&event, buffer, size), whole);
		assert_memory_equal(buffer, event_json, kept);
		assert_int_equal(buffer[kept], '\0');
		assert_true(size == sizeof buffer || buffer[size] == '#');
	}
}

static void the_defaults_are_torchelastic_s(void **state)
{
	const struct vigil_event least = {.name = "n"};
	struct vigil_rdzv_event *read, rdzv = {.node_state = VIGIL_NODE_SUCCEEDED};
	char buffer[512];

	(void)state;
	vigil_event_serialize(&least, buffer, sizeof buffer);
	assert_string_equal(buffer,
		"{\"name\": \"n\", \"source\": \"AGENT\", \"timestamp\": 0, \"metadata\": {}}");
	vigil_rdzv_event_serialize(&rdzv, buffer, sizeof buffer); /* NULL is "", and 0 is a rank */
	assert_non_null(strstr(buffer, "\"node_state\": \"SUCCEEDED\", \"master_endpoint\": \"\", "
				       "\"rank\": 0, \"local_id\": 0, \"error_trace\": \"\"}"));
	assert_int_equal(vigil_rdzv_event_deserialize(
				 "{\"name\":\"\",\"run_id\":\"\",\"message\":\"\",\"hostname\":"
				 "\"\",\"pid\":1,\"node_state\":\"RUNNING\"}",
				 &read),
		0);
	assert_int_equal(read->node_state, VIGIL_NODE_RUNNING);
	assert_true(read->rank == VIGIL_NONE && read->local_id == VIGIL_NONE);
	assert_string_equal(read->master_endpoint, "");
	assert_string_equal(read->error_trace, "");
	vigil_rdzv_event_free(read);
}

static void an_event_is_read_with_its_types(void **state)
{
	struct vigil_event *read;
	const struct vigil_extra *extra;

	(void)state;
	assert_int_equal(vigil_event_deserialize(event_json, &read), 0);
	assert_string_equal(read->name, "n");
	assert_int_equal(read->source, VIGIL_SOURCE_WORKER);
	assert_int_equal(read->timestamp, 12);
	extra = read->metadata;
	assert_string_equal(extra[0].string, "x");
	assert_true(extra[1].type == VIGIL_TYPE_STR && extra[1].string == NULL);
	assert_true(extra[2].type == VIGIL_TYPE_INT && extra[2].integer == -3);
	assert_true(extra[3].type == VIGIL_TYPE_FLOAT && extra[3].number == 0.5);
	assert_true(extra[4].type == VIGIL_TYPE_BOOL && extra[4].integer == 1);
	assert_null(extra[5].key);
	vigil_event_free(read);
	vigil_event_free(NULL);
}

static void an_rdzv_event_is_read_and_written_again(void **state)
{
	struct vigil_rdzv_event *read;
	char buffer[512];

	(void)state;
	assert_int_equal(vigil_rdzv_event_deserialize(rdzv_json, &read), 0);
	assert_int_equal(read->pid, 7);
	assert_int_equal(read->rank, 0);
	assert_int_equal(
		vigil_rdzv_event_serialize(read, buffer, sizeof buffer), sizeof rdzv_json - 1);
	assert_string_equal(buffer, rdzv_json);
	vigil_rdzv_event_free(read);
	vigil_rdzv_event_free(NULL);
}

static void assert_refused(const char *json, int error, const char *text)
{
	struct vigil_event *read = (void *)&event;

	assert_int_equal(vigil_event_deserialize(json, &read), error);
	assert_string_equal(vigil_error_text(), text);
	assert_ptr_equal(read, &event);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_refused("{", -EINVAL, "not valid JSON");
	assert_refused("[]", -EINVAL, "expected a JSON object");
	assert_refused("{\"name\":\"n\"}", -ENOENT, "KeyError: 'source'");
	assert_refused("{\"name\":\"n\",\"source\":\"agent\"}", -ENOENT, "KeyError: 'agent'");
	assert_refused("{\"source\":\"AGENT\"}", -EINVAL,
		"Event.__init__() missing 1 required positional argument: 'name'");
	assert_refused("{\"name\":\"n\",\"source\":\"AGENT\",\"rank\":1}", -EINVAL,
		"Event.__init__() got an unexpected keyword argument 'rank'");
	assert_refused("{\"name\":\"n\",\"source\":\"AGENT\",\"metadata\":{\"a\":[1]}}", -EINVAL,
		"a: expected a str, an int, a float, a bool or None, found list");
	assert_refused("{\"name\":\"n\",\"source\":\"AGENT\",\"timestamp\":1.0}", -EINVAL,
		"timestamp: expected an int, found float");
}

static void what_is_out_of_range_is_not_written(void **state)
{
	const struct vigil_extra wrong[] = {{"a", (enum vigil_type)9, NULL, 0, 0}, VIGIL_END};
	struct vigil_event bad = {"n", (enum vigil_event_source)2, 0, NULL};
	struct vigil_rdzv_event rdzv = {.node_state = (enum vigil_node_state)4};
	char buffer[512];

	(void)state;
	assert_int_equal(vigil_event_serialize(&bad, buffer, sizeof buffer), -EINVAL);
	bad.source = VIGIL_SOURCE_AGENT;
	bad.metadata = wrong;
	assert_int_equal(vigil_event_serialize(&bad, buffer, sizeof buffer), -EINVAL);
	assert_int_equal(vigil_rdzv_event_serialize(&rdzv, buffer, sizeof buffer), -EINVAL);
	assert_null(vigil_event_source_name((enum vigil_event_source) - 1));
	assert_null(vigil_node_state_name((enum vigil_node_state)4));
	assert_string_equal(vigil_node_state_name(VIGIL_NODE_FAILED), "FAILED");
}

UNIT_TESTS(cmocka_unit_test(it_is_cut_as_by_snprintf),
	cmocka_unit_test(the_defaults_are_torchelastic_s),
	cmocka_unit_test(an_event_is_read_with_its_types),
	cmocka_unit_test(an_rdzv_event_is_read_and_written_again),
	cmocka_unit_test(what_is_wrong_is_said),
	cmocka_unit_test(what_is_out_of_range_is_not_written))
