# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reboot that the last run asked for, so that one that did not help is not asked for again."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import RemoveFile, Step, WriteFile
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.procfs import BOOT_ID

# The boot in which a reboot was asked for, and the kernel arguments that it was to bring.
RECORD = "/etc/nfv-vsphere-dpdk/reboot.json"


def plan(guest: Guest, pending: t.Sequence[str], written_now: bool, rebooting: bool) -> tuple[Step, ...]:
    """Steps that record the reboot that follows, or remove the record when nothing waits for a reboot.

    pending: kernel arguments that wait for a reboot. written_now: whether this run changes what the boot loader passes.
    rebooting: whether the caller reboots at once.

    Raises NfvError(tuning_not_in_effect) when the guest has been rebooted for these arguments, and nothing has been
    changed since: it boots past the boot loader's configuration, and a further reboot cannot help.
    """
    recorded = guest.text(RECORD)
    if not pending:
        return () if recorded is None else (RemoveFile(RECORD),)
    boot = guest.value(BOOT_ID)
    if not rebooting or boot is None:
        return ()
    last_boot, last_pending = _read(recorded)
    if last_boot not in (None, boot) and last_pending == list(pending) and not written_now:
        raise NfvError(
            ErrorCode.TUNING_NOT_IN_EFFECT,
            guest.value("/proc/sys/kernel/hostname") or "this guest",
            f"a reboot did not bring {' '.join(pending)}; it is not rebooted again for the same",
            "Look at its console which entry of which boot loader boots (a recovery entry, another disk, a kernel given"
            " by the hypervisor); correct that, and reboot it yourself.",
            {"pending": list(pending)},
        )
    content = json.dumps({"boot_id": boot, "pending": list(pending)}, indent=1) + "\n"
    return () if content == recorded else (WriteFile(RECORD, content),)


def _read(text: str | None) -> tuple[t.Any, t.Any]:
    """The recorded boot and arguments; None for each where there is no readable record."""
    try:
        found = json.loads(text or "{}")
        return found.get("boot_id"), found.get("pending")
    except (ValueError, AttributeError, RecursionError):
        return None, None
