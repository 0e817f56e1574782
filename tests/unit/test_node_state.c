/* SPDX-License-Identifier: Apache-2.0 */
/* Every enum of an event and its words. They are spelled out here again: they are the format, and
 * may not change. */
#include "core/events/node_state.h"

#include "core/base/names.h"
#include "core/events/event.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Words that no table has, among them one in the other case: the names are case-sensitive. */
#define assert_refuses(parse, value, number, word)                                  \
	do {                                                                        \
		char other[32] = "";                                                \
                                                                                    \
		for (size_t j = 0; (word)[j] != '\0'; j++)                          \
			other[j] = (char)(isupper((word)[j]) ? tolower((word)[j])   \
							     : toupper((word)[j])); \
		assert_int_equal(parse(other, &(value)), -EINVAL);                  \
		assert_int_equal(parse(NULL, &(value)), -EINVAL);                   \
		assert_int_equal(parse("", &(value)), -EINVAL);                     \
		assert_int_equal(parse("unknown", &(value)), -EINVAL);              \
		assert_int_equal(parse("UNKNOWN", &(value)), -EINVAL);              \
		assert_int_equal(value, number);                                    \
	} while (0)

/* A test that TYPE's values from 0 on have these words, NULL for a value that is left out, and no
 * others. */
#define WORDS(test, type, count, name_of, parse, outside, ...)           \
	static void test(void **state)                                   \
	{                                                                \
		static const char *const words[] = {__VA_ARGS__};        \
		type value;                                              \
                                                                         \
		(void)state;                                             \
		assert_int_equal(NAMES_COUNT(words), count);             \
		for (size_t i = 0; i < NAMES_COUNT(words); i++) {        \
			if (words[i] == NULL) {                          \
				assert_null(name_of((type)i));           \
				continue;                                \
			}                                                \
			assert_string_equal(name_of((type)i), words[i]); \
			assert_int_equal(parse(words[i], &value), 0);    \
			assert_int_equal(value, i);                      \
			assert_refuses(parse, value, i, words[i]);       \
		}                                                        \
		assert_string_equal(name_of(count), outside);            \
		assert_string_equal(name_of((type)-1), outside);         \
		assert_string_equal(name_of((type)4711), outside);       \
	}

WORDS(node_states_have_their_words, enum node_state, NODE_STATE_COUNT_, node_state_name,
	node_state_parse, "UNKNOWN", "INIT", "RUNNING", "SUCCEEDED", "FAILED")
WORDS(sources_have_their_words, enum event_source, EVENT_SOURCE_COUNT_, event_source_name,
	event_source_parse, "UNKNOWN", "AGENT", "WORKER")
WORDS(causes_have_their_words, enum event_cause, EVENT_CAUSE_COUNT_, event_cause_name,
	event_cause_parse, "unknown", NULL, "fault", "abort", "exception", "exit", "terminated",
	"killed", "oom", "stopped", "vanished", "exec_failed")
WORDS(senders_have_their_words, enum event_sender, EVENT_SENDER_COUNT_, event_sender_name,
	event_sender_parse, "unknown", NULL, "self", "ancestor", "other")
WORDS(outcomes_have_their_words, enum trace_outcome, TRACE_OUTCOME_COUNT_, event_outcome_name,
	event_outcome_parse, "unknown", "none", "ok", "died", "timeout", "in_process")
WORDS(files_have_their_words, enum exec_file, EXEC_FILE_COUNT_, exec_file_name, exec_file_parse,
	"unknown", NULL, "directory", "elf", "script", "other")
WORDS(frame_kinds_have_their_words, enum frame_kind, FRAME_KIND_COUNT_, event_frame_kind_name,
	event_frame_kind_parse, "unknown", "cfi", "fp", "fixup", "python")
WORDS(launchers_have_their_words, enum launcher, LAUNCHER_COUNT_, identity_launcher_name,
	identity_launcher_parse, "unknown", "torchrun", "openmpi", "mpich", "flux", "pals", "jsm",
	"slurm", "none")

/* _exit and _Exit differ in case alone, so that this table is walked without the trial by the other
 * case. */
static void ways_to_exit_have_their_words(void **state)
{
	static const char *const words[] = {NULL, "return", "exit", "_exit", "_Exit", "quick_exit",
		"pthread_exit", "MPI_Abort", "wait"};
	enum event_how how = HOW_WAIT;

	(void)state;
	assert_int_equal(NAMES_COUNT(words), EVENT_HOW_COUNT_);
	assert_null(event_how_name(HOW_NONE));
	for (size_t i = 1; i < NAMES_COUNT(words); i++) {
		assert_string_equal(event_how_name((enum event_how)i), words[i]);
		assert_int_equal(event_how_parse(words[i], &how), 0);
		assert_int_equal(how, i);
	}
	assert_int_equal(event_how_parse(NULL, &how), -EINVAL);
	assert_int_equal(event_how_parse("EXIT", &how), -EINVAL);
	assert_int_equal(how, HOW_WAIT);
	assert_string_equal(event_how_name(EVENT_HOW_COUNT_), "unknown");
	assert_string_equal(event_how_name((enum event_how) - 1), "unknown");
}

UNIT_TESTS(cmocka_unit_test(node_states_have_their_words),
	cmocka_unit_test(sources_have_their_words), cmocka_unit_test(causes_have_their_words),
	cmocka_unit_test(ways_to_exit_have_their_words), cmocka_unit_test(senders_have_their_words),
	cmocka_unit_test(outcomes_have_their_words), cmocka_unit_test(files_have_their_words),
	cmocka_unit_test(frame_kinds_have_their_words),
	cmocka_unit_test(launchers_have_their_words))
