# SPDX-License-Identifier: GPL-2.0-or-later
#
# The unit tests: a program for each test_X.c, run plainly and once more with the sanitizers.

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_SUPPORT := tests/unit/support.c tests/unit/check_one.c tests/unit/fake_kernel.c tests/unit/fake_pages.c \
	tests/unit/fake_tuning.c tests/unit/fake_units.c
UNIT_LIBS = $(companion_LIBS) $(shell $(PKG_CONFIG) --libs cmocka)
UNIT_ARCHIVES := $(BUILD)/libearly.a $(companion_ARCHIVES)

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SANITIZED := $(BUILD)/sanitized

.PHONY: check-unit check-sanitized

UNIT_OBJECTS := $(UNIT_SUPPORT:tests/unit/%.c=$(BUILD)/unit/%.o)

$(UNIT_OBJECTS): $(BUILD)/unit/%.o: tests/unit/%.c $(wildcard tests/unit/*.h prep/*/*.h)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -c -o $@ $<

$(BUILD)/unit/test_%: tests/unit/test_%.c $(UNIT_OBJECTS) $(UNIT_ARCHIVES) $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	@echo "  TEST  $@"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit $(ALL_LDFLAGS) -o $@ $< $(UNIT_OBJECTS) $(UNIT_ARCHIVES) $(UNIT_LIBS)

# Each program prints cmocka's own lines; the sum is ours.
check-unit: $(UNIT_TESTS:%=$(BUILD)/unit/%)
	@tests/unit/run $(UNIT_TESTS:%=$(BUILD)/unit/%)
	@$(MAKE) --no-print-directory check-sanitized

# The same tests, all floors built with the sanitizers into a folder of their own.
check-sanitized:
	@$(MAKE) --no-print-directory BUILD=$(SANITIZED) HARDENING_CFLAGS= HARDENING_LDFLAGS= \
		OPTIMIZE='-O1 -g $(SANITIZE)' run-sanitized

.PHONY: run-sanitized
run-sanitized: $(UNIT_TESTS:%=$(BUILD)/unit/%)
	@tests/unit/run $(UNIT_TESTS:%=$(BUILD)/unit/%)
