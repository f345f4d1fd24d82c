# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DPDK's source: what is refused, and which trees are the same."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.source import (
    Source,
    check_prefix,
    check_source,
    identify,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_source import handle


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small source."""
    top = tmp_path / "dpdk"
    (top / "lib").mkdir(parents=True)
    (top / "VERSION").write_text("24.11.4\n")
    (top / "lib/eal.c").write_text("int eal;\n")
    (top / "latest").symlink_to("lib/eal.c")
    return top


def checksum(tree: Path) -> str:
    return identify(Source("tree", str(tree), None))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"archive": None, "checksum": "sha256:0"},
        {"archive": "a", "tree": "b"},
        {"url": "https://example.com/dpdk.tar.xz"},
    ],
)
def test_source_that_names_not_one_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NfvError) as caught:
        check_source(options)
    assert caught.value.error_code == "source_invalid"


@pytest.mark.parametrize("prefix", ["/usr", "/opt", "/", "/opt/", "opt/dpdk", "/opt//dpdk", ""])
def test_prefix_that_is_shared_is_refused(prefix: str) -> None:
    check_prefix("/opt/dpdk")
    with pytest.raises(NfvError) as caught:
        check_prefix(prefix)
    assert caught.value.error_code == "source_invalid"


def test_url_is_known_by_the_checksum_that_was_given() -> None:
    source = check_source({"url": "https://example.com/dpdk.tar.xz", "checksum": "sha256:27a3"})
    assert identify(source) == "sha256:27a3"


def test_archive_has_the_checksum_of_its_bytes(tmp_path: Path) -> None:
    archive = tmp_path / "dpdk.tar.xz"
    archive.write_bytes(b"x" * 3_000_000)
    right = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    assert identify(Source("archive", str(archive), None)) == identify(Source("archive", str(archive), right)) == right
    with pytest.raises(NfvError, match="and not sha256:0") as caught:
        identify(Source("archive", str(archive), "sha256:0"))
    assert caught.value.error_code == "source_missing"


@pytest.mark.parametrize("kind", ["archive", "tree"])
def test_source_that_is_not_there_is_named(kind: str, tmp_path: Path) -> None:
    with pytest.raises(NfvError, match="dpdk-99") as caught:
        identify(Source(kind, str(tmp_path / "dpdk-99"), None))
    assert caught.value.error_code == "source_missing"


def test_times_places_and_version_control_do_not_count(tree: Path, tmp_path: Path) -> None:
    before = checksum(tree)
    os.utime(tree / "VERSION", (1, 1))
    (tree / ".git").mkdir()
    (tree / ".git/HEAD").write_text("ref")
    assert checksum(tree) == before
    assert checksum(tree.rename(tmp_path / "elsewhere")) == before


def rename(tree: Path) -> None:
    (tree / "VERSION").rename(tree / "VERSIONS")


CHANGES: dict[str, t.Callable[[Path], object]] = {
    "content": lambda tree: (tree / "VERSION").write_text("24.11.5\n"),
    "name": rename,
    "mode": lambda tree: (tree / "VERSION").chmod(0o755),
    "another file": lambda tree: (tree / "lib/new.c").touch(),
    "link": lambda tree: ((tree / "latest").unlink(), (tree / "latest").symlink_to("VERSION")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_of_a_tree_count(change: t.Callable[[Path], object], tree: Path) -> None:
    before = checksum(tree)
    change(tree)
    assert checksum(tree) != before


def test_packed_tree_is_the_tree(tree: Path, tmp_path: Path) -> None:
    packed, unpacked = tmp_path / "packed.tar", tmp_path / "unpacked"
    asked = {"archive": None, "tree": str(tree), "url": None, "checksum": None, "prefix": "/opt/dpdk"}
    result = handle({**asked, "dest": str(packed)}, check_mode=False)
    assert result == {"changed": True, "kind": "tree", "checksum": checksum(tree), "path": str(packed)}
    # The checksum is that of the archive, too.
    assert identify(Source("archive", str(packed), None)) == checksum(tree)
    with tarfile.open(packed) as archive:
        archive.extractall(unpacked, filter="tar")
    assert checksum(unpacked) == checksum(tree)
    packed.unlink()
    assert handle({**asked, "dest": str(packed)}, check_mode=True)["changed"]
    assert not packed.exists()


def test_archive_is_left_where_it_is(tree: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "dpdk"), "tar", tree)
    asked = {"archive": archive, "tree": None, "url": None, "checksum": None, "prefix": "/opt/dpdk"}
    result = handle({**asked, "dest": str(tmp_path / "packed.tar")}, check_mode=False)
    assert (result["changed"], result["path"]) == (False, archive)
