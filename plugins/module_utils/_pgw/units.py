# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a PGW's user plane in the guest: the files from which systemd brings it back, and the handler. Pure."""

from __future__ import annotations

import ipaddress
import json
import os
import pkgutil
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw import runtime
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import (
    HANDLER_METERS,
    HANDLER_PORT,
    flows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    S5U_BRIDGE,
    SGI_BRIDGE,
    UserPlane,
    rates,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import Meter, format_file

DIRECTORY = "/etc/nfv-vsphere-dpdk"
SCRATCH = "/run/nfv-vsphere-dpdk"
LIBRARY = "/usr/lib/nfv-vsphere-dpdk"
PACKAGE = f"{LIBRARY}/nfv_pgw"
PYTHON = "/usr/bin/python3"
UNIT, PATH_UNIT = "nfv-pgw.service", "nfv-pgw-path.service"
UNIT_FILE, PATH_UNIT_FILE = f"/etc/systemd/system/{UNIT}", f"/etc/systemd/system/{PATH_UNIT}"
BRIDGES = (S5U_BRIDGE, SGI_BRIDGE)
OFCTL = ("ovs-ofctl", "--protocols=OpenFlow15")
FLOWS = {bridge: f"{DIRECTORY}/pgw-{bridge}.flows" for bridge in BRIDGES}
ADDRESSES, NAMES = f"{DIRECTORY}/pgw-addresses", f"{DIRECTORY}/pgw-names.json"
METERS, PATH = f"{DIRECTORY}/pgw-meters", f"{DIRECTORY}/pgw-path.json"
STATUS = f"{SCRATCH}/pgw-path.json"


def _programs() -> dict[str, str]:
    """Every file of the runtime package, by its path in the guest. Read as Python does, from a folder or a zip file."""
    names = ("__init__", *(module.name for module in pkgutil.iter_modules(runtime.__path__)))
    sources = {name: pkgutil.get_data(runtime.__name__, f"{name}.py") for name in names}
    return {f"{PACKAGE}/{name}.py": source.decode() for name, source in sources.items() if source is not None}


PROGRAMS = _programs()
FILES = (*FLOWS.values(), ADDRESSES, NAMES, METERS, PATH, *PROGRAMS, UNIT_FILE, PATH_UNIT_FILE)
# BindsTo and WantedBy: the unit ends with ovs-vswitchd, whose flows and interfaces end with it, and starts with it,
# be that at boot, by hand or after a crash. Flows come first, so that no packet meets an address without them.
_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=Addresses and sessions of the PGW user plane
After=ovs-vswitchd.service
BindsTo=ovs-vswitchd.service
Wants={path_unit}

[Service]
Type=oneshot
RemainAfterExit=yes
{start}

[Install]
WantedBy=ovs-vswitchd.service
"""
_PATH_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=GTP-U path management of the PGW user plane
PartOf={unit}
After={unit}

[Service]
Environment=PYTHONPATH={library}
ExecStart={python} -m nfv_pgw.path_daemon {arguments}
RuntimeDirectory=nfv-vsphere-dpdk
RuntimeDirectoryPreserve=yes
CapabilityBoundingSet=CAP_NET_RAW
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
Restart=always
RestartSec=1
"""


def switch_socket() -> str:
    """The SGi bridge's management socket; OVS's own tools look at the same variable (ovs-vswitchd(8))."""
    return f"{os.environ.get('OVS_RUNDIR', '/run/openvswitch')}/{SGI_BRIDGE}.mgmt"


def wanted_files(plane: UserPlane, sgi_mac: str, meters: t.Mapping[str, int]) -> dict[str, str]:
    """The files from which the units bring the user plane back, by path."""
    contents = {FLOWS[bridge]: "\n".join(lines) + "\n" for bridge, lines in flows(plane, sgi_mac, meters).items()}
    contents[ADDRESSES] = "\n".join(_addresses(plane, sgi_mac)) + "\n"
    contents[NAMES] = json.dumps({session.key: session.name for session in plane.sessions}, indent=1) + "\n"
    contents[METERS] = format_file(wanted_meters(plane, meters))
    contents[PATH] = json.dumps(_path(plane), indent=1) + "\n"
    contents.update(PROGRAMS)
    commands = (add_meters(), *map(_add_flows, BRIDGES), batch())
    start = "\n".join(f"ExecStart={' '.join(command)}" for command in commands)
    contents[UNIT_FILE] = _UNIT.format(start=start, path_unit=PATH_UNIT)
    arguments = " ".join((HANDLER_PORT, S5U_BRIDGE, PATH, STATUS))
    contents[PATH_UNIT_FILE] = _PATH_UNIT.format(unit=UNIT, library=LIBRARY, python=PYTHON, arguments=arguments)
    return contents


def wanted_meters(plane: UserPlane, meters: t.Mapping[str, int]) -> list[Meter]:
    """The handler's meters and the sessions', by number."""
    handler = [Meter(number, rate, packets=True) for number, rate in HANDLER_METERS.values()]
    return handler + [Meter(number, kbps) for number, kbps in sorted(rates(plane, meters).items())]


def add_meters() -> tuple[str, ...]:
    """The command that brings the switch's meters to the file, surplus ones aside."""
    return (PYTHON, f"{PACKAGE}/openflow_meters.py", switch_socket(), "add", METERS)


def prune_meters() -> tuple[str, ...]:
    """The command that deletes surplus meters, once no flow uses them."""
    return (PYTHON, f"{PACKAGE}/openflow_meters.py", switch_socket(), "prune", METERS)


def batch() -> tuple[str, ...]:
    """The command that sets addresses, neighbours and routes."""
    return ("ip", "-batch", ADDRESSES)


def _add_flows(bridge: str) -> tuple[str, ...]:
    return (*OFCTL, "--bundle", "add-flows", bridge, FLOWS[bridge])


def _path(plane: UserPlane) -> dict[str, t.Any]:
    return {
        "s5u_address": plane.s5u_address.partition("/")[0],
        "sgi_address": plane.sgi_address.partition("/")[0],
        "ipv6_address": plane.ipv6_address.partition("/")[0] if plane.ipv6_address else None,
        "tunnel_mtu": plane.tunnel_mtu,
        "sgi_mtu": plane.sgi_mtu,
        "peers": list(plane.peers),
        **plane.path,
    }


def _addresses(plane: UserPlane, sgi_mac: str) -> list[str]:
    """Commands of ip(8). A managed neighbour is kept resolved by the kernel (Linux 5.16): OVS learns from its ARP."""
    lines = []
    own, near = own_addresses(plane), neighbours(plane)
    for bridge in BRIDGES:
        lines.append(f"link set dev {bridge} addrgenmode none")
        lines += [f"address replace {address} dev {bridge}{_no_dad(address)}" for address in sorted(own[bridge])]
        lines.append(f"link set dev {bridge} up")
        lines += [f"neighbour replace {neighbour} dev {bridge} managed" for neighbour in sorted(near[bridge])]
        if bridge == SGI_BRIDGE and plane.ipv6_address:
            # Neighbour discovery asks from a link-local address (RFC 4861, 7.2.2), and must not wait for one.
            lines.append(f"address replace {_link_local(sgi_mac)}/64 dev {bridge} nodad")
    lines += [f"route replace {route} dev {S5U_BRIDGE}" for route in sorted(routes(plane))]
    return [*lines, f"link set dev {HANDLER_PORT} addrgenmode none", f"link set dev {HANDLER_PORT} up"]


def _link_local(mac: str) -> str:
    """The interface's link-local address by its MAC (RFC 4291, appendix A)."""
    octets = bytearray.fromhex(mac.replace(":", ""))
    octets[0] ^= 2
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + octets[:3] + b"\xff\xfe" + octets[3:]))


def _no_dad(address: str) -> str:
    """An address that waits for duplicate address detection (RFC 4862, 5.4) cannot be used yet."""
    return " nodad" if ":" in address else ""


def own_addresses(plane: UserPlane) -> dict[str, frozenset[str]]:
    """Bridge -> own addresses with prefix."""
    sgi = {plane.sgi_address, *([str(ipaddress.ip_interface(plane.ipv6_address))] if plane.ipv6_address else [])}
    return {S5U_BRIDGE: frozenset({plane.s5u_address}), SGI_BRIDGE: frozenset(sgi)}


def neighbours(plane: UserPlane) -> dict[str, frozenset[str]]:
    """Bridge -> neighbours that are to be kept resolved."""
    near = set(plane.peers) - set(plane.far_peers)
    if plane.far_peers and plane.s5u_next_hop:
        near.add(plane.s5u_next_hop)
    hops = set() if plane.next_hop_mac else {plane.next_hop}
    if plane.ipv6_next_hop and not plane.ipv6_next_hop_mac:
        hops.add(str(ipaddress.ip_address(plane.ipv6_next_hop)))
    return {S5U_BRIDGE: frozenset(near), SGI_BRIDGE: frozenset(hops)}


def routes(plane: UserPlane) -> frozenset[str]:
    """Routes to the peers that are not on S5-U's network, as ip(8) writes them."""
    return frozenset(f"{peer} via {plane.s5u_next_hop}" for peer in plane.far_peers if plane.s5u_next_hop)
