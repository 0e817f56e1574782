/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forwarding.h - the reads of a launcher, which forwards what its ranks print.
 *
 * In a process that starts ranks and in no other, what read() has returned is handed to
 * forwarded_keep(). The launcher gets what it would get without us, at the same time; nothing is
 * read, or kept from being read. Any other process reads as if this module were not there, since
 * real() itself leads to other functions in a launcher. Signal-safe: no.
 */
#pragma once

/* Constructor only: PROGRAM is the base name of the executable. */
void forwarding_begin(const char *program);
