# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as a parser and as a browser see it."""

from __future__ import annotations

import html
import html.parser
import re
import shutil
import subprocess
import typing as t
from pathlib import Path


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
        self.fetched += [f"{tag} {name}" for name, _value in attrs if name in ("src", "href", "srcset", "data")]
        self.fetched += [f"{tag} {name}" for name, _value in attrs if name.startswith("on")]
        self.fetched += [tag] if tag in ("script", "link", "iframe") else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self._texts.append(data)


class Seen(t.NamedTuple):
    """What a browser made of a page."""

    document: str
    """The document, with whatever scripts did to it."""
    complaints: list[str]
    """Lines of the browser's console."""


def browse(directory: Path, source: str) -> Seen:
    """Opens a page in headless Chromium."""
    browser = shutil.which("chromium")
    assert browser is not None, "chromium is not installed: apt-get install chromium"
    file = directory / "page.html"
    file.write_text(source, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += ["--enable-logging=stderr", "--v=0", f"--user-data-dir={directory / 'profile'}", "--dump-dom"]
    run = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    return Seen(run.stdout, [line for line in run.stderr.splitlines() if "CONSOLE" in line])


def overflow(directory: Path, source: str, widths: t.Sequence[int]) -> dict[int, int]:
    """Pixels by which the page's content is wider than windows of these widths."""
    frames = "".join(
        f'<iframe width="{width}" height="800" style="border: 0" srcdoc="{html.escape(source)}"></iframe>'
        for width in widths
    )
    script = (
        "onload = () => document.title = [...document.querySelectorAll('iframe')]"
        ".map(frame => frame.contentDocument.documentElement)"
        ".map(page => page.scrollWidth - page.clientWidth).join(' ')"
    )
    seen = browse(directory, f"<!DOCTYPE html><title>-</title>{frames}<script>{script}</script>")
    (title,) = re.findall(r"<title>([\d ]+)</title>", seen.document)
    return dict(zip(widths, map(int, title.split()), strict=True))
