# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observes and judges as role dpdk_verify does, without its play: with the same guest code, tester and judge.

A play takes ten tasks to do it, each of which starts Python in an emulated guest or on a busy machine.
"""

from __future__ import annotations

import json
import subprocess
import typing as t

import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.dataplane import dataplane_derived
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_verdict
from lab import generated_inventory
from tests.guest import guest_code
from tests.support.playbook import ROOT

if t.TYPE_CHECKING:
    from lab.state import State

DESCRIPTION = ROOT / "lab/inventory/group_vars/guests/dataplane.yml"
# As many and as fast as the short proof of the role's play (conftest).
PACKETS, PACKETS_PER_SECOND, PACKET_BYTES, DRAIN_SECONDS = 200, 200, 128, 1

_SAMPLE = """
import json
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import (
    Application, Tree, parse_devices, take_sample
)
application = Application("dpdk", "testpmd", "vnf-testpmd.service")
print(json.dumps(take_sample(Tree(), application, parse_devices({devices!r}), {timeout})))
"""
_SEND = """
import json, sys
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import FrameInterface
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import PacedLoad
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import run_frames
first, second, load = json.loads(sys.argv[1])
print(json.dumps(run_frames(FrameInterface(**first), FrameInterface(**second), PacedLoad(*load))))
"""


def sample_script(devices: t.Sequence[t.Mapping[str, str]], timeout: float) -> str:
    """The program that takes a sample in a guest, with the code that it needs: the guest has no collection.

    timeout: seconds to wait until the application has started the ports of all devices.
    """
    return guest_code.bring(_SAMPLE.format(devices=list(devices), timeout=timeout))


def send(state: State, macs: t.Mapping[str, str]) -> tuple[list[dict[str, t.Any]], int]:
    """Send frames from the tester in both directions; returns its counts and the frames that its capture dropped.

    macs: of the guest's adapters, by name.
    """
    sides = [{"name": name, "guest_mac": macs[name]} for name in ("s5u", "sgi")]
    given = [*sides, [PACKETS, PACKETS_PER_SECOND, PACKET_BYTES, DRAIN_SECONDS]]
    done = subprocess.run(
        [generated_inventory.tester_python(state), "-c", _SEND, json.dumps(given)],
        env={"PYTHONPATH": str(ROOT / ".cache/source"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    legs, dropped = json.loads(done.stdout)
    return legs, dropped


def judge(
    before: t.Mapping[str, t.Any],
    after: t.Mapping[str, t.Any],
    sent: tuple[t.Sequence[t.Mapping[str, t.Any]], int],
    devices: t.Sequence[t.Mapping[str, str]],
    traffic: str = "frames",
) -> dict[str, t.Any]:
    """The role's verdict for the description in the lab's inventory.

    traffic: ``frames``, or ``passive`` as if nobody knew where the packets came from.
    """
    derived = dataplane_derived(yaml.safe_load(DESCRIPTION.read_text())["nfv_dataplane"])
    expected = {
        "devices": list(devices),
        "sides": {"first": "s5u", "second": "sgi"},
        "traffic": traffic,
        "polling_cpus": derived["polling_cpu_list"],
        "hugepages": derived["hugepages"],
        "executable": "dpdk-testpmd",
    }
    legs, dropped = sent
    errors = [f"the tester itself dropped {dropped} captured frames"] if dropped else []
    return poll_mode_verdict({"before": before, "after": after, "traffic": legs, "errors": errors}, expected)
