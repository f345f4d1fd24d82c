"""Writes what a tarball of the collection needs at run time, as an SBOM in CycloneDX's format: JSON on standard output.

    python -m scripts.sbom build/nfv-vsphere_dpdk-1.0.0.tar.gz

The tarball has nothing of others in it. The components are what it asks for on the controller, each in the version that
it was tested with, which this environment has; the property nfv:required has what may be installed instead. The same
tarball makes the same SBOM in the same environment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import re
import sys
import tarfile
import typing as t
import uuid
from pathlib import Path

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

PYTHON_REQUIREMENTS = "meta/ee-requirements.txt"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^#;]*)")


def sbom(tarball: Path) -> str:
    """The SBOM of a tarball. Raises KeyError for a tarball of something else, ValueError for what breaks the schema."""
    with tarfile.open(tarball) as archive:
        manifest = json.loads(_member(archive, "MANIFEST.json"))["collection_info"]
        python = _member(archive, PYTHON_REQUIREMENTS).decode()
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    collection = _collection(manifest, digest)
    needed = [
        *(_ansible(name, required) for name, required in sorted(manifest["dependencies"].items())),
        *(_python(*match.groups()) for line in python.splitlines() if (match := _REQUIREMENT.match(line))),
    ]
    bom = Bom(components=needed, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{digest}"))
    bom.metadata.component = collection
    bom.metadata.timestamp = dt.datetime.fromtimestamp(_epoch(tarball), dt.timezone.utc)
    bom.register_dependency(collection, needed)
    text = str(JsonV1Dot6(bom).output_as_string(indent=2))
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        raise ValueError(f"the SBOM of {tarball} breaks CycloneDX's schema: {wrong}")
    return text + "\n"


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found.read()


def _epoch(tarball: Path) -> int:
    """When the SBOM was made, in seconds since 1970: SOURCE_DATE_EPOCH, or when the tarball was."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or tarball.stat().st_mtime)


def _collection(manifest: t.Mapping[str, t.Any], digest: str) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        group=manifest["namespace"],
        name=manifest["name"],
        version=manifest["version"],
        description=manifest["description"],
        purl=PackageURL("generic", manifest["namespace"], manifest["name"], manifest["version"]),
        bom_ref=f"{manifest['namespace']}.{manifest['name']}",
        licenses=[LicenseExpression(" AND ".join(manifest["license"]))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(manifest["repository"]))],
    )


def _ansible(name: str, required: str) -> Component:
    """Another collection, in the version that PyPI's ``ansible`` has."""
    group, _dot, short = name.partition(".")
    manifest = f"ansible_collections/{group}/{short}/MANIFEST.json"
    installed = Path(str(importlib.metadata.distribution("ansible").locate_file(manifest)))
    version = json.loads(installed.read_text(encoding="utf-8"))["collection_info"]["version"]
    return _component(group, short, version, required, PackageURL("generic", group, short, version))


def _python(name: str, required: str) -> Component:
    version = importlib.metadata.version(name)
    # https://github.com/package-url/purl-spec: lower case, and no underscores.
    normalised = re.sub(r"[-_.]+", "-", name).lower()
    return _component(None, name, version, required.strip() or "any", PackageURL("pypi", None, normalised, version))


def _component(group: str | None, name: str, version: str, required: str, purl: PackageURL) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        group=group,
        name=name,
        version=version,
        purl=purl,
        bom_ref=purl.to_string(),
        properties=[Property(name="nfv:required", value=required)],
    )


if __name__ == "__main__":
    sys.stdout.write(sbom(Path(sys.argv[1])))
