/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a stream of stdio's: what led to standard output and error is not known behind it. */
#include "shim/base/export.h"
#include "shim/base/real.h"
#include "shim/emit/own_output.h"

#include <stdio.h>

VIGIL_EXPORT int fclose(FILE *stream)
{
	own_output_before_close(stream);
	return real(fclose)(stream);
}
