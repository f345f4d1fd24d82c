# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that look into guests have ssh verify them by the learned host keys, whatever is configured."""

from __future__ import annotations

import shlex
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask

from lab.testing.descriptions import description
from tests.support.guests import HOST_KEY

from .conftest import REPOSITORY, Ansible

PLAYBOOKS = REPOSITORY / "playbooks"
SHARED_CORES = description(cpu={"exclusivity": "none"})
# ssh never connects here: it writes down how it was called, and ends as it does without a connection.
SSH = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>{calls}\nexit 255\n"
CHECKED = ("StrictHostKeyChecking", "HostKeyAlias", "UserKnownHostsFile", "GlobalKnownHostsFile")


class Site(t.NamedTuple):
    """A VM that runs, and its guest's only login."""

    name: str
    """The VM's name."""
    ansible: Ansible
    """Runs playbooks; its configuration verifies no host key."""
    calls: Path
    """How ssh was called, a line each."""

    def options(self, playbook: str, **variables: t.Any) -> list[dict[str, str]]:
        """Those of ssh's options that are about host keys, as they count (the first of each), of each call of a run."""
        self.calls.write_text("")
        reports = str(self.ansible.directory / "reports")
        given = {"nfv_dataplane": SHARED_CORES, "nfv_report_dir": reports, "vm_hardware_reach_timeout": 1, **variables}
        run = self.ansible.playbook(PLAYBOOKS / f"{playbook}.yml", **given)
        assert run.status != 0, run.output
        calls = self.calls.read_text().splitlines()
        assert calls, run.output
        return [host_key_options(shlex.split(call)) for call in calls]


def host_key_options(arguments: t.Sequence[str]) -> dict[str, str]:
    """What a call of ssh says of host keys. ssh takes the first value of an option (ssh_config(5))."""
    found: dict[str, str] = {}
    for flag, option in zip(arguments, arguments[1:]):
        name, _equals, value = option.partition("=")
        if flag == "-o" and name in CHECKED:
            found.setdefault(name, value)
    return found


@pytest.fixture
def site(ansible: Ansible, engine: t.Any, vcenter: t.Any, vm: t.Any) -> Site:
    engine.converge(vm, dataplane=SHARED_CORES)
    WaitForTask(vm.PowerOn())
    mac = next(each.macAddress for each in vm.config.hardware.device if hasattr(each, "macAddress"))
    nics = [{"mac": mac, "network": "PG-Mgmt", "addresses": ["198.18.0.11/24"]}]
    said = {"guestinfo.nfv.hostkeys": f"{vm.config.uuid} {HOST_KEY},"}
    vcenter.report_guest(vm.config.uuid, ip_address="198.18.0.11", nics=nics, guestinfo=said)
    ssh = ansible.directory / "ssh"
    ssh.write_text(SSH.format(calls=ansible.directory / "calls"))
    ssh.chmod(0o755)
    (ansible.directory / "hosts.ini").write_text(f"[pgw]\n{vm.name} ansible_ssh_executable={ssh}\n")
    (ansible.directory / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = false\nhost_key_checking = false\n")
    return Site(vm.name, ansible, ansible.directory / "calls")


def test_who_looks_trusts_what_was_learned_and_nothing_else(site: Site) -> None:
    """verify learns the keys, as deploy does; drift and readiness read the same file, and write nothing into it."""
    learned = site.ansible.directory / ".known_hosts"
    wanted = dict(zip(CHECKED, ("yes", site.name, str(learned), "/dev/null")))
    found = site.options("verify", nfv_guest={}, dpdk_verify_mode="passive")
    assert found == [wanted] * len(found)
    text = learned.read_text()
    assert text == f"{site.name} {HOST_KEY}\n"
    for playbook in ("drift", "readiness"):
        found = site.options(playbook, nfv_guest={})
        assert found == [wanted] * len(found), playbook
    assert learned.read_text() == text


def test_without_a_first_boot_the_configuration_counts(site: Site) -> None:
    """The negative control: ssh is called without what the other test looks for."""
    found = site.options("drift")
    assert found == [{"StrictHostKeyChecking": "no"}] * len(found)
    assert not (site.ansible.directory / ".known_hosts").exists()
