# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a guest's kernel, programs and files say: what was read, or NfvError."""

from __future__ import annotations

import contextlib
import json
import random
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import grub
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk import archives
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.packages import QUERIES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import addresses
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_info
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import show_command
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_dataplane_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_readiness_info import (
    gather as gather_readiness,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.observe import observe as observe_switch
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import read_flows
from tests.fuzz.fuzzing import Random, altered, finds, fuzz, plain, torn
from tests.unit.guest.conftest import RECORDED, RecordedGuest
from tests.unit.module.test_guest_dataplane_info import ASKED, DRIVER, PROGRAM, SERVICE
from tests.unit.ovs.conftest import RECORDED as RECORDED_SWITCHES
from tests.unit.pgw.conftest import RECORDED as RECORDED_PLANES
from tests.unit.readiness.test_guest import ASKED as READINESS_ASKED
from tests.unit.readiness.test_guest import LOCKDOWN, URIS

ARGUMENTS = {"isolcpus": "managed_irq,domain,1", "nohz_full": "1", "hugepagesz": "2M", "hugepages": "256"}
LATER_SNIPPET = "/etc/default/grub.d/99-other.cfg"


class TornGuest(RecordedGuest):
    """A recorded guest some of whose files and outputs are others than those recorded."""

    def __init__(self, root: Path, recording: dict[str, t.Any]) -> None:
        super().__init__(root, recording)
        self.recorded_outputs = dict(self.outputs)
        self.torn: dict[str, str] = {}
        self.readable = sorted(path for path, content in recording["files"].items() if isinstance(content, str))

    def text(self, path: str) -> str | None:
        return self.torn[path] if path in self.torn else super().text(path)

    def tear(self, rng: Random) -> None:
        """Changes some files and outputs, beginning with those recorded."""
        self.outputs = dict(self.recorded_outputs)
        self.torn = {}
        for path in rng.sample(self.readable, rng.randint(0, 3)):
            self.torn[path] = torn(rng, super().text(path) or "", most=2)
        for command in rng.sample(sorted(self.outputs), rng.randint(0, 2)):
            self.outputs[command] = torn_output(rng, self.outputs[command])


def torn_output(rng: Random, output: str) -> str:
    """An output with other characters in it, or JSON with other values."""
    if rng.random() < 0.5:
        with contextlib.suppress(ValueError):
            return "\n".join(json.dumps(altered(rng, json.loads(line), plain)) for line in output.splitlines())
    return torn(rng, output)


@pytest.fixture
def guest(tmp_path: Path) -> TornGuest:
    made = TornGuest(tmp_path, json.loads((RECORDED / "debian-12-bound.json").read_text()))
    files = {
        "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
        "/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="transparent_hugepage=never"\n',
        LATER_SNIPPET: 'GRUB_CMDLINE_LINUX_DEFAULT="consoleblank=0"\n',
        DRIVER: "",
        "/proc/612/cgroup": f"0::/system.slice/{SERVICE}\n",
        "/proc/612/stat": f"612 (dpdk-testpmd) S {' '.join(['0'] * 50)}\n",
        "/proc/uptime": "1000.00 900.00\n",
        "/usr/sbin/tuned-adm": "",
        "/run/tuned/tuned.pid": "700\n",
        "/proc/700/comm": "tuned\n",
        "/etc/tuned/active_profile": "virtual-guest\n",
        "/proc/irq/default_smp_affinity": "1\n",
        LOCKDOWN: "none [integrity] confidentiality\n",
    }
    for path, content in files.items():
        made.lay_out(path, content)
    made.lay_out("/proc/612/exe", {"link": PROGRAM})
    made.readable = sorted({*made.readable, *files})
    made.recorded_outputs |= {
        " ".join(QUERIES["apt"]): "dpkg installed 1.21\ndpdk installed 22.11.11-0+deb12u1\n",
        " ".join(archives.LIST): URIS,
        " ".join(show_command(SERVICE)): "ActiveState=active\nMainPID=612\nUnitFileState=enabled\n",
    }
    return made


def reads(guest: TornGuest) -> t.Callable[[int], None]:
    """Reads all of a torn guest, as the modules do."""

    def check(seed: int) -> None:
        guest.tear(random.Random(seed))  # noqa: S311 - not for secrets
        for read in (
            lambda: gather(guest, ASKED),
            lambda: gather_readiness(guest, READINESS_ASKED, "/nonexistent"),
            lambda: read_info(guest),
            lambda: grub.plan(guest, ARGUMENTS, "present"),
            lambda: grub.plan(guest, ARGUMENTS, "absent"),
        ):
            with contextlib.suppress(NfvError):
                read()

    return check


def seeded(rng: Random) -> int:
    return rng.getrandbits(32)


def test_a_guest(guest: TornGuest) -> None:
    gather(guest, ASKED)
    fuzz(seeded, reads(guest), 250)


def test_the_fuzzer_finds_a_planted_fault_in_a_guest(guest: TornGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_json", lambda run, command: json.loads(run(command)[1]))
    assert finds(seeded, reads(guest), 250) is not None


TABLES = (RECORDED_SWITCHES / "ovs_tables.jsonl").read_text()


def check_switch(output: str) -> None:
    guest = TornGuest.__new__(TornGuest)
    guest.torn = {}
    guest._root = "/nonexistent"
    guest.run = lambda _argv: (0, output, "")
    with contextlib.suppress(NfvError):
        observe_switch(guest)


def test_a_switchs_database() -> None:
    fuzz(lambda rng: torn_output(rng, TABLES), check_switch, 300)


DUMP = (RECORDED_PLANES / "br-sgi.dump").read_text()


def check_flows(dump: str) -> None:
    with contextlib.suppress(NfvError):
        read_flows(dump, {"198.19.0.1": "ue-1"})


def test_a_switchs_flows() -> None:
    fuzz(lambda rng: torn(rng, DUMP), check_flows, 300)


def made_cpu_list(rng: Random) -> str:
    parts = ("0", "0-3", "9999", "5-2", "10-9999999999", " 7 ", "0-9999")
    text = ",".join(rng.choice(parts) for _part in range(rng.randint(0, 9)))
    return torn(rng, text * rng.choice((1, 1, 1, 500)), most=2)


def check_cpu_list(text: str) -> None:
    numbers = parse_cpu_list(text)
    if numbers is not None:
        assert len(numbers) <= 10_000
        if len(format_cpu_list(numbers)) < 8000:
            assert parse_cpu_list(format_cpu_list(numbers)) == numbers


def test_cpu_lists() -> None:
    fuzz(made_cpu_list, check_cpu_list, 2000)
