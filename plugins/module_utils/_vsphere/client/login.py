# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login: in English, and so that no session is left behind."""

from __future__ import annotations

import contextlib
import secrets
import signal
import threading
import typing as t

from .faults import BROKEN
from .sdk import vmodl

# vCenter translates device labels ("Netzwerkadapter 2") and messages; descriptions and plans name the English labels.
LOCALE: t.Final = "en"

# Signals that end a module: from Ansible or its operator, and from a terminal that is closed.
ENDING: t.Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Login:
    """Logs one client in, again when its session has expired.

    When the answer to a login is lost, vCenter has a session that nobody knows the key of. The next login that succeeds
    finds it by the user agent, which no other client has, and ends it. That needs the privilege
    Sessions.TerminateSession; without it, vCenter ends the session when it has been idle for long enough.
    """

    def __init__(self, username: str, password: str) -> None:
        self.user_agent = f"nfv.vsphere_dpdk/{secrets.token_hex(8)}"
        self._username = username
        self._password = password
        self._lost = False

    def __call__(self, content: t.Any) -> None:
        """Logs in to the vCenter with this vim.ServiceInstanceContent."""
        try:
            with _signals_waiting():
                content.sessionManager.Login(self._username, self._password, LOCALE)
        except BROKEN:
            self._lost = True
            raise
        if self._lost:
            self._lost = False
            self._end_others(content.sessionManager)

    def _end_others(self, manager: t.Any) -> None:
        with contextlib.suppress(vmodl.MethodFault, *BROKEN):
            own = manager.currentSession.key
            left = [each.key for each in manager.sessionList if each.userAgent == self.user_agent and each.key != own]
            if left:
                manager.TerminateSession(sessionId=left)


@contextlib.contextmanager
def _signals_waiting() -> t.Iterator[None]:
    """Lets signals that end the process wait for the answer to a login, for before it nobody could log out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
