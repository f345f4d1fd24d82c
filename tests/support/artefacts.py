# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline's artefacts as those read them who they are for, and no secret in any."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse
from pathlib import Path

import jsonschema
import junitparser
from prometheus_client.parser import text_string_to_metric_families

from tests.support.playbook import ROOT

RUN_REPORT = ROOT / "docs/run_report.schema.json"
# https://docs.gitlab.com/ci/testing/unit_test_reports/: what GitLab reads of a JUnit report.
GITLAB_ELEMENTS = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out", "system-err"}
GITLAB_CASE = {"name", "classname", "time", "file", "assertions"}


def check_artefacts(directory: Path, secrets: t.Iterable[str]) -> list[str]:
    """The names of the artefacts, after each was read by its format. Fails the test for one that is not valid."""
    found = sorted(path for path in directory.rglob("*") if path.is_file())
    assert leaking(found, secrets) == []
    for path in found:
        if path.name in CHECKS:
            CHECKS[path.name](path)
    return [path.relative_to(directory).as_posix() for path in found]


def leaking(files: t.Iterable[Path], secrets: t.Iterable[str]) -> list[str]:
    """Those of the files that have a secret, as it is or encoded."""
    forms = [form.encode() for secret in secrets for form in encoded(secret)]
    return [str(file) for file in files if any(form in file.read_bytes() for form in forms)]


def encoded(secret: str) -> set[str]:
    """The forms in which a secret may be found."""
    return {
        secret,
        base64.b64encode(secret.encode()).decode(),
        urllib.parse.quote(secret, safe=""),
        json.dumps(secret)[1:-1],
    }


def check_junit(path: Path) -> None:
    """A suite of at least one case in each, of what GitLab and Jenkins show, with sums that are right."""
    report = junitparser.JUnitXml.fromfile(str(path))
    suites = list(report)
    assert suites, path
    for suite in suites:
        cases = list(suite)
        assert len(cases) == suite.tests > 0
        failed = [case for case in cases if any(isinstance(one, junitparser.Failure) for one in case.result)]
        assert len(failed) == suite.failures
    elements = list(report._elem.iter())
    assert {element.tag for element in elements} <= GITLAB_ELEMENTS
    for element in elements:
        if element.tag == "testcase":
            assert {"name", "classname", "time"} <= set(element.keys()) <= GITLAB_CASE


def check_prometheus(path: Path) -> None:
    """Every family has a type and a help, and the run's status is there."""
    families = {family.name: family for family in text_string_to_metric_families(path.read_text())}
    assert "nfv_run_status" in families
    for family in families.values():
        assert family.type == "gauge" and family.documentation and family.samples, family


def check_run_report(path: Path) -> None:
    """As docs/run_report.schema.json says."""
    jsonschema.validate(json.loads(path.read_text()), json.loads(RUN_REPORT.read_text()))


def check_markdown(path: Path) -> None:
    """It has a title."""
    assert path.read_text().startswith("# ")


CHECKS: dict[str, t.Callable[[Path], None]] = {
    "junit.xml": check_junit,
    "nfv.prom": check_prometheus,
    "run.json": check_run_report,
    "plan.md": check_markdown,
}
