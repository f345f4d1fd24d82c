# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of examples/gitops, taken out of the tarball and kept in Git, as somebody uses it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tarfile
import typing as t
from pathlib import Path

from tests.support.playbook import BINARIES, ROOT
from tests.support.quickstart import changed
from tests.support.shipped import build_collection

PAGE = ROOT / "docs/gitops.md"
PREFIX = "examples/gitops/"
VAULT_PASSWORD = "of-this-test-alone"
# A deployment takes a minute, and twenty on a machine that twenty others share.
STAGE_SECONDS = 1800
SITE_FILE = "inventory/group_vars/all/vsphere.yml"
VAULT_FILE = "inventory/group_vars/all/vault.yml"


def unpack_example(directory: Path) -> Path:
    """Builds the tarball and returns the example as the tarball has it, below an empty directory."""
    with tarfile.open(build_collection(directory / "build")) as tarball:
        members = [member for member in tarball if member.name.startswith(PREFIX)]
        tarball.extractall(directory, members, filter="data")
    return directory / PREFIX


class Repository(t.NamedTuple):
    """A copy of the example."""

    directory: Path
    """The repository's root."""
    environment: t.Mapping[str, str]
    """What the pipeline's jobs have. Nothing is downloaded: the virtual environment that is active has it all."""

    @classmethod
    def copy(cls, shipped: Path, directory: Path, **environment: str) -> Repository:
        """Copies the shipped example; the home directory is the one above the copy."""
        shutil.copytree(shipped, directory)
        programs = {
            "HOME": str(directory.parent),
            "PATH": f"{BINARIES}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "VIRTUAL_ENV": str(BINARIES.parent),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        }
        author = dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A tester")
        author |= dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "tester@example.com")
        return cls(directory, {**programs, **author, **environment})

    def run(self, *command: str, given: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the repository; the caller judges its status. given: its standard input."""
        return subprocess.run(
            command,
            cwd=self.directory,
            env={**self.environment, **environment},
            input=given or "",
            capture_output=True,
            text=True,
            timeout=STAGE_SECONDS,
            check=False,
        )

    def stage(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a stage as both pipelines do; the caller judges its status."""
        return self.run("bash", "-c", f"./pipeline {name}", **environment)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replaces a text that must be there."""
        text = self.read(path)
        assert old in text
        (self.directory / path).write_text(text.replace(old, new))

    def read(self, path: str) -> str:
        """The content of a file."""
        return (self.directory / path).read_text()

    def connect(self, site: t.Mapping[str, t.Any], password: str) -> None:
        """Fills in vCenter and its encrypted password, as docs/gitops.md says."""
        path = self.directory / SITE_FILE
        path.write_text(changed(path.read_text(), site))
        (command,) = re.findall(r"^ +(ansible-vault encrypt_string .+)$", PAGE.read_text(), re.MULTILINE)
        done = self.run(*command.split(), given=password, VAULT_PASSWORD=VAULT_PASSWORD)
        assert done.returncode == 0, done.stderr
        (self.directory / VAULT_FILE).write_text(f"---\n{done.stdout}\n")

    def git(self, *arguments: str) -> str:
        """What a command of Git prints. Fails the test when it fails."""
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self) -> None:
        """Makes it a repository with one commit on main, both pipelines where their forges look for them."""
        for source, target in (
            ("gitignore", ".gitignore"),
            ("gitlab-ci.yml", ".gitlab-ci.yml"),
            ("github-workflow.yml", ".github/workflows/nfv.yml"),
        ):
            (self.directory / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.directory / source, self.directory / target)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Begin")

    def commit(self, message: str) -> None:
        """Commits whatever was changed."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    @contextlib.contextmanager
    def branch(self, name: str) -> t.Iterator[None]:
        """A branch of main for as long as the context lasts; main is checked out again afterwards, as it was."""
        self.git("switch", "--quiet", "--create", name)
        try:
            yield
        finally:
            self.git("switch", "--quiet", "--discard-changes", "main")

    def approve(self, plan: Path) -> None:
        """Commits a plan that a job has left as artefacts, as docs/gitops.md says."""
        (self.directory / "plans").mkdir(exist_ok=True)
        shutil.copy(plan / "run.json", self.directory / "plans/approved.json")
        shutil.copy(plan / "plan.md", self.directory / "plans/approved.md")
        self.commit("Approve the plan")
