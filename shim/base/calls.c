/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/calls.h"

#include "core/base/environment.h"
#include "core/base/path.h"
#include "core/base/sys.h"
#include "shim/base/call_entry.h"
#include "shim/base/call_object.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"

#include <elf.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#if defined(__x86_64__)
#define CALL_RELOCATION R_X86_64_JUMP_SLOT
#elif defined(__aarch64__)
#define CALL_RELOCATION R_AARCH64_JUMP_SLOT
#endif

#define OBJECTS_FIRST 48
#define OBJECTS_MAX 2048
#define NAMES_MAX 64

/* Those of the first look, mostly all that there are; later OBJECTS_MAX are mapped. */
static struct call_object first_objects[OBJECTS_FIRST] LARGE_STATIC;
static struct call_object *objects = first_objects;

static struct {
	bool mpi, nccl;	   /* the presets */
	const char *names; /* further functions, separated by blanks; NULL: none */
	bool begun, looks_again;
	bool has_lookup_order; /* the loader looks functions up in the order of its list */
	pid_t owner;
	uintptr_t page_size, vdso;
	int (*each)(int (*callback)(struct dl_phdr_info *, size_t, void *), void *argument);
	atomic_bool busy;
	unsigned count;		 /* of objects */
	unsigned target;	 /* the object to which a call was last found to lead */
	unsigned done;		 /* so many of them were looked at, and are complete */
	uint64_t added, removed; /* by the loader, as of the last look */
} wanted;

/* A page of an object that is open for a change. */
struct opened {
	uintptr_t page; /* 0: none */
	bool is_protected;
};

/* How an attempt to replace an address ended. */
enum replaced { REPLACED, LEFT_ALONE, NOT_READY };

/* The length of the word at *AT, which is moved to it; 0: there are no more. */
static size_t next_word(const char **at)
{
	*at += strspn(*at, " ");
	return strcspn(*at, " ");
}

static bool is_word(const char *word, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(word, name, length) == 0;
}

/* Whether SYMBOL is one of the further functions. */
static bool is_named(const char *symbol, struct call_name *ret)
{
	size_t length;

	for (const char *at = wanted.names; at != NULL && (length = next_word(&at)) > 0;
		at += length) {
		size_t name = strcspn(at, " :");

		if (!is_word(at, name, symbol) || name >= sizeof ret->name)
			continue;
		if (!call_names_find(symbol, ret)) {
			*ret = (struct call_name){.communicator = CALL_WITHOUT};
			memcpy(ret->name, symbol, name);
		}
		ret->is_probed = call_probe_parse(at, length, &ret->probe);
		return true;
	}
	return false;
}

/* Whether a call of SYMBOL is counted, and as what. */
static bool is_wanted(const char *symbol, struct call_name *ret)
{
	if (wanted.names != NULL && is_named(symbol, ret))
		return true;
	return (wanted.mpi || wanted.nccl) && call_names_find(symbol, ret) &&
	       (ret->is_nccl ? wanted.nccl : wanted.mpi);
}

/*
 * Whether the word at ADDRESS can be written: an atomic operation of the kernel's that changes no
 * bit of it fails where it cannot. Returns 1 or 0, or -errno where the kernel does not say.
 */
static int is_writable(uintptr_t address)
{
	static uint32_t nobody;
	long result = sys_try(SYS_futex, (long)&nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0,
		(long)address, FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0));

	return result >= 0 ? 1 : result == -EFAULT ? 0 : (int)result;
}

static void close_page(struct opened *opened)
{
	if (opened->is_protected)
		sys_try(SYS_mprotect, (long)opened->page, (long)wanted.page_size, PROT_READ, 0, 0,
			0);
	*opened = (struct opened){.page = 0};
}

/* Make the page of SLOT, an address in OBJECT, writable. */
static enum replaced open_page(
	struct opened *opened, const struct call_object *object, uintptr_t slot)
{
	uintptr_t page = slot - slot % wanted.page_size;
	bool is_relro = page >= object->protected_start && page < object->protected_end;
	int writable;

	if (page == opened->page)
		return REPLACED;
	close_page(opened);
	writable = is_writable(slot);
	if (writable < 0 || (writable == 0 && !is_relro))
		return LEFT_ALONE;
	/* The loader is at work on it in another thread, and makes it read-only at the end. */
	if (writable == 1 && is_relro && wanted.begun)
		return NOT_READY;
	if (writable == 0 && sys_try(SYS_mprotect, (long)page, (long)wanted.page_size,
				     PROT_READ | PROT_WRITE, 0, 0, 0) != 0)
		return LEFT_ALONE;
	*opened = (struct opened){page, writable == 0};
	return REPLACED;
}

static bool is_vdso(const struct call_object *object)
{
	return (uintptr_t)object->headers - wanted.vdso < wanted.page_size;
}

/* Where the loader would find symbol INDEX of USER at the first call; 0: not certain. */
static uintptr_t look_up(const struct call_object *user, uint32_t index)
{
	uintptr_t address = 0;

	if (wanted.begun || !wanted.has_lookup_order || user->is_symbolic)
		return 0;
	for (unsigned i = 0; i < wanted.count; i++) {
		const struct call_object *object = &objects[i];

		if (object->dynamic == NULL || is_vdso(object))
			continue;
		switch (call_object_find(object, user, index, &address)) {
		case CALL_NOT_HERE: break;
		case CALL_HERE: return object == user ? 0 : address;
		case CALL_UNCERTAIN: return 0;
		}
	}
	return 0;
}

/* The function that OBJECT's slot for symbol INDEX, which contains NOW, leads to; 0: not certain.
 */
static uintptr_t target_of(const struct call_object *object, uint32_t index, uintptr_t now)
{
	if (call_object_has(object, now, PF_X))
		return look_up(object, index);
	for (unsigned i = 0; i < wanted.count; i++) {
		unsigned at = (wanted.target + i) % wanted.count;

		if (!call_object_has(&objects[at], now, PF_X))
			continue;
		wanted.target = at;
		return call_entry_is(now) ? 0 : now;
	}
	return 0;
}

static enum replaced replace(const struct call_object *object, const ElfW(Rela) * call,
	const struct call_name *name, struct opened *opened)
{
	uintptr_t slot = object->bias + call->r_offset, target;
	_Atomic uintptr_t *at = (_Atomic uintptr_t *)slot;
	enum replaced result;
	void *entry;

	if (slot % sizeof slot != 0 || !call_object_has(object, slot, PF_W))
		return LEFT_ALONE;
	target = target_of(object, ELF64_R_SYM(call->r_info), atomic_load(at));
	if (target == 0)
		return LEFT_ALONE;
	result = open_page(opened, object, slot);
	if (result != REPLACED)
		return result;
	entry = call_entry_make(name, (void *)target);
	if (entry != NULL)
		atomic_store(at, (uintptr_t)entry);
	return entry == NULL ? LEFT_ALONE : REPLACED;
}

/* Whether OBJECT is a part of MPI's own library, whose calls the program did not make. */
static bool is_of_mpi(const struct call_object *object)
{
	for (int i = 0; i < CALL_NAMES_OF_LIBRARY; i++)
		if (call_object_defines(object, call_names_of_library[i]))
			return true;
	return false;
}

/* Count the calls that OBJECT makes. Returns false where it has to be looked at again. */
static bool count_calls_of(const struct call_object *object)
{
	struct opened opened = {.page = 0};
	bool is_ready = true, was_asked = false;

	for (size_t i = 0; i < object->call_count && is_ready; i++) {
		const ElfW(Rela) *call = &object->calls[i];
		const ElfW(Sym) *symbol = &object->symbols[ELF64_R_SYM(call->r_info)];
		struct call_name name;

		if (ELF64_R_TYPE(call->r_info) != CALL_RELOCATION ||
			ELF64_R_SYM(call->r_info) == 0 ||
			!is_wanted(object->strings + symbol->st_name, &name))
			continue;
		if (!was_asked && name.name[0] == 'M' && is_of_mpi(object))
			break;
		was_asked |= name.name[0] == 'M';
		is_ready = replace(object, call, &name, &opened) != NOT_READY;
	}
	close_page(&opened);
	return is_ready;
}

/* Whether OBJECT may call what is wanted. At the start of a program only those are looked at that
 * ask for the library by its name, and the program itself. */
static bool may_call(const struct call_object *object)
{
	return wanted.begun || wanted.names != NULL || object == &objects[0] ||
	       (wanted.mpi && call_object_needs(object, "libmpi")) ||
	       (wanted.nccl && (call_object_needs(object, "libnccl") ||
				       call_object_needs(object, "librccl")));
}

/* Make room for OBJECTS_MAX objects. */
static bool map_more_objects(void)
{
	static void *_Atomic memory;
	struct call_object *more = late_memory(&memory, OBJECTS_MAX * sizeof *objects);

	if (more == NULL)
		return false;
	memcpy(more, first_objects, sizeof first_objects);
	objects = more;
	return true;
}

static int note_object(struct dl_phdr_info *info, size_t size, void *nothing)
{
	(void)nothing;
	if (wanted.count == OBJECTS_FIRST && objects == first_objects && !map_more_objects())
		return 1;
	if (wanted.count == OBJECTS_MAX)
		return 1;
	objects[wanted.count++] = (struct call_object){
		.bias = info->dlpi_addr,
		.name = info->dlpi_name == NULL ? "" : info->dlpi_name,
		.headers = info->dlpi_phdr,
		.header_count = info->dlpi_phnum,
	};
	if (size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs) {
		wanted.added = info->dlpi_adds;
		wanted.removed = info->dlpi_subs;
	}
	return 0;
}

static bool has_object(const char *prefix)
{
	for (unsigned i = 0; i < wanted.count; i++)
		if (strncmp(path_base(objects[i].name), prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* Whether something of what is wanted is there; when it comes, all objects are looked at. */
static bool is_there(void)
{
	static bool was_there;
	bool is = wanted.names != NULL || (wanted.mpi && has_object("libmpi")) ||
		  (wanted.nccl && (has_object("libnccl") || has_object("librccl")));

	if (is && !was_there)
		wanted.done = 0;
	was_there = is;
	return is;
}

/* Set up the counters. */
static bool begin_entries(void)
{
	static bool found, begun;
	void *world;

	if (begun && (found || !has_object("libmpi")))
		return true;
	found = has_object("libmpi");
	/* Open MPI's communicators are pointers to its variables. */
	world = found ? real_lookup_of_program("ompi_mpi_comm_world") : NULL;
	begun = call_entry_begin(world != NULL, (uintptr_t)world);
	return begun;
}

/* Called with the loader's lock held, by its list's first object: nothing is loaded or taken away
 * meanwhile. */
static int look(struct dl_phdr_info *info, size_t size, void *nothing)
{
	uint64_t removed = wanted.removed;
	bool is_whole = true;

	(void)nothing;
	if (wanted.begun &&
		size >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs &&
		info->dlpi_adds == wanted.added && info->dlpi_subs == wanted.removed &&
		wanted.done == wanted.count)
		return 1;
	wanted.count = 0;
	wanted.each(note_object, NULL);
	/* Objects are appended; where some were taken away, all may have moved. */
	if (removed != wanted.removed || wanted.done > wanted.count)
		wanted.done = 0;
	if (!is_there())
		wanted.done = wanted.count;
	if (wanted.done == wanted.count || !begin_entries())
		return 1;
	for (unsigned i = wanted.done; i < wanted.count; i++)
		if (!call_object_read(&objects[i]))
			objects[i].dynamic = NULL;
	for (unsigned i = wanted.done; i < wanted.count; i++) {
		const struct call_object *object = &objects[i];

		if (object->dynamic != NULL && !is_vdso(object) && may_call(object))
			is_whole &= count_calls_of(object);
		if (is_whole)
			wanted.done = i + 1;
	}
	return 1;
}

static void read_names(const char *names)
{
	size_t length;

	for (const char *at = names; (length = next_word(&at)) > 0; at += length) {
		bool mpi = is_word(at, length, "mpi"), nccl = is_word(at, length, "nccl");

		wanted.mpi |= mpi;
		wanted.nccl |= nccl;
		if (!mpi && !nccl)
			wanted.names = names;
	}
}

static void look_now(void)
{
	if (wanted.each == NULL) {
		*(void **)&wanted.each = real_lookup_libc("dl_iterate_phdr");
		wanted.page_size = getauxval(AT_PAGESZ);
		wanted.vdso = getauxval(AT_SYSINFO_EHDR);
	}
	if (wanted.each == NULL || wanted.page_size == 0)
		return;
	wanted.each(look, NULL);
	wanted.begun = true;
}

void calls_begin(const char *names, char *const *environment)
{
	read_names(names);
	if (!wanted.mpi && !wanted.nccl && wanted.names == NULL)
		return;
	wanted.owner = sys_getpid();
	wanted.looks_again = true;
	if (wanted.names == NULL && !(wanted.mpi && real_has_object("libmpi")) &&
		!(wanted.nccl && (real_has_object("libnccl") || real_has_object("librccl"))))
		return;
	wanted.has_lookup_order = environment_get(environment, "LD_AUDIT") == NULL &&
				  environment_get(environment, "LD_DYNAMIC_WEAK") == NULL;
	look_now();
}

void calls_look_again(void)
{
	if (!wanted.looks_again || wanted.owner != sys_getpid() ||
		atomic_exchange(&wanted.busy, true))
		return;
	wanted.begun = true;
	look_now();
	atomic_store(&wanted.busy, false);
}

void calls_before_thread(void)
{
	if (wanted.begun)
		calls_look_again();
}
