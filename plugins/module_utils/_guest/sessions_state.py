# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane as it is in the switch and the kernel, and the steps to what it should be."""

from __future__ import annotations

import dataclasses
import json
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError

from .plan import Plan, RemoveFile, RunCommand, Step, WriteFile
from .sessions import COOKIE, S5U_BRIDGE, SGI_BRIDGE, Carried, UserPlane, bundle, carried, flows

if t.TYPE_CHECKING:
    from .apply import Guest

DIRECTORY = "/etc/nfv-vsphere-dpdk"
SCRATCH = "/run/nfv-vsphere-dpdk"
UNIT = "nfv-pgw.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
BRIDGES = (S5U_BRIDGE, SGI_BRIDGE)
OFCTL = ("ovs-ofctl", "--protocols=OpenFlow15")
FLOWS = {bridge: f"{DIRECTORY}/pgw-{bridge}.flows" for bridge in BRIDGES}
ADDRESSES, NAMES = f"{DIRECTORY}/pgw-addresses", f"{DIRECTORY}/pgw-names.json"
FILES = (*FLOWS.values(), ADDRESSES, NAMES, UNIT_FILE)
NEIGHBOUR_SECONDS = 4.0  # the kernel asks three times, a second apart (mcast_solicit, retrans_time_ms)
# AnsibleModule.run_command with text for standard input
Ask = t.Callable[[t.Sequence[str], str], tuple[int, str, str]]

# BindsTo and WantedBy: the unit ends with ovs-vswitchd, whose flows and interfaces end with it, and starts with it,
# be that at boot, by hand or after a crash. Flows come first, so that no packet meets an address without them.
_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=Addresses and sessions of the PGW user plane
After=ovs-vswitchd.service
BindsTo=ovs-vswitchd.service

[Service]
Type=oneshot
RemainAfterExit=yes
{start}

[Install]
WantedBy=ovs-vswitchd.service
"""


@dataclasses.dataclass(frozen=True)
class Observed:
    """What was found.

    differences: bridge -> lines of ovs-ofctl diff-flows, the switch against the desired flows;
    files: path -> content of each file of ours that there is; addresses: bridge -> IPv4 addresses with prefix;
    neighbours: bridge -> addresses that the kernel keeps resolved; up: bridges whose interface is up;
    tunnel_neighbours: peer -> MAC, as OVS knows it; missing: bridges that do not exist.
    """

    carried: Carried
    differences: t.Mapping[str, tuple[str, ...]]
    files: t.Mapping[str, str]
    active: bool
    enabled: bool
    addresses: t.Mapping[str, frozenset[str]]
    neighbours: t.Mapping[str, frozenset[str]]
    up: frozenset[str]
    tunnel_neighbours: t.Mapping[str, str]
    missing: tuple[str, ...]


def wanted_files(plane: UserPlane, sgi_mac: str) -> dict[str, str]:
    """The files from which the unit brings the user plane back, by path."""
    contents = {FLOWS[bridge]: "\n".join(lines) + "\n" for bridge, lines in flows(plane, sgi_mac).items()}
    contents[ADDRESSES] = "\n".join(_addresses(plane)) + "\n"
    names = {session.ue_address: session.name for session in plane.sessions}
    contents[NAMES] = json.dumps(names, indent=1) + "\n"
    start = [f"ExecStart={' '.join(_add_flows(bridge))}" for bridge in BRIDGES]
    start.append(f"ExecStart={' '.join(_batch())}")
    contents[UNIT_FILE] = _UNIT.format(start="\n".join(start))
    return contents


def _add_flows(bridge: str) -> tuple[str, ...]:
    return (*OFCTL, "--bundle", "add-flows", bridge, FLOWS[bridge])


def _batch() -> tuple[str, ...]:
    return ("ip", "-batch", ADDRESSES)


def _addresses(plane: UserPlane) -> list[str]:
    """Commands of ip(8). A managed neighbour is kept resolved by the kernel (Linux 5.16): OVS learns from its ARP."""
    lines = []
    for bridge, address in ((S5U_BRIDGE, plane.s5u_address), (SGI_BRIDGE, plane.sgi_address)):
        lines.append(f"link set dev {bridge} addrgenmode none")
        lines.append(f"address replace {address} dev {bridge}")
        lines.append(f"link set dev {bridge} up")
        lines += [f"neighbour replace {neighbour} dev {bridge} managed" for neighbour in sorted(_near(plane)[bridge])]
    return lines


def _near(plane: UserPlane) -> dict[str, frozenset[str]]:
    next_hop = () if plane.next_hop_mac else (plane.next_hop,)
    return {S5U_BRIDGE: frozenset(plane.peers), SGI_BRIDGE: frozenset(next_hop)}


def _own(plane: UserPlane) -> dict[str, frozenset[str]]:
    return {S5U_BRIDGE: frozenset({plane.s5u_address}), SGI_BRIDGE: frozenset({plane.sgi_address})}


def observe(guest: Guest, ask: Ask, plane: UserPlane | None) -> Observed:
    """Reads the user plane; plane None compares with nothing."""
    files = {path: guest.text(path) for path in FILES}
    found = {path: content for path, content in files.items() if content is not None}
    names = json.loads(found.get(NAMES, "{}"))
    wanted = flows(plane, sgi_mac(guest)) if plane is not None else dict.fromkeys(BRIDGES, ())
    differences: dict[str, tuple[str, ...]] = {}
    missing = []
    for bridge in BRIDGES:
        status, output, errors = _compare(ask, bridge, wanted[bridge])
        if status not in (0, 2):
            if "is not a bridge" not in errors:
                raise _unreadable(bridge, errors)
            missing.append(bridge)
            output = "\n".join(
                f"+{line.replace(',cookie=', ' cookie=').replace(',actions=', ' actions=')}" for line in wanted[bridge]
            )
        differences[bridge] = tuple(line for line in output.splitlines() if line)
    unit = ask(("systemctl", "show", "--property=ActiveState,UnitFileState", UNIT), "")[1]
    settled = plane is not None and "ActiveState=active" in unit and not any(map(bundle, differences.values()))
    seen, tunnel_neighbours = _carried(ask, names, SGI_BRIDGE in missing, plane if settled else None)
    links = {link["ifname"]: link for link in _json(ask, ("ip", "-json", "address", "show"))}
    near = _json(ask, ("ip", "-4", "-json", "neighbour", "show"))
    return Observed(
        carried=seen,
        differences=differences,
        files=found,
        active="ActiveState=active" in unit,
        enabled="UnitFileState=enabled" in unit,
        addresses={bridge: _ipv4(links.get(bridge, {})) for bridge in BRIDGES},
        neighbours={bridge: _managed(near, bridge) for bridge in BRIDGES},
        up=frozenset(bridge for bridge in BRIDGES if "UP" in links.get(bridge, {}).get("flags", ())),
        tunnel_neighbours=tunnel_neighbours,
        missing=tuple(missing),
    )


def _carried(
    ask: Ask, names: t.Mapping[str, str], missing: bool, plane: UserPlane | None
) -> tuple[Carried, dict[str, str]]:
    """What the flows carry, and the tunnel's neighbours; with a plane it waits a little for ARP to be answered."""
    deadline = time.monotonic() + NEIGHBOUR_SECONDS
    dump = (*OFCTL, "--no-names", "dump-flows", SGI_BRIDGE, f"cookie={COOKIE:#x}/{2**64 - 2:#x}")
    while True:
        last = plane is None or time.monotonic() > deadline
        status, output, errors = ask(dump, "")
        if status != 0 and not missing:
            raise _unreadable(SGI_BRIDGE, errors)
        seen, neighbours = carried(output, names), _tunnel_neighbours(ask)
        if last or (plane is not None and seen.next_hop_mac and set(plane.peers) <= set(neighbours)):
            return seen, neighbours
        time.sleep(0.5)


def sgi_mac(guest: Guest) -> str:
    """The SGi adapter's MAC, which the bridge's interface takes over; zeros while there is no bridge."""
    return guest.value(f"/sys/class/net/{SGI_BRIDGE}/address") or "00:00:00:00:00:00"


def _compare(ask: Ask, bridge: str, wanted: t.Sequence[str]) -> tuple[int, str, str]:
    try:
        return ask((*OFCTL, "diff-flows", bridge, "/dev/stdin"), "\n".join(wanted) + "\n")
    except OSError as error:
        raise NfvError(
            "ovs_missing", "ovs-ofctl", f"cannot be run: {error.strerror}", "Install Open vSwitch."
        ) from error


def _unreadable(bridge: str, errors: str) -> NfvError:
    return NfvError("ovs_not_running", bridge, f"its flows cannot be read: {errors}", "Start ovs-vswitchd.")


def _json(ask: Ask, argv: t.Sequence[str]) -> list[dict[str, t.Any]]:
    status, output, _rest = ask(argv, "")
    return [entry for entry in json.loads(output or "[]") if entry] if status == 0 else []


def _ipv4(link: t.Mapping[str, t.Any]) -> frozenset[str]:
    found = [address for address in link.get("addr_info", ()) if address["family"] == "inet"]
    return frozenset(f"{address['local']}/{address['prefixlen']}" for address in found)


def _managed(near: t.Iterable[t.Mapping[str, t.Any]], bridge: str) -> frozenset[str]:
    return frozenset(entry["dst"] for entry in near if entry.get("dev") == bridge and "managed" in entry)


def _tunnel_neighbours(ask: Ask) -> dict[str, str]:
    lines = ask(("ovs-appctl", "tnl/neigh/show"), "")[1].splitlines()
    rows = [line.split() for line in lines if line.endswith(S5U_BRIDGE)]
    return {row[0]: row[1] for row in rows if len(row) == 3}


def plan(observed: Observed, plane: UserPlane, mac: str, check_mode: bool) -> Plan:
    """Steps to the user plane. Raises NfvError ``bridge_missing``, which check mode forgives as not yet made."""
    if observed.missing and not check_mode:
        raise NfvError(
            "bridge_missing",
            ", ".join(observed.missing),
            "sessions need the bridge, and there is none",
            "Make it with nfv.vsphere_dpdk.ovs_dpdk first.",
        )
    files = wanted_files(plane, mac)
    steps: list[Step] = [WriteFile(path, text) for path, text in files.items() if observed.files.get(path) != text]
    for bridge in BRIDGES:
        commands = bundle(observed.differences[bridge])
        # What is only missing comes with the start of the unit.
        if observed.active or any(command.startswith("flow delete") for command in commands):
            steps += _flow_steps(bridge, commands)
    steps += _stale_addresses(observed, plane)
    if observed.active and not _complete(observed, plane):
        steps.append(RunCommand(_batch(), "addresses_refused", f"Look at {ADDRESSES} and at ip address."))
    steps += _unit_steps(observed, files[UNIT_FILE])
    after = {"sessions": [_shown(session) for session in plane.sessions], "ends": _ends(plane), "kept": True}
    return Plan(tuple(steps), _before(observed, files), after, _result(observed, plane))


def remove(observed: Observed) -> Plan:
    """Steps to no user plane: unit, files, flows and addresses of ours go."""
    steps: list[Step] = []
    if UNIT_FILE in observed.files:
        steps.append(_systemctl("disable", "--now", UNIT))
    steps += [RemoveFile(path) for path in observed.files]
    if UNIT_FILE in observed.files:
        steps.append(_systemctl("daemon-reload"))
    for bridge in BRIDGES:
        steps += _flow_steps(bridge, bundle(observed.differences[bridge]))
        # Neighbours before addresses: the kernel forgets those of an address that goes.
        steps += [_ip("neighbour", "delete", near, "dev", bridge) for near in sorted(observed.neighbours[bridge])]
        if observed.addresses[bridge]:
            steps.append(_ip("address", "flush", "dev", bridge))
    after: dict[str, t.Any] = {"sessions": [], "ends": {}, "kept": False}
    return Plan(tuple(steps), _before(observed, None), after, _result(observed, None))


def _flow_steps(bridge: str, commands: t.Sequence[str]) -> list[Step]:
    if not commands:
        return []
    path = f"{SCRATCH}/{bridge}.bundle"
    run = RunCommand((*OFCTL, "bundle", bridge, path), "flows_refused", f"Look at the bundle in {path}.")
    return [WriteFile(path, "\n".join(commands) + "\n"), run, RemoveFile(path)]


def _stale_addresses(observed: Observed, plane: UserPlane) -> list[Step]:
    steps: list[Step] = []
    wanted, near = _own(plane), _near(plane)
    for bridge in BRIDGES:
        # Neighbours before addresses: the kernel forgets those of an address that goes.
        gone = sorted(observed.neighbours[bridge] - near[bridge])
        steps += [_ip("neighbour", "delete", old, "dev", bridge) for old in gone]
        gone = sorted(observed.addresses[bridge] - wanted[bridge])
        steps += [_ip("address", "delete", old, "dev", bridge) for old in gone]
    return steps


def _complete(observed: Observed, plane: UserPlane) -> bool:
    wanted, near = _own(plane), _near(plane)
    return all(
        bridge in observed.up
        and wanted[bridge] <= observed.addresses[bridge]
        and near[bridge] <= observed.neighbours[bridge]
        for bridge in BRIDGES
    )


def _unit_steps(observed: Observed, unit: str) -> list[Step]:
    steps: list[Step] = []
    if observed.enabled and observed.files.get(UNIT_FILE) != unit:
        steps.append(_systemctl("daemon-reload"))
    if not observed.enabled:
        steps.append(_systemctl("enable", "--now", UNIT))
    elif not observed.active:
        steps.append(_systemctl("start", UNIT))
    return steps


def _systemctl(*arguments: str) -> RunCommand:
    return RunCommand(("systemctl", *arguments), "unit_failed", f"Look at systemctl status {UNIT}.")


def _ip(*arguments: str) -> RunCommand:
    return RunCommand(("ip", *arguments), "addresses_refused", "Look at ip address and ip neighbour.")


def _shown(session: t.Any) -> dict[str, t.Any]:
    return dataclasses.asdict(session)


def _ends(plane: UserPlane) -> dict[str, t.Any]:
    return {"s5u": plane.s5u_address, "sgi": plane.sgi_address}


def _before(observed: Observed, files: t.Mapping[str, str] | None) -> dict[str, t.Any]:
    addresses = {"s5u": observed.addresses[S5U_BRIDGE], "sgi": observed.addresses[SGI_BRIDGE]}
    kept = bool(observed.files) if files is None else observed.enabled and observed.active and observed.files == files
    return {
        "sessions": [_shown(session) for session in observed.carried.sessions],
        "ends": {end: ", ".join(sorted(found)) for end, found in addresses.items() if found},
        "kept": kept,
    }


def _result(observed: Observed, plane: UserPlane | None) -> dict[str, t.Any]:
    seen = observed.carried
    return {
        "sessions": [
            {
                **_shown(session),
                "uplink_packets": seen.uplink_packets.get(session.ue_address, 0),
                "downlink_packets": seen.downlink_packets.get(session.ue_address, 0),
            }
            for session in seen.sessions
        ],
        "dropped": {"uplink": seen.uplink_dropped, "downlink": seen.downlink_dropped},
        "next_hop_mac": seen.next_hop_mac,
        "peers": {peer: observed.tunnel_neighbours.get(peer) for peer in (plane.peers if plane else ())},
    }
