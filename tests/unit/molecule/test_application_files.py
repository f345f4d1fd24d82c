# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scenarios' templates make of a description, before any guest is started for them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jinja2
import pytest
import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.filter import dataplane, eal_arguments

SCENARIOS = Path(__file__).parents[3] / "extensions" / "molecule"
FILTERS = {**dataplane.FilterModule().filters(), **eal_arguments.FilterModule().filters()}
S5U, SGI = "0000:00:04.0", "0000:00:05.0"
DEVICES = [
    {"name": "s5u", "pci_address": S5U, "mac": "00:50:56:01:00:02", "driver": "uio_pci_generic"},
    {"name": "sgi", "pci_address": SGI, "mac": "00:50:56:01:00:03", "driver": "uio_pci_generic"},
]


@pytest.fixture(scope="module")
def values() -> t.Any:
    description = yaml.safe_load((SCENARIOS / "shared/vars/two_workers.yml").read_text())["nfv_dataplane"]
    return FILTERS["eal_values"](FILTERS["dataplane_derived"](description), DEVICES, "vnf")


def filled(scenario: str, template: str, values: t.Any) -> str:
    variables = yaml.safe_load((SCENARIOS / scenario / "vars" / f"{scenario.removeprefix('guest_')}.yml").read_text())
    # As Ansible does, and Jinja2 itself does not. What it fills is no HTML.
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True)  # noqa: S701
    environment.filters["to_json"] = json.dumps
    text = (SCENARIOS / scenario / "templates" / template).read_text()
    return environment.from_string(text).render({**variables, "vnf_values": values})


def test_suricata_polls_each_adapter_by_a_thread_of_its_own(values: t.Any) -> None:
    settings = yaml.safe_load(filled("guest_suricata", "suricata.yaml.j2", values))
    eal = settings["dpdk"]["eal-params"]
    assert (eal["lcores"], eal["main-lcore"], eal["m"], eal["allow"]) == ("0", 0, 512, [S5U, SGI])
    assert [(one["interface"], one["copy-iface"], one["copy-mode"]) for one in settings["dpdk"]["interfaces"]] == [
        (S5U, SGI, "ips"),
        (SGI, S5U, "ips"),
    ]
    management, workers = settings["threading"]["cpu-affinity"]
    assert management["management-cpu-set"]["cpu"] == [0]
    assert workers["worker-cpu-set"]["cpu"] == [1, 2]
    assert sum(one["threads"] for one in settings["dpdk"]["interfaces"]) == 2


def test_the_router_has_a_core_for_each_adapter_and_a_route_to_each_network(values: t.Any) -> None:
    lines = filled("guest_graph", "l3fwd.cli.j2", values).splitlines()
    assert lines[0].startswith("graph l3fwd coremask 0x6 ")
    assert lines[-1] == "graph start"
    for address, network, core in ((S5U, "198.18.1", 1), (SGI, "198.18.2", 2)):
        assert f"ethdev {address} rxq 1 txq 2 pool" in lines
        assert f"ipv4_lookup route add ipv4 {network}.0 netmask 255.255.255.0 via {network}.1" in lines
        assert f"ethdev_rx map port {address} queue 0 core {core}" in lines
