/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late_tables.h - the pointers in the tables of core/config, which the loader leaves as they are.
 *
 * They are half of all that it would have to relocate in every program, and few programs have a
 * configuration. The linker puts these tables into a section of their own (layout.ld), and
 * scripts/late-relocations moves what is to be done there behind the loader's list. Signal-safe:
 * no. Threads: before main.
 */
#pragma once

/* Relocate them, the first time that it is called: before anything of core/config but its
 * settings. */
void late_tables_relocate(void);
