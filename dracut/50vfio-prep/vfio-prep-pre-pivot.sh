#!/bin/sh
# In images without systemd: the root is mounted at $NEWROOT. Sourced: it must not exit.

/usr/sbin/vfio-prep-early --late "${NEWROOT:-/sysroot}"
