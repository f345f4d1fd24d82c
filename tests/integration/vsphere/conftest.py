# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs in the lab's vCenter, our engine against them, and real runs of Ansible."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import http.server
import itertools
import json
import os
import ssl
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from lab.testing.descriptions import description as complete_description
from tests.support.module_process import run_module

from . import other_vcenters

REPOSITORY = Path(__file__).resolve().parents[3]
ANSIBLE_SECONDS = 300

DESCRIPTION = complete_description(memory={"host_page_size": "1G"})

_numbers = itertools.count(1)


@pytest.fixture
def description() -> dict[str, t.Any]:
    return copy.deepcopy(DESCRIPTION)


@pytest.fixture(scope="module")
def connection(vcenter: t.Any) -> Connection:
    return Connection(vcenter.hostname, vcenter.port, vcenter.username, vcenter.password, ca_path=str(vcenter.ca_path))


@pytest.fixture(scope="module")
def session(connection: Connection) -> t.Iterator[Client]:
    """Somebody else's session, to prepare VMs and to look at them."""
    with Client.open(connection, closed_for_writes=False) as client:
        yield client


@pytest.fixture
def make_vm(session: Client) -> t.Iterator[t.Callable[..., t.Any]]:
    """A function that clones the template; its VMs are destroyed after the test."""
    with cloning(session) as make:
        yield make


@pytest.fixture(scope="module")
def clone(session: Client) -> t.Iterator[t.Callable[..., t.Any]]:
    """The same for VMs that all tests of a file share."""
    with cloning(session) as make:
        yield make


@contextlib.contextmanager
def cloning(session: Client) -> t.Iterator[t.Callable[..., t.Any]]:
    """Gives a function that clones the template of the session's vCenter, and destroys its VMs at the end."""
    made: list[t.Any] = []
    datacenter = session.content.rootFolder.childEntity[0]
    template = datacenter.vmFolder.childEntity[0].childEntity[0]

    def make(power_on: bool = False, host: str | None = None) -> t.Any:
        cluster = datacenter.hostFolder.childEntity[0]
        location = vim.vm.RelocateSpec(pool=cluster.resourcePool)
        if host is not None:
            (location.host,) = [each for each in cluster.host if each.name == host]
        spec = vim.vm.CloneSpec(location=location, powerOn=power_on)
        task = template.Clone(datacenter.vmFolder, f"engine-{next(_numbers)}", spec)
        WaitForTask(task)
        made.append(task.info.result)
        return made[-1]

    yield make
    for machine in made:
        destroy(machine)


def destroy(machine: t.Any) -> None:
    if machine.runtime.powerState == "poweredOn":
        WaitForTask(machine.PowerOff())
    WaitForTask(machine.Destroy_Task())


@pytest.fixture
def vm(make_vm: t.Callable[..., t.Any]) -> t.Any:
    return make_vm()


@dataclasses.dataclass(frozen=True)
class Engine:
    """Our engine with the options that a module would have, and the calls that it made."""

    vcenter: t.Any
    connection: Connection

    def converge(
        self, *machines: t.Any, check_mode: bool = False, scope: str = "dataplane", **options: t.Any
    ) -> dict[str, t.Any]:
        defaults = {"state": "present", "power_cycle": "never", "datacenter": "nfv-dc", "dataplane": DESCRIPTION}
        params = {"vms": [{"name": machine.name} for machine in machines], **defaults, **options}
        self.vcenter.reset_calls()
        return converge(params, self.connection, check_mode, scope)

    def gather(self, *names: str, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        defaults = {
            "datacenter": "nfv-dc",
            "dataplane": DESCRIPTION,
            "required_templates": [],
            "required_networks": [],
            "wait_for_address": 0,
        }
        self.vcenter.reset_calls()
        return gather({"vms": [{"name": name} for name in names], **defaults, **options}, self.connection, check_mode)

    def changing_calls(self) -> dict[str, int]:
        """The calls since the last start that change something."""
        return dict(self.vcenter.mutating_calls())


@pytest.fixture(scope="module")
def shared_engine(vcenter: t.Any, connection: Connection) -> Engine:
    return Engine(vcenter, connection)


@pytest.fixture
def engine(vcenter: t.Any, connection: Connection) -> Engine:
    return Engine(vcenter, connection)


@dataclasses.dataclass(frozen=True)
class Other:
    """A vCenter of another age: our engine against it, and a function that clones its template."""

    engine: Engine
    clone: t.Callable[..., t.Any]


@contextlib.contextmanager
def other_vcenter(start: t.Callable[..., t.Any], inventory: dict[str, t.Any]) -> t.Iterator[Other]:
    one = start(inventory=inventory)
    reached = Connection(one.hostname, one.port, one.username, one.password, ca_path=str(one.ca_path))
    with Client.open(reached, closed_for_writes=False) as client, cloning(client) as make:
        yield Other(Engine(one, reached), make)


@pytest.fixture(scope="module")
def newest(start_vcenter: t.Callable[..., t.Any]) -> t.Iterator[Other]:
    with other_vcenter(start_vcenter, other_vcenters.newest()) as other:
        yield other


@pytest.fixture(scope="module")
def older(start_vcenter: t.Callable[..., t.Any]) -> t.Iterator[Other]:
    with other_vcenter(start_vcenter, other_vcenters.older()) as other:
        yield other


@pytest.fixture(scope="module")
def segments(start_vcenter: t.Callable[..., t.Any]) -> t.Iterator[Other]:
    with other_vcenter(start_vcenter, other_vcenters.segments()) as other:
        yield other


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of Ansible: its exit status, what it printed, and the counts of its recap by host."""

    status: int
    output: str
    recap: dict[str, dict[str, int]]

    def results(self) -> list[dict[str, t.Any]]:
        """The results of all tasks on all hosts."""
        plays = json.loads(self.output[self.output.index("{") :])["plays"]
        return [result for play in plays for task in play["tasks"] for result in task["hosts"].values()]

    def handed_on(self) -> dict[str, t.Any]:
        """The outcomes that set_stats leaves to the next job of a workflow in AWX."""
        told: dict[str, dict[str, t.Any]] = json.loads(self.output[self.output.index("{") :])["global_custom_stats"]
        return told["nfv_outcomes"]

    def failure(self) -> dict[str, t.Any]:
        """The one failure that the run must have."""
        (failed,) = [result for result in self.results() if result.get("failed")]
        return failed


@dataclasses.dataclass(frozen=True)
class Modules:
    """Runs modules in this process: a task of ansible-playbook costs a second of CPU time, and the first one four."""

    connection: dict[str, t.Any]

    def options(self, **changed: t.Any) -> dict[str, t.Any]:
        """The options of every module that talks to the lab's vCenter."""
        return {**self.connection, **changed}

    def run(
        self, *modules: tuple[str, dict[str, t.Any]], check: bool = False, diff: bool = False
    ) -> list[dict[str, t.Any]]:
        """Runs modules with their options, each after the other whatever comes of it; returns their results."""
        return [
            run_module(name, {**options, "_ansible_check_mode": check, "_ansible_diff": diff})
            for name, options in modules
        ]


@pytest.fixture
def modules(vcenter: t.Any) -> Modules:
    names = ("hostname", "port", "username", "password")
    connection = {name: getattr(vcenter, name) for name in names}
    return Modules({**connection, "ca_path": str(vcenter.ca_path), "datacenter": "nfv-dc"})


@dataclasses.dataclass(frozen=True)
class Ansible:
    """Runs ansible-playbook on the source tree's collection, as a user would."""

    directory: Path
    inventory: dict[str, t.Any]

    def playbook(self, playbook: Path, *arguments: str, **variables: t.Any) -> Run:
        """Runs with the inventory's variables, those given on top; returns when it has ended.

        Reports are left in the test's own directory, because tests run side by side.
        """
        own = {"nfv_report_dir": str(self.directory / "reports")}
        (self.directory / "variables.json").write_text(json.dumps({**own, **self.inventory, **variables}))
        command = [Path(sys.executable).parent / "ansible-playbook", "-i", self.directory / "hosts.ini"]
        command += ["--extra-vars", f"@{self.directory}/variables.json", playbook, *arguments]
        environment = os.environ | {
            "ANSIBLE_COLLECTIONS_PATH": str(self.directory),
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.directory / "home"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_SHOW_CUSTOM_STATS": "yes",
        }
        done = subprocess.run(
            [str(each) for each in command],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=ANSIBLE_SECONDS,
        )
        output = done.stdout
        assert "{" in output, f"no result:\n{output}\n{done.stderr}"
        return Run(done.returncode, output, json.loads(output[output.index("{") :])["stats"])

    def tasks(self, *tasks: tuple[str, dict[str, t.Any]], arguments: t.Sequence[str] = ()) -> list[dict[str, t.Any]]:
        """Runs modules as tasks on the controller, each after the other whatever comes of it; returns their results."""
        playbook = self.directory / "modules.yml"
        steps = [{f"nfv.vsphere_dpdk.{name}": options, "ignore_errors": True} for name, options in tasks]
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": steps}]))
        return self.playbook(playbook, *arguments).results()


@pytest.fixture
def ansible(tmp_path: Path, vcenter: t.Any) -> Ansible:
    namespace = tmp_path / "ansible_collections" / "nfv"
    namespace.mkdir(parents=True)
    (namespace / "vsphere_dpdk").symlink_to(REPOSITORY)
    (tmp_path / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = false\n")
    (tmp_path / "hosts.ini").write_text("[pgw]\npgw-it\n")
    return Ansible(
        tmp_path,
        {
            "vsphere_hostname": vcenter.hostname,
            "vsphere_port": vcenter.port,
            "vsphere_username": vcenter.username,
            "vsphere_password": vcenter.password,
            "vsphere_ca_path": str(vcenter.ca_path),
            "vsphere_datacenter": "nfv-dc",
            "vsphere_cluster": "nfv-a",
            "vsphere_template": "debian-12-dpdk",
            "vsphere_template_folder": "templates",
            # The lab's template has E1000 adapters, and its image finds them by PCI path.
            "nfv_template_management_found": True,
            # test_readiness_playbook.py looks; here it would cost every deployment five seconds.
            "nfv_readiness": "skip",
            "nfv_dataplane": DESCRIPTION,
            "pgw_s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
            "pgw_sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
            "pgw_sessions": [],
        },
    )


@pytest.fixture
def web_server(pki: t.Any) -> t.Iterator[int]:
    """The port of a TLS server with a trusted certificate that is no vCenter: it finds nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.certificate, pki.key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()
