# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's journal says of the modules that Ansible executed in it."""

from __future__ import annotations

from lab.guest_modules import executed

SYSLOG = "Nov 28 13:37:33 guest ansible-{name}[{pid}]: {message}"
JOURNAL = "Nov 28 13:37:33 guest python3[{pid}]: ansible-{name} {message}"


def lines(*names: str, form: str = SYSLOG) -> list[str]:
    return [form.format(name=name, pid=number, message="Invoked with x=1") for number, name in enumerate(names, 500)]


def test_only_the_last_run_is_counted_and_from_its_ping() -> None:
    earlier = lines("ansible.legacy.ping", "ansible.legacy.stat", "nfv.vsphere_dpdk.pmd_evidence")
    last = lines("ansible.legacy.ping", "nfv.vsphere_dpdk.guest_tuning", "ansible.legacy.stat", "ansible.legacy.stat")
    assert executed([*earlier, *last]) == [
        "ansible.legacy.ping",
        "nfv.vsphere_dpdk.guest_tuning",
        "ansible.legacy.stat",
        "ansible.legacy.stat",
    ]


def test_every_ping_of_one_wait_counts() -> None:
    assert len(executed(lines("ping", "stat", "ping", "ping", "ping", "stat"))) == 4


def test_both_ways_into_the_journal_are_read() -> None:
    assert executed(lines("ansible.legacy.ping", "ovs_dpdk", form=JOURNAL)) == ["ansible.legacy.ping", "ovs_dpdk"]


def test_what_modules_and_others_say_besides_is_no_execution() -> None:
    other = [
        SYSLOG.format(name="nfv.vsphere_dpdk.dpdk_bind", pid=7, message="[WARNING] Invoked without a record"),
        "Nov 28 13:37:33 guest sudo[8]: nfv : COMMAND=/usr/bin/journalctl --grep 'Invoked with'",
        "pgw-1 | CHANGED | rc=0 >>",
    ]
    assert executed([*other, *lines("ping")]) == ["ping"]
    assert executed(other) == []


def test_a_guest_that_rebooted_meanwhile_has_the_rest_of_the_run() -> None:
    assert executed(lines("stat", "ovs_dpdk")) == ["stat", "ovs_dpdk"]
