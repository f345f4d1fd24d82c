# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed gateway compared with the kernel's GTP-U, briefly: everything is measured, and the gateway runs again.

How much more poll mode forwards is no matter here: bounds this wide, measured once, do not tell.
"""

from __future__ import annotations

import json

from tests.lab.conftest import SHORT_PROOF, Deployment
from tests.support.playbook import run_playbook

SHORT = {
    "comparison_interrupt_service": "when_needed",
    "comparison_frames": ["64"],
    "comparison_turns": 1,
    "comparison_search": {
        "trial_seconds": 0.5,
        "trials": 1,
        "width": 0.2,
        "timeout": 90,
        "latency_seconds": 1,
        "burst_frames": 0,
    },
}
VARIANTS = {"poll", "kernel_gtp"}


def test_the_gateway_is_compared_with_the_kernel_and_proved_again(deployment: Deployment) -> None:
    run = run_playbook(
        "nfv.vsphere_dpdk.compare_poll_and_interrupt",
        deployment.inventories,
        variables={"nfv_report_dir": str(deployment.reports), **SHORT_PROOF, **SHORT},
    )
    assert run.succeeded, run.output
    report = json.loads((deployment.reports / "comparison.json").read_text())
    assert (report["error"], report["turns"]) == (None, dict.fromkeys(VARIANTS, 1))
    assert {rate["variant"] for rate in report["rates"] if rate["lower_pps"]} == VARIANTS
    assert {one["variant"] for one in report["latencies"] if one["load"] == "50"} == VARIANTS
    # At the lowest rate, because a short search leaves hardly any time between trials to tell what idling takes.
    busy = {one["variant"]: one["loads"][0]["busy_cpus"] for one in report["cpu"]}
    assert busy["poll"] > 0.9, busy
    assert busy["poll"] > busy["kernel_gtp"], busy
    assert report["environment"]["emulated"] in (True, False)
    assert json.loads((deployment.reports / "deploy.json").read_text())["proved"] is True
    assert deployment.drift()["outcome"] == "none"
