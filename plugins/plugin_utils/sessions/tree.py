# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions in YAML, read from the parser's events. Pure.

yaml.load() is of no use for input that nobody vouches for: it takes the last of two equal keys, reads ``00001001`` as
an octal number and ``10:20`` as 620, writes out merged keys as often as aliases repeat them, and libyaml's binding ends
the process when a file is nested deeply enough.
"""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import key_text, shown

from .model import MOST, Block, Pairs, unreadable

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A dictionary of a list of sessions whose values are lists has four levels.
_DEPTH = 8
# Texts that YAML 1.1 takes for no value, unless they are quoted.
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
# Mappings that one ``<<`` may name. They may not merge others themselves.
_MERGED = 20
_STANDARD = "tag:yaml.org,2002:"

Event = t.Any


def read_tree(text: str, name: str) -> t.Any:
    """The content of a YAML text: lists are Block, mappings Pairs, and every scalar is its text as written, or None.

    Raises NfvError ``sessions_unreadable``, yaml.YAMLError.
    """
    return _Reader(text, name).document()


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self._events = yaml.parse(text, Loader=_LOADER)
        self._name = name
        self._anchors: dict[str, t.Any] = {}

    def document(self) -> t.Any:
        """The content of the one document; None for an empty text."""
        found = [self._content(event, 0) for event in self._events if isinstance(event, yaml.NodeEvent)]
        if len(found) > 1:
            raise unreadable(self._name, "holds several documents; keep one")
        return found[0] if found else None

    def _refused(self, line: int, attempted: str) -> NfvError:
        return unreadable(f"{self._name}:{line}", attempted)

    def _content(self, event: Event, depth: int) -> t.Any:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._refused(line, f"names *{str(event.anchor)[:60]}, which is not defined before")
            return self._anchors[event.anchor]
        if event.tag not in (None, "!") and not event.tag.startswith(_STANDARD):
            raise self._refused(line, f"has the tag {event.tag[:60]}, which sessions cannot have")
        if depth > _DEPTH:
            raise self._refused(line, "is nested too deeply")
        if isinstance(event, yaml.ScalarEvent):
            content: t.Any = None if event.implicit[0] and event.value in _NOTHING else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            content = Block(self._content(each, depth + 1) for each in self._until(yaml.SequenceEndEvent))
            content.line = line
        else:
            content = self._mapping(line, depth)
        # Set afterwards, so that nothing contains itself.
        if event.anchor:
            self._anchors[event.anchor] = content
        return content

    def _mapping(self, line: int, depth: int) -> Pairs:
        own, merged = Pairs(), Pairs()
        own.line = line
        keys: set[str] = set()
        for event in self._until(yaml.MappingEndEvent):
            key = self._content(event, depth + 1)
            value = self._content(next(self._events), depth + 1)
            if key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
                merged += self._merge_sources(value, line)
                continue
            if not isinstance(key, str):
                raise self._refused(event.start_mark.line + 1, f"has a key that is no text: {shown(key)}")
            if key in keys:
                raise self._refused(event.start_mark.line + 1, f"has the key {key_text(key)} twice; keep one")
            keys.add(key)
            own.append((key, value))
        own.merges = bool(merged)
        # An own key comes before a merged one, and an earlier mapping before a later one (YAML's "merge" type).
        own += {key: value for key, value in reversed(merged) if key not in keys}.items()
        return own

    def _merge_sources(self, value: t.Any, line: int) -> Pairs:
        sources = [value] if isinstance(value, Pairs) else value
        if not isinstance(sources, list) or len(sources) > _MERGED:
            raise self._refused(line, f"<< must name one mapping, or a list of at most {_MERGED}")
        for source in sources:
            # Otherwise a few lines of aliases would grow without bounds.
            if not isinstance(source, Pairs) or source.merges or len(source) > MOST:
                raise self._refused(line, f"<< must name mappings of at most {MOST} keys that have no << themselves")
        return Pairs(pair for source in sources for pair in source)

    def _until(self, end: type) -> t.Iterator[Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event
