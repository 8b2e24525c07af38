# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults against the fake kernel: early boot killed at each system call, and each call failing in turn. The
# short form takes every EVERY-th of them.

FAULT_TESTS := kill errors leases
FAULT_EVERY ?= 1

.PHONY: check-fake-faults check-faults-short

$(BUILD)/faults/%: tests/faults/%.c $(wildcard tests/faults/*.h) $(UNIT_OBJECTS) $(UNIT_ARCHIVES) $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	@echo "  TEST  $@"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit $(ALL_LDFLAGS) -o $@ $< $(UNIT_OBJECTS) $(UNIT_ARCHIVES) $(UNIT_LIBS)

check-fake-faults: $(FAULT_TESTS:%=$(BUILD)/faults/%)
	@tests/faults/run $(FAULT_EVERY) $(FAULT_TESTS:%=$(BUILD)/faults/%)

check-faults-short:
	@$(MAKE) --no-print-directory FAULT_EVERY=97 check-fake-faults
