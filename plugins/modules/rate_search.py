# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rate_search
short_description: Search the rates that a guest forwards, and measure latency and bursts
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Searches on the controller, by MLRsearch (draft-ietf-bmwg-mlrsearch), for the highest rate that a guest forwards
    without loss (NDR) and with at most 0.5 % loss (PDR), each with a lower and an upper bound. The tester that
    M(nfv.vsphere_dpdk.tester_load) has started on the host of the task runs the trials; no module is started for one.
  - Then it measures latency at the lowest rate and at 10, 50 and 90 % of the PDR's lower bound, and searches the
    longest burst of frames, back to back, without loss (RFC 9004).
  - A trial in which the tester sent less than 99.5 % of its packets, or dropped packets that had come through, says
    nothing of the guest. It is repeated twice, and then the rate counts as beyond the tester.
  - With C(-v), a line tells each trial when it is over, and O(progress_file) takes the same lines.
  - In check mode the task is skipped.
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.traffic
attributes:
  action:
    description: Runs on the controller.
    support: full
  check_mode:
    details:
      - A run sends traffic; in check mode the task is skipped and has no result.
options:
  socket:
    description: Path of the tester's socket, RV(nfv.vsphere_dpdk.tester_load#module:tester.socket).
    type: str
    default: /run/nfv-vsphere-dpdk-load/socket
  python:
    description: The interpreter on the tester that asks it, RV(nfv.vsphere_dpdk.tester_load#module:tester.python).
    type: str
    default: python3
  variant:
    description: Name of what forwards, for the result.
    type: str
    required: true
  turn:
    description: Which of the variant's turns this is, for the result.
    type: int
    default: 1
  minimum_pps:
    description: The lowest rate, in packets a second of both directions together.
    type: float
    default: 100
  maximum_pps:
    description:
      - The highest rate, in packets a second. The search begins there, or at what the tester reaches if that is less.
    type: float
    default: 1000000
  trial_seconds:
    description: Seconds of a trial that counts, 0.05 to 300; the first ones take half as long.
    type: float
    default: 1
  trials:
    description: Trials of full length that make a rate a bound; half of them may be bad.
    type: int
    default: 5
  width:
    description: How close the two bounds must be, as a share of the upper one, 0.001 to 0.5.
    type: float
    default: 0.01
  timeout:
    description: Seconds after which the search fails (C(rate_search_unfinished)).
    type: float
    default: 1200
  drain:
    description: Seconds to wait for late packets after each trial.
    type: float
    default: 0.5
  latency_seconds:
    description: Seconds of a trial that measures latency; V(0) measures none.
    type: float
    default: 5
  burst_frames:
    description: The longest burst that is tried, in frames of each direction; V(0) tries none.
    type: int
    default: 65536
  burst_searches:
    description: How often the longest burst is searched, 1 to 100; the result is the mean.
    type: int
    default: 3
  progress_file:
    description:
      - A file on the controller that takes a line for each trial when it is over, with the time, the variant, the rate
        and what was lost. C(tail -f) of it shows how far the search is; how many trials it takes is not known before.
      - The file is emptied first, and only its owner can read it when it is new. A symbolic link, and a file of
        somebody else, fail the task with C(progress_file_unusable) before it asks the tester.
    type: path
requirements:
  - MLRsearch >= 1.2.1
notes:
  - MLRsearch must be there on the controller, for the Python that runs Ansible; else the task fails
    (C(library_missing)) before it sends anything.
  - Give one task at a time to a tester, by C(throttle).
"""

EXAMPLES = r"""
- name: Start a tester
  nfv.vsphere_dpdk.tester_load:
    first: {interface: eth1, guest_mac: "00:50:56:00:00:02"}
    second: {interface: eth2, guest_mac: "00:50:56:00:00:03"}
  delegate_to: tester-1
  register: load

- name: Search what the guest forwards by its poll-mode driver
  nfv.vsphere_dpdk.rate_search:
    socket: "{{ load.tester.socket }}"
    python: "{{ load.tester.python }}"
    variant: poll
  delegate_to: tester-1
  register: poll
"""

RETURN = r"""
measurement:
  description: One measurement. Packets and rates are of both directions together.
  returned: success
  type: dict
  contains:
    variant:
      description: O(variant).
      type: str
      sample: poll
    turn:
      description: O(turn).
      type: int
      sample: 1
    frame:
      description: What the tester sends, RV(nfv.vsphere_dpdk.tester_load#module:tester.frame).
      type: str
      sample: '64'
    sizes:
      description: The real sizes, RV(nfv.vsphere_dpdk.tester_load#module:tester.sizes).
      type: list
      elements: dict
      sample: [{bytes: 64, share: 1.0}]
    generator:
      description: Name of what sent.
      type: str
      sample: resident tester
    rates:
      description:
        - For each C(goal), V(ndr) and V(pdr), the highest rate that meets it (C(lower_pps); null if not even the lowest
          one does), the lowest that does not (C(upper_pps); null if all that could be tried do), what comes through at
          the lower bound (C(throughput_pps)), and C(limited_by).
        - C(limited_by) is V(guest), or V(tester) where the guest may forward more than the tester could try.
      type: list
      elements: dict
      sample: [{goal: ndr, lower_pps: 38000.0, upper_pps: 38190.0, throughput_pps: 38000.0, limited_by: guest}]
    trials:
      description: All trials in order but those of bursts, with C(start) (seconds of the tester's CLOCK_REALTIME),
        C(seconds), C(intended), C(sent) and C(received) packets, and whether each says something (C(valid)).
      type: list
      elements: dict
      sample: [{start: 1790000000.0, seconds: 1.0, intended: 38000, sent: 38000, received: 38000, valid: true}]
    invalid_trials:
      description: How many of the search say nothing.
      type: int
      sample: 0
    latencies:
      description:
        - For each C(load), V(lowest), V(10), V(50) and V(90), the rate (C(pps)), the C(packets) that were timed, and
          microseconds from sending to the tester's capture, as C(minimum_us), C(p50_us), C(p90_us), C(p99_us),
          C(p999_us) and C(maximum_us). C(histogram) is an HdrHistogram of nanoseconds, V2, compressed, in base64.
        - A load at which nothing came through, or that the tester did not keep up with, has no row.
      type: list
      elements: dict
      sample: [{load: '50', pps: 19000.0, packets: 2000, minimum_us: 41.0, p50_us: 120.2, maximum_us: 980.0}]
    bursts:
      description:
        - The longest burst without loss in C(frames) of each direction, the mean of the searches; their C(shortest) and
          C(longest); how fast the tester sent (C(pps)); and C(limited_by), as in RV(measurement.rates).
        - Null with O(burst_frames=0).
      type: dict
      sample: {frames: 512, shortest: 480, longest: 540, pps: 250000.0, limited_by: guest}
    samples:
      description: Empty; room for the samples that were taken in the guest meanwhile.
      type: list
      elements: dict
      sample: []
"""
