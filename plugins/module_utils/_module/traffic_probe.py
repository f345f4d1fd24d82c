# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What traffic_probe does: paced packets from a tester's two interfaces, and the count of what arrives."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import spelt_alike
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import (
    FrameInterface,
    GatewayInterface,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import (
    PacedLoad,
    validate_frames,
    validate_gtpu,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.dropped import dropped_streams
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import ProbeSession
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import run_frames, run_gtpu

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module with the tester's count."""
    report(module, lambda _tester: _send(module.params))


def _send(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    load = PacedLoad(options["count"], options["pps"], options["size"], options["drain"])
    rows, dropped = _send_frames(options, load) if options["kind"] == "frames" else _send_gtpu(options, load)
    return {"traffic": rows, "capture_dropped": dropped}


def _send_frames(options: t.Mapping[str, t.Any], load: PacedLoad) -> tuple[list[dict[str, t.Any]], int]:
    first, second = (frame_interface(options[side]) for side in ("first", "second"))
    dropped = dropped_streams(options["dropped"])
    validate_frames(first, second, load, dropped)
    return run_frames(first, second, load, dropped)


def frame_interface(options: t.Mapping[str, str]) -> FrameInterface:
    """The tester's interface of one side."""
    return FrameInterface(options["interface"], spelt_alike(options["guest_mac"]))


def _send_gtpu(options: t.Mapping[str, t.Any], load: PacedLoad) -> tuple[list[dict[str, t.Any]], int]:
    sessions = probe_sessions(options)
    s5u, sgi = gateway_interfaces(options)
    more = options["sgi_routers"], options["unknown_teid"]
    validate_gtpu(s5u, sgi, sessions, load, *more)
    return run_gtpu(s5u, sgi, sessions, load, *more)


def probe_sessions(options: t.Mapping[str, t.Any]) -> list[ProbeSession]:
    """The sessions that packets take in turn."""
    keys = [field.name for field in dataclasses.fields(ProbeSession)]
    return [ProbeSession(**{key: session[key] for key in keys}) for session in options["sessions"]]


def gateway_interfaces(options: t.Mapping[str, t.Any]) -> tuple[GatewayInterface, GatewayInterface]:
    """The tester's interfaces on S5-U and SGi."""
    s5u, sgi = (
        GatewayInterface(*(options[side][key] for key in ("interface", "address", "gateway")))
        for side in ("s5u", "sgi")
    )
    return s5u, sgi
