# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions come from files, and each knows where it was written."""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.dataplane import FilterModule as Dataplane
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
        ("a.csv", CSV + '"ue-1', "a.csv"),
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


HEADER = "name,imsi,ue_address,local_teid,peer_teid,peer_address"
ROW = "ue-1,001010000000001,10.60.0.1,4097,8193,198.18.1.10"


def written(directory: Path, text: str | bytes, name: str = "ue.csv") -> str:
    path = directory / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def refusal(path: t.Any) -> str:
    """The message of a refused file, which is one line of bounded length."""
    began = time.monotonic()
    with pytest.raises(AnsibleFilterError) as error:
        read(path)
    assert time.monotonic() - began < 2
    message = str(error.value)
    assert message.startswith("[sessions_unreadable] ")
    assert message.isprintable() and len(message) < 1500
    return message


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    text = f"{HEADER}\r\n{ROW}\r\n{ROW.replace('ue-1', 'ue-2')}\r\n"
    assert [entry["name"] for entry in read(written(tmp_path, b"\xef\xbb\xbf" + text.encode()))] == ["ue-1", "ue-2"]
    for name, content in (("ue.json", JSON), ("ue.yml", YAML)):
        path = written(tmp_path, b"\xef\xbb\xbf" + content.encode(), name)
        assert read(path)[0]["local_teid"] > 4096


def test_empty_rows_and_empty_columns_at_the_end_are_no_sessions(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, f"{HEADER}\r\n{ROW}\r\n,,,,,\r\n\r\n,,,,,\r\n"))) == 1
    (session,) = read(written(tmp_path, f"{HEADER},,\n{ROW},,\n,,,,,,,,,\n"))
    assert set(session) == {*HEADER.split(","), "source"}
    assert "in a column without a name: '7'" in refusal(written(tmp_path, f"{HEADER},,\n{ROW},,7\n"))


def test_a_file_of_a_header_alone_has_no_sessions(tmp_path: Path) -> None:
    assert read(written(tmp_path, f"{HEADER}\n")) == []


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, f"{HEADER},local_teid\n{ROW},5000\n"))
    assert "ue.csv:1: columns 4 and 7 are both local_teid" in message


@pytest.mark.parametrize(("separator", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_another_separator_is_named(tmp_path: Path, separator: str, called: str) -> None:
    text = f"{HEADER}\r\n{ROW}\r\n".replace(",", separator)
    assert f"separated by {called}" in refusal(written(tmp_path, text))


def test_an_export_of_another_system_is_one_message_about_its_header(tmp_path: Path) -> None:
    header = '"Name","IMSI","Auth Key","Service","Active APNs"'
    message = refusal(written(tmp_path, f"{header}\n" + '"a","IMSI1","s3cret","ACTIVE",\n' * 10_000))
    assert "lacks name, local_teid, peer_teid, peer_address" in message
    assert "a session needs name, local_teid, peer_teid, peer_address and ue_address or ue_ipv6_prefix" in message
    assert "'Auth Key'" in message and "s3cret" not in message
    many = ",".join(f"column{number}" for number in range(10_000))
    assert "and 9980 more" in refusal(written(tmp_path, many))


@pytest.mark.parametrize("content", ["", "\n", "ue-1,198.19.0.1\n"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, content: str) -> None:
    assert "is no header of sessions" in refusal(written(tmp_path, content))


TEIDS = {"00001001": None, "0000100A": None, "100A": None, "4_097": None, "+4097": None, "٤٠٩٧": None, "1e3": None}
TEIDS |= {"0x1001": 4097, "0X1001": 4097, "0x00001001": 4097, "4097": 4097, "0": 0, "9" * 5000: None, "10:20": None}


@pytest.mark.parametrize("teid", TEIDS, ids=lambda teid: teid[:10])
@pytest.mark.parametrize("name", ["ue.csv", "ue.yml"])
def test_a_number_is_decimal_or_begins_with_0x(
    tmp_path: Path, variables: dict[str, t.Any], teid: str, name: str
) -> None:
    """Whatever is neither stays as it is written, and is refused with its file, line and key."""
    keys = dict(zip(HEADER.split(","), ROW.replace("4097", teid).replace("198.18.1.10", "198.18.1.2").split(",")))
    text = f"{HEADER}\n{','.join(keys.values())}\n"
    if name == "ue.yml":
        text = "".join(f"{'  ' if index else '- '}{key}: {value}\n" for index, (key, value) in enumerate(keys.items()))
    (session,) = sessions = read(written(tmp_path, text, name))
    assert session["local_teid"] == (teid if TEIDS[teid] is None else TEIDS[teid])
    assert session["imsi"] == "001010000000001"
    problems = Problems().filters()["pgw_problems"]({**variables, "sessions": sessions})
    assert [each["path"].rpartition(".")[2] for each in problems] == ([] if TEIDS[teid] else ["local_teid"])
    if teid.startswith("0000"):
        assert "no leading zeros, and a hexadecimal one begins with 0x" in problems[0]["message"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", '[{"name": "a", "name": "b"}]', "a.json[0]: has the key name twice"),
        ("a.json", '{"sessions": [], "sessions": [{}]}', "several lists"),
        ("a.json", '{"sessions": [], "pgw_sessions": [{}]}', "several lists"),
        ("a.json", '[{"name": {"a": 1}}]', "a.json[0].name: must be a single value"),
        ("a.json", '[{"name": NaN}]', "NaN is no number"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", '[{"name": ' + "[" * 100_000, "nested too deeply"),
        ("a.json", '["' + "x" * 1_000_000 + '"]', "must be a session with its keys"),
        ("a.yml", "- name: a\n  name: b\n", "a.yml:2: has the key name twice"),
        ("a.yml", "- name: {a: 1}\n", "a.yml:1.name: must be a single value"),
        ("a.yml", "- ? [a, b]\n  : c\n", "has a key that is no text"),
        ("a.yml", "- name: !vault x\n", "has the tag !vault"),
        ("a.yml", "- &a {name: *a}\n", "*a, which is not defined before"),
        ("a.yml", "--- []\n--- []\n", "several documents"),
        ("a.yml", "- {<<: 1}\n", "<< must name one mapping"),
        ("a.yml", "[" * 100_000, "nest"),  # libyaml tells it in its own words since PyYAML 6.0.4
        ("a.yml", "- " * 100_000, "nested too deeply"),
        ("a.yml", "{a: " * 100_000, "nested too deeply"),
        ("a.yml", "- name: a\x00b\n", "cannot be read"),
        ("a.csv", "a\nb,c", "unknown columns: a"),
        ("a.csv", '"a\nb",c', r"unknown columns: 'a\nb', c"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_could_be_read_in_two_ways_or_breaks_a_reader_is_refused(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    assert told in refusal(written(tmp_path, text, name))


def test_aliases_do_not_grow(tmp_path: Path) -> None:
    lists = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8))
    assert "must be a session" in refusal(written(tmp_path, f"{lists}sessions: *a7\n", "a.yml"))
    merges = "a0: &a0 {name: x}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 8)
    )
    assert "no << themselves" in refusal(written(tmp_path, f"{merges}sessions: [*a7]\n", "a.yml"))


def test_sessions_can_share_what_is_written_once(tmp_path: Path) -> None:
    text = "- &first {name: ue-1, peer_address: 198.18.1.2}\n- {<<: *first, name: ue-2}\n- ~\n"
    first, second = read(written(tmp_path, text.replace("- ~\n", ""), "a.yml"))
    assert (first["name"], second["name"], second["peer_address"]) == ("ue-1", "ue-2", "198.18.1.2")
    assert "not None" in refusal(written(tmp_path, text, "a.yml"))


@pytest.mark.parametrize("name", ["{x}.json", "{}.yml", "{0}.csv", "%s%n.json", "$x.yml"])
def test_braces_in_a_path_are_part_of_its_name(tmp_path: Path, name: str) -> None:
    content = {"json": JSON, "yml": YAML, "csv": CSV}[name.rpartition(".")[2]]
    assert read(written(tmp_path, content, name))[0]["source"].startswith(f"{tmp_path}/{name}")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "is no path"),
        ("a\0b.csv", "is no path"),
        ("\ud800.csv", "is no path"),
        ("x" * 300 + ".csv", "File name too long"),
        ("/dev/null", "must end with"),
    ],
)
def test_what_is_no_path_is_refused(path: str, told: str) -> None:
    assert told in refusal(path)


def test_only_regular_files_of_bounded_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "no regular file" in refusal(str(tmp_path / "pipe.csv"))
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(65 * 1024 * 1024)
    assert "larger than 64 MiB" in refusal(str(large))
    assert "is not UTF-8" in refusal(written(tmp_path, CSV.encode("utf-16")))


def test_a_directory_without_a_file_of_sessions_is_no_empty_pgw(tmp_path: Path) -> None:
    written(tmp_path, CSV, "sessions.csv.bak")
    assert "without a file that ends with" in refusal(str(tmp_path))
    written(tmp_path, CSV, "SESSIONS.CSV")
    assert len(read(str(tmp_path))) == 2


def test_ten_thousand_wrong_sessions_make_a_short_message(tmp_path: Path, variables: dict[str, t.Any]) -> None:
    rows = "\n".join(f"ue-{number},1,x,0,0,y" for number in range(10_000))
    sessions = read(written(tmp_path, f"{HEADER}\n{rows}\n"))
    problems = Problems().filters()["pgw_problems"]({**variables, "sessions": sessions})
    text = Dataplane().filters()["problems_text"](problems, "pgw-1")
    assert len(problems) == 50_000
    assert text.endswith("; and 49980 more") and len(text) < 5000


def test_missing_file_and_wrong_type_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnsibleFilterError, match="No such file"):
        read(str(tmp_path / "none.csv"))
    with pytest.raises(AnsibleFilterError, match="a path or a list"):
        read({"path": "x"})


def test_other_addresses_of_a_peer_come_from_every_kind_of_file(tmp_path: Path, variables: dict[str, t.Any]) -> None:
    keys = "name,ue_address,local_teid,peer_teid,peer_address,peer_sources"
    (tmp_path / "a.csv").write_text(f"{keys}\nue-1,198.19.0.1,4097,8193,198.18.1.2,198.18.1.3 198.18.1.4\n")
    (tmp_path / "b.json").write_text(JSON.replace('"name"', '"peer_sources": ["198.18.1.3"], "name"'))
    (tmp_path / "c.yml").write_text(YAML.replace("    local_teid", "    peer_sources: [198.18.1.4]\n    local_teid"))
    found = read(str(tmp_path))
    assert [session.get("peer_sources") for session in found] == [
        ["198.18.1.3", "198.18.1.4"],
        ["198.18.1.3"],
        ["198.18.1.4"],
        None,
    ]
    assert Problems().filters()["pgw_problems"]({**variables, "sessions": found}) == []
