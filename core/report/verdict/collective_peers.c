/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/collective_peers.h"

#include "core/base/number.h"
#include "core/report/verdict/collective_text.h"

#include <errno.h>
#include <string.h>

/* A call to or from one peer, "recv 0<-1" in rank 0 and "send 1->0" in rank 1, by numbers in the
 * group. */
struct peer_call {
	bool is_recv;
	int64_t own, peer;
};

/* Whether NAME is that of such a call. */
static bool read_name(const char *name, struct peer_call *ret_call)
{
	const char *at = strchr(name, ' ');

	ret_call->is_recv = text_after(name, "recv ") != NULL;
	if (at == NULL || (!ret_call->is_recv && text_after(name, "send ") == NULL) ||
		!is_digit(at[1]))
		return false;
	at++;
	ret_call->own = number_take(&at, SIZE_MAX);
	at = text_after(at, ret_call->is_recv ? "<-" : "->");
	if (at == NULL || !is_digit(*at))
		return false;
	ret_call->peer = number_take(&at, SIZE_MAX);
	return *at == '\0';
}

/* The rank of the job that has NUMBER in the group of CALL, as DUMP knows it; RANK_UNKNOWN: it does
 * not. */
static int64_t rank_in_group(
	const struct rank_dump *dump, const struct dump_call *call, int64_t number)
{
	for (size_t i = 0; i < dump->group_count; i++)
		if (strcmp(dump->groups[i].name, call->group) == 0)
			return number < (int64_t)dump->groups[i].count
				       ? dump->groups[i].ranks[number]
				       : RANK_UNKNOWN;
	return RANK_UNKNOWN;
}

/* How many calls NAME of the group of CALL are in DUMP, up to END. */
static size_t count_calls(const struct rank_dump *dump, const struct dump_call *call,
	const char *name, const struct dump_call *end)
{
	size_t count = 0;

	for (const struct dump_call *at = dump->calls; at < end; at++)
		count += at->is_p2p && strcmp(at->name, name) == 0 &&
			 strcmp(at->group, call->group) == 0;
	return count;
}

/* Whether PEER, in whose dump the counterpart of CALL, of DUMP, is to be, has not called that: 1,
 * or 0: it has; -1: nobody knows. */
static int is_behind(const struct rank_dump *dump, const struct dump_call *call,
	const struct peer_call *named, const struct fitting_dump *peer)
{
	char name[64];
	size_t own, other;

	if (peer == NULL || !peer->dump->is_whole || !dump->is_whole)
		return -1;
	text_format(name, sizeof name, named->is_recv ? "send %ld->%ld" : "recv %ld<-%ld",
		(long)named->peer, (long)named->own);
	own = count_calls(dump, call, call->name, call + 1);
	other = count_calls(peer->dump, call, name, peer->dump->calls + peer->dump->call_count);
	return other < own;
}

static const char *sentence_of(struct report *report, const struct rank_dump *dump,
	const struct dump_call *call, int64_t peer, int behind)
{
	char caller[256] = "", group[80];
	struct text text;

	text_init(&text, caller, sizeof caller);
	collective_caller_add(&text, call);
	text_format(group, sizeof group, "%.70s", collective_group_words(report, call));
	if (behind < 0)
		return report_say(report,
			"rank %ld waits in %.60s of %s%s; no dump says whether rank %ld came to it",
			(long)dump->rank, call->name, group, caller, (long)peer);
	return report_say(report, "rank %ld waits in %.60s of %s%s; rank %ld %s", (long)dump->rank,
		call->name, group, caller, (long)peer,
		behind > 0 ? "has not called its side of it" : "has called its side of it, too");
}

/* Adds that the rank of DUMP waits in CALL; nothing where that does not name a peer. */
static bool add_wait(struct report *report, struct collectives *collectives,
	const struct fitting_dump *dumps, size_t count, const struct fitting_dump *from)
{
	const struct rank_dump *dump = from->dump;
	const struct dump_call *call = from->waits;
	struct collective_state *state = &collectives->states[collectives->count];
	int64_t *ranks = report_alloc(report, 2 * sizeof *ranks), peer;
	struct peer_call named;
	int behind;

	if (ranks == NULL)
		return false;
	if (!read_name(call->name, &named))
		return true;
	peer = rank_in_group(dump, call, named.peer);
	if (peer == RANK_UNKNOWN || peer == dump->rank)
		return true;
	behind = is_behind(dump, call, &named, dump_of_rank(dumps, count, peer));
	ranks[0] = dump->rank;
	ranks[1] = peer;
	*state = (struct collective_state){
		.group = collective_group_words(report, call),
		.collective = call->name,
		.sequence = call->sequence,
		.waiting = ranks,
		.waiting_count = 1,
		.behind = ranks + 1,
		.behind_count = behind > 0,
		.unknown = ranks + 1,
		.unknown_count = behind < 0,
		.sentence = sentence_of(report, dump, call, peer, behind),
	};
	collectives->count++;
	return true;
}

int collective_peers_add(struct report *report, struct attempt *attempt,
	const struct fitting_dump *dumps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dumps[i].waits != NULL && dumps[i].waits->is_p2p &&
			!add_wait(report, &attempt->collectives, dumps, count, &dumps[i]))
			return -ENOMEM;
	return 0;
}
