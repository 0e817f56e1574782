/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_sample.h - the events that the tests of core/events begin with: rank 3's first, and its
 * last by a fault.
 */
#pragma once

#include "core/events/event.h"

#include <signal.h>

#define SAMPLE_STEP_PC 0x7f0000001139

static const struct frame_module sample_solver = {
	.path = "/opt/job/solver",
	.build_id = {0xde, 0xad, 0x01},
	.build_id_size = 3,
	.bias = 0x7f0000000000,
};
static const struct frame_module sample_libc = {.path = "/lib/libc.so.6", .bias = 0x7fff00000000};

static const struct frame sample_frames[] = {
	{FRAME_CFI, 0x7fff00000010, true, &sample_libc, 0x10, "strlen", 2, NULL, 0, 0},
	{FRAME_CFI, SAMPLE_STEP_PC, false, &sample_solver, 0x1139, "step", 18, "src/solver.c", 88,
		0},
	{FRAME_FP, 0x1234, false, NULL, 0, NULL, 0, NULL, 0, 0},
};

static const char *const sample_argv[] = {"./solver", "--n", "4"};
static const struct event_ancestor sample_ancestors[] = {{31790, "torchrun"}, {1, "init"}};

static inline struct event sample_init(void)
{
	return (struct event){
		.source = SOURCE_WORKER,
		.state = NODE_INIT,
		.what = "init",
		.at = {.real_us = 1700000000123456, .mono_us = 5000001},
		.identity =
			{
				.launcher = LAUNCHER_TORCHRUN,
				.rank_source = "RANK",
				.rank = 3,
				.local_id = 1,
				.world_size = 4,
				.group_rank = RANK_UNKNOWN,
				.run_id = "job-7",
				.master_endpoint = "n0:29500",
			},
		.leader = true,
		.hostname = "n1",
		.pid = 31820,
		.signal = {.sender_uid = -1},
		.process =
			{
				.program = "solver",
				.exe = "/opt/job/solver",
				.cwd = "/scratch",
				.argv = sample_argv,
				.argc = 3,
				.ppid = 31790,
				.ancestors = sample_ancestors,
				.ancestor_count = 2,
				.start_ticks = 4711,
				.boot_id = "b-1",
				.tid = 31820,
				.thread = "solver",
			},
		.process_in_full = true,
	};
}

static inline struct event sample_fault(void)
{
	struct event event = sample_init();

	event.state = NODE_FAILED;
	event.what = "signal";
	event.seq = 2;
	event.cause = CAUSE_FAULT;
	event.signal = (struct event_signal){
		.number = SIGSEGV,
		.has_code = true,
		.code = SEGV_MAPERR,
		.has_address = true,
		.address = 8,
		.sender_uid = -1,
	};
	event.frames = sample_frames;
	event.frame_count = 3;
	event.outcome = TRACE_OK;
	event.trace_us = 850;
	event.fingerprint = 0xabcdef;
	event.process_in_full = false;
	return event;
}
