/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_text.h - the merged stacks for people: which ranks were in which functions, on one screen.
 *
 * Signal-safe: no. Threads: a FILE's.
 */
#pragma once

#include "core/report/render/page.h"

/* Writes the stacks of ATTEMPT, unless fewer than two ranks have one. */
void tree_print(struct page *page, const struct attempt *attempt);
