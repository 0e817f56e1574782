/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a failure speaks of others, in words that no table has. */
#include "core/report/job/peer_words.h"

#include "tests/unit/unit.h"

static const struct {
	const char *type, *message;
	enum peer_words words;
} known[] = {
	{"RuntimeError",
		"The client socket has timed out after 60000ms while trying to connect to (n1, "
		"29500)",
		PEER_WORDS_LATE},
	{"RuntimeError", "Timed out initializing process group in store based barrier on rank 0",
		PEER_WORDS_LATE},
	{"torch.distributed.DistStoreError", "3/4 clients joined.", PEER_WORDS_LATE},
	{"XlaRuntimeError", "DEADLINE_EXCEEDED: Barrier timed out. Id: x", PEER_WORDS_LATE},
	{"XlaRuntimeError", "UNAVAILABLE: tasks are unhealthy (stopped sending heartbeats): 2",
		PEER_WORDS_LATE},
	{"HorovodInternalError", "Horovod has been shut down.", PEER_WORDS_GONE},
	{"ray.exceptions.RayActorError", "The actor died unexpectedly", PEER_WORDS_GONE},
	{"RuntimeError", "Timeout waiting for response from rank 2", PEER_WORDS_LATE},
	{"TimeoutError", "", PEER_WORDS_LATE},
	{"ConnectionError", NULL, PEER_WORDS_GONE},
	{"OSError", "[Errno 104] ECONNRESET", PEER_WORDS_GONE},
	{"std::runtime_error", "first line\nworker 3 disconnected", PEER_WORDS_GONE},
	{"MPI4pyException", "MPI_ERR_REVOKED: communicator revoked", PEER_WORDS_GONE},
	{"RuntimeError", "unable to reach the leader", PEER_WORDS_GONE},
	{NULL, "peer 10.0.0.3 is gone", PEER_WORDS_GONE},
	/* about the program, its input, its children */
	{"ValueError", "the timeout of a connection must be positive", PEER_WORDS_NONE},
	{"KeyError", "'barrier_timeout'", PEER_WORDS_NONE},
	{"IndexError", "list index out of range", PEER_WORDS_NONE},
	{"subprocess.TimeoutExpired", "Command 'nc' timed out after 5 seconds", PEER_WORDS_NONE},
	{"RuntimeError", "Command 'ssh node' timed out while waiting", PEER_WORDS_NONE},
	{"RuntimeError", "DataLoader worker (pid 5) is killed by signal: Bus error.",
		PEER_WORDS_NONE},
	{"RuntimeError", "CUDA error: the launch timed out and was terminated", PEER_WORDS_NONE},
	{"RuntimeError", "Missing key(s) in state_dict: \"channel.weight\"", PEER_WORDS_NONE},
	{"RuntimeError", "loss is nan", PEER_WORDS_NONE},
	{NULL, "comm.c:33: exchange: Assertion `peer != lost' failed.", PEER_WORDS_NONE},
	{NULL, NULL, PEER_WORDS_NONE},
};

static void kinds_of_words_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (peer_words(known[i].type, known[i].message) != known[i].words)
			fail_msg("'%s: %s' is taken for %d", known[i].type, known[i].message,
				(int)peer_words(known[i].type, known[i].message));
}

UNIT_TESTS(cmocka_unit_test(kinds_of_words_count))
