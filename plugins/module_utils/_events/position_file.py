# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the position in a file, so that events are caught up that happened while nobody listened."""

from __future__ import annotations

import datetime as dt
import json
import os
import pathlib
import tempfile

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .delivery import Position

REMEDY = "Correct the path or its rights; to begin anew from vCenter's present time, remove the file"


def load(path: pathlib.Path) -> Position | None:
    """Reads the position; None where there is no file. Raises NfvError: position_unusable."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        delivered = {int(key): _time(when) for key, when in data["delivered"].items()}
        return Position(str(data["instance_uuid"]), _time(data["since"]), delivered)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(path, "read", error) from error


def save(path: pathlib.Path, position: Position) -> None:
    """Writes the position whole or not at all. Raises NfvError: position_unusable."""
    data = {
        "instance_uuid": position.instance_uuid,
        "since": position.since.isoformat(),
        "delivered": {str(key): when.isoformat() for key, when in position.delivered.items()},
    }
    try:
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file)
            file.flush()
            os.fsync(descriptor)
        pathlib.Path(partial).replace(path)
    except OSError as error:
        raise _unusable(path, "write", error) from error


def _time(text: str) -> dt.datetime:
    """Raises ValueError for a time without a time zone, too."""
    when = dt.datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return when


def _unusable(path: pathlib.Path, attempted: str, error: Exception) -> NfvError:
    return NfvError(
        ErrorCode.POSITION_UNUSABLE,
        str(path),
        f"failed to {attempted} the position among vCenter's events: {type(error).__name__}: {error}",
        REMEDY,
    )
