# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions become flows, and flows become sessions again."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    RemoveFile,
    RunCommand,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import Observed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.plan import plan, remove
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import Count, Metering, carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import COOKIE, LEARNED, bundle, flows
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    S5U_BRIDGE,
    SGI_BRIDGE,
    UserPlane,
    allocate_meters,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import Meter, Passed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.units import (
    METERS,
    UNIT_FILE,
    batch,
    wanted_files,
    wanted_meters,
)

MAC = "00:50:56:01:00:03"
NAMES = {"198.19.0.1": "ue-1", "198.19.0.2": "ue-2"}
ALLOCATED = {"198.19.0.2 uplink": 16, "198.19.0.2 downlink": 17}
METERING = Metering({16: 2000, 17: 4000}, {2: Passed(2, 0), 16: Passed(7, 3), 17: Passed(3, 1)})


@pytest.fixture
def plane(variables: dict[str, t.Any]) -> UserPlane:
    return UserPlane.of(**variables)


@pytest.fixture
def converged(plane: UserPlane, dump: str) -> Observed:
    return Observed(
        carried=carried(dump, NAMES, METERING),
        differences={S5U_BRIDGE: (), SGI_BRIDGE: ()},
        files=wanted_files(plane, MAC, ALLOCATED),
        active=True,
        enabled=True,
        addresses={
            S5U_BRIDGE: frozenset({"198.18.1.1/24"}),
            SGI_BRIDGE: frozenset({"198.18.2.1/24", "2001:db8:2::1/64"}),
        },
        neighbours={
            S5U_BRIDGE: frozenset({"198.18.1.2"}),
            SGI_BRIDGE: frozenset({"198.18.2.2", "2001:db8:2::2"}),
        },
        up=frozenset({S5U_BRIDGE, SGI_BRIDGE, "pgw-path"}),
        tunnel_neighbours={"198.18.1.2": "26:af:8c:bc:a1:48"},
        missing=(),
        meters=tuple(wanted_meters(plane, ALLOCATED)),
        allocated=ALLOCATED,
    )


def commands(steps: t.Iterable[t.Any]) -> list[str]:
    return [" ".join(step.argv) for step in steps if isinstance(step, RunCommand)]


def test_real_dump_is_read_back_as_the_sessions_it_came_from(plane: UserPlane, dump: str) -> None:
    seen = carried(dump, NAMES, METERING)
    assert seen.sessions == plane.sessions
    assert seen.meters == ALLOCATED
    assert seen.counts["198.19.0.1"] == Count(7, 448, 2, 2968, spoofed=3)
    # One more direction of addresses: IPv6 uplink and IPv4 downlink are one session's, and its meters'.
    assert seen.counts["198.19.0.2"] == Count(7, 546, 3, 234, uplink_over_rate=3, downlink_over_rate=1)
    assert (seen.unknown_teid, seen.spoofed, seen.unknown_destination, seen.too_big) == (3, 3, 2, 2)
    assert seen.next_hop_mac is not None and seen.ipv6_next_hop_mac == seen.next_hop_mac


def test_half_a_session_and_a_foreign_flow_are_seen_as_such(dump: str) -> None:
    lines = [line for line in dump.splitlines() if "nw_dst=198.19.0.2" not in line and "ipv6_dst=" not in line]
    learned = next(line for line in lines if f"cookie={LEARNED:#x}" in line)
    known = carried(dump, NAMES).next_hop_mac
    lines.append(learned.replace(f"cookie={LEARNED:#x}", "cookie=0x0").replace(str(known), "00:00:00:00:00:01"))
    seen = carried("\n".join(lines), {})
    assert seen.sessions[1].local_teid == 4098
    assert (seen.sessions[1].name, seen.sessions[1].peer_teid, seen.sessions[1].peer_address) == (None, None, None)
    assert seen.next_hop_mac == known


def test_downlink_alone_is_one_session_by_its_peer(dump: str) -> None:
    lines = [line for line in dump.splitlines() if "_src=" not in line]
    seen = carried("\n".join(lines), NAMES)
    assert [(session.ue_address, session.ue_ipv6_prefix) for session in seen.sessions] == [
        ("198.19.0.1", None),
        ("198.19.0.2", "2001:db8:1:2::/64"),
    ]
    assert {session.local_teid for session in seen.sessions} == {None}


def test_every_flow_is_ours_and_no_match_occurs_twice(plane: UserPlane) -> None:
    for lines in flows(plane, MAC, ALLOCATED).values():
        assert all(f"cookie={COOKIE:#x}," in line for line in lines)
        assert len({line.partition(",cookie=")[0] for line in lines}) == len(lines)


def test_packet_from_sgi_cannot_enter_the_tunnel(plane: UserPlane) -> None:
    to_local = [line for line in flows(plane, MAC, ALLOCATED)[SGI_BRIDGE] if line.endswith("LOCAL")]
    assert to_local
    assert all(",arp" in line or ",icmp" in line for line in to_local)


def test_given_next_hop_is_not_learned(plane: UserPlane) -> None:
    given = dataclasses.replace(plane, next_hop_mac="00:50:56:00:00:09", ipv6_next_hop_mac="00:50:56:00:00:0a")
    text = "\n".join(flows(given, MAC, ALLOCATED)[SGI_BRIDGE])
    assert "learn(" not in text
    assert "set_field:00:50:56:00:00:09->eth_dst" in text and "set_field:00:50:56:00:00:0a->eth_dst" in text
    assert "learn(" in "\n".join(flows(plane, MAC, ALLOCATED)[SGI_BRIDGE])


def test_meters_keep_their_numbers_and_new_ones_fill_the_gaps(plane: UserPlane) -> None:
    assert allocate_meters(plane, {}) == ALLOCATED
    more = dataclasses.replace(plane.sessions[0], uplink_kbps=1)
    before = {"198.19.0.2 uplink": 18, "198.19.0.2 downlink": 16, "198.19.0.7 uplink": 17}
    after = allocate_meters(dataclasses.replace(plane, sessions=(more, plane.sessions[1])), before)
    assert after == {"198.19.0.2 uplink": 18, "198.19.0.2 downlink": 16, "198.19.0.1 uplink": 17}


def test_another_rate_is_a_change_of_the_meter_alone(plane: UserPlane, converged: Observed) -> None:
    faster = dataclasses.replace(plane.sessions[1], uplink_kbps=9000)
    planned = plan(converged, dataclasses.replace(plane, sessions=(plane.sessions[0], faster)), MAC, check_mode=False)
    assert [step.path for step in planned.steps if isinstance(step, WriteFile)] == [METERS]
    assert [line.split()[-2] for line in commands(planned.steps)] == ["add"]
    assert planned.before["sessions"][0]["uplink_kbps"] == 2000
    assert planned.after["sessions"][0]["uplink_kbps"] == 9000


def test_surplus_meters_go_after_the_flows_that_used_them(plane: UserPlane, converged: Observed) -> None:
    """A switch deletes the flows of a meter that it deletes."""
    seen = dataclasses.replace(
        converged,
        meters=(*converged.meters, Meter(99, 7)),
        differences={S5U_BRIDGE: (), SGI_BRIDGE: DIFFERENCES},
    )
    words = [line.split() for line in commands(plan(seen, plane, MAC, check_mode=False).steps)]
    assert ["bundle" in line for line in words] == [True, False]
    assert "prune" in words[1]


def test_field_names_that_ovs_does_not_read_again_are_mended() -> None:
    (command,) = bundle([f"-priority=1,gtpu_msgtype=255,in_port=4 cookie={COOKIE:#x} actions=drop"])
    assert command == "flow delete_strict priority=1,tun_gtpu_msgtype=255,in_port=4"


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


def test_learned_next_hop_goes_with_what_it_was_learned_by() -> None:
    """Another next hop has another MAC, and packets must not go to the old one until it answers."""
    actions = f"learn(table=2,priority=100,cookie={LEARNED:#x},load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]),LOCAL"
    line = f"priority=300,arp,in_port=1,arp_spa=198.18.2.%d cookie={COOKIE:#x} actions={actions}"
    commands = bundle([f"-{line % 2}", f"+{line % 3}"])
    assert commands[1] == f"flow delete table=2,cookie={LEARNED:#x}/-1"
    assert len(commands) == 3


def test_kernel_asks_again_where_the_switch_forgets_what_it_learned(plane: UserPlane, converged: Observed) -> None:
    """Another VLAN, and the same next hop in it: the kernel knows its MAC and would be silent for long."""
    line = f"-priority=300,arp,arp_spa=198.18.2.2 cookie={COOKIE:#x} actions=learn(table=2,priority=100),LOCAL"
    seen = dataclasses.replace(converged, differences={S5U_BRIDGE: (), SGI_BRIDGE: (line,)})
    told = commands(plan(seen, plane, MAC, check_mode=False).steps)
    assert told.index("ip neighbour delete 198.18.2.2 dev br-sgi") < told.index(" ".join(batch()))


def test_switch_forgets_how_it_treated_the_kernels_arp_requests(plane: UserPlane, converged: Observed) -> None:
    """A next hop's MAC is given now: OVS 3.1 may send the requests out as before, for as long as they keep coming."""
    line = f"+priority=300,arp,in_port=LOCAL,arp_tpa=198.18.1.9,arp_op=1 cookie={COOKIE:#x} actions=IN_PORT"
    seen = dataclasses.replace(converged, differences={S5U_BRIDGE: (line,), SGI_BRIDGE: ()})
    (changed, purged) = commands(plan(seen, plane, MAC, check_mode=False).steps)
    assert " bundle br-s5u " in changed
    assert purged == "ovs-appctl revalidator/purge"
    other = dataclasses.replace(
        converged, differences={S5U_BRIDGE: (line.replace("arp_tpa", "arp_spa"),), SGI_BRIDGE: ()}
    )
    assert len(commands(plan(other, plane, MAC, check_mode=False).steps)) == 1


def test_nothing_to_do_when_all_is_there(plane: UserPlane, converged: Observed) -> None:
    done = plan(converged, plane, MAC, check_mode=False)
    assert done.steps == ()
    assert done.before == done.after


@pytest.mark.parametrize(
    "drift",
    [
        {"active": False},
        {"handler": False},
        {"meters": ()},
        {"routes": frozenset({"192.0.2.1 via 198.18.1.9"})},
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
        files=wanted_files(plane, MAC, ALLOCATED),
        differences={S5U_BRIDGE: (), SGI_BRIDGE: DIFFERENCES[1:2]},
    )
    planned = plan(seen, plane, MAC, check_mode=False)
    assert [line for line in commands(planned.steps) if " bundle " in line] == commands(planned.steps)
    # Only what differs is shown, and how many there are.
    assert planned.before["sessions"] == [] and planned.before["session_count"] == 1
    assert [session["name"] for session in planned.after["sessions"]] == ["ue-2"]
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
        converged,
        files={},
        active=False,
        enabled=False,
        addresses=nothing,
        neighbours=nothing,
        missing=(S5U_BRIDGE,),
        meters=(),
    )
    assert not remove(gone).changed


def test_unit_is_bound_to_the_switch(plane: UserPlane) -> None:
    unit = wanted_files(plane, MAC, ALLOCATED)[UNIT_FILE]
    assert "BindsTo=ovs-vswitchd.service" in unit
    assert "WantedBy=ovs-vswitchd.service" in unit
    assert unit.index("br-sgi.flows") < unit.index("-batch")


def test_a_renamed_session_is_a_change_of_the_record_alone(plane: UserPlane, converged: Observed) -> None:
    renamed = dataclasses.replace(plane.sessions[0], name="gold-1")
    planned = plan(converged, dataclasses.replace(plane, sessions=(renamed, plane.sessions[1])), MAC, check_mode=False)
    assert [type(step) for step in planned.steps] == [WriteFile]
    assert planned.before != planned.after
