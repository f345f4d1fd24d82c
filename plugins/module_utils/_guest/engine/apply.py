# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where guest modules change the guest."""

from __future__ import annotations

import errno
import os
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.buddyinfo import contiguous_pages

from .ethtool import ask_driver
from .netlink import RequestRefusedError, ask_family
from .steps import (
    AskDriver,
    AskFamily,
    BindDriver,
    RemoveDirectory,
    RemoveFile,
    RenameFile,
    ResizePool,
    RunCommand,
    SetAttribute,
    Step,
    WriteFile,
)
from .tree import Tree

# The part of AnsibleModule.run_command that is needed: argv -> (status, standard output, standard error)
Runner = t.Callable[[t.Sequence[str]], tuple[int, str, str]]
_DEVICES = "/sys/bus/pci/devices"


def unfinished_name(name: str) -> str:
    """The name of a file that is still being written, beside its final one."""
    return f".{name}.nfv-new"


class Guest(Tree):
    """A tree that can be written to: the only place that touches the machine."""

    def __init__(self, run: Runner, root: str = "/") -> None:
        super().__init__(root)
        self.run = run

    def set_attribute(self, path: str, value: str) -> None:
        """Writes a kernel attribute in one write(2), as the kernel takes each as a value of its own."""
        descriptor = os.open(self.path(path), os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(descriptor, f"{value}\n".encode())
        finally:
            os.close(descriptor)

    def replace_file(self, path: str, content: str, mode: int = 0o644) -> None:
        """Writes a file whole, by renaming a finished one over it.

        The finished one always has unfinished_name(), one that neither shells' patterns nor systemd's and GRUB's
        directories take for theirs: what a killed run has left of it, the next one uses up.
        """
        final = self.path(path)
        final.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        temporary = final.with_name(unfinished_name(final.name))
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(mode)
            temporary.replace(final)
        except BaseException:
            temporary.unlink()
            raise

    def rename_file(self, source: str, path: str) -> None:
        """Puts a file in another's place when all of it is on the disk."""
        with self.path(source).open("rb") as file:
            os.fsync(file.fileno())
        self.path(source).replace(self.path(path))

    def remove_file(self, path: str) -> None:
        """Removes a file that may be gone already."""
        if self.exists(path):
            self.path(path).unlink()

    def remove_directory(self, path: str) -> None:
        """Removes a directory that may be gone already, unless there is anything in it: that is somebody else's."""
        try:
            self.path(path).rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise

    def ask_driver(self, interface: str, request: bytes) -> bytes:
        """See ethtool.ask_driver(). Raises OSError."""
        return ask_driver(interface, request)

    def ask_family(self, family: str, requests: t.Sequence[bytes], *, dump: bool = False) -> list[bytes]:
        """See netlink.ask_family(). Raises OSError."""
        return ask_family(family, requests, dump=dump)


def apply(steps: t.Iterable[Step], guest: Guest) -> None:
    """Carries the steps out in order and stops at the first that fails, with an NfvError."""
    for step in steps:
        if isinstance(step, BindDriver):
            _bind(step, guest)
        elif isinstance(step, ResizePool):
            _resize(step, guest)
        elif isinstance(step, RunCommand):
            _run(step, guest)
        elif isinstance(step, (AskDriver, AskFamily)):
            _ask(step, guest)
        else:
            _write(step, guest)


def _write(step: WriteFile | RemoveFile | RemoveDirectory | RenameFile | SetAttribute, guest: Guest) -> None:
    try:
        if isinstance(step, SetAttribute):
            guest.set_attribute(step.path, step.value)
        elif isinstance(step, WriteFile):
            guest.replace_file(step.path, step.content, step.mode)
        elif isinstance(step, RenameFile):
            guest.rename_file(step.source, step.path)
        elif isinstance(step, RemoveDirectory):
            guest.remove_directory(step.path)
        else:
            guest.remove_file(step.path)
    except OSError as error:
        raise NfvError(
            ErrorCode.WRITE_FAILED,
            step.path,
            f"could not be written: {error.strerror}",
            "Check the file system and the rights.",
        ) from error


def _run(step: RunCommand, guest: Guest) -> None:
    status, output, errors = guest.run(step.argv)
    if status != 0:
        said = (errors or output).strip() or "no output"
        raise NfvError(step.error_code, " ".join(step.argv), f"ended with status {status}: {said}", step.remedy)


def _ask(step: AskDriver | AskFamily, guest: Guest) -> None:
    try:
        if isinstance(step, AskDriver):
            guest.ask_driver(step.interface, step.request)
        else:
            guest.ask_family(step.family, step.requests)
    except OSError as error:
        subject = step.interface if isinstance(step, AskDriver) else f"kernel module {step.family}"
        reason = f"{step.what} was refused{_refused_request(step, error)}: {error.strerror or error}"
        raise NfvError(step.error_code, subject, reason, step.remedy) from error


def _refused_request(step: AskDriver | AskFamily, error: OSError) -> str:
    """Which of the requests it was, where the step has names for them."""
    if isinstance(step, AskDriver) or not step.names or not isinstance(error, RequestRefusedError):
        return ""
    return f" at {step.names[error.position]}"


def _resize(step: ResizePool, guest: Guest) -> None:
    try:
        guest.set_attribute(step.path, str(step.count))
        allocated = guest.number(step.path)
        if allocated is not None and allocated >= step.count:
            return
        guest.set_attribute(step.path, str(step.previous))
    except OSError as error:
        raise NfvError(ErrorCode.HUGEPAGES_FAILED, step.name, f"could not be resized: {error.strerror}") from error
    raise NfvError(
        ErrorCode.HUGEPAGES_SHORT,
        step.name,
        f"there is room for {allocated} of {step.count} pages; the pool is back at {step.previous}"
        f"{_contiguous(step, guest)}",
        "Request them on the kernel command line and reboot, before memory is fragmented, or add memory.",
    )


def _contiguous(step: ResizePool, guest: Guest) -> str:
    pages = contiguous_pages(guest, step.size_kb, step.node)
    if pages is None:
        return ""
    return f", and contiguous free memory holds {pages} more ({pages * step.size_kb // 1024} MiB)"


def _bind(step: BindDriver, guest: Guest) -> None:
    failure = _rebind(guest, step.pci_address, step.override, step.driver)
    if failure is None:
        return
    attempted = f"could not be bound to {step.driver or 'a driver of the kernel'}: {failure}"
    lost = _rebind(guest, step.pci_address, "", None)
    if lost is None:
        back = guest.target(f"{_DEVICES}/{step.pci_address}/driver")
        remedy = f"It is back on {back}. Look at the kernel's log (dmesg) for the reason."
    else:
        remedy = f"Giving it back to {step.fallback} failed too: {lost}. Reboot the guest to get it back."
    raise NfvError(ErrorCode.BIND_FAILED, f"{step.name} ({step.pci_address})", attempted, remedy)


def _rebind(guest: Guest, pci_address: str, override: str, driver: str | None) -> str | None:
    """Moves a device to a driver, None for any of the kernel's own; returns what went wrong, None for success."""
    device = f"{_DEVICES}/{pci_address}"
    try:
        guest.set_attribute(f"{device}/driver_override", override)
        if guest.target(f"{device}/driver") is not None:
            guest.set_attribute(f"{device}/driver/unbind", pci_address)
        guest.set_attribute("/sys/bus/pci/drivers_probe", pci_address)
    except OSError as error:
        return str(error.strerror)
    bound = guest.target(f"{device}/driver")
    right = bound == driver if driver else bound is not None and bound not in USERSPACE_DRIVERS
    asked = f"to bind {driver}" if driver else "to choose one"
    return None if right else f"its driver is {bound or 'none'} after the kernel was told {asked}"
