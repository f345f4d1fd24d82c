#!/bin/sh
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mmdebstrap's last hook ($1: the root file system): the user, and services that make a boot slow.
set -eu
root=$1
chroot "$root" useradd --create-home --shell /bin/bash nfv
chmod 0440 "$root/etc/sudoers.d/nfv"

chroot "$root" systemctl --quiet enable systemd-networkd.service
chroot "$root" systemctl --quiet disable systemd-networkd-wait-online.service
# cloud-init starts it in a guest whose description names time servers.
chroot "$root" systemctl --quiet disable systemd-timesyncd.service
# No terminals (the console is a log file), no housekeeping: the machine lives for a test.
chroot "$root" systemctl --quiet mask \
    getty@tty1.service serial-getty@ttyS0.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-pstore.service \
    proc-sys-fs-binfmt_misc.automount systemd-binfmt.service dev-mqueue.mount \
    modprobe@drm.service modprobe@dm_mod.service modprobe@loop.service modprobe@efi_pstore.service \
    modprobe@fuse.service sys-fs-fuse-connections.mount modprobe@configfs.service sys-kernel-config.mount \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service
# Debian's own way to bind devices, which the collection does without: a quarter of a boot, to find nothing to do.
chroot "$root" systemctl --quiet mask dpdk.service
# Debian 13's images have Suricata for role vnf, which runs it as a service of its own. The package's service would look for
# eth0 at every boot, again and again.
rm -f "$root/etc/systemd/system/multi-user.target.wants/suricata.service"
# Without PAM sshd refuses an account whose password is locked ("!"); "*" is no password either.
chroot "$root" usermod --password '*' nfv

# Compiled code of Ansible's modules; the install role, which comes next, leaves the first there (nfv_lab_compiled.py).
install -d "$root/var/cache/nfv-lab-compiled"

# The lab puts its own host key there.
rm -f "$root"/etc/ssh/ssh_host_*

# Each clone makes its own machine-id at its first boot (machine-id(5): an empty file is no "first boot").
: > "$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id"
