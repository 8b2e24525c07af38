// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver whose probe does not return until it is told to, past any signal: it holds the device's lock all
 * that time, as a driver does whose hardware does not answer. It takes only what driver_override gives it.
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
	pci_info(device, "stuck-vfio: probe begins\n");
	while (!is_released())
		msleep(100);
	pci_info(device, "stuck-vfio: probe ends\n");
	return -ENODEV;
}

static struct pci_driver stuck_driver = {
	.name = "stuck-vfio",
	.probe = stuck_probe,
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
MODULE_DESCRIPTION("A probe that hangs, for tests");
MODULE_LICENSE("GPL");
