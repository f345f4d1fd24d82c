"""An interpreter that lets Ansible take this machine for a guest with a firmware of its own."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

_SCRIPT = """\
#!/bin/sh
# Ansible runs a module as a file whose name has the module's.
for word; do case $word in */AnsiballZ_*.py) module=${{word##*/AnsiballZ_}}; module=${{module%.py}};; esac; done
[ -z "$module" ] && exec {python} "$@"
echo "$module" >> {executed}
case " {allowed} " in *" $module "*) ;; *) echo "$module must not run on this machine" >&2; exit 97;; esac
exec unshare --mount sh -c '
    mount -t tmpfs none /sys/class && mkdir -p /sys/class/dmi && ln -s {dmi} /sys/class/dmi/id &&
    exec {python} "$@"' "$0" "$@"
"""


class Firmware:
    """This machine with DMI attributes that a test chooses, for hosts with ``connection: local``.

    Needs root, to mount in a namespace of its own. Nothing runs but the modules that the test allows.
    """

    def __init__(self, directory: Path, allowed: t.Collection[str], **attributes: str) -> None:
        """attributes: the files of /sys/class/dmi/id, such as ``product_uuid``."""
        dmi = directory / "dmi"
        dmi.mkdir(parents=True)
        for name, value in attributes.items():
            (dmi / name).write_text(f"{value}\n")
        self._executed = directory / "executed"
        self.interpreter = directory / "python"
        script = _SCRIPT.format(python=sys.executable, executed=self._executed, allowed=" ".join(allowed), dmi=dmi)
        self.interpreter.write_text(script)
        self.interpreter.chmod(0o755)

    @property
    def variables(self) -> str:
        """Variables of a host that is this machine, as an INI inventory has them."""
        return f"ansible_connection=local ansible_python_interpreter={self.interpreter}"

    @property
    def executed(self) -> list[str]:
        """The modules that Ansible had executed, or wanted to, in order."""
        return self._executed.read_text().split() if self._executed.exists() else []
