"""Lets a plain pytest find the collection under its import name, ansible_collections.nfv.vsphere_dpdk."""

from __future__ import annotations

import importlib
from pathlib import Path

ROOT = Path(__file__).parent


def _link_source_tree() -> None:
    tree = ROOT / ".cache/source/ansible_collections/nfv/vsphere_dpdk"
    tree.mkdir(parents=True, exist_ok=True)
    link = tree / "plugins"
    if not link.is_symlink():
        link.symlink_to(Path("../../../../../plugins"))
        # pytest has put the tree on sys.path already, and Python remembers that there was nothing in it.
        importlib.invalidate_caches()


_link_source_tree()
