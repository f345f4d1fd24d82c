# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A build with a meson and a ninja that only pretend: what is asked of them, and what comes of it."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.build import STAMP, Build
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.requirement import Requirement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_build import make

BUILD = Build("sha256:27a3", "debian 12", "/opt/dpdk", ("net/vmxnet3",), ("test-pmd",))
PRODUCTS = ("bin/dpdk-testpmd", "lib/librte_net_vmxnet3.so")


class Tools:
    """Runs tar; meson install makes the products, and the command named by failing fails."""

    def __init__(self, products: t.Sequence[str] = PRODUCTS, failing: str = "") -> None:
        self.products = products
        self.failing = failing
        self.commands: list[list[str]] = []
        self.sources: list[str] = []

    def __call__(
        self, argv: t.Sequence[str], directory: Path, environment: t.Mapping[str, str]
    ) -> tuple[int, str, str]:
        self.commands.append(list(argv))
        if self.failing and " ".join(argv).startswith(self.failing):
            return 1, "".join(f"line {number}\n" for number in range(40)), "ERROR: no libnuma\n"
        if argv[0] == "tar":
            done = subprocess.run(
                argv, cwd=directory, env={**os.environ, **environment}, check=False, capture_output=True, text=True
            )
            return done.returncode, done.stdout, done.stderr
        if argv[:2] == ["meson", "setup"]:
            self.sources = sorted(os.listdir(argv[3]))  # noqa: PTH208
        if argv[:2] == ["meson", "install"]:
            for product in self.products:
                path = Path(environment["DESTDIR"] + BUILD.prefix) / product
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(product)
        return 0, "", ""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source as a tree."""
    tree = tmp_path / "dpdk-24.11.4"
    (tree / ".git").mkdir(parents=True)
    (tree / "VERSION").write_text("24.11.4\n")
    (tree / "meson.build").touch()
    return tree


def build(tmp_path: Path, source: Path, tools: Tools, oldest: str = "22.11") -> Path:
    archive, workshop = tmp_path / "cache/dpdk.tar.gz", tmp_path / "workshop"
    workshop.mkdir()
    make(BUILD, source, Requirement(oldest, "minimum_version asks for"), archive, workshop, tools)
    return archive


def test_tree_becomes_an_archive_with_a_stamp(tmp_path: Path, source: Path) -> None:
    tools = Tools()
    archive = build(tmp_path, source, tools)
    assert tools.sources == ["VERSION", "meson.build"]
    assert [command[:2] for command in tools.commands[:3]] == [
        ["meson", "setup"],
        ["ninja", "-C"],
        ["meson", "install"],
    ]
    assert "-Denable_drivers=net/vmxnet3" in tools.commands[0]
    with tarfile.open(archive) as packed:
        names = {member.name for member in packed if member.isfile()}
        stamp = json.load(packed.extractfile(f"./{STAMP}") or pytest.fail("no stamp"))
        assert {member.uid for member in packed} == {0}
    assert names == {f"./{name}" for name in (*PRODUCTS, STAMP)}
    assert stamp == {"digest": BUILD.digest, "version": "24.11.4", "inputs": BUILD.inputs, "programs": ["dpdk-testpmd"]}
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    assert archive.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("top", [".", "dpdk-24.11.4"])
def test_tarball_may_have_a_directory_at_its_top(top: str, tmp_path: Path, source: Path) -> None:
    tarball = tmp_path / "dpdk.tar.xz"
    with tarfile.open(tarball, "w:xz") as packed:
        packed.add(source, arcname=top)
    tools = Tools()
    build(tmp_path, tarball, tools)
    assert tools.sources == [".git", "VERSION", "meson.build"]


def test_old_source_is_refused_before_it_is_configured(tmp_path: Path, source: Path) -> None:
    tools = Tools()
    with pytest.raises(NfvError, match=r"it is DPDK 24.11.4, and minimum_version asks for 99.11 or later") as caught:
        build(tmp_path, source, tools, oldest="99.11")
    assert caught.value.error_code == "dpdk_version_old"
    assert tools.commands == []


@pytest.mark.parametrize("step", ["meson setup", "ninja -C", "meson install"])
def test_step_that_fails_is_named_with_its_last_output(step: str, tmp_path: Path, source: Path) -> None:
    with pytest.raises(NfvError, match=rf"\[build_failed\] {step}: .*: line 26 / .* / ERROR: no libnuma"):
        build(tmp_path, source, Tools(failing=step))
    assert not (tmp_path / "cache").exists()


def test_product_that_meson_left_out_is_named(tmp_path: Path, source: Path) -> None:
    with pytest.raises(NfvError, match=r"the build has no librte_net_vmxnet3\.so: ") as caught:
        build(tmp_path, source, Tools(products=PRODUCTS[:1]))
    assert caught.value.error_code == "build_incomplete"
    assert not (tmp_path / "cache").exists()


def test_archive_that_is_cut_off_has_no_name(tmp_path: Path, source: Path) -> None:
    with pytest.raises(NfvError):
        build(tmp_path, source, Tools(failing="tar --create"))
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("name", ["no-source", "damaged.tar.xz", "missing.tar.xz"])
def test_what_is_no_source_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "no-source").mkdir()
    (tmp_path / "damaged.tar.xz").write_bytes(b"no archive")
    with pytest.raises(NfvError) as caught:
        build(tmp_path, tmp_path / name, Tools())
    assert caught.value.error_code == "source_missing"
