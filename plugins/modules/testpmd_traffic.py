#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends known frames from testpmd on a second VM through a guest and counts what comes back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: testpmd_traffic
short_description: Send known frames from testpmd on a second VM and count what comes back
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Runs on a VM (the generator) whose two VMXNET3 adapters are bound to a userspace driver and lie in the port groups
    of the two adapters of the guest under test. It starts C(dpdk-testpmd) there, drives it by its prompt and ends it.
  - In each direction it sends bursts, one after the other, from one adapter to the MAC address of the guest's adapter
    in the same port group, and reads both adapters. What the application forwards must arrive at the other one.
  - A frame counts when it arrives there as an IPv4 and UDP packet of the length that was sent, from the MAC address of
    the guest's adapter to that of the generator's. A burst has a known number of frames, and testpmd's counts are
    compared with those of its ports.
  - All frames are alike and testpmd prints no payload, so that payload, order and latency are not observed; the rows
    say so. M(nfv.vsphere_dpdk.traffic_probe) with O(nfv.vsphere_dpdk.traffic_probe#module:kind=frames) observes them.
  - Loss is no failure of the module; the filter P(nfv.vsphere_dpdk.poll_mode_verdict#filter) judges the rows.
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.traffic
options:
  first:
    description: The generator's adapter in the port group of the application's first adapter.
    type: dict
    required: true
    suboptions: &side
      mac:
        description: MAC address of the generator's adapter, as vSphere assigned it.
        type: str
        required: true
      guest_mac:
        description: MAC address of the guest's adapter in the same port group.
        type: str
        required: true
  second:
    description: The generator's adapter in the port group of the application's second adapter.
    type: dict
    required: true
    suboptions: *side
  count:
    description: Frames of each direction, 1 to 1000000.
    type: int
    default: 1000
  burst:
    description:
      - Frames of a burst, 1 to 256. They leave at once, so that the receiving ring must take them; the next burst
        follows when they have come back, or after O(drain).
    type: int
    default: 32
  size:
    description: Bytes of an IPv4 packet, 64 to 1464.
    type: int
    default: 128
  drain:
    description: Seconds to wait for the frames of a burst, above 0 and at most 60.
    type: float
    default: 2
  program:
    description: testpmd's name or path.
    type: str
    default: dpdk-testpmd
  lcores:
    description:
      - CPUs of testpmd's prompt and of its worker, as EAL's C(--lcores) takes them.
      - The first and the last CPU of the generator unless given.
    type: str
  memory_mb:
    description: MiB of hugepages that testpmd takes, 32 at least.
    type: int
    default: 64
  start_timeout:
    description: Seconds until testpmd must have started.
    type: float
    default: 60
notes:
  - Needs root, for hugepages and the adapters' device files.
  - A vSphere switch delivers a frame only to the VM that has its destination MAC address. The application under test
    must therefore send to the generator's addresses; testpmd does with C(--eth-peer=PORT,MAC).
  - Use it in a lab or a maintenance window; it sends to the addresses given here and nowhere else.
"""

EXAMPLES = r"""
- name: Send 1000 frames through the guest in each direction
  nfv.vsphere_dpdk.testpmd_traffic:
    first: {mac: "00:50:56:00:01:02", guest_mac: "00:50:56:00:00:02"}
    second: {mac: "00:50:56:00:01:03", guest_mac: "00:50:56:00:00:03"}
  delegate_to: generator-1
  register: probe
"""

RETURN = r"""
traffic:
  description: One row for each direction, with the keys of M(nfv.vsphere_dpdk.traffic_probe) and some more.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: C(forth), from the first to the second adapter, or C(back).
      type: str
      sample: forth
    direction:
      description: The same as C(name).
      type: str
      sample: forth
    sent:
      description: Frames sent, by testpmd and its port. Fewer than requested when nothing of a burst came back.
      type: int
      sample: 1000
    expected:
      description: Frames that must arrive.
      type: int
      sample: 1000
    received:
      description: Frames that arrived as they must, at most as many as were sent.
      type: int
      sample: 1000
    lost:
      description: Frames that were sent and not received.
      type: int
      sample: 0
    duplicate:
      description: Frames that arrived as they must beyond those sent.
      type: int
      sample: 0
    corrupt:
      description: Frames of the generator or the guest that arrived, but not as they must.
      type: int
      sample: 0
    bad_outer_checksum:
      description: Always 0, there is no tunnel.
      type: int
      sample: 0
    warm_up_sent:
      description: Always 0, no neighbour has to be known.
      type: int
      sample: 0
    warm_up_received:
      description: Always 0.
      type: int
      sample: 0
    pps_asked:
      description: Always null, bursts have no rate.
      type: float
      sample: null
    pps_seen:
      description: Frames per second over the whole direction.
      type: float
      sample: 812.4
    latency_us:
      description: C(p50), C(p99) and C(max), always null.
      type: dict
      sample: {p50: null, p99: null, max: null}
    problems:
      description: The first reasons why something is wrong.
      type: list
      elements: str
      sample: [nothing of a burst came back]
    noise:
      description: Other frames that arrived, such as ARP.
      type: int
      sample: 3
    not_observed:
      description: What could not be observed.
      type: list
      elements: str
      sample: [payload, order, latency]
capture_dropped:
  description: Frames that the generator's own ports lost for lack of buffers; above 0 the generator was too slow.
  returned: success
  type: int
  sample: 0
ports:
  description: testpmd's ports as C(number), C(mac), C(name), C(driver) and C(up).
  returned: success
  type: list
  elements: dict
  sample: [{number: 0, mac: '00:50:56:02:00:02', name: '0000:0b:00.0', driver: net_vmxnet3, up: true}]
error_code:
  description: Why it failed, such as V(adapter_not_bound) or V(generator_not_started).
  returned: failure
  type: str
  sample: generator_not_started
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.testpmd_traffic import run


def main() -> None:
    """Runs the module."""
    text = {"type": "str", "required": True}
    adapter = {"type": "dict", "required": True, "options": {"mac": text, "guest_mac": text}}
    module = AnsibleModule(
        argument_spec={
            "first": adapter,
            "second": adapter,
            "count": {"type": "int", "default": 1000},
            "burst": {"type": "int", "default": 32},
            "size": {"type": "int", "default": 128},
            "drain": {"type": "float", "default": 2},
            "program": {"type": "str", "default": "dpdk-testpmd"},
            "lcores": {"type": "str"},
            "memory_mb": {"type": "int", "default": 64},
            "start_timeout": {"type": "float", "default": 60},
        },
        supports_check_mode=False,
    )
    run(module)


if __name__ == "__main__":
    main()
