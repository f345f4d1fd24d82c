"""A lab vCenter of one's own, without hypervisor: power operations only change its state."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.pki import Pki, ensure_pki
from tests.support.control import Control
from tests.support.playbook import ROOT

USERNAME = "administrator@vsphere.local"
READY_SECONDS = 60


@dataclass(frozen=True)
class VCenter:
    """A running lab vCenter."""

    port: int
    pki: Pki
    control: Control

    @property
    def variables(self) -> dict[str, t.Any]:
        """The inventory's vsphere_* variables for this vCenter."""
        return {
            "vsphere_hostname": "localhost",
            "vsphere_port": self.port,
            "vsphere_username": USERNAME,
            "vsphere_password": self.pki.password.read_text(),
            "vsphere_ca_path": str(self.pki.ca_certificate),
            "vsphere_datacenter": "nfv-dc",
            "vsphere_cluster": "nfv-a",
            "vsphere_template": "debian-12-dpdk",
            "vsphere_template_folder": "/nfv-dc/vm/templates",
        }


def build_vcenter() -> Path:
    """Build the lab vCenter; Go's own cache makes the second time quick."""
    binary = ROOT / ".cache/bin/lab-vcenter"
    binary.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", binary, "."], cwd=ROOT / "lab/vcenter", check=True, timeout=600)
    return binary


@contextmanager
def running_vcenter() -> t.Iterator[VCenter]:
    """Start a lab vCenter on a free port of the loopback interface and end it afterwards."""
    binary = build_vcenter()
    with tempfile.TemporaryDirectory(prefix="nfv-") as name:
        directory = Path(name)
        pki = ensure_pki(directory / "pki")
        ready, control = directory / "ready.json", directory / "control.sock"
        command: list[str | Path] = [binary, "--listen", "127.0.0.1:0", "--username", USERNAME]
        command += ["--certificate", pki.certificate, "--key", pki.key, "--password-file", pki.password]
        command += ["--control-socket", control, "--ready-file", ready]
        with (directory / "vcenter.log").open("w") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
            try:
                _wait(process, ready, directory / "vcenter.log")
                yield VCenter(json.loads(ready.read_text())["port"], pki, Control(control))
            finally:
                process.terminate()
                process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while not ready.exists():
        assert process.poll() is None, f"lab-vcenter ended: {log.read_text()}"
        assert time.monotonic() < until, f"lab-vcenter is not ready after {READY_SECONDS} s: {log.read_text()}"
        time.sleep(0.05)
