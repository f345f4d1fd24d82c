# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several port groups may share a name: the VM's host decides which one is meant, then the described switch."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_vm, predict
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import HostFacts, Network
from lab.testing.descriptions import adapter

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import AdapterState, VmState

Networks = dict[str, tuple[Network, ...]]
Describe = t.Callable[..., t.Any]

HERE = frozenset({"esx-1"})
THERE = frozenset({"esx-8", "esx-9"})


def segment(switch: str, hosts: frozenset[str] | None = HERE) -> Network:
    """The port group that NSX makes for segment Seg on one distributed switch."""
    return Network("Seg", f"net-{switch}", f"key-{switch}", f"uuid-{switch}", switch=switch, hosts=hosts)


STANDARD_GROUP = Network("Seg", "network-7", "network-7", hosts=HERE)


def with_segment(describe: Describe, **keys: t.Any) -> t.Any:
    return describe(adapters=[adapter("mgmt", network="Mgmt"), adapter("s5u", network="Seg", **keys)])


def added(state: VmState, dataplane: t.Any, networks: Networks) -> Network:
    """The port group of the adapter s5u, which the VM does not have yet."""
    (action,) = [each for each in plan_vm(state, dataplane, networks).adapter_actions if each.name == "s5u"]
    return action.network


@pytest.mark.parametrize(
    ("candidates", "keys", "meant"),
    [
        ((segment("dvs-a"), segment("dvs-b", THERE)), {}, "net-dvs-a"),
        ((segment("dvs-b", THERE), segment("dvs-a")), {}, "net-dvs-a"),
        ((segment("dvs-b", THERE), STANDARD_GROUP), {}, "network-7"),
        ((segment("dvs-a"), segment("dvs-b")), {"switch": "dvs-b"}, "net-dvs-b"),
        ((segment("dvs-a"), STANDARD_GROUP), {"switch": "dvs-a"}, "net-dvs-a"),
        ((segment("dvs-a"), STANDARD_GROUP), {"switch": "vSwitch1"}, "network-7"),
        ((segment("dvs-a", None),), {}, "net-dvs-a"),
    ],
)
def test_the_host_decides_and_then_the_switch(
    fresh: VmState, describe: Describe, networks: Networks, candidates: tuple[Network, ...], keys: t.Any, meant: str
) -> None:
    state = dataclasses.replace(fresh, host_facts=HostFacts(standard_switches={"Seg": "vSwitch1"}))
    assert added(state, with_segment(describe, **keys), {**networks, "Seg": candidates}).moid == meant


@pytest.mark.parametrize(
    ("candidates", "keys", "code", "says"),
    [
        (
            (segment("dvs-b", THERE),),
            {},
            "network_not_on_host",
            "port group Seg of adapter s5u is on dvs-b, of which host esx-1 is no member",
        ),
        (
            (segment("dvs-a"), segment("dvs-b", THERE)),
            {"switch": "dvs-b"},
            "network_not_on_host",
            "is on dvs-b, of which host esx-1 is no member",
        ),
        ((segment("dvs-b", frozenset()),), {}, "network_not_on_host", "of which host esx-1 is no member"),
        (
            (segment("dvs-a"), segment("dvs-b")),
            {},
            "network_not_unique",
            "host esx-1 offers 2 port groups called Seg, the network of adapter s5u: on dvs-a and dvs-b",
        ),
        (
            (segment("dvs-a"), segment("dvs-b")),
            {"switch": "dvs-c"},
            "network_not_found",
            "was not found on switch dvs-c; it is on dvs-a and dvs-b",
        ),
    ],
)
def test_what_the_host_does_not_offer_is_refused(
    fresh: VmState,
    describe: Describe,
    networks: Networks,
    candidates: tuple[Network, ...],
    keys: t.Any,
    code: str,
    says: str,
) -> None:
    with pytest.raises(NfvError) as caught:
        plan_vm(fresh, with_segment(describe, **keys), {**networks, "Seg": candidates})
    assert caught.value.error_code == code
    assert says in str(caught.value)


def test_the_remedy_names_hosts_that_are_members(fresh: VmState, describe: Describe, networks: Networks) -> None:
    with pytest.raises(NfvError, match=r"a host that is a member \(esx-8, esx-9\)"):
        plan_vm(fresh, with_segment(describe), {**networks, "Seg": (segment("dvs-b", THERE),)})


def test_a_vm_without_a_host_needs_the_switch(fresh: VmState, describe: Describe, networks: Networks) -> None:
    nowhere = dataclasses.replace(fresh, host=None, host_mhz=None)
    both = {**networks, "Seg": (segment("dvs-a"), segment("dvs-b", THERE))}
    unreserved = {"cpu": {"exclusivity": "none"}, "memory": {"host_page_size": "4K"}}
    described = [adapter("mgmt", network="Mgmt"), adapter("s5u", network="Seg")]
    with pytest.raises(NfvError) as caught:
        plan_vm(nowhere, describe(**unreserved, adapters=described), both)
    assert caught.value.error_code == "network_not_unique"
    described[1]["switch"] = "dvs-b"
    assert added(nowhere, describe(**unreserved, adapters=described), both).moid == "net-dvs-b"


def test_two_adapters_on_one_segment_are_told_apart_by_their_switches(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: t.Callable[..., AdapterState]
) -> None:
    there = [
        make_adapter(4001 + number, "Seg", type="vmxnet3", network_key=f"key-{switch}", switch=switch)
        for number, switch in enumerate(("dvs-a", "dvs-b"))
    ]
    state = dataclasses.replace(fresh, adapters=(fresh.adapters[0], *there))
    described = describe(
        adapters=[
            adapter("mgmt", network="Mgmt"),
            adapter("s5u", network="Seg", switch="dvs-b"),
            adapter("sgi", network="Seg", switch="dvs-a"),
        ]
    )
    both = {**networks, "Seg": (segment("dvs-a"), segment("dvs-b"))}
    plan = plan_vm(state, described, both)
    assert [action.name for action in plan.adapter_actions] == ["mgmt"]  # the others are where they should be


def test_another_switch_moves_the_adapter_once(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: t.Callable[..., AdapterState]
) -> None:
    there = make_adapter(4001, "Seg", type="vmxnet3", network_key="key-dvs-a", switch="dvs-a")
    state = dataclasses.replace(fresh, adapters=(fresh.adapters[0], there))
    both = {**networks, "Seg": (segment("dvs-a"), segment("dvs-b"))}
    described = with_segment(describe, switch="dvs-b")
    plan = plan_vm(state, described, both)
    (action,) = [each for each in plan.adapter_actions if each.name == "s5u"]
    assert (action.operation, action.network.moid, action.mac) == ("edit", "net-dvs-b", there.mac)
    assert plan_vm(predict(state, plan), described, both).adapter_actions == ()
