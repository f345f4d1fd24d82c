# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that differ in what is one for a run are told apart by variable, value and name."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.differing_variables import FilterModule, differing_variables

SHARED = {"vsphere_datacenter": None, "vsphere_port": 443, "vsphere_validate_certs": True, "drift_sides": ["a", "b"]}


@pytest.mark.parametrize(
    "second",
    [
        {},
        {"vsphere_datacenter": ""},
        {"vsphere_port": 443},
        {"vsphere_port": "443"},
        {"vsphere_validate_certs": "yes"},
        {"drift_sides": ["a", "b"]},
        {"vsphere_folder": "elsewhere"},
    ],
)
def test_alike_is_what_the_collection_takes_for_one_value(second: dict[str, t.Any]) -> None:
    assert differing_variables(["a", "b"], {"a": {}, "b": second}, SHARED) == ""


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ({"vsphere_datacenter": "dc-2"}, "vsphere_datacenter is not set for a, and dc-2 for b"),
        ({"vsphere_port": 8443}, "vsphere_port is 443 for a, and 8443 for b"),
        ({"vsphere_validate_certs": "no"}, "vsphere_validate_certs is True for a, and False for b"),
        ({"drift_sides": ["a"]}, "drift_sides is ['a', 'b'] for a, and ['a'] for b"),
    ],
)
def test_variable_values_and_hosts_are_named(second: dict[str, t.Any], told: str) -> None:
    said = differing_variables(["a", "b"], {"a": {}, "b": second}, SHARED)
    assert said.startswith(f"[variables_differ] {next(iter(second))}: ")
    assert told in said and "--limit" in said and "group_vars/all" in said


def test_all_that_differ_are_named_at_once_and_of_many_hosts_the_first() -> None:
    many = {f"vm-{number}": {"vsphere_port": 444} for number in range(100)}
    hostvars = {"first": {"vsphere_datacenter": "dc-1", "vsphere_port": 443}, **many}
    said = differing_variables(hostvars, hostvars, SHARED)
    assert said.startswith("[variables_differ] vsphere_datacenter, vsphere_port: ")
    assert "vm-0, vm-1, vm-10, vm-11" in said and "and 80 more" in said and "vm-9" not in said


def test_a_secret_is_never_asked_for() -> None:
    """The value of a variable that is not among those compared is not even looked at."""

    class Variables(dict[str, t.Any]):
        def get(self, name: str, default: t.Any = None) -> t.Any:
            assert name in SHARED, name
            return super().get(name, default)

    hostvars = {name: Variables(vsphere_password=name) for name in ("a", "b")}
    assert differing_variables(["a", "b"], hostvars, SHARED) == ""


def test_other_input_is_refused() -> None:
    with pytest.raises(AnsibleFilterError):
        FilterModule().filters()["differing_variables"]("a", {}, {})
