/* SPDX-License-Identifier: Apache-2.0 */
/* The constructors of the public API for core/logging's handlers. */
#include "core/api/api.h"

#include "core/api/run_context.h"
#include "core/base/address.h"
#include "core/base/error_text.h"
#include "core/base/log_file.h"
#include "core/logging/handlers/schedule.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static unsigned log_file_flags(unsigned flags)
{
	return LOG_FILE_BURST | ((flags & VIGIL_FILE_SAFE) != 0 ? 0 : LOG_FILE_PLAIN) |
	       ((flags & VIGIL_FILE_TRUNCATE) != 0 ? LOG_FILE_TRUNCATE : 0) |
	       ((flags & VIGIL_FILE_DELAY) != 0 ? LOG_FILE_DELAY : 0);
}

/* As api_made(), with Python's error: "[Errno 2] No such file or directory: '/none/x.log'". */
static int file_made(int error, struct handler *const *handler, const char *path,
	struct vigil_handler **ret_handler)
{
	char absolute[PATH_MAX], buffer[ERROR_TEXT_SIZE];

	error = api_made(error, handler, ret_handler);
	if (error < 0 && log_file_absolute(path, absolute, sizeof absolute) == 0)
		api_fail(error, "[Errno %d] %s: '%s'%s", -error, error_text(error, buffer),
			absolute, error == -ELOOP ? "; symbolic links are not followed" : "");
	return error;
}

/* Take api_lock(). Returns false, without the lock, when NEEDED is NULL or there is no
 * hierarchy. */
static bool begin(const void *needed)
{
	if (needed == NULL || api_hierarchy() == NULL)
		return false;
	api_lock();
	return true;
}

int vigil_null_handler_new(struct vigil_handler **ret_handler)
{
	struct handler *handler = NULL;

	if (!begin(ret_handler))
		return api_fail(-EINVAL, NULL);
	return api_made(null_handler_new(api_arena(), &handler), &handler, ret_handler);
}

int vigil_stream_handler_new(int fd, struct vigil_handler **ret_handler)
{
	struct handler *handler = NULL;

	if ((fd != 1 && fd != 2) || !begin(ret_handler))
		return api_fail(-EINVAL, "a stream is 1 (stdout) or 2 (stderr), not %d", fd);
	return api_made(stream_handler_new(api_arena(), fd, &handler), &handler, ret_handler);
}

int vigil_handler_set_stream(struct vigil_handler *handler, int fd)
{
	int before;

	if (handler == NULL || (fd != 1 && fd != 2))
		return api_fail(-EINVAL, "a stream is 1 (stdout) or 2 (stderr), not %d", fd);
	before = stream_handler_set(api_handler(handler), fd);
	return before == -EINVAL ? api_fail(before, "not a StreamHandler") : before;
}

static int new_file(const char *path, unsigned flags, struct vigil_handler **ret_handler)
{
	struct handler *handler = NULL;

	if (!begin(path))
		return api_fail(-EINVAL, NULL);
	return file_made(
		file_handler_new(api_arena(), path, flags, &handler), &handler, path, ret_handler);
}

int vigil_file_handler_new(const char *path, unsigned flags, struct vigil_handler **ret_handler)
{
	return new_file(path, log_file_flags(flags), ret_handler);
}

int vigil_watched_file_handler_new(
	const char *path, unsigned flags, struct vigil_handler **ret_handler)
{
	return new_file(path, log_file_flags(flags) | LOG_FILE_WATCH, ret_handler);
}

int vigil_rotating_file_handler_new(const char *path, unsigned flags, int64_t max_bytes,
	int64_t backup_count, struct vigil_handler **ret_handler)
{
	struct handler *handler = NULL;

	if (!begin(path))
		return api_fail(-EINVAL, NULL);
	return file_made(rotating_file_handler_new(api_arena(), path, log_file_flags(flags),
				 max_bytes, backup_count, &handler),
		&handler, path, ret_handler);
}

int vigil_timed_rotating_file_handler_new(const char *path, unsigned flags,
	const struct vigil_timed_options *options, struct vigil_handler **ret_handler)
{
	static const struct vigil_timed_options none;
	struct schedule_options schedule = {.zone = timezone_variables(environ)};
	struct handler *handler = NULL;
	char why[256] = "";
	struct text text;
	int error;

	options = options == NULL ? &none : options;
	schedule.when = options->when == NULL ? "h" : options->when;
	schedule.interval = options->interval == 0 ? 1 : options->interval;
	schedule.utc = options->utc;
	schedule.at_time = options->has_at_time ? options->at_time : 0;
	if (!begin(path))
		return api_fail(-EINVAL, NULL);
	text_init(&text, why, sizeof why);
	error = timed_rotating_file_handler_new(api_arena(), path, log_file_flags(flags), &schedule,
		options->backup_count, &text, &handler);
	error = file_made(error, &handler, path, ret_handler);
	return text.length > 0 ? api_fail(error, "%s", why) : error;
}

int vigil_run_file_handler_new(
	const char *template_, unsigned flags, struct vigil_handler **ret_handler)
{
	struct run_identity identity;
	struct run_context context = run_context_of_process(&identity);
	const char *path = template_ == NULL ? "{hostname}.jsonl" : template_;
	struct handler *handler = NULL;
	int error;

	if (!begin(ret_handler))
		return api_fail(-EINVAL, NULL);
	error = run_file_handler_new(api_arena(), template_, &context,
		log_file_flags(flags | VIGIL_FILE_SAFE), &handler);
	error = file_made(error, &handler, path, ret_handler);
	return error == -EBADMSG ? api_fail(error, "unknown field in '%s'", path) : error;
}

/* As begin(), with the address of HOST and PORT; PORT -1: HOST is the path of a unix socket.
 * Returns 0, or, without the lock, the negative errno of api_fail(). */
static int begin_with_address(
	const void *needed, const char *host, int port, struct address *ret_address)
{
	int error;

	if (host == NULL || port > 65535)
		return api_fail(-EINVAL, NULL);
	error = port < 0 ? address_unix(ret_address, host)
			 : address_internet(ret_address, host, (unsigned)port);
	if (error < 0)
		return api_fail(error,
			port < 0 ? "AF_UNIX path too long: '%s'"
				 : "'%s' is no address, and /etc/hosts does not know it",
			host);
	return begin(needed) ? 0 : api_fail(-EINVAL, NULL);
}

static int new_pickling(const char *host, int port, int type, struct vigil_handler **ret_handler)
{
	struct handler *handler = NULL;
	struct address address;
	int error = begin_with_address(ret_handler, host, port, &address);

	if (error < 0)
		return error;
	error = socket_handler_new(api_arena(), &address, type, &api_hierarchy()->clock, &handler);
	return api_made(error, &handler, ret_handler);
}

int vigil_socket_handler_new(const char *host, int port, struct vigil_handler **ret_handler)
{
	return new_pickling(host, port, SOCK_STREAM, ret_handler);
}

int vigil_datagram_handler_new(const char *host, int port, struct vigil_handler **ret_handler)
{
	return new_pickling(host, port, SOCK_DGRAM, ret_handler);
}

int vigil_syslog_handler_new(
	const struct vigil_syslog_options *options, struct vigil_handler **ret_handler)
{
	static const struct vigil_syslog_options none;
	struct syslog_options own = {0};
	struct handler *handler = NULL;
	struct address address;
	int error;

	options = options == NULL ? &none : options;
	if (options->facility < -1 || options->facility > 23)
		return api_fail(-EINVAL, "unknown facility %d", options->facility);
	own.facility = options->facility == 0 ? 1 : options->facility == -1 ? 0 : options->facility;
	own.type = options->tcp ? SOCK_STREAM : 0;
	own.ident = options->ident;
	own.framing = options->no_nul ? SYSLOG_NONE : SYSLOG_NUL;
	error = begin_with_address(ret_handler, options->host == NULL ? "localhost" : options->host,
		options->port == 0 ? SYSLOG_PORT : options->port, &address);
	if (error < 0)
		return error;
	error = syslog_handler_new(api_arena(), &address, &own, &handler);
	return api_made(error, &handler, ret_handler);
}

int vigil_journal_handler_new(
	const char *path, const char *identifier, struct vigil_handler **ret_handler)
{
	struct handler *handler = NULL;
	struct address address;
	int error =
		begin_with_address(ret_handler, path == NULL ? JOURNAL_SOCKET : path, -1, &address);

	if (error < 0)
		return error;
	error = journal_handler_new(api_arena(), &address, identifier, &handler);
	return api_made(error, &handler, ret_handler);
}
