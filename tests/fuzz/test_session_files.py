# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a session file holds: one refusal, problems with file and line, or sessions that every format carries."""

from __future__ import annotations

import csv
import io
import json
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.check import problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.sessions import parse, table
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.sessions.files import read_sessions
from tests.fuzz.fuzzing import Random, altered, finds, fuzz, plain, torn

SESSIONS = [
    {
        "name": f"ue-{number}",
        "imsi": f"00101000000000{number}",
        "ue_address": f"198.19.0.{number}",
        "local_teid": 4096 + number,
        "peer_teid": 8192 + number,
        "peer_address": "198.18.1.2",
        "uplink_kbps": 2000,
        "peer_sources": ["198.18.1.3", "198.18.1.4"],
    }
    for number in range(1, 4)
]
PLANE: dict[str, t.Any] = {
    "s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
    "sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
    "path_management": {"echo_interval": 60, "response_seconds": 3, "echo_requests": 5},
}
ALIASES = "- &first {name: ue-1, peer_address: 198.18.1.2}\n- {<<: *first, name: ue-2, local_teid: 0x10}\n"


def as_csv(sessions: t.Sequence[dict[str, t.Any]]) -> str:
    columns = list(dict.fromkeys(key for session in sessions for key in session))
    text = io.StringIO()
    table = csv.DictWriter(text, columns)
    table.writeheader()
    table.writerows(
        {key: " ".join(value) if isinstance(value, list) else value for key, value in session.items()}
        for session in sessions
    )
    return text.getvalue()


FORMATS: dict[str, t.Callable[[t.Any], str]] = {".csv": as_csv, ".json": json.dumps, ".yml": yaml.safe_dump}
INPUTS = 1500


def made(rng: Random) -> tuple[str, str]:
    """The end of a file's name, and its text."""
    suffix = rng.choice(list(FORMATS))
    kind = rng.randint(0, 3)
    if kind == 0 and suffix != ".csv":
        return suffix, FORMATS[suffix](altered(rng, SESSIONS, plain))
    if kind == 1 and suffix == ".yml":
        return suffix, torn(rng, ALIASES)
    return suffix, torn(rng, FORMATS[suffix](SESSIONS))


def bare(sessions: t.Iterable[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    return [{k: v for k, v in session.items() if k != "source" and v is not None} for session in sessions]


def checked(directory: Path) -> t.Callable[[tuple[str, str]], None]:
    def check(file: tuple[str, str]) -> None:
        suffix, text = file
        path = directory / f"ue{suffix}"
        path.write_bytes(text.encode(errors="surrogatepass"))
        try:
            sessions = read_sessions(str(path))
            told: list[t.Any] = [*problems({**PLANE, "sessions": sessions})]
        except NfvError as refusal:
            told = [refusal]
        assert all(len(str(each)) < 1500 and str(each).isprintable() for each in told)
        if told:
            return
        UserPlane.of(**PLANE, sessions=sessions)
        for other, written in FORMATS.items():
            path = directory / f"again{other}"
            path.write_text(written(bare(sessions)))
            if sessions or other != ".csv":
                assert bare(read_sessions(str(path))) == bare(sessions)

    return check


def test_session_files(tmp_path: Path) -> None:
    fuzz(made, checked(tmp_path), INPUTS)


def test_the_fuzzer_finds_a_planted_message_without_bounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parse, "shown", str)
    assert isinstance(finds(made, checked(tmp_path), INPUTS), AssertionError)


def test_the_fuzzer_finds_a_planted_misreading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(table, "_cell", lambda _key, cell: cell[:-1] or cell)
    assert isinstance(finds(made, checked(tmp_path), INPUTS), AssertionError)
