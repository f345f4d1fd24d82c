# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What testpmd_traffic does: bursts of frames from testpmd on a second VM, and the count of what comes back."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import spelt_alike
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd.run import (
    BurstLoad,
    GeneratorAdapter,
    Program,
    run_generator,
    validate,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest


def run(module: AnsibleModule) -> None:
    """Ends the module with the generator's count, or with what it lacks."""
    report(module, lambda generator: _send(generator, module.params))


def _send(generator: Guest, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    first, second = (generator_adapter(options[name]) for name in ("first", "second"))
    load = BurstLoad(*(options[key] for key in ("count", "burst", "size", "drain")))
    program = Program(*(options[key] for key in ("program", "lcores", "memory_mb", "start_timeout")))
    validate(first, second, load, program)
    return run_generator(generator, first, second, load, program)


def generator_adapter(options: t.Mapping[str, str]) -> GeneratorAdapter:
    """The adapter of one side."""
    return GeneratorAdapter(spelt_alike(options["mac"]), spelt_alike(options["guest_mac"]))
