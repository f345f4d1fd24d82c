# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch's database and process are read as they are."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.observe import RECORD, observe
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.plan import plan, require_dpdk
from tests.unit.ovs.conftest import RECORDED
from tests.unit.ovs.recorded_switch import DESIRED, answering


def test_recorded_guest_is_read_as_described(guest: Guest) -> None:
    seen = observe(guest)
    assert seen.configuration == DESIRED
    assert (seen.initialized, seen.dpdk_version, seen.process) == (True, "DPDK 22.11.11", "1741:250739")
    assert plan(seen, DESIRED, restart=True).steps == ()


def test_database_that_does_not_answer_is_an_error(guest: Guest) -> None:
    guest.run = answering(1, "", "ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed")
    with pytest.raises(NfvError, match="ovs_not_running"):
        observe(guest)


def test_guest_without_the_package_is_foretold_and_not_changed(guest: Guest) -> None:
    """Check mode on a new guest: an earlier task would have installed the package."""
    guest.run = answering(127, "", "No such file or directory: 'ovs-vsctl'")
    seen = observe(guest)
    assert not seen.installed
    foretold = plan(seen, DESIRED, restart=True)
    assert foretold.changed and "not installed" in foretold.warnings[0]
    with pytest.raises(NfvError, match="ovs_missing"):
        require_dpdk(seen)


def test_guest_without_the_package_has_nothing_to_remove_but_the_record(guest: Guest) -> None:
    guest.run = answering(127, "", "No such file or directory: 'ovs-vsctl'")
    guest.path("/etc/alternatives/ovs-vswitchd").unlink()
    guest.remove_file("/run/openvswitch/ovs-vswitchd.pid")
    planned = plan(observe(guest), None, restart=True)
    assert [type(step).__name__ for step in planned.steps] == ["RemoveFile"]
    guest.remove_file("/etc/nfv-vsphere-dpdk/ovs_dpdk.json")
    assert not plan(observe(guest), None, restart=True).changed


WHOLE = (RECORDED / "ovs_tables.jsonl").read_text()


@pytest.mark.parametrize(
    "output",
    [
        "",
        WHOLE[: len(WHOLE) // 2],
        "\n".join(WHOLE.splitlines()[:2]),
        "null\n" * 4,
        "[" * 100000,
        '{"headings": ["name"], "data": [[["set"]]]}\n' * 4,
        '{"headings": [], "data": []}\n' * 3 + '{"headings": ["name"], "data": [["x"]]}\n',
        WHOLE.replace('"_uuid"', '"id"'),
    ],
    ids=["nothing", "cut", "two tables", "null", "deep", "odd value", "no columns", "no uuid"],
)
def test_tables_that_cannot_be_read_are_an_error_with_a_remedy(guest: Guest, output: str) -> None:
    guest.run = answering(0, output, "")
    with pytest.raises(NfvError) as told:
        observe(guest)
    assert told.value.error_code == "output_unreadable"
    assert told.value.subject == "ovs-vsctl list"
    assert str(len(output)) in told.value.attempted
    assert "by hand" in told.value.remedy
    assert len(str(told.value)) < 600


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"other_config": 1}', "[" * 100000])
def test_a_damaged_record_is_named(guest: Guest, text: str) -> None:
    guest.replace_file(RECORD, text)
    with pytest.raises(NfvError, match=f"ovs_record_invalid.*{RECORD}"):
        observe(guest)


def test_a_process_that_ends_meanwhile_does_not_run(guest: Guest) -> None:
    guest.replace_file("/proc/1741/stat", "1741 (ovs-vswitchd) S 1 2")
    assert observe(guest).process == ""
