/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_server.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/proc.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/transport/connection.h"
#include "core/transport/fetch.h"
#include "core/transport/library.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a server may take to listen. */
#define START_MS 10000
#define LOOK_MS 20

/* How long it has between SIGTERM and SIGKILL. */
#define END_MS 2000

/* It cannot be executed: the exit status of its process then. */
#define NO_PROGRAM 127

/* A host's addresses that are handed on: a host of many containers has many. */
#define ADDRESSES_MOST 8

struct keeping {
	const struct run_directory *rundir;
	char folder[PATH_MAX];
	const char *address; /* to listen on */
	int port;	     /* -1: one that is free */
};

static bool write_file(const char *path, const struct text *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool done = fd >= 0 && write(fd, text->data, text->length) == (ssize_t)text->length;

	if (fd >= 0)
		close(fd);
	return done;
}

/* The token is in the environment alone. */
static bool write_configuration(const struct keeping *keeping, char *path, size_t size)
{
	char buffer[3 * PATH_MAX];
	struct text text;

	if (!text_format(path, size, "%s/nats-server.conf", keeping->folder))
		return false;
	text_init(&text, buffer, sizeof buffer);
	text_printf(&text,
		"host: \"%s\"\nport: %d\nports_file_dir: \"%s\"\nauthorization { token: "
		"$VIGIL_TO_TOKEN }\njetstream { store_dir: \"%s\" }\n",
		keeping->address, keeping->port, keeping->folder, keeping->folder);
	return !text.truncated && write_file(path, &text);
}

__attribute__((noreturn)) static void become_server(const char *configuration, pid_t keeper)
{
	static const char *const names[] = {"nats-server", "/usr/sbin/nats-server",
		"/usr/local/sbin/nats-server", "/usr/local/bin/nats-server"};
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	unsetenv("LD_PRELOAD");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		execlp(names[i], "nats-server", "-c", configuration, (char *)NULL);
	_exit(NO_PROGRAM);
}

static pid_t start_server(const struct keeping *keeping)
{
	char configuration[PATH_MAX + 32];
	pid_t keeper = getpid(), pid;

	if (!write_configuration(keeping, configuration, sizeof configuration))
		return -1;
	pid = fork();
	if (pid == 0)
		become_server(configuration, keeper);
	return pid;
}

/* Append the addresses of the server's list, "nats://ADDRESS:PORT"; those that only this host knows
 * if LOCAL. */
static void add_addresses(const struct json *urls, bool local, struct text *text)
{
	const struct json *url;
	int count = 0;

	FOR_EACH_JSON (url, urls) {
		bool is_local = json_is(url, JSON_STRING) &&
				(strstr(url->string, "//127.") != NULL ||
					strstr(url->string, "//localhost") != NULL ||
					strstr(url->string, "[::1]") != NULL ||
					strstr(url->string, "[fe80:") != NULL);

		if (!json_is(url, JSON_STRING) || is_local != local || count++ >= ADDRESSES_MOST)
			continue;
		if (text->length > 0)
			text_char(text, ',');
		text_add(text, url->string);
	}
}

/* Read where server PID listens. Returns false where it does not say so yet. */
static bool read_addresses(const struct keeping *keeping, pid_t pid, char *urls, size_t size)
{
	char path[PATH_MAX + 64], bytes[16384];
	struct reply reply;
	struct text text;
	ssize_t count;

	text_format(path, sizeof path, "%s/nats-server_%d.ports", keeping->folder, pid);
	count = file_read(path, bytes, sizeof bytes);
	if (count <= 0 || reply_parse(bytes, (size_t)count, &reply) < 0)
		return false;
	text_init(&text, urls, size);
	add_addresses(member(reply.json, "nats"), false, &text);
	if (text.length == 0)
		add_addresses(member(reply.json, "nats"), true, &text);
	reply_release(&reply);
	return text.length > 0 && !text.truncated;
}

/* Wait until server PID listens. Returns 0 and its URLS, or -errno: -ENOENT, there is no such
 * program; -ECHILD, it has ended; and *RET_PID is 0 then. */
static int await_server(const struct keeping *keeping, pid_t *pid, char *urls, size_t size)
{
	int64_t until = instant_mono_ms() + START_MS;
	int status;

	while (!read_addresses(keeping, *pid, urls, size)) {
		if (waitpid(*pid, &status, WNOHANG) == *pid) {
			*pid = 0;
			return WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM ? -ENOENT
										      : -ECHILD;
		}
		if (instant_mono_ms() > until)
			return -ETIMEDOUT;
		poll(NULL, 0, LOOK_MS);
	}
	return 0;
}

static void end_server(pid_t pid)
{
	int64_t until = instant_mono_ms() + END_MS;

	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (instant_mono_ms() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return;
		}
		poll(NULL, 0, LOOK_MS);
	}
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)stat;
	(void)kind;
	(void)place;
	return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static int port_of(const char *urls)
{
	const char *end = urls + strcspn(urls, ","), *colon = end;

	while (colon > urls && *colon != ':')
		colon--;
	return atoi(colon + 1);
}

/* Fetch what the server that is at URLS has. Returns whether all of it is in the run directory. */
static bool fetch_rest(const struct keeping *keeping, const char *urls)
{
	char complaint[300];
	struct server server;
	struct fetching fetching = {.server = &server,
		.run = keeping->rundir->run_id,
		.directory = keeping->rundir->absolute,
		.control = -1};
	int error;

	if (setenv("VIGIL_TO", urls, 1) != 0 || nats_load(complaint, sizeof complaint) == NULL ||
		server_parse(urls, &server, complaint, sizeof complaint) < 0)
		return false;
	error = fetch(&fetching, complaint, sizeof complaint);
	return error == 0 || error == -ENOENT;
}

/* Our `vigil run` was killed, and its fetcher with it: what server PID has acknowledged would be
 * known to nobody. A server that workers do not know, with the same store, gives it to us. */
static void rescue(struct keeping *keeping, pid_t pid)
{
	char urls[SERVER_URL_SIZE];
	bool done;

	end_server(pid);
	keeping->address = "127.0.0.1";
	keeping->port = -1;
	pid = start_server(keeping);
	done = pid > 0 && await_server(keeping, &pid, urls, sizeof urls) == 0 &&
	       fetch_rest(keeping, urls);
	end_server(pid);
	if (done)
		nftw(keeping->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Look after server PID until the socket says "drop" or "keep", or is at its end. */
static void keep_server(struct keeping *keeping, pid_t pid, int socket)
{
	struct pollfd ready = {socket, POLLIN, 0};
	char word[16] = "", urls[SERVER_URL_SIZE];

	while (poll(&ready, 1, 200) == 0)
		if (pid > 0 && waitpid(pid, NULL, WNOHANG) == pid) {
			pid = start_server(keeping);
			if (pid > 0)
				await_server(keeping, &pid, urls, sizeof urls);
		}
	if (recv(socket, word, sizeof word - 1, MSG_DONTWAIT) <= 0) {
		rescue(keeping, pid);
		return;
	}
	end_server(pid);
	if (strcmp(word, "drop") == 0)
		nftw(keeping->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void keeper(int socket, const void *argument)
{
	struct keeping keeping = *(const struct keeping *)argument;
	char urls[SERVER_URL_SIZE], line[SERVER_URL_SIZE + 16];
	pid_t pid = -1;
	int error = mkdir(keeping.folder, 0700) < 0 && errno != EEXIST ? -errno : 0;

	if (error == 0) {
		pid = start_server(&keeping);
		error = pid < 0 ? -errno : await_server(&keeping, &pid, urls, sizeof urls);
	}
	if (error < 0) {
		end_server(pid);
		nftw(keeping.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		text_format(line, sizeof line, "-%s",
			error == -ENOENT   ? "nats-server is not installed (Debian's package "
					     "nats-server has it)"
			: error == -ECHILD ? "nats-server ended at once"
					   : strerror(-error));
		helper_send(socket, line);
		return;
	}
	keeping.port = port_of(urls);
	text_format(line, sizeof line, "+%s", urls);
	helper_send(socket, line);
	keep_server(&keeping, pid, socket);
}

/* A token is a letter and digits: what begins with a digit would be a number to the server. */
static bool draw_token(char token[34])
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return false;
	token[0] = 'v';
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(token + 1 + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

int run_server_start(
	const struct run_directory *rundir, struct helper *ret_helper, struct server *ret_server)
{
	const char *address = getenv("VIGIL_COLLECT_ADDRESS");
	struct keeping keeping = {
		.rundir = rundir, .address = address == NULL ? "0.0.0.0" : address, .port = -1};
	char line[HELPER_LINE_SIZE] = "-it cannot be started", token[34], complaint[200];
	int error = 0;

	if (!draw_token(token) || setenv("VIGIL_TO_TOKEN", token, 1) != 0)
		return -ENOMEM;
	text_format(
		keeping.folder, sizeof keeping.folder, "%s" RUN_SERVER_FOLDER, rundir->absolute);
	if (helper_start(ret_helper, "vigil-server", keeper, &keeping, false) == 0)
		helper_receive(ret_helper, START_MS + 1000, line);
	if (line[0] != '+') {
		complain("--collect: %s; nothing was started", line + (line[0] != '\0'));
		error = -ENOENT;
	} else if (server_parse(line + 1, ret_server, complaint, sizeof complaint) < 0) {
		complain("--collect: %s; nothing was started", complaint);
		error = -EINVAL;
	} else if (setenv("VIGIL_TO", ret_server->url, 1) != 0) {
		error = -ENOMEM;
	}
	if (error < 0)
		helper_end(ret_helper, END_MS);
	return error;
}

void run_server_end(struct helper *helper, bool keep)
{
	const char *word = keep ? "keep" : "drop";

	if (helper->socket >= 0)
		send(helper->socket, word, strlen(word), MSG_NOSIGNAL);
	helper_end(helper, 2 * END_MS);
}
