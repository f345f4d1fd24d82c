# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's networks: addresses that are nobody's, and nothing in the machine's own namespace."""

from __future__ import annotations

import ipaddress

from lab.plan import (
    BENCHMARK_RANGE,
    GATEWAY_ON_SGI,
    SEGMENTS,
    USER_EQUIPMENT,
    dhcp_command,
    network_commands,
    proxy_command,
    tap_commands,
    tap_name,
)

INTERFACE_NAME_LIMIT = 15
"""Linux: IFNAMSIZ is 16 with the closing zero."""
SEGMENTS_NAMESPACE, TESTER_NAMESPACE = "nfv-0-segments", "nfv-0-tester"


def test_all_addresses_are_of_the_benchmark_range() -> None:
    networks = [segment.network for segment in SEGMENTS] + [USER_EQUIPMENT]
    assert all(network.subnet_of(BENCHMARK_RANGE) for network in networks)


def test_networks_do_not_overlap() -> None:
    networks = [segment.network for segment in SEGMENTS] + [USER_EQUIPMENT]
    pairs = [(one, other) for one in networks for other in networks if one is not other]
    assert not any(one.overlaps(other) for one, other in pairs)


def test_interfaces_have_addresses_of_their_segment() -> None:
    for segment in SEGMENTS:
        for interface in filter(None, (segment.host_address, *segment.tester_addresses)):
            assert interface.network == segment.network
    sgi = next(segment for segment in SEGMENTS if segment.port_group == "PG-SGi")
    assert GATEWAY_ON_SGI in sgi.network
    assert GATEWAY_ON_SGI not in [address.ip for address in sgi.tester_addresses]


def test_every_command_works_inside_a_namespace_of_ours() -> None:
    commands = network_commands(SEGMENTS_NAMESPACE, TESTER_NAMESPACE)
    commands += tap_commands(SEGMENTS_NAMESPACE, "tap0", "PG-Mgmt")
    for command in commands:
        assert command[0] == "ip"
        where = command[2] if command[1] == "-n" else command[3]
        assert where in {SEGMENTS_NAMESPACE, TESTER_NAMESPACE}, command


def test_the_tester_has_no_merged_frames_and_no_icmp_errors() -> None:
    commands = [" ".join(command) for command in network_commands(SEGMENTS_NAMESPACE, TESTER_NAMESPACE)]
    for interface in ("s5u", "sgi"):
        settings = next(command for command in commands if f"ethtool -K {interface} " in command)
        assert TESTER_NAMESPACE in settings
        assert all(f"{feature} off" in settings for feature in ("tx", "gro", "tso", "gso"))
    assert any("net.ipv4.icmp_ratelimit=86400000" in command for command in commands)
    assert f"ip -n {TESTER_NAMESPACE} route add 198.19.0.0/16 via 198.18.2.1" in commands


def test_only_management_has_dhcp_and_leads_nowhere() -> None:
    command = dhcp_command("/run")
    assert "--interface=PG-Mgmt" in command
    assert "--port=0" in command
    assert {"--dhcp-option=3", "--dhcp-option=6"} <= set(command)
    first, last = next(word for word in command if word.startswith("--dhcp-range=")).split("=")[1].split(",")[:2]
    hosts = (ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))
    management = next(segment for segment in SEGMENTS if segment.port_group == "PG-Mgmt")
    assert all(host in management.network for host in hosts)
    assert management.host_address is not None
    assert not hosts[0] <= management.host_address.ip <= hosts[1]


def test_interface_names_fit() -> None:
    names = [tap_name("42000000-0000-0000-0000-000000000001", position) for position in range(10)]
    names += [segment.port_group for segment in SEGMENTS]
    names += [f"tester-{segment.tester_interface}" for segment in SEGMENTS if segment.tester_interface]
    assert all(len(name) <= INTERFACE_NAME_LIMIT for name in names)
    assert len(set(names)) == len(names)


def test_taps_of_two_machines_differ_and_stay() -> None:
    assert tap_name("a", 0) != tap_name("b", 0)
    assert tap_name("a", 0) == tap_name("a", 0)


def test_ssh_goes_through_the_namespace() -> None:
    assert proxy_command("nfv-0-segments") == "ip netns exec nfv-0-segments socat - TCP:%h:%p"
