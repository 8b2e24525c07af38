// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver that does not let go of its device until it is told to, past any signal: an unbind blocks in it,
 * with the device's lock held. Its devices are given to it by new_id.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>

static bool release;
module_param(release, bool, 0644);

static unsigned int seconds;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "since it was loaded, after which it is told so by itself; 0 never");

static unsigned long loaded;

static bool is_released(void)
{
	return READ_ONCE(release) || (seconds && time_after(jiffies, loaded + seconds * HZ));
}

static int stuck_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	return 0;
}

static void stuck_remove(struct pci_dev *device)
{
	pci_info(device, "stuck-native: remove begins\n");
	while (!is_released())
		msleep(100);
	pci_info(device, "stuck-native: remove ends\n");
}

static struct pci_driver stuck_driver = {
	.name = "stuck-native",
	.probe = stuck_probe,
	.remove = stuck_remove,
};

static int __init stuck_init(void)
{
	loaded = jiffies;
	return pci_register_driver(&stuck_driver);
}

static void __exit stuck_exit(void)
{
	pci_unregister_driver(&stuck_driver);
}

module_init(stuck_init);
module_exit(stuck_exit);
MODULE_DESCRIPTION("A remove that hangs, for tests");
MODULE_LICENSE("GPL");
