/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/call_page.h"

#include "core/base/sys.h"

#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/mman.h>

/* Ask the kernel to set bits of the word at ADDRESS, in one operation. */
static long set_bits(uintptr_t address, int bits)
{
	static uint32_t nobody;

	return sys_try(SYS_futex, (long)&nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0,
		(long)address, FUTEX_OP(FUTEX_OP_OR, bits, FUTEX_OP_CMP_EQ, 0));
}

/*
 * Whether the word at ADDRESS can be written: setting no bit of it fails where it cannot. Returns 1
 * or 0, or -errno where the kernel does not say; a seccomp filter may answer in its place.
 */
static int is_writable(uintptr_t address)
{
	static volatile uint32_t proof;
	long result;

	if (proof == 0 && (set_bits((uintptr_t)&proof, 1) < 0 || proof == 0))
		return -ENOSYS;
	result = set_bits(address, 0);
	return result >= 0 ? 1 : result == -EFAULT ? 0 : (int)result;
}

static long protect(uintptr_t page, int access)
{
	return sys_try(SYS_mprotect, (long)page, (long)getauxval(AT_PAGESZ), access, 0, 0, 0);
}

void call_page_close(struct call_page *page)
{
	if (page->is_protected)
		protect(page->address, PROT_READ);
	*page = (struct call_page){.address = 0};
}

enum call_changed call_page_open(
	struct call_page *page, const struct call_object *object, uintptr_t slot, bool is_loaded)
{
	uintptr_t address = slot - slot % getauxval(AT_PAGESZ);
	bool is_relro = call_object_protects(object, slot);
	int writable;

	if (address == page->address)
		return CALL_CHANGED;
	call_page_close(page);
	writable = is_writable(slot);
	if (writable < 0 || (writable == 0 && !is_relro))
		return CALL_LEFT_ALONE;
	/* The loader is at work on it in another thread, and makes it read-only at the end. */
	if (writable == 1 && is_relro && !is_loaded)
		return CALL_NOT_READY;
	if (writable == 0 &&
		(protect(address, PROT_READ | PROT_WRITE) != 0 || is_writable(slot) != 1))
		return CALL_LEFT_ALONE;
	*page = (struct call_page){address, writable == 0};
	return CALL_CHANGED;
}
