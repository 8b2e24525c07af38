/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/escapes.h"
#include "snapshot/secrets.h"

#define UUID "8c32f0a1-52d5-4a8b-9b1e-3f0a7c6d5e4b"

/* What becomes of a text, found and hidden by itself; to be freed. */
static char *hidden_by(struct secrets *secrets, const char *text)
{
	char *copy = strdup(text);

	secrets_find(secrets, copy, strlen(copy));
	secrets_hide(secrets, copy, strlen(copy));
	assert_int_equal(strlen(copy), strlen(text));
	return copy;
}

static void expect_hidden(const char *text, const char *wanted)
{
	struct secrets secrets = { 0 };
	char *got = hidden_by(&secrets, text);

	assert_string_equal(got, wanted);
	free(got);
	secrets_done(&secrets);
}

static void expect_kept(const char *text)
{
	expect_hidden(text, text);
}

/* True where nothing of secret is left of text, and what is around it is. */
static void expect_gone(const char *text, const char *secret)
{
	struct secrets secrets = { 0 };
	char *got = hidden_by(&secrets, text);

	if (strcasestr(got, secret))
		fail_msg("'%s' is still in '%s'", secret, got);
	free(got);
	secrets_done(&secrets);
}

static void forms(void **state)
{
	(void)state;
	expect_hidden("root=UUID=" UUID " ro", "root=UUID=00000000-0000-4000-8000-000000000001 ro");
	expect_hidden("luks-" UUID "/x", "luks-00000000-0000-4000-8000-000000000001/x");
	expect_hidden("link/ether 52:54:00:a1:b2:c3 brd", "link/ether 00:00:5e:00:53:01 brd");
	expect_gone("ip=192.168.7.15::192.168.7.1:255.255.255.0:box:eth0:off", "192.168.7");
	expect_gone("[2001:db8:7::15]:/srv", "2001:db8");
	expect_gone("Address=2001:db8:7::15/64", "2001:db8");
	expect_gone("fd00:1:2:3:4:5:6:7", "fd00");
	expect_gone("nas.example:/srv/vm /srv nfs4 rw", "nas.example");
	expect_gone("//office-server/share /mnt cifs credentials=/root/alice.cred,username=alice", "office");
	expect_gone("//office-server/share /mnt cifs credentials=/root/alice.cred,username=alice", "alice");
	expect_gone("//nas/share /mnt cifs rw,user=alice,pass=s3cr3t 0 0", "s3cr3t");
	expect_gone("//nas/share /mnt cifs pass=s3cr3t,user=alice 0 0", "s3cr3t");
	expect_gone("netroot=iscsi:alice:pass@10.1.1.1::3260::iqn.2020-01.org.example:vm", "iqn");
	expect_gone("E:ID_FS_UUID=1C2D-77F0", "1C2D");
	expect_gone("x nfsroot=filer7:/export/root y", "filer7");
}

/* What looks nearly so, and is what the checks look at. */
static void not_secrets(void **state)
{
	(void)state;
	expect_kept("arm-smmu.disable_bypass=y quiet");
	expect_kept("0000:01:00.0 10de:2684:1462:5110 10000:e0:06.0");
	expect_kept("sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0");
	expect_kept("Linux version 5.15.90.1-microsoft-standard-WSL2");
	expect_kept("6.12.9.1-1 and 127.0.0.1 and 255.255.255.0 and 1.2.3");
	expect_kept("PATH=/usr/sbin:/usr/bin https://docs.kernel.org/x block:/dev/sda1 live:/dev/sr0 ip=ibft ip=dhcp");
	expect_kept("00:00:00:00:00:00 00000000-0000-0000-0000-000000000000 0::/ ::");
	expect_kept("root=LABEL=root LABEL=swap");
	expect_kept("[drm] 12:34:56 a::b");
	expect_kept("libvirt-qemu:x:64055:104::/var/lib/libvirt:/usr/sbin/nologin qemu:x:1000:1000::/home");
	/* What an earlier snapshot made of it: a snapshot of a snapshot is the same. */
	expect_kept("00000000-0000-4000-8000-000000000123 00:00:5e:00:53:07");
}

/* The same one each time, however it is written. */
static void one_stand_in(void **state)
{
	struct secrets secrets = { 0 };
	char *text;

	(void)state;
	text = hidden_by(&secrets,
	                 "UUID=" UUID " dev-disk-by\\x2duuid-8C32F0A1\\x2d52d5\\x2d4a8b\\x2d9b1e\\x2d3f0a7c6d5e4b.swap");
	assert_string_equal(text, "UUID=00000000-0000-4000-8000-000000000001 "
	                          "dev-disk-by\\x2duuid-00000000\\x2d0000\\x2d4000\\x2d8000\\x2d000000000001.swap");
	free(text);
	text = hidden_by(&secrets, "LABEL=My\\040disk LABEL=\"My disk\" by-label/My\\x20disk LABEL=my");
	assert_string_equal(text, "LABEL=Xx\\040xxxb LABEL=\"Xx xxxb\" by-label/Xx\\x20xxxb LABEL=xc");
	free(text);
	/* The name of a group has its '-' twice in device-mapper's. */
	secrets_add_name(&secrets, "anna-pc");
	text = hidden_by(&secrets, "anna-pc /dev/mapper/anna--pc-vg-root anna\\x2dpc johanna-pc anna-pcs");
	assert_string_equal(text, "xxxx-xd /dev/mapper/xxxx--xd-vg-root xxxx\\x2dxd johanna-pc anna-pcs");
	free(text);
	secrets_done(&secrets);
}

static void serial_numbers(void **state)
{
	struct secrets secrets = { 0 };
	char *text;

	(void)state;
	secrets_add(&secrets, "S649NX0R123456");
	secrets_add(&secrets, "1024");   /* may be anything */
	secrets_add(&secrets, "1b36");   /* a maker's id */
	secrets_add(&secrets, "00000001");
	secrets_add(&secrets, "0x000123");
	secrets_add(&secrets, "Default string");
	secrets_add(&secrets, "");
	assert_int_equal(secrets.count, 1);
	text = hidden_by(&secrets, "nvme-Samsung_SSD_980_S649NX0R123456_1 1024 s649nx0r123456");
	assert_null(strcasestr(text, "S649"));
	assert_non_null(strstr(text, "nvme-Samsung_SSD_980_X"));
	assert_non_null(strstr(text, "_1 1024 "));
	free(text);
	expect_gone("/dev/disk/by-id/ata-CT500MX500SSD1_1907E1ABCDEF-part2", "1907E1");
	text = hidden_by(&secrets, "/dev/disk/by-id/ata-CT5_19-part2 by-id/dm-uuid-mpath-36005 by-id/wwn-0x5002538");
	assert_non_null(strstr(text, "by-id/ata-"));
	assert_non_null(strstr(text, "-part2 by-id/dm-uuid-mpath-"));
	assert_non_null(strstr(text, " by-id/wwn-0x"));
	assert_null(strstr(text, "36005"));
	assert_null(strstr(text, "5002538"));
	free(text);
	secrets_done(&secrets);
}

static void names(void **state)
{
	struct secrets secrets = { 0 };
	char *text;

	(void)state;
	secrets_add_name(&secrets, "alice");
	secrets_add_name(&secrets, "pc");
	secrets_add_name(&secrets, "debian"); /* what installers give */
	text = hidden_by(&secrets, "/home/alice/x alice: malice pc debian Alice");
	assert_null(strstr(text, "/alice"));
	assert_null(strstr(text, "Alice"));
	assert_non_null(strstr(text, ": malice pc debian "));
	free(text);
	secrets_done(&secrets);
	secrets_done(NULL);
}

/* Two that are alike are not one in the snapshot. */
static void many(void **state)
{
	struct secrets secrets = { 0 };

	(void)state;
	for (int i = 0; i < 300; i++) {
		char *text = format_text("52:54:00:00:%02x:%02x", i / 256, i % 256 | 1);

		secrets_find(&secrets, text, strlen(text));
		free(text);
	}
	for (size_t i = 0; i < secrets.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(secrets.items[i].stand_in, secrets.items[j].stand_in);
	secrets_done(&secrets);
}

static void escapes(void **state)
{
	char text[] = "a\\x2db\\040c--d";
	unsigned char c;

	(void)state;
	assert_int_equal(escapes_decode("\\x2d", 4, &c), 4);
	assert_int_equal(c, '-');
	assert_int_equal(escapes_decode("\\x2", 3, &c), 1);
	assert_int_equal(escapes_decode("\\777", 4, &c), 1);
	assert_int_equal(escapes_spell(text, strlen(text), "A-B C-D"), strlen(text));
	assert_int_equal(escapes_spell(text, 5, "a-b"), 0);
	escapes_replace(text, strlen(text), "x-y z-w");
	assert_string_equal(text, "x\\x2dy\\040z--w");
}

/* Whatever stands in a file: nothing behind its end is read or written (the sanitizers see to that). */
static void any_bytes(void **state)
{
	static const char *const pieces[] = {
		"LABEL=", "UUID=", "by-id/", "by\\x2duuid-", "\\x2", "\\04", "\"", "'", "-part1", "-part", "//", ":/", "::",
		"52:54:00:", "a1:b2:c3",
		UUID, "10.1.", "2.3", "--", "-", "S649NX0R", " ", "\n", "/", "x", "", "\x80", "dm-uuid-", "netroot=",
	};
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct secrets secrets = { 0 };
		char whole[256] = "", *text;
		size_t size;

		for (int i = 0; i < 6; i++)
			strcat(whole, pieces[(seed = seed * 1103515245 + 12345) / 65536 % (sizeof(pieces) / sizeof(pieces[0]))]);
		size = strlen(whole);
		text = malloc(size + 1);
		memcpy(text, whole, size + 1);
		text = realloc(text, size ? size : 1);
		secrets_add(&secrets, "S649NX0R");
		secrets_find(&secrets, text, size);
		secrets_hide(&secrets, text, size);
		free(text);
		secrets_done(&secrets);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),          cmocka_unit_test(not_secrets), cmocka_unit_test(one_stand_in),
		cmocka_unit_test(serial_numbers), cmocka_unit_test(names),       cmocka_unit_test(many),
		cmocka_unit_test(escapes),        cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
