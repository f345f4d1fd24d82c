#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DPDK application as a systemd service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_application
short_description: A DPDK application as a systemd service
version_added: 1.0.0
description:
  - Runs a DPDK application as the service C(vnf-NAME.service), now and at every boot. Lcores, hugepage memory and
    devices of its EAL arguments follow from the description of the data plane.
  - Waits until the service's own process has started the ports of all its adapters. An application that does not get
    there fails the module with C(ports_not_started) and its last words.
  - An application that has not read its unit as it is now, because an earlier run was killed in between, is restarted.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
options:
  state:
    description:
      - V(present) installs and starts the service.
      - V(absent) stops and removes it, with its hugepage files and its runtime directory. Only O(name) and
        O(file_prefix) are read.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the application, at most 31 lower-case letters, digits and hyphens.
    type: str
    required: true
  program:
    description: Whole path of the program in the guest.
    type: path
  arguments:
    description: The application's own arguments. They follow C(--) unless O(eal=file).
    type: list
    elements: str
    default: []
  eal:
    description:
      - How the application gets EAL's parameters.
      - V(arguments) derives them from the description and writes them on its command line, before C(--).
      - V(file) writes O(program) and O(arguments) alone. The application reads the parameters from a file of its own,
        such as one of O(files) that P(nfv.vsphere_dpdk.eal_values#filter) fills; it must have O(file_prefix), by which
        the telemetry socket is found.
    type: str
    choices: [arguments, file]
    default: arguments
  files:
    description:
      - Files that the application reads, owned by root. A change of one restarts the application (see O(restart)).
      - A file that is there already and was not written for this application is refused (C(file_foreign)).
      - Files that are no longer in the list are removed, and all of them with O(state=absent), as are the directories
        that were made for them and are empty.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path, outside of C(/dev), C(/proc), C(/run) and C(/sys).
        type: str
        required: true
      content:
        description: All of its text. It may hold secrets; neither result nor difference shows it.
        type: str
        required: true
      mode:
        description: Permission bits, four octal digits in quotes.
        type: str
        default: "0600"
  eal_arguments:
    description: EAL arguments beyond the derived ones, such as V(--log-level=pmd:debug).
    type: list
    elements: str
    default: []
  dataplane:
    description: The description of the data plane.
    type: dict
  devices:
    description: Devices as M(nfv.vsphere_dpdk.dpdk_bind) returns them.
    type: list
    elements: dict
    default: []
  adapters:
    description: Names of the polled adapters that the application gets. All of the description unless given.
    type: list
    elements: str
  memory_mb:
    description: Hugepage memory that the application takes at its start, in MiB. All of the description unless given.
    type: int
  file_prefix:
    description:
      - EAL's C(--file-prefix), which names runtime directory, telemetry socket and hugepage files.
      - O(name) unless given.
    type: str
  restart_policy:
    description: When systemd starts the application again (C(Restart=) in systemd.service(5)).
    type: str
    choices: ["no", on-failure, always]
    default: on-failure
  restart_seconds:
    description: Seconds that systemd waits before it starts the application again.
    type: int
    default: 5
  restart:
    description:
      - Whether a running application may be restarted when its command or a file changes, which interrupts its traffic.
      - With V(never) the module fails with C(restart_required) before any change when a restart is needed.
    type: str
    choices: [never, when_needed]
    default: when_needed
  start_timeout:
    description: Seconds to wait until the application has started the ports of all its adapters.
    type: float
    default: 60
attributes:
  check_mode:
    support: full
    details:
      - Does not require the program, which an earlier task may be the one to install, and does not wait for ports.
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Needs root and nothing beyond Python's standard library.
seealso:
  - module: nfv.vsphere_dpdk.dpdk_bind
  - module: nfv.vsphere_dpdk.pmd_evidence
  - plugin: nfv.vsphere_dpdk.eal_values
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Forward frames with testpmd
  nfv.vsphere_dpdk.dpdk_application:
    name: testpmd
    program: /usr/bin/dpdk-testpmd
    arguments: [--forward-mode=mac, --auto-start, --stats-period=60]
    dataplane: "{{ nfv_dataplane }}"
    devices: "{{ bound.devices }}"

- name: Run an application that reads EAL's parameters from its own file
  nfv.vsphere_dpdk.dpdk_application:
    name: suricata
    program: /usr/bin/suricata
    eal: file
    arguments: [--dpdk, -c, /etc/nfv/suricata.yaml]
    files:
      - path: /etc/nfv/suricata.yaml
        content: "{{ lookup('ansible.builtin.template', 'suricata.yaml.j2') }}"
    dataplane: "{{ nfv_dataplane }}"
    devices: "{{ bound.devices }}"

- name: Take it back
  nfv.vsphere_dpdk.dpdk_application:
    name: testpmd
    state: absent
"""

RETURN = r"""
unit:
  description: The systemd service.
  returned: success
  type: str
  sample: vnf-testpmd.service
command:
  description: The program and its arguments, empty with O(state=absent).
  returned: success
  type: list
  elements: str
  sample: [/usr/bin/dpdk-testpmd, -l, '0,2-3', --main-lcore=0, -a, '0000:0b:00.0']
files:
  description: Paths of the application's files, none with O(state=absent).
  returned: success
  type: list
  elements: str
  sample: [/etc/systemd/system/nfv-testpmd.service]
error_code:
  description: Why it failed, one of V(unit_name_invalid), V(description_invalid), V(adapter_unknown),
    V(adapter_not_bound), V(memory_beyond_hugepages), V(program_missing), V(argument_invalid),
    V(value_not_allowed), V(file_invalid), V(file_foreign), V(restart_required),
    V(device_invalid), V(unit_failed), V(ports_not_started), V(guest_locked), V(write_failed), V(guest_not_converged).
  returned: failure
  type: str
  sample: memory_beyond_hugepages
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_application import run

_FILE = {
    "path": {"type": "str", "required": True},
    "content": {"type": "str", "required": True, "no_log": True},
    "mode": {"type": "str", "default": "0600"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "program": {"type": "path"},
            "arguments": {"type": "list", "elements": "str", "default": []},
            "eal": {"type": "str", "choices": ["arguments", "file"], "default": "arguments"},
            "files": {"type": "list", "elements": "dict", "options": _FILE, "default": []},
            "eal_arguments": {"type": "list", "elements": "str", "default": []},
            "dataplane": {"type": "dict"},
            "devices": {"type": "list", "elements": "dict", "default": []},
            "adapters": {"type": "list", "elements": "str"},
            "memory_mb": {"type": "int"},
            "file_prefix": {"type": "str"},
            "restart_policy": {"type": "str", "choices": ["no", "on-failure", "always"], "default": "on-failure"},
            "restart_seconds": {"type": "int", "default": 5},
            "restart": {"type": "str", "choices": ["never", "when_needed"], "default": "when_needed"},
            "start_timeout": {"type": "float", "default": 60},
        },
        required_if=[("state", "present", ("program", "dataplane"))],
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
