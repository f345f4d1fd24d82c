# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only processes that were recorded are ended: an id may have been given to another one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.processes import (
    ProcessRecord,
    end,
    is_ours,
    is_running,
    observe,
    peak_memory_kib,
    read_record,
    write_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD = ProcessRecord(4711, 100, ("qemu-system-x86_64", "-uuid", "1"))


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"], stdout=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def recorded(process: subprocess.Popen[bytes]) -> ProcessRecord:
    record = observe(process.pid)
    assert record
    return record


def test_ours_means_same_id_start_and_command() -> None:
    assert is_ours(RECORD, RECORD)
    assert not is_ours(RECORD, None)
    assert not is_ours(RECORD, replace(RECORD, started=101))
    assert not is_ours(RECORD, replace(RECORD, command=("bash",)))


def test_a_recorded_process_is_ended(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    write_record(tmp_path / "child.pid", recorded(child))
    record = read_record(tmp_path / "child.pid")
    assert record
    assert is_running(record)
    assert end(record)
    assert child.wait(timeout=5) != 0
    assert not end(record)


@pytest.mark.parametrize("changed", [{"started": 1}, {"command": ("qemu-system-x86_64",)}])
def test_a_stranger_under_a_recorded_id_is_left_alone(
    child: subprocess.Popen[bytes], changed: dict[str, object]
) -> None:
    stale = replace(recorded(child), **changed)  # type: ignore[arg-type]
    assert not is_running(stale)
    assert not end(stale)
    assert child.poll() is None


def test_a_zombie_is_not_running(child: subprocess.Popen[bytes]) -> None:
    record = recorded(child)
    child.kill()
    while Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
        pass
    assert not is_running(record)


@pytest.mark.parametrize("content", [None, "", "{}", "4711", '{"pid": "x", "started": 1, "command": []}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "x.pid"
    if content is not None:
        path.write_text(content)
    assert read_record(path) is None


def test_peak_memory_of_a_process_and_of_none(child: subprocess.Popen[bytes]) -> None:
    assert peak_memory_kib(child.pid) > 1000
    assert peak_memory_kib(2**22 + 1) == 0
