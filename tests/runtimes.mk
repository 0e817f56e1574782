# SPDX-License-Identifier: Apache-2.0
# Victims with a runtime of their own, for tests/shim: each is built where its compiler or library is installed, and its tests
# are skipped where it is not.

found = $(shell command -v $(1) 2>/dev/null)
RUNTIME_DIR := tests/shim/victims

JAVAC := $(realpath $(call found,javac))
JAVA_HOME_OF_JAVAC := $(patsubst %/bin/javac,%,$(JAVAC))
ifneq ($(JAVAC),)
VICTIM_BIN += $(VICTIM_DIR)/java/Victim.class $(VICTIM_DIR)/java/libnative.so
endif
$(VICTIM_DIR)/java/Victim.class: $(RUNTIME_DIR)/java/Victim.java
	@mkdir -p $(@D)
	$(JAVAC) -d $(@D) $<
$(VICTIM_DIR)/java/libnative.so: $(RUNTIME_DIR)/java/native.c
	@mkdir -p $(@D)
	$(CC) $(VICTIM_CFLAGS) -Wno-missing-prototypes -fPIC -shared -I$(JAVA_HOME_OF_JAVAC)/include -I$(JAVA_HOME_OF_JAVAC)/include/linux -o $@ $<

ifneq ($(call found,rustc),)
VICTIM_BIN += $(VICTIM_DIR)/rust/unwind $(VICTIM_DIR)/rust/abort
endif
$(VICTIM_DIR)/rust/%: $(RUNTIME_DIR)/rust/victim.rs
	@mkdir -p $(@D)
	rustc -A warnings -O -C panic=$* -o $@ $<

# GO111MODULE=off: nothing is asked of a network.
GO_BUILD := GO111MODULE=off GOFLAGS= GOTOOLCHAIN=local GOCACHE=$(abspath $(B)/go-cache) go build
ifneq ($(call found,go),)
VICTIM_BIN += $(VICTIM_DIR)/go/cgo $(VICTIM_DIR)/go/pure
endif
$(VICTIM_DIR)/go/cgo: $(RUNTIME_DIR)/go/cgo/victim.go
	@mkdir -p $(@D)
	CC=$(CC) CGO_ENABLED=1 $(GO_BUILD) -o $@ $<
$(VICTIM_DIR)/go/pure: $(RUNTIME_DIR)/go/pure.go
	@mkdir -p $(@D)
	CGO_ENABLED=0 $(GO_BUILD) -o $@ $<

# The handlers of libraries. host: its header, and what it is linked with.
host = $(if $(wildcard $(2)),$(eval VICTIM_BIN += $(VICTIM_DIR)/hosts/$(1))$(eval HOST_LIBS_$(1) := $(3)))
$(call host,glog,/usr/include/glog/logging.h,-lglog)
$(call host,absl,/usr/include/absl/debugging/failure_signal_handler.h,\
	-labsl_failure_signal_handler -labsl_examine_stack -labsl_symbolize -labsl_stacktrace \
	-labsl_debugging_internal -labsl_demangle_internal -labsl_raw_logging_internal -labsl_base -labsl_malloc_internal \
	-labsl_spinlock_wait -labsl_log_severity)
$(call host,boost,/usr/include/boost/stacktrace.hpp,-ldl)
$(call host,backward,/usr/include/backward.hpp,-ldw)
$(VICTIM_DIR)/hosts/%: $(RUNTIME_DIR)/hosts/%.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O1 -g -w -pthread -o $@ $< $(HOST_LIBS_$*)

ifneq ($(wildcard /usr/lib/*/libucs.so),)
VICTIM_BIN += $(VICTIM_DIR)/hosts/ucx
endif
$(VICTIM_DIR)/hosts/ucx: $(RUNTIME_DIR)/hosts/ucx.c
	@mkdir -p $(@D)
	$(CC) $(VICTIM_CFLAGS) -o $@ $< -lucs
ifneq ($(call found,mpicc.openmpi),)
VICTIM_BIN += $(VICTIM_DIR)/hosts/mpi
endif
$(VICTIM_DIR)/hosts/mpi: $(RUNTIME_DIR)/hosts/mpi.c
	@mkdir -p $(@D)
	mpicc.openmpi -O1 -g -o $@ $<

# The sanitizers find their way up by frame pointers, and print junk from the stack where there are none.
# sanitize: COMPILER, what the directory is called, the flags.
define sanitize
ifneq ($(call found,$(1)),)
VICTIM_BIN += $(VICTIM_DIR)/$(1)-$(2)/sanitized
endif
$(VICTIM_DIR)/$(1)-$(2)/sanitized: $(RUNTIME_DIR)/sanitized.c $(RUNTIME_DIR)/victim.h
	@mkdir -p $$(@D)
	$(1) $(VICTIM_CFLAGS) -fno-omit-frame-pointer -w $(3) -o $$@ $$<
endef
$(eval $(call sanitize,gcc,address,-fsanitize=address -static-libasan))
$(eval $(call sanitize,gcc,address-shared,-fsanitize=address))
$(eval $(call sanitize,gcc,undefined,-fsanitize=undefined))
$(eval $(call sanitize,gcc,undefined-halts,-fsanitize=undefined -fno-sanitize-recover=all))
$(eval $(call sanitize,gcc,thread,-fsanitize=thread))
$(eval $(call sanitize,gcc,leak,-fsanitize=leak))
$(eval $(call sanitize,clang,address,-fsanitize=address))
$(eval $(call sanitize,clang,undefined,-fsanitize=undefined))
$(eval $(call sanitize,clang,undefined-halts,-fsanitize=undefined -fno-sanitize-recover=all))
$(eval $(call sanitize,clang,thread,-fsanitize=thread))
$(eval $(call sanitize,clang,leak,-fsanitize=leak))
