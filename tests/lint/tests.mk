# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tools and the house say of the sources. clang-tidy takes minutes for all of them, so it is not for `make check`,
# and looks again only at what has changed.

TIDY_SOURCES := $(wildcard prep/*.c prep/*/*.c)

.PHONY: lint check-lint lint-house lint-tools lint-tidy format setup-lint

lint: setup-lint
	@$(MAKE) --no-print-directory -k -j$$(nproc) --output-sync=target lint-house lint-tools lint-tidy check-manuals

setup-lint:
	@tests/setup lint

check-lint: lint-house
	@tests/lint/tools check

# The house's own rules: no tool, no time.
lint-house:
	@tests/lint/house

lint-tools:
	@tests/lint/tools

lint-tidy: $(TIDY_SOURCES:prep/%.c=$(BUILD)/tidy/%.ok)

$(BUILD)/tidy/%.ok: prep/%.c .clang-tidy $(wildcard prep/*.h prep/*/*.h)
	@mkdir -p $(@D)
	@echo "  TIDY  $<"
	$(Q)clang-tidy --quiet $< -- -std=gnu11 -D_GNU_SOURCE -Iprep $(PACKAGE_CFLAGS) 2>$@.errors || \
		{ cat $@.errors; exit 1; }
	$(Q)rm -f $@.errors && touch $@

# Breaks lines that are too long.
format:
	@tests/lint/format
