# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release is published with: an SBOM by CycloneDX's schema, checksums, and a signature by a throwaway key."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import pytest
import yaml

from scripts.sbom import PYTHON_REQUIREMENTS, sbom
from tests.support.imports import ROOT

SIGNER, NAMESPACE = "release@nfv.vsphere_dpdk", "nfv.vsphere_dpdk"
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a tarball that tell what it needs, as they would be shipped."""
    path = tmp_path_factory.mktemp("release") / "nfv-vsphere_dpdk-9.9.9.tar.gz"
    manifest = {"collection_info": {**GALAXY, "version": "9.9.9"}}
    members = {
        "MANIFEST.json": json.dumps(manifest).encode(),
        PYTHON_REQUIREMENTS: (ROOT / PYTHON_REQUIREMENTS).read_bytes(),
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def run(*command: str | Path, directory: Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(each) for each in command],
        cwd=directory,
        env={**os.environ, "NFV_VENV": sys.prefix},
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def new_key(directory: Path, name: str) -> Path:
    made = run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", name, directory=directory)
    assert made.returncode == 0, made.stderr
    return directory / name


def attest(release: Path, key: str | Path) -> subprocess.CompletedProcess[str]:
    (tarball,) = release.glob("*.tar.gz")
    return run(ROOT / "scripts/attest", tarball, key, directory=release)


@pytest.fixture(scope="module")
def published(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with all that is published, and the public key of the allowed signer; the private one is gone."""
    directory = tmp_path_factory.mktemp("published")
    shutil.copy2(tarball, directory)
    key = new_key(directory, "key")
    (directory / "signers").write_text(f"{SIGNER} {key.with_suffix('.pub').read_text()}")
    done = attest(directory, key)
    assert done.returncode == 0, done.stderr
    key.unlink()
    return directory


@pytest.fixture
def release(published: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(published, tmp_path, dirs_exist_ok=True))


def verified(release: Path) -> tuple[bool, bool]:
    """Whether the signature is the signer's and of these sums, and whether the sums are those of the files."""
    signed = run(
        *("ssh-keygen", "-Y", "verify", "-f", "signers", "-I", SIGNER, "-n", NAMESPACE, "-s", "SHA256SUMS.sig"),
        directory=release,
        text=(release / "SHA256SUMS").read_text(),
    )
    summed = run("sha256sum", "--check", "--strict", "SHA256SUMS", directory=release)
    return signed.returncode == 0, summed.returncode == 0


def test_a_release_is_verified_by_its_public_key_alone(release: Path) -> None:
    assert verified(release) == (True, True)
    assert (release / "SHA256SUMS").read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("altered", "outcome"),
    [
        ("nfv-vsphere_dpdk-9.9.9.tar.gz", (True, False)),
        ("nfv-vsphere_dpdk-9.9.9.cdx.json", (True, False)),
        ("SHA256SUMS", (False, True)),
    ],
)
def test_what_was_altered_is_found(release: Path, altered: str, outcome: tuple[bool, bool]) -> None:
    path = release / altered
    path.write_bytes(path.read_bytes() + b"\n")
    assert verified(release) == outcome


def test_a_signature_of_another_key_does_not_count(release: Path) -> None:
    assert attest(release, new_key(release, "other")).returncode == 0
    assert verified(release) == (False, True)


def test_without_a_usable_key_everything_stays_as_it_is(release: Path) -> None:
    before = (release / "SHA256SUMS").read_bytes()
    (release / "nothing").write_text("no key\n")
    done = attest(release, release / "nothing")
    assert done.returncode == 1
    assert "a private key of OpenSSH without a passphrase" in done.stderr
    assert (release / "SHA256SUMS").read_bytes() == before


def test_an_older_signature_does_not_stay_beside_new_sums(release: Path) -> None:
    assert attest(release, "--unsigned").returncode == 0
    assert not (release / "SHA256SUMS.sig").exists()


def parts(tarball: Path) -> dict[str, t.Any]:
    document: dict[str, t.Any] = json.loads(sbom(tarball))
    return document


def test_the_sbom_has_the_collection_and_all_that_it_needs(tarball: Path) -> None:
    document = parts(tarball)
    collection = document["metadata"]["component"]
    assert (collection["group"], collection["name"], collection["version"]) == ("nfv", "vsphere_dpdk", "9.9.9")
    assert collection["licenses"] == [{"expression": "GPL-3.0-or-later"}]
    required = {
        ".".join(filter(None, (each.get("group"), each["name"]))): each["properties"][0]["value"]
        for each in document["components"]
    }
    assert required.items() >= GALAXY["dependencies"].items()
    python = (ROOT / PYTHON_REQUIREMENTS).read_text().split()
    assert {name.partition(">")[0] for name in python} == required.keys() - GALAXY["dependencies"].keys()
    pinned = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line)
    versions = {each["name"]: each["version"] for each in document["components"]}
    assert versions["pyvmomi"] == pinned["pyvmomi"]
    needs = {each["ref"]: each.get("dependsOn", []) for each in document["dependencies"]}
    assert len(needs[collection["bom-ref"]]) == len(document["components"])


def test_the_same_tarball_makes_the_same_sbom(tarball: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sbom(tarball) == sbom(tarball)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    assert parts(tarball)["metadata"]["timestamp"].startswith("2027-01-15T08:00:00")


def test_what_is_no_collection_has_no_sbom(tmp_path: Path) -> None:
    path = tmp_path / "other.tar.gz"
    with tarfile.open(path, "w:gz"):
        pass
    with pytest.raises(KeyError, match=r"MANIFEST\.json"):
        sbom(path)
