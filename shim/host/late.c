/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/late.h"

#include "core/base/sys.h"
#include "shim/base/process_state.h"
#include "shim/base/stack.h"
#include "shim/emit/emit.h"

static struct {
	bool waits;
	pid_t pid; /* whose beginning it was: a constructor may have forked since */
	struct configure_from from;
	struct instant at;
} late;

void late_wait(const struct configure_from *from, const struct instant *at)
{
	late.from = *from;
	late.from.factories = true;
	late.at = *at;
	late.pid = sys_getpid();
	late.waits = true;
}

void late_begin(void)
{
	struct configured loggers;

	if (!late.waits || !process_is_ours())
		return;
	late.waits = false;
	stack_use_hosts();
	loggers = configure(&late.from);
	emit_to(&loggers);
	if (late.pid == sys_getpid() && !atomic_load(&process_words.init_emitted))
		emit_init(&late.at);
}
