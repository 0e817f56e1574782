/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmocka.h - cmocka with the headers that it wants before it.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Before cmocka 2, one function took signed and unsigned numbers. */
#ifndef assert_uint_in_range
#define assert_uint_in_range assert_in_range
#endif
