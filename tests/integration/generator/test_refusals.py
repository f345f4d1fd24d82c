# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role dpdk_verify refuses when a second VM sends by testpmd. This machine stands for both; nothing is sent."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.integration.generator.conftest import GENERATOR, Verify


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"dpdk_verify_generator": "nobody"}, "[generator_missing] guest-1: "),
        ({"dpdk_verify_generator": "guest-1"}, "[generator_is_guest] guest-1: "),
        (
            {"dpdk_verify_generator_adapters": [{"network": "PG-S5U", "mac": GENERATOR.mac(1), "driver": "pmd"}]},
            "[generator_adapter_missing] generator-1: has no polled adapter in port group PG-SGi,",
        ),
        ({"dpdk_verify_generator_program": "no-such-testpmd"}, "[program_missing] no-such-testpmd: "),
        # A program that is there, so that its adapters are looked for, of which this machine has none.
        ({"dpdk_verify_generator_program": "true"}, f"[adapter_not_found] {GENERATOR.mac(1)}: "),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_proved(
    verify: Verify, tmp_path: Path, variables: dict[str, t.Any], told: str
) -> None:
    run = verify(**variables)
    assert not run.succeeded
    (failure,) = (line for line in run.failures if line.startswith("[poll_mode_not_proved] guest-1: "))
    assert told in failure
    report = json.loads((tmp_path / "deploy.json").read_text())["hosts"]["guest-1"]
    assert (report["proved"], report["traffic"]) == (False, [])
    assert {row["verdict"] for row in report["evidence"] if row["name"].startswith("traffic ")} == {"fail"}


def test_check_mode_starts_nothing_and_says_so(verify: Verify, tmp_path: Path) -> None:
    run = verify("--check", dpdk_verify_generator="nobody")
    assert run.succeeded, run.output
    assert run.changed == 0
    assert not any("testpmd" in entry.task for entry in run.tasks)
    # Whatever an earlier run proved is not what this one says.
    report = json.loads((tmp_path / "deploy.json").read_text())
    assert (report["outcome"], report["proved"]) == ("skipped", False)
    assert "check mode" in report["message"]
    (last,) = [entry.result["msg"] for entry in run.tasks if entry.task.endswith("Say what was proved")]
    assert "guest-1 is skipped: nothing was verified (check mode sends no traffic)" in last
