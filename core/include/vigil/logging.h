/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logging.h - Python's logging for C programs: loggers by dotted name, levels, handlers, filters,
 * formatters, and configurations that the same file gives to Python.
 *
 *	struct vigil_logger *log = vigil_get_logger("solver.mesh");
 *	vigil_info(log, "%d cells on rank %d", cells, rank);
 *
 * Names and behaviour are those of Python's logging, with these differences. Each process has one
 *hierarchy, usable before and after main. A message is formatted during the call, if the level lets
 *it pass, not later. Loggers, handlers and formatters live as long as the process: a pointer to one
 *never dangles, and closing one while another thread logs is safe.
 *
 * Unless its comment says otherwise, a function returns 0, or -errno and the reason, in Python's
 *words, in vigil_error_text(). Strings of the caller are copied. "Signal-safe" means that a signal
 *handler may call the function, even one that interrupts a call of the same function. Threads: any,
 *at any time.
 */
#ifndef VIGIL_LOGGING_H
#define VIGIL_LOGGING_H

#include "loggers.h"
#include "handlers.h"

#endif
