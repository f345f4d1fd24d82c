#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples a guest's CPUs, interrupts, threads and polling cycles while trials run, in a process that stays."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_sampler
short_description: Sample a guest's CPUs, interrupts, threads and polling cycles while trials run
version_added: 1.0.0
description:
  - Starts one process in the guest that samples it, ten times a second unless told otherwise, and returns the samples
    when it is stopped. No module runs in the guest in between, for each costs seconds of its CPUs.
  - The process ends by itself after O(timeout). Its files are in memory, in C(/run/nfv-guest-sampler).
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
options:
  state:
    description:
      - V(started) makes one sampler run with these options; one with others is replaced, and its samples are removed.
      - V(stopped) ends it and returns its samples, which stay until the next one starts. V(absent) removes everything.
      - Both read no other option.
    type: str
    choices: [started, stopped, absent]
    default: started
  devices:
    description:
      - The adapters whose interrupts are counted, each with C(name), C(pci_address) and C(mac). Other keys are ignored,
        so that the devices of M(nfv.vsphere_dpdk.dpdk_bind) can be given as they are.
    type: list
    elements: dict
    default: []
  unit:
    description:
      - The systemd service whose threads are sampled. Without it no threads are.
      - Where it is that of C(ovs-vswitchd), the cycles of its polling threads are sampled, too.
    type: str
  interval:
    description: Seconds from one sample to the next.
    type: float
    default: 0.1
  timeout:
    description: Seconds after which the process ends by itself.
    type: float
    default: 900
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - A sample of two CPUs, two adapters and twelve threads takes 0.5 ms of CPU time, ten a second 0.5 % of a CPU; Open
    vSwitch's answer takes 0.3 ms more. In an emulated guest both take many times as long.
  - Needs root, and nothing beyond Python's standard library.
seealso:
  - module: nfv.vsphere_dpdk.interrupt_forwarding
"""

EXAMPLES = r"""
- name: Sample the guest
  nfv.vsphere_dpdk.guest_sampler:
    devices: "{{ nfv_devices }}"
    unit: "{{ nfv_application.unit }}"

- name: Take the samples
  nfv.vsphere_dpdk.guest_sampler:
    state: stopped
  register: sampled
"""

RETURN = r"""
running:
  description: Whether a sampler runs; in check mode whether one still does.
  returned: success
  type: bool
  sample: true
clock_ticks:
  description: Clock ticks in a second, which the samples count in.
  returned: success
  type: int
  sample: 100
samples:
  description: The samples in the order of time, with O(state=stopped).
  returned: success
  type: list
  elements: dict
  contains:
    realtime_ns:
      description: The guest's clock (C(CLOCK_REALTIME)) in nanoseconds.
      type: int
      sample: 1790000000000000000
    busy_ticks:
      description: Time that each CPU was busy since the boot, by its number. What the host took away is not in it.
      type: dict
      sample: {"0": 1402, "1": 99}
    interrupts:
      description: Interrupts of each adapter since the boot, on all CPUs, by the adapter's name.
      type: dict
      sample: {"s5u": 120412}
    thread_ticks:
      description: CPU time of each thread of the service, by number and name.
      type: dict
      sample: {"612 rte-worker-2": 99120}
    pmd_cycles:
      description:
        - What each polling thread of Open vSwitch spent its CPU's cycles on, by the CPU, as
          C(dpif-netdev/pmd-stats-show) tells it, on packets (C(busy)) and on looking for some (C(idle)).
        - Empty where the service is no Open vSwitch, polls nothing, or did not answer.
      type: dict
      sample: {"2": {"idle": 812000000, "busy": 1200000}}
error_code:
  description: Why it failed, one of V(device_invalid), V(value_not_allowed), V(sampler_failed), V(guest_locked),
    V(write_failed), V(guest_not_converged).
  returned: failure
  type: str
  sample: sampler_failed
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_sampler import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["started", "stopped", "absent"], "default": "started"},
            "devices": {"type": "list", "elements": "dict", "default": []},
            "unit": {"type": "str"},
            "interval": {"type": "float", "default": 0.1},
            "timeout": {"type": "float", "default": 900},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
