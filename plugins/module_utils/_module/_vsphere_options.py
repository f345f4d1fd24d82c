# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share: connection options, and errors on their way to Ansible."""

from __future__ import annotations

import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import IMPORT_ERROR

jmespath: t.Any = None
JMESPATH_IMPORT_ERROR: str | None = None
try:
    import jmespath  # type: ignore[no-redef]
except ImportError:
    JMESPATH_IMPORT_ERROR = traceback.format_exc()


def connection_options() -> dict[str, t.Any]:
    """Options of the doc fragment ``connection``; the environment variables are those of vmware.vmware."""
    return {
        "hostname": {"type": "str", "required": True, "fallback": (env_fallback, ["VMWARE_HOST"])},
        "username": {"type": "str", "required": True, "fallback": (env_fallback, ["VMWARE_USER"])},
        "password": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, ["VMWARE_PASSWORD"])},
        "port": {"type": "int", "default": 443, "fallback": (env_fallback, ["VMWARE_PORT"])},
        "validate_certs": {
            "type": "bool",
            "default": True,
            "fallback": (env_fallback, ["VMWARE_VALIDATE_CERTS"]),
        },
        "ca_path": {"type": "path"},
        "datacenter": {"type": "str"},
    }


def vm_options() -> dict[str, t.Any]:
    """Options that name VMs and their descriptions."""
    return {
        "vms": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str"},
                "uuid": {"type": "str"},
                "moid": {"type": "str"},
                "dataplane": {"type": "dict"},
            },
            "mutually_exclusive": [["name", "uuid", "moid"]],
            "required_one_of": [["name", "uuid", "moid"]],
        },
        "dataplane": {"type": "dict"},
    }


def change_options() -> dict[str, t.Any]:
    """Options of the doc fragment ``change`` beside those of ``vm_options``, and ``state``."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "power_cycle": {"type": "str", "choices": ["never", "when_needed"], "default": "never"},
        "shutdown_timeout": {"type": "int", "default": 180},
        "force_power_off": {"type": "bool", "default": True},
        "hardware_upgrade": {"type": "str", "choices": ["never", "when_needed"], "default": "never"},
    }


def connection_of(params: t.Mapping[str, t.Any]) -> Connection:
    """The connection that the options ask for."""
    return Connection(
        hostname=params["hostname"],
        port=params["port"],
        username=params["username"],
        password=params["password"],
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
    )


def run(module: AnsibleModule, work: t.Callable[[], dict[str, t.Any]]) -> None:
    """Exits with the work's result, or fails with the one line of its error and its error_code."""
    if IMPORT_ERROR is not None:
        module.fail_json(
            msg=missing_required_lib("pyvmomi"), exception=IMPORT_ERROR, error_code=ErrorCode.LIBRARY_MISSING.value
        )
    try:
        result = work()
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    module.exit_json(**result)


def queried(result: dict[str, t.Any], query: str | None) -> dict[str, t.Any]:
    """The result with what a JMESPath expression finds in it as ``found``. Raises NfvError for a wrong expression."""
    if query is None:
        return result
    try:
        return {**result, "found": jmespath.search(query, result)}
    except jmespath.exceptions.JMESPathError as error:
        raise NfvError(
            ErrorCode.QUERY_INVALID, query, f"it is no JMESPath expression: {error}", "Correct query"
        ) from error
