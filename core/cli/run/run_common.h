/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_common.h - what the parts of `vigil run` share: its exit statuses and the place of a run.
 *
 * `vigil run` goes through its parts in this order: run_program (what is to be started?),
 * run_preload (what goes into it?), run_config (is the configuration sound?), run_directory (where
 * do events go?), run_environment and run_mpirun (how does the job come to know?), run_launch
 * (start), run_supervise with run_sentinel and run_monitor (signals, the dead), run_agent (what is
 * reported them), run_outcome (end like the command). Nothing is started before all that can be
 * refused has been looked at.
 * Signal-safe: no. Threads: one; `vigil run` has no other.
 */
#pragma once

#include "core/events/identity.h"

#include <limits.h>
#include <stdbool.h>

/* One run: where its events go, and its name. */
struct run_directory {
	char path[PATH_MAX];	 /* as the user gave it, for messages */
	char absolute[PATH_MAX]; /* for VIGIL_DIR: the job changes directories */
	char run_id[RUN_ID_SIZE];
	bool made;   /* the directory was not there before */
	bool shared; /* with another `vigil run`, which gives the verdict */
};
