#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes one sample of what a guest shows about its poll-mode drivers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pmd_evidence
short_description: Take a sample of what a guest shows about its poll-mode drivers
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Observes drivers, device files and who holds them, ports, counters, interrupts, polling threads, isolated CPUs and
    hugepages of a running DPDK application, and changes nothing.
  - One sample proves little. Take one before and one after known traffic, and judge both with the filter
    P(nfv.vsphere_dpdk.poll_mode_verdict#filter).
  - What cannot be observed is empty in the sample, with a reason under C(problems); it is no failure of the module.
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: none
    description: Changes nothing that could be shown.
options:
  devices:
    description:
      - The adapters that must be polled, each with C(name) (in the description of the data plane), C(pci_address) (for
        example C(0000:0b:00.0)) and C(mac) (as vSphere assigned it).
      - Other keys are ignored, so that the devices of M(nfv.vsphere_dpdk.dpdk_bind) can be given as they are.
    type: list
    elements: dict
    required: true
  application:
    description:
      - V(ovs) for Open vSwitch with DPDK.
      - V(dpdk) for any other DPDK application that has a telemetry socket, for example testpmd.
    type: str
    choices: [ovs, dpdk]
    default: ovs
  file_prefix:
    description: The application's C(--file-prefix), which names the directory of its telemetry socket.
    type: str
    default: rte
  unit:
    description:
      - The systemd service of the application, for example V(nfv-testpmd.service), with O(application=dpdk).
      - With it the application is the service's process, and a telemetry socket that belongs to another process is seen
        as such. Without it the application is whichever process listens on the telemetry socket.
    type: str
  start_timeout:
    description: Seconds to wait until the application has started the ports of all devices.
    type: float
    default: 30
notes:
  - Needs root, because it reads the descriptors of other users' processes.
  - Statistics are asked only of ports that have started; DPDK 22.11 crashes otherwise.
"""

EXAMPLES = r"""
- name: Sample before the traffic
  nfv.vsphere_dpdk.pmd_evidence:
    devices:
      - {name: s5u, pci_address: "0000:0b:00.0", mac: "00:50:56:01:00:02"}
  register: before
"""

RETURN = r"""
sample:
  description: The observations; counts are absolute, two samples make a rise.
  returned: success
  type: dict
  contains:
    monotonic:
      description: Seconds of the guest's monotonic clock; threads and ports carry their own.
      type: float
      sample: 2833.496
    boot_id:
      description: Changes with every boot.
      type: str
      sample: e278d369-2ed4-4ad8-a66c-de381c5ef036
    kernel:
      description: Release of the running kernel.
      type: str
      sample: 6.1.0-40-amd64
    clock_ticks:
      description: Ticks a second of the processor times.
      type: int
      sample: 100
    application:
      description:
        - C(kind), C(pid), C(executable), C(version) (of DPDK), C(telemetry_pid) and C(eal_parameters) of the
          application.
      type: dict
      sample: {kind: ovs, pid: 1449, executable: ovs-vswitchd-dpdk, version: DPDK 22.11.9, telemetry_pid: 1449}
    devices:
      description:
        - For each device C(driver), C(net) (network interfaces of the kernel), C(node) (the device file), C(numa_node),
          C(holders), C(interrupts) and C(uio_events).
      type: list
      elements: dict
      sample: [{name: s5u, pci_address: '0000:0b:00.0', driver: vfio-pci, net: [], node: /dev/vfio/7, numa_node: 0}]
    ports:
      description: DPDK's ports with C(name), C(mac), C(started) and C(counters).
      type: list
      elements: dict
      sample: [{port: 0, name: '0000:0b:00.0', mac: '00:50:56:01:0a:02', started: true, counters: {ipackets: 1505}}]
    interfaces:
      description: Interfaces of Open vSwitch, null for other applications.
      type: list
      elements: dict
      sample: [{name: s5u, type: dpdk, options: {dpdk-devargs: '0000:0b:00.0'}}]
    cycles:
      description: Packets, idle and busy cycles of each polling thread of Open vSwitch.
      type: list
      elements: dict
      sample: [{cpu: 2, packets: 2009, idle: 875831269390, busy: 1554967843}]
    workers:
      description: The threads that poll, with their CPUs, NUMA nodes, context switches and processor times.
      type: list
      elements: dict
      sample: [{name: 'pmd-c02/id:8', tid: 1460, cpu: 2, allowed_cpus: [2], numa_node: 0, involuntary_switches: 8}]
    other_threads:
      description: Other user threads that last ran on the polling threads' CPUs.
      type: list
      elements: dict
      sample: [{pid: 501, tid: 501, name: cron, cpu: 2}]
    isolated_cpus:
      description: CPUs that the kernel has isolated.
      type: list
      elements: int
      sample: [2, 3]
    nohz_full_cpus:
      description: CPUs that run without the timer tick.
      type: list
      elements: int
      sample: [2, 3]
    hugepages:
      description: C(size_kb), C(total) and C(free) of each pool of the machine.
      type: list
      elements: dict
      sample: [{size_kb: 2048, total: 512, free: 128}]
    node_hugepages:
      description: C(node), C(size_kb), C(total) and C(free) of each pool of a NUMA node.
      type: list
      elements: dict
      sample: [{node: 0, size_kb: 2048, total: 512, free: 128}]
    hugepages_mapped_kb:
      description: KiB of hugepages in the application's memory.
      type: int
      sample: 456704
    problems:
      description: What could not be observed, and why.
      type: dict
      sample: {telemetry: '/var/run/dpdk/rte/dpdk_telemetry.v2: No such file or directory'}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.pmd_evidence import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "devices": {"type": "list", "elements": "dict", "required": True},
            "application": {"type": "str", "choices": ["ovs", "dpdk"], "default": "ovs"},
            "file_prefix": {"type": "str", "default": "rte"},
            "unit": {"type": "str"},
            "start_timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
