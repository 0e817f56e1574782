/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factory_call.h - calls, by libffi, a C function whose parameter types a configuration gives.
 *
 * Private to core/config. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTORY_ARGUMENTS_MOST 32

enum factory_type {
	FACTORY_STR, /* const char * */
	FACTORY_I32,
	FACTORY_I64,
	FACTORY_U32,
	FACTORY_U64,
	FACTORY_F32,
	FACTORY_F64,
	FACTORY_BOOL,
	FACTORY_PTR, /* void *, NULL only */
	FACTORY_TYPE_COUNT_
};

struct factory_argument {
	enum factory_type type;
	union {
		const void *pointer;
		int32_t i32;
		int64_t i64;
		uint32_t u32;
		uint64_t u64;
		float f32;
		double f64;
		bool boolean;
	};
};

/* Call FUNCTION, a void *(*)(…) of COUNT (at most FACTORY_ARGUMENTS_MOST) parameters of the types
 * of ARGUMENTS. Returns 0 and FUNCTION's result in *RET, or -EINVAL where libffi cannot make such a
 * call. */
int factory_call(
	void *function, const struct factory_argument *arguments, size_t count, void **ret);
