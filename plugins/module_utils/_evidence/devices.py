# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence about each adapter: its driver, the process that holds it, its DPDK port, counters and interrupts."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import spelt_alike
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS

from .model import NO_TRAFFIC, DeviceLoad, EvidenceRow, Expected, Mapping, Window, find, joined, row

_ERRORS = ("imissed", "ierrors", "oerrors", "rx_nombuf")


class _Findings:
    """Problems found in the two samples; one found in both is reported once."""

    def __init__(self) -> None:
        self._when: dict[str, list[str]] = {}

    def add(self, when: str, problem: str) -> None:
        self._when.setdefault(problem, []).append(when)

    def all(self) -> list[str]:
        return [f"{problem} {' and '.join(when)} the traffic" for problem, when in self._when.items()]


def device_rows(window: Window) -> list[EvidenceRow]:
    """All rows of all devices, device by device."""
    rows: list[EvidenceRow] = []
    for device in window.expected.devices:
        rows += [
            *_virtual_hardware(window, device),
            _driver(window, device),
            _holder(window, device),
            _port(window, device),
            _counters(window, device),
            _interrupts(window, device),
        ]
    return rows


def _virtual_hardware(window: Window, device: Mapping) -> list[EvidenceRow]:
    """What vCenter says of the adapter; nothing when vCenter was not asked."""
    if not any("type" in adapter for adapter in window.expected.adapters):
        return []
    vmxnet3 = window.expected.port_driver == "net_vmxnet3"
    asked = f"vCenter has a connected adapter{' of type VMXNET3' if vmxnet3 else ''} with MAC {device['mac']}"
    name = f"virtual adapter {device['name']}"
    adapter = find(window.expected.adapters, "name", device["name"])
    if adapter is None:
        return [row(name, asked, "not observed", ["vCenter has no adapter that the description calls by this name"])]
    kind, connected = adapter.get("type"), adapter.get("connected")
    problems = [] if kind == "vmxnet3" or not vmxnet3 else [f"its type is {kind}"]
    if connected is None:
        problems.append("whether it is connected was not observed")
    elif not connected:
        problems.append("it is not connected")
    seen = f"{kind}, {'connected' if connected else 'not connected'}, network {adapter.get('network')}"
    return [row(name, asked, seen, problems)]


def _driver(window: Window, device: Mapping) -> EvidenceRow:
    problems = _Findings()
    seen = "not observed"
    for when, sample in (("before", window.before), ("after", window.after)):
        entry = find(sample.get("devices"), "name", device["name"])
        if entry is None or not entry.get("present"):
            problems.add(when, f"no device at {device['pci_address']}")
            continue
        seen = f"{entry['driver'] or 'no driver'}, network interface {joined(entry['net'])}"
        if entry["driver"] is None:
            problems.add(when, "the adapter has no driver at all, as after a failed bind,")
        elif entry["driver"] not in USERSPACE_DRIVERS:
            problems.add(when, f"driven by the kernel's {entry['driver']}")
        if entry["net"]:
            problems.add(when, f"the kernel has it as {joined(entry['net'])}")
    asked = f"{' or '.join(USERSPACE_DRIVERS)}, no network interface"
    return row(f"driver {device['name']}", asked, seen, problems.all())


def _holder(window: Window, device: Mapping) -> EvidenceRow:
    problems = _Findings()
    seen = "not observed"
    for when, sample in (("before", window.before), ("after", window.after)):
        entry = find(sample.get("devices"), "name", device["name"]) or {}
        pid = sample["application"]["pid"]
        holders = entry.get("holders") or []
        if entry.get("node") is None:
            problems.add(when, "it has no device file for a userspace program")
            continue
        seen = f"{entry['node']} held by {joined(_process(holder) for holder in holders)}"
        if pid is None or [holder["pid"] for holder in holders] != [pid]:
            problems.add(when, f"{entry['node']} is not held by the application alone")
    asked = f"device file held by {window.expected.executable} alone"
    return row(f"holder {device['name']}", asked, seen, problems.all())


def _process(holder: Mapping) -> str:
    return f"{holder.get('executable') or 'unknown'} ({holder['pid']})"


def _port(window: Window, device: Mapping) -> EvidenceRow:
    problems = _Findings()
    seen: list[str] = []
    for when, sample in (("before", window.before), ("after", window.after)):
        port = find(sample.get("ports"), "name", device["pci_address"])
        found, wrong = _port_of_dpdk(port, device, sample)
        if sample.get("interfaces") is not None or sample["application"]["kind"] == "ovs":
            interface_found, interface_wrong = _interface_of_ovs(window, device, sample)
            found, wrong = found + interface_found, wrong + interface_wrong
        seen = found
        for text in wrong:
            problems.add(when, text)
    asked = f"{window.expected.port_driver} port at {device['pci_address']} with MAC {device['mac']}, started"
    return row(f"port {device['name']}", asked, "; ".join(seen) or "not observed", problems.all())


def _port_of_dpdk(port: Mapping | None, device: Mapping, sample: Mapping) -> tuple[list[str], list[str]]:
    if port is None:
        names = joined(entry["name"] for entry in sample.get("ports") or ())
        reason = (sample.get("problems") or {}).get("telemetry")
        return [f"DPDK ports: {names}"], [
            f"DPDK has no port at {device['pci_address']}" + (f" ({reason})" if reason else "")
        ]
    wrong = []
    if port["mac"] != device["mac"]:
        wrong.append(f"its MAC is {port['mac']}")
    if not port["started"]:
        wrong.append("DPDK has not started it")
    return [f"DPDK port {port['name']}, MAC {port['mac']}, {'started' if port['started'] else 'not started'}"], wrong


def _interface_of_ovs(window: Window, device: Mapping, sample: Mapping) -> tuple[list[str], list[str]]:
    interfaces = sample.get("interfaces")
    if interfaces is None:
        return [], [
            f"Open vSwitch's interfaces were not observed ({(sample.get('problems') or {}).get('ovs_database')})"
        ]
    entry = next((one for one in interfaces if _pci_address(one) == device["pci_address"]), None)
    if entry is None:
        namesake = find(interfaces, "name", device["name"])
        instead = f": {_described(namesake)}" if namesake else ""
        return [f"Open vSwitch has {_described(namesake)}"] if namesake else [], [
            f"no interface of Open vSwitch is at {device['pci_address']}{instead}"
        ]
    driver = entry["status"].get("driver_name")
    checks = (
        ("type", entry["type"], "dpdk"),
        ("driver", driver, window.expected.port_driver),
        ("MAC", spelt_alike(entry["mac_in_use"]), device["mac"]),
        ("error", joined(_as_list(entry["error"])), "none"),
    )
    wrong = [f"{what} of Open vSwitch's {entry['name']} is {value}" for what, value, right in checks if value != right]
    return [f"Open vSwitch has {_described(entry)}"], wrong


def _described(interface: Mapping) -> str:
    devargs = interface["options"].get("dpdk-devargs")
    driver = interface["status"].get("driver_name", "no driver")
    return f"{interface['name']} of type {interface['type'] or 'system'}, driver {driver}" + (
        f", devargs {devargs}" if devargs else ""
    )


def _pci_address(interface: Mapping) -> str:
    """The PCI address in a port's devargs; the driver's own parameters may follow it."""
    return str(interface["options"].get("dpdk-devargs", "")).partition(",")[0].lower()


def _as_list(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]


def _counters(window: Window, device: Mapping) -> EvidenceRow:
    load, rise = window.load(device["name"]), window.rise(device)
    name = f"counters {device['name']}"
    asked = _live_counters_asked(window) if window.expected.passive else _counters_asked(load, window.expected)
    if rise is None:
        return row(name, asked, "not observed", ["the port's counters were not observed"])
    if window.expected.passive:
        return _live_counters(window, device, rise)
    received, sent = rise["ipackets"], rise["opackets"]
    problems = [] if load.any else [NO_TRAFFIC]
    shared, others = window.expected.shared, received - load.received
    if others < 0 or (others > load.noise and not shared):
        problems.append(f"the port received {received}, the tester sent {load.received} to it")
    if sent < load.sent_least:
        problems.append(f"the port sent {sent}, the tester received {load.sent_least} from it")
    if sent > load.sent_most + load.noise and not shared:
        problems.append(f"the port sent {sent}: more than the tester's packets that may come through, {load.sent_most}")
    tolerance = window.expected.frame_loss_tolerance if shared else 0
    problems += [f"{key} rose by {rise[key]}" for key in _ERRORS if not 0 <= rise[key] <= tolerance]
    what = "ARP, neighbour discovery and others' traffic" if shared else "ARP and neighbour discovery"
    remark = f"{others} received besides the tester's are {what}" if others else ""
    return row(name, asked, _counted(rise), problems, remark)


def _live_counters(window: Window, device: Mapping, rise: t.Mapping[str, int]) -> EvidenceRow:
    """Counters of unknown traffic: they move, and nothing is missed beyond what may be lost."""
    tolerance = window.expected.frame_loss_tolerance
    problems = [] if window.carries(device) else [NO_TRAFFIC]
    problems += [f"{key} rose by {rise[key]}" for key in _ERRORS if not 0 <= rise[key] <= tolerance]
    name = f"counters {device['name']}"
    return row(name, _live_counters_asked(window), f"{_counted(rise)} in {window.seconds:.1f} s", problems)


def _live_counters_asked(window: Window) -> str:
    tolerance = window.expected.frame_loss_tolerance
    missed = f"at most {tolerance}" if tolerance else "no"
    return (
        f"more than {window.noise} packets received or sent, which ARP and neighbour discovery could be; {missed} "
        "misses, errors or failed buffers"
    )


def _counted(rise: t.Mapping[str, int]) -> str:
    errors = ", ".join(f"{key} {rise[key]:+d}" for key in _ERRORS)
    return f"received {rise['ipackets']}, sent {rise['opackets']}, {errors}"


def _counters_asked(load: DeviceLoad, expected: Expected) -> str:
    if expected.shared:
        return (
            f"at least {load.received} received and {load.sent_least} sent, beside others' traffic; no misses, errors "
            "or failed buffers"
        )
    sent = str(load.sent_least) if load.sent_least == load.sent_most else f"{load.sent_least} to {load.sent_most}"
    return (
        f"received {load.received}, sent {sent}, each plus at most {load.noise} of ARP and neighbour discovery; "
        "no misses, errors or failed buffers"
    )


_MANY_PACKETS: t.Final = 50
"""Received packets with which one interrupt is that of a port that has just started, and not of every packet.

The PMD of VMXNET3 unmasks every interrupt when it starts a port, and serves none of a receive queue. The device masks
one as it raises it (auto-mask), so that the first packet after a start raises one interrupt, and no other packet does.
"""


def _interrupts(window: Window, device: Mapping) -> EvidenceRow:
    name, asked = f"interrupts {device['name']}", "no rise under load but one for the first packet after a start"
    before, after = window.pair("devices", "name", device["name"])
    if not before or not after or not after.get("present"):
        return row(name, asked, "not observed", ["the device's interrupts were not observed"])
    counts = {line["line"]: line["count"] for line in before["interrupts"]}
    lines = [(line, line["count"] - counts.get(line["line"], 0)) for line in after["interrupts"]]
    rise = sum(count for _line, count in lines)
    own = _rise(before.get("uio_events"), after.get("uio_events"))
    foreign = sorted(
        {name for line, _count in lines for name in line["handlers"] if not _is_own(name, device, after["net"])}
    )
    seen = ", ".join(f"line {line['line']} {count:+d}" for line, count in lines) or "no interrupt line"
    seen += "" if own is None else f", interrupts of the device itself {own:+d}"
    problems = [] if window.carries(device) else [NO_TRAFFIC]
    remark = ""
    counters = window.rise(device)
    many = counters is not None and counters["ipackets"] >= _MANY_PACKETS
    if many and (own == 1 or (own is None and rise > 0 and all(count <= 1 for _line, count in lines))):
        remark = "one interrupt is that of the first packet after a start"
    elif own:
        problems.append(f"the device raised {own} interrupt{'s' if own != 1 else ''}")
    elif rise and foreign and own == 0:
        remark = f"the line is shared with {joined(foreign)}; the device itself raised none"
    elif rise:
        shared = f" (the line is shared with {joined(foreign)})" if foreign else ""
        problems.append(f"the device's interrupt line rose by {rise}{shared}")
    return row(name, asked, seen, problems, remark)


def _is_own(handler: str, device: Mapping, net: t.Sequence[str]) -> bool:
    """Whether an interrupt handler serves this device.

    vfio names its handlers after the device, uio after the driver, and a NIC driver after the interface.
    """
    if device["pci_address"] in handler or handler in USERSPACE_DRIVERS:
        return True
    return handler.partition("-")[0] in net


def _rise(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before
