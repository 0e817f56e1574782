/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/forwarded.h"

#include "core/base/said.h"
#include "core/base/sys.h"
#include "core/events/event.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/emit/emit.h"
#include "shim/emit/srun_output.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/sysmacros.h>

/* How many pipes, terminals and outputs of tasks are remembered: two of each rank. Of more, new
 * ones replace old ones. */
#define SOURCES 1024

/* Of how many an event is sent once a child has failed, those read last first, and for how many
 * children; and of how many at the end. */
#define SENT_OF_CHILD 16
#define CHILDREN_MOST 16
#define SENT_AT_END 256

/* Older headers lack the name. */
#ifndef TIOCGPTN
#define TIOCGPTN 0x80045430
#endif

/* The order of the first task that has closed its output: of a step that failed it comes before all
 * that wrote longer, and the second one after it. */
#define ORDER_ENDED ((uint64_t)1 << 62)

/* A pipe, a terminal or a task's output that was read from. */
struct source {
	_Atomic uint64_t key; /* 1 + its kind and number; 0: none yet */
	_Atomic int busy;     /* a thread reads or writes what follows */
	bool has_ended;	      /* what comes next is from another one, with the same number */
	uint64_t total, sent; /* bytes that were read; and when an event was last sent, how many */
	uint64_t order;	      /* of the last read, among all; or see ORDER_ENDED */
	char bytes[EVENT_SAID_MAX];
};

static struct {
	pid_t owner; /* a forked child has a copy that is not its own */
	bool is_srun;
	void *_Atomic memory;
	_Atomic uint64_t order, ended;
	_Atomic int children; /* that have failed */
} kept;

/* What an event says; apart, as every process looks at the words above. */
static char text[EVENT_SAID_MAX + 1] LARGE_STATIC;

#define KEY(kind, number) ((uint64_t)(kind) << 60 | ((number) + 1))
#define KIND_OF(key) ((enum event_stream)((key) >> 60))
#define NUMBER_OF(key) (((key) & (((uint64_t)1 << 60) - 1)) - 1)

/* Whose READ bytes come from a socket; 0: no task's. */
static uint64_t key_of_task(uint64_t inode, struct forwarded_read *read)
{
	struct srun_output output;

	if (!srun_output_of(inode, read->bytes, read->count, read->wanted, &output))
		return 0;
	if (output.has_ended)
		read->count = 0;
	return KEY(output.stream, output.task);
}

/* Which pipe, terminal or task's output READ is from; 0: none. */
static uint64_t key_of(struct forwarded_read *read)
{
	struct stat status;
	int number = -1;

	if (sys_fstat(read->fd, &status) != 0)
		return 0;
	if (S_ISSOCK(status.st_mode) && kept.is_srun)
		return key_of_task(status.st_ino, read);
	if (S_ISFIFO(status.st_mode))
		return KEY(STREAM_PIPE, (uint64_t)status.st_ino);
	/* /dev/ptmx, of which FD is the side that a launcher has */
	if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(5, 2) &&
		sys_try(SYS_ioctl, read->fd, TIOCGPTN, (long)&number, 0, 0, 0) == 0 && number >= 0)
		return KEY(STREAM_TERMINAL, (uint64_t)number);
	return 0;
}

/* The source with KEY, which is made if need be. */
static struct source *source_of(struct source *sources, uint64_t key)
{
	struct source *home = &sources[key % SOURCES];

	for (size_t i = 0; i < SOURCES; i++) {
		struct source *source = &sources[(key + i) % SOURCES];
		uint64_t found = 0;

		if (atomic_compare_exchange_strong(&source->key, &found, key) || found == key)
			return source;
	}
	atomic_store(&home->key, key);
	home->has_ended = true;
	return home;
}

/* Append COUNT BYTES, of which the last ones are kept. */
static void append(struct source *source, const char *bytes, size_t count)
{
	size_t at, first;

	if (source->has_ended)
		source->total = source->sent = 0;
	source->has_ended = false;
	source->total += count;
	if (count > EVENT_SAID_MAX) {
		bytes += count - EVENT_SAID_MAX;
		count = EVENT_SAID_MAX;
	}
	at = (source->total - count) % EVENT_SAID_MAX;
	first = count < EVENT_SAID_MAX - at ? count : EVENT_SAID_MAX - at;
	memcpy(source->bytes + at, bytes, first);
	memcpy(source->bytes, bytes + first, count - first);
	source->order = atomic_fetch_add(&kept.order, 1) + 1;
}

static void end(struct source *source)
{
	enum event_stream kind = KIND_OF(atomic_load(&source->key));

	source->has_ended = true;
	if (kind == STREAM_TASK_OUT || kind == STREAM_TASK_ERR)
		source->order = ORDER_ENDED - atomic_fetch_add(&kept.ended, 1);
}

void forwarded_keep(struct forwarded_read read)
{
	struct source *sources;
	struct source *source;
	uint64_t key;

	if (kept.owner != sys_getpid() || (key = key_of(&read)) == 0)
		return;
	sources = late_memory(&kept.memory, SOURCES * sizeof *sources);
	if (sources == NULL)
		return;
	source = source_of(sources, key);
	if (atomic_exchange(&source->busy, 1))
		return;
	if (read.count > 0)
		append(source, read.bytes, read.count);
	else
		end(source);
	atomic_store(&source->busy, 0);
}

void forwarded_begin(const char *program)
{
	kept.owner = atomic_load(&process_words.owner);
	kept.is_srun = strcmp(program, "srun") == 0;
}

/* Send an event with what SOURCE has, which the caller has made busy. */
static void send(struct source *source)
{
	size_t count = source->total < EVENT_SAID_MAX ? source->total : EVENT_SAID_MAX;
	size_t at = source->total < EVENT_SAID_MAX ? 0 : source->total % EVENT_SAID_MAX;
	uint64_t key = atomic_load(&source->key);
	struct event *event;

	source->sent = source->total;
	memcpy(text, source->bytes + at, count - at);
	memcpy(text + (count - at), source->bytes, at);
	if (!said_make_text(text, count))
		return;
	event = emit_begin(EMIT_CALL, NODE_RUNNING, EVENT_WHAT_OUTPUT, NULL);
	event->forwarded = (struct event_forwarded){KIND_OF(key), NUMBER_OF(key), text};
	emit_send(EMIT_CALL);
}

/* The source that was read last, and after BEFORE was not, of those with news. */
static struct source *newest(struct source *sources, uint64_t before)
{
	struct source *found = NULL;

	for (size_t i = 0; i < SOURCES; i++)
		if (atomic_load(&sources[i].key) != 0 && sources[i].total != sources[i].sent &&
			sources[i].order < before &&
			(found == NULL || sources[i].order > found->order))
			found = &sources[i];
	return found;
}

static void send_most(int most)
{
	struct source *sources = atomic_load(&kept.memory), *source;
	uint64_t before = UINT64_MAX;

	/* The moment's event is that of a failed call, too. */
	if (sources == NULL || atomic_exchange(&process_words.failed_call_busy, 1))
		return;
	while (most-- > 0 && (source = newest(sources, before)) != NULL) {
		before = source->order;
		if (atomic_exchange(&source->busy, 1))
			continue;
		send(source);
		atomic_store(&source->busy, 0);
	}
	atomic_store(&process_words.failed_call_busy, 0);
}

void forwarded_send(void)
{
	if (kept.owner == sys_getpid() && atomic_fetch_add(&kept.children, 1) < CHILDREN_MOST)
		send_most(SENT_OF_CHILD);
}

void forwarded_send_last(bool failed)
{
	if ((atomic_load(&kept.children) > 0 || (kept.is_srun && failed)) &&
		kept.owner == sys_getpid())
		send_most(SENT_AT_END);
}
