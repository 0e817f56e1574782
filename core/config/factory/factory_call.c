/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/factory/factory_call.h"

#include <errno.h>
#include <ffi.h>

static ffi_type *const types[] = {
	[FACTORY_STR] = &ffi_type_pointer,
	[FACTORY_I32] = &ffi_type_sint32,
	[FACTORY_I64] = &ffi_type_sint64,
	[FACTORY_U32] = &ffi_type_uint32,
	[FACTORY_U64] = &ffi_type_uint64,
	[FACTORY_F32] = &ffi_type_float,
	[FACTORY_F64] = &ffi_type_double,
	[FACTORY_BOOL] = &ffi_type_uint8,
	[FACTORY_PTR] = &ffi_type_pointer,
};
_Static_assert(sizeof types / sizeof *types == FACTORY_TYPE_COUNT_, "a type has no ffi_type");

int factory_call(void *function, const struct factory_argument *arguments, size_t count, void **ret)
{
	ffi_type *parameters[FACTORY_ARGUMENTS_MOST];
	void *values[FACTORY_ARGUMENTS_MOST];
	ffi_cif call;

	if (count > FACTORY_ARGUMENTS_MOST)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		parameters[i] = types[arguments[i].type];
		values[i] = (void *)&arguments[i].pointer;
	}
	if (ffi_prep_cif(&call, FFI_DEFAULT_ABI, (unsigned)count, &ffi_type_pointer, parameters) !=
		FFI_OK)
		return -EINVAL;
	ffi_call(&call, FFI_FN(function), ret, values);
	return 0;
}
