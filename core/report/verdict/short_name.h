/* SPDX-License-Identifier: Apache-2.0 */
/*
 * short_name.h - the name of a function as one says it: without parameters, template arguments,
 * the return type, and what a compiler appends.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/* Appends the short form of NAME, which is demangled:
 * "void at::foo<float, 2>::of(int) const [clone .cold]" becomes "at::foo<…>::of",
 * "core::iter::next::h0123456789abcdef" "core::iter::next", "__grid_MOD_step" "grid::step". */
void short_name_add(struct text *text, const char *name);

/* Appends NAME, whole where it fits in COLUMNS. Else what encloses the function is left out,
 * "…::PairEAM::compute", then the end. */
void short_name_fit(struct text *text, const char *name, int columns);
