# SPDX-License-Identifier: Apache-2.0
# The preload's tests: victims, and the programs that run them bare and watched
# (tests/support/run.h).
#
#   make shim                       all of them; -j runs them side by side
#   make run-test_crashes           one
#   VIGIL_TEST='*fork*' make shim   the tests whose names match
#   VIGIL_PRELOAD=x.so make shim    another preload than the one that is built here

VICTIM_DIR := $(B)/tests/victims
VICTIM_BIN := $(patsubst tests/shim/victims/%.c,$(VICTIM_DIR)/%,$(wildcard tests/shim/victims/*.c))
VICTIM_LIB := $(patsubst tests/shim/victims/lib/%.c,$(VICTIM_DIR)/lib%.so,\
	$(wildcard tests/shim/victims/lib/*.c))

# Victims are unmodified programs: nothing of MODE reaches them.
VICTIM_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -O1 -g -fno-optimize-sibling-calls \
	-fstack-protector-all \
	$(WARNINGS) -Wno-deprecated-declarations -Wno-format-nonliteral -pthread

$(VICTIM_LIB): $(VICTIM_DIR)/lib%.so: tests/shim/victims/lib/%.c
	@mkdir -p $(@D)
	$(CC) $(VICTIM_CFLAGS) -Icore/include -fPIC -shared -o $@ $<

$(VICTIM_BIN): $(VICTIM_DIR)/%: tests/shim/victims/%.c tests/shim/victims/victim.h tests/shim/victims/onstack.h $(VICTIM_LIB)
	@mkdir -p $(@D)
	$(CC) $(VICTIM_CFLAGS) -o $@ $< -L$(VICTIM_DIR) -Wl,-rpath,'$$ORIGIN' $(VICTIM_LINK)

$(VICTIM_DIR)/static/%: tests/shim/victims/%.c tests/shim/victims/victim.h
	@mkdir -p $(@D)
	$(CC) $(VICTIM_CFLAGS) -static -o $@ $<
VICTIM_BIN += $(VICTIM_DIR)/static/ends

# C++: the runtime as a library, inside the program, and clang's own where it is installed.
CXX_VICTIM_FLAGS = -std=c++17 -O1 -g -w -pthread -DTHROWER='"$(abspath $(VICTIM_DIR)/libthrower.so)"'
CXX_VICTIM := throws static_cxx/throws
ifneq ($(wildcard /usr/lib/llvm-*/include/c++/v1/exception),)
CXX_VICTIM += libcxx/throws
endif
$(VICTIM_DIR)/throws: CXX_VICTIM_COMPILER = $(CXX)
$(VICTIM_DIR)/static_cxx/throws: CXX_VICTIM_COMPILER = $(CXX) -static-libstdc++
$(VICTIM_DIR)/libcxx/throws: CXX_VICTIM_COMPILER = clang++ -stdlib=libc++
$(VICTIM_DIR)/libthrower.so: tests/shim/victims/lib/thrower.cc
	@mkdir -p $(@D)
	$(CXX) -O1 -g -w -fPIC -shared -o $@ $<
$(addprefix $(VICTIM_DIR)/,$(CXX_VICTIM)): tests/shim/victims/throws.cc $(VICTIM_DIR)/libthrower.so
	@mkdir -p $(@D)
	$(CXX_VICTIM_COMPILER) $(CXX_VICTIM_FLAGS) -o $@ $<
VICTIM_BIN += $(addprefix $(VICTIM_DIR)/,$(CXX_VICTIM))

include tests/runtimes.mk

# The loader's look-ups would take the stack that is measured.
$(VICTIM_DIR)/small_stacks: VICTIM_LINK = -Wl,-z,now

# A victim whose host library is the point.
$(VICTIM_DIR)/ends_in_library: VICTIM_LINK = -Wl,--no-as-needed -lbad_end
$(VICTIM_DIR)/begins_in_library: VICTIM_LINK = -Wl,--no-as-needed -lbad_begin

SUPPORT_SRC := $(filter-out tests/support/inject.c tests/support/ahead.c,$(wildcard tests/support/*.c))
SHIM_TEST := $(patsubst tests/shim/%.c,%,$(wildcard tests/shim/test_*.c))
SHIM_TEST_BIN := $(addprefix $(B)/tests/shim/,$(SHIM_TEST))
VIGIL_PRELOAD ?= $(B)/lib/vigil/libvigil.so

# The preload once more, from the same objects, with a fault in front of a step of the crash path: tests/support/inject.c.
INJECTED := trace_from_context trace_outermost trace_modules trace_symbolize trace_fingerprint process_stat file_read abort_message_read \
	cxx_is_terminating cxx_ask emit_begin event_json event_log log_file_write python_frames_read process_claim_termination \
	tracer_run tracer_run_patiently threads_begin
INJECTED_PRELOAD := $(B)/tests/libvigil-injected.so
$(INJECTED_PRELOAD): $(PRELOAD_OBJ) $(YAML_OBJ) $(FFI_OBJ) $(B)/obj/tests/support/inject.o $(B)/libvigil.map
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(PRELOAD_LDFLAGS) -Wl,--version-script=$(B)/libvigil.map \
		$(addprefix -Wl$(comma)--wrap=,$(INJECTED)) -o $@ $(filter %.o %.ld,$^)
	scripts/late-relocations $@ .late
comma := ,

# The preload and the command of a host whose wall clock is ahead, from the same objects but for the clocks: tests/support/ahead.c.
AHEAD := $(B)/tests/ahead/libvigil.so $(B)/tests/ahead/vigil
CLOCKS := $(call obj,core/base/clock.c)
$(B)/obj/tests/support/ahead.o: core/base/clock.c
$(B)/tests/ahead/libvigil.so: $(filter-out $(CLOCKS),$(PRELOAD_OBJ)) $(YAML_OBJ) $(FFI_OBJ) $(B)/obj/tests/support/ahead.o $(B)/libvigil.map
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(PRELOAD_LDFLAGS) -Wl,--version-script=$(B)/libvigil.map -o $@ $(filter %.o %.ld,$^)
	scripts/late-relocations $@ .late
$(B)/tests/ahead/vigil: $(call obj,$(VIGIL_SRC) $(OLDER_LIBC_SRC)) $(B)/obj/tests/support/ahead.o $(B)/libcore.a | $(B)/libeu.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LIBC_LDFLAGS) -o $@ $^ $(API_LIBS) $(REPORT_LIBS) $(LIBC_LIBS)

# In a table of cases, most members are left out.
TEST_CFLAGS := -Wno-missing-field-initializers -DVICTIM_DIR='"$(abspath $(VICTIM_DIR))"' \
	-DSCRIPT_DIR='"$(abspath tests/shim/scripts)"' \
	-DJAVA_HOME='"$(JAVA_HOME_OF_JAVAC)"' \
	-DPRELOAD_DEFAULT='"$(abspath $(B)/lib/vigil/libvigil.so)"' \
	-DPRELOAD_INJECTED='"$(abspath $(INJECTED_PRELOAD))"'
$(B)/obj/tests/support/%.o $(B)/obj/tests/shim/%.o: ALL_CFLAGS += $(TEST_CFLAGS)

$(SHIM_TEST_BIN): $(B)/tests/shim/%: $(B)/obj/tests/shim/%.o $(call obj,$(SUPPORT_SRC)) \
	| $(VICTIM_BIN) $(INJECTED_PRELOAD)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lcjson -lm

# The one that calls functions of the preload by itself.
$(B)/tests/shim/test_in_process: $(call obj,shim/base/in_process.c shim/base/signal_return.c shim/base/tracer.c shim/base/stack.c shim/base/process_state.c) \
	$(B)/libcore.a

# The system calls that the preload's code makes, by its text, but getpid(2), which is never refused.
PRELOAD_FOLDERS := $(addprefix core/,base trace logging events config) shim
$(B)/obj/tests/system_calls.h: $(SHIM_SRC) $(CORE_SRC) $(wildcard core/base/*.h)
	@mkdir -p $(@D)
	grep -rhoE --include='*.[ch]' '\bSYS_[a-z0-9_]+' $(PRELOAD_FOLDERS) | sort -u | grep -v SYS_getpid$$ | sed 's/$$/,/' >$@
$(B)/obj/tests/shim/test_refused.o: $(B)/obj/tests/system_calls.h
$(B)/obj/tests/shim/test_refused.o: ALL_CFLAGS += -I$(B)/obj

# The one of a part that needs no process of its own.
$(B)/tests/shim/test_srun_output: $(call obj,shim/emit/srun_output.c shim/base/late_memory.c) $(B)/libcore.a

# The one that knows which system calls the preload makes.
$(B)/tests/shim/test_inherited: $(call obj,shim/base/sandbox.c) $(B)/libcore.a

.PHONY: shim shim-build $(addprefix run-,$(SHIM_TEST))
shim-build: $(SHIM_TEST_BIN) $(VICTIM_BIN)
shim: $(addprefix run-,$(SHIM_TEST))
$(addprefix run-,$(SHIM_TEST)): run-%: $(B)/tests/shim/% $(VICTIM_BIN) $(VIGIL_PRELOAD)
	MAKEFLAGS= VIGIL_PRELOAD=$(abspath $(VIGIL_PRELOAD)) $<

# The fixtures of failed jobs that have a shorthand.
.PHONY: fixtures
fixtures:
	for job in tests/unit/jobs/*.job; do \
		tests/support/make-fixture $$job tests/unit/fixtures/$$(basename $$job .job) || exit 1; done

# What goes by chance, again and again; each part also if another failed. What the storms did in every round is in the file.
SOAK_ROUNDS ?= 200
SOAK_TREES ?= 20
SOAK_JOBS ?= 1
SOAK_PARTS := soak-storms soak-refused soak-trees soak-jobs soak-calls
.PHONY: $(SOAK_PARTS)
soak: all $(B)/tests/shim/test_storm $(VICTIM_BIN)
	@failed=; for part in $(SOAK_PARTS); do $(MAKE) --no-print-directory $$part || failed="$$failed $$part"; done; \
		echo "soak: $${failed:-nothing} failed"; test -z "$$failed"

soak-storms: $(B)/tests/shim/test_storm $(VICTIM_BIN) $(VIGIL_PRELOAD)
	VIGIL_STORMS=$(SOAK_ROUNDS) $< >$(B)/soak.log 2>&1 || grep -A3 -E 'ERROR|LINE' $(B)/soak.log | head -100
	@grep '^\[       OK \]' $(B)/soak.log | sort | uniq -c
	@grep -E '^# [0-9]+ rounds' $(B)/soak.log | grep -E ', 0 of them' || { tail -1 $(B)/soak.log; exit 1; }

soak-calls: $(B)/tests/shim/test_inherited $(VICTIM_BIN) $(VIGIL_PRELOAD)
	VIGIL_SWEEP=all $<

soak-refused: $(B)/tests/shim/test_refused $(VICTIM_BIN) $(VIGIL_PRELOAD)
	VIGIL_REFUSED=all $<

soak-trees: all
	VIGIL_BUILD=$(abspath $(B)) VIGIL_SOAK=$(SOAK_TREES) tests/cli/test_monitor_many.py thousand

soak-jobs: all
	VIGIL_BUILD=$(abspath $(B)) tests/launch/measure-scenarios $(SOAK_JOBS)

# The tests that others wrote, bare and watched; SUITES names some of them.
suites: all
	VIGIL_BUILD=$(abspath $(B)) tests/suites/run-suites $(SUITES)

# Fuzzers: clang's libFuzzer, one program for each tests/fuzz/fuzz_*.c, with everything but the shim and main(), all of it
# instrumented. They have a folder of their own, with objects of their own, whatever MODE is.
FUZZ_DIR ?= build/fuzz
FUZZ_CC ?= clang
FUZZ_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined
FUZZ_OBJ := $(patsubst %.c,$(FUZZ_DIR)/obj/%.o,$(CORE_SRC) $(API_SRC) $(filter-out core/cli/main.c,$(VIGIL_SRC)))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(FUZZ_DIR)/%,$(FUZZ_SRC))

$(FUZZ_DIR)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 -D_GNU_SOURCE -I. $(WARNINGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(FUZZ_DIR)/obj/core/report/render/html_page.o: $(wildcard core/report/render/html/*)

$(FUZZ_DIR)/libvigil-fuzzed.a: $(FUZZ_OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$(FUZZ_BIN): $(FUZZ_DIR)/fuzz_%: $(FUZZ_DIR)/obj/tests/fuzz/fuzz_%.o $(FUZZ_DIR)/libvigil-fuzzed.a | $(B)/libeu.a
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ -lcjson -lyaml -lffi $(REPORT_LIBS)

fuzz-programs: $(FUZZ_BIN)

FUZZ_SECONDS ?= 60
fuzz: fuzz-programs
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_DIR=$(FUZZ_DIR) tests/fuzz/run-corpus
-include $(shell find $(FUZZ_DIR)/obj -name '*.d' 2>/dev/null)
