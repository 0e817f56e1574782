/* SPDX-License-Identifier: Apache-2.0 */
/* basicConfig(), whole configurations and the end, by the public API. The numbers are those of the
 * statements that a test shows; the cases of basicConfig() are those that Python's own tests
 * distinguish. */
#include "tests/unit/api_world.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

/* The root as it is at first, and an empty file. */
static int begin(void **state)
{
	struct vigil_logger *root = vigil_get_logger(NULL);
	struct vigil_handler *handler;
	int fd;

	(void)state;
	while (vigil_logger_handlers(root, &handler, 1) > 0)
		vigil_logger_remove_handler(root, handler);
	vigil_set_level(root, VIGIL_WARNING);
	strcpy(path, "/tmp/vigil-basic-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static const char *content(void)
{
	static char text[4096];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void without_arguments_it_is_stderr_162(void **state)
{
	struct vigil_logger *root = vigil_get_logger(NULL), *logger = vigil_get_logger("b.x");
	struct vigil_handler *handler;
	char said[256];
	int saved;

	(void)state;
	assert_int_equal(vigil_basic_configure(NULL), 0);
	assert_int_equal(vigil_logger_handlers(root, &handler, 1), 1);
	assert_int_equal(vigil_logger_level(root), VIGIL_WARNING);
	saved = hold_stderr();
	vigil_warning(logger, "w");
	vigil_info(logger, "i");
	assert_string_equal(said_on_stderr(saved, said, sizeof said), "WARNING:b.x:w\n");
	assert_int_equal(vigil_basic_configure(NULL), 0);
	assert_int_equal(vigil_logger_handlers(root, NULL, 0), 1);
}

static void a_file_is_written_as_it_is_reported(void **state)
{
	const struct vigil_basic_config append = {
		.filename = path, .format = "%(message)s", .level = "DEBUG"};
	const struct vigil_basic_config anew = {.filename = path,
		.filemode = "w",
		.style = "{",
		.format = "{levelname} {message}",
		.force = true};
	struct vigil_logger *root = vigil_get_logger(NULL);

	(void)state;
	assert_int_equal(vigil_basic_configure(&append), 0);
	vigil_debug(root, "one");
	assert_string_equal(content(), "one\n");
	assert_int_equal(vigil_logger_level(root), VIGIL_DEBUG);
	assert_int_equal(vigil_basic_configure(&anew), 0);
	assert_int_equal(vigil_logger_handlers(root, NULL, 0), 1);
	vigil_debug(root, "two");
	assert_string_equal(content(), "DEBUG two\n");
}

static void styles_have_defaults_of_their_own_86(void **state)
{
	static const char *const styles[] = {"%", "{", "$"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct vigil_basic_config config = {
			.filename = path, .filemode = "w", .style = styles[i], .force = true};

		assert_int_equal(vigil_basic_configure(&config), 0);
		vigil_error(vigil_get_logger("b.n"), "hello");
		assert_string_equal(content(), "ERROR:b.n:hello\n");
	}
}

static void dates_are_formatted(void **state)
{
	const struct vigil_basic_config config = {
		.filename = path, .format = "%(asctime)s", .datefmt = "%Y"};

	(void)state;
	assert_int_equal(vigil_basic_configure(&config), 0);
	vigil_error(vigil_get_logger(NULL), "x");
	assert_int_equal(strlen(content()), 5);
	assert_true(atoi(content()) >= 2024);
}

static void what_python_refuses_is_refused_163(void **state)
{
	static struct record_buffer kept;
	struct vigil_handler *handlers[] = {keeping(&kept), NULL};
	const struct {
		struct vigil_basic_config config;
		const char *why;
	} bad[] = {
		{{.stream = 1, .filename = path},
			"'stream' and 'filename' should not be specified together"},
		{{.stream = 1, .handlers = handlers},
			"'stream' or 'filename' should not be specified together with 'handlers'"},
		{{.filename = path, .handlers = handlers},
			"'stream' or 'filename' should not be specified together with 'handlers'"},
		{{.style = "x"}, "Style must be one of: %,{,$"},
		{{.filename = path, .filemode = "q"}, "invalid mode: 'q'"},
		{{.filename = "/nonexistent/x"},
			"[Errno 2] No such file or directory: '/nonexistent/x'"},
		{{.format = "x"}, "Invalid format 'x' for '%' style"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_true(vigil_basic_configure(&bad[i].config) < 0);
		assert_string_equal(vigil_error_text(), bad[i].why);
		assert_int_equal(vigil_logger_handlers(vigil_get_logger(NULL), NULL, 0), 0);
	}
}

static void handlers_get_the_basic_formatter_164(void **state)
{
	static struct record_buffer bare, own;
	struct vigil_handler *handlers[] = {keeping(&bare), keeping(&own), NULL};
	const struct vigil_basic_config config = {.handlers = handlers, .level_number = VIGIL_INFO};

	(void)state;
	vigil_handler_set_formatter(handlers[1], formatting("own %(message)s"));
	assert_int_equal(vigil_basic_configure(&config), 0);
	vigil_info(vigil_get_logger("b.h"), "m");
	assert_string_equal(bare.text, "INFO:b.h:m\n");
	assert_string_equal(own.text, "own m\n");
}

static void the_roots_own_calls_configure_it_41_239(void **state)
{
	char said[256];
	int saved = hold_stderr();

	(void)state;
	vigil_root_info("not yet %d", 1);
	vigil_root_error("now %d", 2);
	assert_string_equal(said_on_stderr(saved, said, sizeof said), "ERROR:root:now 2\n");
	assert_int_equal(vigil_logger_handlers(vigil_get_logger(NULL), NULL, 0), 1);
}

static void an_unknown_level_comes_last_as_in_python(void **state)
{
	const struct vigil_basic_config config = {.level = "WARNIG"};

	(void)state;
	assert_int_equal(vigil_basic_configure(&config), -EINVAL);
	assert_string_equal(vigil_error_text(), "Unknown level: 'WARNIG'");
	assert_int_equal(vigil_logger_handlers(vigil_get_logger(NULL), NULL, 0), 1);
}

static void a_configuration_in_memory_and_what_is_wrong_with_it(void **state)
{
	struct vigil_logger *logger = vigil_get_logger("b.config");
	char good[512];

	(void)state;
	snprintf(good, sizeof good,
		"version: 1\ndisable_existing_loggers: false\n"
		"formatters: {f: {format: '%%(name)s|%%(message)s'}}\n"
		"handlers: {h: {class: logging.FileHandler, filename: %s, formatter: f}}\n"
		"root: {level: INFO, handlers: [h]}\n",
		path);
	assert_int_equal(vigil_config_parse(good), 0);
	vigil_info(logger, "yes");
	assert_string_equal(content(), "b.config|yes\n");
	assert_int_equal(
		vigil_config_parse("version: 1\nroot: {level: WARNIG, handlers: [zz]}"), -EINVAL);
	assert_string_equal(vigil_error_text(),
		"<text>:2:15: root.level: Unknown level: 'WARNIG'; did you mean 'WARNING'?\n"
		"<text>:2:34: root.handlers[0]: Unable to add handler 'zz': it is not defined");
	vigil_info(logger, "still");
	assert_string_equal(content(), "b.config|yes\nb.config|still\n");
	assert_non_null(vigil_handler_by_name("h"));
	assert_int_equal(vigil_config_load("/nonexistent/job.yaml"), -ENOENT);
	assert_string_equal(vigil_error_text(), "/nonexistent/job.yaml: No such file or directory");
}

/* 231: while another thread puts one of two files in its place. */
static void *swap_files(void *stop)
{
	for (unsigned i = 0; !*(atomic_bool *)stop; i++) {
		char from[80];
		FILE *file;

		snprintf(from, sizeof from, "%s.new", path);
		file = fopen(from, "w");
		/* One is much longer than the other, and half of either is no configuration. */
		fprintf(file, "version: 1\n%*s\nroot: {level: %s}\n", i % 2 == 0 ? 5000 : 1, "",
			i % 2 == 0 ? "INFO" : "ERROR");
		fclose(file);
		rename(from, path);
	}
	return NULL;
}

static void a_file_that_is_replaced_is_read_whole_231(void **state)
{
	atomic_bool stop = false;
	pthread_t thread;
	FILE *file = fopen(path, "w");

	(void)state;
	fputs("version: 1\nroot: {level: INFO}\n", file);
	fclose(file);
	pthread_create(&thread, NULL, swap_files, &stop);
	for (int i = 0; i < 300; i++) {
		int level;

		assert_int_equal(vigil_config_load(path), 0);
		level = vigil_logger_level(vigil_get_logger(NULL));
		assert_true(level == VIGIL_INFO || level == VIGIL_ERROR);
	}
	stop = true;
	pthread_join(thread, NULL);
}

static char order[16];

static void note_close(void *data)
{
	strcat(order, data);
}

static struct vigil_handler *closing(const char *name)
{
	const struct vigil_handler_spec spec = {
		.emit = keep_emit, .close = note_close, .data = (void *)name};
	struct vigil_handler *handler;

	assert_int_equal(vigil_custom_handler_new(&spec, &handler), 0);
	return handler;
}

static void shutdown_closes_the_newest_first_166_168(void **state)
{
	(void)state;
	closing("1");
	closing("2");
	closing("3");
	order[0] = '\0';
	vigil_shutdown();
	assert_string_equal(order, "321");
	vigil_shutdown();
	assert_string_equal(order, "321");
}

static void note_to_file(void *data)
{
	FILE *file = fopen(data, "a");

	fputs("closed\n", file);
	fclose(file);
}

static void the_end_of_the_process_shuts_down_166_167(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		const struct vigil_handler_spec spec = {
			.emit = keep_emit, .close = note_to_file, .data = path};
		struct vigil_handler *handler;

		vigil_custom_handler_new(&spec, &handler);
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_string_equal(content(), "closed\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(without_arguments_it_is_stderr_162),
		CASE(a_file_is_written_as_it_is_reported),
		CASE(styles_have_defaults_of_their_own_86),
		CASE(dates_are_formatted),
		CASE(what_python_refuses_is_refused_163),
		CASE(handlers_get_the_basic_formatter_164),
		CASE(the_roots_own_calls_configure_it_41_239),
		CASE(an_unknown_level_comes_last_as_in_python),
		CASE(a_configuration_in_memory_and_what_is_wrong_with_it),
		CASE(a_file_that_is_replaced_is_read_whole_231),
		CASE(shutdown_closes_the_newest_first_166_168),
		CASE(the_end_of_the_process_shuts_down_166_167),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
