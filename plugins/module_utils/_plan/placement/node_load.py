# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cores and memory of every NUMA node while a plan is searched for: what is free, and what is kept for failover."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .capacity import Cell
    from .places import Place


class NodeLoad:
    """Tables with one entry per node, by ``Cell.index``. Memory is in MiB. Methods do not check their arguments."""

    def __init__(self, cells: t.Sequence[Cell]) -> None:
        self.free_cores = [cell.free_cores for cell in cells]
        self.free_memory = [cell.free_memory for cell in cells]
        # Failover capacity: the most that any one failing host would restart here, since only one fails at a time.
        self.failover_cores = [0] * len(cells)
        self.failover_memory = [0] * len(cells)
        # Cores and memory that restarts take, by the host that fails.
        self.restarts: list[dict[int, tuple[int, int]]] = [{} for _cell in cells]
        # The nodes with failover capacity, in the order in which they came to have it (a set has no order).
        self.failover_cells: dict[int, None] = {}

    def fits(self, place: Place) -> bool:
        """Whether the nodes have room while all hosts run."""
        for part in place.parts:
            if part.cores > self.free_cores[part.cell] or part.memory > self.free_memory[part.cell]:
                return False
        return True

    def fits_beside_failover(self, place: Place) -> bool:
        """Whether the nodes have room without using failover capacity."""
        for part in place.parts:
            cell = part.cell
            if part.cores > self.free_cores[cell] - self.failover_cores[cell]:
                return False
            if part.memory > self.free_memory[cell] - self.failover_memory[cell]:
                return False
        return True

    def fits_restart(self, place: Place, failed: int) -> bool:
        """Whether the nodes have room for one more restart when the host ``failed`` fails."""
        for part in place.parts:
            cores, memory = self.restarts[part.cell].get(failed, (0, 0))
            if part.cores + cores > self.free_cores[part.cell] or part.memory + memory > self.free_memory[part.cell]:
                return False
        return True

    def headroom_key(self, place: Place) -> tuple[int, int, int]:
        """Sorts places: those without a remark first, then by the most free cores beside failover capacity."""
        cell = place.cell
        return (place.penalty, self.failover_cores[cell] - self.free_cores[cell], cell)

    def take(self, place: Place) -> None:
        """A VM is placed here."""
        for part in place.parts:
            self.free_cores[part.cell] -= part.cores
            self.free_memory[part.cell] -= part.memory

    def give_back(self, place: Place) -> None:
        """A VM is no longer placed here."""
        for part in place.parts:
            self.free_cores[part.cell] += part.cores
            self.free_memory[part.cell] += part.memory

    def reserve(self, place: Place, failed: int) -> None:
        """A VM restarts here when the host ``failed`` fails."""
        for part in place.parts:
            cores, memory = self.restarts[part.cell].get(failed, (0, 0))
            self.restarts[part.cell][failed] = (cores + part.cores, memory + part.memory)
            self.failover_cores[part.cell] = max(self.failover_cores[part.cell], cores + part.cores)
            self.failover_memory[part.cell] = max(self.failover_memory[part.cell], memory + part.memory)
            self.failover_cells[part.cell] = None

    def release(self, place: Place, failed: int) -> None:
        """A VM no longer restarts here when the host ``failed`` fails."""
        for part in place.parts:
            restarts = self.restarts[part.cell]
            cores, memory = restarts[failed]
            restarts[failed] = (cores - part.cores, memory - part.memory)
            if restarts[failed] == (0, 0):
                del restarts[failed]
            self.failover_cores[part.cell] = max((cores for cores, _memory in restarts.values()), default=0)
            self.failover_memory[part.cell] = max((memory for _cores, memory in restarts.values()), default=0)
            if not restarts:
                self.failover_cells.pop(part.cell, None)
