"""Which files run in a guest or on a tester: all plugins except the ones that run on the controller.

Run as a program it prints their paths, for vermin.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTROLLER_ONLY = ("module_utils/_spec", "module_utils/_plan", "module_utils/_vsphere", "filter", "doc_fragments")
# Modules that talk to vCenter, or plan for it, by how their names begin.
CONTROLLER_MODULES = ("vm_", "host_", "placement_", "feature_")


def guest_code() -> list[Path]:
    """Python files under plugins/ that Ansible sends to a guest, in a fixed order."""
    plugins = ROOT / "plugins"
    modules = [path for path in plugins.glob("modules/*.py") if not path.name.startswith(CONTROLLER_MODULES)]
    utilities = [
        path
        for path in plugins.glob("module_utils/**/*.py")
        if not any(path.is_relative_to(plugins / part) for part in CONTROLLER_ONLY)
    ]
    return sorted(modules + utilities)


if __name__ == "__main__":
    sys.stdout.writelines(f"{path.relative_to(ROOT)}\n" for path in guest_code())
