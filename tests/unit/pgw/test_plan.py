# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference between a user plane and its desired state becomes a step, and nothing else does."""

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
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.compare import SwitchDifferences
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.desired import Desired
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import (
    METERS,
    PACKAGE,
    program,
    set_addresses,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import ObservedPlane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.plan import plan, remove, require_prerequisites
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import COOKIE
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    S5U_BRIDGE,
    SGI_BRIDGE,
    UserPlane,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import Meter
from tests.unit.pgw.recorded_plane import ALLOCATED, DIFFERENCES, MAC, NAMES, READING

NO_METERS: dict[str, tuple[Meter, ...]] = {S5U_BRIDGE: (), SGI_BRIDGE: ()}
NOTHING = {S5U_BRIDGE: frozenset[str](), SGI_BRIDGE: frozenset[str]()}


def desired_of(plane: UserPlane, **changes: t.Any) -> Desired:
    return Desired.of(dataclasses.replace(plane, **changes), MAC, ALLOCATED)


def differing(*lines: str, bridge: str = SGI_BRIDGE) -> SwitchDifferences:
    return SwitchDifferences({S5U_BRIDGE: (), SGI_BRIDGE: (), bridge: lines})


SAME = SwitchDifferences()


@pytest.fixture
def desired(plane: UserPlane) -> Desired:
    return desired_of(plane)


@pytest.fixture
def converged(desired: Desired, dump: str) -> ObservedPlane:
    return ObservedPlane(
        carried=carried(dump, NAMES, READING),
        files=desired.files,
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
        sgi_mac=MAC,
        meters=desired.meters,
    )


def commands(steps: t.Iterable[t.Any]) -> list[str]:
    return [" ".join(step.argv) for step in steps if isinstance(step, RunCommand)]


def test_nothing_to_do_when_all_is_there(desired: Desired, converged: ObservedPlane) -> None:
    done = plan(converged, desired, SAME)
    assert done.steps == ()
    assert done.before == done.after
    assert done.result["silent"] == []


@pytest.mark.parametrize(
    "drift",
    [
        {"active": False},
        {"daemon_active": False},
        {"meters": NO_METERS},
        {"routes": frozenset({"192.0.2.1 via 198.18.1.9"})},
        {"enabled": False},
        {"up": frozenset({S5U_BRIDGE})},
        {"files": {}},
        {"neighbours": NOTHING},
        {"addresses": {S5U_BRIDGE: frozenset({"198.18.1.7/24"}), SGI_BRIDGE: frozenset({"198.18.2.1/24"})}},
    ],
)
def test_every_drift_is_found(desired: Desired, converged: ObservedPlane, drift: dict[str, t.Any]) -> None:
    assert plan(dataclasses.replace(converged, **drift), desired, SAME).changed


def test_flows_that_differ_are_drift_and_a_learned_next_hop_is_not(desired: Desired, converged: ObservedPlane) -> None:
    assert plan(converged, desired, differing(*DIFFERENCES)).changed
    assert not plan(converged, desired, differing(*DIFFERENCES[3:])).changed


def test_another_rate_is_a_change_of_the_meter_alone(plane: UserPlane, converged: ObservedPlane) -> None:
    faster = dataclasses.replace(plane.sessions[1], uplink_kbps=9000)
    planned = plan(converged, desired_of(plane, sessions=(plane.sessions[0], faster)), SAME)
    assert [step.path for step in planned.steps if isinstance(step, WriteFile)] == [METERS[SGI_BRIDGE]]
    assert [line.split()[-2] for line in commands(planned.steps)] == ["add"]
    assert planned.before["sessions"][0]["uplink_kbps"] == 2000
    assert planned.after["sessions"][0]["uplink_kbps"] == 9000


def test_surplus_meters_go_after_the_flows_that_used_them(desired: Desired, converged: ObservedPlane) -> None:
    """A switch deletes the flows of a meter that it deletes."""
    meters = {**converged.meters, SGI_BRIDGE: (*converged.meters[SGI_BRIDGE], Meter(99, 7))}
    seen = dataclasses.replace(converged, meters=meters)
    words = [line.split() for line in commands(plan(seen, desired, differing(*DIFFERENCES)).steps)]
    assert ["bundle" in line for line in words] == [True, False]
    assert "prune" in words[1]


def test_kernel_asks_again_where_the_switch_forgets_what_it_learned(desired: Desired, converged: ObservedPlane) -> None:
    """Another VLAN, and the same next hop in it: the kernel knows its MAC address and would stay silent for long."""
    line = f"-priority=300,arp,arp_spa=198.18.2.2 cookie={COOKIE:#x} actions=learn(table=2,priority=100),LOCAL"
    lines = commands(plan(converged, desired, differing(line)).steps)
    assert lines.index("ip neighbour delete 198.18.2.2 dev br-sgi") < lines.index(" ".join(set_addresses()))


def test_switch_forgets_how_it_treated_the_kernels_arp_requests(desired: Desired, converged: ObservedPlane) -> None:
    """A next hop's MAC is given now: OVS 3.1 may send the requests out as before, for as long as they keep coming."""
    line = f"+priority=300,arp,in_port=LOCAL,arp_tpa=198.18.1.9,arp_op=1 cookie={COOKIE:#x} actions=IN_PORT"
    (changed, purged) = commands(plan(converged, desired, differing(line, bridge=S5U_BRIDGE)).steps)
    assert " bundle br-s5u " in changed
    assert purged == "ovs-appctl revalidator/purge"
    other = differing(line.replace("arp_tpa", "arp_spa"), bridge=S5U_BRIDGE)
    assert len(commands(plan(converged, desired, other).steps)) == 1


def test_a_new_session_is_one_bundle_and_the_diff_shows_the_session(
    plane: UserPlane, desired: Desired, converged: ObservedPlane
) -> None:
    first = dataclasses.replace(converged.carried, sessions=plane.sessions[:1])
    planned = plan(dataclasses.replace(converged, carried=first), desired, differing(DIFFERENCES[1]))
    assert [line for line in commands(planned.steps) if " bundle " in line] == commands(planned.steps)
    # Only what differs is shown, and how many there are.
    assert planned.before["sessions"] == [] and planned.before["session_count"] == 1
    assert [session["name"] for session in planned.after["sessions"]] == ["ue-2"]
    assert "imsi" not in str(planned)


def test_a_renamed_session_is_a_change_of_the_record_alone(plane: UserPlane, converged: ObservedPlane) -> None:
    renamed = dataclasses.replace(plane.sessions[0], name="gold-1")
    planned = plan(converged, desired_of(plane, sessions=(renamed, plane.sessions[1])), SAME)
    assert [type(step) for step in planned.steps] == [WriteFile]
    assert planned.before != planned.after


@pytest.mark.parametrize(("name", "restarts"), [("path_messages", True), ("handover", True), ("flow_dump", False)])
def test_daemon_restarts_for_its_own_programs_only(
    desired: Desired, converged: ObservedPlane, name: str, restarts: bool
) -> None:
    seen = dataclasses.replace(converged, files={**converged.files, program(name): "# older"})
    planned = plan(seen, desired, SAME)
    assert commands(planned.steps) == (["systemctl restart nfv-pgw-path.service"] if restarts else [])
    assert [step.path for step in planned.steps if isinstance(step, WriteFile)] == [program(name)]


def test_program_of_an_earlier_version_is_removed(desired: Desired, converged: ObservedPlane) -> None:
    old = f"{PACKAGE}/meters.py"
    seen = dataclasses.replace(converged, files={**converged.files, old: "# older"})
    assert plan(seen, desired, SAME).steps == (RemoveFile(old),)


def test_prerequisites_are_named(converged: ObservedPlane) -> None:
    require_prerequisites(converged, SAME)
    for code, seen, comparison in (
        ("ovs_missing", {"installed": False}, SAME),
        ("bridge_missing", {"missing_bridges": (SGI_BRIDGE,)}, SAME),
        ("textfile_directory_missing", {}, SwitchDifferences(missing_directory="/nowhere")),
        ("textfile_directory_linked", {}, SwitchDifferences(linked_directory=("/link", "/real"))),
    ):
        with pytest.raises(NfvError, match=code):
            require_prerequisites(dataclasses.replace(converged, **seen), comparison)


def test_silent_neighbours_are_named(desired: Desired, converged: ObservedPlane) -> None:
    silent = dataclasses.replace(converged.carried, next_hop_mac=None)
    seen = dataclasses.replace(converged, carried=silent, tunnel_neighbours={})
    assert plan(seen, desired, SAME).result["silent"] == ["198.18.1.2", "198.18.2.2"]


def test_removal_takes_everything_and_then_nothing(converged: ObservedPlane) -> None:
    steps = remove(converged, SAME).steps
    assert {step.path for step in steps if isinstance(step, RemoveFile)} >= set(converged.files)
    assert "systemctl disable --now nfv-pgw.service" in commands(steps)
    assert "ip address flush dev br-sgi" in commands(steps)
    assert [line.split()[-1] for line in commands(steps) if " del-meters " in line] == [S5U_BRIDGE, SGI_BRIDGE]
    gone = dataclasses.replace(
        converged,
        files={},
        active=False,
        enabled=False,
        addresses=NOTHING,
        neighbours=NOTHING,
        missing_bridges=(S5U_BRIDGE,),
        meters=NO_METERS,
    )
    assert not remove(gone, SAME).changed
