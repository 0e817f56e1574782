/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type_name.h - the name of a C++ type as people write it, from std::type_info::name().
 *
 * Names of types alone, as the Itanium C++ ABI encodes them, and of these the forms that exceptions
 * have: classes in namespaces and classes, arguments of templates that are such types, built-in
 * types, pointers and const. Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/text.h"

/*
 * Append the type that MANGLED encodes to TEXT: "std::runtime_error" for "St13runtime_error". A
 * name in another form, a local class's or one with back references, is appended as it stands.
 */
void type_name_add(const char *mangled, struct text *text);
