"""scripts/bootstrap installs what is asked for, and says what is wrong with a machine before the first package."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.imports import ROOT

TOOLS = ("awk", "bash", "cat", "cut", "dirname", "env", "grep", "mkdir", "sed", "sha256sum", "sort")
# The real installation would begin after these; dpkg-query knows no package.
FAKES = {
    "uname": "echo ${MACHINE:-x86_64}",
    "id": "echo ${USER_ID:-0}",
    "dpkg-query": "true",
    "apt-get": 'echo "$*" >>"$APT_LOG"; [ "$1" = update ]',
}
DEBIAN = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
UBUNTU = 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n'


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine on which nothing is installed."""

    directory: Path

    def bootstrap(self, *arguments: str, system: str = DEBIAN, **environment: str) -> str:
        """Runs the script, which must fail; returns what it says."""
        (self.directory / "os-release").write_text(system)
        done = subprocess.run(
            ["bash", str(ROOT / "scripts/bootstrap"), *arguments],
            env={
                "PATH": str(self.directory / "bin"),
                "HOME": str(self.directory),
                "NFV_OS_RELEASE": str(self.directory / "os-release"),
                "APT_LOG": str(self.directory / "apt"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode != 0
        return done.stderr

    def packages(self) -> set[str]:
        """What apt-get was asked to install."""
        log = self.directory / "apt"
        lines = log.read_text().splitlines() if log.exists() else []
        return {word for line in lines for word in line.split()[1:] if line.startswith("install") and word[0] != "-"}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for tool in TOOLS:
        (binaries / tool).symlink_to(shutil.which(tool) or "/nowhere")
    (binaries / "python3").symlink_to(sys.executable)
    for name, script in FAKES.items():
        (binaries / name).write_text(f"#!{os.fspath(binaries / 'bash')}\n{script}\n")
        (binaries / name).chmod(0o755)
    return Machine(tmp_path)


def test_each_use_installs_what_it_needs_and_no_more(machine: Machine) -> None:
    machine.bootstrap("controller")
    controller = machine.packages()
    assert "git" in controller
    assert not controller & {"qemu-system-x86", "chromium"}
    machine.bootstrap("lab")
    lab = machine.packages()
    assert lab > controller | {"qemu-system-x86", "dnsmasq-base"}
    assert not lab & {"chromium", "npm", "tshark"}
    machine.bootstrap()
    assert machine.packages() >= lab | {"chromium", "npm", "tshark"}


def test_a_deployment_installs_no_browser() -> None:
    recipes = (ROOT / "Makefile").read_text()
    for target, needed in (("deploy", "setup-lab"), ("lab-up", "setup-lab"), ("lint", "setup-controller")):
        assert f"\n{target}: {needed} ##" in recipes


@pytest.mark.parametrize("use", ["lab", "tests"])
@pytest.mark.parametrize(
    ("system", "environment", "says"),
    [
        (DEBIAN, {"MACHINE": "aarch64"}, "the lab's guests are x86_64 and this machine is aarch64"),
        (UBUNTU, {}, "the lab is tested on Debian 12 and this is Ubuntu 24.04.1 LTS"),
        (DEBIAN, {"USER_ID": "1000"}, "needs root to install Debian packages: run it as root, or install sudo"),
    ],
)
def test_a_machine_that_does_not_fit_is_refused_before_the_first_package(
    machine: Machine, use: str, system: str, environment: dict[str, str], says: str
) -> None:
    assert says in machine.bootstrap(use, system=system, **environment)
    assert not (machine.directory / "apt").exists()


def test_a_controller_may_be_another_machine_and_an_untested_one_can_be_tried(machine: Machine) -> None:
    machine.bootstrap("controller", system=UBUNTU, MACHINE="aarch64")
    assert "git" in machine.packages()
    machine.bootstrap("lab", system=UBUNTU, NFV_UNTESTED_HOST="yes")
    assert "qemu-system-x86" in machine.packages()


def test_an_unknown_use_is_refused(machine: Machine) -> None:
    assert "knows controller, lab and tests, and not guests" in machine.bootstrap("guests")
    assert not (machine.directory / "apt").exists()
