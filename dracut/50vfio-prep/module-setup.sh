#!/bin/bash
# dracut module: puts vfio-prep-early, the config it reads and the modules it loads into the image.
# Whatever is wrong here, the image is made all the same, for a kernel without one may not boot; what
# was left out is said. dracut sources this file anew for every function that it calls.
# shellcheck disable=SC2154 # initdir, kernel, moddir, systemdsystemunitdir are dracut's

vfio_prep_sbin=@SBINDIR@
vfio_prep_config=/etc/vfio-prep.conf

vfio_prep_warn() { dwarn "vfio-prep: $*"; }

# The rescue image is the safe entry: it prepares nothing. Without a config there is nothing to prepare.
vfio_prep_wanted() {
    ! dracut_module_included rescue \
        && [[ -e ${dracutsysrootdir-}$vfio_prep_config ]] \
        && [[ -x ${dracutsysrootdir-}$vfio_prep_sbin/vfio-prep-early ]]
}

# What the config would do on this machine, from the program that judges it.
vfio_prep_check_config() {
    local said status line

    # A root for another machine says nothing about this one, and its programs may not run here.
    [[ -z ${dracutsysrootdir-} && -x $vfio_prep_sbin/vfio-prep ]] || return 0
    said=$(timeout -k 2 20 "$vfio_prep_sbin/vfio-prep" --plan --quiet --config "$vfio_prep_config" 2>&1)
    status=$?
    # Anything else is not about the config: in a chroot, say, there may be no /sys.
    [[ $status == [023] ]] || return 0
    while read -r line; do
        [[ -z $line ]] || vfio_prep_warn "${line#vfio-prep: }"
    done <<< "$said"
    case $status in
        2) vfio_prep_warn "$vfio_prep_config has an error: this image will prepare no device" ;;
        3) vfio_prep_warn "$vfio_prep_config asks for what this machine refuses or lacks: see vfio-prep --plan" ;;
    esac
}

# libkmod opens its decompressors at run time, where ldd does not see them. Their names are in it.
vfio_prep_decompressors() {
    local libkmod

    libkmod=$(ldd "${dracutsysrootdir-}$vfio_prep_sbin/vfio-prep-early" 2> /dev/null \
        | sed -n 's/.*=> \(.*\/libkmod\.so[^ ]*\).*/\1/p')
    [[ -n $libkmod ]] || return 0
    grep -aoE 'lib(lzma|zstd|z)\.so\.[0-9]+' "$libkmod" | sort -u | sed "s,^,${libkmod%/*}/,"
}

# Whether the image, or the kernel itself, now has the module.
vfio_prep_has_module() {
    local file=${1//[-_]/[-_]}.ko

    [[ -n $(find "$initdir/lib/modules/$kernel/" -name "$file*" -print -quit 2> /dev/null) ]] \
        || grep -q "/$file" "${dracutsysrootdir-}/lib/modules/$kernel/modules.builtin" 2> /dev/null
}

# called by dracut
check() {
    # Not for images that hold no more than one mount needs.
    [[ -z ${mount_needs-} ]] || return 1
    return 0
}

# called by dracut
depends() {
    return 0
}

# called by dracut
installkernel() {
    local module drivers

    vfio_prep_wanted || return 0
    mapfile -t drivers < <(
        sed -n 's/^[[:blank:]]*driver[[:blank:]]*=[[:blank:]]*\([[:alnum:]_-]\{1,\}\).*/\1/p' \
            "${dracutsysrootdir-}$vfio_prep_config" | grep -vx 'vfio[-_]pci' | sort -u
    )
    for module in vfio-pci vfio_iommu_type1 "${drivers[@]}"; do
        # In host-only mode only modules that this machine uses now would go in.
        hostonly='' instmods "$module"
        vfio_prep_has_module "$module" || vfio_prep_warn "kernel $kernel has no module $module: left out"
    done
    return 0
}

# called by dracut
install() {
    local file

    dracut_module_included rescue && return 0
    if [[ ! -e ${dracutsysrootdir-}$vfio_prep_config ]]; then
        vfio_prep_warn "no $vfio_prep_config: left out of this image"
        return 0
    fi
    if ! vfio_prep_wanted || ! inst_binary "$vfio_prep_sbin/vfio-prep-early" /usr/sbin/vfio-prep-early; then
        vfio_prep_warn "$vfio_prep_sbin/vfio-prep-early is missing: left out of this image"
        return 0
    fi
    while read -r file; do
        [[ ! -e $file ]] || inst_simple "$file"
    done < <(vfio_prep_decompressors)

    # By name, because dracut leaves /etc out of images that are for any host; so also the
    # administrator's options for vfio modules.
    inst_simple "$vfio_prep_config" \
        || vfio_prep_warn "$vfio_prep_config cannot be copied: this image will prepare no device"
    while read -r file; do
        inst_simple "${file#"${dracutsysrootdir-}"}"
    done < <(grep -ls '^[[:blank:]]*[a-z]\{1,\}[[:blank:]].*vfio' "${dracutsysrootdir-}"/etc/modprobe.d/*.conf)
    vfio_prep_check_config

    if dracut_module_included systemd; then
        for file in early.service late.service release.service; do
            inst_simple "$moddir/vfio-prep-$file" "$systemdsystemunitdir/vfio-prep-$file"
        done
        inst_multiple sleep systemctl
        inst_script "$moddir/vfio-prep-wait.sh" /usr/sbin/vfio-prep-wait
        # Wanted, never required: a boot without them is a boot. The queue that waits for the root in
        # dracut's own way does not run in every image with systemd, hence a service that waits.
        $SYSTEMCTL -q --root "$initdir" add-wants sysinit.target vfio-prep-early.service
        $SYSTEMCTL -q --root "$initdir" add-wants initrd.target vfio-prep-late.service
        $SYSTEMCTL -q --root "$initdir" add-wants initrd.target vfio-prep-release.service
    else
        inst_hook cmdline 00 "$moddir/vfio-prep-cmdline.sh"
        inst_hook pre-pivot 00 "$moddir/vfio-prep-pre-pivot.sh"
    fi
    inst_hook initqueue/timeout 10 "$moddir/vfio-prep-timeout.sh"
    return 0
}
