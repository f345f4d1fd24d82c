# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observes what depends on the desired state: the few facts that cannot be read without knowing it."""

from __future__ import annotations

import dataclasses
import functools
import os
import time
import typing as t

from .layout import NAMES
from .observe import Ask, ObservedPlane, patient, read_carried, read_tunnel_neighbours, unreadable
from .result import silent_neighbours
from .runtime.flows import bundle
from .runtime.model import BRIDGES
from .runtime.session_statistics import OFCTL, parse_names

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

    from .desired import Desired

NEIGHBOUR_SECONDS = 4.0  # the kernel asks three times, a second apart (mcast_solicit, retrans_time_ms)
NO_DIFFERENCES: t.Mapping[str, tuple[str, ...]] = dict.fromkeys(BRIDGES, ())


@dataclasses.dataclass(frozen=True)
class SwitchDifferences:
    """The part of the difference between a guest and its desired state that only programs in the guest can find."""

    flows: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=lambda: NO_DIFFERENCES)
    """Bridge -> lines of ``ovs-ofctl diff-flows``: "-" marks flows in the switch, "+" desired ones."""
    missing_directory: str | None = None
    """The directory for the textfile, if it does not exist."""
    linked_directory: tuple[str, str] | None = None
    """The same directory and where it really is, if a part of its path is a symbolic link."""

    @property
    def bundles(self) -> dict[str, tuple[str, ...]]:
        """Bridge -> commands of the ovs-ofctl bundle that leads to the desired flows."""
        return {bridge: bundle(lines) for bridge, lines in self.flows.items()}


def compare(guest: Guest, ask: Ask, observed: ObservedPlane, desired: Desired) -> SwitchDifferences:
    """Lets Open vSwitch compare the flows: it alone knows their normal form. Raises NfvError ``ovs_not_running``."""
    differences = {
        bridge: _all_missing(flows) if bridge in observed.missing_bridges else _differences(ask, bridge, flows)
        for bridge, flows in desired.flows.items()
    }
    directory = desired.textfile_directory
    if directory is None:
        return SwitchDifferences(differences)
    if not guest.path(directory).is_dir():
        return SwitchDifferences(differences, missing_directory=directory)
    real = _without_links(guest, directory)
    return SwitchDifferences(differences, linked_directory=None if real == directory else (directory, real))


def _without_links(guest: Guest, directory: str) -> str:
    """Where a directory really is."""
    real, root = os.path.realpath(guest.path(directory)), os.path.realpath(guest.path("/"))
    return real if root == "/" else real[len(root) :]


def _differences(ask: Ask, bridge: str, flows: t.Sequence[str]) -> tuple[str, ...]:
    argv, text = (*OFCTL, "diff-flows", bridge, "/dev/stdin"), "\n".join(flows) + "\n"
    status, output, errors = patient(functools.partial(ask, argv, text))
    if status not in (0, 2):
        raise unreadable(bridge, errors)
    return tuple(line for line in output.splitlines() if line)


def _all_missing(flows: t.Sequence[str]) -> tuple[str, ...]:
    """What diff-flows would print for a bridge without flows."""
    return tuple(f"+{line.replace(',cookie=', ' cookie=').replace(',actions=', ' actions=')}" for line in flows)


def wait_for_neighbours(ask: Ask, observed: ObservedPlane, desired: Desired) -> ObservedPlane:
    """The user plane once all peers and next hops have answered, or after NEIGHBOUR_SECONDS."""
    names = parse_names(observed.files.get(NAMES))
    deadline = time.monotonic() + NEIGHBOUR_SECONDS
    while silent_neighbours(observed, desired) and time.monotonic() < deadline:
        time.sleep(0.5)
        observed = dataclasses.replace(
            observed, carried=read_carried(ask, names), tunnel_neighbours=read_tunnel_neighbours(ask)
        )
    return observed
