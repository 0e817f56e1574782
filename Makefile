# vigil - who died first, and why
#
#   make              the command and the preload, into build/$(MODE)/
#   make demo         set up, build, watch a real 4-rank job fail, print vigil's verdict
#   make test         set up, build and run every test; the last line counts them
#   make test-part    tests of the optimised build: PARTS="unit shim launch", or other folders of tests/
#   make test-systems "make test" on each other release of Debian that is supported, by scripts/tree, and the packages that are made
#                     here on each (needs root; hours)
#   make check        the gates: rules of the design, format, spelling; make check-tidy: clang-tidy (minutes)
#   make format       every C file by clang-format
#   make soak         what goes by chance: SOAK_ROUNDS (200) storms of crashes, SOAK_TREES (20) trees of 1,000 processes, each
#                     failure under a launcher SOAK_JOBS (1) times; and every system call refused; the last line says what failed
#   make suites       tests of CPython, glibc and strace, bare and watched (hours; needs root); the last line counts what differs
#   make fuzz         every fuzzer for FUZZ_SECONDS (60) seconds each, from its kept corpus
#   make bench        what it costs, as ratios against the same programs without vigil
#   make aarch64      for aarch64, by Debian's cross compiler: unit tests, the preload's victims, and the product if its libraries are
#                     installed; tests/machines runs them
#   make install      into $(DESTDIR)$(PREFIX); make uninstall takes it away
#   make stage        what "make install" lays, without debugging information, into build/dist/stage: what packages are made of
#   make test-dist    the tarball that is in build/dist, unpacked and used on this system
#   make dist         build/dist/vigil-VERSION-linux-MACHINE.tar.xz: that, to unpack anywhere, also on other releases
#   make deb          Debian packages: build/dist/*.deb;   make wheel: a wheel for pip, build/dist/*.whl
#   make spank        Slurm's plugin for `srun --vigil`, by the installed Slurm's headers; make install-spank lays it beside libvigil.so
#   make clean
#
# Variables: V=1 shows the commands   MODE=release|debug|asan|ubsan|trap|tsan|cov   CC=gcc|clang   WERROR=1   PREFIX=/usr/local   FUZZ_SECONDS=60
#   CFLAGS LDFLAGS   TAP=FILE: results of the tests as TAP   SYSTEMS="trixie forky": "make test" runs "make test-part" there, too
#   ARCH=aarch64 cross-compiles into build/aarch64-$(MODE)/; the command and the preload then need Debian's libraries of that machine.

MODE ?= release
PREFIX ?= /usr/local
B := build/$(MODE)

# Asked for on the command line alone: other people's environments have an ARCH of their own.
ifneq ($(filter command%,$(origin ARCH)),)
CROSS := $(ARCH)-linux-gnu-
B := build/$(ARCH)-$(MODE)
CC := $(CROSS)gcc
CXX := $(CROSS)g++
AR := $(CROSS)ar
LD := $(CROSS)ld
endif
OBJCOPY := $(CROSS)objcopy
NM := $(CROSS)nm
STRIP := $(CROSS)strip

# say: the short form of a command, unless V=1.
ifeq ($(V),)
Q := @
say = @echo "  $(1)	$@"
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all demo test check soak suites fuzz bench install uninstall clean help

VERSION := 0.1.0
SOVERSION := 0

all: $(B)/bin/vigil $(B)/lib/vigil/libvigil.so $(B)/lib/libvigil-core.a $(B)/lib/libvigil-core.so

flags_release = -O2 -g $(flags_plain_calls_$(MACHINE))
flags_debug := -Og -g3
flags_asan := -Og -g3 -fsanitize=address -fno-omit-frame-pointer
flags_ubsan := -Og -g3 -fsanitize=undefined -fno-sanitize-recover=all
# For the preload, which has no room for a runtime: what is undefined is a fault.
flags_trap := -O2 -g -fsanitize=undefined -fsanitize-undefined-trap-on-error
flags_tsan := -Og -g3 -fsanitize=thread
flags_cov := -O0 -g --coverage
MODE_FLAGS = $(flags_$(MODE))
ifeq ($(MODE_FLAGS),)
$(error MODE=$(MODE) is none of release debug asan ubsan trap tsan cov)
endif

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-Wpointer-arith -Wwrite-strings -Wcast-align -Wformat=2
ifdef WERROR
WARNINGS += -Werror
endif
# Atomics inside libgcc would bring its constructor along, and a function of libc's that we do not ask for.
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
flags_aarch64 := -mno-outline-atomics
# The linker makes plain calls of those that stay inside; on aarch64 it does not, and each would have a pointer to be relocated.
flags_plain_calls_x86_64 := -fno-plt
IS_CLANG := $(findstring clang,$(shell $(CC) --version))
# gcc 14.2 leaves out stores to a buffer whose address it then hands to a function that reads it: unwatched_parse() lost "detail".
flags_right := $(if $(IS_CLANG),,-fno-ipa-modref)
# What each function takes of the stack, and calls: scripts/check reads it.
flags_calls := $(if $(IS_CLANG),,-fcallgraph-info=su)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -I. -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections $(WARNINGS) $(flags_right) $(flags_$(MACHINE)) $(MODE_FLAGS) $(CFLAGS)

src = $(sort $(wildcard $(1)/*.c) $(wildcard $(1)/*/*.c))
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

EMIT_SRC := $(call src,core/base) $(call src,core/logging) $(call src,core/events)
CORE_SRC := $(EMIT_SRC) $(call src,core/trace) $(call src,core/config)
# Not in the tests: a sanitizer has functions of its own in libc's place.
OLDER_LIBC_SRC := core/api/older_libc.c
API_SRC := $(filter-out $(OLDER_LIBC_SRC),$(call src,core/api))
EU_SEARCH_SRC := core/report/symbols/eu_search.c
VIGIL_SRC := $(filter-out $(EU_SEARCH_SRC),$(call src,core/eventfile) $(call src,core/live) $(call src,core/transport) $(call src,core/report) $(call src,core/cli))
SHIM_SRC := $(call src,shim)

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) $(flags_calls) -MMD -MP -c -o $@ $<

$(B)/obj/shim/base/string.o: ALL_CFLAGS += -fno-builtin $(if $(IS_CLANG),,-fno-tree-loop-distribute-patterns)

# It runs between a call and the called function, whose arguments may be in vector registers.
$(B)/obj/shim/base/call_entry.o: ALL_CFLAGS += -mgeneral-regs-only

# What runs once, and in few programs: smaller, as a limit of the address space counts it in every one.
ifeq ($(MODE),release)
$(call obj,$(call src,core/config) $(call src,shim/python)): ALL_CFLAGS += -Os
endif

$(B)/obj/core/cli/main.o: ALL_CFLAGS += -DVIGIL_VERSION='"$(VERSION)"'
$(B)/obj/core/cli/main.o: Makefile

# The page that `vigil report --html` writes, and the completion that it prints, are in the command.
$(B)/obj/core/cli/completion.o: core/cli/completion.bash
$(B)/obj/core/report/render/render_page.o: $(wildcard core/report/render/html/*)

# All of core for the command and the tests, every name of it.
$(B)/libcore.a: $(call obj,$(CORE_SRC) $(API_SRC))
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Libraries are linked as archives: their names differ from release to release, and one build is for all. zstd is for newer libelf
# alone. Of libstdc++ the archive with the demangler is enough, and every command begins sooner than with the library.
API_ARCHIVES := libyaml.a libffi_pic.a
REPORT_ARCHIVES := libdw.a libelf.a liblzma.a libbz2.a libz.a
archive = $(shell $(CC) -print-file-name=$(1))
missing = $(strip $(foreach name,$(1),$(if $(findstring /,$(call archive,$(name))),,$(name))))
linked = $(if $(call missing,$(1)),$(error $(call missing,$(1)): not installed; scripts/setup installs all that a build needs),$(1:%=-l:%))
API_LIBS = $(call linked,$(API_ARCHIVES))
REPORT_LIBS = $(call linked,$(REPORT_ARCHIVES)) $(if $(call missing,libzstd.a),,-l:libzstd.a) $(B)/libeu.a -lsupc++
$(B)/libeu.a: $(call obj,$(EU_SEARCH_SRC))
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Since 2.34 nothing is in these two, but before that what core/api/older_libc.c asks for is.
LIBC_LDFLAGS := -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,--as-needed
LIBC_LIBS := -Wl,--no-as-needed -l:libpthread.so.0 -l:libdl.so.2

# The C API for programs that log themselves: both forms show the names of core/include/vigil and no other.
$(B)/lib/libvigil-core.a: $(call obj,$(CORE_SRC) $(API_SRC))
	@mkdir -p $(@D)
	$(call say,AR)
	$(Q)$(LD) -r -o $(B)/vigil-core.o $^ && $(OBJCOPY) --localize-hidden $(B)/vigil-core.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/vigil-core.o

$(B)/lib/libvigil-core.so.$(SOVERSION): $(call obj,$(CORE_SRC) $(API_SRC) $(OLDER_LIBC_SRC))
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,-z,defs -Wl,-z,nodelete $(LIBC_LDFLAGS) \
		-o $@.new $^ $(API_LIBS) $(LIBC_LIBS)
	$(Q)mv -f $@.new $@

$(B)/lib/libvigil-core.so: $(B)/lib/libvigil-core.so.$(SOVERSION)
	$(Q)ln -sf $(<F) $@

# The preload: what it needs of the core is linked in, its symbols are hidden, and only libc is needed at run time.
# Linked first is what runs at every start and end: shim/layout.ld.
START_SRC := shim/preload.c \
	$(addprefix shim/base/,stack.c string.c real.c inherited.c process_state.c late_memory.c death.c sandbox.c calls.c call_entry.c) \
	$(addprefix shim/emit/,emit.c scratch.c configure.c preload_settings.c pending.c own_output.c forwarded.c) \
	$(addprefix shim/host/,lifecycle.c threads.c handler_stack.c fatal_handler.c dispositions.c pmi.c forwarding.c) \
	shim/crash/original_fault.c shim/python/python.c shim/python/python_api.c \
	$(addprefix core/base/,sys.c memory.c environment.c text.c number.c clock.c proc.c arena.c wait_budget.c log_file.c output.c \
	json_out.c secret.c signal_table.c utf8.c color.c hash_table.c run_spare.c) core/config/settings.c core/trace/modules.c \
	$(addprefix core/events/,identity.c event_log.c event_json.c event.c event_names.c event_threads.c error_file.c wrapper.c) \
	$(addprefix core/logging/,logger.c logger_tree.c list.c handler.c handlers/run_file.c format/json_formatter.c format/formatter.c \
	record.c)
PRELOAD_OBJ := $(call obj,$(START_SRC) $(filter-out $(START_SRC),$(SHIM_SRC) $(CORE_SRC)))
# Without the compiler's own start and end, which look after what the preload has none of (the handlers of a library that may be
# unloaded, transactions, profiles): four look-ups, and the last page of the code. Without a part that the loader makes read-only
# again: that is a page, a mapping and a system call more in every process, and the real functions' pointers are not in it.
PRELOAD_LDFLAGS := -shared -nostartfiles -Wl,-soname,libvigil.so -Wl,-z,now -Wl,-z,nodelete -Wl,-z,noexecstack -Wl,-z,defs \
	-Wl,-z,initfirst -Wl,-z,norelro -Wl,--as-needed -Wl,--gc-sections -Wl,-Bsymbolic-functions -Wl,-z,noseparate-code \
	-Wl,-T,shim/layout.ld

# libyaml for the preload: what it would take from the host's libc is renamed (core/config/yaml/yaml_memory.h, shim/emit/yaml_guard.h).
# Its scanner and parser are all that is linked.
YAML_ARCHIVE = $(call archive,libyaml.a)
YAML_OBJ := $(patsubst %,$(B)/yaml/%.o,api reader scanner parser)
YAML_RENAMES := malloc=vigil_yaml_malloc realloc=vigil_yaml_realloc free=vigil_yaml_free strdup=vigil_yaml_strdup \
	fread=vigil_yaml_fread fwrite=vigil_yaml_fwrite ferror=vigil_yaml_ferror __sprintf_chk=vigil_yaml_sprintf \
	__assert_fail=vigil_yaml_assert_fail __stack_chk_guard=vigil_yaml_stack_guard

$(B)/yaml/%.o:
	@mkdir -p $(@D)
	$(call say,YAML)
	$(Q)cd $(@D) && $(AR) x $(YAML_ARCHIVE) $(@F)
	$(Q)$(OBJCOPY) $(YAML_RENAMES:%=--redefine-sym %) $@

# libffi for the preload, in the same way: its calls alone, no closures. What it aborts on leads out of the configuration, and so
# does what the closures, in one file with the calls, need of the archive's other files.
FFI_ARCHIVE = $(call archive,libffi_pic.a)
FFI_CALLS := $(patsubst %,$(B)/ffi/%.o,prep_cif types $(if $(filter aarch64,$(MACHINE)),ffi sysv,ffi64 unix64 ffiw64 win64))
FFI_OBJ := $(FFI_CALLS) $(B)/ffi/closures.ld
FFI_RENAMES := malloc=vigil_yaml_malloc free=vigil_yaml_free abort=vigil_yaml_assert_fail \
	__stack_chk_guard=vigil_yaml_stack_guard

$(B)/ffi/%.o:
	@mkdir -p $(@D)
	$(call say,FFI)
	$(Q)cd $(@D) && $(AR) x $(FFI_ARCHIVE) $(@F)
	$(Q)$(OBJCOPY) $(FFI_RENAMES:%=--redefine-sym %) $@

$(B)/ffi/closures.ld: $(FFI_CALLS)
	$(Q)$(NM) -u $^ | sed -n 's/^ *U \(ffi_.*\)/PROVIDE(\1 = vigil_yaml_assert_fail);/p' | sort -u >$@

$(B)/libvigil.map: shim/interposed.def
	@mkdir -p $(@D)
	$(Q){ echo '{ global:'; sed -n 's/^X[_SINCE]*([^,]*, \([A-Za-z0-9_]*\),.*/\1;/p' $<; echo 'local: *; };'; } >$@

$(B)/lib/vigil/libvigil.so: $(PRELOAD_OBJ) $(YAML_OBJ) $(FFI_OBJ) $(B)/libvigil.map shim/layout.ld scripts/late-relocations
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(PRELOAD_LDFLAGS) -Wl,--version-script=$(B)/libvigil.map -o $@.new $(PRELOAD_OBJ) $(YAML_OBJ) $(FFI_OBJ)
	$(Q)scripts/late-relocations $@.new .late
	$(Q)mv -f $@.new $@

# Lines of source and C++ names, for the command alone: nothing of it may come into somebody's program.
$(B)/bin/vigil: $(call obj,$(VIGIL_SRC) $(OLDER_LIBC_SRC)) $(B)/libcore.a | $(B)/libeu.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LIBC_LDFLAGS) -o $@ $^ $(API_LIBS) $(REPORT_LIBS) $(LIBC_LIBS)

# The completion for bash, as the command prints it.
COMPLETION := share/bash-completion/completions/vigil
$(B)/$(COMPLETION): $(B)/bin/vigil
	@mkdir -p $(@D)
	$(Q)$(if $(CROSS),qemu-$(ARCH)) $< --bash-completion >$@

# A unit test is one program a file, with cmocka; it may use everything but the shim and main().
TEST_SRC := $(wildcard tests/unit/test_*.c)
TEST_BIN := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(TEST_SRC))
TESTED_OBJ := $(call obj,$(filter-out core/cli/main.c,$(VIGIL_SRC)))

$(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(TESTED_OBJ) $(B)/libcore.a | $(B)/libeu.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lcjson $(API_LIBS) $(REPORT_LIBS)

# Kept: a second make would compile what make takes away as an intermediate file.
.SECONDARY: $(call obj,$(TEST_SRC))

# Segments far apart, as for huge pages; wherever the kernel likes, and at an address of the linker's.
GAPS_LDFLAGS := -Wl,-z,max-page-size=0x200000 -Wl,-z,separate-code
$(B)/tests/unit/test_trace_gaps: LDFLAGS += $(GAPS_LDFLAGS)
$(B)/tests/unit/test_trace_gaps_fixed: LDFLAGS += $(GAPS_LDFLAGS) -no-pie

# What the kernel's files say is the test's to choose.
$(B)/tests/unit/test_live_refusal: LDFLAGS += -Wl,--wrap=file_read

# Of the Pythons that are here.
$(B)/tests/unit/test_python_frames: $(B)/obj/tests/support/pythons.o

unit: $(TEST_BIN)
	@for test in $(TEST_BIN); do $$test || exit 1; done
.PHONY: unit

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# Fuzzers: clang's libFuzzer, one program a file, over everything but the shim and main().
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(FUZZ_SRC))

# The test programs of the optimised build, then the same unit tests under each sanitizer. "@": runs alone.
SCRIPT_TESTS := $(sort $(wildcard $(foreach folder,conformance cli html machines stacks,tests/$(folder)/test_*) tests/shim/test_scenarios))
LAUNCH_TESTS := $(sort $(wildcard tests/launch/test_*))
SANITIZERS := asan ubsan tsan
# Not under ThreadSanitizer: they have one thread, and would take minutes.
ONE_THREAD := test_report_property test_event_json_cut
sanitized = $(filter-out $(if $(filter tsan,$(1)),$(ONE_THREAD:%=build/tsan/tests/unit/%)),$(patsubst tests/unit/%.c,build/$(1)/tests/unit/%,$(TEST_SRC)))
# These run with the preload of MODE=trap too; of the others the time or the size is the point, or another program, or a fault of their own.
TRAP_TESTS = $(filter-out test_storm test_tools test_in_process test_little_memory test_start_cost test_refused,$(SHIM_TEST))

include tests/tests.mk
include tests/stacks/stacks.mk
include tests/machines/machines.mk

# Files are replaced by rename: a running job has the library mapped. put: MODE, what, and where below PREFIX.
HEADERS := $(notdir $(wildcard core/include/vigil/*.h))
SCHEMAS := $(notdir $(wildcard core/report/schema/*.json))
MAN_PAGES := $(notdir $(wildcard core/man/*.[157]))
man_path = share/man/man$(patsubst .%,%,$(suffix $(1)))/$(1)
put = install -m $(1) $(2) $(DESTDIR)$(PREFIX)/$(dir $(3)).new.$(notdir $(3)) && mv -f $(DESTDIR)$(PREFIX)/$(dir $(3)).new.$(notdir $(3)) $(DESTDIR)$(PREFIX)/$(3)
install: all $(B)/$(COMPLETION)
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/vigil lib/pkgconfig include/vigil share/vigil $(dir $(COMPLETION)) $(sort $(dir $(foreach page,$(MAN_PAGES),$(call man_path,$(page))))))
	$(call put,755,$(B)/bin/vigil,bin/vigil)
	$(call put,755,$(B)/lib/vigil/libvigil.so,lib/vigil/libvigil.so)
	$(call put,644,$(B)/lib/libvigil-core.a,lib/libvigil-core.a)
	$(call put,755,$(B)/lib/libvigil-core.so.$(SOVERSION),lib/libvigil-core.so.$(SOVERSION))
	ln -sfn libvigil-core.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libvigil-core.so
	$(foreach header,$(HEADERS),$(call put,644,core/include/vigil/$(header),include/vigil/$(header)) &&) true
	$(foreach schema,$(SCHEMAS),$(call put,644,core/report/schema/$(schema),share/vigil/$(schema)) &&) true
	$(foreach page,$(MAN_PAGES),$(call put,644,core/man/$(page),$(call man_path,$(page))) &&) true
	$(call put,644,$(B)/$(COMPLETION),$(COMPLETION))
	sed -e 's|@VERSION@|$(VERSION)|; s|@LIBS@|-lyaml -lffi -pthread -ldl|' core/vigil-core.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/vigil-core.pc

# No file of it has the name of a folder of this system: it runs from wherever it is unpacked. The same source and tools make the
# same bytes.
DIST := build/dist
DIST_NAME := vigil-$(VERSION)-linux-$(MACHINE)
STAGE := $(DIST)/stage/$(DIST_NAME)
stage: all
	$(Q)rm -rf $(STAGE)
	$(MAKE) --no-print-directory -s DESTDIR= PREFIX=$(abspath $(STAGE)) install
	$(Q)$(STRIP) --strip-unneeded $(addprefix $(STAGE)/,bin/vigil lib/vigil/libvigil.so lib/libvigil-core.so.$(SOVERSION))
	$(Q)$(STRIP) --strip-debug --enable-deterministic-archives $(STAGE)/lib/libvigil-core.a
	$(Q)install -d $(STAGE)/share/doc/vigil && install -m 644 LICENSE $(STAGE)/share/doc/vigil/
	$(Q)packaging/linked-libraries --whole $(LINKED_ARCHIVES) >$(STAGE)/share/doc/vigil/linked-libraries

# The licences of what is linked in, for the packages' list of them.
LINKED_ARCHIVES = $(foreach name,$(API_ARCHIVES) $(REPORT_ARCHIVES) $(if $(call missing,libzstd.a),,libzstd.a),$(call archive,$(name)))
linked-libraries:
	@packaging/linked-libraries $(LINKED_ARCHIVES)

dist: stage
	$(call say,TAR)
	$(Q)tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime=@$$(git log -1 --format=%ct) \
		-C $(dir $(STAGE)) -c $(DIST_NAME) | xz -T1 >$(DIST)/$(DIST_NAME).tar.xz.new
	mv -f $(DIST)/$(DIST_NAME).tar.xz.new $(DIST)/$(DIST_NAME).tar.xz

# Packages of the one kind are built anew, by debhelper; a wheel is what is staged.
deb:
	packaging/deb $(VERSION) $(DIST)

wheel: stage
	packaging/wheel $(STAGE) $(VERSION) $(DIST)

# What "make dist" made, unpacked and used on this system; scripts/tree runs the same on others.
test-dist:
	tests/systems/test_dist
.PHONY: stage dist linked-libraries test-dist deb wheel

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/vigil lib/vigil/libvigil.so lib/vigil/vigil_spank.so lib/libvigil-core.a lib/libvigil-core.so \
		lib/libvigil-core.so.$(SOVERSION) lib/pkgconfig/vigil-core.pc $(HEADERS:%=include/vigil/%) $(SCHEMAS:%=share/vigil/%) \
		$(COMPLETION) $(foreach page,$(MAN_PAGES),$(call man_path,$(page))))
	for folder in lib/vigil include/vigil share/vigil; do \
		[ ! -d $(DESTDIR)$(PREFIX)/$$folder ] || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(PREFIX)/$$folder; done

# Slurm's plugin, which only the Slurm loads whose headers it was built with; so no package has it.
SPANK := $(B)/lib/vigil/vigil_spank.so
$(SPANK): slurm/vigil_spank.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -fPIC -fvisibility=hidden $(WARNINGS) -O2 -g -shared -o $@ $<
spank: $(SPANK)
install-spank: $(SPANK)
	install -d $(DESTDIR)$(PREFIX)/lib/vigil
	$(call put,755,$<,lib/vigil/vigil_spank.so)
.PHONY: spank install-spank

check: all
	scripts/check $(B)

check-tidy:
	scripts/check --only tidy

# The version is that of the gate.
CLANG_FORMAT ?= $(or $(shell command -v clang-format-14),clang-format)
format:
	git ls-files -z '*.c' '*.h' | xargs -0 $(CLANG_FORMAT) -i
.PHONY: check-tidy format

demo:
	scripts/setup
	$(MAKE) --no-print-directory MODE=$(MODE) all
	scripts/demo $(B)

# What tests/machines run, where there is a compiler for it.
AARCH64_IF_ANY = if command -v aarch64-linux-gnu-gcc >/dev/null; then $(MAKE) --no-print-directory aarch64; fi

# What the tests run, built.
tests: all $(TEST_BIN) $(SHIM_TEST_BIN) $(VICTIM_BIN) $(STACKS_BIN) $(AHEAD) $(if $(wildcard /usr/include/slurm/spank.h),$(SPANK))

test:
	scripts/setup --tests
	$(MAKE) --no-print-directory MODE=$(MODE) tests
	for mode in $(SANITIZERS); do $(MAKE) --no-print-directory MODE=$$mode unit-programs || exit 1; done
	$(MAKE) --no-print-directory MODE=trap VICTIM_DIR=$(VICTIM_DIR) shim-programs
	$(MAKE) --no-print-directory fuzz-programs
	$(AARCH64_IF_ANY)
	scripts/run-tests $(TAP:%=--tap %) $(TEST_BIN) $(SHIM_TEST_BIN) $(SCRIPT_TESTS) tests/fuzz/run-corpus \
		$(foreach mode,$(SANITIZERS),$(call sanitized,$(mode))) \
		$(addprefix build/trap/tests/shim/,$(TRAP_TESTS)) $(addsuffix @,$(LAUNCH_TESTS)) $(SYSTEMS:%=tests/systems/test_%@$(SYSTEM_SECONDS))

# PARTS of the tests of the optimised build; a folder of tests/ that is not named here is its scripts, and launch/test_mpi.py is that
# script. Of programs that failed, REPEAT run a second time.
PARTS ?= unit shim launch
REPEAT ?= 0
tests_of = $(or $(part_$(1)),$(if $(findstring /,$(1)),tests/$(1)$(if $(filter launch/%,$(1)),@)),$(sort $(wildcard tests/$(1)/test_*)))
part_unit = $(TEST_BIN)
part_shim = $(SHIM_TEST_BIN)
part_launch = $(addsuffix @,$(LAUNCH_TESTS))
test-part:
	scripts/setup --tests
	$(MAKE) --no-print-directory MODE=$(MODE) tests
	$(if $(filter machines,$(PARTS)),$(AARCH64_IF_ANY))
	scripts/run-tests --repeat $(REPEAT) $(TAP:%=--tap %) $(foreach part,$(PARTS),$(call tests_of,$(part)))

# How long the tests may take on one other system.
SYSTEM_SECONDS ?= 2400
test-systems: dist deb wheel
	VIGIL_SYSTEM_TESTS=whole scripts/run-tests $(addsuffix @10000,$(sort $(wildcard tests/systems/test_*)))
.PHONY: test-part test-systems

unit-programs: $(TEST_BIN)
shim-programs: $(SHIM_TEST_BIN) $(B)/lib/vigil/libvigil.so

BENCH_ROUNDS ?= 1500
THREAD_ROUNDS ?= 51
WAIT_ROUNDS ?= 51
$(B)/tests/bench/%: tests/bench/%.c tests/bench/measure.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $<
$(B)/tests/bench/%.so: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -o $@ $<
$(B)/tests/bench/throws: tests/bench/throws.cc tests/bench/measure.h
	@mkdir -p $(@D)
	$(CXX) -O2 -g -I. -o $@ $<

# As a program of somebody's is built: by the public headers and the shared library.
$(B)/tests/bench/log_vigil: tests/bench/log_vigil.c $(B)/lib/libvigil-core.so
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 $(WARNINGS) -Icore/include -o $@ $< -L$(B)/lib -Wl,-rpath,$(abspath $(B)/lib) -lvigil-core
# Debian's spdlog is the library that it is compared with; without libspdlog-dev, Python alone is.
$(B)/tests/bench/log_spdlog: tests/bench/log_spdlog.cc
	@mkdir -p $(@D)
	$(CXX) -O2 -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL -o $@ $< -lspdlog -lfmt || echo "no libspdlog-dev: not compared"

LOG_ROUNDS ?= 9
bench-logging: $(B)/tests/bench/log_vigil $(B)/tests/bench/log_spdlog
	tests/bench/bench_logging $(B)/tests/bench $(LOG_ROUNDS)
.PHONY: bench-logging

bench-report: all
	rm -rf $(B)/tests/bench/big
	tests/bench/bench_report $(B)/bin/vigil $(B)/tests/bench/big
.PHONY: bench-report

bench-transport: all
	tests/bench/bench_transport $(B)/bin/vigil $(abspath $(B))/tests/bench/transport
.PHONY: bench-transport

bench-stacks: all $(B)/tests/bench/stands
	tests/bench/bench_stacks $(B)/bin/vigil $(abspath $(B))/tests/bench/stands
.PHONY: bench-stacks

# How often, and how much memory the large program has resident.
CRASH_ROUNDS ?= 300
CRASH_MEGABYTES ?= 4096
bench-crash: all $(addprefix $(B)/tests/bench/,bench_crash dies throws backtracer.so)
	rm -rf $(B)/tests/bench/crashes && mkdir $(B)/tests/bench/crashes
	$(B)/tests/bench/bench_crash $(CRASH_ROUNDS) $(CRASH_MEGABYTES) $(abspath $(B)/lib/vigil/libvigil.so) \
		$(abspath $(B)/tests/bench) $(abspath tests/bench/dies.py) $(abspath $(B)/tests/bench/crashes)
	rm -rf $(B)/tests/bench/crashes
.PHONY: bench-crash

# What counting calls costs, of a library with MPI's names.
CALL_ROUNDS ?= 7
CALL_STARTS ?= 4000
$(B)/tests/bench/lib%stub.so: tests/bench/calls_library.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -fvisibility=default -shared -Wl,-soname,$(@F) -o $@ $<
# The same program with a library of another name.
$(B)/tests/bench/bench_calls: STUB := mpistub
$(B)/tests/bench/uncounted: STUB := otherstub
$(B)/tests/bench/bench_calls: $(B)/tests/bench/libmpistub.so
$(B)/tests/bench/uncounted: $(B)/tests/bench/libotherstub.so
$(B)/tests/bench/bench_calls $(B)/tests/bench/uncounted: tests/bench/bench_calls.c tests/bench/measure.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -I. -O2 $(WARNINGS) -pthread -o $@ $< -L$(@D) -Wl,-rpath,$(abspath $(@D)) -l$(STUB)
bench-calls: all $(B)/tests/bench/bench_calls $(B)/tests/bench/uncounted
	rm -rf $(B)/tests/bench/calls && mkdir $(B)/tests/bench/calls
	$(B)/tests/bench/bench_calls $(CALL_ROUNDS) $(CALL_STARTS) $(abspath $(B)/lib/vigil/libvigil.so) $(abspath $(B)/tests/bench/calls) \
		$(abspath $(B)/tests/bench/uncounted)
	rm -rf $(B)/tests/bench/calls
.PHONY: bench-calls

bench: all $(addprefix $(B)/tests/bench/,bench_start bench_threads bench_waits) $(B)/tests/bench/crash $(B)/tests/bench/empty.so
	@$(MAKE) --no-print-directory bench-logging
	@$(MAKE) --no-print-directory bench-report
	@$(MAKE) --no-print-directory bench-transport
	@$(MAKE) --no-print-directory bench-stacks
	@$(MAKE) --no-print-directory bench-calls
	rm -rf $(B)/tests/bench/run && mkdir $(B)/tests/bench/run
	$(B)/tests/bench/bench_start $(BENCH_ROUNDS) $(abspath $(B)/tests/bench/empty.so) \
		$(abspath $(B)/lib/vigil/libvigil.so) $(abspath $(B)/tests/bench/crash) $(abspath $(B)/tests/bench/run)
	$(B)/tests/bench/bench_threads $(THREAD_ROUNDS) $(abspath $(B)/lib/vigil/libvigil.so) $(abspath $(B)/tests/bench/run)
	$(B)/tests/bench/bench_waits $(WAIT_ROUNDS) $(abspath $(B)/lib/vigil/libvigil.so) $(abspath $(B)/tests/bench/run)
	rm -rf $(B)/tests/bench/run
	@$(MAKE) --no-print-directory bench-crash
.PHONY: tests unit-programs shim-programs fuzz-programs

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

clean:
	rm -rf build
