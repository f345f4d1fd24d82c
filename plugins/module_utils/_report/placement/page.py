# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture as one HTML page: no script, no other file, readable on light and on dark."""

from __future__ import annotations

import html
import typing as t

from .bars import FREE, Segment, loose, node_bars, projected
from .style import STYLE

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed, Plan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
        Holding,
        HostTopology,
        PhysicalNic,
    )

    from .bars import NodeBars

# Sizes of a bar in the units of its view box. A label is written where it fits, at about so many units a letter.
WIDTH: t.Final = 480
CORES_HEIGHT: t.Final = 26
MEMORY_HEIGHT: t.Final = 12
LETTER: t.Final = 6.4


def placement_page(
    plan: Plan, before: t.Sequence[HostTopology], after: t.Sequence[HostTopology] | None = None, created: str = ""
) -> str:
    """The page. after: the hosts as they were read afterwards; None draws them as planned."""
    then = {host.name: host for host in (projected(before, plan) if after is None else after)}
    title = f"Placement of {_count(len(plan.placements), 'VM')} on {_count(len(before), 'host')}"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title>",
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{html.escape(_summary(plan, created))}</p>",
        _legend(),
        _vms(plan, {host.name: host for host in before}),
        _remarks(plan),
        f"<h2>Hosts before and {'as planned' if after is None else 'after'}</h2>",
    ]
    parts += [_host(host, then.get(host.name), plan, after is None) for host in before]
    return "\n".join([*parts, "</body></html>", ""])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _summary(plan: Plan, created: str) -> str:
    changes = [placed.change for placed in plan.placements]
    counts = ", ".join(f"{changes.count(change)} {change}" for change in sorted(set(changes))) or "nothing planned"
    proof = ""
    if plan.failovers:
        hosts = len({each.failed_host for each in plan.failovers})
        proof = f" Any one host may fail: every VM of {_count(hosts, 'host')} has room elsewhere."
    return f"{counts}.{f' Read until {created}.' if created else ''}{proof}"


def _legend() -> str:
    kinds = (
        ("planned", "planned VM"),
        ("moved", "planned VM that moves"),
        ("tenant", "other VM"),
        ("tenant estimate", "estimate: which cores is not told"),
        ("esxi", "kept for ESXi"),
        ("free", "free"),
    )
    items = "".join(
        f'<li><svg viewBox="0 0 16 16" class="swatch" aria-hidden="true"><rect class="{kind}" x="1" y="1" width="14"'
        f' height="14"/></svg>{html.escape(text)}</li>'
        for kind, text in kinds
    )
    return f'<ul class="legend">{items}</ul>'


def _vms(plan: Plan, hosts: t.Mapping[str, HostTopology]) -> str:
    rows = "".join(_vm_row(placed, hosts.get(placed.host)) for placed in plan.placements)
    head = "<th>VM</th><th>Host</th><th>Node</th><th>Cores</th><th>Memory</th><th>CPUs</th><th>Change</th>"
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _vm_row(placed: Placed, host: HostTopology | None) -> str:
    change = placed.change
    if placed.before is not None:
        change += f" from {placed.before}" if placed.before != placed.host else " from another node"
    nodes = ", ".join(map(str, placed.nodes)) or "any"
    cpus = ", ".join(map(str, placed.cpus)) or "–"
    place = placed.host if host is None or host.cluster is None else f"{placed.host} ({host.cluster})"
    cells = (placed.vm, place, nodes, str(placed.cores), _memory(placed.memory_mb), cpus, change)
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _remarks(plan: Plan) -> str:
    if not plan.remarks:
        return ""
    items = "".join(f"<li>{html.escape(f'{each.vm}: {each.text}')}</li>" for each in plan.remarks)
    return f"<h2>Remarks</h2><ul>{items}</ul>"


def _memory(mebibytes: int) -> str:
    return f"{mebibytes // 1024} GiB" if mebibytes % 1024 == 0 else f"{mebibytes} MiB"


def _host(host: HostTopology, then: HostTopology | None, plan: Plan, as_planned: bool) -> str:
    facts = [
        f"{host.mhz} MHz",
        "hyper-threading" if host.hyper_threading else "no hyper-threading",
        f"power policy {host.power_policy or 'unknown'}",
        f"API {host.api_version or 'unknown'}",
    ]
    state = "" if host.available else '<span class="bad">not connected</span> '
    state += '<span class="bad">maintenance</span> ' if host.maintenance else ""
    where = f" <small>{html.escape(host.cluster)}</small>" if host.cluster else ""
    sides = [("before", host), ("as planned" if as_planned else "after", then)]
    columns = "".join(_side(title, side, plan) for title, side in sides if side is not None)
    return (
        f'<section class="host"><h3>{html.escape(host.name)}{where} {state}</h3>'
        f"<p>{html.escape(', '.join(facts))}</p>"
        f'<div class="sides">{columns}</div>{_nics(host)}</section>'
    )


def _side(title: str, host: HostTopology, plan: Plan) -> str:
    bars = node_bars(host, plan)
    nodes = "".join(_node(each, host) for each in bars) or "<p>vSphere tells no NUMA nodes of this host.</p>"
    floating = loose(host)
    others = ""
    if floating:
        listed = ", ".join(_holding(each) for each in floating)
        others = f'<p class="loose">On a node that the host chooses: {html.escape(listed)}</p>'
    return f'<div class="side"><h4>{html.escape(title)}</h4>{nodes}{others}</div>'


def _holding(each: Holding) -> str:
    return f"{each.vm} ({_count(each.cores, 'core')}, {_memory(each.memory_mb)})"


def _node(bars: NodeBars, host: HostTopology) -> str:
    node = bars.node
    free = sum(segment.size for segment in bars.cores if segment.kind == FREE)
    warning = ' <span class="bad">overcommitted</span>' if bars.overcommitted else ""
    caption = f"Node {node.number}: {free} of {_count(node.cores, 'core')} free, {_memory(node.memory_mb)}"
    described = f"{host.name}, {caption}"
    return (
        f"<figure><figcaption>{html.escape(caption)}{warning}</figcaption>"
        f"{_bar(bars.cores, node.cores, CORES_HEIGHT, f'{described}, cores', 'core')}"
        f"{_bar(bars.memory, node.memory_mb, MEMORY_HEIGHT, f'{described}, memory', None)}</figure>"
    )


def _bar(segments: t.Sequence[Segment], size: int, height: int, described: str, unit: str | None) -> str:
    """One bar as SVG. unit: what ticks are drawn for; None draws none and writes no labels."""
    total = max(size, sum(segment.size for segment in segments), 1)
    scale = WIDTH / total
    boxes, labels, x = [], [], 0.0
    for segment in segments:
        width = segment.size * scale
        boxes.append(_box(segment, x, width, height, _count(segment.size, unit) if unit else _memory(segment.size)))
        if unit and segment.kind != FREE:
            text = html.escape(_fitting(segment.label, width))
            labels.append(
                f'<text class="on-{segment.kind}" x="{x + width / 2:.1f}" y="{height / 2 + 4:.1f}">{text}</text>'
            )
        x += width
    ticks = [f'<path class="tick" d="M{at * scale:.1f} 0.5V{height - 0.5}"/>' for at in range(1, total)] if unit else []
    label = html.escape(described, quote=True)
    drawn = "".join((*boxes, *ticks, *labels))
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{drawn}</svg>'


def _box(segment: Segment, x: float, width: float, height: int, amount: str) -> str:
    note = "; an estimate, vSphere does not tell which cores" if segment.estimate else ""
    tip = html.escape(f"{segment.label}: {amount}{note}")
    dashed = " estimate" if segment.estimate else ""
    return (
        f'<g><title>{tip}</title><rect class="{segment.kind}{dashed}" x="{x:.1f}" y="0.5" width="{width:.1f}"'
        f' height="{height - 1}"/></g>'
    )


def _fitting(label: str, width: float) -> str:
    letters = int((width - 6) / LETTER)
    if len(label) <= letters:
        return label
    return label[: letters - 1] + "…" if letters > 2 else ""


def _nics(host: HostTopology) -> str:
    """The host's NICs by node, with the port groups whose traffic they carry."""
    carried: dict[str, list[str]] = {}
    for group in host.port_groups:
        for nic in group.active:
            carried.setdefault(nic, []).append(group.network)
    numbers = sorted({nic.node for nic in host.nics if nic.node is not None})
    groups: list[int | None] = [*numbers, *([None] if any(nic.node is None for nic in host.nics) else [])]
    rows = []
    for number in groups:
        chips = "".join(_nic(nic, carried.get(nic.name, ())) for nic in host.nics if nic.node == number)
        name = "node unknown" if number is None else f"node {number}"
        rows.append(f'<div class="nics"><span class="at">{name}</span>{chips}</div>')
    return "".join(rows)


def _nic(nic: PhysicalNic, networks: t.Sequence[str]) -> str:
    speed = f"{nic.speed_mbps / 1000:g} Gbit/s" if nic.speed_mbps else "no link"
    facts = [nic.pci, nic.driver or "driver unknown", speed]
    facts += ["enhanced data path"] if nic.enhanced_data_path else []
    carries = f"<em>{html.escape(', '.join(networks))}</em>" if networks else ""
    down = "" if nic.speed_mbps else " down"
    return (
        f'<span class="nic{down}" title="{html.escape(", ".join(facts), quote=True)}"><b>{html.escape(nic.name)}</b>'
        f" {html.escape(speed)} {carries}</span>"
    )
