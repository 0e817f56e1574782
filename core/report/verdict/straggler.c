/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/straggler.h"

#include "core/base/path.h"
#include "core/report/verdict/evidence.h"
#include "core/report/verdict/similar.h"

#include <fnmatch.h>

/* Patterns of fnmatch(3), in any case: of functions that communicate, whatever library has them. */
static const char *const functions[] = {"MPI_*", "PMPI_*", "MPIR_*", "MPID*", "ompi_*", "mca_pml_*",
	"ucp_*", "uct_*", "nccl*", "*c10d*", "*gloo*", "*nccl*", "*all_reduce*", "*allreduce*",
	"*all_gather*", "*allgather*", "*all_to_all*", "*alltoall*", "*reduce_scatter*",
	"*broadcast*", "*barrier*", "*rendezvous*", "init_process_group", "send", "sendall",
	"sendto", "sendmsg", "recv", "recv_into", "recvfrom", "recvmsg", "irecv", "isend", "accept",
	"accept4", "connect", "__send", "__libc_send*", "__libc_recv*", "__recv*", "__libc_accept*",
	"__libc_connect*"};

/* Of Python's files. */
static const char *const files[] = {"*/torch/distributed/*", "*/mpi4py/*", "*/horovod/*", "*/ray/*",
	"*/jax/*distributed*", "*/deepspeed/comm/*", "*/socket.py", "*/ssl.py"};

/* Functions that wait for others or for something else. */
static const char *const unclear[] = {"read", "__read", "__libc_read*", "__GI___libc_read*",
	"__GI___read*", "readv", "poll", "__poll*", "__GI___poll*", "ppoll", "select", "__select*",
	"pselect", "epoll_wait", "epoll_pwait", "sem_wait*", "*pthread_cond_*wait*",
	"*futex_abstimed_wait*", "__libc_sigwait*", "wait4", "__wait4*", "__GI___wait4*", "waitpid",
	"waitid"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool matches(const char *const *patterns, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && i < count; i++)
		if (fnmatch(patterns[i], name, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool standing_communicates(const struct frame *frame)
{
	return matches(functions, COUNT(functions), frame->function) ||
	       (frame->kind == FRAME_PYTHON && matches(files, COUNT(files), frame->file));
}

enum standing standing_by(const struct event *event)
{
	bool is_unclear = event->frame_count == 0;

	for (size_t i = 0; i < event->frame_count; i++) {
		const struct frame *frame = &event->frames[i];

		if (standing_communicates(frame))
			return STANDING_WAITING;
		is_unclear |= matches(unclear, COUNT(unclear), frame->function);
	}
	return is_unclear ? STANDING_UNKNOWN : STANDING_ELSEWHERE;
}

static enum standing standing_of(const struct rank_result *result)
{
	switch (result->failure_class) {
	case FAILURE_PEER_LOST:
	case FAILURE_PEER_TIMEOUT: return STANDING_WAITING; /* it said so */
	case FAILURE_TERMINATED:
	case FAILURE_INTERRUPTED:
	case FAILURE_SIGNALLED: return standing_by(termination_event(result->ended));
	default: return STANDING_UNKNOWN;
	}
}

const struct rank_result *straggler_of(const struct attempt_context *context)
{
	if (context->count[FAILURE_PEER_TIMEOUT] < 2 || context->count[FAILURE_TERMINATED] != 1 ||
		context->count[FAILURE_PEER_TIMEOUT] + 1 != context->seen)
		return NULL;
	return context->first[FAILURE_TERMINATED];
}

const struct rank_result *straggler_by_stack(
	const struct attempt_context *context, const struct rank_result *reporter)
{
	const struct rank_result *elsewhere = NULL;

	if (context->seen < context->attempt->count)
		return NULL;
	FOR_EACH_RESULT (result, context->attempt) {
		enum standing standing =
			result == reporter ? STANDING_WAITING : standing_of(result);

		if (standing == STANDING_UNKNOWN ||
			(standing == STANDING_ELSEWHERE && elsewhere != NULL))
			return NULL;
		if (standing == STANDING_ELSEWHERE)
			elsewhere = result;
	}
	return elsewhere;
}

void straggler_explain(const struct attempt_context *context, const struct rank_result *straggler,
	const struct rank_result *peer)
{
	struct report *report = context->report;
	struct finding *finding = &context->attempt->candidates[0];
	const struct frame *frame = similar_frame(termination_event(straggler->ended));

	if (frame != NULL && frame->file != NULL)
		evidence_say(report, finding, "it stood in %s (%s:%d)", frame->function,
			path_base(frame->file), frame->line);
	else if (frame != NULL)
		evidence_say(report, finding, "it stood in %s", frame->function);
	context->attempt->explanation = report_say(report,
		"rank %ld did not come while the others waited%s%s; rank %ld was the first to "
		"report "
		"that: %s",
		(long)straggler->rank, frame == NULL ? "" : ", and stood in ",
		frame == NULL ? "" : frame->function, (long)peer->rank, peer->reason);
}
