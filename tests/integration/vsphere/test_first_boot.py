# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM's guest is told its first boot in the lab's vCenter, and its host keys become lines of a known_hosts file."""

from __future__ import annotations

import base64
import gzip
import json
import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_first_boot import tell
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_known_hosts import learn
from lab.control import Control
from lab.testing.descriptions import description

from .test_adapters import adapters

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection

DATAPLANE = description()
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
GUEST = {
    "addresses": ["192.0.2.10/24"],
    "gateways": ["192.0.2.1"],
    "user": {"name": "op", "ssh_authorized_keys": [KEY]},
}
HOST_KEYS = "guestinfo.nfv.hostkeys"


def written(machine: t.Any) -> dict[str, str]:
    return {option.key: option.value for option in machine.config.extraConfig if option.key.startswith("guestinfo.")}


def document(machine: t.Any, name: str) -> t.Any:
    text = gzip.decompress(base64.b64decode(written(machine)[f"guestinfo.{name}"])).decode()
    return json.loads(text.removeprefix("#cloud-config\n"))


def say(machine: t.Any, key: str, value: str) -> None:
    options = [vim.option.OptionValue(key=key, value=value)]
    WaitForTask(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(extraConfig=options)))


def params(*machines: t.Any, guest: t.Any = GUEST, **more: t.Any) -> dict[str, t.Any]:
    vms = [{"name": machine.name, "dataplane": DATAPLANE, "guest": guest} for machine in machines]
    return {"vms": vms, "datacenter": None, **more}


@pytest.fixture
def vm(make_vm: t.Callable[..., t.Any]) -> t.Any:
    return make_vm()


def test_a_guest_is_told_once_and_check_mode_says_the_same(connection: Connection, vm: t.Any) -> None:
    predicted = tell(params(vm), connection, check_mode=True)
    assert written(vm) == {}
    done = tell(params(vm), connection, check_mode=False)
    assert predicted == done
    assert done["changed"]
    metadata = document(vm, "metadata")
    assert metadata["instance-id"] == vm.config.uuid
    assert metadata["local-hostname"] == vm.name
    assert metadata["network"]["ethernets"]["mgmt0"]["match"] == {"macaddress": adapters(vm)[0].macAddress}
    assert document(vm, "userdata")["users"][0]["name"] == "op"
    assert not tell(params(vm), connection, check_mode=False)["changed"]


def test_a_running_guest_is_not_told_anew(connection: Connection, vm: t.Any) -> None:
    tell(params(vm), connection, check_mode=False)
    before = written(vm)
    WaitForTask(vm.PowerOnVM_Task())
    assert not tell(params(vm), connection, check_mode=False)["changed"]
    for check_mode in (True, False):
        with pytest.raises(NfvError, match=r"first_boot_over.*metadata\.network"):
            tell(params(vm, guest={**GUEST, "addresses": ["192.0.2.11/24"]}), connection, check_mode)
    assert written(vm) == before


@pytest.mark.parametrize(
    ("guest", "code"), [({"addresses": ["192.0.2.10"]}, "address_invalid"), ({"colour": 1}, "key_unknown")]
)
def test_a_wrong_description_makes_no_connection(
    vcenter: t.Any, connection: Connection, vm: t.Any, guest: t.Any, code: str
) -> None:
    asked = params(vm, guest=guest)
    before = Control(vcenter.control_socket).calls()
    with pytest.raises(NfvError, match=code):
        tell(asked, connection, check_mode=False)
    assert Control(vcenter.control_socket).calls() == before


def test_two_guests_with_one_address_are_refused(connection: Connection, make_vm: t.Callable[..., t.Any]) -> None:
    one, other = make_vm(), make_vm()
    with pytest.raises(NfvError, match=r"address_repeated.*192\.0\.2\.10 is .*'s, too"):
        tell(params(one, other), connection, check_mode=False)
    assert written(one) == {}


def test_somebody_elses_change_is_not_overwritten(vcenter: t.Any, connection: Connection, vm: t.Any) -> None:
    Control(vcenter.control_socket).inject({"method": "ReconfigVM_Task", "action": "change_vm", "vm": vm.name})
    with pytest.raises(NfvError, match="object_changed"):
        tell(params(vm), connection, check_mode=False)
    assert "guestinfo.metadata" not in written(vm)
    assert tell(params(vm), connection, check_mode=False)["changed"]


def test_host_keys_are_learned_and_written_once(connection: Connection, vm: t.Any, tmp_path: Path) -> None:
    path = tmp_path / "new" / "known_hosts"
    asked = params(vm, path=str(path), timeout=1)
    assert not learn(asked, connection, check_mode=True)["changed"]
    with pytest.raises(NfvError, match="host_keys_missing"):
        learn(asked, connection, check_mode=False)
    say(vm, HOST_KEYS, f"{vm.config.uuid} {KEY},")
    assert learn(asked, connection, check_mode=True)["changed"]
    assert not path.exists()
    assert learn(asked, connection, check_mode=False)["changed"]
    assert path.read_text() == f"{vm.name},192.0.2.10 {KEY}\n"
    assert not learn(asked, connection, check_mode=False)["changed"]


def test_another_vms_keys_and_other_lines_are_not_believed(connection: Connection, vm: t.Any, tmp_path: Path) -> None:
    asked = params(vm, path=str(tmp_path / "known_hosts"), timeout=1)
    say(vm, HOST_KEYS, f"42000000-0000-0000-0000-0000000000ff {KEY},")
    with pytest.raises(NfvError, match="host_keys_missing"):
        learn(asked, connection, check_mode=False)
    say(vm, HOST_KEYS, f"{vm.config.uuid} @cert-authority * {KEY},")
    with pytest.raises(NfvError, match="host_keys_malformed"):
        learn(asked, connection, check_mode=False)
    assert not (tmp_path / "known_hosts").exists()


def test_a_file_that_cannot_be_written_is_named(connection: Connection, vm: t.Any, tmp_path: Path) -> None:
    say(vm, HOST_KEYS, f"{vm.config.uuid} {KEY},")
    (tmp_path / "file").write_text("")
    with pytest.raises(NfvError, match="known_hosts_unusable"):
        learn(params(vm, path=str(tmp_path / "file" / "known_hosts"), timeout=1), connection, check_mode=False)
