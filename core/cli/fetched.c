/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/fetched.h"

#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/transport/fetch.h"
#include "core/transport/stacks_relay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a fetch may take before it is given up: a large run takes seconds. */
#define FETCH_MS 120000
#define END_MS 3000

struct task {
	const struct server *server;
	const char *run, *directory;
	int socket;
};

static void on_ready(void *context)
{
	helper_send(((struct task *)context)->socket, "");
}

static void on_line(void *context, const char *line)
{
	(void)context;
	complain("%s", line);
}

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	rmdir(path);
}

static void fetch_into(int socket, const void *argument)
{
	struct task task = *(const struct task *)argument;
	struct fetching fetching = {.server = task.server,
		.run = task.run,
		.directory = task.directory,
		.control = socket,
		.ready = on_ready,
		.say = on_line,
		.context = &task};
	struct pollfd end = {socket, POLLIN, 0};
	char complaint[512];

	task.socket = socket;
	if (fetch(&fetching, complaint, sizeof complaint) < 0) {
		helper_send(socket, complaint);
		poll(&end, 1, -1);
	}
	remove_directory(task.directory);
}

static int make_directory(struct fetched *fetched, char *complaint, size_t size)
{
	const char *parent = getenv("TMPDIR");

	text_format(fetched->directory, sizeof fetched->directory, "%s/vigil-XXXXXX",
		parent == NULL || parent[0] == '\0' ? "/tmp" : parent);
	if (mkdtemp(fetched->directory) != NULL)
		return 0;
	text_format(complaint, size, "%s: %s", fetched->directory, strerror(errno));
	return -errno;
}

int fetched_begin(struct fetched *fetched, const struct server *server, const char *run,
	char *complaint, size_t size)
{
	struct task task = {server, run, fetched->directory, -1};
	char line[HELPER_LINE_SIZE] = "no process for it";
	int error = make_directory(fetched, complaint, size);

	fetched->asker = (struct helper){0, -1};
	if (error < 0)
		return error;
	text_format(fetched->run_id, sizeof fetched->run_id, "%s", run);
	text_format(fetched->shown, sizeof fetched->shown, "%s/%s", server->shown, run);
	error = helper_start(&fetched->helper, "vigil-fetch", fetch_into, &task, true);
	if (error < 0) {
		remove_directory(fetched->directory);
	} else if (!helper_receive(&fetched->helper, FETCH_MS, line)) {
		text_format(line, sizeof line, "%s: it takes too long", server->shown);
	} else if (line[0] == '\0') {
		return 0;
	}
	text_format(complaint, size, "%s", line);
	if (error == 0)
		fetched_end(fetched);
	return -EIO;
}

/* What the helper is to send. */
struct question {
	const struct server *server;
	const struct fetched *fetched;
	const struct stacks_request *request;
};

static void ask(int socket, const void *argument)
{
	const struct question *question = argument;
	char complaint[512];

	if (stacks_relay_ask(question->server, question->fetched->run_id, question->request,
		    question->fetched->directory, socket, complaint, sizeof complaint) < 0)
		complain("%s", complaint);
}

void fetched_request_stacks(
	struct fetched *fetched, const struct server *server, const struct stacks_request *request)
{
	struct question question = {server, fetched, request};
	int error = helper_start(&fetched->asker, "vigil-ask", ask, &question, true);

	if (error < 0)
		complain("%s: %s", server->shown, strerror(-error));
}

void fetched_end(struct fetched *fetched)
{
	helper_end(&fetched->asker, END_MS);
	helper_end(&fetched->helper, END_MS);
	remove_directory(fetched->directory); /* where the helper was killed */
}
