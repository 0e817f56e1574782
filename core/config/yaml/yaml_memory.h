/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_memory.h - malloc and its kin for the libyaml inside the preload, which must not touch the
 * host's.
 *
 * Linked into libvigil.so only, together with a copy of libyaml.a whose malloc, realloc, free and
 * strdup were renamed (objcopy --redefine-sym malloc=vigil_yaml_malloc …). The command uses libyaml
 * as it is. What is freed stays taken until the arena is released, so a configuration should be
 * read into one arena and parsed with another. Signal-safe: no. Threads: one, in the preload's
 * constructor.
 */
#pragma once

#include "core/base/arena.h"

#include <stddef.h>

/* Allocate from ARENA from now on; with NULL, allocation fails. Called before config_load() with an
 * arena, and after it with NULL. */
void yaml_memory_use(struct arena *arena);

/* As in stdlib.h and string.h. */
void *vigil_yaml_malloc(size_t size);
void *vigil_yaml_realloc(void *memory, size_t size);
void vigil_yaml_free(void *memory);
char *vigil_yaml_strdup(const char *string);
