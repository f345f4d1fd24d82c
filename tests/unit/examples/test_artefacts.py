# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a pipeline's artefacts find what they are there for."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.support.artefacts import CHECKS, check_artefacts

SECRET = "not/to be told"


@pytest.mark.parametrize(
    "text", [SECRET, base64.b64encode(SECRET.encode()).decode(), "https://me:not%2Fto%20be%20told@vcenter/sdk"]
)
def test_a_secret_is_found_in_any_artefact_as_it_is_and_encoded(tmp_path: Path, text: str) -> None:
    (tmp_path / "deploy").mkdir()
    report = tmp_path / "deploy/placement.html"
    report.write_text("<html>nothing to hide</html>")
    assert check_artefacts(tmp_path, [SECRET]) == ["deploy/placement.html"]
    report.write_text(f"<html>{text}</html>")
    with pytest.raises(AssertionError):
        check_artefacts(tmp_path, [SECRET])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("junit.xml", "<testsuites/>"),
        ("junit.xml", '<testsuites><testsuite name="a" tests="1" failures="0"/></testsuites>'),
        ("junit.xml", '<testsuites><testsuite tests="1" failures="1"><testcase name="b"/></testsuite></testsuites>'),
        ("nfv.prom", 'nfv_run_status{playbook="deploy"} 0\n'),
        ("run.json", "{}"),
        ("plan.md", ""),
    ],
)
def test_an_artefact_that_is_not_of_its_format_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Exception):  # noqa: B017, PT011 - each format has its own
        CHECKS[name](tmp_path / name)
