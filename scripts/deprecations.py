"""Finds deprecations in ansible-core's log that name this collection; exits with 1 if there are any."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What the log puts before each message: "2026-11-28 17:05:19,035 p=4711 u=root n=ansible INFO| ".
_RECORD = re.compile(r"(?m)^\d{4}-\d\d-\d\d [\d:,]+ p=\d+ u=\S+ n=\S+ [A-Z]+\| ")
_DEPRECATION = "[DEPRECATION WARNING]: "


def deprecations(log: str, root: Path = ROOT) -> Iterator[str]:
    """Each deprecation once that names this collection: by its name, or by the path of a file in it or in the checkout.

    The checkout's own path does not count, since the tests' environments are below it and hold others' files.
    """
    tree = rf"(?:ansible_collections/nfv/vsphere_dpdk|{re.escape(str(root))})/(?:meta|playbooks|plugins|roles)/"
    ours = re.compile(rf"\bnfv\.vsphere_dpdk\b|{tree}")
    messages = [record.strip() for record in _RECORD.split(log) if record.startswith(_DEPRECATION)]
    yield from (message for message in dict.fromkeys(messages) if ours.search(message))


def main(arguments: list[str]) -> int:
    """Reads the logs that it is given and writes what it finds. Raises OSError for a log that is not there."""
    found = [message for path in arguments for message in deprecations(Path(path).read_text(errors="replace"))]
    for message in found:
        sys.stderr.write(f"{message}\n")
    if found:
        sys.stderr.write(f"Deprecations that name this collection: {len(found)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
