# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interactive testpmd: started at a terminal of its own, given commands, and always ended.

It needs a terminal because its C library buffers what it writes to a pipe, up to 4 KiB.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .output import last_words, refusal

PROMPT = re.compile(r"testpmd> ")
# Workers print between the letters of the prompt while they forward, so the prompt is no end of an answer then. What
# "start" prints before they begin, and "stop" after they have ended, is.
STARTED = re.compile(r"packets/burst=\d+\n")
STOPPED = re.compile(r"\nDone\.\n+testpmd> ")
# Seconds. An emulated guest answers within two; testpmd takes some to stop and close its ports.
COMMAND_SECONDS = 30.0
END_SECONDS = 20.0
_LOOK_SECONDS = 0.05

_Console = t.TypeVar("_Console", bound="Console")


class Console:
    """A running testpmd. Leaving the context ends it.

    If this process is killed, its terminal closes, and testpmd ends by itself.
    """

    def __init__(self, argv: t.Sequence[str], start_seconds: float) -> None:
        """Starts testpmd and waits for its prompt. Raises NfvError(generator_not_started)."""
        self._text = ""
        self._terminal, other_side = pty.openpty()
        try:
            # A conversation over a terminal; run_command waits for the end.
            # pylint: disable-next=ansible-bad-function
            self._process = subprocess.Popen(
                list(argv), stdin=other_side, stdout=other_side, stderr=other_side, start_new_session=True
            )
        except OSError as error:
            os.close(self._terminal)
            raise _not_started(argv, str(error.strerror)) from error
        finally:
            os.close(other_side)
        try:
            if not self._wait(start_seconds, lambda text: PROMPT.search(text) is not None):
                ended = self._process.poll()
                came = f"no prompt in {start_seconds:.0f} s" if ended is None else f"it ended with status {ended}"
                raise _not_started(argv, f"{came}; its last words: {last_words(self._text)}")
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def command(self, line: str, answer: re.Pattern[str] = PROMPT) -> str:
        """What testpmd prints up to the answer, frames that workers print meanwhile included.

        Raises NfvError(generator_failed) when testpmd refuses the command or does not answer.
        """
        self._text = ""
        self._write(line)
        if not self._wait(COMMAND_SECONDS, lambda text: answer.search(text) is not None or refusal(text) is not None):
            raise _failed(line, f"no answer; its last words: {last_words(self._text)}")
        refused = refusal(self._text)
        if refused:
            raise _failed(line, refused)
        return self._text

    def listen(self, seconds: float, enough: t.Callable[[str], bool]) -> str:
        """What testpmd prints by itself, until that is enough or the time is over."""
        self._text = ""
        self._wait(seconds, enough)
        return self._text

    def close(self) -> None:
        """Ends testpmd by a command, else by signals; returns when the process is gone."""
        try:
            if self._process.poll() is None:
                with contextlib.suppress(OSError):
                    self._write("quit")
                self._gone(END_SECONDS)
            if self._process.poll() is None:
                self._process.terminate()
                self._gone(END_SECONDS)
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
        finally:
            os.close(self._terminal)

    def __enter__(self: _Console) -> _Console:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: str) -> None:
        os.write(self._terminal, f"{line}\n".encode())

    def _gone(self, seconds: float) -> None:
        """Reads on until the process has ended: a full terminal would block it."""
        self._wait(seconds, lambda _text: self._process.poll() is not None)

    def _wait(self, seconds: float, enough: t.Callable[[str], bool]) -> bool:
        """Reads until that is enough; False when the time is over or testpmd has closed its side."""
        until = time.monotonic() + seconds
        while not enough(self._text):
            if time.monotonic() > until or not self._read():
                return enough(self._text)
        return True

    def _read(self) -> bool:
        """Takes what has come; False when the other side is closed."""
        ready, _write, _error = select.select([self._terminal], [], [], _LOOK_SECONDS)
        if not ready:
            return True
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # EIO: the other side is closed (pty(7)).
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
            return False
        self._text += data.decode("utf-8", "replace").replace("\r", "")
        return bool(data)


def _not_started(argv: t.Sequence[str], reason: str) -> NfvError:
    return NfvError(
        ErrorCode.GENERATOR_NOT_STARTED,
        argv[0],
        f"starting it failed: {reason} (command: {' '.join(argv)})",
        "Run the command by hand on the generator: the first error names what is missing.",
    )


def _failed(line: str, reason: str) -> NfvError:
    return NfvError(
        ErrorCode.GENERATOR_FAILED,
        "testpmd",
        f"the command '{line}' failed: {reason}",
        "testpmd was ended. Check the adapters and memory of the generator, and run again.",
    )
