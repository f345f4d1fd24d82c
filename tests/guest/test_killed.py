# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After SIGKILL in the middle of a change, the guest is reachable and boots, and the next run finishes the change."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest
import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.dataplane import dataplane_derived
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import boot_files
from tests.guest import killing
from tests.guest.killing import DROP_IN, MENU, Moment
from tests.guest.observation import DESCRIPTION

if t.TYPE_CHECKING:
    from tests.guest.conftest import Testbed

ARGUMENTS = dataplane_derived(yaml.safe_load(DESCRIPTION.read_text())["nfv_dataplane"])["kernel_arguments"]
ISOLATION = "isolcpus=managed_irq,domain,1"
UNIT = "/etc/systemd/system/vnf-testpmd.service"


def drivers(testbed: Testbed) -> list[str]:
    """The drivers of the guest's three adapters; "-" means none."""
    script = (
        "for device in /sys/bus/pci/devices/*; do "
        '[ "$(cat "$device/vendor"):$(cat "$device/device")" = 0x15ad:0x07b0 ] || continue; '
        'if [ -e "$device/driver" ]; then basename "$(readlink "$device/driver")"; else echo -; fi; done'
    )
    return testbed.shell(script).split()


def kept_for_the_next_boot(testbed: Testbed) -> list[str]:
    """The drivers that the unit binds at boot."""
    script = f'[ -e {boot_files.ENABLED} ] || exit 0; sed -n \'s/.*"driver": "\\(.*\\)".*/\\1/p\' {boot_files.ADAPTERS}'
    return testbed.shell(f"({script})").split()


@dataclass(frozen=True)
class Binding:
    """When dpdk_bind is killed, the drivers that it leaves, and what happens next."""

    moment: Moment
    left: tuple[str, str, str]
    by_role: bool = False


KERNEL, POLLED, NONE = "vmxnet3", "uio_pci_generic", "-"
BINDINGS = {
    "override written": Binding(Moment("open", "/driver/unbind"), (KERNEL, KERNEL, KERNEL)),
    "without a driver": Binding(Moment("open", "/sys/bus/pci/drivers_probe"), (KERNEL, NONE, KERNEL), by_role=True),
    "one of two": Binding(Moment("open", "/driver/unbind", 2), (KERNEL, POLLED, KERNEL)),
    "not kept": Binding(Moment("os.rename", boot_files.ADAPTERS), (KERNEL, POLLED, POLLED)),
}


@pytest.mark.parametrize("name", BINDINGS)
def test_binding_killed(booted: Testbed, name: str) -> None:
    case = BINDINGS[name]
    assert killing.bind(booted, case.moment) == "killed"
    assert drivers(booted) == list(case.left)
    assert kept_for_the_next_boot(booted) == []
    assert booted.ask("true") is not None
    if case.by_role:
        rerun = booted.play("role", role="dpdk_bind")
        assert rerun.succeeded, rerun.output
        assert rerun.changed == 1
    else:
        assert killing.bind(booted) == "changed"
    assert drivers(booted) == [KERNEL, POLLED, POLLED]
    assert kept_for_the_next_boot(booted) == [POLLED, POLLED]
    assert killing.half_way(booted) == []
    assert killing.bind(booted) == "unchanged"
    assert booted.ask("true") is not None


# By moment: whether GRUB's menu has the arguments by then.
UPDATES = {
    "drop-in written": (Moment("subprocess.Popen", "grub-mkconfig"), False),
    "menu made and not in its place": (Moment("os.rename", MENU), False),
    "menu in its place": (Moment("os.rename", DROP_IN, 2), True),
}


@pytest.mark.parametrize("name", UPDATES)
def test_update_of_grub_killed(own_menu: Testbed, name: str) -> None:
    moment, carried = UPDATES[name]
    before = own_menu.shell(f"cat {MENU}")
    assert killing.set_kernel_arguments(own_menu, ARGUMENTS, moment) == "killed"
    assert own_menu.ask("true") is not None
    assert killing.menu_fault(own_menu) == ""
    after = own_menu.shell(f"cat {MENU}")
    assert (ISOLATION in after) == carried
    assert carried or after == before
    assert DROP_IN in killing.half_way(own_menu)
    assert killing.set_kernel_arguments(own_menu, ARGUMENTS) == "changed"
    assert killing.menu_fault(own_menu) == ""
    assert ISOLATION in own_menu.shell(f"cat {MENU}")
    assert killing.half_way(own_menu) == []
    assert killing.set_kernel_arguments(own_menu, ARGUMENTS) == "unchanged"


def test_guest_boots_after_grub_was_killed_while_it_made_its_menu(own_menu: Testbed) -> None:
    """The role's own run, killed together with grub-mkconfig; a reboot without a rerun, then the rerun."""
    before = own_menu.shell(f"cat {MENU}")
    killing.kill_when_the_menu_is_half_made(own_menu)
    run = own_menu.play("role", role="guest_tuning", guest_tuning_reboot="later")
    assert not run.succeeded, run.output
    assert killing.half_way(own_menu) == sorted([killing.UNFINISHED_MENU, DROP_IN])
    # The same look at what the killed grub-mkconfig has left finds it cut short: in force it would not boot.
    assert killing.menu_fault(own_menu, killing.UNFINISHED_MENU) != ""
    assert killing.menu_fault(own_menu) == ""
    assert own_menu.shell(f"cat {MENU}") == before
    own_menu.reboot()
    assert ISOLATION not in own_menu.shell("cat /proc/cmdline")
    rerun = own_menu.play("role", role="guest_tuning", guest_tuning_reboot="later")
    assert rerun.succeeded, rerun.output
    assert killing.menu_fault(own_menu) == ""
    assert ISOLATION in own_menu.shell(f"cat {MENU}")
    assert killing.half_way(own_menu) == []
    assert killing.set_kernel_arguments(own_menu, ARGUMENTS) == "unchanged"


def test_what_is_looked_for_would_be_found(own_menu: Testbed) -> None:
    """The negative control: truncated menus, a missing kernel, and a guest that refuses ssh."""
    own_menu.shell(
        f"cd /run; cp {MENU} whole; head --bytes=$(( $(stat --format=%s whole) / 2 )) whole > half; : > empty; "
        "sed '/### BEGIN .*10_linux/,$d' whole > section; sed 's|/vmlinuz-|/gone-|' whole > kernel"
    )
    assert killing.menu_fault(own_menu, "/run/whole") == ""
    assert killing.menu_fault(own_menu, "/run/half") != ""
    assert killing.menu_fault(own_menu, "/run/empty") != ""
    assert "ends before /etc/grub.d/10_linux" in killing.menu_fault(own_menu, "/run/section")
    assert "which is not there" in killing.menu_fault(own_menu, "/run/kernel")
    own_menu.plug(0, plugged=False)
    try:
        assert own_menu.ask("true", 10) is None
    finally:
        own_menu.plug(0, plugged=True)


@pytest.mark.parametrize("read_since", [False, True], ids=["not read since", "read since"])
def test_service_killed_between_its_unit_and_its_restart(forwarding: Testbed, read_since: bool) -> None:
    """read_since: something else has let systemd read the unit meanwhile, as every installation of a package does."""
    command = [word.replace("--stats-period=60", "--stats-period=61") for word in running(forwarding)]
    assert killing.run_testpmd(forwarding, command, Moment("subprocess.Popen", "daemon-reload")) == "killed"
    assert "--stats-period=61" in forwarding.shell(f"cat {UNIT}")
    assert needs_reload(forwarding) == "yes"
    assert "--stats-period=60" in running(forwarding)
    if read_since:
        forwarding.shell("systemctl daemon-reload")
        assert needs_reload(forwarding) == "no"
    rerun = forwarding.play("vnf", interval=61)
    assert rerun.succeeded, rerun.output
    assert needs_reload(forwarding) == "no"
    assert "--stats-period=61" in running(forwarding)
    assert forwarding.ask("true") is not None


def needs_reload(testbed: Testbed) -> str:
    return testbed.shell("systemctl show --property=NeedDaemonReload --value vnf-testpmd").strip()


def running(testbed: Testbed) -> list[str]:
    """The command line of the process that runs."""
    pid = testbed.shell("systemctl show --property=MainPID --value vnf-testpmd").strip()
    return testbed.shell(f"tr '\\0' '\\n' < /proc/{pid}/cmdline").split()
