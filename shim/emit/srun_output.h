/* SPDX-License-Identifier: Apache-2.0 */
/*
 * srun_output.h - whose output srun reads: what a task has written comes from the slurmstepd of its
 * node by one socket for all of them.
 *
 * Each message there is a header of 10 bytes in network order, which srun asks for by itself, and
 * as many bytes as that says: 16 bits of type (1: standard output, 2: standard error), 16 of the
 * task's number in the step, 16 of its number on its node, 32 of the length, 0 where the task has
 * closed its output. Source: io_hdr_pack() and SLURM_IO_MAX_MSG_LEN in Slurm's
 * src/common/io_hdr.[ch], the same in 22.05 and 26.05. With TLS between them nothing is recognised.
 *
 * Signal-safe: yes. Threads: any, but of one socket one at a time, as srun does.
 */
#pragma once

#include "core/events/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct srun_output {
	enum event_stream stream; /* STREAM_TASK_OUT or STREAM_TASK_ERR */
	unsigned task;		  /* its number in the step */
	bool has_ended;		  /* the task has closed it: there are no bytes */
};

/* srun asked for WANTED bytes of the socket with INODE, and got the COUNT BYTES. Returns whether
 * they are of a task's output, with which in *RET_OUTPUT: neither a header nor a message of another
 * kind. */
bool srun_output_of(uint64_t inode, const char *bytes, size_t count, size_t wanted,
	struct srun_output *ret_output);
