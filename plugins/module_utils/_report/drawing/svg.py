# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of SVG, as they stand in an HTML page."""

from __future__ import annotations

import dataclasses
import html
import typing as t

Value = t.Union[str, float]


@dataclasses.dataclass(frozen=True)
class Element:
    """One element."""

    name: str
    """Its name, such as ``line``."""
    attributes: t.Mapping[str, Value]
    """Its attributes; a number is written with at most two decimals."""
    children: tuple[Element | str, ...] = ()
    """Elements and text within it."""

    def __html__(self) -> str:
        """Markup, in which everything but the elements is escaped. Jinja2 takes it as it is."""
        attributes = "".join(f' {name}="{html.escape(_written(value))}"' for name, value in self.attributes.items())
        inner = "".join(html.escape(one) if isinstance(one, str) else one.__html__() for one in self.children)
        return f"<{self.name}{attributes}>{inner}</{self.name}>" if inner else f"<{self.name}{attributes}/>"


def _written(value: Value) -> str:
    return value if isinstance(value, str) else f"{round(value, 2):g}"


def element(name: str, *children: Element | str, **attributes: Value) -> Element:
    """An element. In the names of attributes ``_`` stands for ``-``, and one at the end for nothing (``class_``)."""
    return Element(name, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}, children)


def group(children: t.Iterable[Element], **attributes: Value) -> Element:
    """The elements as one."""
    return element("g", *children, **attributes)
