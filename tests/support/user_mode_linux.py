# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests under a Linux kernel of their own, with the modules that this machine's kernel may lack.

The kernel is Debian's user-mode-linux, that of the release's guests in another build: an ordinary process, which boots
within two seconds. It sees this machine's files, read-only, and none of its devices, networks and processes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

ROOT: t.Final = Path(__file__).parents[2]
PROGRAM: t.Final = "linux.uml"
_MODULES: t.Final = Path("/usr/lib/uml/modules")
_STATUS: t.Final = "pytest under the other kernel ended with status "
_SCRATCH: t.Final = "/run/tmp"
_MEMORY: t.Final = "512M"
_POWER_OFF: t.Final = 0x4321FEDC
"""LINUX_REBOOT_CMD_POWER_OFF of linux/reboot.h."""


def run_pytest(file: Path, timeout: float) -> tuple[int, str]:
    """Runs pytest on a file under that kernel; returns its exit status and all output.

    timeout: seconds. Raises FileNotFoundError without the kernel, RuntimeError when pytest did not come to its end.
    """
    kernel = shutil.which(PROGRAM)
    if kernel is None:
        raise FileNotFoundError(f"{PROGRAM} is missing: install Debian's package user-mode-linux (make setup)")
    # What the kernel does not know goes to the first process: settings to its environment, and what follows "--".
    command = [
        *(kernel, f"mem={_MEMORY}", "rootfstype=hostfs", "ro", "quiet", "con=null", "con0=null,fd:1"),
        *(f"init={sys.executable}", f"PYTHONPATH={os.pathsep.join((str(ROOT), str(ROOT / '.cache/source')))}"),
        *(f"PATH={os.environ['PATH']}", "--", "-m", __name__, str(file)),
    ]
    # Its processes are this one's, and end with it: a group of their own.
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        shown, _errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"not over after {timeout:.0f} s:\n{(late.stdout or b'').decode()}") from late
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    output, found, status = shown.rpartition(_STATUS)
    if not found:
        raise RuntimeError(f"pytest did not come to its end:\n{shown}")
    return int(status.split()[0]), output


def _first_process(file: str) -> None:
    """What the first process does: file systems, pytest, and the kernel's end."""
    os.chdir(ROOT)
    for kind, place in (("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run")):
        subprocess.run(["mount", "-t", kind, kind, place], check=True)
    # modprobe looks for lib/modules below a root.
    root = Path("/run/kernel")
    (root / "lib").mkdir(parents=True)
    (root / "lib/modules").symlink_to(_MODULES)
    Path(_SCRATCH).mkdir()
    environment = {
        **os.environ,
        "MODPROBE_OPTIONS": f"--dirname {root}",
        "TMPDIR": _SCRATCH,
        "HOME": _SCRATCH,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    settings = ("faulthandler_timeout=60", f"cache_dir={_SCRATCH}/cache")
    pytest = [sys.executable, "-m", "pytest", "-v", "--color=no", *(word for one in settings for word in ("-o", one))]
    done = subprocess.run([*pytest, file], env=environment, stdin=subprocess.DEVNULL, check=False)
    print(f"{_STATUS}{done.returncode}", flush=True)


if __name__ == "__main__":
    try:
        _first_process(sys.argv[1])
    finally:
        sys.stdout.flush()
        ctypes.CDLL(None).reboot(_POWER_OFF)
