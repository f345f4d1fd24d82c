# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a guest that are killed by SIGKILL at a chosen moment, and what they leave behind."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tests.guest import guest_code

if t.TYPE_CHECKING:
    from tests.guest.conftest import Testbed

DROP_IN = "/etc/default/grub.d/90-nfv-vsphere-dpdk.cfg"
MENU = "/boot/grub/grub.cfg"
UNFINISHED_MENU = "/boot/grub/grub.cfg.nfv-vsphere-dpdk.new"
"""The file that grub-mkconfig writes before it replaces the menu in force."""
KILLED = 128 + 9
"""A shell's exit status for a command killed by SIGKILL."""
# The modules' own main() without AnsibleModule: the same plan, the same effects, the same look afterwards.
_RUN = """
import json, os, signal, subprocess
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.application import service
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import loader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine import run
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import binding, model
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters

class Module:
    check_mode, _name = False, "module"

    def run_command(self, argv, **_options):
        done = subprocess.run(argv, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def exit_json(self, changed, **_result):
        print("changed" if changed else "unchanged")

    def fail_json(self, msg, **_result):
        sys.exit(msg)

event, word, left = {event!r}, {word!r}, {turn!r}

def die(happening, arguments):
    global left
    if happening == event and word in repr(arguments):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
"""
_BIND = """
adapters = [model.AdapterRequest(**adapter) for adapter in {adapters!r}]
policy = model.BindingPolicy()
run.converge(Module(), lambda guest: binding.plan(adapters, read_guest_adapters(guest), policy, "present"))
"""
_SERVICE = """
wanted = service.DpdkService("testpmd", "testpmd", tuple({command!r}))
run.converge(Module(), lambda guest: service.plan_present(guest, wanted, "when_needed", start=True))
"""
_CMDLINE = """
run.converge(Module(), lambda guest: loader.plan(guest, {arguments!r}, "present"))
"""

# Waits until GRUB's menu is half written, and kills whoever has it made: the module, grub-mkconfig, its scripts.
_KILL_THE_MENU = """
import os, signal, sys, time

def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""

until = time.monotonic() + 300
while "### BEGIN /etc/grub.d/10_linux ###" not in read({menu!r}):
    if time.monotonic() > until:
        sys.exit("no menu was made")
    time.sleep(0.01)
parents = {{}}
makers = set()
for entry in os.listdir("/proc"):
    if entry.isdigit():
        parents[int(entry)] = int((read(f"/proc/{{entry}}/stat").rpartition(")")[2].split() or [0, 0])[1])
        if "/usr/sbin/grub-mkconfig" in read(f"/proc/{{entry}}/cmdline").split("\\0")[:2]:
            makers.add(int(entry))
module = next(parents[maker] for maker in makers if parents[maker] not in makers)
doomed = {{module}}
while True:
    more = {{child for child, parent in parents.items() if parent in doomed}} - doomed
    if not more:
        break
    doomed |= more
for victim in sorted(doomed):
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""

_MENU_FAULT = """
fault() { echo "$1"; exit 0; }
grub-script-check "$menu" >&2 || fault "$menu is no script that GRUB can read"
for script in /etc/grub.d/*; do
    [ ! -x "$script" ] || grep --quiet --line-regexp --fixed-strings "### END $script ###" "$menu" ||
        fault "$menu ends before $script"
done
for kind in linux initrd; do
    files=$(awk -v kind="$kind" '$1 == kind { print $2 }' "$menu")
    [ -n "$files" ] || fault "$menu has no $kind"
    for file in $files; do [ -s "$file" ] || fault "$menu wants $file, which is not there"; done
done
"""


@dataclass(frozen=True)
class Moment:
    """When a run dies: just before an audit event of Python's (PEP 578), which comes before its effect."""

    event: str
    """Kind of the event, such as ``open``, ``os.rename`` or ``subprocess.Popen``."""
    word: str
    """Word that the event's arguments contain."""
    turn: int = 1
    """Which of these events it is, from 1."""


NEVER = Moment("never", "")


def bind(testbed: Testbed, moment: Moment = NEVER) -> str:
    """Do what module dpdk_bind does: changed, unchanged, or killed."""
    names = [adapter.partition(":")[0] for adapter in testbed.guest.adapters]
    adapters = [
        {"name": name, "mac": testbed.guest.mac(position), "driver": "pmd" if position else "kernel"}
        for position, name in enumerate(names)
    ]
    return _run(testbed, _BIND.format(adapters=adapters), moment)


def set_kernel_arguments(testbed: Testbed, arguments: t.Mapping[str, t.Any], moment: Moment = NEVER) -> str:
    """Do what module kernel_cmdline does: changed, unchanged, or killed."""
    return _run(testbed, _CMDLINE.format(arguments=dict(arguments)), moment)


def run_testpmd(testbed: Testbed, command: t.Sequence[str], moment: Moment = NEVER) -> str:
    """Do what module dpdk_application does with testpmd's service: changed, unchanged, or killed."""
    return _run(testbed, _SERVICE.format(command=list(command)), moment)


def _run(testbed: Testbed, work: str, moment: Moment) -> str:
    program = guest_code.bring(_RUN.format(event=moment.event, word=moment.word, turn=moment.turn) + work)
    said = testbed.shell(f"status=0; python3 - <<'END' || status=$?\n{program}\nEND\necho $status").split()
    if said == [str(KILLED)]:
        return "killed"
    assert len(said) == 2, said
    assert said[1] == "0", said
    return said[0]


def kill_when_the_menu_is_half_made(testbed: Testbed) -> None:
    """Arrange that the next generation of GRUB's menu is killed halfway; returns at once."""
    program = _KILL_THE_MENU.format(menu=UNFINISHED_MENU)
    testbed.shell(f"cat > /run/nfv-kill.py <<'END'\n{program}\nEND\nsystemd-run --quiet python3 /run/nfv-kill.py")


def menu_fault(testbed: Testbed, menu: str = MENU) -> str:
    """Why a guest could not boot from its menu (truncated, or without its kernel); empty if it could."""
    return testbed.shell(f"menu={menu}\n{_MENU_FAULT}").strip()


def half_way(testbed: Testbed) -> list[str]:
    """Files that a killed run has left unfinished."""
    found = testbed.shell(
        f"find /etc /boot -name '.*.nfv-new' -o -path '{MENU}.*'; grep -l '^# GRUB.s menu' {DROP_IN} || :"
    )
    return sorted(found.split())
