# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's state directory, and the names derived from it."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE_VARIABLE = "NFV_LAB_STATE"
SOCKET_PATH_LIMIT = 107
"""Longest path of a unix socket in bytes (unix(7): sun_path holds 108 with its closing zero)."""


@dataclass(frozen=True)
class State:
    """The lab's state directory and the checkout that it belongs to."""

    root: Path
    """The state directory."""
    checkout: Path
    """The checkout of the repository."""

    @property
    def images(self) -> Path:
        """Golden images, one file per hash of its inputs."""
        return self.root / "cache" / "images"

    @property
    def packages(self) -> Path:
        """Files of Debian's archives that guests have asked for."""
        return self.root / "cache" / "packages"

    @property
    def pki(self) -> Path:
        """Keys, certificates and passwords."""
        return self.root / "pki"

    @property
    def run(self) -> Path:
        """Sockets, process records and logs of the running lab."""
        return self.root / "run"

    @property
    def machines(self) -> Path:
        """One directory per virtual machine, named by its UUID."""
        return self.root / "vms"

    @property
    def ssh(self) -> Path:
        """Sockets of shared ssh connections: separate per lab, because guests of two labs may have the same address."""
        return self.root / "ssh"

    @property
    def inventory(self) -> Path:
        """The generated part of the lab's Ansible inventory."""
        return self.root / "inventory"

    @property
    def hypervisor_socket(self) -> Path:
        """Where the hypervisor takes power operations from vCenter."""
        return self.run / "hypervisor.sock"

    @property
    def control_socket(self) -> Path:
        """Where vCenter takes guest states, and faults for tests."""
        return self.run / "control.sock"

    @property
    def prefix(self) -> str:
        """Prefix of this lab's network namespaces, so that two checkouts can run side by side."""
        return "nfv-" + hashlib.sha256(str(self.root).encode()).hexdigest()[:8]

    @property
    def segments_namespace(self) -> str:
        """Network namespace that holds the port groups' bridges and the guests' taps."""
        return f"{self.prefix}-segments"

    @property
    def tester_namespace(self) -> str:
        """Network namespace that stands for the serving gateway and a server behind SGi."""
        return f"{self.prefix}-tester"

    def prepare(self) -> None:
        """Make the directories; raise ``state_path_too_long`` if a socket's path would be too long."""
        # ssh's own: Ansible's ten digits, and while it is being made a dot and sixteen characters.
        longest = len(os.fsencode(self.ssh / ("0" * 27)))
        if longest > SOCKET_PATH_LIMIT:
            raise LabError(
                "state_path_too_long",
                f"{self.root} is too long for unix sockets by {longest - SOCKET_PATH_LIMIT} characters:"
                f" set {STATE_VARIABLE} to a shorter directory",
            )
        for directory in (self.images, self.pki, self.run, self.ssh, self.machines, self.inventory):
            directory.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)

    @contextmanager
    def locked(self, name: str = "lab") -> Iterator[None]:
        """Lock this lab against other commands of the same name; raise ``lab_busy`` if one is running."""
        self.prepare()
        with (self.root / f"{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LabError(
                    "lab_busy", f"{self.root}: another lab command is changing this lab; try again later"
                ) from error
            yield


def find_state() -> State:
    """Return the state of this checkout, or of the directory named by NFV_LAB_STATE."""
    checkout = Path(__file__).resolve().parent.parent
    chosen = os.environ.get(STATE_VARIABLE)
    return State(root=Path(chosen).resolve() if chosen else checkout / ".lab", checkout=checkout)
