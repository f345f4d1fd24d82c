# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/gitops/pipeline: a stage ends with the report's status, and never greener than ansible-playbook ended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.imports import ROOT
from tests.unit.examples.test_gitops_report import REPORT

# Leaves the report that it is given, as the collection's callback does, and ends with the status that it is given.
ANSIBLE = """#!/bin/sh
for each; do case $each in nfv_report_dir=*) directory=${each#*=} ;; esac; done
[ -z "$REPORT" ] || printf %s "$REPORT" >"$directory/run.json"
exit "$ENDS"
"""


@pytest.mark.parametrize(
    ("outcome", "ends", "status"),
    [
        ("clean", 0, 0),
        ("changed", 0, 10),
        ("drift", 2, 20),
        ("not_proved", 2, 30),
        ("refused", 2, 40),
        # Ansible failed of what the report does not know.
        ("clean", 2, 50),
        ("changed", 2, 50),
        (None, 0, 50),
        (None, 4, 50),
    ],
)
def test_status_of_a_stage(tmp_path: Path, outcome: str | None, ends: int, status: int) -> None:
    example, programs = tmp_path / "gitops", tmp_path / "bin"
    shutil.copytree(ROOT / "examples/gitops", example)
    programs.mkdir()
    (programs / "ansible-playbook").write_text(ANSIBLE)
    (programs / "ansible-playbook").chmod(0o755)
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "REPORT": json.dumps({**REPORT, "started": began, "outcome": outcome}) if outcome else "",
        "ENDS": str(ends),
    }
    command = [example / "pipeline", "nightly"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
