/* SPDX-License-Identifier: Apache-2.0 */
/* What is pure of core/transport: URLs, ids of messages, files made of messages, spools. */
#include "core/base/text.h"
#include "core/transport/assemble.h"
#include "core/transport/server.h"
#include "core/transport/spool.h"
#include "tests/unit/unit.h"

#include <errno.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

static int begin(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/vigil-transport-XXXXXX");
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", directory);
	return system(command);
}

static void put(const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "ae");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_holds(const char *name, const char *text)
{
	char path[512], bytes[256] = "";
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "re");
	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(bytes, text);
}

static void urls_of_servers(void **state)
{
	static const struct {
		const char *text, *url, *run;
	} rows[] = {
		{"nats://n1:4222", "nats://n1:4222", ""},
		{"nats://n1:4222/", "nats://n1:4222", ""},
		{"tls://n1:4222/job.7/a b", "tls://n1:4222", "job.7/a b"},
		{"nats://[::1]:4222/r", "nats://[::1]:4222", "r"},
		{"nats://a:1,nats://b:2/r", "nats://a:1,nats://b:2", "r"},
		{"nats:///r", "nats://u:secret@n9:1", "r"},
		{"nats://", "nats://u:secret@n9:1", ""},
	};
	struct server server;
	char complaint[300];

	(void)state;
	setenv("NATS_URL", "nats://u:secret@n9:1", 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(server_is_url(rows[i].text));
		assert_int_equal(
			server_parse(rows[i].text, &server, complaint, sizeof complaint), 0);
		assert_string_equal(server.url, rows[i].url);
		assert_string_equal(server.run, rows[i].run);
		assert_null(strstr(server.shown, "secret"));
	}
	assert_string_equal(server.shown, "nats://n9:1");
	assert_false(server_is_url("./nats"));
	assert_false(server_is_url("http://n1/"));
}

static void urls_that_are_refused(void **state)
{
	static const char *const rows[] = {"nats://me:secret@n1:4222", "nats://secret@n1/r",
		"nats://n1,nats://secret@n2/r", "nats://n1\n", "nats://n1,", "nats://n1 /r",
		"nats://n1/a\001b", "nats:///r", "nats://n1/a\xff", "nats://n1:0",
		"nats://n1:65536/r", "nats://n1:", "nats://n1:4222x", "nats://:4222",
		"nats://[::1:4222", "nats://a:1,nats://b:x", "nats://,nats://b:1"};
	struct server server;
	char complaint[300];

	(void)state;
	unsetenv("NATS_URL");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(
			server_parse(rows[i], &server, complaint, sizeof complaint), -EINVAL);
		assert_null(strstr(complaint, "secret"));
		if (strchr(rows[i], '@') != NULL)
			assert_non_null(strstr(complaint, "NATS_CREDS"));
	}
}

static void the_outer_token_is_for_its_server_alone(void **state)
{
	struct server server;
	struct server_login login;
	char complaint[300];

	(void)state;
	setenv("VIGIL_TO", "nats://n1:1,nats://n1:2", 1);
	setenv("VIGIL_TO_TOKEN", "v7", 1);
	setenv("NATS_USER", "me", 1);
	assert_int_equal(server_parse("nats://n1:1,nats://n1:2/r", &server, complaint, 300), 0);
	server_login(&server, &login);
	assert_string_equal(login.token, "v7");
	assert_null(login.user);
	assert_int_equal(server_parse("nats://n2:1/r", &server, complaint, 300), 0);
	server_login(&server, &login);
	assert_null(login.token);
	assert_string_equal(login.user, "me");
	unsetenv("VIGIL_TO");
	unsetenv("VIGIL_TO_TOKEN");
	unsetenv("NATS_USER");
}

static void names_on_the_server(void **state)
{
	char stream[MESSAGE_NAME_SIZE], subject[MESSAGE_SUBJECT_SIZE], other[MESSAGE_NAME_SIZE];
	char longest[RUN_ID_SIZE];

	(void)state;
	message_stream("71.3", stream);
	assert_string_equal(stream, "VIGIL_71=2E3");
	message_subject("a b*>", "n1.cluster", subject);
	assert_string_equal(subject, "vigil.a=20b=2A=3E.n1=2Ecluster");
	memset(longest, '*', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	message_stream(longest, stream);
	longest[0] = '/';
	message_stream(longest, other);
	assert_string_not_equal(stream, other);
	assert_true(strlen(stream) >= 7 && strlen(stream) <= 200);
	assert_null(strpbrk(stream, "/.*> "));
}

static void an_id_is_read_as_it_was_written(void **state)
{
	struct message_place place = {.host = "n1", .offset = 4711, .length = 3}, read;
	char id[MESSAGE_ID_SIZE];
	const char *why;

	(void)state;
	assert_true(
		message_file_name("n1+uid7.jsonl.2", "{\"time_us\":17,\"x\":1}\n", 21, place.file));
	assert_non_null(strstr(place.file, "n1+uid7.jsonl.0000000000000017-"));
	message_id(&place, id);
	assert_int_equal(message_parse(id, 3, &read, &why), 0);
	assert_string_equal(read.host, "n1");
	assert_string_equal(read.file, place.file);
	assert_int_equal(read.offset, 4711);
	assert_int_equal(message_parse(id, 4, &read, &why), -EINVAL);
}

static void ids_that_are_refused(void **state)
{
	static const char *const rows[] = {"", "/", "////", "n1", "n1/x.jsonl", "n1/x.jsonl/0",
		"n1/x.jsonl/0/", "n1/x.jsonl//5", "n1/../x.jsonl/0/5", "n1//x.jsonl/0/5",
		"../x.jsonl/y/0/5", "n1/..jsonl/0/5", "n1/.x.jsonl/0/5", "n1/x/0/5", "n1/../0/5",
		"n1/x.jsonl.sh/0/5", "n1/x\n.jsonl/0/5", "n1/x.jsonl/-1/5", "n1/x.jsonl/1e3/5",
		"n1/x.jsonl/99999999999999999999/5", "n1/x.jsonl/9999999999999/5", "/x.jsonl/0/5",
		"n1/x.jsonl/0/05 ", "n1/libvigil.so/0/5", "n1/.forwarded-x/0/5",
		"\001/x.jsonl/0/5"};
	char id[1024];
	struct message_place place;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(message_parse(rows[i], 5, &place, &why), -EINVAL);
	assert_int_equal(message_parse(NULL, 5, &place, &why), -EINVAL);
	assert_int_equal(message_parse("n1/x.jsonl/0/0", 0, &place, &why), -EINVAL);
	assert_int_equal(message_parse("n1/x.jsonl/0/9000000", 9000000, &place, &why), -EINVAL);
	snprintf(id, sizeof id, "n1/%0300d.jsonl/0/5", 7);
	assert_int_equal(message_parse(id, 5, &place, &why), -EINVAL);
	snprintf(id, sizeof id, "%0100d/x.jsonl/0/5", 7);
	assert_int_equal(message_parse(id, 5, &place, &why), -EINVAL);
	assert_int_equal(message_parse("n1/x.jsonl/0/5", 5, &place, &why), 0);
}

static void add(struct assembly *assembly, const char *file, uint64_t offset, const char *bytes)
{
	struct message_place place = {
		.host = "n1", .offset = offset, .length = (uint32_t)strlen(bytes)};

	strcpy(place.file, file);
	assert_int_equal(assembly_add(assembly, &place, bytes), 0);
}

static void pieces_in_any_order_are_one_file(void **state)
{
	struct assembly assembly;

	(void)state;
	assert_int_equal(assembly_begin(&assembly, directory), 0);
	add(&assembly, "a.jsonl", 0, "ab\n");
	add(&assembly, "a.jsonl", 6, "ef\n");
	add(&assembly, "b.jsonl", 3, "yy\n");
	assert_holds("a.jsonl", "ab\n");
	add(&assembly, "a.jsonl", 0, "ab\n");
	add(&assembly, "a.jsonl", 9, "gh\n");
	add(&assembly, "a.jsonl", 1, "b\ncd\n");
	assert_holds("a.jsonl", "ab\ncd\nef\ngh\n");
	add(&assembly, "a.jsonl", 3, "cd\nef\ngh\nij\n");
	assert_holds("a.jsonl", "ab\ncd\nef\ngh\nij\n");
	assert_int_equal(assembly.missed, 0);
	assembly_flush(&assembly);
	assert_holds("b.jsonl", "yy\n");
	assert_int_equal(assembly.missed, 3);
	assembly_end(&assembly);
	/* Somebody goes on later. */
	assert_int_equal(assembly_begin(&assembly, directory), 0);
	add(&assembly, "a.jsonl", 0, "ab\n");
	add(&assembly, "a.jsonl", 15, "kl\n");
	assert_holds("a.jsonl", "ab\ncd\nef\ngh\nij\nkl\n");
	assembly_end(&assembly);
}

static void what_is_held_back_is_bounded(void **state)
{
	static char bytes[1 << 20];
	struct message_place place = {.host = "n1", .file = "a.jsonl", .length = sizeof bytes};
	struct assembly assembly;

	(void)state;
	assert_int_equal(assembly_begin(&assembly, directory), 0);
	for (uint64_t i = 1; i <= 100; i++) {
		place.offset = i << 30;
		assert_int_equal(assembly_add(&assembly, &place, bytes), 0);
	}
	assert_true(assembly.held >= 1 && assembly.held <= ASSEMBLY_HELD_MOST);
	assert_int_equal(assembly.missed + assembly.held, 100 * sizeof bytes);
	assembly_end(&assembly);
}

static void links_are_not_followed(void **state)
{
	struct message_place place = {.host = "n1", .file = "a.jsonl", .length = 2};
	struct assembly assembly;
	char path[128], target[128];

	(void)state;
	snprintf(path, sizeof path, "%s/a.jsonl", directory);
	snprintf(target, sizeof target, "%s/target", directory);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(assembly_begin(&assembly, directory), 0);
	assert_int_equal(assembly_add(&assembly, &place, "x\n"), -ELOOP);
	assert_int_not_equal(access(target, F_OK), 0);
	assembly_end(&assembly);
}

static void open_spool(struct spool *spool, const char *hostname)
{
	assert_int_equal(spool_open(spool, directory, NULL, hostname, "nats://h", "VIGIL_r"), 0);
	spool_scan(spool, false);
}

static void a_spool_goes_on_where_it_was(void **state)
{
	struct spool spool;
	char bytes[100];
	size_t files;
	const char *first;

	(void)state;
	put("n1.jsonl", "one\ntwo\nthr");
	put("n2.jsonl", "other\n");
	put("n1.txt", "none\n");
	open_spool(&spool, "n1");
	assert_int_equal(spool.count, 1);
	assert_true(spool_lock(&spool));
	assert_int_equal(spool_read(&spool, &spool.files[0], bytes, sizeof bytes, false), 8);
	assert_int_equal(spool_read(&spool, &spool.files[0], bytes, 5, false), 4);
	spool.files[0].sent = 8;
	assert_int_equal(spool_read(&spool, &spool.files[0], bytes, sizeof bytes, false), 0);
	assert_int_equal(spool_read(&spool, &spool.files[0], bytes, sizeof bytes, true), 3);
	spool_acknowledge(&spool, &spool.files[0], 4);
	spool_rewind(&spool, false);
	assert_int_equal(spool.files[0].sent, 4);
	spool_close(&spool);
	/* Rotated meanwhile, and a new file has its name: the other one is known all the same. */
	snprintf(bytes, sizeof bytes, "cd %s && mv n1.jsonl n1.jsonl.1", directory);
	assert_int_equal(system(bytes), 0);
	put("n1.jsonl", "new\n");
	open_spool(&spool, NULL);
	assert_int_equal(spool.count, 3);
	spool_set_targets(&spool, false);
	assert_int_equal(spool_left(&spool, &files, &first), 11 - 4 + 4 + 6);
	assert_int_equal(files, 3);
	spool_close(&spool);
}

static void one_of_several_senders_sends(void **state)
{
	struct spool one, other;

	(void)state;
	put("n1.jsonl", "one\ntwo\n");
	open_spool(&one, NULL);
	open_spool(&other, NULL);
	assert_true(spool_lock(&one));
	assert_false(spool_lock(&other));
	spool_acknowledge(&one, &one.files[0], 8);
	spool_read_state(&other);
	assert_int_equal(other.files[0].acknowledged, 8);
	spool_close(&one);
	assert_true(spool_lock(&other));
	spool_close(&other);
}

static void a_damaged_state_is_passed_over(void **state)
{
	struct spool spool;
	char name[300];

	(void)state;
	put("n1.jsonl", "one\ntwo\n");
	open_spool(&spool, NULL);
	snprintf(name, sizeof name, "%sx", spool.state_stem);
	put(name, "junk\n\n00000000000000000099 n1.jsonl\n-0000000000000000001 x\n9999999");
	spool_read_state(&spool);
	assert_int_equal(spool.files[0].acknowledged, 0);
	spool_close(&spool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_of_servers),
		cmocka_unit_test(urls_that_are_refused),
		cmocka_unit_test(the_outer_token_is_for_its_server_alone),
		cmocka_unit_test(names_on_the_server),
		cmocka_unit_test(an_id_is_read_as_it_was_written),
		cmocka_unit_test(ids_that_are_refused),
		TEST(pieces_in_any_order_are_one_file),
		TEST(what_is_held_back_is_bounded),
		TEST(links_are_not_followed),
		TEST(a_spool_goes_on_where_it_was),
		TEST(one_of_several_senders_sends),
		TEST(a_damaged_state_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
