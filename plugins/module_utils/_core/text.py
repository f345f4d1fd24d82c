# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How messages show what somebody else wrote: on one line, with nothing hidden, in bounded time and length."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import typing as t
import unicodedata

# Characters of a value that a message shows, and entries of a list of problems.
WIDTH: t.Final = 60
ENTRIES: t.Final = 20
# Unicode's general categories of control and format characters (bidirectional ones are among the latter), surrogates,
# and separators of lines and paragraphs.
_HIDDEN: t.Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN_KEY = re.compile(r"[\w.-]{1,60}", re.ASCII)
# Python refuses to write longer numbers, because that takes time (sys.set_int_max_str_digits).
_WRITABLE_BITS = 512


def shown(value: t.Any) -> str:
    """The value as Python would write it, cut to WIDTH characters.

    The time depends on WIDTH alone, however large, deep or recursive the value is.
    """
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > WIDTH:
            return f"{text[: WIDTH - 3]}..."
    return text


def _pieces(value: t.Any) -> t.Iterator[str]:
    """Parts of the text, made as they are asked for; each but those of other types has at least one character."""
    if isinstance(value, t.Mapping):
        yield "{"
        for index, (key, member) in enumerate(value.items()):
            yield ", " if index else ""
            yield from _pieces(key)
            yield ": "
            yield from _pieces(member)
        yield "}"
    elif isinstance(value, (list, tuple)):
        yield "["
        for index, member in enumerate(value):
            yield ", " if index else ""
            yield from _pieces(member)
        yield "]"
    else:
        yield _scalar(value)


def _scalar(value: t.Any) -> str:
    if isinstance(value, (str, bytes)):
        # Ansible's strings are of a type of their own, which a slice is not.
        return repr(value[: WIDTH + 1])
    if isinstance(value, int) and not isinstance(value, bool):
        return repr(int(value)) if value.bit_length() <= _WRITABLE_BITS else f"a number of {value.bit_length()} bits"
    if value is None or isinstance(value, (bool, float, dt.date)):
        return str(value)
    return f"a value of type {type(value).__name__}"


def key_text(key: t.Any) -> str:
    """The key as part of a key path: quoted unless it is a plain word."""
    return key[:] if isinstance(key, str) and _PLAIN_KEY.fullmatch(key) else shown(key)


def is_hidden(character: str) -> bool:
    """Whether a character controls how its neighbours are shown, or cannot be seen: control, format, bidirectional."""
    return unicodedata.category(character) in _HIDDEN


def visible(text: str) -> str:
    """The text with hidden characters, line breaks included, as escapes such as ``\\x1b``."""
    return text if text.isprintable() else "".join(ascii(each)[1:-1] if is_hidden(each) else each for each in text)


def one_line(text: str) -> str:
    """The text with its white space collapsed, line breaks included, and hidden characters as escapes."""
    return visible(" ".join(text.split()))


def listed(entries: t.Iterable[t.Any], separator: str = "; ") -> str:
    """The first ENTRIES entries as text, and how many more there are."""
    remaining = iter(entries)
    texts = [str(entry) for entry in itertools.islice(remaining, ENTRIES)]
    more = sum(1 for _entry in remaining)
    return separator.join([*texts, f"and {more} more"] if more else texts)
