# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tuned's profile: which one fits, what it leaves to others, and the earlier one given back."""

from __future__ import annotations

import configparser
import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest, apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import tuned
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation.tuned import PROFILE, ProfileRequest
from tests.unit.guest.engine.test_killed import kill_everywhere

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.guest.conftest import RecordedGuest

ASKED = ProfileRequest("1-2", "never")
NEW, OLD = "/etc/tuned/profiles", "/etc/tuned"
FILES = {
    "tuned-adm": tuned.TUNED_ADM,
    "enabled": tuned.ENABLED,
    "cpu-partitioning": "/usr/lib/tuned/profiles/cpu-partitioning/tuned.conf",
    "network-latency": "/usr/lib/tuned/profiles/network-latency/tuned.conf",
    "balanced": "/usr/lib/tuned/profiles/balanced/tuned.conf",
}


class TunedGuest(Guest):
    """A guest whose tuned-adm keeps its selection as tuned does (tuned-adm(8)); 2.24 or later unless old."""

    recommended = "virtual-guest"

    def __init__(self, root: Path, files: t.Iterable[str] = tuple(FILES.values()), old: bool = False) -> None:
        super().__init__(self._answer, str(root))
        self.commands: list[tuple[str, ...]] = []
        self.fails = False
        for path in files:
            self.replace_file(path.replace("tuned/profiles/", "tuned/") if old else path, "")
        self.start()
        self.select(self.recommended, "auto")

    def start(self) -> None:
        self.replace_file(tuned.PID_FILE, "712\n")
        self.replace_file("/proc/712/stat", "")

    def select(self, profiles: str, mode: str) -> None:
        self.replace_file(tuned.ACTIVE, f"{profiles}\n" if profiles else "")
        self.replace_file(tuned.MODE, f"{mode}\n")

    def _answer(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        self.commands.append(tuple(argv))
        assert argv[0] == tuned.TUNED_ADM
        if self.fails:
            return 1, "", "Error changing profile"
        if argv[1] == "auto_profile":
            self.select(self.recommended, "auto")
        else:
            self.select(" ".join(argv[2:]), "manual")
        return 0, "", ""

    def converge(self, asked: ProfileRequest = ASKED, state: str = "present") -> tuned.Plan:
        """Does what is planned, and returns what is then still planned."""
        apply(tuned.plan(self, asked, state).steps, self)
        return tuned.plan(self, asked, state)


@pytest.fixture
def guest(tmp_path: Path) -> TunedGuest:
    return TunedGuest(tmp_path)


def profile(guest: Guest, directory: str = NEW) -> configparser.ConfigParser:
    """Our profile as tuned reads it (its loader's delimiters and comments)."""
    parser = configparser.ConfigParser(delimiters=("=",), inline_comment_prefixes=("#",), interpolation=None)
    parser.read_string(guest.text(f"{directory}/{PROFILE}/tuned.conf") or "")
    return parser


def files(guest: Guest) -> dict[str, str]:
    """Every file and directory, with its content."""
    paths = sorted(guest.path("/").rglob("*"))
    return {str(path): path.read_text() if path.is_file() else "" for path in paths}


def test_selected_and_nothing_more_to_do(guest: TunedGuest) -> None:
    planned = tuned.plan(guest, ASKED, "present")
    assert planned.changed
    assert planned.before == {"profiles": "virtual-guest", "mode": "auto"}
    assert planned.after == {"profiles": PROFILE, "mode": "manual"}
    final = guest.converge()
    assert not final.changed
    assert guest.commands == [(tuned.TUNED_ADM, "profile", PROFILE)]
    assert final.result["selected"] == final.result["profile"] == PROFILE
    assert final.result["left_out"] == []


def test_the_profile_takes_over_what_fits_and_keeps_off_what_has_an_owner(guest: TunedGuest) -> None:
    guest.converge()
    conf = profile(guest)
    assert conf["main"]["include"] == "cpu-partitioning"
    assert conf["variables"]["isolated_cores"] == "1-2"
    assert conf["vm"]["transparent_hugepages"] == "never"
    off = {name for name in conf.sections() if conf[name].get("enabled") == "0"}
    assert off == {"bootloader", "script", "irqbalance", "systemd", "scheduler"}


def test_transparent_hugepages_are_left_alone_unless_described(guest: TunedGuest) -> None:
    guest.converge(ProfileRequest("1-2"))
    assert dict(profile(guest)["vm"]) == {"drop": "transparent_hugepages"}


@pytest.mark.parametrize(
    ("missing", "asked", "include", "said"),
    [
        ("cpu-partitioning", ASKED, "network-latency", "tuned-profiles-cpu-partitioning"),
        ("network-latency", ASKED, "cpu-partitioning", ""),
        ("", ProfileRequest("", "never"), "network-latency", ""),
        ("cpu-partitioning network-latency", ASKED, None, "none of the profiles"),
    ],
)
def test_the_base_is_what_there_is_and_what_fits(
    tmp_path: Path, missing: str, asked: ProfileRequest, include: str | None, said: str
) -> None:
    guest = TunedGuest(tmp_path, [path for name, path in FILES.items() if name not in missing.split()])
    result = guest.converge(asked).result
    assert result["base"] == profile(guest)["main"].get("include") == include
    assert "variables" not in profile(guest) or include == "cpu-partitioning"
    assert said in " ".join(result["left_out"])
    assert bool(result["left_out"]) is bool(said)


def test_older_releases_look_elsewhere_and_an_upgrade_moves_it(tmp_path: Path) -> None:
    guest = TunedGuest(tmp_path, old=True)
    guest.converge()
    assert profile(guest, OLD)["main"]["include"] == "cpu-partitioning"
    assert not guest.exists(NEW)
    guest.replace_file(FILES["cpu-partitioning"], "")
    assert not guest.converge().changed
    assert profile(guest)["main"]["include"] == "cpu-partitioning"
    assert not guest.exists(f"{OLD}/{PROFILE}")


@pytest.mark.parametrize(
    ("selection", "command"),
    [
        (("virtual-guest", "auto"), ("auto_profile",)),
        (("throughput-performance powersave", "manual"), ("profile", "throughput-performance", "powersave")),
        (("", "manual"), ("off",)),
    ],
)
def test_absent_gives_back_what_was_selected(
    guest: TunedGuest, selection: tuple[str, str], command: tuple[str, ...]
) -> None:
    guest.select(*selection)
    guest.replace_file("/etc/tuned/profiles/site/tuned.conf", "[main]\n")
    guest.replace_file("/etc/nfv-vsphere-dpdk/adapters.json", "{}\n")
    before = files(guest)
    guest.converge()
    guest.converge(ProfileRequest("1", "never"))
    assert not guest.converge(state="absent").changed
    assert guest.commands[-1] == (tuned.TUNED_ADM, *command)
    assert files(guest) == before


def test_newly_installed_and_not_started_yet_is_auto(guest: TunedGuest) -> None:
    guest.select("", "")
    guest.converge()
    assert json.loads(guest.text(tuned.RECORD) or "") == {"profiles": "", "mode": "auto"}


def test_absent_does_not_start_a_tuned_that_was_stopped(guest: TunedGuest) -> None:
    before = files(guest)
    guest.converge()
    for path in (tuned.PID_FILE, tuned.ENABLED):
        guest.remove_file(path)
    guest.commands.clear()
    assert not guest.converge(state="absent").changed
    assert guest.commands == []
    assert {path for path, content in before.items() if files(guest).get(path) != content} == {
        str(guest.path(tuned.PID_FILE)),
        str(guest.path(tuned.ENABLED)),
    }


def test_a_profile_that_somebody_selected_since_is_told_and_survives_absent(guest: TunedGuest) -> None:
    guest.converge()
    guest.select("powersave", "manual")
    told = tuned.plan(guest, ASKED, "present")
    assert told.changed
    assert (told.result["selected"], told.result["profile"]) == ("powersave", PROFILE)
    guest.commands.clear()
    guest.converge(state="absent")
    assert guest.commands == []
    assert guest.value(tuned.ACTIVE) == "powersave"
    assert not guest.exists(tuned.RECORD)
    assert not guest.exists(f"{NEW}/{PROFILE}")


def test_ours_merged_with_another_leaves_the_other(guest: TunedGuest) -> None:
    guest.converge()
    guest.select(f"powersave {PROFILE}", "manual")
    guest.converge(state="absent")
    assert guest.commands[-1] == (tuned.TUNED_ADM, "profile", "powersave")


@pytest.mark.parametrize("left", [("tuned-adm",), ("cpu-partitioning",)])
def test_where_tuned_is_not_in_charge_nothing_is_done(tmp_path: Path, left: tuple[str, ...]) -> None:
    guest = TunedGuest(tmp_path, [FILES[name] for name in left])
    guest.remove_file(tuned.PID_FILE)
    for state in ("present", "absent"):
        planned = tuned.plan(guest, ASKED, state)
        assert not planned.changed
        assert not planned.result["in_charge"]
        assert planned.result["profile"] is None
    assert bool(tuned.plan(guest, ASKED, "present").result["left_out"]) is ("tuned-adm" in left)


def test_enabled_and_not_running_is_in_charge(guest: TunedGuest) -> None:
    guest.remove_file("/proc/712/stat")
    guest.remove_directory("/proc/712")
    result = guest.converge().result
    assert result["in_charge"]
    assert not result["running"]


def test_a_profile_that_tuned_refuses_is_read_again_by_the_next_run(guest: TunedGuest) -> None:
    guest.converge()
    guest.fails = True
    with pytest.raises(NfvError, match=r"\[tuned_failed\] /usr/sbin/tuned-adm profile .*Error changing profile"):
        guest.converge(ProfileRequest("1", "never"))
    guest.fails = False
    guest.commands.clear()
    assert not guest.converge(ProfileRequest("1", "never")).changed
    assert guest.commands == [(tuned.TUNED_ADM, "profile", PROFILE)]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"profiles": "a"}'])
def test_a_broken_record_is_refused_before_any_change(guest: TunedGuest, content: str) -> None:
    guest.converge()
    guest.replace_file(tuned.RECORD, content)
    with pytest.raises(NfvError, match=r"\[tuned_record_invalid\] /etc/nfv-vsphere-dpdk/tuned.json"):
        tuned.plan(guest, ASKED, "absent")


def test_a_profile_directory_in_which_somebody_keeps_more_stays(guest: TunedGuest) -> None:
    guest.converge()
    guest.replace_file(f"{NEW}/{PROFILE}/notes", "mine\n")
    guest.replace_file(f"{NEW}/{PROFILE}/.tuned.conf.nfv-new", "[main]\n")
    assert not guest.converge(state="absent").changed
    assert guest.names(f"{NEW}/{PROFILE}") == ("notes",)


@pytest.mark.parametrize(
    ("irq", "work", "said"),
    [("9", "00000000,00000009", 0), ("f", "9", 1), ("9", "b", 1), ("6", "4", 2)],
)
def test_masks_that_let_others_onto_polling_cpus_are_told(guest: TunedGuest, irq: str, work: str, said: int) -> None:
    guest.replace_file("/proc/irq/default_smp_affinity", f"{irq}\n")
    guest.replace_file("/sys/devices/virtual/workqueue/cpumask", f"{work}\n")
    told = tuned.plan(guest, ASKED, "present").result["interfering"]
    assert len(told) == said
    assert all("CPUs 1-2" in sentence for sentence in told)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_killed_anywhere(tmp_path: Path, state: str) -> None:
    made: list[int] = []

    def new() -> RecordedGuest:
        made.append(len(made))
        guest = TunedGuest(tmp_path / str(len(made)))
        if state == "absent":
            guest.converge()
        return t.cast("RecordedGuest", guest)

    def check(guest: RecordedGuest) -> None:
        # Whatever happened, the way back is known.
        assert guest.value(tuned.ACTIVE) != PROFILE or guest.exists(tuned.RECORD)

    assert kill_everywhere(new, lambda guest: tuned.plan(guest, ASKED, state), check) >= 4
