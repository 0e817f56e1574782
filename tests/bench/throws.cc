/* SPDX-License-Identifier: Apache-2.0 */
/* Dies by an exception that nobody catches, and reports when, as dies.c does. */
#include "tests/bench/measure.h"

#include <stdexcept>
#include <stdio.h>

int main()
{
	dprintf(1, "%.3f\n", measure_now_us());
	throw std::runtime_error("nobody catches this");
}
