# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as Ansible runs them: results, and one clear line with a code for every failure."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from pathlib import Path


def test_the_result_of_a_change_and_of_check_mode(ansible: t.Any, vm: t.Any, description: dict[str, t.Any]) -> None:
    options = {**ansible.connection_options(), "vms": [{"name": vm.name}], "dataplane": description}
    predicted = ansible.module("vm_dataplane", options, "--check", "--diff")
    assert predicted["changed"]
    done = ansible.module("vm_dataplane", options, "--diff")
    assert (done["changed"], done["diff"]) == (True, predicted["diff"])
    assert done["vms"][vm.name]["adapters"][1]["name"] == "s5u"
    again = ansible.module("vm_dataplane", options)
    assert (again["changed"], again["vms"][vm.name]["changes"]) == (False, [])


def test_a_query_finds_what_it_asks_for(ansible: t.Any, vm: t.Any) -> None:
    options = {**ansible.connection_options(), "vms": [{"name": vm.name}], "query": "vms.*.power_state"}
    assert ansible.module("vm_dataplane_info", options)["found"] == ["poweredOff"]
    assert ansible.module("vm_dataplane_info", {**options, "query": "vms["})["error_code"] == "query_invalid"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"port": 1}, "vcenter_unreachable"),
        ({"hostname": "vcenter.invalid"}, "vcenter_unreachable"),
        ({"password": "wrong"}, "authentication_failed"),
        ({"ca_path": "/etc/ssl/certs/ca-certificates.crt"}, "certificate_untrusted"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_unreadable"),
        ({"datacenter": "nowhere"}, "datacenter_not_found"),
        ({"required_templates": ["nobody"]}, "template_not_found"),
        ({"required_networks": ["PG-Nowhere"]}, "network_not_found"),
        ({"vms": [{"name": "nobody"}], "wait_for_address": 1}, "vm_not_found"),
    ],
)
def test_a_failure_is_one_line_that_begins_with_its_code(ansible: t.Any, changed: dict[str, t.Any], code: str) -> None:
    options = {**ansible.connection_options(), "vms": [], **changed}
    result = ansible.module("vm_dataplane_info", options)
    assert result["failed"]
    assert result["error_code"] == code
    assert result["msg"].startswith(f"[{code}] ")
    assert "\n" not in result["msg"]
    assert ansible.inventory["vsphere_password"] not in str(result)


def test_a_certificate_of_another_name_is_not_trusted(ansible: t.Any) -> None:
    """The lab's certificate is for localhost and 127.0.0.1, not for another way to write that address."""
    result = ansible.module("vm_dataplane_info", {**ansible.connection_options(hostname="127.1"), "vms": []})
    assert result["error_code"] == "certificate_untrusted"


def test_a_server_that_is_no_vcenter(ansible: t.Any, tmp_path: Path, web_server: int) -> None:
    del tmp_path
    options = {**ansible.connection_options(port=web_server), "vms": []}
    assert ansible.module("vm_dataplane_info", options)["error_code"] == "not_vcenter"


def test_a_wrong_description_stops_before_the_connection(ansible: t.Any, description: dict[str, t.Any]) -> None:
    description["cpu"]["polling"] = "9"
    options = {**ansible.connection_options(port=1), "vms": [{"name": "nobody"}], "dataplane": description}
    result = ansible.module("vm_dataplane", options)
    assert result["error_code"] == "description_invalid"
    assert "[polling_beyond_count] dataplane.cpu.polling: " in result["msg"]
