# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorded guest that is ready, and each row of it failing alone."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import machine
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk import archives
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.packages import QUERIES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_readiness_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.machine import MachineFacts
from lab.testing.descriptions import description
from tests.unit.guest.conftest import fresh, recorded

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

__all__ = ["fresh", "recorded"]

NOW = 1_790_000_000.0
CHECKS = [
    *("python", "root", "clock", "distribution", "packages", "boot_loader", "kernel_options"),
    *("driver", "lockdown", "iommu", "cpus", "page_sizes", "memory"),
]
ARCHIVE = "http://archive.example/debian/dists/bookworm/"
SECURITY = "http://archive.example/debian-security/dists/bookworm-security/"
URIS = f"'{ARCHIVE}InRelease' x_InRelease 0\n'{SECURITY}InRelease' y_InRelease 0\n'{ARCHIVE}main/Packages.xz' x 0\n"
INSTALLED = "dpkg installed 1.21\n"
DPDK = "dpdk installed 22.11.11-0+deb12u1\nlibrte-net-vmxnet3-23 installed 22.11.11-0+deb12u1\n"
PACKAGES = " ".join(QUERIES["apt"])
LIST = " ".join(archives.LIST)
CONFIG = "CONFIG_CPU_ISOLATION=y\nCONFIG_NO_HZ_FULL=y\nCONFIG_RCU_NOCB_CPU=y\n"
EFI_VARIABLE = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
LOCKDOWN = "/sys/kernel/security/lockdown"
ASKED: dict[str, t.Any] = {
    "name": "pgw-1",
    "dataplane": description(
        memory={"size_mb": 4096, "hugepages": [{"size": "1G", "amount_mb": 1024}]}, cpu={"exclusivity": "none"}
    ),
    "pending": [],
    "packages": [],
    "from_source": False,
    "driver": "auto",
    "allow_no_iommu": False,
    "controller_time": NOW,
    "clock_tolerance": 60,
    "clock_latency": 300,
}


class AskedGuest:
    """A recorded guest with archives: a package manager that answers as apt does."""

    def __init__(self, guest: RecordedGuest) -> None:
        self.guest = guest
        self.silent: dict[str, str] = {}
        """Why an index cannot be fetched, by its address."""
        self.fetched: list[tuple[str, ...]] = []
        self.sudo = (0, "", "")
        self._recorded = guest.run
        guest.run = self.run
        for path, content in {
            "/etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n',
            "/proc/cpuinfo": "flags\t\t: fpu pse pae pdpe1gb lm\n",
            "/sys/devices/system/cpu/present": "0-1\n",
            LOCKDOWN: "[none] integrity confidentiality\n",
        }.items():
            self.write(path, content)
        (config,) = (name for name in guest.names("/boot") if name.startswith("config-"))
        self.config = f"/boot/{config}"
        self.write(self.config, CONFIG + (guest.text(self.config) or ""))
        guest.outputs |= {PACKAGES: INSTALLED, LIST: URIS}

    def write(self, path: str, content: str) -> None:
        """Puts a file in place of the recorded one."""
        real = self.guest.path(path)
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_text(content)

    def run(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        if argv[0] == "sudo":
            return self.sudo
        if "download-file" in argv:
            wanted = argv[argv.index("download-file") + 1 :: 2]
            self.fetched.append(tuple(wanted))
            failed = [f"E: Failed to fetch {uri}  {self.silent[uri]}" for uri in wanted if uri in self.silent]
            return (100 if failed else 0), "", "\n".join(failed)
        return self._recorded(argv)

    def rows(self, **asked: t.Any) -> dict[str, dict[str, t.Any]]:
        """The rows by check; the guest is as it was afterwards."""
        before = self.guest.commands[:]
        found = gather(self.guest, {**ASKED, **asked}, "/tmp/scratch")["rows"]
        assert self.guest.commands == before, "only commands that read are known to this guest"
        assert [row["check"] for row in found] == CHECKS
        assert {(row["subject"], row["object"]) for row in found} == {("guest", "pgw-1")}
        for row in found:
            failing = row["verdict"] in ("not_ready", "unknown")
            assert bool(row["code"]) is failing, row
            assert bool(row["remedy"]) >= failing, row
            assert row["seen"], row
        return {row["check"]: row for row in found}


@pytest.fixture(autouse=True)
def frozen_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is ready, whichever runs these tests."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    look(monkeypatch)


def look(monkeypatch: pytest.MonkeyPatch, python: tuple[int, ...] = (3, 9, 2), skew: float = 2.4) -> None:
    seen = MachineFacts(python, NOW + skew, synchronized=True)
    monkeypatch.setattr(machine, "read_machine", lambda: seen)
    monkeypatch.setattr(
        "ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.readiness.read_machine", lambda: seen
    )


@pytest.fixture
def guest(fresh: RecordedGuest) -> AskedGuest:
    return AskedGuest(fresh)


def failing(rows: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, tuple[str, str]]:
    return {
        check: (row["verdict"], row["code"])
        for check, row in rows.items()
        if row["verdict"] not in ("ready", "not_asked")
    }


def test_ready(guest: AskedGuest) -> None:
    rows = guest.rows()
    assert failing(rows) == {}
    assert [check for check, row in rows.items() if row["verdict"] == "not_asked"] == ["iommu"]
    assert rows["clock"]["seen"] == "+2 s, kept by NTP"
    assert ARCHIVE in rows["packages"]["seen"]
    assert "librte-net-vmxnet3-*" in rows["packages"]["seen"]
    assert rows["driver"]["seen"].startswith("uio_pci_generic (the kernel has vfio-pci, uio_pci_generic")


def test_only_uio_pci_generic_left_recommends_an_iommu(guest: AskedGuest) -> None:
    assert "iommu: true" in guest.rows()["iommu"]["remedy"]
    assert guest.rows(dataplane=None)["iommu"]["remedy"] == ""


# What takes from the guest what one row asks for: files with other contents, None for one that is gone.
TAKEN: dict[str, dict[str, str | None]] = {
    "distribution": {"/etc/os-release": "ID=plan9\n"},
    "boot_loader": {"/usr/sbin/grub-mkconfig": None},
    "kernel_options": {"config": CONFIG.replace("CONFIG_NO_HZ_FULL=y", "# CONFIG_NO_HZ_FULL is not set")},
    "driver": {"modules.dep": ""},
    "lockdown": {LOCKDOWN: "none [integrity] confidentiality\n", EFI_VARIABLE: "\x06\0\0\0\x01"},
    "iommu": {"/proc/cmdline": "intel_iommu=on"},
    "cpus": {"/sys/devices/system/cpu/present": "0\n"},
    "page_sizes": {"/proc/cpuinfo": "flags\t\t: fpu pse pae lm\n"},
    "memory": {"/proc/meminfo": "MemTotal:  1000000 kB\nMemAvailable:  900000 kB\n"},
}


def change(guest: AskedGuest, row: str) -> dict[str, t.Any]:
    """Takes from the guest what one row asks for; returns options that differ."""
    release = guest.guest.value("/proc/sys/kernel/osrelease")
    places = {"config": guest.config, "modules.dep": f"/lib/modules/{release}/modules.dep"}
    for path, content in TAKEN.get(row, {}).items():
        if content is None:
            guest.guest.path(path).unlink()
        else:
            guest.write(places.get(path, path), content)
    if row == "root":
        guest.sudo = (1, "", "sudo: a password is required\n")
    if row == "packages":
        guest.silent = {f"{SECURITY}{index}": "Could not resolve" for index in ("InRelease", "Release")}
    return {"dataplane": {**ASKED["dataplane"], "iommu": True}} if row == "iommu" else {}


CODES = {
    "root": "root_refused",
    "distribution": "distribution_unsupported",
    "packages": "packages_unreachable",
    "boot_loader": "bootloader_unsupported",
    "kernel_options": "kernel_option_missing",
    "driver": "userspace_driver_missing",
    "lockdown": "kernel_locked_down",
    "iommu": "iommu_missing",
    "cpus": "cpus_missing",
    "page_sizes": "hugepage_size_unsupported",
    "memory": "hugepages_short",
}


@pytest.mark.parametrize("row", CODES)
def test_each_row_fails_alone(guest: AskedGuest, row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if row == "root":
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    options = change(guest, row)
    expected = {row: ("not_ready", CODES[row])}
    if row == "distribution":
        # The package manager follows from it, and was not asked.
        expected["packages"] = ("unknown", CODES[row])
    assert failing(guest.rows(**options)) == expected


def test_old_python_fails_alone(guest: AskedGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, python=(3, 8, 10))
    assert failing(guest.rows()) == {"python": ("not_ready", "python_old")}


@pytest.mark.parametrize("skew", [-61, 361])
def test_clock_that_differs_fails_alone(guest: AskedGuest, monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    look(monkeypatch, skew=skew)
    assert failing(guest.rows()) == {"clock": ("not_ready", "clock_differs")}
    assert guest.rows(controller_time=None)["clock"]["verdict"] == "not_asked"
    assert failing(guest.rows(clock_tolerance=100)) == {}


def test_clock_that_a_slow_look_would_explain_is_ready(guest: AskedGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look over ssh at an emulated guest has taken 70 seconds; nothing explains a clock that is behind."""
    look(monkeypatch, skew=70)
    assert failing(guest.rows()) == {}
    assert failing(guest.rows(clock_latency=5)) == {"clock": ("not_ready", "clock_differs")}


def test_sudo_is_tried_where_the_module_is_not_root(guest: AskedGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert guest.rows()["root"]["seen"] == "sudo asks for nothing"
    guest.sudo = (1, "", "sudo: a password is required\n")
    assert "a password is required" in guest.rows()["root"]["seen"]


def test_what_cannot_be_read_is_unknown(guest: AskedGuest) -> None:
    """Each was a false ready otherwise."""
    for path in (guest.config, LOCKDOWN, "/proc/cpuinfo", "/sys/devices/system/cpu/present", "/proc/meminfo"):
        guest.guest.path(path).unlink()
    guest.guest.failing.add(PACKAGES)
    unknown = ("kernel_options", "lockdown", "cpus", "page_sizes", "memory")
    assert failing(guest.rows()) == {
        "packages": ("unknown", "packages_unreadable"),
        **dict.fromkeys(unknown, ("unknown", "readiness_unknown")),
    }


def test_a_package_manager_that_fails_is_unknown(guest: AskedGuest) -> None:
    guest.guest.failing.add(LIST)
    assert failing(guest.rows()) == {"packages": ("unknown", "package_manager_failed")}


def test_archives_are_asked_only_for_what_is_missing(guest: AskedGuest) -> None:
    """A template that has the packages needs no archive; a package besides does."""
    guest.guest.outputs[PACKAGES] = INSTALLED + DPDK
    guest.silent = {f"{ARCHIVE}{index}": "Connection refused" for index in ("InRelease", "Release")}
    assert failing(guest.rows()) == {}
    assert guest.fetched == []
    row = guest.rows(packages=["openvswitch-switch-dpdk"])["packages"]
    assert row["code"] == "packages_unreachable"
    assert "openvswitch-switch-dpdk" in row["seen"]
    assert "Connection refused" in row["seen"]
    assert "meson" in guest.rows(from_source=True)["packages"]["seen"]


def test_an_archive_with_a_signature_of_its_own_answers(guest: AskedGuest) -> None:
    guest.silent = {f"{ARCHIVE}InRelease": "404  Not Found"}
    assert failing(guest.rows()) == {}
    assert guest.fetched[-1] == (f"{ARCHIVE}Release",)


def test_no_archive_at_all_is_not_ready(guest: AskedGuest) -> None:
    guest.guest.outputs[LIST] = ""
    row = guest.rows()["packages"]
    assert (row["verdict"], row["code"]) == ("not_ready", "packages_unreachable")
    assert "no archive is configured" in row["seen"]


@pytest.mark.parametrize(
    ("row", "setting"),
    [
        ("cpus", "cpu.count"),
        ("page_sizes", "cpu.guest_1g_pages"),
        ("memory", "memory.size_mb"),
        ("iommu", "iommu"),
    ],
)
def test_what_the_vm_is_about_to_get_is_not_asked_yet(guest: AskedGuest, row: str, setting: str) -> None:
    options = change(guest, row)
    assert failing(guest.rows(**options)).keys() == {row}
    rows = guest.rows(**options, pending=[setting])
    assert failing(rows) == {}
    assert rows[row]["verdict"] == "not_asked"
    assert "vm_hardware" in rows[row]["seen"]
    # Another setting is no excuse.
    assert failing(guest.rows(**options, pending=["cpu.shares"])).keys() == {row}


def test_an_iommu_that_the_kernel_was_not_told_of_is_not_asked_yet(guest: AskedGuest) -> None:
    rows = guest.rows(dataplane={**ASKED["dataplane"], "iommu": True})
    assert failing(rows) == {}
    assert "guest_tuning" in rows["iommu"]["seen"]
    assert rows["driver"]["seen"].startswith("vfio-pci (")


def test_lockdown_leaves_vfio_with_an_iommu(guest: AskedGuest) -> None:
    change(guest, "lockdown")
    assert failing(guest.rows(dataplane={**ASKED["dataplane"], "iommu": True})) == {}


def test_a_kernel_without_lockdown_is_not_locked_down(guest: AskedGuest) -> None:
    guest.guest.path(LOCKDOWN).unlink()
    guest.write("/sys/kernel/security/lsm", "capability,apparmor")
    assert failing(guest.rows()) == {}


def test_modules_that_may_no_longer_be_loaded_do_not_count(guest: AskedGuest) -> None:
    guest.write("/proc/sys/kernel/modules_disabled", "1\n")
    assert failing(guest.rows()) == {"driver": ("not_ready", "userspace_driver_missing")}


def test_memory_that_is_in_use_waits_for_a_reboot_or_is_short(guest: AskedGuest) -> None:
    """The pools come first at a boot, so that what programs hold now does not matter before one."""
    small = {**ASKED["dataplane"], "memory": {"size_mb": 4096, "hugepages": [{"size": "2M", "amount_mb": 1024}]}}
    guest.write("/proc/meminfo", "MemTotal:  2000000 kB\nMemAvailable:  500000 kB\n")
    assert guest.rows(dataplane=small)["memory"]["verdict"] == "ready"
    guest.write(
        "/proc/cmdline",
        "isolcpus=managed_irq,domain,1 nohz_full=1 rcu_nocbs=1 irqaffinity=0 transparent_hugepage=never"
        " default_hugepagesz=2M hugepagesz=2M hugepages=512",
    )
    rows = guest.rows(dataplane=small)
    assert rows["boot_loader"]["seen"] == "no reboot is needed"
    assert failing(rows) == {"memory": ("not_ready", "hugepages_short")}


def test_pools_that_one_node_cannot_hold_are_short(guest: AskedGuest) -> None:
    """The machine has enough, and the node has not: a false ready otherwise."""
    pool = {"size": "2M", "amount_mb": 1024, "node": 0}
    described = {**ASKED["dataplane"], "numa": {"nodes": 1}, "memory": {"size_mb": 4096, "hugepages": [pool]}}
    assert guest.rows(dataplane=described)["memory"]["verdict"] == "ready"
    guest.write("/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:       900000 kB\n")
    rows = guest.rows(dataplane=described)
    assert failing(rows) == {"memory": ("not_ready", "hugepages_short")}
    assert "NUMA node 0 has 878 MiB for 1024 MiB" in rows["memory"]["seen"]


def test_without_a_description_only_the_machine_is_asked(guest: AskedGuest) -> None:
    rows = guest.rows(dataplane=None)
    assert [check for check, row in rows.items() if row["verdict"] == "ready"] == [
        "python",
        "root",
        "clock",
        "distribution",
        "packages",
    ]


def test_a_bad_description_is_refused(guest: AskedGuest) -> None:
    with pytest.raises(NfvError, match="description_invalid"):
        guest.rows(dataplane={"cpu": {"count": 0}})


def test_this_machine_tells_its_clock() -> None:
    seen = machine.read_machine()
    assert seen.python >= (3, 9)
    assert seen.synchronized in (True, False)
