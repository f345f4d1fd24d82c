# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tuned profile for guests that poll: the distribution's profile without the parts that this collection sets itself.

cpu-partitioning (tuned-profiles-cpu-partitioning(7)) expects to own the machine's kernel arguments, initrd and threads.
Here boot.loader owns the kernel arguments and isolation.irqbalance owns irqbalance, so this collection's profile
includes the distribution's and disables those parts. tuned.conf(5) and tuned-adm(8) describe the files used here.
"""

from __future__ import annotations

import dataclasses
import json
import re
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import unfinished_name
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

PROFILE = "nfv-vsphere-dpdk"
RECORD = "/etc/nfv-vsphere-dpdk/tuned.json"
TUNED_ADM = "/usr/sbin/tuned-adm"
PID_FILE = "/run/tuned/tuned.pid"
ENABLED = "/etc/systemd/system/multi-user.target.wants/tuned.service"
ACTIVE = "/etc/tuned/active_profile"
MODE = "/etc/tuned/profile_mode"
# Since 2.24 profiles have a directory of their own; before, they were kept beside tuned's configuration.
SYSTEM_DIRECTORIES = ("/usr/lib/tuned/profiles", "/usr/lib/tuned")
USER_DIRECTORIES = ("/etc/tuned/profiles", "/etc/tuned")
BASES = ("cpu-partitioning", "network-latency")
"""The distribution's profiles, best first; the first includes the second."""

SWITCHED_OFF: t.Mapping[str, str] = {
    "bootloader": "Kernel arguments come from the module kernel_cmdline, which needs no initrd.",
    "script": "Prepares an initrd for dracut.",
    "irqbalance": "The collection has its own drop-in for irqbalance; this would rewrite the distribution's file.",
    "systemd": "isolcpus= keeps services off the polling CPUs; what this writes would outlive the profile.",
    # It knows lcore-slave-* only: EAL's threads are called rte-worker-* since 22.11 and dpdk-worker* since 23.11.
    "scheduler": "Moves threads off the polling CPUs, an application's polling threads among them.",
}
"""Units of the distribution's profiles that are disabled, each with the reason."""

_PENDING = "# tuned has not read this since it was changed.\n"
_MASKS = {
    "/proc/irq/default_smp_affinity": "new interrupts",
    "/sys/devices/virtual/workqueue/cpumask": "the kernel's unbound work",
}


@dataclasses.dataclass(frozen=True)
class ProfileRequest:
    """What the description requires of tuned."""

    polling_cpus: str
    """CPUs that poll, as a list such as ``2-3``; empty when there are none."""
    transparent_hugepages: str | None = None
    """Mode of transparent hugepages, None to leave it alone."""


@dataclasses.dataclass(frozen=True)
class ProfileSelection:
    """A selection of profiles as tuned stores it."""

    profiles: str
    """Names of the profiles, separated by spaces; empty for none."""
    mode: str
    """Who chose them, ``manual`` or ``auto``."""

    @classmethod
    def read(cls, tree: Tree) -> ProfileSelection:
        """What is selected now. A newly installed tuned has neither profile nor mode, which means ``auto``."""
        profiles = " ".join((tree.value(ACTIVE) or "").split())
        return cls(profiles, tree.value(MODE) or ("manual" if profiles else "auto"))

    @property
    def command(self) -> tuple[str, ...]:
        """The command that selects it again."""
        if self.mode == "auto":
            return (TUNED_ADM, "auto_profile")
        return (TUNED_ADM, "profile", *self.profiles.split()) if self.profiles else (TUNED_ADM, "off")


def running(tree: Tree) -> bool:
    """Whether the tuned daemon runs."""
    pid = tree.number(PID_FILE)
    return pid is not None and tree.exists(f"/proc/{pid}")


def in_charge(tree: Tree) -> bool:
    """Whether tuned is installed and either runs or is enabled; otherwise it has no effect."""
    return tree.exists(TUNED_ADM) and (running(tree) or tree.exists(ENABLED))


def wait_until_running(tree: Tree, seconds: float = 60, interval: float = 2) -> None:
    """Waits for a tuned that is enabled but does not run yet: after a boot it starts some seconds later than sshd."""
    deadline = time.monotonic() + seconds
    while in_charge(tree) and not running(tree) and time.monotonic() < deadline:
        time.sleep(interval)


def base(tree: Tree, asked: ProfileRequest) -> str | None:
    """The best of the distribution's profiles, None without one; cpu-partitioning requires isolated CPUs."""
    fitting = BASES if asked.polling_cpus else BASES[1:]
    there = (name for name in fitting for directory in SYSTEM_DIRECTORIES if tree.exists(_conf(directory, name)))
    return next(there, None)


def profile_text(asked: ProfileRequest, base_profile: str | None, pending: bool = False) -> str:
    """The tuned.conf of this collection's profile."""
    lines = [
        "# Managed by the Ansible collection nfv.vsphere_dpdk.",
        *([_PENDING.rstrip()] if pending else []),
        "[main]",
        "summary=CPUs that poll, as the description of the data plane has them",
        *([f"include={base_profile}"] if base_profile else []),
    ]
    if base_profile == BASES[0]:
        # Without this, cpu-partitioning makes a tmpdir for the initrd each time that tuned reads it.
        lines += ["", "[variables]", f"isolated_cores={asked.polling_cpus}", "tmpdir="]
    mode = asked.transparent_hugepages
    lines += ["", "[vm]", f"transparent_hugepages={mode}" if mode else "drop=transparent_hugepages"]
    for unit, reason in SWITCHED_OFF.items():
        lines += ["", f"# {reason}", f"[{unit}]", "enabled=0"]
    return "\n".join(lines) + "\n"


def interfering(tree: Tree, asked: ProfileRequest) -> tuple[str, ...]:
    """What may run on the polling CPUs although they are isolated, one sentence each."""
    polling = sum(1 << number for number in parse_cpu_list(asked.polling_cpus) or ())
    masks = ((path, tree.value(path), what) for path, what in _MASKS.items())
    return tuple(
        f"{path} is {mask}: {what} may run on CPUs {asked.polling_cpus}"
        for path, mask, what in masks
        if mask is not None and _mask(mask) & polling
    )


def _mask(text: str) -> int:
    """CPUs as bits, of a mask such as ``ff,00000001``. What is none could be any CPU."""
    digits = text.replace(",", "")
    return int(digits, 16) if re.fullmatch(r"[0-9a-fA-F]{1,4096}", digits) else -1


def plan(tree: Tree, asked: ProfileRequest, state: str) -> Plan:
    """Plans to select this collection's profile (state present), or what was selected before it (absent).

    The earlier selection is recorded before anything changes. The profile carries a mark until tuned has read it, so
    that the next run finishes an interrupted one. Raises NfvError(tuned_record_invalid).
    """
    selected = ProfileSelection.read(tree)
    there = in_charge(tree)
    base_profile = base(tree, asked)
    wanted = state == "present" and there
    if wanted:
        steps = _select(tree, selected, profile_text(asked, base_profile), profile_text(asked, base_profile, True))
    else:
        steps = _give_back(tree, selected, there) if state == "absent" else ()
    after = (
        ProfileSelection(PROFILE, "manual") if wanted else _earlier(tree, selected) if state == "absent" else selected
    )
    return Plan(
        steps=steps,
        before=dataclasses.asdict(selected),
        after=dataclasses.asdict(after),
        result={
            "in_charge": there,
            "running": running(tree),
            "profile": PROFILE if wanted else None,
            "base": base_profile if wanted else None,
            "selected": selected.profiles,
            "selection_mode": selected.mode,
            "interfering": list(interfering(tree, asked)),
            "left_out": list(_left_out(tree, asked, there, base_profile)) if state == "present" else [],
        },
    )


def _select(tree: Tree, selected: ProfileSelection, text: str, pending: str) -> tuple[Step, ...]:
    ours = _ours(tree)
    steps: list[Step] = []
    if not tree.exists(RECORD):
        # Somebody removed the record: this collection's profile is not the earlier one.
        earlier = ProfileSelection("", "auto") if selected.profiles == PROFILE else selected
        steps.append(WriteFile(RECORD, json.dumps(dataclasses.asdict(earlier), indent=2) + "\n"))
    if tree.text(ours) != text or selected.profiles != PROFILE:
        steps += [WriteFile(ours, pending), _run((TUNED_ADM, "profile", PROFILE)), WriteFile(ours, text)]
    return (*steps, *_removed(tree, [path for path in _places() if path != ours]))


def _give_back(tree: Tree, selected: ProfileSelection, there: bool) -> tuple[Step, ...]:
    earlier = _earlier(tree, selected)
    steps: list[Step] = []
    if selected != earlier and there:
        steps.append(_run(earlier.command))
    elif selected != earlier:
        # tuned does not run and is not started for this: it reads these files at its next start.
        files = {ACTIVE: earlier.profiles, MODE: earlier.mode}
        steps += [WriteFile(path, f"{text}\n" if text else "") for path, text in files.items()]
    steps += _removed(tree, _places())
    return (*steps, RemoveFile(RECORD)) if tree.exists(RECORD) else tuple(steps)


def _earlier(tree: Tree, selected: ProfileSelection) -> ProfileSelection:
    """What to select instead of this collection's profile; what somebody selected since then stays.

    Raises NfvError(tuned_record_invalid).
    """
    names = selected.profiles.split()
    if PROFILE not in names:
        return selected
    if len(names) > 1:
        return ProfileSelection(" ".join(name for name in names if name != PROFILE), "manual")
    text = tree.text(RECORD)
    if text is None:
        return ProfileSelection("", "auto")
    try:
        content = json.loads(text)
        return ProfileSelection(str(content["profiles"]), str(content["mode"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NfvError(
            ErrorCode.TUNED_RECORD_INVALID,
            RECORD,
            f"does not hold the earlier profile of tuned: {error}",
            "Select a profile yourself (tuned-adm profile or auto_profile), remove the file, and run this again.",
        ) from error


def _left_out(tree: Tree, asked: ProfileRequest, there: bool, base_profile: str | None) -> t.Iterator[str]:
    if not tree.exists(TUNED_ADM):
        return
    if not there:
        yield "tuned is installed, but neither runs nor is enabled: it was left alone"
    elif base_profile is None:
        yield f"tuned has none of the profiles {', '.join(BASES)}: the collection's profile includes none"
    elif asked.polling_cpus and base_profile != BASES[0]:
        yield (
            f"tuned has no profile {BASES[0]} (package tuned-profiles-cpu-partitioning): {base_profile} is used "
            "instead, and isolcpus= alone decides where the kernel's unbound work runs"
        )


def _conf(directory: str, profile: str) -> str:
    return f"{directory}/{profile}/tuned.conf"


def _places() -> tuple[str, ...]:
    return tuple(_conf(directory, PROFILE) for directory in USER_DIRECTORIES)


def _ours(tree: Tree) -> str:
    """Where this release of tuned looks for this collection's profile."""
    return _places()[0 if tree.exists(SYSTEM_DIRECTORIES[0]) else 1]


def _removed(tree: Tree, paths: t.Iterable[str]) -> list[Step]:
    """Removes profiles, what a killed run has left of one, and their directories; one with other files in it stays."""
    steps: list[Step] = []
    for path in paths:
        directory, _slash, profile = path.rpartition("/")
        there = tree.names(directory)
        ours = [name for name in (profile, unfinished_name(profile)) if name in there]
        steps += [RemoveFile(f"{directory}/{name}") for name in ours]
        # The directory has this collection's name: an empty one is what a killed run has left.
        if tree.exists(directory) and len(ours) == len(there):
            steps.append(RemoveDirectory(directory))
    return steps


def _run(argv: tuple[str, ...]) -> RunCommand:
    return RunCommand(
        argv, ErrorCode.TUNED_FAILED, "The reasons are in /var/log/tuned/tuned.log. Correct them, and run this again."
    )
