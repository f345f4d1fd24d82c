# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparisons of testpmd with the kernel in a guest that the inventory names: what must be refused, and a killed one.

That the figures are right, bench/measurements and tests/integration/traffic show; here searches are short.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.playbook import BINARIES, ROOT, Run, run_playbook

if t.TYPE_CHECKING:
    from tests.guest.conftest import Testbed

PLAYBOOK = "nfv.vsphere_dpdk.compare_poll_and_interrupt"
RECORD = "/var/lib/nfv-vsphere-dpdk/forwarding.json"
SEARCH = {"trial_seconds": 0.5, "trials": 1, "width": 0.2, "timeout": 90, "latency_seconds": 1, "burst_frames": 0}
TESTPMD = {
    "nfv_workload": {"role": "nfv.vsphere_dpdk.vnf"},
    "vnf_name": "testpmd",
    "vnf_program": "/usr/bin/dpdk-testpmd",
    "vnf_arguments": ["--forward-mode=mac", "--auto-start", "--stats-period=60"],
}
COMPARISON = {
    "comparison_interrupt_service": "when_needed",
    "comparison_frames": ["64"],
    "comparison_turns": 1,
    "comparison_search": SEARCH,
    "dpdk_verify_packets": 200,
    "dpdk_verify_pps": 200,
}

ADDRESSES = {"s5u": "192.0.2.1/24", "sgi": "198.51.100.1/24"}
"""Of the adapters by name while the kernel forwards."""
LRO_ON = """
import array, fcntl, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    flags = array.array("I", [0x25, 0])  # ETHTOOL_GFLAGS of linux/ethtool.h
    request = struct.pack("16sP8x", sys.argv[1].encode(), flags.buffer_info()[0])
    fcntl.ioctl(control, 0x8946, request)  # SIOCETHTOOL
    flags[0] = 0x26  # ETHTOOL_SFLAGS
    flags[1] |= 1 << 15  # ETH_FLAG_LRO
    fcntl.ioctl(control, 0x8946, request)
"""
"""A guest has no ethtool."""


@dataclass(frozen=True)
class Comparing:
    """A guest in which testpmd forwards, and an inventory that has no vCenter."""

    testbed: Testbed
    """The lab and the guest."""
    inventory: Path
    """The inventory."""
    reports: Path
    """Where playbooks leave their reports."""

    def compare(self, **variables: t.Any) -> Run:
        """Run the playbook."""
        return run_playbook(PLAYBOOK, [self.inventory], variables=variables)

    def report(self, name: str) -> dict[str, t.Any]:
        """The last run's report."""
        content: dict[str, t.Any] = json.loads((self.reports / f"{name}.json").read_text())
        return content

    def kernel_forwards(self) -> bool:
        """Whether the guest records that its kernel forwards."""
        return self.testbed.shell(f"test -e {RECORD} && echo yes || true").strip() == "yes"


@pytest.fixture
def comparing(forwarding: Testbed, tmp_path: Path) -> Comparing:
    def read(path: Path) -> dict[str, t.Any]:
        content: dict[str, t.Any] = yaml.safe_load(path.read_text())
        return content

    lab, testers = forwarding.state.inventory, ROOT / "examples/one_pgw/inventory/group_vars/testers/tester.yml"
    guest = {
        **read(ROOT / "lab/inventory/group_vars/guests/dataplane.yml"),
        **read(lab / "group_vars/reached_by_ssh/lab.yml"),
        **read(lab / f"host_vars/{forwarding.guest.name}.yml"),
        **TESTPMD,
        **COMPARISON,
        "nfv_report_dir": str(tmp_path),
    }
    tester = {**read(lab / "group_vars/testers/lab.yml"), **read(testers)}
    inventory = tmp_path / "hosts.json"
    hosts = {
        "guests": {"hosts": {forwarding.guest.name: guest}},
        "testers": {"hosts": {"tester-1": tester}},
    }
    inventory.write_text(json.dumps(hosts))
    return Comparing(forwarding, inventory, tmp_path)


def test_a_killed_comparison_is_restored_and_can_be_run_again(comparing: Comparing) -> None:
    """The control: the run that follows compares, so a run that is not killed does."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections")}
    command = [str(BINARIES / "ansible-playbook"), PLAYBOOK, f"--inventory={comparing.inventory}"]
    killed = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        until = time.monotonic() + 900
        while not comparing.kernel_forwards():
            assert killed.poll() is None, "the comparison ended by itself"
            assert time.monotonic() < until, "the kernel does not forward after 15 minutes"
            time.sleep(2)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    assert "[comparison_unfinished]" in comparing.report("comparison")["error"]
    assert comparing.report("deploy")["proved"] is False

    restored = comparing.compare(comparison_state="restore", comparison_interrupt_service="never")
    assert restored.succeeded, restored.output
    assert not comparing.kernel_forwards()
    assert comparing.report("deploy")["proved"] is True

    again = comparing.compare()
    assert again.succeeded, again.output
    report = comparing.report("comparison")
    assert (report["error"], report["turns"]) == (None, {"poll": 1, "interrupt": 1})
    assert {rate["variant"] for rate in report["rates"] if rate["lower_pps"]} == {"poll", "interrupt"}
    assert not comparing.kernel_forwards()


def test_poll_mode_that_is_none_is_not_compared(comparing: Comparing) -> None:
    """testpmd on af_packet: the kernel and its interrupts carry every frame."""
    comparing.testbed.sabotage("af_packet")
    run = comparing.compare()
    assert not run.succeeded
    assert any("[poll_mode_not_proved]" in message for message in run.failures), run.failures
    assert not [entry for entry in run.tasks if "Search the rates" in entry.task], "it was measured"
    assert "[comparison_unfinished]" in comparing.report("comparison")["error"]


def test_lro_left_on_is_seen(comparing: Comparing, tmp_path: Path) -> None:
    """The control is the same guest before somebody turns it on: all the rest of the evidence stays as it was."""
    adapters = [{"name": name, "addresses": [address]} for name, address in ADDRESSES.items()]
    devices = comparing.testbed.devices
    observe = {"nfv.vsphere_dpdk.interrupt_evidence": {"devices": devices, "earlier": "{{ before.sample }}"}}
    tasks: list[dict[str, t.Any]] = [
        {
            "nfv.vsphere_dpdk.interrupt_forwarding": {
                "devices": devices,
                "units": ["vnf-testpmd.service"],
                "interrupt_service": "when_needed",
                "adapters": adapters,
            },
        },
        {"nfv.vsphere_dpdk.interrupt_evidence": {"devices": devices}, "register": "before"},
        {"name": "Judge with LRO off", **observe, "register": "off"},
        {
            "ansible.builtin.command": {"argv": ["python3", "-c", LRO_ON, "{{ item.interface }}"]},
            "loop": "{{ before.sample.devices }}",
        },
        {"name": "Judge with LRO on", **observe},
        {"nfv.vsphere_dpdk.interrupt_forwarding": {"state": "absent"}},
    ]
    play = tmp_path / "lro.yml"
    play.write_text(json.dumps([{"hosts": "guests", "become": True, "gather_facts": False, "tasks": tasks}]))
    run = run_playbook(str(play), [comparing.inventory])
    assert run.succeeded, run.output
    off, on = (
        {(row["name"], row["device"]): row["holds"] for row in run.result_of(f"Judge with LRO {state}")["evidence"]}
        for state in ("off", "on")
    )
    assert {key for key, holds in on.items() if holds != off[key]} == {("lro_off", name) for name in ADDRESSES}
    assert all(off["lro_off", name] and not on["lro_off", name] for name in ADDRESSES)


def test_a_guest_without_a_described_workload_is_compared_by_testpmd(comparing: Comparing) -> None:
    """The service of the snapshot is gone before: what is bound belongs to nobody."""
    comparing.testbed.shell("systemctl disable --now vnf-testpmd.service")
    hosts = json.loads(comparing.inventory.read_text())
    guest = hosts["guests"]["hosts"][comparing.testbed.guest.name]
    for name in TESTPMD:
        del guest[name]
    comparing.inventory.write_text(json.dumps(hosts))
    variants, frames = ["interrupt", "bridge"], ["512", "imix"]
    run = comparing.compare(
        comparison_interrupt_service="never", comparison_variants=variants, comparison_frames=frames
    )
    assert run.succeeded, run.output
    report = comparing.report("comparison")
    assert report["error"] is None
    measured = {(rate["variant"], rate["frame"]) for rate in report["rates"] if rate["lower_pps"]}
    assert measured == set(itertools.product(["poll", *variants], frames))
    assert "comparison-testpmd" not in comparing.testbed.shell("systemctl list-unit-files 'vnf-*'")
    assert not (comparing.reports / "deploy.json").exists()
