/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_memory.h - malloc, realloc, free and strdup for the libyaml inside the preload, which must
 * not use the host's.
 *
 * Linked into libvigil.so only, together with a copy of libyaml.a whose malloc, realloc, free and
 * strdup were renamed (objcopy --redefine-sym malloc=vigil_yaml_malloc …). The command uses libyaml
 * as it is. free() releases nothing; only the release of the arena does. So libyaml should not
 * allocate from the arena that keeps the configuration. Signal-safe: no. Threads: one, in the
 * preload's constructor.
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
