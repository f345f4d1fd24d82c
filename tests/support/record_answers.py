# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`PYTHONPATH=.:.cache/source python -m tests.support.record_answers DIRECTORY`: records the lab's answers.

A file for each API version has all pages about the inventory, a template and a VM, a host and a cluster, one a line.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import typing as t
from pathlib import Path

from pyVmomi import SoapAdapter

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.feature_compat_info import gather_features
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import decode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.pages import PageReader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import read_clusters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import read_topology
from lab.pki import ensure_pki
from lab.testing.descriptions import description
from lab.testing.vcenter import running_vcenter

LAB = Path(__file__).resolve().parents[2] / "lab" / "vcenter" / "lab.json"
VERSIONS = ("7.0.0.0", "8.0.3.0", "9.0.0.0")


def small(version: str) -> dict[str, t.Any]:
    """The lab's inventory with one host and one VM."""
    inventory = json.loads(LAB.read_text(encoding="utf-8"))
    machine = {key: inventory["template"][key] for key in ("cpus", "memoryMB", "diskGB", "networks")}
    return {
        **inventory,
        "apiVersion": version,
        "clusters": [{"name": "nfv-a", "hosts": [{"name": "esx-a1.lab"}]}],
        "fleet": {"count": 1, "vm": {**machine, "name": "pgw-%d"}},
    }


def look(connection: Connection) -> None:
    """Makes the reads of the modules."""
    asked = {"vms": [{"name": "pgw-1"}, {"name": "debian-12-dpdk"}], "dataplane": description(), "datacenter": "nfv-dc"}
    gather({**asked, "required_templates": [], "required_networks": [], "wait_for_address": 0}, connection)
    gather_features({**asked, "ask_fault_tolerance": False, "must_keep": []}, connection)
    with Client.open(connection, closed_for_writes=True) as client:
        read_clusters(client, "nfv-dc")
        read_topology(client, "nfv-dc")


def record(version: str, into: Path) -> None:
    """Records the pages of one version."""
    pages: list[bytes] = []

    class Recording(decode.BoundedDeserializer):
        def Deserialize(self, response: t.Any, resultType: t.Any, nsMap: t.Any = None) -> t.Any:  # noqa: N802, N803
            content = response.read()
            if isinstance(resultType, PageReader):
                pages.append(content)
            return super().Deserialize(io.BytesIO(content), resultType, nsMap)

    decode.install = lambda: setattr(SoapAdapter, "SoapResponseDeserializer", Recording)
    SoapAdapter.SoapDeserializer = decode.CarryingDeserializer
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with running_vcenter(directory, ensure_pki(directory / "pki"), inventory=small(version)) as vcenter:
            look(vcenter.connection)
    lines = dict.fromkeys(page.replace(b"\n", b"") for page in pages)
    (into / f"{version}.xml").write_bytes(b"\n".join(lines) + b"\n")


if __name__ == "__main__":
    for each in VERSIONS:
        record(each, Path(sys.argv[1]))
