"""The commands of docs/quickstart.md, run in their order as a newcomer would, in a home of their own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.playbook import BINARIES, ROOT
from tests.support.shipped import copy_dependencies

PAGE = ROOT / "docs/quickstart.md"
VENV = "python3 -m venv ~/nfv"
PIP = 'pip install "ansible-core>=2.19,<2.22" pyvmomi requests jmespath'
# Nothing is downloaded: the programs are those of the running Python.
ALREADY_INSTALLED = {
    VENV: "true",
    ". ~/nfv/bin/activate": "true",
    PIP: 'python -c "import ansible, pyVmomi, requests, jmespath"',
}
# The page's virtual environment, with the interpreter of the tests instead of the distribution's.
INSTALLED_AFRESH = {VENV: f"{shlex.quote(sys.executable)} -m venv ~/nfv"}
# Nothing of the tests' own virtual environment.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Who creates a vault has a terminal, and an editor; here a script writes the line.
VAULT = "ansible-vault create inventory/group_vars/all/vault.yml"
COLLECTION = "ansible-galaxy collection install nfv.vsphere_dpdk"
COLLECTIONS = ".ansible/collections"
SITE_FILE = "inventory/group_vars/all/vsphere.yml"
TESTER_FILE = "inventory/host_vars/tester-1.yml"
GUEST_FILE = "inventory/host_vars/pgw-1.yml"
PUBLIC_KEY = ".ssh/id_ed25519.pub"


def commands(page: str) -> list[str]:
    """Return each command line of the page's shell blocks, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def guest_file(page: str) -> str:
    """Return the file that the page has the newcomer write for the first boot of the guest."""
    (content,) = re.findall(rf"^```yaml\n# {GUEST_FILE}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(content)


def changed(text: str, values: t.Mapping[str, t.Any]) -> str:
    """Return the text of a YAML file with these values of keys; a key that is not there comes last."""
    for name, value in values.items():
        line = f"{name}: {value}"
        text, count = re.subn(rf"^( *)(?:# )?{name}: .*$", rf"\g<1>{line}", text, flags=re.MULTILINE)
        text += "" if count else f"{line}\n"
    return text


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has nothing yet, and follows the page."""

    home: Path
    """An empty folder: the home directory, and where the commands run."""
    site: t.Mapping[str, t.Any]
    """What the newcomer writes into vsphere.yml: variables of vCenter by name."""
    tester: t.Mapping[str, t.Any]
    """What the newcomer writes into the tester's host_vars: how Ansible reaches it."""
    guest: t.Mapping[str, t.Any]
    """What the newcomer changes in the page's nfv_guest: the guest's addresses."""
    public_key: str
    """The newcomer's own ssh key, as ~/.ssh/id_ed25519.pub has it."""
    password: str
    """vCenter's password, for the vault."""
    tarball: Path
    """The collection as it is published."""
    environment: t.Mapping[str, str] = field(default_factory=dict)
    """Environment variables beyond those of a fresh login."""
    changes: t.Mapping[str, str] = field(default_factory=dict)
    """Commands that this newcomer runs in another form, by the page's."""
    afresh: bool = False
    """Whether step 1 is done as the page says, with pip from PyPI, instead of with the running Python's packages."""

    def follow(self) -> t.Iterator[tuple[str, subprocess.CompletedProcess[str]]]:
        """Run the page's commands one after the other; the caller judges each. Raises OSError."""
        for line in commands(PAGE.read_text(encoding="utf-8")):
            if line == COLLECTION:
                copy_dependencies(self.tarball, self.home / COLLECTIONS)
            yield line, self._run(self._command(line))
            if line.startswith("mkdir "):
                self._fill_in()

    def _command(self, line: str) -> str:
        if line == COLLECTION:
            return f"{COLLECTION.rpartition(' ')[0]} --offline {shlex.quote(str(self.tarball))}"
        if line == VAULT:
            return f"{VAULT} --skip-tty-check"
        return self.changes.get(line, (INSTALLED_AFRESH if self.afresh else ALREADY_INSTALLED).get(line, line))

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        vault = self.home / ".vault"
        vault.write_text("of this test alone\n", encoding="utf-8")
        editor = self.home / ".editor"
        editor.write_text(f'#!/bin/sh\necho \'vault_vsphere_password: "{self.password}"\' >"$1"\n', encoding="utf-8")
        editor.chmod(0o700)
        environment = {
            "HOME": str(self.home),
            "PWD": str(self.home),
            "PATH": f"{self.home}/nfv/bin:{SYSTEM_PATH}" if self.afresh else f"{BINARIES}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(vault),
            "EDITOR": str(editor),
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            **self.environment,
        }
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _fill_in(self) -> None:
        """Change in the copied example what differs at this site, in the directories that the page makes."""
        path = self.home / SITE_FILE
        path.write_text(changed(path.read_text(encoding="utf-8"), self.site), encoding="utf-8")
        files = {
            GUEST_FILE: changed(guest_file(PAGE.read_text(encoding="utf-8")), self.guest),
            TESTER_FILE: changed("", self.tester),
            PUBLIC_KEY: self.public_key,
        }
        (self.home / PUBLIC_KEY).parent.mkdir()
        for name, content in files.items():
            (self.home / name).write_text(content, encoding="utf-8")
