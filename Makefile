# SPDX-License-Identifier: GPL-2.0-or-later
#
# vfio-prep. Floors from the ground up: base, host, plan, apply, report, snapshot, modes and programs. Each is one
# static archive; whoever links it names it before the floors below.
#
#   make            both programs in build/
#   make try        a small machine boots and shows what vfio-prep does (as root; installs what it needs)
#   make check      all tests (as root; installs what they need)
#   make check-faults  the whole tables of faults: early boot killed and failing at each system call, against a
#                   fake kernel and in real boots (check-vm-faults: hours; as root, after make setup-test)
#   make check-vm-all  every boot with every image builder; make check has each boot once, most with one builder
#   make check-matrix  boots an image of each builder of bookworm, trixie and sid, and prints a table
#   make lint       clang-tidy, cppcheck, shellcheck, mandoc and the rules of the house (make format mends long lines)
#   make compare    the comparison of README.md: boots of vfio-prep and of others on one machine (as root)
#   make picture    docs/terminal.svg, from a boot (as root)
#   make install    PREFIX=/usr/local, DESTDIR=, WITH_DRACUT=yes|no, WITH_INITRAMFS_TOOLS=yes|no,
#                   WITH_MKINITCPIO=yes|no, WITH_LIBVIRT=yes|no
#   make deb        Debian packages in build/deb/ (installs what it needs)
#   V=1             shows the commands

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/vfio-prep
# These belong to the image builders and to libvirt, which look nowhere else.
DRACUTDIR ?= /usr/lib/dracut/modules.d
INITRAMFSDIR ?= /usr/share/initramfs-tools
MKINITCPIODIR ?= /usr/lib/initcpio
LIBVIRTDIR ?= /etc/libvirt/hooks/qemu.d
UNITDIR ?= /usr/lib/systemd/system
# bash and fish look below each folder of XDG_DATA_DIRS, zsh in fixed ones, which Debian has renamed for its packages.
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(and $(filter /usr,$(PREFIX)),$(wildcard /etc/debian_version)),vendor-completions,site-functions)
# Where node_exporter looks for files of others: Debian's folder.
TEXTFILEDIR ?= /var/lib/prometheus/node-exporter
WITH_DRACUT ?= yes
WITH_INITRAMFS_TOOLS ?= yes
WITH_MKINITCPIO ?= yes
WITH_LIBVIRT ?= yes
BUILD ?= build

PKG_CONFIG ?= pkg-config
CC ?= cc
AR ?= ar
NM ?= nm
INSTALL ?= install

# Truncation of text for people is meant wherever snprintf is not asked for its length.
WARNINGS ?= -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	-Wno-format-truncation
HARDENING_CFLAGS ?= -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
HARDENING_LDFLAGS ?= -pie -Wl,-z,relro -Wl,-z,now
# For size: an initramfs pays for each byte, and nothing here is waited for but the kernel.
OPTIMIZE ?= -Os -g
# What a program does not call of a file that it links stays out of it.
SECTIONS_CFLAGS := -ffunction-sections -fdata-sections
SECTIONS_LDFLAGS := -Wl,--gc-sections

base_SOURCES := array.c cpulist.c cpus.c cpus_text.c file.c format.c log.c output.c parse.c patience.c root.c
host_SOURCES := account.c address.c blocks.c boot_pages.c clones.c cmdline.c config.c config_keys.c config_rules.c \
	config_values.c content.c fragments.c framebuffer.c groups.c guest_json.c guest_memory.c guest_options.c \
	guest_setup.c guest_threads.c guests.c holders.c host.c inherited.c inherited_cmdline.c inherited_lists.c \
	inherited_modprobe.c inherited_others.c inherited_shell.c ini.c kernel_log.c kernel_state.c left_pages.c lines.c \
	loader.c memlock.c memory.c memory_settings.c mkinitcpio.c needs.c nodes.c pci.c pci_detail.c pci_health.c \
	pci_link.c probe.c process.c release.c rivals.c select.c storage.c stuck.c surroundings.c sysctl.c tables.c \
	topology.c topology_kinds.c topology_nodes.c tuning.c tuning_irqs.c tuning_kernel.c unified.c units.c unresolved.c \
	usage.c vfio_nodes.c volume_group.c
plan_SOURCES := advice.c advice_cpus.c advice_devices.c advice_pages.c goals.c goals_resting.c guards.c guest.c \
	guest_pages.c isolate.c isolate_check.c isolate_choose.c isolate_cure.c isolate_vms.c netboot.c pages.c plan.c \
	share.c steps.c tuning.c tuning_steps.c tuning_undo.c undo.c
apply_SOURCES := advice_file.c apply.c lease.c live.c live_guest.c manager.c modprobe.c modules.c pages.c \
	partition.c record.c record_pages.c record_read.c record_tuned.c scope.c slices.c tenants.c tenants_acquire.c \
	tenants_left.c tenants_own.c tenants_share.c tuning.c unit_files.c unit_names.c
report_SOURCES := advised.c check.c check_bars.c check_boot.c check_cmdline.c check_cpu.c check_cpu_irqs.c \
	check_cpu_power.c check_device.c check_display.c check_guest.c check_guest_cpus.c check_guest_memory.c \
	check_guest_nodes.c check_guest_options.c check_history.c check_ids.c check_iommu.c check_kernel.c check_kvm.c \
	check_limits.c check_link.c check_memory.c check_merging.c check_neighbours.c check_node.c check_power.c \
	check_reserved.c check_reset.c check_rival.c check_vfio.c check_vm.c domain.c domain_cpus.c domain_devices.c fix.c \
	guest_pins.c import.c import_command.c import_cpus.c import_devices.c import_pages.c import_removals.c \
	import_steps.c import_text.c import_twins.c json.c json_import.c json_parts.c layout.c loader_command.c \
	loader_line.c marks.c modprobe_fix.c names.c picture.c prometheus.c report.c style.c suggest.c suggest_text.c \
	text_advice.c text_fix.c text_list.c text_plan.c text_report.c text_topology.c xml.c
snapshot_SOURCES := escapes.c recorder.c recording.c secrets.c secrets_forms.c secrets_machine.c secrets_text.c \
	snapshot_hide.c snapshot_trim.c snapshot_write.c tar.c
modes_SOURCES := advise.c apply.c check.c guest.c import.c keeper.c list.c plan.c run.c session.c snapshot.c \
	suggest.c survey.c topology.c
# Without its main, so that the tests can drive it.
early_SOURCES := early_late.c early_run.c early_supervisor.c early_work.c
companion_SOURCES := vfio-prep.c

UNITS := vfio-prep-check.service vfio-prep-metrics.service vfio-prep-metrics.timer vfio-prep-release.service \
	vfio-prep-tune.service
# What is for scripts and monitoring to read.
SCHEMAS := $(addprefix conf/,$(addsuffix .schema.json,check plan list import advise topology))
RULES := conf/vfio-prep.rules.yml

FLOORS := base host plan apply report snapshot modes

early_PACKAGES := libkmod blkid inih
companion_PACKAGES := libkmod blkid inih json-c libpci libsystemd
PACKAGES := $(sort $(early_PACKAGES) $(companion_PACKAGES))

# Asked for only where something is compiled: `make clean` and the set-up work without the packages.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $$(shell $$(PKG_CONFIG) --cflags $(PACKAGES)))$(PACKAGE_CFLAGS)
early_LIBS = $(shell $(PKG_CONFIG) --libs $(early_PACKAGES))
companion_LIBS = $(shell $(PKG_CONFIG) --libs $(companion_PACKAGES))

ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Iprep $(WARNINGS) $(OPTIMIZE) $(SECTIONS_CFLAGS) $(HARDENING_CFLAGS) $(PACKAGE_CFLAGS) \
	$(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(HARDENING_LDFLAGS) $(SECTIONS_LDFLAGS) -Wl,--as-needed $(LDFLAGS)

ifeq ($(V),1)
Q :=
else
Q := @
endif

PROGRAMS := $(BUILD)/vfio-prep-early $(BUILD)/vfio-prep
ARCHIVES := $(FLOORS:%=$(BUILD)/lib%.a)

.PHONY: all bench check check-autopkgtest check-completions check-faults check-hosts check-initramfs-tools \
	check-manuals check-matrix check-mkinitcpio check-packages check-schemas check-vm check-vm-all \
	check-vm-faults check-vm-faults-short clean compare deb install picture roots setup-build setup-test try uninstall
.DELETE_ON_ERROR:

all: $(PROGRAMS) $(BUILD)/plan.pure

# Objects and archives

$(BUILD)/%.o: prep/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define FLOOR
$(1)_OBJECTS := $$($(1)_SOURCES:%.c=$$(BUILD)/$(1)/%.o)
$$(BUILD)/lib$(1).a: $$($(1)_OBJECTS)
	@echo "  AR    $$@"
	$$(Q)rm -f $$@ && $$(AR) rcsD $$@ $$^
endef
$(foreach floor,$(FLOORS),$(eval $(call FLOOR,$(floor))))

early_OBJECTS := $(early_SOURCES:%.c=$(BUILD)/%.o)
early_MAIN := $(BUILD)/early.o
companion_OBJECTS := $(companion_SOURCES:%.c=$(BUILD)/%.o)
early_ARCHIVES := $(addprefix $(BUILD)/lib,apply.a plan.a host.a base.a)
companion_ARCHIVES := $(addprefix $(BUILD)/lib,modes.a snapshot.a report.a apply.a plan.a host.a base.a)

$(BUILD)/libearly.a: $(early_OBJECTS)
	@echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(BUILD)/vfio-prep-early: $(early_MAIN) $(BUILD)/libearly.a $(early_ARCHIVES)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(early_MAIN) $(BUILD)/libearly.a $(early_ARCHIVES) $(early_LIBS)

$(BUILD)/vfio-prep: $(companion_OBJECTS) $(companion_ARCHIVES)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(companion_OBJECTS) $(companion_ARCHIVES) $(companion_LIBS)

# Planning does no I/O: what its archive takes from outside is on a list, and nothing on it is a system call.
$(BUILD)/plan.pure: $(BUILD)/libplan.a prep/plan/allowed-symbols
	@echo "  PURE  $<"
	$(Q)$(NM) -u -P $< | awk 'NF > 1 {print $$1}' | sort -u > $@.outside
	$(Q)$(NM) -P --defined-only $< | awk 'NF > 1 {print $$1}' | sort -u > $@.inside
	$(Q)grep -v '^#' prep/plan/allowed-symbols | awk 'NF {print $$1}' | sort -u | \
		cat - $@.inside | sort -u | comm -23 $@.outside - > $@.new
	$(Q)if [ -s $@.new ]; then echo "prep/plan calls what prep/plan/allowed-symbols does not allow:" >&2; \
		cat $@.new >&2; exit 1; fi
	$(Q)mv $@.new $@

# Tests

-include tests/unit/tests.mk
-include tests/faults/tests.mk
-include tests/lint/tests.mk

setup-build:
	@tests/setup build

setup-test:
	@tests/setup test

# What boots uses all CPUs by itself. One job more than CPUs: that of the roots waits for downloads, and for disks.
check: setup-test
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(MAKE) --no-print-directory -j$$(nproc) --output-sync=target check-lint
	@$(MAKE) --no-print-directory -j$$(($$(nproc) + 1)) --output-sync=target roots check-unit check-packages check-hosts \
		check-schemas check-manuals check-completions check-initramfs-tools check-mkinitcpio check-faults-short
	@$(MAKE) --no-print-directory check-vm
	@tests/vm/matrix other
	@$(MAKE) --no-print-directory check-vm-faults-short

# The Debian roots that boot.
roots:
	@tests/vm/roots

check-hosts: all
	@tests/hosts/expect
	@tests/hosts/fixes

check-schemas: all
	@tests/schemas
	@tests/metrics

check-manuals: all
	@tests/manuals
	@tests/contributing

check-completions: all
	@tests/completions/run

check-initramfs-tools:
	@tests/initramfs-tools

check-mkinitcpio: all
	@tests/mkinitcpio

# Builds by itself, as the packages are built.
check-packages:
	@tests/packages/run

# autopkgtest boots and reboots an emulated machine: a quarter of an hour.
check-autopkgtest:
	@tests/setup autopkgtest
	@tests/packages/boot

check-vm: all
	@tests/vm/run

# Also what a boot by one builder stands for.
check-vm-all: setup-test all
	@tests/vm/run all

# The images of Debian's releases, each by its own builders.
check-matrix: setup-test all
	@tests/vm/matrix

check-faults: check-fake-faults check-vm-faults

check-vm-faults: all
	@tests/vm/faults

check-vm-faults-short: all
	@tests/vm/faults short

try:
	@tests/setup try
	@$(MAKE) --no-print-directory all
	@tests/vm/try

bench: all
	@tests/bench/run

deb:
	@tests/setup deb
	@packaging/build-deb

compare: all
	@tests/compare/run

picture: all
	@tests/picture/run

# Installation

install: all
	$(INSTALL) -d $(DESTDIR)$(SBINDIR) $(addprefix $(DESTDIR)$(MANDIR)/,man8 man7 man5) $(DESTDIR)$(DOCDIR)
	$(INSTALL) -s -m 0755 $(PROGRAMS) $(DESTDIR)$(SBINDIR)
	$(INSTALL) -m 0644 man/vfio-prep.8 man/vfio-prep-early.8 $(DESTDIR)$(MANDIR)/man8
	$(INSTALL) -m 0644 man/vfio-prep.7 $(DESTDIR)$(MANDIR)/man7
	$(INSTALL) -m 0644 man/vfio-prep.conf.5 $(DESTDIR)$(MANDIR)/man5
	$(INSTALL) -m 0644 conf/vfio-prep.conf.example $(SCHEMAS) $(RULES) README.md $(DESTDIR)$(DOCDIR)
	$(INSTALL) -d $(addprefix $(DESTDIR),$(BASHDIR) $(FISHDIR) $(ZSHDIR))
	$(INSTALL) -m 0644 conf/completions/vfio-prep.bash $(DESTDIR)$(BASHDIR)/vfio-prep
	$(INSTALL) -m 0644 conf/completions/vfio-prep.fish $(DESTDIR)$(FISHDIR)
	$(INSTALL) -m 0644 conf/completions/_vfio-prep $(DESTDIR)$(ZSHDIR)
	$(INSTALL) -d $(DESTDIR)$(UNITDIR)
	for unit in $(UNITS); do sed 's|@SBINDIR@|$(SBINDIR)|g; s|@TEXTFILEDIR@|$(TEXTFILEDIR)|g' conf/$$unit \
		> $(DESTDIR)$(UNITDIR)/$$unit || exit 1; done
ifeq ($(WITH_DRACUT),yes)
	$(INSTALL) -d $(DESTDIR)$(DRACUTDIR)/50vfio-prep
	$(INSTALL) -m 0644 dracut/50vfio-prep/*.service $(DESTDIR)$(DRACUTDIR)/50vfio-prep
	$(INSTALL) -m 0755 dracut/50vfio-prep/*.sh $(DESTDIR)$(DRACUTDIR)/50vfio-prep
	sed 's|@SBINDIR@|$(SBINDIR)|g' dracut/50vfio-prep/module-setup.sh > $(DESTDIR)$(DRACUTDIR)/50vfio-prep/module-setup.sh
endif
ifeq ($(WITH_INITRAMFS_TOOLS),yes)
	$(INSTALL) -d $(DESTDIR)$(INITRAMFSDIR)/hooks $(addprefix $(DESTDIR)$(INITRAMFSDIR)/scripts/,init-top init-bottom local-block)
	sed 's|@SBINDIR@|$(SBINDIR)|g' initramfs-tools/hook > $(DESTDIR)$(INITRAMFSDIR)/hooks/vfio-prep
	chmod 0755 $(DESTDIR)$(INITRAMFSDIR)/hooks/vfio-prep
	$(INSTALL) -m 0755 initramfs-tools/init-top $(DESTDIR)$(INITRAMFSDIR)/scripts/init-top/00-vfio-prep
	$(INSTALL) -m 0755 initramfs-tools/init-bottom $(DESTDIR)$(INITRAMFSDIR)/scripts/init-bottom/00-vfio-prep
	$(INSTALL) -m 0755 initramfs-tools/local-block $(DESTDIR)$(INITRAMFSDIR)/scripts/local-block/vfio-prep
endif
ifeq ($(WITH_MKINITCPIO),yes)
	$(INSTALL) -d $(addprefix $(DESTDIR)$(MKINITCPIODIR)/,install hooks vfio-prep)
	sed 's|@SBINDIR@|$(SBINDIR)|g; s|@MKINITCPIODIR@|$(MKINITCPIODIR)|g' mkinitcpio/install/vfio-prep \
		> $(DESTDIR)$(MKINITCPIODIR)/install/vfio-prep
	$(INSTALL) -m 0644 mkinitcpio/hooks/vfio-prep $(DESTDIR)$(MKINITCPIODIR)/hooks/vfio-prep
	$(INSTALL) -m 0644 dracut/50vfio-prep/*.service $(DESTDIR)$(MKINITCPIODIR)/vfio-prep
	$(INSTALL) -m 0755 dracut/50vfio-prep/vfio-prep-wait.sh $(DESTDIR)$(MKINITCPIODIR)/vfio-prep
endif
ifeq ($(WITH_LIBVIRT),yes)
	$(INSTALL) -d $(DESTDIR)$(LIBVIRTDIR)
	sed 's|@SBINDIR@|$(SBINDIR)|g' conf/libvirt-hook > $(DESTDIR)$(LIBVIRTDIR)/vfio-prep
	chmod 0755 $(DESTDIR)$(LIBVIRTDIR)/vfio-prep
endif

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/vfio-prep $(DESTDIR)$(SBINDIR)/vfio-prep-early
	rm -f $(DESTDIR)$(MANDIR)/man8/vfio-prep.8 $(DESTDIR)$(MANDIR)/man8/vfio-prep-early.8
	rm -f $(DESTDIR)$(MANDIR)/man7/vfio-prep.7 $(DESTDIR)$(MANDIR)/man5/vfio-prep.conf.5
	rm -f $(DESTDIR)$(BASHDIR)/vfio-prep $(DESTDIR)$(FISHDIR)/vfio-prep.fish $(DESTDIR)$(ZSHDIR)/_vfio-prep
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DRACUTDIR)/50vfio-prep $(DESTDIR)$(MKINITCPIODIR)/vfio-prep
	rm -f $(DESTDIR)$(MKINITCPIODIR)/install/vfio-prep $(DESTDIR)$(MKINITCPIODIR)/hooks/vfio-prep
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(UNITS))
	rm -f $(DESTDIR)$(INITRAMFSDIR)/hooks/vfio-prep $(DESTDIR)$(LIBVIRTDIR)/vfio-prep
	rm -f $(addprefix $(DESTDIR)$(INITRAMFSDIR)/scripts/,init-top/00-vfio-prep init-bottom/00-vfio-prep local-block/vfio-prep)

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d)
