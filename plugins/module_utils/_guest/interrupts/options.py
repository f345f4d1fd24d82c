# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of module interrupt_forwarding, checked before anything is read. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import normal_mac

from .model import Forwarding, ForwardingAdapter, Tunnel

Options = t.Mapping[str, t.Any]
_LARGEST_TEID = (1 << 32) - 1


def parse_desired(options: Options) -> Forwarding:
    """How the kernel is to forward. Raises NfvError: device_invalid, value_not_allowed."""
    tunnels = _tunnels(options)
    cpus = parse_cpu_list(options.get("cpus") or "")
    if cpus is None:
        raise _wrong("cpus", f"must be a list of CPUs such as 2-3, not {options['cpus']}")
    return Forwarding(
        forwarding=options["forwarding"],
        adapters=_adapters(options),
        units=tuple(dict.fromkeys(options.get("units") or ())),
        cpus=cpus,
        coalescing=options["interrupt_coalescing"],
        interrupt_service=options["interrupt_service"] == "when_needed",
        tunnels=tunnels,
    )


def device_names(devices: t.Sequence[Options]) -> dict[str, str]:
    """MAC address of each device by its name; ignores other keys. Raises NfvError(device_invalid)."""
    found: dict[str, str] = {}
    for index, device in enumerate(devices):
        mac = normal_mac(device.get("mac"))
        for key, value in (("name", device.get("name")), ("mac", mac)):
            if not value:
                raise NfvError(
                    ErrorCode.DEVICE_INVALID,
                    f"devices[{index}].{key}",
                    "the key is missing or is none",
                    "Give every device its name and its MAC address.",
                )
        name = str(device["name"])
        if name in found:
            raise NfvError(ErrorCode.ADAPTER_REPEATED, name, "is the name of two devices", "Name each once.")
        found[name] = str(mac)
    return found


def _adapters(options: Options) -> tuple[ForwardingAdapter, ...]:
    devices = device_names(options["devices"])
    settings: dict[str, Options] = {}
    for index, one in enumerate(options.get("adapters") or ()):
        path = f"adapters[{index}]"
        if one["name"] not in devices or one["name"] in settings:
            raise _wrong(f"{path}.name", f"must be one of {', '.join(devices)}, each once, not {one['name']}")
        settings[one["name"]] = {**one, "path": path}
    return tuple(_adapter(name, mac, settings.get(name, {})) for name, mac in devices.items())


def _adapter(name: str, mac: str, settings: Options) -> ForwardingAdapter:
    path = settings.get("path", "")
    addresses = [
        _interface(f"{path}.addresses[{index}]", one) for index, one in enumerate(settings.get("addresses") or ())
    ]
    neighbours, routes = [], []
    for index, one in enumerate(settings.get("neighbours") or ()):
        found = normal_mac(one["mac"])
        if found is None:
            raise _wrong(f"{path}.neighbours[{index}].mac", f"must be a MAC address, not {one['mac']}")
        neighbours.append((_address(f"{path}.neighbours[{index}].address", one["address"]), found))
    for index, one in enumerate(settings.get("routes") or ()):
        network = _network(f"{path}.routes[{index}].destination", one["destination"])
        routes.append((network, _address(f"{path}.routes[{index}].via", one["via"])))
    return ForwardingAdapter(name, mac, tuple(sorted(set(addresses))), tuple(sorted(neighbours)), tuple(sorted(routes)))


def _tunnels(options: Options) -> tuple[Tunnel, ...]:
    sessions = options.get("sessions") or ()
    if bool(sessions) != (options["forwarding"] == "gtp"):
        raise _wrong("sessions", "must be given with forwarding=gtp, and with nothing else")
    tunnels = []
    for index, one in enumerate(sessions):
        path = f"sessions[{index}]"
        for key in ("local_teid", "peer_teid"):
            if not 0 < one[key] <= _LARGEST_TEID:
                raise _wrong(f"{path}.{key}", f"must be from 1 to {_LARGEST_TEID}, not {one[key]}")
        tunnels.append(
            Tunnel(
                one["local_teid"],
                one["peer_teid"],
                _address(f"{path}.peer_address", one["peer_address"]),
                _address(f"{path}.ue_address", one["ue_address"]),
                one.get("name") or "",
            )
        )
    for key in ("local_teid", "ue_address"):
        values = [getattr(tunnel, key) for tunnel in tunnels]
        repeated = (
            next((value for value in values if values.count(value) > 1), None)
            if len(set(values)) < len(values)
            else None
        )
        if repeated is not None:
            raise _wrong("sessions", f"two have {key} {repeated}, which the kernel's gtp knows them by")
    return tuple(tunnels)


def _interface(path: str, text: str) -> str:
    try:
        interface = ipaddress.IPv4Interface(text)
    except ValueError as error:
        raise _wrong(path, f"must be an IPv4 address with its length such as 192.0.2.1/24, not {text}") from error
    return interface.with_prefixlen


def _address(path: str, text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise _wrong(path, f"must be an IPv4 address, not {text}") from error


def _network(path: str, text: str) -> str:
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise _wrong(path, f"must be an IPv4 network such as 198.51.100.0/24, not {text}") from error
    if network.prefixlen == 0:
        raise _wrong(path, "must not be a default route, which would take the management connection with it")
    return str(network)


def _wrong(path: str, what: str) -> NfvError:
    return NfvError(ErrorCode.VALUE_NOT_ALLOWED, path, what, "Nothing was changed.")
