# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders reports, which are plain data, as HTML pages that need no script and no other file."""

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

import jinja2

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.comparison.page import comparison_page
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.poll_mode.page import poll_mode_page

TEMPLATES: t.Final = Path(__file__).parent / "templates"
_SUFFIX: t.Final = ".html.j2"
_BASE: t.Final = "base"
_PAGES: t.Final[t.Mapping[str, t.Callable[[t.Mapping[str, t.Any]], t.Any]]] = {
    "comparison": comparison_page,
    "poll_mode": poll_mode_page,
}
"""What a template takes instead of the report itself, where more than markup lies between the two."""


@functools.cache
def environment() -> jinja2.Environment:
    """Jinja2 with autoescape on: names of VMs and hosts are other people's text. A key that is missing is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def report_names() -> tuple[str, ...]:
    """The reports that have a template, sorted."""
    names = (path.name.removesuffix(_SUFFIX) for path in TEMPLATES.glob(f"*{_SUFFIX}"))
    return tuple(sorted(name for name in names if name != _BASE))


def render(name: str, report: t.Mapping[str, t.Any]) -> str:
    """The page of a report.

    name: one of report_names(). Raises jinja2.TemplateError for another name, and that or KeyError when the report
    lacks a key.
    """
    return environment().get_template(f"{name}{_SUFFIX}").render(report=shown(name, report))


def shown(name: str, report: t.Mapping[str, t.Any]) -> t.Any:
    """What the template of a report takes as ``report``."""
    return _PAGES[name](report) if name in _PAGES else report
