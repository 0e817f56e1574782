/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/emit/srun_output.h"

#include "shim/base/late_memory.h"

#include <stdatomic.h>

/* How many sockets, one for each node, are remembered; of more, new ones replace old ones. */
#define SOCKETS 1024

#define HEADER_SIZE 10
#define MESSAGE_MOST 1024

/* A socket, and whose bytes come next. */
struct socket_state {
	_Atomic uint64_t inode; /* 0: none yet */
	enum event_stream stream;
	uint16_t task;
	uint32_t left; /* bytes of the message; 0: a header is next */
};

static void *_Atomic memory;

/* The socket with INODE; NULL: it is not known, and must not be MADE. */
static struct socket_state *socket_of(struct socket_state *sockets, uint64_t inode, bool made)
{
	struct socket_state *home = &sockets[inode % SOCKETS];

	for (size_t i = 0; i < SOCKETS; i++) {
		struct socket_state *at = &sockets[(inode + i) % SOCKETS];
		uint64_t found = atomic_load(&at->inode);

		if (found == inode)
			return at;
		if (found != 0)
			continue;
		if (!made)
			return NULL;
		if (atomic_compare_exchange_strong(&at->inode, &found, inode))
			return at;
	}
	if (!made)
		return NULL;
	atomic_store(&home->inode, inode);
	return home;
}

static uint32_t number_at(const char *bytes, size_t size)
{
	uint32_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | (unsigned char)bytes[i];
	return number;
}

static bool is_header(const char *bytes)
{
	uint32_t type = number_at(bytes, 2);

	return (type == 1 || type == 2) && number_at(bytes + 6, 4) <= MESSAGE_MOST;
}

static void begin_message(struct socket_state *state, const char *header)
{
	state->stream = number_at(header, 2) == 1 ? STREAM_TASK_OUT : STREAM_TASK_ERR;
	state->task = (uint16_t)number_at(header + 2, 2);
	state->left = number_at(header + 6, 4);
}

bool srun_output_of(uint64_t inode, const char *bytes, size_t count, size_t wanted,
	struct srun_output *ret_output)
{
	bool may_be_header = wanted == HEADER_SIZE && count == HEADER_SIZE && is_header(bytes);
	struct socket_state *sockets = may_be_header
					       ? late_memory(&memory, SOCKETS * sizeof *sockets)
					       : atomic_load(&memory);
	struct socket_state *state =
		sockets == NULL ? NULL : socket_of(sockets, inode, may_be_header);

	if (state == NULL)
		return false;
	if (state->left == 0) {
		if (!may_be_header)
			return false;
		begin_message(state, bytes);
		*ret_output = (struct srun_output){state->stream, state->task, true};
		return state->left == 0;
	}
	if (count == 0 || count > state->left) {
		state->left = 0;
		return false;
	}
	state->left -= (uint32_t)count;
	*ret_output = (struct srun_output){state->stream, state->task, false};
	return true;
}
