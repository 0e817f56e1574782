/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/calls.h"

#include "core/base/environment.h"
#include "core/base/path.h"
#include "shim/base/call_entry.h"
#include "shim/base/call_first.h"
#include "shim/base/call_object.h"
#include "shim/base/call_page.h"
#include "shim/base/late_memory.h"
#include "shim/base/process_state.h"
#include "shim/base/real.h"

#include <elf.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

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
	unsigned initial;	 /* so many of them were there at the start, and stay */
	unsigned target;	 /* the object to which a call was last found to lead */
	unsigned done;		 /* so many of them were looked at, and are complete */
	uint64_t added, removed; /* by the loader, as of the last look */
} wanted;

/* The length of the word at *AT, which is moved to it; 0: there are no more. */
static size_t next_word(const char **at)
{
	size_t length = 0;

	while (**at == ' ')
		++*at;
	while ((*at)[length] != ' ' && (*at)[length] != '\0')
		length++;
	return length;
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

static bool is_vdso(const struct call_object *object)
{
	return (uintptr_t)object->headers - wanted.vdso < wanted.page_size;
}

/* Whether OBJECT, one of `objects`, was there at the start. */
static bool is_initial(const struct call_object *object)
{
	return object < objects + wanted.initial;
}

/* Where the loader would find symbol INDEX of USER at the first call; 0: not certain. */
static uintptr_t look_up(const struct call_object *user, uint32_t index)
{
	uintptr_t address = 0;

	if (!is_initial(user) || !wanted.has_lookup_order || user->is_symbolic)
		return 0;
	for (unsigned i = 0; i < wanted.initial; i++) {
		struct call_object *object = &objects[i];

		if (is_vdso(object) || !call_object_read(object))
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

/* The address in OBJECT's table that CALL is about; NULL: it cannot be one. */
static _Atomic uintptr_t *slot_of(const struct call_object *object, const ElfW(Rela) * call)
{
	uintptr_t slot = object->bias + call->r_offset;

	return slot % sizeof slot != 0 || !call_object_has(object, slot, PF_W)
		       ? NULL
		       : (_Atomic uintptr_t *)slot;
}

/* Let CALL, of one of `objects`, go through an entry. */
static enum call_changed replace(const struct call_object *object, const ElfW(Rela) * call,
	const struct call_name *name, struct call_page *page)
{
	_Atomic uintptr_t *slot = slot_of(object, call);
	uintptr_t now, original, target, next;
	enum call_changed result;
	void *entry;

	if (slot == NULL)
		return CALL_LEFT_ALONE;
	now = atomic_load(slot);
	original = call_first_original(now);
	/* Somebody else has changed it since the start. */
	if (wanted.begun && is_initial(object) && now == original)
		return CALL_LEFT_ALONE;
	target = target_of(object, ELF64_R_SYM(call->r_info), original);
	if (target == 0 && now == original)
		return CALL_LEFT_ALONE;
	result = call_page_open(page, object, (uintptr_t)slot, is_initial(object));
	if (result != CALL_CHANGED)
		return result;
	entry = target == 0 ? NULL : call_entry_make(name, (void *)target);
	next = entry == NULL ? original : (uintptr_t)entry;
	if (now != original)
		call_first_replaced(now, next);
	atomic_store(slot, next);
	return CALL_CHANGED;
}

/* Let CALL set up the counting. An address that the loader has not looked up is one that it would
 * write at the first call, without a question. */
static enum call_changed lead_first(const struct call_object *object, const ElfW(Rela) * call,
	const struct call_name *name, struct call_page *page)
{
	_Atomic uintptr_t *slot = slot_of(object, call);
	enum call_changed result = CALL_CHANGED;

	(void)name;
	if (slot == NULL)
		return CALL_LEFT_ALONE;
	if (call_object_protects(object, (uintptr_t)slot) ||
		!call_object_has(object, atomic_load(slot), PF_X))
		result = call_page_open(page, object, (uintptr_t)slot, true);
	if (result == CALL_CHANGED && !call_first_lead(slot))
		result = CALL_NOT_READY;
	return result;
}

/* Whether OBJECT is a part of MPI's own library, whose calls the program did not make. */
static bool is_of_mpi(const struct call_object *object)
{
	for (int i = 0; i < CALL_NAMES_OF_LIBRARY; i++)
		if (call_object_defines(object, call_names_of_library[i]))
			return true;
	return false;
}

/* CHANGE each call that OBJECT makes of what is wanted, until one is not ready: then it returns
 * false. */
static bool change_calls_of(const struct call_object *object,
	enum call_changed (*change)(const struct call_object *object, const ElfW(Rela) * call,
		const struct call_name *name, struct call_page *page))
{
	struct call_page page = {.address = 0};
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
		is_ready = change(object, call, &name, &page) != CALL_NOT_READY;
	}
	call_page_close(&page);
	return is_ready;
}

/* Whether OBJECT is the loader, libc or this library, which ask for nothing: it is known by its
 * name at once, and every program has all three. */
static bool asks_for_nothing(const struct call_object *object)
{
	extern const char __ehdr_start[] __attribute__((visibility("hidden")));
	const char *name = path_base(object->name);

	return object->bias == (uintptr_t)__ehdr_start || strncmp(name, "libc.so", 7) == 0 ||
	       strncmp(name, "ld-linux", 8) == 0;
}

/* Whether OBJECT, which was there at the start and is not the program, may call what is wanted: it
 * asks for the library by its name. */
static bool asks_for_wanted(const struct call_object *object)
{
	if (wanted.names != NULL)
		return true;
	if (is_vdso(object) || asks_for_nothing(object))
		return false;
	return (wanted.mpi && call_object_needs(object, "libmpi")) ||
	       (wanted.nccl && (call_object_needs(object, "libnccl") ||
				       call_object_needs(object, "librccl")));
}

/* Whether OBJECT, one of `objects`, may call what is wanted. */
static bool may_call(const struct call_object *object)
{
	return !is_initial(object) || object == &objects[0] || asks_for_wanted(object);
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

static struct call_object object_of(const struct dl_phdr_info *info)
{
	return (struct call_object){
		.bias = info->dlpi_addr,
		.name = info->dlpi_name == NULL ? "" : info->dlpi_name,
		.headers = info->dlpi_phdr,
		.header_count = info->dlpi_phnum,
	};
}

static int note_object(struct dl_phdr_info *info, size_t size, void *nothing)
{
	(void)nothing;
	if (wanted.count == OBJECTS_FIRST && objects == first_objects && !map_more_objects())
		return 1;
	if (wanted.count == OBJECTS_MAX)
		return 1;
	objects[wanted.count++] = object_of(info);
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
	if (!wanted.begun)
		wanted.initial = wanted.count;
	/* Objects are appended; where some were taken away, all may have moved. */
	if (removed != wanted.removed || wanted.done > wanted.count)
		wanted.done = 0;
	if (!is_there())
		wanted.done = wanted.count;
	if (wanted.done == wanted.count || !begin_entries())
		return 1;
	for (unsigned i = wanted.done; i < wanted.count; i++) {
		struct call_object *object = &objects[i];

		if (!is_vdso(object) && may_call(object) && call_object_read(object))
			is_whole &= change_calls_of(object, replace);
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

/* Find what every look needs. */
static bool prepare(void)
{
	if (wanted.each == NULL) {
		*(void **)&wanted.each = real_lookup_libc("dl_iterate_phdr");
		wanted.page_size = getauxval(AT_PAGESZ);
		wanted.vdso = getauxval(AT_SYSINFO_EHDR);
	}
	return wanted.each != NULL && wanted.page_size != 0;
}

static void look_now(void)
{
	if (!prepare())
		return;
	wanted.each(look, NULL);
	wanted.begun = true;
}

static void look_once(void)
{
	if (!process_has_begun() || atomic_exchange(&wanted.busy, true))
		return;
	wanted.begun = true;
	look_now();
	atomic_store(&wanted.busy, false);
}

/* What is done of a look at the start: no more than to let the first call do the rest. */
static int prepare_object(struct dl_phdr_info *info, size_t size, void *ret_is_whole)
{
	struct call_object object = object_of(info);
	bool is_program = wanted.initial++ == 0;

	(void)size;
	if ((is_program || asks_for_wanted(&object)) && call_object_read(&object) &&
		!is_vdso(&object))
		*(bool *)ret_is_whole &= change_calls_of(&object, lead_first);
	return 0;
}

/* Returns false where there is no room for all that the program calls. */
static bool look_at_first_call(void)
{
	bool is_whole = prepare();

	if (is_whole)
		wanted.each(prepare_object, &is_whole);
	wanted.begun = is_whole;
	call_first_begin(look_once);
	return is_whole;
}

void calls_begin(const char *names, char *const *environment,
	void (*report)(const struct call_failure *failure))
{
	read_names(names == NULL ? "mpi" : names);
	if (!wanted.mpi && !wanted.nccl && wanted.names == NULL)
		return;
	wanted.owner = atomic_load(&process_words.owner);
	wanted.looks_again = true;
	if (wanted.names == NULL && !(wanted.mpi && real_has_object("libmpi")) &&
		!(wanted.nccl && (real_has_object("libnccl") || real_has_object("librccl"))))
		return;
	call_entry_report(report);
	wanted.has_lookup_order = environment_get(environment, "LD_AUDIT") == NULL &&
				  environment_get(environment, "LD_DYNAMIC_WEAK") == NULL;
	/* Functions that a user names may be called at once, and with vectors. */
	if (wanted.names != NULL || !look_at_first_call())
		look_now();
}

void calls_look_again(void)
{
	if (wanted.looks_again && wanted.owner == atomic_load(&process_words.owner))
		look_once();
}

void calls_before_thread(void)
{
	if (wanted.begun)
		calls_look_again();
}
