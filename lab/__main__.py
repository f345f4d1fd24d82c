# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's commands: python -m lab image|up|down|status|guest|deploy. Each may be run again."""

from __future__ import annotations

import argparse
import sys
import time

from lab import lifecycle, standalone
from lab.deploy import deploy
from lab.errors import LabError
from lab.image import build
from lab.image.inputs import DEBIAN_12, RELEASES, Release
from lab.state import find_state

COMMANDS = {
    "image": "build a golden image, debian-12 or the one named (4 minutes when its inputs changed, else nothing)",
    "up": "start networks, vCenter and hypervisor (10 s, plus the image when it is not there)",
    "down": "end everything that was started (10 s)",
    "status": "say what runs; status 3 when the lab is not up",
    "guest": "start, keep, put back or end a guest without a vCenter behind it (a minute to start)",
    "deploy": "up, then deploy the PGW and prove it (10 minutes the first time); status 1 when it is not proved",
}
NOT_UP = 3
"""Exit status of ``status`` for something that is not running (LSB, init script actions)."""


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def run(command: str, more: list[str]) -> int:
    """Run one command and return its exit status."""
    state = find_state()
    if command == "deploy":
        with state.locked("deploy"):
            return 0 if deploy(state, say, more) else 1
    if command == "guest":
        return 0 if standalone.run(state, more, say) else NOT_UP
    if command == "up":
        lifecycle.up(state, say)
    elif command == "down":
        lifecycle.down(state, say)
    elif command == "status":
        return 0 if lifecycle.status(state, say) else NOT_UP
    else:
        lifecycle.require_root()
        with state.locked():
            image = build.ensure(state, say, _release(more))
        took = f"built in {image.built_seconds:.0f} s" if image.built_seconds else "is up to date"
        say(f"golden image {image.name}: {image.path} {took}")
    return 0


def _release(names: list[str]) -> Release:
    name = names[0] if names else DEBIAN_12.name
    if name not in RELEASES:
        raise LabError("image_unknown", f"no golden image is called {name}; there are {', '.join(RELEASES)}")
    return RELEASES[name]


def main() -> int:
    """Read the command line; errors become one line and status 2."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in COMMANDS.items():
        commands.add_parser(name, help=text, description=text)
    arguments, more = parser.parse_known_args()
    if more and arguments.command not in ("deploy", "guest", "image"):
        parser.error(f"{arguments.command} takes no {more[0]}; it needs nothing more")
    started = time.strftime("%H:%M:%S")
    try:
        return run(arguments.command, more)
    except LabError as error:
        print(f"lab {arguments.command} (started {started}): {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"lab {arguments.command}: interrupted; running it again carries on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
