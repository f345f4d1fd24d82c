# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The style sheet of the picture. Colours come in pairs: a surface, and the ink that is readable on it."""

from __future__ import annotations

import typing as t

STYLE: t.Final = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --card: #f6f8fa; --bad: #b3261e;
  --planned: #1f5fbf; --on-planned: #ffffff; --moved: #9a4a00; --on-moved: #ffffff;
  --tenant: #c3cad2; --on-tenant: #1f2328; --esxi: #e4e0f5; --on-esxi: #43366e; --free: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --ink: #e6edf3; --soft: #9aa7b4; --line: #3a434d; --card: #171c23; --bad: #ff8a80;
    --planned: #7db3ff; --on-planned: #06213f; --moved: #ffb366; --on-moved: #3a1d00;
    --tenant: #4a5560; --on-tenant: #f0f3f6; --esxi: #352d52; --on-esxi: #d6ccff; --free: #0f1318;
  }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 76rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1.05rem; margin: 0; } h4 { font-size: .9rem; margin: .3rem 0; color: var(--soft); font-weight: 600; }
small, figcaption, .host > p, .loose, .at { color: var(--soft); font-size: .85rem; font-weight: 400; }
.host > p, .loose { margin: .1rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; }
.swatch { width: 1rem; height: 1rem; vertical-align: -.15rem; margin-right: .4rem; }
.host { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); padding: .8rem 1rem;
  margin: 1rem 0; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: .5rem 2rem; }
figure { margin: 0 0 .6rem; }
figure svg { display: block; width: 100%; height: auto; margin-top: .2rem; overflow: visible; }
rect { stroke: var(--line); stroke-width: 1; } .estimate { stroke: var(--ink); stroke-dasharray: 3 2; }
.planned { fill: var(--planned); } .moved { fill: var(--moved); } .tenant { fill: var(--tenant); }
.esxi { fill: var(--esxi); } .free { fill: var(--free); }
text { font: 11px system-ui, sans-serif; text-anchor: middle; }
.on-planned { fill: var(--on-planned); } .on-moved { fill: var(--on-moved); } .on-tenant { fill: var(--on-tenant); }
.on-esxi { fill: var(--on-esxi); } .tick { stroke: var(--line); stroke-opacity: .55; }
.nics { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .6rem; margin-top: .3rem; }
.at { min-width: 6.5rem; }
.nic { border: 1px solid var(--line); border-radius: .3rem; padding: .05rem .5rem; font-size: .85rem;
  background: var(--page); }
.nic em { font-style: normal; color: var(--soft); } .nic.down { border-style: dashed; }
.bad { color: var(--bad); font-weight: 600; font-size: .85rem; }
"""
