/* SPDX-License-Identifier: Apache-2.0 */
/* The same of a program that lies where it was linked for. */
#include "tests/unit/test_trace_gaps.c"
