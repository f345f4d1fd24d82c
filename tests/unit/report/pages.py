# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as a parser and as a browser see it."""

from __future__ import annotations

import html
import html.parser
import json
import re
import shutil
import subprocess
import typing as t
from pathlib import Path

from tests.support.imports import ROOT

AXE = ROOT / ".cache/axe/node_modules/axe-core/axe.min.js"


class Page(html.parser.HTMLParser):
    """Checks that elements nest; collects the text and whatever a browser would fetch or run."""

    VOID = frozenset({"meta"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.classes: set[str] = set()
        self.fetched = re.findall(r"url\([^)]*\)|@import[^;]*", source)
        self._texts: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    @property
    def text(self) -> str:
        """The text, with white space folded."""
        return " ".join("".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.classes |= {word for name, value in attrs if name == "class" for word in (value or "").split()}
        places = [(name, value or "") for name, value in attrs if name in ("src", "href", "srcset", "data")]
        self.fetched += [f"{tag} {name}" for name, value in places if not value.startswith("#")]
        self.fetched += [f"{tag} {name}" for name, _value in attrs if name.startswith("on")]
        self.fetched += [tag] if tag in ("script", "link", "iframe") else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self._texts.append(data)


class Visit(t.NamedTuple):
    """What a browser made of a page in one window."""

    page: str
    """The page's name."""
    scheme: str
    """``light`` or ``dark``: what the person prefers."""
    width: int
    """Of the window, in pixels."""
    overflow: int
    """Pixels by which the page is wider than its window."""
    violations: list[str]
    """What axe finds: the rule, and the elements that break it."""


class Tour(t.NamedTuple):
    """What a browser made of several pages."""

    visits: list[Visit]
    """Each page in each window."""
    complaints: list[str]
    """Lines of the browser's console."""


def tour(directory: Path, sources: t.Mapping[str, str], widths: t.Sequence[int], unasked: t.Collection[str]) -> Tour:
    """Opens pages in one headless Chromium, in windows of these widths, in light and in dark, and asks axe about each.

    A window is a frame: it has the colour scheme that its ``color-scheme`` asks for (CSS Color Adjustment, 2.4).
    Between light and dark nothing differs but colours, so dark is asked about contrast alone.
    unasked: pages that are only opened, in one window.
    """
    assert AXE.is_file(), "axe-core is not installed: scripts/bootstrap tests"
    windows = [(scheme, width) for scheme in ("light", "dark") for width in widths]
    frames = [
        f'<iframe data-page="{html.escape(name)}" data-scheme="{scheme}" data-asked="{name not in unasked}"'
        f' width="{width}" height="800" style="border: 0; color-scheme: {scheme}"'
        f' srcdoc="{html.escape(source)}"></iframe>'
        for name, source in sources.items()
        for scheme, width in (windows[:1] if name in unasked else windows)
    ]
    axe = json.dumps(AXE.read_text(encoding="utf-8")).replace("</", "<\\/")
    script = f"<script>const AXE = {axe};{_TOUR}</script>"
    file = directory / "tour.html"
    file.write_text(f"<!DOCTYPE html><title>-</title><pre></pre>{''.join(frames)}{script}", encoding="utf-8")
    document, complaints = _browse(directory, file)
    (told,) = re.findall(r"<pre>(.*?)</pre>", document, re.DOTALL)
    return Tour([Visit(**one) for one in json.loads(html.unescape(told))], complaints)


def _browse(directory: Path, file: Path) -> tuple[str, list[str]]:
    """The document, with whatever scripts did to it, and the lines of the browser's console."""
    browser = shutil.which("chromium")
    assert browser is not None, "chromium is not installed: apt-get install chromium"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += ["--enable-logging=stderr", "--v=0", f"--user-data-dir={directory / 'profile'}"]
    # By a clock that stands still while a script works, and runs ahead, frame by frame, where nothing happens.
    command += ["--virtual-time-budget=500", "--dump-dom", file.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    return run.stdout, [line for line in run.stderr.splitlines() if "CONSOLE" in line]


_TOUR = """
// What is within a picture is no text to axe; test_ink_is_readable_on_light_and_on_dark has its colours.
const ask = async (page, dark) => {
  page.eval(AXE);
  const options = {resultTypes: ["violations"], preload: false};
  if (dark) options.runOnly = {type: "rule", values: ["color-contrast"]};
  const found = await page.axe.run({include: [["html"]], exclude: [["svg > *"]]}, options);
  return found.violations.map(one => one.id + ": " + one.nodes.map(node => node.target.join(" ")).join(", "));
};
onload = async () => {
  const visits = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentWindow, root = page.document.documentElement, {scheme} = frame.dataset;
    visits.push({
      page: frame.dataset.page, scheme, width: Number(frame.width),
      overflow: root.scrollWidth - root.clientWidth,
      violations: frame.dataset.asked === "True" ? await ask(page, scheme === "dark") : [],
    });
  }
  document.querySelector("pre").textContent = JSON.stringify(visits);
};
"""
