# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version that a collection on the controller says it has, for the lookup collection_version and for run.json."""

from __future__ import annotations

import json
from pathlib import Path

import yaml


def declared_version(collection: Path) -> str | None:
    """The version in a collection's directory: from MANIFEST.json, or from galaxy.yml of a checkout.

    None where there is neither. Raises ValueError, with the directory, for metadata that cannot be read.
    """
    manifest, galaxy = collection / "MANIFEST.json", collection / "galaxy.yml"
    try:
        if manifest.is_file():
            return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
        if galaxy.is_file():
            return str(yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"the metadata of the collection in {collection} cannot be read: {error}") from error
    return None
