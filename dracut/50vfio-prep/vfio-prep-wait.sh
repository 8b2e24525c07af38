#!/bin/sh
# Waits for the root as long as the initramfs runs: when it has been missing for two thirds of the time that
# the boot waits for it, every device that was taken goes back to the host, because one of them may carry it.
# Of programs the image has sleep and systemctl for sure.

# $1 in seconds: "90", "90s", "2min"; nothing where it is no such time, or no end.
seconds()
{
	number=${1%%[!0-9]*}
	unit=1
	case ${1#"$number"} in
	'' | s | sec) ;;
	m | min) unit=60 ;;
	h) unit=3600 ;;
	*) return ;;
	esac
	# A longer one is as good as none, and no number for the shell.
	case $number in
	'' | 0 | ??????*) ;;
	*) echo "$((${number#"${number%%[!0]*}"} * unit))" ;;
	esac
}

# The shortest that is given: rd.timeout= (dracut's, 0 is without end), the device's own in the flags of its
# mount, systemd's for all devices; 90 is systemd's default.
limit=
read -r parameters </proc/cmdline
for parameter in $parameters; do
	case $parameter in
	rd.timeout=* | systemd.default_device_timeout_sec=*) value=$(seconds "${parameter#*=}") ;;
	rootflags=*x-systemd.device-timeout=*)
		value=${parameter##*x-systemd.device-timeout=}
		value=$(seconds "${value%%,*}")
		;;
	*) continue ;;
	esac
	[ -z "$value" ] || { [ -n "$limit" ] && [ "$limit" -le "$value" ]; } || limit=$value
done
wait=$((${limit:-90} * 2 / 3))
[ "$wait" -ge 20 ] || wait=20

uptime() { read -r now _ </proc/uptime; now=${now%%.*}; }

uptime
waited=0
while last=$now; sleep 2; do
	while read -r _ place _; do
		[ "$place" != /sysroot ] || exit 0
	done </proc/mounts
	uptime
	set -- /run/systemd/ask-password/ask.*
	if [ -e "$1" ]; then
		waited=0 # a passphrase is asked: from its answer on the root has its full time
	elif ! systemctl -q is-active initrd-root-device.target; then
		# Where its device is there, and only fsck or the mount takes long, it is not missing, either.
		waited=$((waited + now - last))
	fi
	[ "$waited" -ge "$wait" ] || continue

	/usr/sbin/vfio-prep-early --release
	[ ! -e /run/vfio-prep/record ] || while read -r line; do
		[ "$line" != 'early = released' ] || exit 0
	done </run/vfio-prep/record
	waited=$((wait - 10))
done
