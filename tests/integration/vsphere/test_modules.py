# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' results, and one clear line with a code for every failure; the first test has Ansible run them."""

from __future__ import annotations

import typing as t


def test_the_result_of_a_change_and_of_check_mode(
    ansible: t.Any, modules: t.Any, vm: t.Any, description: dict[str, t.Any]
) -> None:
    options = {**modules.options(), "vms": [{"name": vm.name}], "dataplane": description}
    (predicted,) = ansible.tasks(("vm_dataplane", options), arguments=["--check", "--diff"])
    assert predicted["changed"]
    done, again = ansible.tasks(("vm_dataplane", options), ("vm_dataplane", options), arguments=["--diff"])
    assert (done["changed"], done["diff"]) == (True, predicted["diff"])
    assert done["vms"][vm.name]["adapters"][1]["name"] == "s5u"
    assert (again["changed"], again["vms"][vm.name]["changes"]) == (False, [])


def test_a_query_finds_what_it_asks_for(modules: t.Any, vm: t.Any) -> None:
    options = {**modules.options(), "vms": [{"name": vm.name}]}
    found, wrong = modules.run(
        ("vm_dataplane_info", {**options, "query": "vms.*.power_state"}),
        ("vm_dataplane_info", {**options, "query": "vms["}),
    )
    assert found["found"] == ["poweredOff"]
    assert wrong["error_code"] == "query_invalid"


def test_a_failure_is_one_line_that_begins_with_its_code(
    modules: t.Any, description: dict[str, t.Any], web_server: int
) -> None:
    description["cpu"]["polling"] = "9"
    tried: list[tuple[str, str, dict[str, t.Any]]] = [
        ("vcenter_unreachable", "vm_dataplane_info", {"port": 1}),
        ("vcenter_unreachable", "vm_dataplane_info", {"hostname": "vcenter.invalid"}),
        ("endpoint_not_vcenter", "vm_dataplane_info", {"port": web_server}),
        ("authentication_failed", "vm_dataplane_info", {"password": "wrong"}),
        ("certificate_untrusted", "vm_dataplane_info", {"ca_path": "/etc/ssl/certs/ca-certificates.crt"}),
        # The lab's certificate is for localhost and 127.0.0.1, not for another way to write that address.
        ("certificate_untrusted", "vm_dataplane_info", {"hostname": "127.1"}),
        ("ca_unreadable", "vm_dataplane_info", {"ca_path": "/nowhere/ca.pem"}),
        ("datacenter_not_found", "vm_dataplane_info", {"datacenter": "nowhere"}),
        ("template_not_found", "vm_dataplane_info", {"required_templates": ["nobody"]}),
        ("network_not_found", "vm_dataplane_info", {"required_networks": ["PG-Nowhere"]}),
        ("vm_not_found", "vm_dataplane_info", {"vms": [{"name": "nobody"}], "wait_for_address": 1}),
        ("vm_not_found", "vm_dataplane", {"vms": [{"name": "nobody"}], "state": "absent"}),
        # A wrong description is told before the connection, which would fail too.
        ("description_invalid", "vm_dataplane", {"port": 1, "vms": [{"name": "nobody"}], "dataplane": description}),
    ]
    results = modules.run(*((name, {**modules.options(), "vms": [], **changed}) for _code, name, changed in tried))
    for (code, _name, _changed), result in zip(tried, results):
        assert result["failed"]
        assert result["error_code"] == code
        assert result["msg"].startswith(f"[{code}] ")
        assert "\n" not in result["msg"]
        assert modules.connection["password"] not in str(result)
    assert "[polling_beyond_count] dataplane.cpu.polling: " in results[-1]["msg"]
