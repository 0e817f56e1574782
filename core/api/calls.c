/* SPDX-License-Identifier: Apache-2.0 */
/* The log calls of the public API. */
#include "core/api/log.h"

#include "core/api/own.h"
#include "core/api/work.h"
#include "core/base/clock.h"
#include "core/logging/custom.h"

#include <errno.h>

static const struct vigil_call nothing;

static void begin_call(struct log_call *own, struct vigil_logger *logger, int level,
	const struct vigil_call *call, const void *caller)
{
	own->logger = api_logger(logger);
	own->level = level;
	own->call = call == NULL ? &nothing : call;
	own->caller = caller;
	call_extra_init(&own->extra);
	call_extra_add(&own->extra, own->call->extra);
}

int vigil_log_call(struct vigil_logger *logger, int level, const struct vigil_call *call,
	const char *format, ...)
{
	struct log_call own;
	va_list arguments;
	int error;

	begin_call(&own, logger, level, call, __builtin_return_address(0));
	va_start(arguments, format);
	error = log_format(&own, format, arguments);
	va_end(arguments);
	return error;
}

int vigil_vlog_call(struct vigil_logger *logger, int level, const struct vigil_call *call,
	const char *format, va_list arguments)
{
	struct log_call own;

	begin_call(&own, logger, level, call, __builtin_return_address(0));
	return log_format(&own, format, arguments);
}

int vigil_log_text(
	struct vigil_logger *logger, int level, const struct vigil_call *call, const char *message)
{
	struct log_call own;

	begin_call(&own, logger, level, call, __builtin_return_address(0));
	return log_message(&own, message);
}

struct vigil_logger *vigil_adapter_logger(const struct vigil_adapter *adapter)
{
	while (adapter->inner != NULL)
		adapter = adapter->inner;
	return adapter->logger;
}

/* Each adapter replaces the extra so far by its own or, with merge_extra, adds its own behind. */
int vigil_adapter_log_call(const struct vigil_adapter *adapter, int level,
	const struct vigil_call *call, const char *format, ...)
{
	struct log_call own;
	va_list arguments;
	int error;

	begin_call(&own, vigil_adapter_logger(adapter), level, call, __builtin_return_address(0));
	for (; adapter != NULL; adapter = adapter->inner) {
		if (!adapter->merge_extra)
			own.extra.count = 0;
		if (!call_extra_add(&own.extra, adapter->extra))
			return api_fail(-E2BIG, NULL);
	}
	va_start(arguments, format);
	error = log_format(&own, format, arguments);
	va_end(arguments);
	return error;
}

void vigil_record_init(struct vigil_record *record)
{
	*record = (struct vigil_record){
		.message = "",
		.created_us = instant_real_us(),
		.process = own_process(),
		.thread = own_thread(),
		.process_name = program_invocation_short_name,
	};
}

int vigil_handle(struct vigil_logger *logger, const struct vigil_record *record)
{
	struct log_record own = {.crashing = record->crashing};
	struct work *work = logger == NULL ? NULL : work_take();
	int before = errno;

	if (work == NULL)
		return logger == NULL ? 0 : -ENOMEM;
	if (record->internal != NULL)
		own = *(const struct log_record *)record->internal;
	else
		own.notes = &work->notes;
	record_adopt(&own, record);
	log_hand_over(api_logger(logger), &own, work);
	work_give(work);
	errno = before;
	return 0;
}

bool vigil_site_first(struct vigil_site *site, uint64_t n)
{
	/* Read first: a site that has logged N times costs no write. */
	return __atomic_load_n(&site->count, __ATOMIC_RELAXED) < n &&
	       __atomic_fetch_add(&site->count, 1, __ATOMIC_RELAXED) < n;
}

bool vigil_site_every(struct vigil_site *site, uint64_t n)
{
	return __atomic_fetch_add(&site->count, 1, __ATOMIC_RELAXED) % (n == 0 ? 1 : n) == 0;
}

bool vigil_site_every_seconds(struct vigil_site *site, double seconds)
{
	int64_t now = instant_mono_us();
	int64_t last = __atomic_load_n(&site->last_us, __ATOMIC_RELAXED);

	if (last != 0 && (double)(now - last) < seconds * 1e6)
		return false;
	/* Of several threads at the same moment, one succeeds. */
	return __atomic_compare_exchange_n(
		&site->last_us, &last, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
