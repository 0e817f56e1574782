/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.h - the C library's loader, for the factories of a configuration.
 *
 * Signal-safe: no. Threads: any.
 */
#pragma once

#include "core/config/config.h"

/* dlopen(), dlsym() and dlerror(). */
extern const struct config_loader api_loader;
