/* SPDX-License-Identifier: Apache-2.0 */
/* logging.handlers.SocketHandler, DatagramHandler and SysLogHandler, vigil.JournalHandler, and what
 * they stand on. tests/conformance/test_handlers compares their bytes with Python's. */
#include "core/base/address.h"
#include "core/base/clock.h"
#include "core/base/output.h"
#include "core/base/peer.h"
#include "core/base/log_file.h"
#include "tests/unit/handler_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct address unix_address(struct world *world)
{
	struct address address;

	assert_int_equal(address_unix(&address, in(world, "socket")), 0);
	return address;
}

static int listen_at(const struct address *address, int type)
{
	int fd = socket(address->any.sa_family, type | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &address->any, address->length), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* What the next datagram or piece of a stream is, as a string. */
static const char *next_from(int fd)
{
	static char buffer[65536];
	ssize_t length = recv(fd, buffer, sizeof buffer - 1, MSG_DONTWAIT);

	buffer[length < 0 ? 0 : length] = '\0';
	return buffer;
}

static struct peer_sender sender(void)
{
	return (struct peer_sender){.process = getpid(), .connect_ms = 200};
}

static int note(struct peer *peer, const char *what)
{
	struct peer_sender self = sender();
	int result;

	errno = 4711;
	result = peer_send(peer, &self, what, strlen(what));
	assert_int_equal(errno, 4711);
	return result;
}

static void addresses_are_as_inet_pton_reads_them(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "255.255.255.255", "0.0.0.0", "::1",
		"::", "fe80::1", "1:2:3:4:5:6:7:8", "2001:db8::ff00:42:8329", "1::", "::2:3",
		"256.1.1.1", "1.2.3", "1.2.3.4.5", "1.2.3.", "", "1:2", "1:2:3:4:5:6:7:8:9",
		"1::2::3", ":1", "1:", "12345::", "g::", "1:2:3:4:5:6:7::8", "nowhere.invalid"};

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct address address = {0};
		unsigned char expected[16];
		bool four = inet_pton(AF_INET, hosts[i], expected) == 1;
		bool six = !four && inet_pton(AF_INET6, hosts[i], expected) == 1;
		int result = address_internet(&address, hosts[i], 514);

		if (result != (four || six ? 0 : -EADDRNOTAVAIL))
			fail_msg("'%s': %d", hosts[i], result);
		if (four)
			assert_memory_equal(&address.in.sin_addr, expected, 4);
		if (six)
			assert_memory_equal(&address.in6.sin6_addr, expected, 16);
		assert_int_equal(four ? ntohs(address.in.sin_port) : 514, 514);
		assert_int_equal(six ? ntohs(address.in6.sin6_port) : 514, 514);
	}
}

static void localhost_is_known_and_long_paths_are_refused(void **state)
{
	struct address address;
	char path[200];

	(void)state;
	assert_int_equal(address_internet(&address, "localhost", 1), 0);
	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[107] = '\0';
	assert_int_equal(address_unix(&address, path), 0);
	path[107] = 'x';
	path[108] = '\0';
	assert_int_equal(address_unix(&address, path), -ENAMETOOLONG);
	/* A program may change its directory. */
	assert_int_equal(address_unix(&address, "socket"), 0);
	assert_int_equal(address.un.sun_path[0], '/');
}

static void descriptors_lie_out_of_the_way_and_are_kept(void **state)
{
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_DGRAM), fd;
	struct peer peer;

	peer_init(&peer, &address, SOCK_DGRAM);
	assert_int_equal(note(&peer, "one"), 0);
	fd = peer.fd;
	assert_uint_in_range(fd, LOG_FILE_FD_LEAST, 100000);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(note(&peer, "two"), 0);
	assert_int_equal(peer.fd, fd);
	assert_int_equal(peer.user, 0);
	assert_string_equal(next_from(server), "one");
	assert_string_equal(next_from(server), "two");
	close(fd);
	close(server);
}

static void a_foreign_descriptor_under_our_number_is_left_alone(void **state)
{
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_DGRAM), foreign[2], fd;
	struct peer peer;

	peer_init(&peer, &address, SOCK_DGRAM);
	assert_int_equal(note(&peer, "one"), 0);
	fd = peer.fd;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, foreign), 0);
	assert_int_equal(dup2(foreign[0], fd), fd);
	assert_int_equal(note(&peer, "two"), 0);
	assert_string_equal(next_from(foreign[1]), "");
	assert_string_equal(next_from(server), "one");
	assert_string_equal(next_from(server), "two");
	assert_int_not_equal(peer.fd, fd);
	assert_int_equal(fcntl(fd, F_GETFD), 0); /* the program's own is still open */
	close(fd);
	close(peer.fd);
	close(server);
}

static void assert_comes_back(const struct address *address)
{
	int server = listen_at(address, SOCK_STREAM), connection;
	struct address there = *address;
	struct peer peer;

	assert_int_equal(getsockname(server, &there.any, &there.length), 0);
	peer_init(&peer, &there, SOCK_STREAM);
	assert_int_equal(note(&peer, "one"), 0);
	connection = accept(server, NULL, NULL);
	assert_string_equal(next_from(connection), "one");
	close(connection);
	assert_int_equal(note(&peer, "two"), 0);
	connection = accept(server, NULL, NULL);
	assert_string_equal(next_from(connection), "two");
	close(connection);
	close(server);
	close(peer.fd);
}

static void a_server_that_comes_back_gets_the_next_record(void **state)
{
	struct world *world = *state;
	struct address address = unix_address(world);

	assert_comes_back(&address);
	assert_int_equal(address_internet(&address, "127.0.0.1", 0), 0);
	assert_comes_back(&address);
}

static void a_server_that_is_away_is_asked_again_later(void **state)
{
	struct world *world = *state;
	struct address address = unix_address(world);
	struct peer_sender last = {.process = getpid(), .connect_ms = 50, .at_once = true};
	struct peer peer;
	int server, connection;

	peer_init(&peer, &address, SOCK_STREAM);
	assert_int_equal(note(&peer, "lost"), -ENOENT);
	assert_uint_in_range(peer.retry_period, 1000000, 1000000);
	server = listen_at(&address, SOCK_STREAM);
	assert_int_equal(note(&peer, "too early"), -EHOSTDOWN);
	assert_int_equal(peer_send(&peer, &last, "crash", 5), 0);
	connection = accept(server, NULL, NULL);
	assert_string_equal(next_from(connection), "crash");
	assert_int_equal(peer.retry_at, 0);
	close(connection);
	close(server);
	for (int i = 0; i < 7; i++) {
		peer.retry_at = 0;
		assert_int_equal(note(&peer, "lost"), -ECONNREFUSED);
	}
	assert_uint_in_range(peer.retry_period, 30000000, 30000000);
}

static void a_connection_is_not_waited_for_beyond_its_deadline(void **state)
{
	struct peer_sender self = {.process = getpid(), .connect_ms = 100};
	struct address address;
	struct peer peer;
	int64_t before;
	int server, full[3];

	(void)state;
	assert_int_equal(address_internet(&address, "127.0.0.1", 0), 0);
	server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server, &address.any, address.length), 0);
	assert_int_equal(listen(server, 0), 0);
	assert_int_equal(getsockname(server, &address.any, &address.length), 0);
	for (int i = 0; i < 3; i++) { /* nobody accepts: the queue is full, and SYNs are dropped */
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(full[i], &address.any, address.length);
	}
	peer_init(&peer, &address, SOCK_STREAM);
	before = instant_now().mono_us;
	assert_int_equal(peer_send(&peer, &self, "x", 1), -ETIMEDOUT);
	assert_uint_in_range(instant_now().mono_us - before, 95000, 900000);
	for (int i = 0; i < 3; i++)
		close(full[i]);
	close(server);
}

static void who_reads_nothing_is_not_waited_for_long(void **state)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	static char record[60000];
	struct world *world = *state;
	struct address address = unix_address(world);
	struct peer_sender self = sender();

	for (int i = 0; i < 2; i++) {
		int server = listen_at(&address, types[i]), result = 0;
		int64_t before, took;
		struct peer peer;

		peer_init(&peer, &address, types[i]);
		do {
			before = instant_now().mono_us;
			result = peer_send(&peer, &self, record, sizeof record);
			took = instant_now().mono_us - before;
		} while (result == 0);
		assert_true(result == -EAGAIN || result == -EPIPE);
		assert_uint_in_range(took, OUTPUT_DEADLINE_MS * 1000 - 1000, 1000000);
		close(peer.fd);
		close(server);
		unlink(in(world, "socket"));
	}
}

static void a_forked_child_has_a_stream_of_its_own(void **state)
{
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_STREAM), first, second, status;
	struct peer peer;

	peer_init(&peer, &address, SOCK_STREAM);
	assert_int_equal(note(&peer, "parent"), 0);
	peer.user = getpid(); /* another thread is in the middle of a record */
	if (fork() == 0)
		_exit(note(&peer, "child") == 0 && peer.owner == getpid() ? 0 : 1);
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	first = accept(server, NULL, NULL);
	second = accept(server, NULL, NULL);
	assert_string_equal(next_from(first), "parent");
	assert_string_equal(next_from(second), "child");
	close(first);
	close(second);
	close(server);
	close(peer.fd);
}

static void a_stream_in_use_by_another_thread_is_not_mixed_into(void **state)
{
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_STREAM), first, second;
	struct peer peer;

	peer_init(&peer, &address, SOCK_STREAM);
	assert_int_equal(note(&peer, "half of a rec"), 0);
	peer.user = getpid();
	assert_int_equal(note(&peer, "whole"), 0);
	first = accept(server, NULL, NULL);
	second = accept(server, NULL, NULL);
	assert_string_equal(next_from(first), "half of a rec");
	assert_string_equal(next_from(second), "whole");
	assert_int_equal(recv(second, &first, 1, MSG_DONTWAIT), 0); /* closed behind it */
	close(first);
	close(second);
	close(server);
	close(peer.fd);
}

static const char *syslog_bytes(struct world *world, enum syslog_framing framing, const char *ident)
{
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_DGRAM);
	struct syslog_options options = {.facility = 16, .ident = ident, .framing = framing};
	struct handler *handler;
	const char *bytes;

	assert_int_equal(syslog_handler_new(&world->arena, &address, &options, &handler), 0);
	log_to(handler, "hello");
	bytes = next_from(server);
	close(server);
	unlink(in(world, "socket"));
	return bytes;
}

static void syslog_messages_end_as_the_receiver_wants_it(void **state)
{
	struct world *world = *state;
	const char *bytes = syslog_bytes(world, SYSLOG_NUL, NULL);

	assert_memory_equal(bytes, "<134>hello\0", 12);
	assert_string_equal(syslog_bytes(world, SYSLOG_NONE, "app: "), "<134>app: hello");
	assert_string_equal(syslog_bytes(world, SYSLOG_LF, NULL), "<134>hello\n");
	assert_string_equal(syslog_bytes(world, SYSLOG_OCTET, "a "), "12 <134>a hello");
}

static const char *extra_name(const struct record_extra *extra, unsigned index)
{
	static const char *const names[] = {"rank", "run_id", "signal", NULL};

	(void)extra;
	return names[index];
}

static bool extra_value(const struct record_extra *extra, const char *name, struct text *text)
{
	(void)extra;
	text_add(text, strcmp(name, "rank") == 0 ? "3" : name[0] == 'r' ? "two\nlines" : "None");
	return true;
}

static struct handler *journal(struct world *world, const char *identifier)
{
	struct address address = unix_address(world);
	struct handler *handler;

	assert_int_equal(journal_handler_new(&world->arena, &address, identifier, &handler), 0);
	return handler;
}

static void a_journal_entry_has_its_fields(void **state)
{
	static const char expected[] =
		"PRIORITY=6\nSYSLOG_IDENTIFIER=MainProcess\nLOGGER=a.b\n"
		"CODE_FILE=/src/job.c\nCODE_LINE=7\nCODE_FUNC=step\n"
		"THREAD_NAME=MainThread\nTID=43\nVIGIL_RANK=3\n"
		"VIGIL_RUN_ID\n\x09\0\0\0\0\0\0\0two\nlines\nMESSAGE=hello\n";
	struct record_extra extra = {.attribute = extra_value, .name = extra_name};
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_DGRAM);
	struct log_record record = a_record("hello");

	record.extra = &extra;
	assert_int_equal(log_record_to(journal(world, NULL), &record), 0);
	assert_memory_equal(next_from(server), expected, sizeof expected);
	close(server);
}

static void lines_are_sent_in_the_binary_form(void **state)
{
	static const char expected[] = "MESSAGE\n\x0e\0\0\0\0\0\0\0hello\nthe back\n";
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_DGRAM);
	struct log_record record = a_record("hello");
	const char *entry;

	record.exc_text = "the back";
	assert_int_equal(log_record_to(journal(world, "app"), &record), 0);
	entry = next_from(server);
	assert_non_null(strstr(entry, "\nSYSLOG_IDENTIFIER=app\n"));
	assert_memory_equal(strstr(entry, "MESSAGE"), expected, sizeof expected);
	close(server);
}

/* The descriptor that comes with the next datagram. */
static int descriptor_from(int fd)
{
	char control[64], byte;
	struct iovec vector = {&byte, 1};
	struct msghdr message = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	int received;

	assert_int_equal(recvmsg(fd, &message, MSG_DONTWAIT), 0);
	assert_non_null(CMSG_FIRSTHDR(&message));
	memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
	return received;
}

static void what_is_too_long_for_a_datagram_is_sent_as_a_sealed_file(void **state)
{
	static char message[600000], scratch[700000], received[700000];
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_DGRAM), file;
	struct log_record record = a_record(message);
	struct text text;

	memset(message, 'm', sizeof message - 1);
	text_init(&text, scratch, sizeof scratch);
	assert_int_equal(handler_handle(journal(world, NULL), &record, &text), 0);
	file = descriptor_from(server);
	assert_true(fcntl(file, F_GET_SEALS) & F_SEAL_WRITE);
	assert_true(pread(file, received, sizeof received - 1, 0) > (ssize_t)sizeof message);
	assert_string_equal(strstr(received, "MESSAGE=") + 8 + sizeof message - 1, "\n");
	close(file);
	close(server);
}

static void pickles_are_cut_to_the_scratch(void **state)
{
	static char message[100000];
	static const struct log_clock clock;
	struct world *world = *state;
	struct address address = unix_address(world);
	int server = listen_at(&address, SOCK_DGRAM);
	struct log_record record = a_record(message);
	struct handler *handler;
	const char *bytes;

	memset(message, 'm', sizeof message - 1);
	record.exc_text = message;
	assert_int_equal(
		socket_handler_new(&world->arena, &address, SOCK_DGRAM, &clock, &handler), 0);
	assert_int_equal(log_record_to(handler, &record), 0);
	bytes = next_from(server);
	assert_memory_equal(bytes + 4, "}(X\4\0\0\0nameX\3\0\0\0a.b", 19);
	assert_non_null(memmem(bytes, 65536, "X\0\x40\0\0mmm", 8)); /* a quarter of 65536 */
	close(server);
}

static void assert_describes(const struct handler *handler, const char *expected)
{
	char buffer[200];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	handler->class->describe(handler, &text);
	assert_string_equal(buffer, expected);
}

static void handlers_say_where_they_send(void **state)
{
	static const struct log_clock clock;
	struct syslog_options options = {.facility = 3};
	struct world *world = *state;
	struct address address;
	struct handler *handler;

	assert_int_equal(address_internet(&address, "127.0.0.1", 9020), 0);
	assert_int_equal(
		socket_handler_new(&world->arena, &address, SOCK_STREAM, &clock, &handler), 0);
	assert_describes(handler, "Socket 127.0.0.1 9020");
	assert_int_equal(address_internet(&address, "fe80::a1", 514), 0);
	assert_int_equal(
		socket_handler_new(&world->arena, &address, SOCK_DGRAM, &clock, &handler), 0);
	assert_describes(handler, "Datagram fe80:0:0:0:0:0:0:a1 514");
	assert_int_equal(address_unix(&address, "/dev/log"), 0);
	assert_int_equal(syslog_handler_new(&world->arena, &address, &options, &handler), 0);
	assert_describes(handler, "SysLog '/dev/log' facility=3");
	assert_int_equal(journal_handler_new(&world->arena, &address, NULL, &handler), 0);
	assert_describes(handler, "Journal '/dev/log'");
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

UNIT_TESTS(cmocka_unit_test(addresses_are_as_inet_pton_reads_them),
	cmocka_unit_test(localhost_is_known_and_long_paths_are_refused),
	T(descriptors_lie_out_of_the_way_and_are_kept),
	T(a_foreign_descriptor_under_our_number_is_left_alone),
	T(a_server_that_comes_back_gets_the_next_record),
	T(a_server_that_is_away_is_asked_again_later),
	cmocka_unit_test(a_connection_is_not_waited_for_beyond_its_deadline),
	T(who_reads_nothing_is_not_waited_for_long), T(a_forked_child_has_a_stream_of_its_own),
	T(a_stream_in_use_by_another_thread_is_not_mixed_into),
	T(syslog_messages_end_as_the_receiver_wants_it), T(a_journal_entry_has_its_fields),
	T(lines_are_sent_in_the_binary_form),
	T(what_is_too_long_for_a_datagram_is_sent_as_a_sealed_file),
	T(handlers_say_where_they_send), T(pickles_are_cut_to_the_scratch))
