/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a format of style '$': format.h says what must hold. */
#include "tests/fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_format(STYLE_DOLLAR, data, size);
}
