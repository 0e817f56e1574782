/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_notify.h"

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/cli/run/run_helper.h"
#include "core/cli/run/run_notify_body.h"
#include "core/report/report_of_run.h"
#include "core/transport/http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long it may take; and how much longer we wait for the helper to say so. */
#define NOTIFY_MS 5000
#define SPARE_MS 500

#define LOOK_MS 5
#define TRY_AGAIN_MS 500
#define TEMPLATE_MOST ((off_t)64 * 1024)
#define CLAIM_PREFIX ".notified-"

/* What a helper gets. */
struct notice {
	const struct run_notify *notify;
	const char *bytes;
	size_t count;
	int64_t until;
};

/* TO begins with a scheme, "https://": a command does not. */
static bool is_url(const char *to)
{
	return strncmp(to + strspn(to, "abcdefghijklmnopqrstuvwxyz0123456789+.-"), "://", 3) == 0;
}

/* Copy the scheme and the host of URL: what follows may be a secret. */
static void show(const char *url, char *shown, size_t size)
{
	const char *host = strstr(url, "//") + 2, *end = host + strcspn(host, "/?#");
	const char *at = memrchr(host, '@', (size_t)(end - host));

	if (at != NULL)
		host = at + 1;
	text_format(shown, size, "%.*s%.*s", (int)(strstr(url, "//") + 2 - url), url,
		(int)(end - host), host);
}

/* Read the file PATH, which the caller FREES. Returns NULL, and why in *WHY, where it is none. */
static char *template_of(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat = {.st_size = 0};
	char *template = NULL;

	if (fd < 0 || fstat(fd, &stat) < 0)
		*why = strerror(errno);
	else if (!S_ISREG(stat.st_mode))
		*why = "it is no regular file";
	else if (stat.st_size == 0 || stat.st_size > TEMPLATE_MOST)
		*why = stat.st_size == 0 ? "it is empty" : strerror(EFBIG);
	else if ((template = calloc(1, (size_t)stat.st_size + 1)) == NULL ||
		 read(fd, template, (size_t)stat.st_size) < 0)
		*why = strerror(errno);
	else if (!notify_template_is_sound(template))
		*why = "a '${' has no name and '}' behind it, as in ${headline}";
	if (fd >= 0)
		close(fd);
	if (*why != NULL) {
		free(template);
		template = NULL;
	}
	return template;
}

static int read_template(struct run_notify *notify, const char *path)
{
	const char *why = NULL;

	notify->body = template_of(path, &why);
	if (why != NULL)
		complain("--notify-template: %s: %s; nothing was started", path, why);
	return why == NULL ? 0 : -EINVAL;
}

int run_notify_plan(struct run_notify *notify, const char *to, const char *template, bool is_below)
{
	const char *variable = getenv("VIGIL_NOTIFY");
	char complaint[300];

	if (to == NULL && !is_below && variable != NULL && variable[0] != '\0')
		to = variable;
	*notify = (struct run_notify){.to = to, .is_url = to != NULL && is_url(to)};
	if (to == NULL && template == NULL)
		return 0;
	if (to == NULL || to[0] == '\0') {
		complain("--notify names nobody; nothing was started");
		return -EINVAL;
	}
	if (notify->is_url && !http_url_is_sound(to)) {
		complain("--notify: a URL is http://HOST:PORT/… or https://HOST/…; nothing was "
			 "started");
		return -EINVAL;
	}
	if (notify->is_url && curl_load(complaint, sizeof complaint) == NULL) {
		complain("--notify: %s; nothing was started", complaint);
		return -EINVAL;
	}
	return template == NULL ? 0 : read_template(notify, template);
}

/* Become the command, with INPUT as its standard input, as if it had been started without vigil. */
__attribute__((noreturn)) static void become(const char *command, int input)
{
	sigset_t none;

	sigemptyset(&none);
	setpgid(0, 0);
	dup2(input, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	setenv("VIGIL_DISABLE", "1", 1);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(STATUS_NOT_FOUND);
}

/* Write as much as PIPE takes. Returns the bytes that are left; 0 also where nobody reads them. */
static size_t feed(int pipe, const char *bytes, size_t count)
{
	ssize_t written = write(pipe, bytes, count);

	if (written < 0)
		return errno == EAGAIN ? count : 0;
	return count - (size_t)written;
}

/* Hand NOTICE to CHILD by PIPE, and wait for its end. Returns whether it ended in time. */
static bool wait_for(const struct notice *notice, pid_t child, int pipe, int *ret_status)
{
	size_t left = notice->count;

	while (waitpid(child, ret_status, WNOHANG) == 0) {
		if (left > 0)
			left = feed(pipe, notice->bytes + notice->count - left, left);
		if (left == 0 && pipe >= 0) {
			close(pipe);
			pipe = -1;
		}
		if (instant_mono_ms() >= notice->until)
			return false;
		poll(NULL, 0, LOOK_MS);
	}
	if (pipe >= 0)
		close(pipe);
	return true;
}

static void run_command(int socket, const void *argument)
{
	const struct notice *notice = argument;
	int ends[2], status = 0;
	char line[HELPER_LINE_SIZE] = "";
	pid_t child = pipe2(ends, O_CLOEXEC) < 0 ? -1 : fork();

	if (child == 0)
		become(notice->notify->to, ends[0]);
	if (child < 0) {
		text_format(line, sizeof line, "--notify: %s", strerror(errno));
		helper_send(socket, line);
		return;
	}
	setpgid(child, child);
	close(ends[0]);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	if (!wait_for(notice, child, ends[1], &status)) {
		kill(-child, SIGKILL);
		text_format(line, sizeof line,
			"--notify: the command has not ended within %d s, and was killed",
			NOTIFY_MS / 1000);
	} else if (WIFSIGNALED(status)) {
		text_format(line, sizeof line, "--notify: the command died of signal %d",
			WTERMSIG(status));
	} else if (WEXITSTATUS(status) != 0) {
		text_format(line, sizeof line, "--notify: the command has ended with status %d",
			WEXITSTATUS(status));
	}
	helper_send(socket, line);
}

/* One POST until NOTICE's time is over. Returns whether another one may help. */
static bool post_once(struct http *http, const struct notice *notice)
{
	http_post(http, notice->bytes, notice->count);
	while (!http_step(http, NULL, 0, LOOK_MS))
		if (instant_mono_ms() >= notice->until) {
			http_abandon(http);
			text_format(http->result.why, sizeof http->result.why,
				"no answer within %d s", NOTIFY_MS / 1000);
			return false;
		}
	switch (http->result.status) {
	case 0: return !http->result.is_hopeless;
	case 429:
	case 502:
	case 503:
	case 504: return true;
	default: return false;
	}
}

static void post(int socket, const void *argument)
{
	const struct notice *notice = argument;
	struct http_target target = {.url = notice->notify->to,
		.authorities = getenv("SSL_CERT_FILE"),
		.timeout_ms = NOTIFY_MS};
	static struct http http;
	char shown[256], why[256] = "", line[HELPER_LINE_SIZE] = "";

	show(notice->notify->to, shown, sizeof shown);
	if (http_open(&http, &target, why, sizeof why) == 0) {
		http_header(&http, "Content-Type: application/json");
		while (post_once(&http, notice) && instant_mono_ms() + TRY_AGAIN_MS < notice->until)
			poll(NULL, 0, TRY_AGAIN_MS);
		if (http.result.status == 0)
			text_format(why, sizeof why, "%s", http.result.why);
		else if (http.result.status < 200 || http.result.status > 299)
			text_format(why, sizeof why, "HTTP status %d", http.result.status);
		http_close(&http);
	}
	if (why[0] != '\0')
		text_format(line, sizeof line, "--notify: %s: %s", shown, why);
	helper_send(socket, line);
}

static void hand_on(const struct notice *notice)
{
	struct helper helper;
	char line[HELPER_LINE_SIZE];
	int error = helper_start(
		&helper, "vigil-notify", notice->notify->is_url ? post : run_command, notice, true);

	if (error < 0)
		complain("--notify: %s", strerror(-error));
	else if (!helper_receive(&helper, NOTIFY_MS + SPARE_MS, line))
		complain("--notify: it has not ended within %d s", NOTIFY_MS / 1000);
	else if (line[0] != '\0')
		complain("%s", line);
	if (error == 0)
		helper_end(&helper, 0);
}

/* Whether this is the first of the `vigil run`s of the run in RUNDIR to notify: the file that says
 * so is made once. Where none can be made, everybody is. */
static bool claim(const struct run_directory *rundir)
{
	char path[PATH_MAX];
	uint64_t hash = hash_bytes(HASH_BEGIN, rundir->run_id, strlen(rundir->run_id));
	int fd;

	if (!rundir->joint && !rundir->shared)
		return true;
	if (!text_format(path, sizeof path, "%s/" CLAIM_PREFIX "%08x%08x", rundir->absolute,
		    (unsigned)(hash >> 32), (unsigned)hash))
		return true;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno != EEXIST;
	close(fd);
	return true;
}

/* The body of VERDICT, malloc'ed; NULL: no memory. */
static char *fill_in(const char *template, const char *verdict)
{
	size_t size = strlen(template) + 2 * strlen(verdict) + 1;

	for (;; size *= 2) {
		char *body = malloc(size);
		struct text text;

		if (body == NULL)
			return NULL;
		text_init(&text, body, size);
		if (notify_body(template, verdict, &text) == 0 && !text.truncated)
			return body;
		free(body);
		if (!text.truncated)
			return NULL;
	}
}

void run_notify_send(const struct run_notify *notify, const struct run_directory *rundir,
	const char *path, const char *shown, const int *copy)
{
	struct notice notice = {.notify = notify, .until = instant_mono_ms() + NOTIFY_MS};
	char *verdict, *body = NULL;
	int error = report_verdict_json(path, shown, rundir->run_id, copy, &verdict);

	if (error == 0 && verdict == NULL)
		return;
	if (error == 0 && !claim(rundir))
		error = -EEXIST;
	else if (error == 0 && notify->body != NULL &&
		 (body = fill_in(notify->body, verdict)) == NULL)
		error = -ENOMEM;
	if (error == 0) {
		notice.bytes = body ?: verdict;
		notice.count = strlen(notice.bytes);
		hand_on(&notice);
	} else if (error != -EEXIST) {
		complain("--notify: %s: %s; nobody was notified", shown, strerror(-error));
	}
	free(body);
	free(verdict);
}
