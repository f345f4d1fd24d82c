# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a comparison: what it says, and that its pictures are drawn where the numbers are."""

from __future__ import annotations

import html
import html.parser
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.comparison import FilterModule, comparison_report
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.report import report_html
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.comparison.page import comparison_page
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.axes import Axis, short
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.marks import SERIES, mark, series
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.svg import element
from tests.support.imports import ROOT
from tests.unit.comparison import sample
from tests.unit.report.pages import Page


def report(measurements: list[sample.Data] | None = None, **environment: t.Any) -> dict[str, t.Any]:
    measured = sample.measurements() if measurements is None else measurements
    found = comparison_report(measured, sample.environment(**environment), sample.CREATED, sample.hypervisor())
    data: dict[str, t.Any] = json.loads(json.dumps(found))
    return data


class Pictures(html.parser.HTMLParser):
    """The identifiers of a page, and those that its pictures are labelled by."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.pictures = 0
        self.identifiers: list[str] = []
        self.labels: list[str] = []
        self.feed(source)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.pictures += found.get("role") == "img"
        self.identifiers += [found["id"]] if "id" in found else []
        self.labels += [found[name] for name in ("aria-labelledby", "aria-describedby") if name in found]


def test_the_page_begins_with_the_sentence_and_the_banner() -> None:
    source = report_html(report(), "comparison")
    page = Page(source)
    assert page.text.index("at least 4.0 times as much without loss") < page.text.index("Software emulates")
    assert "Judged with 64-byte frames." in page.text
    assert (
        "poll mode at least 38,000 packets/s, limited by the tester; interrupts 9,000 to 9,090 packets/s" in page.text
    )
    assert "The lines are the price of idle: poll mode 1.02 CPU; interrupts 0.04 CPU" in page.text


def test_the_page_has_threads_and_polling_cycles() -> None:
    text = Page(report_html(report(sample.measurements(["64"])), "comparison")).text
    assert "Polling threads of Open vSwitch" in text
    assert "30,000" in text
    without = Page(report_html(report(sample.measurements(["64"], ["interrupt"])), "comparison")).text
    assert "Polling threads" not in without and "Threads of the application" not in without


def test_a_real_host_has_no_banner() -> None:
    assert "Software emulates" not in Page(report_html(report(emulated=False), "comparison")).text


def test_every_picture_has_a_title_of_its_own() -> None:
    seen = Pictures(report_html(report(), "comparison"))
    assert seen.pictures == 8
    assert sorted(seen.labels) == sorted(seen.identifiers) == sorted(set(seen.identifiers))


def test_what_is_not_recommended_is_said_with_its_figures() -> None:
    (uncoalesced,) = comparison_page(report()).advice
    assert uncoalesced.startswith("Interrupts without coalescing are not recommended. ")
    assert uncoalesced.endswith(
        " Measured with 64-byte frames, against interrupts: 7,400 instead of 9,000 packets/s without loss; 351 µs"
        " instead of 432 µs of latency at the lowest rate; 0.97 instead of 0.62 interrupts a packet; 1.10 CPU instead"
        " of 1.10 CPU used on the host."
    )
    assert html.escape(uncoalesced) in report_html(report(), "comparison")


def test_figures_of_one_side_alone_are_no_reason() -> None:
    alone = [{**one, "variant": "e1000e"} for one in sample.measurements(["64"], ["interrupt"])]
    (told,) = comparison_page(report(alone)).advice
    assert told.startswith("Two E1000E under their PMD are not recommended. ")
    assert "Measured" not in told
    beside = comparison_page(report([*sample.measurements(["64"], ["poll"]), *alone]))
    assert "against poll mode: 9,000 instead of 38,000 packets/s without loss" in beside.advice[0]


def test_what_is_recommended_needs_no_advice() -> None:
    source = report_html(report(sample.measurements(["64"], ["poll", "interrupt"])), "comparison")
    assert "ot recommended" not in source


def test_what_is_not_judged_is_said_in_red() -> None:
    only = [{**one, "latencies": [], "samples": [], "trials": [], "bursts": None} for one in sample.measurements()]
    source = report_html(report([one for one in only if one["variant"] == "poll"]), "comparison")
    assert '<p class="bad">Not judged: there is no pair to compare.</p>' in source
    # Nothing was measured that three of the pictures could show.
    assert Pictures(source).pictures == 2
    assert "unknown" in Page(source).text


def test_nothing_at_all_is_a_page_without_pictures() -> None:
    page = comparison_page(report([]))
    assert (page.judged, page.sizes) == (False, ())


def test_the_size_that_the_sentence_is_about_comes_first() -> None:
    page = comparison_page(report(sample.measurements(["1400", "64"])))
    assert [size.title for size in page.sizes] == ["64-byte frames", "1400-byte frames"]


def test_marks_stand_where_the_numbers_are() -> None:
    across = Axis.linear(38_000, 50, 350)
    assert across.ticks() == [0, 10_000, 20_000, 30_000, 40_000]
    assert (across.at(0), across.at(20_000), across.at(99_999)) == (50, 200, 350)
    up = Axis.decades(7, 8600, 200, 0)
    assert up.ticks() == [1, 10, 100, 1000, 10_000]
    assert (up.at(1), up.at(100), up.at(10_000)) == (200, 100, 0)
    assert Axis.linear(0, 0, 1).ticks()[-1] > 0
    assert Axis.decades(0, 0, 0, 1).ticks() == [1, 10]
    assert [short(value) for value in (0.5, 38_000, 1_500_000)] == ["0.5", "38k", "1.5M"]


def test_variants_differ_in_more_than_their_colour() -> None:
    assert len({(one.name, *one.attributes.items()) for one in (mark(n, 0, 0) for n in range(SERIES))}) == SERIES
    assert len({series(number) for number in range(SERIES)}) == SERIES


def test_an_element_escapes_text_and_attributes() -> None:
    hostile = """'"><script>&"""
    assert element("text", hostile, class_=hostile, stroke_width=1 / 3).__html__() == (
        '<text class="&#x27;&quot;&gt;&lt;script&gt;&amp;" stroke-width="0.33">'
        "&#x27;&quot;&gt;&lt;script&gt;&amp;</text>"
    )
    assert element("line", x1=1.0).__html__() == '<line x1="1"/>'


def test_the_filter_refuses_what_is_no_measurement() -> None:
    refuse = FilterModule().filters()["comparison_report"]
    with pytest.raises(Exception, match=r"\[measurement_invalid\] measurements\[0\]: must be a dictionary"):
        refuse([7], sample.environment(), sample.CREATED)


def keys(value: t.Any) -> set[str]:
    """Every key of a report but names of CPUs, variants and the environment's facts."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    below = [one for name, one in value.items() if name not in ("environment", "turns", "by_cpu", "idle_by_cpu")]
    return set(value).union(*map(keys, below))


def test_the_documentation_has_every_field() -> None:
    text = Path(ROOT / "docs/comparison.md").read_text()
    undocumented = {key for key in keys(report()) if f"`{key}`" not in text and f".{key}`" not in text}
    assert undocumented == set()
    assert keys({"surprise": 1}) == {"surprise"}
