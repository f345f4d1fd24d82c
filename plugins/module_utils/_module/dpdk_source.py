# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module dpdk_source does: it identifies DPDK's source, and packs a tree of it."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.source import (
    Source,
    check_prefix,
    check_source,
    identify,
    pack_tree,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module with its result."""
    try:
        result = handle(module.params, module.check_mode)
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    module.exit_json(**result)


def handle(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """The module's result. Raises NfvError: source_invalid, source_missing, write_failed."""
    source = check_source(params)
    check_prefix(params["prefix"])
    checksum = identify(source)
    pack = source.kind == "tree" and params["dest"] is not None
    if pack and not check_mode:
        _pack(source, Path(params["dest"]))
    return {
        "changed": pack,
        "kind": source.kind,
        "checksum": checksum,
        "path": params["dest"] if pack else source.place,
    }


def _pack(source: Source, destination: Path) -> None:
    try:
        with destination.open("wb") as file:
            pack_tree(Path(source.place), file)
    except OSError as error:
        raise NfvError(
            ErrorCode.WRITE_FAILED,
            str(destination),
            f"{source.place} could not be packed into it: {error.strerror}",
            "Check the file system and the rights.",
        ) from error
