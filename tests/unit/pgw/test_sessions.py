# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions become flows, and flows become sessions again."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.plan import RemoveFile, RunCommand, WriteFile
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.sessions import (
    COOKIE,
    LEARNED,
    S5U_BRIDGE,
    SGI_BRIDGE,
    UserPlane,
    bundle,
    carried,
    flows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.sessions_state import (
    UNIT_FILE,
    Observed,
    plan,
    remove,
    wanted_files,
)

MAC = "00:50:56:01:00:03"
NAMES = {"198.19.0.1": "ue-1", "198.19.0.2": "ue-2"}


@pytest.fixture
def plane(variables: dict[str, t.Any]) -> UserPlane:
    return UserPlane.of(**variables)


@pytest.fixture
def converged(plane: UserPlane, dump: str) -> Observed:
    return Observed(
        carried=carried(dump, NAMES),
        differences={S5U_BRIDGE: (), SGI_BRIDGE: ()},
        files=wanted_files(plane, MAC),
        active=True,
        enabled=True,
        addresses={S5U_BRIDGE: frozenset({"198.18.1.1/24"}), SGI_BRIDGE: frozenset({"198.18.2.1/24"})},
        neighbours={S5U_BRIDGE: frozenset({"198.18.1.2"}), SGI_BRIDGE: frozenset({"198.18.2.2"})},
        up=frozenset({S5U_BRIDGE, SGI_BRIDGE}),
        tunnel_neighbours={"198.18.1.2": "26:af:8c:bc:a1:48"},
        missing=(),
    )


def commands(steps: t.Iterable[t.Any]) -> list[str]:
    return [" ".join(step.argv) for step in steps if isinstance(step, RunCommand)]


def test_real_dump_is_read_back_as_the_sessions_it_came_from(plane: UserPlane, dump: str) -> None:
    seen = carried(dump, NAMES)
    assert seen.sessions == plane.sessions
    assert seen.uplink_packets["198.19.0.1"] == 210
    assert (seen.uplink_dropped, seen.downlink_dropped) == (20, 20)
    assert seen.next_hop_mac == "d6:76:a3:fd:e0:b2"


def test_half_a_session_and_a_foreign_flow_are_seen_as_such(dump: str) -> None:
    lines = [line for line in dump.splitlines() if "nw_dst=198.19.0.2" not in line]
    lines.append(lines[-1].replace(f"cookie={LEARNED:#x}", "cookie=0x0").replace("d6:76", "00:00"))
    seen = carried("\n".join(lines), {})
    assert seen.sessions[1].local_teid == 4098
    assert (seen.sessions[1].name, seen.sessions[1].peer_teid, seen.sessions[1].peer_address) == (None, None, None)
    assert seen.next_hop_mac == "d6:76:a3:fd:e0:b2"


def test_every_flow_is_ours_and_no_match_occurs_twice(plane: UserPlane) -> None:
    for lines in flows(plane, MAC).values():
        assert all(f"cookie={COOKIE:#x}," in line for line in lines)
        assert len({line.partition(",cookie=")[0] for line in lines}) == len(lines)


def test_packet_from_sgi_cannot_enter_the_tunnel(plane: UserPlane) -> None:
    to_local = [line for line in flows(plane, MAC)[SGI_BRIDGE] if line.endswith("LOCAL")]
    assert to_local
    assert all(",arp" in line or ",icmp," in line for line in to_local)


def test_given_next_hop_is_not_learned(plane: UserPlane) -> None:
    given = dataclasses.replace(plane, next_hop_mac="00:50:56:00:00:09")
    text = "\n".join(flows(given, MAC)[SGI_BRIDGE])
    assert "learn(" not in text
    assert "set_field:00:50:56:00:00:09->eth_dst" in text
    assert "learn(" in "\n".join(flows(plane, MAC)[SGI_BRIDGE])


# What ovs-ofctl diff-flows prints in the guest for a changed TEID, one flow too many, and the learned next hop.
DIFFERENCES = (
    f"-priority=100,ip,in_port=1,nw_dst=198.19.0.1 cookie={COOKIE:#x} actions=set_field:0x2001->tun_id,output:2",
    f"+priority=100,ip,in_port=1,nw_dst=198.19.0.1 cookie={COOKIE:#x} actions=set_field:0x2002->tun_id,output:2",
    f"-table=1 priority=150,arp,in_port=1 cookie={COOKIE:#x} actions=LOCAL",
    f"-table=2 priority=100 cookie={LEARNED:#x} actions=set_field:d6:76:a3:fd:e0:b2->eth_dst",
    "-priority=7 actions=NORMAL",
)


def test_bundle_replaces_deletes_and_leaves_others_alone() -> None:
    assert bundle(DIFFERENCES) == (
        "flow delete_strict table=1,priority=150,arp,in_port=1",
        f"flow add {DIFFERENCES[1][1:]}",
    )


def test_nothing_to_do_when_all_is_there(plane: UserPlane, converged: Observed) -> None:
    done = plan(converged, plane, MAC, check_mode=False)
    assert done.steps == ()
    assert done.before == done.after


@pytest.mark.parametrize(
    "drift",
    [
        {"active": False},
        {"enabled": False},
        {"up": frozenset({S5U_BRIDGE})},
        {"files": {}},
        {"neighbours": {S5U_BRIDGE: frozenset(), SGI_BRIDGE: frozenset()}},
        {"addresses": {S5U_BRIDGE: frozenset({"198.18.1.7/24"}), SGI_BRIDGE: frozenset({"198.18.2.1/24"})}},
        {"differences": {S5U_BRIDGE: (), SGI_BRIDGE: DIFFERENCES}},
    ],
)
def test_every_drift_is_found(plane: UserPlane, converged: Observed, drift: dict[str, t.Any]) -> None:
    assert plan(dataclasses.replace(converged, **drift), plane, MAC, check_mode=False).changed


def test_only_the_learned_flow_differs_is_no_drift(plane: UserPlane, converged: Observed) -> None:
    seen = dataclasses.replace(converged, differences={S5U_BRIDGE: (), SGI_BRIDGE: DIFFERENCES[3:]})
    assert not plan(seen, plane, MAC, check_mode=False).changed


def test_a_new_session_is_one_bundle_and_the_diff_shows_the_session(plane: UserPlane, converged: Observed) -> None:
    first = dataclasses.replace(plane, sessions=plane.sessions[:1])
    seen = dataclasses.replace(
        converged,
        carried=dataclasses.replace(converged.carried, sessions=first.sessions),
        files=wanted_files(first, MAC),
        differences={S5U_BRIDGE: (), SGI_BRIDGE: DIFFERENCES[1:2]},
    )
    planned = plan(seen, plane, MAC, check_mode=False)
    assert [line for line in commands(planned.steps) if " bundle " in line] == commands(planned.steps)
    assert [session["name"] for session in planned.before["sessions"]] == ["ue-1"]
    assert [session["name"] for session in planned.after["sessions"]] == ["ue-1", "ue-2"]
    assert "imsi" not in str(planned)


def test_a_missing_bridge_is_an_error_except_in_check_mode(plane: UserPlane, converged: Observed) -> None:
    seen = dataclasses.replace(converged, missing=(SGI_BRIDGE,), active=False)
    with pytest.raises(NfvError) as error:
        plan(seen, plane, MAC, check_mode=False)
    assert error.value.error_code == "bridge_missing"
    assert plan(seen, plane, MAC, check_mode=True).changed


def test_removal_takes_everything_and_then_nothing(converged: Observed) -> None:
    steps = remove(converged).steps
    assert {step.path for step in steps if isinstance(step, RemoveFile)} >= set(converged.files)
    assert "systemctl disable --now nfv-pgw.service" in commands(steps)
    assert "ip address flush dev br-sgi" in commands(steps)
    nothing = {S5U_BRIDGE: frozenset[str](), SGI_BRIDGE: frozenset[str]()}
    gone = dataclasses.replace(
        converged, files={}, active=False, enabled=False, addresses=nothing, neighbours=nothing, missing=(S5U_BRIDGE,)
    )
    assert not remove(gone).changed


def test_unit_is_bound_to_the_switch(plane: UserPlane) -> None:
    unit = wanted_files(plane, MAC)[UNIT_FILE]
    assert "BindsTo=ovs-vswitchd.service" in unit
    assert "WantedBy=ovs-vswitchd.service" in unit
    assert unit.index("br-sgi.flows") < unit.index("-batch")


def test_a_renamed_session_is_a_change_of_the_record_alone(plane: UserPlane, converged: Observed) -> None:
    renamed = dataclasses.replace(plane.sessions[0], name="gold-1")
    planned = plan(converged, dataclasses.replace(plane, sessions=(renamed, plane.sessions[1])), MAC, check_mode=False)
    assert [type(step) for step in planned.steps] == [WriteFile]
    assert planned.before != planned.after
