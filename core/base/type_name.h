/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type_name.h - the name of a C++ type as people write it, from std::type_info::name().
 *
 * Decodes names of types only, in the Itanium C++ ABI's encoding, and only the forms that
 * exceptions have: classes in namespaces and classes, template arguments that are such types,
 * built-in types, pointers and const. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/*
 * Append the type that MANGLED encodes to TEXT: "std::runtime_error" for "St13runtime_error". A
 * name in another form, such as a local class's or one with back references, is appended unchanged.
 */
void type_name_add(const char *mangled, struct text *text);
