# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a comparison was measured."""

from __future__ import annotations

import dataclasses
import typing as t

from .fields import Fields, refusal

_FACTS: t.Final = ("versions", "virtual_hardware", "host", "settings", "generator")


@dataclasses.dataclass(frozen=True)
class Environment:
    """The VM, and what it depends on."""

    vm: str
    """The VM's name."""
    cpus: int
    """Its vCPUs."""
    emulated: bool
    """Whether software emulates the guest's CPUs, so that no figure is that of an ESXi host."""
    versions: t.Mapping[str, str]
    """Versions of guest, kernel, DPDK, drivers, vCenter and ESXi."""
    virtual_hardware: t.Mapping[str, str]
    """The VM's memory, adapters and hardware version."""
    host: t.Mapping[str, str]
    """The host that it runs on: its name, CPU model, power policy."""
    settings: t.Mapping[str, str]
    """Settings of the measurement: trials, their length, queues, coalescing, which CPUs take the interrupts."""
    generator: t.Mapping[str, str]
    """The generator: its kind, its machine, the highest rate that it reached."""
    description: t.Mapping[str, t.Any]
    """The data plane's description."""

    @classmethod
    def from_dict(cls, value: t.Any) -> Environment:
        """Raises NfvError measurement_invalid for anything of another shape."""
        fields = Fields.of(value, "environment")
        return cls(
            fields.text("vm"),
            fields.count("cpus", 1),
            fields.boolean("emulated"),
            **{key: _facts(fields, key) for key in _FACTS},
            description=fields.mapping("description"),
        )


def _facts(fields: Fields, key: str) -> dict[str, str]:
    facts = fields.mapping(key)
    for name, value in facts.items():
        if not isinstance(value, (str, int, float)):
            raise refusal(f"{fields.path}.{key}.{name}", "must be a string, a number or a boolean")
    return {name: _text(value) for name, value in facts.items()}


def _text(value: str | float) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
