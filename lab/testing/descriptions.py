# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of a data plane that tests and benchmarks start from (docs/description.md). Valid on Python 3.9."""

from __future__ import annotations

import typing as t

POLLED_NETWORKS = {"s5u": "PG-S5U", "sgi": "PG-SGi"}


def adapter(name: str, **keys: t.Any) -> dict[str, t.Any]:
    """One adapter: ``mgmt`` with its kernel driver, any other one polled; ``keys`` overrides and adds."""
    if name == "mgmt":
        return {"name": name, "network": "PG-Mgmt", "driver": "kernel", **keys}
    return {"name": name, "network": POLLED_NETWORKS.get(name, name), "driver": "pmd", **keys}


def adapters(*names: str) -> list[dict[str, t.Any]]:
    """Several adapters, without further keys."""
    return [adapter(name) for name in names]


def hugepages(amount_mb: int) -> list[dict[str, t.Any]]:
    """One pool of 2 MiB pages."""
    return [{"size": "2M", "amount_mb": amount_mb}]


def description(**sections: t.Any) -> dict[str, t.Any]:
    """A valid description for the lab's template: two vCPUs, one of them polling, and both data adapters.

    Keys of a section that is a dictionary override and add to the section's own; any other value replaces it.
    """
    return changed(
        {
            "cpu": {"count": 2, "polling": "1"},
            "memory": {"size_mb": 2048, "hugepages": hugepages(512)},
            "adapters": adapters("mgmt", "s5u", "sgi"),
        },
        **sections,
    )


def changed(base: t.Mapping[str, t.Any], **sections: t.Any) -> dict[str, t.Any]:
    """Another description with other sections, given as for description()."""
    made = dict(base)
    for name, section in sections.items():
        made[name] = {**made.get(name, {}), **section} if isinstance(section, dict) else section
    return made
