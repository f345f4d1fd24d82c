# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions come from files, and each knows where it was written."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.pgw_problems import FilterModule as Problems
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.pgw_sessions_read import FilterModule

CSV = """\
name,ue_address,ue_ipv6_prefix,local_teid,peer_teid,peer_address,uplink_kbps
ue-1,198.19.0.1,,0x1001,8193,198.18.1.2,
ue-2,,2001:db8:1:2::/64,4098,8194,198.18.1.2,2000
"""
JSON = """[{"name": "ue-3", "ue_address": "198.19.0.3", "local_teid": 4099, "peer_teid": 8195,
  "peer_address": "198.18.1.2"}]"""
YAML = """\
# Two subscribers of one peer.
pgw_sessions:
  - name: ue-4
    ue_address: 198.19.0.4
    local_teid: 4100
    peer_teid: 8196
    peer_address: 198.18.1.2

  - {name: ue-5, ue_address: 198.19.0.5, local_teid: 0x1005, peer_teid: 8197, peer_address: 198.18.1.2}
"""


def read(paths: t.Any) -> list[dict[str, t.Any]]:
    found: list[dict[str, t.Any]] = FilterModule().filters()["pgw_sessions_read"](paths)
    return found


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in (("a.csv", CSV), ("b.json", JSON), ("c.yml", YAML), (".hidden.csv", "x"), ("README.md", "x")):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_directory_of_all_kinds_is_read_in_order(directory: Path) -> None:
    found = read(str(directory))
    assert [entry["name"] for entry in found] == ["ue-1", "ue-2", "ue-3", "ue-4", "ue-5"]
    assert [entry["source"].rpartition("/")[2] for entry in found] == [
        "a.csv:2",
        "a.csv:3",
        "b.json[0]",
        "c.yml:3",
        "c.yml:9",
    ]
    assert [entry["local_teid"] for entry in found] == [4097, 4098, 4099, 4100, 4101]
    assert "ue_ipv6_prefix" not in found[0] and "ue_address" not in found[1]
    assert found[1]["uplink_kbps"] == 2000


def test_what_is_read_is_a_valid_user_plane(directory: Path, variables: dict[str, t.Any]) -> None:
    problems = Problems().filters()["pgw_problems"]
    assert problems({**variables, "sessions": read([str(directory / "a.csv"), str(directory / "c.yml")])}) == []
    (directory / "a.csv").write_text(CSV.replace("0x1001", "many"))
    assert [problem["path"] for problem in problems({**variables, "sessions": read(str(directory / "a.csv"))})] == [
        f"{directory}/a.csv:2.local_teid"
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", CSV + "ue-9,198.19.0.9,,1,2,198.18.1.2,5,surplus\n", "a.csv:4"),
        ("a.csv", 'name\n"ue-1', "a.csv"),
        ("a.json", "[{]", "a.json"),
        ("a.json", '{"ues": []}', "must hold a list"),
        ("a.json", '["ue-1"]', "a.json[0]"),
        ("a.yml", "- name: [", "a.yml"),
        ("a.yml", "- ue-1\n- ue-2\n", "a.yml:1"),
        ("a.txt", "", "must end with"),
    ],
)
def test_unreadable_file_is_named(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(AnsibleFilterError, match=r"\[sessions_unreadable\]") as error:
        read(str(tmp_path / name))
    assert told in str(error.value)


def test_missing_file_and_wrong_type_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnsibleFilterError, match="No such file"):
        read(str(tmp_path / "none.csv"))
    with pytest.raises(AnsibleFilterError, match="a path or a list"):
        read({"path": "x"})
