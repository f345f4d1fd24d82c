# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is made from decides its name; where its packages come from; how it first boots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.image.archives import behind_the_lab, forwarded_settings, renamed, source_lines
from lab.image.builder import source_code
from lab.image.disk import first_menu, kernel_arguments
from lab.image.inputs import DEBIAN_12, DEBIAN_13, ImageInputs, collect, read_packages

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = (
    "lab/image/packages.txt",
    "roles/dpdk_install/tasks/main.yml",
    "plugins/modules/dpdk_install_info.py",
    "playbooks/build_image.yml",
    "ssh.pub",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in INPUTS:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def digest(checkout: Path) -> str:
    return collect(checkout, [checkout / "ssh.pub"]).digest


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_changes_the_image(checkout: Path, name: str) -> None:
    before = digest(checkout)
    (checkout / name).write_text("changed")
    assert digest(checkout) != before


def test_a_new_a_lost_and_an_executable_file_change_the_image(checkout: Path) -> None:
    seen = {digest(checkout)}
    (checkout / "lab/image/guest").mkdir()
    (checkout / "lab/image/guest/generator").write_text("")
    seen.add(digest(checkout))
    (checkout / "lab/image/guest/generator").chmod(0o755)
    seen.add(digest(checkout))
    (checkout / "roles/dpdk_install/tasks/main.yml").unlink()
    seen.add(digest(checkout))
    assert len(seen) == 4


def test_each_release_is_an_image_of_its_own(checkout: Path) -> None:
    key = checkout / "ssh.pub"
    assert collect(checkout, [key], DEBIAN_12).digest != collect(checkout, [key], DEBIAN_13).digest
    assert collect(checkout, [key], DEBIAN_12).digest == digest(checkout)


def test_sources_come_from_where_packages_do_and_from_no_place_that_drops_them() -> None:
    lines = ["deb [signed-by=k] http://mirror bookworm main", "deb [signed-by=k] http://mirror bookworm-security main"]
    assert source_code(lines) == ["deb-src [signed-by=k] http://mirror bookworm main"]


def test_another_release_comes_from_the_same_mirrors() -> None:
    lines = renamed(source_lines(TARGETS, "bookworm"), "bookworm", "trixie")
    assert [line.split("] ")[1] for line in lines] == [
        "http://mirror.example/debian/ trixie main",
        "http://mirror.example/security/ trixie-security main",
    ]


def test_other_files_and_the_place_do_not_change_the_image(checkout: Path, tmp_path: Path) -> None:
    before = digest(checkout)
    (checkout / "lab/report.py").write_text("")
    (checkout / "lab/image/__pycache__").mkdir()
    (checkout / "lab/image/__pycache__/build.pyc").write_text("")
    assert digest(checkout) == before
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    checkout.rename(moved)
    assert digest(moved) == before


def test_moving_a_byte_between_two_files_changes_the_image() -> None:
    assert ImageInputs({"a": b"12", "b": b"3"}).digest != ImageInputs({"a": b"1", "b": b"23"}).digest


def test_package_lists_have_comments() -> None:
    assert read_packages("# why\nsudo\n\nudev # because\n") == ["sudo", "udev"]


TARGETS = [
    "Debian|bookworm|http://mirror.example/debian/|bookworm|main\n",
    "Debian|bookworm|http://mirror.example/debian/|bookworm|main\n",
    "Debian|bookworm-security|http://mirror.example/security/|bookworm-security|main\n",
    "Debian|trixie|http://mirror.example/debian/|trixie|main\n",
    "Debian|bookworm|http://mirror.example/debian/|bookworm|non-free\n",
    "Example Vendor|bookworm|http://vendor.example/|bookworm|main\n",
]


def test_only_debians_own_archives_of_the_release_are_used() -> None:
    lines = source_lines(TARGETS, "bookworm")
    assert [line.split("] ")[1] for line in lines] == [
        "http://mirror.example/debian/ bookworm main",
        "http://mirror.example/security/ bookworm-security main",
    ]
    assert source_lines(TARGETS[3:], "bookworm") == []


def test_guests_reach_every_archive_by_the_labs_server() -> None:
    sources = """deb [signed-by=/k.gpg] http://archive.example/debian bookworm main
deb https://mirror.example:8443/debian-security bookworm-security main
# deb http://archive.example/debian bookworm contrib
deb-src http://archive.example/debian bookworm main
"""
    assert behind_the_lab(sources).splitlines() == [
        "deb [signed-by=/k.gpg] http://198.18.0.1/http/archive.example/debian bookworm main",
        "deb http://198.18.0.1/https/mirror.example:8443/debian-security bookworm-security main",
        "# deb http://archive.example/debian bookworm contrib",
        "deb-src http://198.18.0.1/http/archive.example/debian bookworm main",
    ]


def test_only_settings_that_reach_the_archives_go_into_the_build() -> None:
    dump = [
        'Acquire::http::Proxy "http://proxy.example:3128";\n',
        'Acquire::http::Empty "";\n',
        'Acquire::Check-Date "false";\n',
        'Acquire::IndexTargets::deb::DEP-11::MetaKey "x";\n',
        'DPkg::Pre-Install-Pkgs:: "/usr/sbin/dpkg-preconfigure --apt || true";\n',
    ]
    assert forwarded_settings(dump) == [
        'Acquire::http::Proxy "http://proxy.example:3128";',
        'Acquire::Check-Date "false";',
    ]


def test_the_first_boot_has_the_arguments_of_later_ones() -> None:
    defaults = 'GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="console=ttyS0"\n'
    assert kernel_arguments(defaults) == "console=ttyS0 quiet"
    assert kernel_arguments("") == ""
    assert " linux /vmlinuz root=LABEL=root ro console=ttyS0 quiet\n" in first_menu("console=ttyS0 quiet")
