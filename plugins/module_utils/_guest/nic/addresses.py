# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network interfaces that carry addresses or routes, from iproute2's JSON output."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.output import expected_output, read_objects

ADDRESS_COMMAND = ("ip", "-json", "address", "show")
ROUTE_COMMANDS = (("ip", "-json", "-4", "route", "show"), ("ip", "-json", "-6", "route", "show"))


@dataclasses.dataclass(frozen=True)
class Use:
    """Why an interface must stay with the kernel."""

    management: bool
    """It carries this session or a default route."""
    carries: str
    """What it carries, such as ``address 192.0.2.1``."""


def read_uses(run: t.Callable[[t.Sequence[str]], tuple[int, str, str]], sessions: t.Collection[str]) -> dict[str, Use]:
    """The interfaces in use, by name. sessions: see ssh_session.session_addresses().

    Raises NfvError: iproute_failed, output_unreadable.
    """
    routes = [route for command in ROUTE_COMMANDS for route in _json(run, command)]
    addresses = _json(run, ADDRESS_COMMAND)
    with expected_output("ip -json", str([*addresses, *routes])):
        return interface_uses(addresses, routes, sessions)


def _json(run: t.Callable[[t.Sequence[str]], tuple[int, str, str]], command: t.Sequence[str]) -> list[t.Any]:
    status, output, errors = run(command)
    if status != 0:
        raise NfvError(
            ErrorCode.IPROUTE_FAILED, " ".join(command), errors or f"ended with status {status}", "Install iproute2."
        )
    return read_objects(" ".join(command), output)


def interface_uses(
    addresses: t.Iterable[t.Mapping[str, t.Any]],
    routes: t.Iterable[t.Mapping[str, t.Any]],
    sessions: t.Collection[str] = (),
) -> dict[str, Use]:
    """The interfaces, by name, that carry an address or a route other than IPv6's automatic link-local ones.

    An address that an SSH session uses counts whatever its scope.
    """
    uses: dict[str, Use] = {}
    for interface in addresses:
        for address in interface.get("addr_info", []):
            management = str(address.get("local")).lower() in sessions
            if management or address.get("scope") not in ("link", "host"):
                what = f"address {address.get('local')}" + (", which this session uses" if management else "")
                _note(uses, interface["ifname"], Use(management, what))
    for route in routes:
        destination = str(route.get("dst", ""))
        if destination.startswith(("fe80:", "ff")):
            continue
        for hop in [route, *route.get("nexthops", [])]:
            if hop.get("dev"):
                _note(uses, hop["dev"], Use(destination == "default", f"route to {destination}"))
    return uses


def _note(uses: dict[str, Use], interface: str, use: Use) -> None:
    known = uses.get(interface)
    if known is None or (use.management and not known.management):
        uses[interface] = use
