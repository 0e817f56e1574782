/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refused.h - what tests/shim/victims/refused.c and who starts it have in common.
 *
 * The victim finds a file of REFUSED_PAGE_SIZE bytes at descriptor REFUSED_FD, maps it, closes it,
 * and leaves in it what it saw: after its filter no system call may be counted on.
 */
#pragma once

#include <stdatomic.h>

#define REFUSED_FD 3
#define REFUSED_PAGE_SIZE 4096
#define REFUSED_SEEN_MAX 200

struct refused_page {
	_Atomic int stands; /* the filter does */
	_Atomic int count;  /* of what was seen */
	long seen[REFUSED_SEEN_MAX];
};
