/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/run_context.h"

#include "core/api/api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct config_loader api_loader = {dlopen, dlsym, dlerror};

struct run_context run_context_of_process(struct run_identity *identity)
{
	const struct identity *own = &identity->identity;

	memset(identity, 0, sizeof *identity);
	identity_read(environ, &identity->identity);
	gethostname(identity->hostname, sizeof identity->hostname - 1);
	return (struct run_context){
		.directory = getenv("VIGIL_DIR"),
		.hostname = identity->hostname,
		.run_id = own->run_id[0] == '\0' ? NULL : own->run_id,
		.program = program_invocation_short_name,
		.rank = own->rank == RANK_UNKNOWN ? -1 : own->rank,
		.local_rank = own->local_id == RANK_UNKNOWN ? -1 : own->local_id,
		.pid = getpid(),
	};
}

const struct filter *api_rank_filter(const int64_t *ranks, size_t count)
{
	struct run_identity identity;

	return rank_filter_new(api_arena(), ranks, count, run_context_of_process(&identity).rank);
}
