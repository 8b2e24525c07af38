#!/bin/sh
# Gives the listed PCI devices to VFIO before dracut loads modules and starts udev. Sourced by
# dracut's init, so it neither exits nor leaves variables behind.

[ ! -x /usr/sbin/vfio-prep-early ] || /usr/sbin/vfio-prep-early || :
