# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans a verification: who sends what through which adapters, what must hold, and what is missing for it (pure)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.digest import sha256
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .model import DIRECTIONS, Mapping

# The tester takes the first sessions when a PGW has thousands.
SESSIONS: t.Final = 100


@dataclasses.dataclass(frozen=True)
class Verification:
    """How one guest is verified."""

    problems: tuple[str, ...]
    """What is missing, one message each. Nothing can be sent while there is any."""
    options: Mapping
    """Options of traffic_probe or testpmd_traffic that say what is sent where; empty when nothing is sent."""
    expected: Mapping
    """What poll_mode_verdict expects."""


def plan_verification(request: Mapping) -> Verification:
    """The plan for one guest.

    request holds these keys; the sides may be empty, and are then found from the rest:
    host: its name; hosts: all names in the inventory; traffic: a key of DIRECTIONS;
    dataplane: its description (may be left out); derived: what dataplane_derived makes of it;
    devices: as dpdk_bind leaves them; adapters: with the MAC addresses that vSphere assigned;
    tester: ``name``, ``s5u_interface``, ``sgi_interface``, and ``interfaces`` by port group;
    generator: ``name`` and ``adapters``;
    pgw: ``s5u``, ``sgi`` and ``sessions`` of the PGW, and its ``verify_session``, if one is set aside;
    sessions: those that the tester is to use, if any;
    s5u, sgi, first, second: the sides;
    dropped: flows of frames that the application must drop, as traffic_probe takes them (may be left out);
    expected: further keys of what must hold.
    """
    kind = request["traffic"]
    polled = request["derived"]["pmd_adapters"]
    problems = [*_missing_hosts(request), *_unbound(request)]
    if kind in ("frames", "testpmd") and len(polled) != 2:
        problems.append(_frames_need_two(request["host"], len(polled)))
    if request.get("dropped") and kind not in ("frames", "passive"):
        problems.append(_dropped_need_frames(kind))
    options: dict[str, t.Any] = {}
    sides: dict[str, str] = {}
    if not problems and kind in _STREAMS:
        try:
            options, sides = _STREAMS[kind](request)
        except NfvError as error:
            problems.append(error)
    expected = {
        "devices": request["devices"],
        "adapters": request["adapters"],
        "sides": sides,
        "traffic": kind,
        "dropped": [str(flow.get("name")) for flow in request.get("dropped") or ()],
        "polling_cpus": request["derived"]["polling_cpu_list"],
        "hugepages": request["derived"]["hugepages"],
        "shared": _set_aside(request) is not None,
        "surroundings": _surroundings(request, options, sides),
        "description": sha256(request["dataplane"]) if request.get("dataplane") else "",
        **request["expected"],
    }
    return Verification(tuple(map(str, problems)), options, expected)


def _surroundings(request: Mapping, options: Mapping, sides: Mapping) -> dict[str, t.Any]:
    """What the report tells beside what is observed; see Expected.surroundings."""
    ends = {adapter: options[side] for side, adapter in sides.items()}
    return {
        "sender": request["generator" if request["traffic"] == "testpmd" else "tester"]["name"] if options else "",
        "interfaces": {adapter: end.get("interface") or end.get("mac") for adapter, end in ends.items()},
        "networks": {one["name"]: one.get("network") for one in request["derived"]["pmd_adapters"]},
    }


def _missing_hosts(request: Mapping) -> t.Iterator[NfvError]:
    """The tester or the generator, when the traffic needs it and the inventory lacks it."""
    host, kind = request["host"], request["traffic"]
    name = request["generator" if kind == "testpmd" else "tester"]["name"]
    if not DIRECTIONS[kind] or (name in request["hosts"] and (kind != "testpmd" or name != host)):
        return
    if kind == "testpmd" and name == host:
        yield NfvError(
            ErrorCode.GENERATOR_IS_GUEST,
            host,
            "is named as its own generator, and what a guest sends to itself proves nothing",
            "Name another VM in dpdk_verify_generator.",
        )
    elif kind == "testpmd":
        yield NfvError(
            ErrorCode.GENERATOR_MISSING,
            host,
            f"testpmd needs a second VM to send from, and the inventory has no host {name!r}",
            "Put a host into the group generators, or name one in dpdk_verify_generator.",
        )
    else:
        yield NfvError(
            ErrorCode.TESTER_MISSING,
            host,
            f"a proof needs a host that sends traffic, and the inventory has no host {name!r}",
            "Put a host into the group testers, or name one in dpdk_verify_tester.",
        )


def _unbound(request: Mapping) -> t.Iterator[NfvError]:
    bound = {device["name"] for device in request["devices"] if device.get("pci_address")}
    missing = [adapter["name"] for adapter in request["derived"]["pmd_adapters"] if adapter["name"] not in bound]
    if missing:
        yield NfvError(
            ErrorCode.ADAPTER_NOT_BOUND,
            request["host"],
            f"no PCI device is known for adapter {', '.join(missing)}",
            "Run role dpdk_bind first.",
        )


def _frames_need_two(host: str, count: int) -> NfvError:
    return NfvError(
        ErrorCode.FRAMES_NEED_TWO_ADAPTERS,
        host,
        f"frames enter by one polled adapter and leave by the other, and the description has {count}",
        "Use traffic gtpu, or describe two polled adapters.",
    )


def _dropped_need_frames(kind: str) -> NfvError:
    return NfvError(
        ErrorCode.TRAFFIC_INVALID,
        "dpdk_verify_dropped",
        f"traffic {kind} has no flows of the user's that must be dropped",
        "Set dpdk_verify_traffic to frames, or leave dpdk_verify_dropped empty.",
    )


Streams = tuple[dict[str, t.Any], dict[str, str]]


def _gtpu(request: Mapping) -> Streams:
    """Subscribers' traffic through the PGW. Raises NfvError(variable_missing)."""
    pgw, tester = request["pgw"], request["tester"]
    verify = _set_aside(request)
    if verify is not None:
        return _verify_streams(pgw, tester, verify)
    sessions = list(request["sessions"]) or [one for one in pgw["sessions"] if one.get("ue_address")][:SESSIONS]
    if not sessions:
        raise _variables_missing(request["host"], ["pgw_sessions with a subscriber's IPv4 address"])
    s5u = request["s5u"] or _gateway_side(pgw["s5u"], "pgw_s5u", tester, "s5u", sessions[0].get("peer_address"))
    sgi = request["sgi"] or _gateway_side(pgw["sgi"], "pgw_sgi", tester, "sgi", pgw["sgi"].get("next_hop"))
    options = {
        name: {key: side[key] for key in ("interface", "address", "gateway")}
        for name, side in (("s5u", s5u), ("sgi", sgi))
    }
    return {"kind": "gtpu", **options, "sessions": sessions}, {"s5u": s5u["adapter"], "sgi": sgi["adapter"]}


def _set_aside(request: Mapping) -> Mapping | None:
    """The session that is set aside for verification, when the tester is to use it."""
    verify = request["pgw"].get("verify_session")
    return verify if verify and request["traffic"] == "gtpu" and not request["sessions"] else None


def _verify_streams(pgw: Mapping, tester: Mapping, verify: Mapping) -> Streams:
    """Traffic of the session that is set aside: the tester has addresses of its own, and a router may be on its way."""
    s5u = _gateway_side(pgw["s5u"], "pgw_s5u", tester, "s5u", verify["peer_address"])
    sgi = _gateway_side(pgw["sgi"], "pgw_sgi", tester, "sgi", verify["server_address"])
    sgi["gateway"] = verify.get("server_gateway") or sgi["gateway"]
    taken = {int(str(one["local_teid"]), 0) for one in (*pgw["sessions"], verify) if one.get("local_teid")}
    session = {
        "name": verify.get("name") or "verification",
        **{key: verify[key] for key in ("ue_address", "local_teid", "peer_teid", "peer_address")},
    }
    options = {
        name: {key: side[key] for key in ("interface", "address", "gateway")}
        for name, side in (("s5u", s5u), ("sgi", sgi))
    }
    unknown = next(teid for teid in range(2**32 - 1, 0, -1) if teid not in taken)
    routers = int(verify.get("server_routers") or 1)
    found = {"kind": "gtpu", **options, "sessions": [session], "sgi_routers": routers, "unknown_teid": unknown}
    return found, {"s5u": s5u["adapter"], "sgi": sgi["adapter"]}


def _gateway_side(end: Mapping, variable: str, tester: Mapping, side: str, address: str | None) -> dict[str, t.Any]:
    interface = tester.get(f"{side}_interface")
    lacking = [f"{variable}.{key}" for key in ("adapter", "address") if not end.get(key)]
    lacking += [] if address else [f"the tester's address for {variable}"]
    lacking += [] if interface else [f"tester_{side}_interface of {tester['name']}"]
    if lacking:
        raise _variables_missing(variable, lacking)
    gateway = str(end["address"]).partition("/")[0]
    return {"adapter": end["adapter"], "interface": interface, "address": address, "gateway": gateway}


def _frames(request: Mapping) -> Streams:
    """Frames from the tester's interfaces. Raises NfvError(variable_missing)."""
    tester, macs = request["tester"], _macs(request)
    sides = {}
    for side, adapter in zip(("first", "second"), request["derived"]["pmd_adapters"]):
        interface = tester["interfaces"].get(adapter["network"])
        sides[side] = request[side] or {"adapter": adapter["name"], "interface": interface}
        if not sides[side]["interface"]:
            raise _variables_missing(tester["name"], [f"tester_interfaces[{adapter['network']}]"])
    options: dict[str, t.Any] = {
        side: {"interface": one["interface"], "guest_mac": macs[one["adapter"]]} for side, one in sides.items()
    }
    if request.get("dropped"):
        options["dropped"] = [dict(flow) for flow in request["dropped"]]
    return {"kind": "frames", **options}, {side: one["adapter"] for side, one in sides.items()}


def _testpmd(request: Mapping) -> Streams:
    """Frames from testpmd on a second VM. Raises NfvError(generator_adapter_missing)."""
    generator, macs = request["generator"], _macs(request)
    polled = request["derived"]["pmd_adapters"]
    available = {one["network"]: one["mac"] for one in generator["adapters"] if one["driver"] == "pmd"}
    lacking = sorted({one["network"] for one in polled} - set(available))
    if lacking:
        raise NfvError(
            ErrorCode.GENERATOR_ADAPTER_MISSING,
            generator["name"],
            f"has no polled adapter in port group {', '.join(lacking)}, where {request['host']} has one; its polled "
            f"adapters are in {', '.join(available) or 'none'}",
            "Give it one (role vm_hardware), or name its adapters in dpdk_verify_generator_adapters.",
        )
    sides = dict(zip(("first", "second"), polled))
    options = {side: {"mac": available[one["network"]], "guest_mac": macs[one["name"]]} for side, one in sides.items()}
    return options, {side: one["name"] for side, one in sides.items()}


_STREAMS: t.Final = {"gtpu": _gtpu, "frames": _frames, "testpmd": _testpmd}


def _macs(request: Mapping) -> dict[str, str]:
    """MAC address of each adapter: as vSphere assigned it, else as the guest shows it."""
    return {one["name"]: one["mac"] for one in (*request["devices"], *request["adapters"])}


def _variables_missing(subject: str, names: t.Sequence[str]) -> NfvError:
    return NfvError(ErrorCode.VARIABLE_MISSING, subject, f"{', '.join(names)} must be set in the inventory")
