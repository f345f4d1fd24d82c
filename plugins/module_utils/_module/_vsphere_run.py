# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module for vCenter runs: the libraries that it needs, its connection, and its option ``query``."""

from __future__ import annotations

import contextlib
import importlib
import platform
import signal
import sys
import traceback
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.login import ENDING
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import IMPORT_ERROR

from ._run import finish

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

jmespath: t.Any = None
JMESPATH_IMPORT_ERROR: str | None = None
try:
    import jmespath  # type: ignore[no-redef]
except ImportError:
    JMESPATH_IMPORT_ERROR = traceback.format_exc()

UNVERIFIED: t.Final = (
    "validate_certs is false, by the option or the environment variable VMWARE_VALIDATE_CERTS: the certificate of"
    " {hostname} is not verified, and whoever stands between can read the password and change what is sent. Set ca_path"
    " instead"
)

Params = t.Mapping[str, t.Any]
Result = dict[str, t.Any]


def run_info(module: AnsibleModule, gather: t.Callable[[Params, Connection], Result]) -> None:
    """Runs a module that only reads. Its option ``query`` adds ``found`` to the result."""
    query = module.params["query"]
    if query is not None:
        _require(module, "jmespath", JMESPATH_IMPORT_ERROR)
    _run(module, lambda connection: queried(gather(module.params, connection), query))


def run_change(module: AnsibleModule, converge: t.Callable[[Params, Connection, bool], Result]) -> None:
    """Runs a module that changes something; ``converge`` takes its options, the connection and check mode."""
    _run(module, lambda connection: converge(module.params, connection, module.check_mode))


def _run(module: AnsibleModule, work: t.Callable[[Connection], Result]) -> None:
    _require(module, "pyvmomi", IMPORT_ERROR)
    if not module.params["validate_certs"]:
        module.warn(UNVERIFIED.format(hostname=module.params["hostname"]))
    try:
        with _signals_raised():
            finish(module, lambda: work(_connection(module.params)))
    except _TerminatedError as ended:
        code = ErrorCode.MODULE_TERMINATED
        text = "Nothing more was started, and the session was ended; run again, and the run will check first"
        module.fail_json(msg=f"[{code}] {ended}. {text}", error_code=code.value)


class _TerminatedError(BaseException):
    """A signal asked this process to end. No handler of errors catches it; it passes through every clean-up."""


@contextlib.contextmanager
def _signals_raised() -> t.Iterator[None]:
    """Turns signals that would end this process at once into an exception, so that the session is logged out."""

    def terminate(number: int, _frame: t.Any) -> t.NoReturn:
        for each in before:
            signal.signal(each, signal.SIG_IGN)  # the first one is enough
        raise _TerminatedError(f"this module got {signal.Signals(number).name}")

    before = {number: signal.signal(number, terminate) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def require_libraries(module: AnsibleModule, names: t.Iterable[str]) -> None:
    """Fails (library_missing) unless the Python that runs this module can import these libraries.

    Modules of other collections need them later on; the playbook asks before it changes anything.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            _require(module, name, traceback.format_exc())


def _require(module: AnsibleModule, library: str, import_error: str | None) -> None:
    if import_error is not None:
        error = NfvError(
            ErrorCode.LIBRARY_MISSING,
            library,
            f"{sys.executable}, which runs this module on {platform.node()}, cannot import this Python library",
            f"Install it there ({sys.executable} -m pip install {library}), or set ansible_python_interpreter of"
            " localhost to a Python that has it",
        )
        module.fail_json(msg=str(error), exception=import_error, **error.result())


def _connection(params: Params) -> Connection:
    names = ("hostname", "port", "username", "password", "validate_certs", "ca_path")
    return Connection(**{name: params[name] for name in names})


def queried(result: Result, query: str | None) -> Result:
    """Adds to a result, as ``found``, what a JMESPath expression finds in it. Raises NfvError: query_invalid."""
    if query is None:
        return result
    try:
        return {**result, "found": jmespath.search(query, result)}
    except jmespath.exceptions.JMESPathError as error:
        raise NfvError(
            ErrorCode.QUERY_INVALID, query, f"this is not a JMESPath expression: {error}", "Correct query"
        ) from error
