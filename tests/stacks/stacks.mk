# SPDX-License-Identifier: Apache-2.0
# The victims whose stacks are compared with gdb's: the same programs, built in the ways that compilers and linkers have.
# Each goes to $(STACKS_DIR)/HOW/NAME.

STACKS_DIR := $(B)/tests/stacks
STACKS_SRC := tests/stacks/victims
STACKS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -w -pthread
STACKS_GCC := $(if $(findstring clang,$(CC)),gcc,$(CC))

# HOW: the flags.
stacks_O0 := -O0
stacks_O1 := -O1 -g
stacks_O2 := -O2 -fomit-frame-pointer
stacks_debug := -O2 -g -fomit-frame-pointer
stacks_Os := -Os
stacks_O3 := -O3 -march=x86-64-v3
stacks_lto := -O2 -flto
stacks_nocet := -O2 -fcf-protection=none -mno-red-zone
stacks_cet := -O2 -fcf-protection=full -Wl,-z,ibtplt
stacks_static_code := -O2 -fno-pie -no-pie -Wl,-z,noseparate-code -Wl,--build-id=none
stacks_stripped := -O2 -s
stacks_fp := -O2 -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-exceptions -fno-unwind-tables
stacks_fp_described := -O2 -fno-omit-frame-pointer -fno-exceptions
stacks_bare := -O2 -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-exceptions -fno-unwind-tables
stacks_lazy := -O1 -fplt -Wl,-z,lazy -Wl,-z,norelro
stacks_lazycet := -O1 -fplt -fcf-protection=full -Wl,-z,lazy -Wl,-z,norelro -Wl,-z,ibtplt
stacks_static_pie := -O2 -static-pie -DSTATIC
stacks_clang := -O2
stacks_clang0 := -O0 -g

# Assembly, and flags of the machine: elsewhere the tests are skipped.
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
STACKS_HOWS := O0 O1 O2 debug Os O3 lto nocet cet static_code stripped fp fp_described bare
STACKS_BIN := $(patsubst %,$(STACKS_DIR)/%/stacks,$(STACKS_HOWS)) \
	$(patsubst %,$(STACKS_DIR)/%/stacks_libc,O0 O2 lazy lazycet) \
	$(patsubst %,$(STACKS_DIR)/%/stacks_cxx,O0 O2 debug) \
	$(STACKS_DIR)/O2/stacks_steps $(STACKS_DIR)/libstacks_crash.so $(STACKS_DIR)/noid/libstacks_crash.so
ifneq ($(shell command -v clang),)
STACKS_BIN += $(patsubst %,$(STACKS_DIR)/%/stacks,clang clang0) $(STACKS_DIR)/clang/stacks_cxx
endif
ifneq ($(shell command -v gfortran),)
STACKS_BIN += $(STACKS_DIR)/O1/stacks_fortran
endif

STACKS_BIN += $(STACKS_DIR)/libstacks_throws.so $(STACKS_DIR)/lazy/steps $(STACKS_DIR)/static_pie/steps
endif

# $(call stacks_compiler,gcc-like,clang-like): by the folder's name.
stacks_how = $(notdir $(patsubst %/,%,$(@D)))
stacks_compiler = $(if $(findstring clang,$(stacks_how)),$(2),$(1))

$(STACKS_DIR)/%/stacks: $(STACKS_SRC)/stacks.c tests/shim/victims/victim.h tests/stacks/stacks.mk
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(call stacks_compiler,$(STACKS_GCC),clang) $(STACKS_CFLAGS) $(stacks_$(stacks_how)) -o $@ $<

$(STACKS_DIR)/%/stacks_libc: $(STACKS_SRC)/stacks_libc.c tests/shim/victims/victim.h tests/stacks/stacks.mk
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(STACKS_GCC) $(STACKS_CFLAGS) -fno-builtin $(stacks_$(stacks_how)) -o $@ $<

$(STACKS_DIR)/%/stacks_cxx: $(STACKS_SRC)/stacks_cxx.cc tests/stacks/stacks.mk
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(call stacks_compiler,g++,clang++) -std=c++17 -w $(stacks_$(stacks_how)) -o $@ $<

$(STACKS_DIR)/%/stacks_steps: $(STACKS_SRC)/stacks_steps.c $(STACKS_SRC)/stacks_asm.S
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(STACKS_GCC) $(STACKS_CFLAGS) $(stacks_$(stacks_how)) -o $@ $^

$(STACKS_DIR)/%/stacks_fortran: $(STACKS_SRC)/stacks_fortran.f90
	@mkdir -p $(@D)
	$(call say,FC)
	$(Q)cd $(@D) && gfortran -O1 -fno-inline -o $(abspath $@) $(abspath $<)

$(STACKS_DIR)/libstacks_crash.so: $(STACKS_SRC)/lib/crash.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(STACKS_GCC) $(STACKS_CFLAGS) -O2 -fPIC -shared -o $@ $<
$(STACKS_DIR)/noid/libstacks_crash.so: $(STACKS_SRC)/lib/crash.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(STACKS_GCC) $(STACKS_CFLAGS) -Os -fPIC -shared -Wl,--build-id=none -o $@ $<

$(STACKS_DIR)/libstacks_throws.so: $(STACKS_SRC)/lib/throws.cc
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)g++ -std=c++17 -w -O1 -fplt -Wl,-z,lazy -fPIC -shared -o $@ $<

# Every instruction stepped through, by a program that has the unwinder in it: no preload comes into a static one.
$(STACKS_DIR)/lazy/steps $(STACKS_DIR)/static_pie/steps: tests/stacks/steps.c $(B)/libcore.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(STACKS_GCC) $(STACKS_CFLAGS) $(stacks_$(stacks_how)) -o $@ $^

stacks-programs: $(STACKS_BIN)
.PHONY: stacks-programs
