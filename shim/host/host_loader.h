/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_loader.h - the loader of the program that we are in, for the factories of its configuration.
 *
 * Nothing is looked up before a configuration that allows factories needs it, and nothing is taken
 * from the C library by a reference: dlopen() is in libc.so.6 since glibc 2.34, and a reference to
 * it, even a weak one, would keep older ones from loading us.
 * Signal-safe: no. Threads: the first one, before main.
 */
#pragma once

#include "core/config/config.h"

/* dlopen(), dlsym() and dlerror(), where the program has them. */
extern const struct config_loader loader;
