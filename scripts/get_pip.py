"""Stand-in for get-pip.py in ansible-test's virtual environments: pip from the interpreter's ensurepip.

ansible-test calls it with pip's own options and the pinned package, for example
``--disable-pip-version-check pip==24.2 --no-setuptools --no-wheel``.
"""

from __future__ import annotations

import subprocess
import sys

GET_PIP_ONLY = ("--no-setuptools", "--no-wheel")


def main() -> int:
    """Install pip from ensurepip, then the pinned version of it that ansible-test asks for."""
    arguments = [argument for argument in sys.argv[1:] if argument not in GET_PIP_ONLY]
    # In a process of its own: ensurepip turns off pip's settings in its own environment.
    subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
    return subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *arguments])


if __name__ == "__main__":
    sys.exit(main())
