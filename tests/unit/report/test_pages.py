# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All pages: nothing of a report is markup, they fetch nothing, and they are readable wherever they are opened."""

from __future__ import annotations

import re
import typing as t

import jinja2
import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.comparison import comparison_report
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_report, poll_mode_verdict
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.readiness import readiness_report
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.report import report_html
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import plan_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.report.render import (
    TEMPLATES,
    environment,
    report_names,
    shown,
)
from tests.unit.comparison import sample
from tests.unit.evidence.test_poll_mode import CREATED
from tests.unit.readiness.test_row import ROWS
from tests.unit.report.pages import Page, Tour, tour
from tests.unit.report.polled import AROUND, PROVENANCE, polled
from tests.unit.report.test_placement import HOSTS, PLAN, placement_report

HOSTILE = """<script>console.error(1)</script>" onmouseover="x" '<b>&"""
# Ink on each surface of the stylesheet, by the names of their custom properties.
PAIRS = [
    *((ink, surface) for ink in ("ink", "soft", "good", "bad") for surface in ("page", "card")),
    *((f"on-{kind}", kind) for kind in ("planned", "moved", "tenant", "esxi")),
    *((f"series-{number}", surface) for number in range(1, 7) for surface in ("page", "card")),
]


def hostile(value: t.Any) -> t.Any:
    """The same data with hostile text for every string."""
    if isinstance(value, dict):
        return {key: hostile(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [hostile(one) for one in value]
    return value + HOSTILE if isinstance(value, str) else value


def report(name: str) -> dict[str, t.Any]:
    if name == "comparison":
        return comparison_report(sample.measurements(), sample.environment(), CREATED, hypervisor=sample.hypervisor())
    if name == "placement":
        return placement_report(plan_as_data(PLAN), hosts_as_data(HOSTS), created=CREATED)
    if name == "readiness":
        return readiness_report({"vcenter": {"rows": [row.to_dict() for row in ROWS]}}, CREATED)
    unproved = polled()
    unproved["after"]["devices"][0]["driver"] = "vmxnet3"
    verdicts = {host: poll_mode_verdict(one, AROUND) for host, one in (("pgw-1", polled()), ("pgw-2", unproved))}
    return poll_mode_report(verdicts, ["pgw-1", "pgw-2", "pgw-3"], CREATED, provenance=PROVENANCE)


def test_every_template_is_tested_and_documented() -> None:
    assert report_names() == ("comparison", "placement", "poll_mode", "readiness")


@pytest.mark.parametrize("name", report_names())
def test_hostile_names_stay_text(name: str) -> None:
    data = hostile(report(name))
    page = Page(report_html(data, name))
    assert HOSTILE in page.text
    assert not {"script", "b"} & (set(page.elements) - set(Page(report_html(report(name), name)).elements))
    assert page.fetched == []


@pytest.mark.parametrize("name", report_names())
def test_without_autoescape_a_hostile_name_is_markup(name: str) -> None:
    """The negative control of the test above."""
    template = environment().overlay(autoescape=False).get_template(f"{name}.html.j2")
    assert "<script>console" in template.render(report=shown(name, hostile(report(name))))


WIDTHS = (390, 1300)
SCHEMES = ("light", "dark")
SOUND = "<html lang='en'><title>Control</title><main><h1>Control</h1>{}</main></html>"
# Pages with one known fault each.
CONTROLS = {
    "complaint": SOUND.format("<script>console.error('seen')</script>"),
    "wide": SOUND.format("<div style='width: 500px; height: 1px'></div>"),
    "no heading": "<html lang='en'><title>Control</title><main><p>Text</p></main></html>",
    "nameless picture": SOUND.format("<svg role='img'></svg>"),
    "pale": SOUND.format("<p style='color: #777; background: #eee'>Text</p>"),
    "pale in dark": SOUND.format(
        "<style>@media (prefers-color-scheme: dark) { p { color: #777; background: #444 } }</style><p>Text</p>"
    ),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Tour:
    """Every page, as it is and with hostile names, and the controls."""
    sources = {name: report_html(report(name), name) for name in report_names()}
    strange = {f"hostile {name}": report_html(hostile(report(name)), name) for name in report_names()}
    controls = {name: f"<!DOCTYPE html>{source}" for name, source in CONTROLS.items()}
    unasked = {*strange, "complaint", "wide"}
    return tour(tmp_path_factory.mktemp("tour"), {**sources, **strange, **controls}, WIDTHS, unasked)


def violations(seen: Tour, page: str) -> dict[tuple[str, int], list[str]]:
    return {(one.scheme, one.width): one.violations for one in seen.visits if one.page == page and one.violations}


@pytest.mark.parametrize("name", report_names())
def test_axe_finds_nothing_in_light_and_in_dark(name: str, seen: Tour) -> None:
    windows = {(one.scheme, one.width) for one in seen.visits if one.page == name}
    assert windows == {(scheme, width) for scheme in SCHEMES for width in WIDTHS}
    assert violations(seen, name) == {}


@pytest.mark.parametrize(
    ("name", "rule", "schemes"),
    [
        ("no heading", "page-has-heading-one", ["light"]),
        ("nameless picture", "svg-img-alt", ["light"]),
        ("pale", "color-contrast", ["light", "dark"]),
        ("pale in dark", "color-contrast", ["dark"]),
    ],
)
def test_axe_finds_a_known_fault(name: str, rule: str, schemes: list[str], seen: Tour) -> None:
    found = violations(seen, name)
    assert set(found) == {(scheme, width) for scheme in schemes for width in WIDTHS}
    assert all([one.split(":")[0] for one in rules] == [rule] for rules in found.values())


def test_a_browser_opens_them_without_complaint(seen: Tour) -> None:
    """The control's complaint is seen, and no other."""
    assert [line for line in seen.complaints if '"seen"' not in line] == []
    assert len(seen.complaints) == 1


@pytest.mark.parametrize("name", report_names())
def test_they_fit_a_phone_and_a_screen(name: str, seen: Tour) -> None:
    assert [one for one in seen.visits if one.page == name and one.overflow] == []
    assert {one.width for one in seen.visits if one.page == "wide" and one.overflow} == {390}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1) of #rrggbb."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.1)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_ink_is_readable_on_light_and_on_dark() -> None:
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")
    schemes = re.findall(r":root {(.*?)}", (TEMPLATES / "report.css").read_text(), re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", scheme))
        assert [pair for pair in PAIRS if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


def test_every_class_has_a_rule_and_every_colour_a_name() -> None:
    """A colour without a name would not be among the tested pairs, and would be the same on light and on dark."""
    style = re.sub(r"/\*.*?\*/", "", (TEMPLATES / "report.css").read_text(), flags=re.DOTALL)
    rules = re.sub(r":root {.*?}", "", style, flags=re.DOTALL)
    colours = re.findall(r"(?:color|background|border[\w-]*|outline): ([^;]+)", rules)
    assert [one for one in colours if re.search(r"#|\brgb|\bhsl|\bblack\b|\bwhite\b", one)] == []
    proved = report("poll_mode")["hosts"]["pgw-1"]
    hosts = {status: {**proved, "status": status} for status in ("proved", "running", "skipped", "failed")}
    reports = [(name, report(name)) for name in report_names()]
    reports.append(("poll_mode", {**report("poll_mode"), "hosts": hosts}))
    used = {word for name, data in reports for word in Page(report_html(data, name)).classes}
    assert used - set(re.findall(r"\.([a-z][\w-]*)", rules)) == set()


def test_readiness_page_shows_every_row() -> None:
    data = report("readiness")
    page = Page(report_html(data, "readiness"))
    assert f"Readiness: not ready As of {CREATED}: 1 not ready, 1 unknown, 1 ready, 1 not asked." in page.text
    assert page.text.index("To do, in this order") < page.text.index("vCenter Object, check")
    for row in data["rows"]:
        twice = 2 if row["remedy"] else 1
        assert page.text.count(" ".join([f"{row['object']}, {row['check']}", row["asked"]])) == twice, row
        assert (row["seen"] in page.text, row["remedy"] in page.text) == (True, True)


def test_readiness_page_tells_why_there_are_no_rows() -> None:
    """Where rows are to be done, the message would say them a second time."""
    nothing = {**report("readiness"), "rows": [], "message": "[hosts_missing] no host"}
    assert "[hosts_missing] no host" in Page(report_html(nothing, "readiness")).text
    assert "readiness_not_met" not in Page(report_html(report("readiness"), "readiness")).text


def test_poll_mode_page_shows_every_row() -> None:
    data = report("poll_mode")
    text = Page(report_html(data, "poll_mode")).text
    assert "Poll mode and forwarding: not proved" in text
    assert "pgw-1: proved" in text
    assert "ended before the verdict" in text
    for host in data["hosts"].values():
        assert [row for row in host["evidence"] if row["name"] not in text or row["reason"] not in text] == []
        assert [stream for stream in host["traffic"] if stream["name"] not in text] == []


def test_a_page_about_a_proved_guest_says_so() -> None:
    data = poll_mode_report({"pgw-1": poll_mode_verdict(polled(), AROUND)}, ["pgw-1"], CREATED)
    assert "Poll mode and forwarding: proved 1 host, observed until" in Page(report_html(data, "poll_mode")).text


@pytest.mark.parametrize(
    ("name", "data"), [("nothing", {}), ("base", {}), ("macros", {}), ("placement", {}), ("poll_mode", {"proved": 1})]
)
def test_what_cannot_be_rendered_is_refused(name: str, data: dict[str, t.Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="report_html"):
        report_html(data, name)
    assert issubclass(jinja2.UndefinedError, jinja2.TemplateError)
