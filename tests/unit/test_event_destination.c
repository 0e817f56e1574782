/* SPDX-License-Identifier: Apache-2.0 */
#include "core/include/vigil/events.h"
#include "core/include/vigil/handlers.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In place of libc's: who asks for the host's name. */
static int lookups;

int getaddrinfo(
	const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)ret;
	lookups++;
	return EAI_FAIL;
}

/* A handler that keeps the last record. */
static struct {
	int count, level;
	char text[64 * 1024], logger[128];
} kept;

static int keep(const struct vigil_record *record, const char *text, size_t length, void *data)
{
	(void)data;
	kept.count++;
	kept.level = record->levelno;
	snprintf(kept.text, sizeof kept.text, "%.*s", (int)length, text);
	snprintf(kept.logger, sizeof kept.logger, "%s", record->name);
	return 0;
}

static struct vigil_handler *new_keeper(void)
{
	static const struct vigil_handler_spec spec = {.class_name = "Keeper", .emit = keep};
	struct vigil_handler *handler = NULL;

	assert_int_equal(vigil_custom_handler_new(&spec, &handler), 0);
	return handler;
}

static const struct vigil_event event = {.name = "e"};
static const char event_line[] =
	"{\"name\": \"e\", \"source\": \"AGENT\", \"timestamp\": 0, \"metadata\": {}}\n";

static int begin(void **state)
{
	(void)state;
	memset(&kept, 0, sizeof kept);
	lookups = 0;
	unsetenv("LOGLEVEL");
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

/* This one stands first: afterwards the destination has a handler. */
static void without_a_handler_no_work_is_done(void **state)
{
	struct vigil_rdzv_event failed = {.node_state = VIGIL_NODE_FAILED};

	(void)state;
	setenv("LOGLEVEL", "nonsense", 1); /* which would be seen where a logger is made */
	assert_int_equal(vigil_construct_and_record_rdzv_event(&failed), 0);
	assert_int_equal(lookups, 0);
	unsetenv("LOGLEVEL");
	assert_int_equal(vigil_record_rdzv_event(&failed), 0); /* to the null handler */
	assert_int_equal(vigil_construct_and_record_rdzv_event(&failed), 0);
	assert_int_equal(lookups, 0);
}

static void an_unknown_destination_is_a_key_error(void **state)
{
	(void)state;
	assert_int_equal(vigil_record(&event, "it's"), -ENOENT);
	assert_string_equal(vigil_error_text(), "KeyError: \"it's\"");
	assert_int_equal(vigil_record(&event, ""), -ENOENT);
	assert_string_equal(vigil_error_text(), "KeyError: ''");
}

/* As in Python, the level is looked at before the destination, and again the next time. */
static void a_loglevel_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = {"10", "debug", ""};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		setenv("LOGLEVEL", wrong[i], 1);
		snprintf(text, sizeof text, "Unknown level: '%s'", wrong[i]);
		assert_int_equal(vigil_record(&event, "null"), -EINVAL);
		assert_string_equal(vigil_error_text(), text);
		assert_int_equal(vigil_record(&event, "unknown"), -EINVAL);
		assert_string_equal(vigil_error_text(), text);
	}
	setenv("LOGLEVEL", "WARN", 1);
	assert_int_equal(vigil_record(&event, NULL), 0);
	assert_int_equal(
		vigil_logger_level(vigil_get_logger("torchelastic-events-null")), VIGIL_WARNING);
}

static void a_registered_destination_gets_the_line(void **state)
{
	struct vigil_logger *logger;

	(void)state;
	assert_int_equal(vigil_register_destination("kept", new_keeper()), 0);
	assert_int_equal(vigil_logger_add_handler(vigil_get_logger(NULL), new_keeper()), 0);
	assert_int_equal(vigil_record(&event, "kept"), 0);
	assert_int_equal(kept.count, 1); /* and the root heard nothing */
	assert_int_equal(kept.level, VIGIL_INFO);
	assert_string_equal(kept.text, event_line);
	assert_string_equal(kept.logger, "torchelastic-events-kept");
	logger = vigil_get_logger(kept.logger);
	assert_int_equal(vigil_logger_level(logger), VIGIL_INFO);
	assert_false(vigil_propagate(logger));
	setenv("LOGLEVEL", "ERROR", 1); /* too late: it was made once */
	vigil_record(&event, "kept");
	assert_int_equal(kept.count, 2);
	assert_int_equal(vigil_logger_handlers(logger, NULL, 0), 1);
	assert_int_equal(vigil_register_destination("kept", new_keeper()), -EBUSY);
	assert_string_equal(vigil_error_text(), "destination 'kept' has its logger already");
}

static void loglevel_silences_a_destination(void **state)
{
	(void)state;
	setenv("LOGLEVEL", "WARNING", 1);
	vigil_register_destination("quiet", new_keeper());
	assert_int_equal(vigil_record(&event, "quiet"), 0);
	assert_int_equal(kept.count, 0);
}

static void a_long_event_arrives_whole(void **state)
{
	static char name[30000];
	const struct vigil_event long_event = {.name = name};

	(void)state;
	memset(name, 'x', sizeof name - 1);
	vigil_register_destination("long", new_keeper());
	assert_int_equal(vigil_record(&long_event, "long"), 0);
	assert_non_null(strstr(kept.text, name));
	assert_non_null(strstr(kept.text, "\"metadata\": {}}\n"));
}

static void the_console_is_stderr(void **state)
{
	char got[256] = "";
	int saved = dup(STDERR_FILENO), ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	assert_int_equal(vigil_record(&event, "console"), 0);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(read(ends[0], got, sizeof got - 1), sizeof event_line - 1);
	assert_string_equal(got, event_line);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

static void a_configured_logger_is_a_destination(void **state)
{
	char path[] = "/tmp/vigil-destination-XXXXXX", config[512], got[256] = "";
	int fd = mkstemp(path);

	(void)state;
	snprintf(config, sizeof config,
		"{\"version\": 1, \"disable_existing_loggers\": false, "
		"\"handlers\": {\"f\": {\"class\": \"logging.FileHandler\", "
		"\"filename\": \"%s\"}}, "
		"\"loggers\": {\"torchelastic-events-mine\": {\"level\": \"DEBUG\", "
		"\"handlers\": [\"f\"]}}}",
		path);
	assert_int_equal(vigil_config_parse(config), 0);
	setenv("LOGLEVEL", "nonsense", 1); /* is not looked at */
	assert_int_equal(vigil_record(&event, "mine"), 0);
	assert_int_equal(read(fd, got, sizeof got - 1), sizeof event_line - 1);
	assert_string_equal(got, event_line);
	assert_int_equal(
		vigil_logger_level(vigil_get_logger("torchelastic-events-mine")), VIGIL_DEBUG);
	close(fd);
	unlink(path);
}

static struct vigil_rdzv_event *kept_event(void)
{
	struct vigil_rdzv_event *read = NULL;

	kept.text[strcspn(kept.text, "\n")] = '\0';
	assert_int_equal(vigil_rdzv_event_deserialize(kept.text, &read), 0);
	return read;
}

static void what_is_not_given_is_filled_in(void **state)
{
	struct vigil_rdzv_event given, *read;
	char hostname[256];

	(void)state;
	vigil_rdzv_event_init(&given);
	given.run_id = "run";
	given.message = "joined";
	given.node_state = VIGIL_NODE_RUNNING;
	given.error_trace = "is not looked at";
	given.rank = 3;
	vigil_logger_add_handler(
		vigil_get_logger("torchelastic-events-dynamic_rendezvous"), new_keeper());
	assert_int_equal(vigil_construct_and_record_rdzv_event(&given), 0);
	read = kept_event();
	gethostname(hostname, sizeof hostname);
	assert_string_equal(read->name, "test_event_destination.c:what_is_not_given_is_filled_in");
	assert_string_equal(read->run_id, "run");
	assert_string_equal(read->message, "joined");
	assert_string_equal(read->hostname, hostname);
	assert_int_equal(lookups, 1);
	assert_int_equal(read->pid, getpid());
	assert_int_equal(read->node_state, VIGIL_NODE_RUNNING);
	assert_true(read->rank == 3 && read->local_id == VIGIL_NONE);
	assert_string_equal(read->error_trace, "");
	vigil_rdzv_event_free(read);
}

static void what_is_given_stays(void **state)
{
	struct vigil_rdzv_event *read, given = {.name = "join", .hostname = "n1", .pid = 7};

	(void)state;
	assert_int_equal(vigil_construct_and_record_rdzv_event_at("/src/a.c", "f", &given), 0);
	read = kept_event();
	assert_string_equal(read->name, "a.c:join");
	assert_string_equal(read->hostname, "n1");
	assert_int_equal(read->pid, 7);
	assert_int_equal(lookups, 0);
	vigil_rdzv_event_free(read);
	assert_int_equal(vigil_construct_and_record_rdzv_event_at(NULL, "f", &given), 0);
	assert_non_null(strstr(kept.text, "\"no_file:join\""));
	given.name = "";
	assert_int_equal(vigil_construct_and_record_rdzv_event_at(NULL, "f", &given), 0);
	assert_non_null(strstr(kept.text, "\"no_file:\""));
	assert_int_equal(vigil_construct_and_record_rdzv_event_at("b.c", "f", &given), 0);
	assert_non_null(strstr(kept.text, "\"b.c:f\""));
}

/* The innermost frame is the caller's: it is the test itself. */
static void a_failure_brings_the_callers_stack(void **state)
{
	struct vigil_rdzv_event *read, given = {.node_state = VIGIL_NODE_FAILED};
	static const char top[] = "#0  a_failure_brings_the_callers_stack+0x";

	(void)state;
	assert_int_equal(vigil_construct_and_record_rdzv_event(&given), 0);
	read = kept_event();
	assert_memory_equal(read->error_trace, top, sizeof top - 1);
	assert_non_null(strstr(read->error_trace, "\n#1  "));
	vigil_rdzv_event_free(read);
}

UNIT_TESTS(TEST(without_a_handler_no_work_is_done), TEST(an_unknown_destination_is_a_key_error),
	TEST(a_loglevel_that_is_none_is_refused), TEST(a_registered_destination_gets_the_line),
	TEST(loglevel_silences_a_destination), TEST(a_long_event_arrives_whole),
	TEST(the_console_is_stderr), TEST(a_configured_logger_is_a_destination),
	TEST(what_is_not_given_is_filled_in), TEST(what_is_given_stays),
	TEST(a_failure_brings_the_callers_stack))
