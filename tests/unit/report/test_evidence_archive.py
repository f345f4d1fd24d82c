# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive of evidence: whole, reproducible, without secrets, and every way to tamper with one is seen."""

from __future__ import annotations

import copy
import gzip
import hashlib
import io
import json
import tarfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_report, poll_mode_verdict
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.evidence import archive
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.evidence.release import check, release
from tests.unit.evidence.test_poll_mode import CREATED, EXPECTED

RECORDED = Path(__file__).parents[1] / "evidence/recorded"
PATH = "evidence.tar.gz"
SESSION = {"name": "subscriber-a", "imsi": "001010000000001", "ue_address": "198.19.0.1"}
Members = dict[str, bytes]


def observed(name: str) -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return found


def evidence(name: str) -> dict[str, t.Any]:
    return {
        "inventory": {"dataplane": {"adapters": [{"name": "s5u", "network": "PG-Secret"}], "root_password": "hunter2"}},
        "settings": {"tester": "tester-of-acme"},
        "options": {"sessions": [SESSION], "s5u": {"address": "198.18.1.2"}},
        "expected": EXPECTED,
        "observed": observed(name),
        "vsphere_password": "hunter2",
    }


HOSTS = {"pgw-of-acme-1": evidence("good"), "pgw-of-acme-2": evidence("kernel"), "left-out": {"status": "skipped"}}


def report() -> dict[str, t.Any]:
    verdicts = {name: poll_mode_verdict(one["observed"], EXPECTED) for name, one in HOSTS.items() if "observed" in one}
    skipped = {"status": "skipped", "proved": False, "error_code": "", "evidence": [], "traffic": []}
    made = poll_mode_report({**verdicts, "left-out": skipped}, [*HOSTS, "never-came"], CREATED)
    found: dict[str, t.Any] = json.loads(json.dumps(made))
    return found


def members(anonymous: bool = False, secrets: t.Sequence[str] = ()) -> Members:
    return release(report(), HOSTS, {"ansible": "2.19.0"}, secrets, anonymous)


def code(data: bytes) -> str:
    """The error code that refuses an archive; empty if it is taken."""
    try:
        check(archive.unpack(data, PATH), PATH)
    except NfvError as error:
        return str(error.error_code)
    return ""


def changed(name: str, change: t.Callable[[t.Any], object]) -> Members:
    """The members with one changed; a manifest made of them has the right hashes."""
    found = members()
    content = json.loads(found[name])
    change(content)
    return {**found, name: json.dumps(content).encode()}


def tar(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for entry, content in entries:
            file.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def entry(name: str, content: bytes = b"", **fields: t.Any) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.size = len(content)
    for key, value in fields.items():
        setattr(made, key, value)
    return made, content


def test_an_archive_that_nobody_touched_is_right() -> None:
    data = archive.pack(members())
    assert code(data) == ""
    found = check(archive.unpack(data, PATH), PATH)
    assert (found["outcome"], found["hosts"]["pgw-of-acme-1"]["status"]) == ("failed", "proved")
    assert found["hosts"]["left-out"]["status"] == "skipped"


def test_the_same_content_makes_the_same_bytes() -> None:
    assert archive.pack(members()) == archive.pack(dict(reversed(members().items())))


def test_the_manifest_is_one_that_sha256sum_reads(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive.pack(members()))) as file:
        lines = file.extractfile(archive.MANIFEST).read().decode().splitlines()  # type: ignore[union-attr]
    assert f"{hashlib.sha256(members()['report.json']).hexdigest()}  report.json" in lines


def test_nothing_secret_gets_in() -> None:
    assert b"hunter2" not in b"".join(members().values())
    with pytest.raises(NfvError, match="evidence_unclean"):
        members(secrets=["PG-Secret"])
    assert members(secrets=["", "hunter2"])


def test_names_are_replaced_everywhere_and_the_verdict_stays() -> None:
    data = members(anonymous=True)
    text = b"".join(data.values()).decode()
    plain = b"".join(members().values()).decode()
    for name in (
        "acme",
        "PG-Secret",
        "subscriber-a",
        "001010000000001",
        "198.19.0.1",
        "198.18.1.2",
        "00:50:56:01:0a:02",
    ):
        assert name in plain
        assert name not in text
    assert check(data, PATH)["outcome"] == "failed"
    assert [one["status"] for one in check(data, PATH)["hosts"].values()] == [
        one["status"] for one in report()["hosts"].values()
    ]
    assert archive.pack(data) == archive.pack(members(anonymous=True))


def test_a_report_that_its_samples_do_not_say_is_not_written() -> None:
    wrong = copy.deepcopy(HOSTS)
    wrong["pgw-of-acme-1"]["observed"] = observed("silent")
    with pytest.raises(NfvError, match="evidence_contradicts"):
        release(report(), wrong, {}, (), anonymous=False)


def proved(content: t.Any) -> None:
    content["hosts"]["pgw-of-acme-2"].update(status="proved", proved=True, error_code="")
    content.update(outcome="proved", proved=True)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("report.json", proved),
        ("report.json", lambda report: report["hosts"]["pgw-of-acme-2"]["evidence"][0].update(verdict="pass")),
        ("report.json", lambda report: report.update(message="4 of 4 hosts are proved to poll and forward")),
        ("report.json", lambda report: report["hosts"].pop("pgw-of-acme-2")),
        ("hosts/00001.json", lambda host: host["observed"]["after"]["devices"][0].update(driver="vmxnet3")),
        ("hosts/00001.json", lambda host: host["observed"]["traffic"].clear()),
        ("hosts/00002.json", lambda host: host.update(status="skipped")),
    ],
)
def test_a_changed_verdict_or_sample_with_right_hashes_is_seen(name: str, change: t.Callable[[t.Any], object]) -> None:
    assert code(archive.pack(changed(name, change))) == "evidence_contradicts"


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b"[" * 100_000, b'{"hosts": 1, "created": 2}'])
def test_content_of_another_shape_is_refused(content: bytes) -> None:
    assert code(archive.pack({**members(), "report.json": content})) == "evidence_unreadable"


def test_every_changed_byte_is_seen() -> None:
    plain = gzip.decompress(archive.pack(members()))
    for place in range(0, len(plain), 997):
        broken = plain[:place] + bytes([plain[place] ^ 1]) + plain[place + 1 :]
        assert code(gzip.compress(broken)), place


def everything(*more: tuple[tarfile.TarInfo, bytes], leave_out: str = "") -> bytes:
    """A gzip'd tar of the members and their manifest, with entries of a stranger's."""
    with tarfile.open(fileobj=io.BytesIO(archive.pack(members()))) as file:
        ours = [(one, file.extractfile(one).read()) for one in file if one.name != leave_out]  # type: ignore[union-attr]
    return gzip.compress(tar(*ours, *more))


def test_a_member_more_or_less_is_seen() -> None:
    assert code(everything()) == ""
    assert code(everything(entry("hosts/99999.json", b"{}"))) == "evidence_damaged"
    assert code(everything(leave_out="hosts/00000.json")) == "evidence_damaged"
    assert code(everything(leave_out=archive.MANIFEST)) == "evidence_damaged"


@pytest.mark.parametrize(
    "hostile",
    [
        entry("../../etc/cron.d/x", b"x"),
        entry("/etc/passwd", b"x"),
        entry("hosts/../report.json", b"x"),
        entry("hosts/00007.json", type=tarfile.SYMTYPE, linkname="/etc/shadow"),
        entry("hosts/00007.json", type=tarfile.LNKTYPE, linkname="report.json"),
        entry("hosts/00007.json", type=tarfile.CHRTYPE),
        entry("hosts", type=tarfile.DIRTYPE),
        entry("report.json", b"{}"),
        entry("readme.html", b"x"),
    ],
)
def test_a_hostile_member_is_refused(hostile: tuple[tarfile.TarInfo, bytes], tmp_path: Path) -> None:
    assert code(everything(hostile)) == "evidence_unsafe"


def test_what_hides_beside_the_members_is_seen() -> None:
    plain = gzip.decompress(archive.pack(members()))
    assert code(gzip.compress(plain + b"hidden".ljust(512, b"\0"))) == "evidence_unsafe"
    assert code(archive.pack(members()) + b"hidden") == "evidence_unreadable"
    mode = [entry("report.json", members()["report.json"], mode=0o4777)]
    assert code(everything(*mode, leave_out="report.json")) == "evidence_unsafe"


def test_what_grows_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 20)
    assert code(gzip.compress(bytes(1 << 21))) == "evidence_unsafe"
    monkeypatch.setattr(archive, "MOST_BYTES", 256 << 20)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    assert code(archive.pack(members())) == "evidence_unsafe"


def test_what_is_no_archive_is_refused() -> None:
    for data in (b"", b"text", gzip.compress(b"text"), gzip.compress(b"x" * 2048)):
        assert code(data) in ("evidence_unreadable", "evidence_damaged"), data


def test_a_cut_archive_is_refused() -> None:
    data = archive.pack(members())
    assert code(data[: len(data) // 2]) == "evidence_unreadable"
