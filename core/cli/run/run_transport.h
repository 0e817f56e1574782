/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_transport.h - how `vigil run` hands its events to a NATS server or a receiver of OTLP: --to,
 * --collect, and what a `vigil run --collect` or --to above a worker has set.
 *
 *	--to URL	a helper sends what this host writes into the run directory
 *	--collect	a server of our own (run_server.h), and a helper that fetches what others
 *			send there into the run directory
 *	VIGIL_TO	a worker, or whoever records into a directory of this host alone, sends
 *
 * Signal-safe: no. Threads: one.
 */
#pragma once

#include "core/cli/run/run_directory.h"
#include "core/cli/run/run_helper.h"
#include "core/transport/otlp_target.h"
#include "core/transport/server.h"

struct run_transport {
	bool sends, collects;
	bool is_otlp;	   /* it sends to a receiver, from which no report can be had */
	const char *given; /* the URL as the user gave it, perhaps that of NATS_URL */
	struct server server;
	struct otlp_target target;
	const struct run_directory *rundir;
	char hostname[HOSTNAME_SIZE];
	bool all_files; /* send the files of all hosts, as a configuration names them otherwise */
	struct helper sender, keeper, collector;
};

/* Read TO, the value of --to (NULL: not given). COLLECTS: --collect was given. INHERITS: VIGIL_TO
 * counts. Returns 0 and TRANSPORT; or -EINVAL after one line on stderr. */
int run_transport_plan(
	struct run_transport *transport, const char *to, bool collects, bool inherits);

/* Start the helpers for the run in RUNDIR, and hand the server on to the workers by the
 * environment. HAS_CONFIG: event files may have any name. Returns 0, or -errno after one line on
 * stderr: nothing is left. */
int run_transport_start(
	struct run_transport *transport, const struct run_directory *rundir, bool has_config);

/* The command has ended: send and fetch what there is, and say what could not be sent. What is on
 * the server stays there. Returns whether all was sent and fetched. */
bool run_transport_finish(struct run_transport *transport);

/* The server that has the events of all hosts; NULL: the run directory is all there is. */
const struct server *run_transport_server(const struct run_transport *transport);

/* End every helper, and the server of --collect. */
void run_transport_end(struct run_transport *transport);
