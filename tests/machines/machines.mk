# SPDX-License-Identifier: Apache-2.0
# Another machine than the one that builds: what tests/machines runs under qemu.
#
#   make aarch64       unit tests in three forms, a preload, and its victims, into build/aarch64-release/tests/machines; and the
#                      product, if Debian's libraries of that machine are installed (scripts/setup --tests)
#
# The tests in tests/machines need none of these: their preload is the real one but for what calls libyaml and libffi (absent.c);
# cmocka is a header (cmocka/cmocka.h), and the unit tests are those that need no more.

.PHONY: aarch64 machine-programs
aarch64: # whatever compiler and directory this make was given
	$(MAKE) --no-print-directory ARCH=aarch64 MODE=release CC=aarch64-linux-gnu-gcc B=build/aarch64-release machine-programs

ifneq ($(CROSS),)
MACHINE_DIR := $(B)/tests/machines
MACHINE_CFLAGS := -Itests/machines/cmocka
MACHINE_SRC := $(EMIT_SRC) $(call src,core/trace)
MACHINE_TEST := $(patsubst tests/unit/%.c,%,$(shell grep -LE \
	'core/(api|cli|config|eventfile|include|live|report|transport)/|cjson|(api|factory|lines|queue)_world|event_line|fixture|pythons|schema\\.h' $(TEST_SRC)))

$(B)/obj/tests/unit/%.o: CFLAGS += $(MACHINE_CFLAGS)
$(MACHINE_DIR)/%: $(B)/obj/tests/unit/%.o $(call obj,$(MACHINE_SRC))
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

# The unwinder and the code that it walks over in more forms than the compiler's usual one: with signed return addresses, as
# distributions for new machines have them, and without frame pointers.
MACHINE_FORMS := signed frameless
form_signed := -mbranch-protection=standard
form_frameless := -fomit-frame-pointer -momit-leaf-frame-pointer
FORM_SRC := $(call src,core/base) $(call src,core/trace)
FORM_TEST := $(filter test_trace_%,$(MACHINE_TEST))

define machine_form
$(MACHINE_DIR)/$(1)/obj/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(MACHINE_CFLAGS) $$(form_$(1)) -MMD -MP -c -o $$@ $$<

$(MACHINE_DIR)/$(1)/%: $(MACHINE_DIR)/$(1)/obj/tests/unit/%.o \
	$(patsubst %.c,$(MACHINE_DIR)/$(1)/obj/%.o,$(FORM_SRC))
	@mkdir -p $$(@D)
	$$(call say,LD)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^
endef
$(foreach form,$(MACHINE_FORMS),$(eval $(call machine_form,$(form))))

MACHINE_TEST_BIN := $(addprefix $(MACHINE_DIR)/,$(MACHINE_TEST)) \
	$(foreach form,$(MACHINE_FORMS),$(addprefix $(MACHINE_DIR)/$(form)/,$(FORM_TEST)))
$(addsuffix /test_trace_gaps,$(MACHINE_DIR) $(addprefix $(MACHINE_DIR)/,$(MACHINE_FORMS))): LDFLAGS += $(GAPS_LDFLAGS)
$(addsuffix /test_trace_gaps_fixed,$(MACHINE_DIR) $(addprefix $(MACHINE_DIR)/,$(MACHINE_FORMS))): LDFLAGS += $(GAPS_LDFLAGS) -no-pie

MACHINE_PRELOAD_OBJ := $(filter-out %/core/config/factory/factory_call.o,$(PRELOAD_OBJ)) $(B)/obj/tests/machines/absent.o
$(MACHINE_DIR)/libvigil.so: $(MACHINE_PRELOAD_OBJ) $(B)/libvigil.map
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(PRELOAD_LDFLAGS) -Wl,--version-script=$(B)/libvigil.map -o $@ $(MACHINE_PRELOAD_OBJ)
	$(Q)scripts/late-relocations $@ .late

MACHINE_VICTIM := $(addprefix $(MACHINE_DIR)/victims/,crashes ends handles view onstack onstack_hard offstack)
$(MACHINE_DIR)/victims/%: tests/shim/victims/%.c tests/shim/victims/victim.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(VICTIM_CFLAGS) -o $@ $<

.SECONDARY: $(patsubst %,$(B)/obj/tests/unit/%.o,$(MACHINE_TEST)) $(foreach form,$(MACHINE_FORMS),\
	$(patsubst %.c,$(MACHINE_DIR)/$(form)/obj/%.o,$(FORM_SRC) $(FORM_TEST:%=tests/unit/%.c)))
machine-programs: $(MACHINE_TEST_BIN) $(MACHINE_DIR)/libvigil.so $(MACHINE_VICTIM) \
	$(if $(call missing,$(API_ARCHIVES) $(REPORT_ARCHIVES) libsupc++.a),,all)
-include $(shell find $(MACHINE_DIR) -name '*.d' 2>/dev/null)
endif
