# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guest_tuning makes of its options: refusals, remarks, and a guest that keeps differing."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import tuned
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_tuning import decide
from tests.unit.guest.conftest import RECORDED, RecordedGuest

if t.TYPE_CHECKING:
    from pathlib import Path

DATAPLANE = {
    "cpu": {"count": 2, "polling": "1", "exclusivity": "none"},
    "memory": {"size_mb": 4096, "hugepages": [{"size": "2M", "amount_mb": 512}]},
    "adapters": [
        {"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"},
        {"name": "s5u", "network": "PG-S5U", "driver": "pmd"},
    ],
}
OPTIONS = {"dataplane": DATAPLANE, "state": "present", "reboot": "never", "tuned": True}


def guest(tmp_path: Path, name: str) -> RecordedGuest:
    return RecordedGuest(tmp_path, json.loads((RECORDED / f"debian-12-{name}.json").read_text()))


def test_description_is_refused_with_the_path_of_every_wrong_key(tmp_path: Path) -> None:
    wrong = {**DATAPLANE, "cpu": {"count": 2, "polling": "7"}, "memory": {"size_mb": 4096}}
    with pytest.raises(NfvError, match=r"dataplane\.cpu\.polling.*dataplane\.memory\.hugepages") as refused:
        decide(guest(tmp_path, "bound"), {**OPTIONS, "dataplane": wrong})
    assert refused.value.error_code == "description_invalid"


@pytest.mark.parametrize(("reboot", "said"), [("later", True), ("when_needed", False)])
def test_what_waits_for_somebody_elses_reboot_is_said(tmp_path: Path, reboot: str, said: bool) -> None:
    plan = decide(guest(tmp_path, "fresh"), {**OPTIONS, "reboot": reboot})
    assert plan.result["reboot_required"]
    assert any("[reboot_required]" in warning and "isolcpus" in warning for warning in plan.warnings) is said


def test_difference_that_nothing_is_left_to_do_about_is_an_error(tmp_path: Path) -> None:
    machine = guest(tmp_path, "bound")
    assert decide(machine, OPTIONS).result["differences"] == []
    machine.path("/sys/devices/system/cpu/nohz_full").write_text("(null)\n")
    with pytest.raises(NfvError, match="nohz_full") as refused:
        decide(machine, OPTIONS)
    assert refused.value.error_code == "tuning_not_in_effect"
    assert [difference["asked"] for difference in refused.value.details["differences"]] == ["1"]


@pytest.fixture
def with_tuned(tmp_path: Path) -> RecordedGuest:
    """A guest whose tuned applies our profile, and does not run."""
    machine = guest(tmp_path, "bound")
    for path in (tuned.TUNED_ADM, tuned.ENABLED):
        machine.replace_file(path, "")
    machine.replace_file(tuned.ACTIVE, f"{tuned.PROFILE}\n")
    machine.replace_file(tuned.MODE, "manual\n")
    machine.replace_file(tuned.RECORD, '{"profiles": "", "mode": "auto"}\n')
    asked = tuned.ProfileRequest("1", "never")
    directory = tuned.USER_DIRECTORIES[1]
    machine.replace_file(f"{directory}/{tuned.PROFILE}/tuned.conf", tuned.profile_text(asked, None))
    return machine


def test_tuned_that_comes_up_is_waited_for(with_tuned: RecordedGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            with_tuned.replace_file(tuned.PID_FILE, "712\n")
            with_tuned.replace_file("/proc/712/stat", "")

    monkeypatch.setattr(tuned.time, "sleep", sleep)
    assert decide(with_tuned, OPTIONS).steps == ()
    assert len(slept) == 3


@pytest.mark.parametrize("managed", [True, False])
def test_tuned_that_stays_down_is_an_error_unless_it_is_left_alone(
    with_tuned: RecordedGuest, monkeypatch: pytest.MonkeyPatch, managed: bool
) -> None:
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(tuned.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(tuned.time, "monotonic", lambda: next(clock))
    if not managed:
        assert decide(with_tuned, {**OPTIONS, "tuned": False}).result["tuned"] == {}
        return
    with pytest.raises(NfvError, match="enabled and does not run") as refused:
        decide(with_tuned, OPTIONS)
    assert refused.value.error_code == "tuned_not_running"
