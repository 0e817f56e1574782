/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_server.h - the nats-server that `vigil run --collect` starts on the head node.
 *
 * It listens on a port of its own choice, takes who has its token, and keeps its store in the run
 * directory. A helper looks after it: it starts it again should it die, and ends it when we end. If
 * we are killed, it fetches what the server has into the run directory; and when the helper is
 * killed, the kernel kills the server. Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_directory.h"
#include "core/cli/run/run_helper.h"
#include "core/transport/server.h"

/* The server's folder in the run directory. */
#define RUN_SERVER_FOLDER "/.collect"

/* Start a server for the run in RUNDIR, and set VIGIL_TO and VIGIL_TO_TOKEN in our environment.
 * Returns 0, the HELPER and the SERVER; or -errno after one line on stderr. */
int run_server_start(
	const struct run_directory *rundir, struct helper *ret_helper, struct server *ret_server);

/* End the server. KEEP: its store stays, as not all was fetched from it. */
void run_server_end(struct helper *helper, bool keep);
