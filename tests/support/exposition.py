# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Prometheus' text exposition format, version 0.0.4, and refuses what promtool or a scrape would refuse.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import dataclasses
import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (\d+(?:\.\d+)?)")
_COMMENT = re.compile(rf"# (HELP|TYPE) ({_NAME}) (.+)")
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


@dataclasses.dataclass
class Family:
    """The samples of one metric by their labels; labels in the order of their names."""

    kind: str
    samples: dict[tuple[tuple[str, str], ...], float] = dataclasses.field(default_factory=dict)

    def value(self, **labels: str) -> float:
        """The sample with exactly these labels."""
        return self.samples[tuple(sorted(labels.items()))]


def parse(text: str) -> dict[str, Family]:
    """The families by name. Raises ValueError that names the line.

    Refused: text that does not end with a line feed, samples before HELP and TYPE or apart from their family, a label
    set that occurs twice, a counter whose name does not end with ``_total``.
    """
    if not text.endswith("\n"):
        raise ValueError("the last line is not ended")
    families: dict[str, Family] = {}
    current = helped = None
    for number, line in enumerate(text.splitlines(), start=1):
        comment, sample = _COMMENT.fullmatch(line), _SAMPLE.fullmatch(line)
        if comment and comment.group(1) == "HELP":
            helped = comment.group(2)
        elif comment:
            current = comment.group(2)
            _check_type(number, current, comment.group(3), helped, families)
            families[current] = Family(comment.group(3))
        elif sample:
            if sample.group(1) != current:
                raise ValueError(f"line {number}: {sample.group(1)} stands outside of its family")
            labels = tuple(sorted(_labels(sample.group(2) or "")))
            if labels in families[current].samples or len(dict(labels)) != len(labels):
                raise ValueError(f"line {number}: a second time: {line}")
            families[current].samples[labels] = float(line.rpartition(" ")[2])
        else:
            raise ValueError(f"line {number}: {line}")
    return families


def _check_type(number: int, name: str, kind: str, helped: str | None, families: dict[str, Family]) -> None:
    if kind not in ("counter", "gauge") or helped != name or name in families:
        raise ValueError(f"line {number}: TYPE {name} {kind}")
    if (kind == "counter") != name.endswith("_total"):
        raise ValueError(f"line {number}: {name} is a {kind}")


def _labels(text: str) -> list[tuple[str, str]]:
    return [(name, re.sub(r"\\.", lambda found: _ESCAPES[found[0]], value)) for name, value in re.findall(_LABEL, text)]
