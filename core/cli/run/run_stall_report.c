/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_stall_report.h"

#include "core/cli/fetched.h"

int stall_report(const struct run_directory *rundir, const struct server *server, struct text *text,
	struct stall_news *ret_news)
{
	struct fetched fetched;
	char complaint[512];
	int error;

	if (server == NULL ||
		fetched_begin(&fetched, server, rundir->run_id, complaint, sizeof complaint) < 0)
		return report_stall(rundir->absolute, rundir->run_id, text, ret_news);
	error = report_stall(fetched.directory, rundir->run_id, text, ret_news);
	fetched_end(&fetched);
	return error;
}
