# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders what cloud-init reads, and the encoding that its datasource VMware takes it in.

https://docs.cloud-init.io/en/latest/reference/datasources/vmware.html has the keys. JSON is YAML, so the documents need
no library. There is no secret in them: whoever may read the VM's configuration may read guestinfo, and vCenter keeps
every reconfiguration among its events. So the guest makes its host keys itself and says only the public ones.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import typing as t
import zlib

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.parse import HOST_NAME

from .model import ENCODING, HOST_KEYS, METADATA, USERDATA, Documents, FirstBootState

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.model import GuestDescription, User

INTERFACE: t.Final = "mgmt0"
"""The management adapter's name in the guest, which does not depend on its type and PCI address."""
_HEADER: t.Final = "#cloud-config\n"
_GZIP_BASE64: t.Final = "gzip+base64"
# An address of each IP version, and the destination of its default route.
_EVERYWHERE: t.Final = {True: "::/0", False: "0.0.0.0/0"}
# Bounds what another writer's value may unpack to.
_MAX_DOCUMENT: t.Final = 1 << 20


def render(guest: GuestDescription, state: FirstBootState, mac: str) -> Documents:
    """The documents of a VM whose management adapter has this MAC address.

    Raises NfvError: value_malformed, when the VM's name has to be the host name and can be none.
    """
    host_name = guest.host_name or state.name
    if not re.fullmatch(HOST_NAME, host_name):
        raise NfvError(
            ErrorCode.VALUE_MALFORMED,
            state.name,
            "nfv_guest.host_name is not given, and the name of the VM can be no host name",
            "Set host_name",
        )
    metadata = {
        "instance-id": state.instance_id,
        "local-hostname": host_name,
        "network": {"version": 2, "ethernets": {INTERFACE: _network(guest, mac)}},
    }
    return Documents(metadata, _userdata(guest, state.instance_id))


def _network(guest: GuestDescription, mac: str) -> dict[str, t.Any]:
    """The network-config, version 2, of the adapter. It is found by MAC address, and every other one is left alone."""
    network: dict[str, t.Any] = {"match": {"macaddress": mac}, "set-name": INTERFACE}
    if guest.addresses:
        network |= {"dhcp4": False, "dhcp6": False, "addresses": list(guest.addresses)}
    else:
        network["dhcp4"] = True
    if guest.gateways:
        network["routes"] = [{"to": _EVERYWHERE[":" in gateway], "via": gateway} for gateway in guest.gateways]
    servers = {"addresses": list(guest.dns_servers), "search": list(guest.dns_search)}
    if any(servers.values()):
        network["nameservers"] = {key: value for key, value in servers.items() if value}
    return network


def _userdata(guest: GuestDescription, instance_id: str) -> dict[str, t.Any]:
    userdata: dict[str, t.Any] = {
        "preserve_hostname": False,
        "manage_etc_hosts": "localhost",
        # The template's stays; generating one takes long, and fails in a template without locales.
        "locale": "false",
        "ssh_pwauth": False,
        # A template's host keys are those of all of its clones. RSA takes long to make, and no client needs it.
        "ssh_deletekeys": True,
        "ssh_genkeytypes": ["ed25519", "ecdsa"],
        "runcmd": [["sh", "-c", _say_host_keys(instance_id)]],
    }
    if guest.ntp_servers:
        userdata["ntp"] = {"enabled": True, "servers": list(guest.ntp_servers)}
    if guest.user is not None:
        userdata["users"] = [_user(guest.user)]
    return userdata


def _user(user: User) -> dict[str, t.Any]:
    told: dict[str, t.Any] = {
        "name": user.name,
        "shell": "/bin/bash",
        "ssh_authorized_keys": list(user.ssh_authorized_keys),
        # No password matches "*", and sshd takes the account for locked by "!" alone (sshd(8)), not by this.
        "passwd": "*",
        "lock_passwd": False,
    }
    return {**told, "sudo": "ALL=(ALL) NOPASSWD:ALL"} if user.sudo else told


def _say_host_keys(instance_id: str) -> str:
    keys = "$(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_*_key.pub | tr '\\n' ,)"
    return f'vmware-rpctool "info-set {HOST_KEYS} {instance_id} {keys}"'


def encoded(documents: Documents) -> dict[str, str]:
    """The documents as settings of guestinfo."""
    return {
        METADATA: _packed(json.dumps(documents.metadata, sort_keys=True)),
        METADATA + ENCODING: _GZIP_BASE64,
        USERDATA: _packed(_HEADER + json.dumps(documents.userdata, sort_keys=True)),
        USERDATA + ENCODING: _GZIP_BASE64,
    }


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def decoded(guestinfo: t.Mapping[str, str]) -> Documents | None:
    """The documents in a VM's guestinfo; None for none, and for what nobody writes in this form but others do."""
    metadata, userdata = (_unpacked(guestinfo, key) for key in (METADATA, USERDATA))
    if metadata is None or userdata is None or not userdata.startswith(_HEADER):
        return None
    try:
        found = json.loads(metadata), json.loads(userdata[len(_HEADER) :])
    except (ValueError, RecursionError):
        return None
    return Documents(*found) if all(isinstance(each, dict) for each in found) else None


def _unpacked(guestinfo: t.Mapping[str, str], key: str) -> str | None:
    """The text of a document. Compressed text is compared unpacked: versions of zlib pack it differently."""
    if guestinfo.get(key + ENCODING) != _GZIP_BASE64:
        return None
    try:
        packed = base64.b64decode(guestinfo.get(key, ""), validate=True)
        unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        return unpacking.decompress(packed, _MAX_DOCUMENT).decode()
    except (binascii.Error, zlib.error, ValueError):
        return None
