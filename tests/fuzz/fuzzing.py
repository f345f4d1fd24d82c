# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a check over made-up input, each within bounded time; docs/testing.md says how to run it for hours.

Inputs are numbered, and the number alone makes an input, so that the one that failed can be made again. Hypothesis does
the same for decisions (tests/unit); drawing input of this size takes it a hundred times as long as checking it.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import os
import random
import signal
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown
from tests.support.hostile import HOSTILE

T = t.TypeVar("T")
Random = random.Random
# Seconds that each fuzzer goes on; 0 for the same inputs each time.
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
# The number of the first input: a random one for hours of fuzzing, a given one to make a failure again.
FIRST = int(os.environ.get("FUZZ_FIRST") or (random.SystemRandom().randrange(2**60) if SECONDS else 0))
# Seconds of this process's CPU time for one input, and of the clock: a machine may do much else.
LIMIT, LONGEST = 5.0, 60.0
# What a text may hold that nobody expects.
SNIPPETS = (
    *("\0", "\x1b[2J", "\u202e", "\ufeff", "\ud800", "\u0664", "\n", "\r", "\t", " ", ""),
    *(",", ";", ":", '"', "'", "\\", "=", "-", "#", "{", "}", "[", "]", "{}", "{0}", "{{ x }}", "%s"),
    *("&a ", "*a", "<<", "!!int ", "~", "---\n", "0", "-1", "00001", "0x", "1e999", "NaN", "0-9999999999"),
    *("9" * 30, "9" * 5000, "[" * 3000, "{" * 3000, "x" * 20000),
)
WORDS = ("", "auto", "0", "0-3", "1,,2", "00:50:56:00:00:01", "198.18.1.1", "198.18.1.1/24", "true", *SNIPPETS)


class TooSlowError(BaseException):
    """One input took longer than the limit. No Exception: the code under test must not catch it."""


@contextlib.contextmanager
def _limit() -> t.Iterator[None]:
    def ring(*_signal: object) -> t.NoReturn:
        raise TooSlowError(f"one input took longer than {LIMIT:g} s of CPU time or {LONGEST:g} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, LIMIT), (signal.SIGALRM, signal.ITIMER_REAL, LONGEST))
    earlier = [signal.signal(number, ring) for number, _timer, _seconds in timers]
    for _number, timer, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (number, timer, _seconds), handler in zip(timers, earlier, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def fuzz(make: t.Callable[[Random], T], check: t.Callable[[T], None], inputs: int) -> None:
    """Checks that many inputs, and goes on until SECONDS are over. Raises what the check raises, with the number."""
    ends = time.monotonic() + SECONDS
    for number in itertools.count(FIRST):
        if number - FIRST >= inputs and time.monotonic() >= ends:
            return
        value = make(random.Random(number))  # noqa: S311 - not for secrets
        try:
            with _limit():
                check(value)
        except BaseException as error:
            error.add_note(f"Make this input again with FUZZ_FIRST={number}: {shown(value)}")
            raise


def finds(make: t.Callable[[Random], T], check: t.Callable[[T], None], inputs: int) -> BaseException | None:
    """What the fuzzer finds, None for nothing: the negative control of a fuzzer plants a fault and calls this."""
    try:
        fuzz(make, check, inputs)
    except BaseException as error:  # noqa: BLE001 - a planted fault may raise anything
        return error
    return None


def _torn(rng: Random, content: t.Any, put: t.Callable[[t.Any], t.Any], most: int) -> t.Any:
    for _change in range(rng.randint(0, most)):
        start = rng.randint(0, len(content))
        end = min(len(content), start + rng.choice((0, 1, 1, 2, 5, 20, 200, len(content))))
        content = content[:start] + put(content[start:end]) + content[end:]
    return content


def torn(rng: Random, text: str, most: int = 4) -> str:
    """The text with some parts cut out, repeated, or replaced by what nobody expects."""
    found: str = _torn(rng, text, lambda part: rng.choice(("", part * 2, *SNIPPETS)), most)
    return found


def torn_bytes(rng: Random, content: bytes, most: int = 4) -> bytes:
    """The same for bytes."""
    found: bytes = _torn(
        rng, content, lambda part: rng.choice((b"", part * 2, rng.randbytes(rng.randint(1, 4)), b"\xff" * 8)), most
    )
    return found


def _paths(value: t.Any, path: tuple[t.Any, ...] = ()) -> list[tuple[t.Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, member in members for each in _paths(member, (*path, key)))]


def altered(rng: Random, value: t.Any, put: t.Callable[[Random], t.Any], most: int = 3) -> t.Any:
    """Plain data with some values replaced or left out, keys added and list entries repeated."""
    places, found = _paths(value), copy.deepcopy(value)
    for _change in range(rng.randint(0, most)):
        where = rng.choice(places)
        if not where:
            if rng.random() < 0.2:
                return put(rng)
            continue
        # An earlier change may have removed the place.
        with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):
            parent = found
            for key in where[:-1]:
                parent = parent[key]
            _alter(rng, parent, where[-1], put)
    return found


def _alter(rng: Random, parent: t.Any, key: t.Any, put: t.Callable[[Random], t.Any]) -> None:
    how = rng.randint(0, 3)
    if how == 0:
        del parent[key]
    elif how > 1:
        parent[key] = put(rng)
    elif isinstance(parent, list):
        parent.insert(key, copy.copy(parent[key]))
    else:
        parent[rng.choice(("x", "a b", "a_b", rng.choice(WORDS)))] = put(rng)


def plain(rng: Random, depth: int = 3) -> t.Any:
    """A value that JSON holds."""
    kind = rng.randint(0, 8 if depth else 6)
    if kind > 6:
        members = [plain(rng, depth - 1) for _member in range(rng.randint(0, 3))]
        return members if kind == 7 else {rng.choice(WORDS): member for member in members}
    number = rng.choice((rng.randint(-2, 9), rng.getrandbits(70), rng.random() * 9))
    return (None, rng.random() < 0.5, number, number, "x", rng.choice(WORDS), rng.choice(WORDS))[kind]


def junk(rng: Random) -> t.Any:
    """A value of any kind, such as nobody writes and a program may pass on."""
    kind = rng.randint(0, 3)
    if kind == 0:
        return HOSTILE[rng.choice(list(HOSTILE))]
    if kind == 1:
        return rng.choice((b"x", (), (1, "a"), {1}, {None: 1, 2: {}}, float("nan"), float("-inf"), object(), 1j))
    return plain(rng)
