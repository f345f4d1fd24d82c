# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment of examples/gitops, without a container: what it lists, and a Python that has just that."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import yaml

from tests.support.playbook import BINARIES, ROOT
from tests.support.shipped import build_collection, copy_dependencies

DEFINITION = ROOT / "examples/gitops/execution-environment.yml"
BUILDER = BINARIES / "ansible-builder"


def create_context(definition: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    """What an image is built from, made in the directory by `ansible-builder create`; the caller judges the status."""
    command = [BUILDER, "create", "--file", definition, "--context", directory, "--output-filename", "Containerfile"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def install_collections(directory: Path) -> Path:
    """The collections that the definition asks for, below a directory that Ansible and ansible-builder search.

    This one is from its tarball; those that it depends on are from the Python package `ansible`. Raises OSError.
    """
    path = directory / "collections"
    ours = path / "ansible_collections/nfv/vsphere_dpdk"
    ours.mkdir(parents=True)
    tarball = build_collection(directory / "build")
    with tarfile.open(tarball) as opened:
        opened.extractall(ours, filter="data")
    copy_dependencies(tarball, path)
    return path


class Listed(t.NamedTuple):
    """What an image from the definition has beyond its base."""

    ansible: list[str]
    """ansible-core and ansible-runner, as pip takes them."""
    python: list[str]
    """What the collections need of Python, as pip takes it."""
    system: list[str]
    """What they need of the system, as bindep takes it."""


def listed(collections: Path, definition: Path = DEFINITION) -> Listed:
    """Raises OSError and subprocess.CalledProcessError."""
    asked = yaml.safe_load(definition.read_text(encoding="utf-8"))["dependencies"]
    command = [BUILDER, "introspect", collections]
    found = yaml.safe_load(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)
    ansible = [asked[name]["package_pip"] for name in ("ansible_core", "ansible_runner")]
    python, system = ([line.split("#")[0].strip() for line in found[kind]] for kind in ("python", "system"))
    return Listed(ansible, python, system)


def python_with(directory: Path, packages: t.Sequence[str]) -> Path:
    """The programs of a new virtual environment that has these packages and what they need themselves.

    Raises subprocess.CalledProcessError, whose stderr has what pip said.
    """
    subprocess.run([sys.executable, "-m", "venv", directory], check=True, timeout=300)
    command = [directory / "bin/python", "-m", "pip", "install", "--quiet", "--no-compile", *packages]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    return directory / "bin"
