/* SPDX-License-Identifier: Apache-2.0 */
/* Recording an event: it is serialized and logged to its destination's logger. */
#include "core/include/vigil/events.h"

#include "core/api/api.h"
#include "core/api/destination.h"
#include "core/api/own_stack.h"
#include "core/events/event.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RENDEZVOUS "dynamic_rendezvous"
#define QUALIFIED_NAME_SIZE 1026 /* NI_MAXHOST and a NUL */

/* The largest answer of a resolver. */
#define ANSWER_SIZE 16384

/* An event to be recorded: one of the two. */
struct either {
	const struct vigil_event *event;
	const struct vigil_rdzv_event *rdzv;
};

static ssize_t serialize(const struct either *either, char *buffer, size_t size)
{
	return either->event != NULL ? vigil_event_serialize(either->event, buffer, size)
				     : vigil_rdzv_event_serialize(either->rdzv, buffer, size);
}

static int record_to(const char *destination, const struct either *event)
{
	struct vigil_logger *logger = NULL;
	int error = destination_logger(destination, &logger);
	char few[2048], *buffer = few;
	ssize_t length;

	if (error < 0)
		return error;
	length = serialize(event, few, sizeof few);
	if (length < 0)
		return api_fail((int)length, NULL);
	if ((size_t)length >= sizeof few) {
		buffer = malloc((size_t)length + 1);
		if (buffer == NULL)
			return api_fail(-ENOMEM, NULL);
		serialize(event, buffer, (size_t)length + 1);
	}
	error = vigil_log_text(logger, VIGIL_INFO, NULL, buffer);
	if (buffer != few)
		free(buffer);
	return error;
}

int vigil_record(const struct vigil_event *event, const char *destination)
{
	return record_to(
		destination == NULL ? "null" : destination, &(struct either){.event = event});
}

int vigil_record_rdzv_event(const struct vigil_rdzv_event *event)
{
	return record_to(RENDEZVOUS, &(struct either){.rdzv = event});
}

static bool is_given(const char *string)
{
	return string != NULL && string[0] != '\0';
}

/* "<base name of FILE>:<name>", for the caller to free; NULL when out of memory. */
static char *name_of(const char *file, const char *function, const char *name)
{
	const char *slash = file == NULL ? NULL : strrchr(file, '/');
	const char *base = file == NULL ? "no_file" : slash == NULL ? file : slash + 1;
	const char *what = is_given(name) ? name : file == NULL || function == NULL ? "" : function;
	size_t size = strlen(base) + strlen(what) + 2;
	char *made = malloc(size);

	if (made != NULL)
		text_format(made, size, "%s:%s", base, what);
	return made;
}

/* The stack above CALLER as event_error_trace() writes it, for the caller to free; NULL when out of
 * memory. */
static char *stack_of(const void *caller)
{
	unsigned first = 0;
	struct trace *trace = own_stack_take(caller, &first);
	char *made = trace == NULL ? NULL : malloc(EVENT_LINE_MAX);
	struct text text;

	if (made != NULL) {
		text_init(&text, made, EVENT_LINE_MAX);
		event_error_trace(&(struct event){.state = NODE_FAILED,
					  .frames = trace->frames + first,
					  .frame_count = trace->count - first},
			&text);
	}
	own_stack_give(trace);
	return made;
}

static const char *choose(const struct hostent *host)
{
	if (strchr(host->h_name, '.') != NULL)
		return host->h_name;
	for (char **alias = host->h_aliases; *alias != NULL; alias++)
		if (strchr(*alias, '.') != NULL)
			return *alias;
	return host->h_name;
}

/* Look NAME up by ADDRESS: some resolvers return a host's full name only for its address. */
static void look_up(const struct sockaddr *address, char name[QUALIFIED_NAME_SIZE])
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	bool is_six = address->sa_family == AF_INET6;
	const void *bytes = is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr;
	socklen_t size = is_six ? sizeof six->sin6_addr : sizeof four->sin_addr;
	char answer[ANSWER_SIZE];
	struct hostent host, *found = NULL;
	int error;

	if (gethostbyaddr_r(bytes, size, address->sa_family, &host, answer, sizeof answer, &found,
		    &error) == 0 &&
		found != NULL)
		text_format(name, QUALIFIED_NAME_SIZE, "%s", choose(found));
}

/* Write this host's fully qualified name, chosen as by Python's socket.getfqdn(), into NAME, which
 * is returned: of the resolver's names for the host's address, the first with a dot, else the first
 * one; else the host's own name. */
static const char *qualified_name(char name[QUALIFIED_NAME_SIZE])
{
	struct addrinfo *addresses = NULL;

	if (gethostname(name, QUALIFIED_NAME_SIZE) < 0)
		text_format(name, QUALIFIED_NAME_SIZE, "localhost");
	name[QUALIFIED_NAME_SIZE - 1] = '\0';
	if (getaddrinfo(name, NULL, NULL, &addresses) != 0)
		return name;
	if (addresses->ai_family == AF_INET || addresses->ai_family == AF_INET6)
		look_up(addresses->ai_addr, name);
	freeaddrinfo(addresses);
	return name;
}

int vigil_construct_and_record_rdzv_event_at(
	const char *file, const char *function, const struct vigil_rdzv_event *event)
{
	struct vigil_rdzv_event made = *event;
	char hostname[QUALIFIED_NAME_SIZE];
	char *name, *trace = NULL;
	int error = 0;

	if (destination_is_null(RENDEZVOUS))
		return 0;
	if (!is_given(made.hostname))
		made.hostname = qualified_name(hostname);
	if (made.pid == 0)
		made.pid = getpid();
	made.name = name = name_of(file, function, event->name);
	made.error_trace = "";
	if (event->node_state == VIGIL_NODE_FAILED)
		made.error_trace = trace = stack_of(__builtin_return_address(0));
	if (made.name == NULL || made.error_trace == NULL)
		error = api_fail(-ENOMEM, NULL);
	else
		error = vigil_record_rdzv_event(&made);
	free(name);
	free(trace);
	return error;
}
