/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_page.h - the pages of an object's table of addresses, which the loader may have made
 * read-only, and which are writable for the moment of a change.
 *
 * Signal-safe: yes. Threads: any; the object must stay loaded.
 */
#pragma once

#include "shim/base/call_object.h"

/* A page that is open for a change. */
struct call_page {
	uintptr_t address; /* 0: none */
	bool is_protected; /* it was read-only */
};

/* How an attempt to change an address ended. */
enum call_changed { CALL_CHANGED, CALL_LEFT_ALONE, CALL_NOT_READY };

/* Make the page of SLOT, an address in OBJECT, writable, and close the one that was open. Nothing
 * is opened that is read-only for another reason than the loader's. IS_LOADED: the loader has
 * finished its work on OBJECT for certain; else a page that it has yet to protect is not ready. */
enum call_changed call_page_open(
	struct call_page *page, const struct call_object *object, uintptr_t slot, bool is_loaded);

/* Make the page that is open as it was. */
void call_page_close(struct call_page *page);
