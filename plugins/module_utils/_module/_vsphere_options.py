# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that modules for vCenter share, as parts of their argument specs."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback


def connection_options() -> dict[str, t.Any]:
    """The options of the doc fragment ``connection``; the environment variables are those of vmware.vmware."""
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
    """The options of the doc fragment ``vms``, and ``dataplane``."""
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


def identity_options() -> dict[str, t.Any]:
    """The option ``vms`` of modules that need no description."""
    return {
        "vms": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"name": {"type": "str"}, "uuid": {"type": "str"}, "moid": {"type": "str"}},
            "mutually_exclusive": [["name", "uuid", "moid"]],
            "required_one_of": [["name", "uuid", "moid"]],
        }
    }


def guest_vm_options(more: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The option ``vms`` of modules for first boots. more: further options of each VM."""
    identity = {"name": {"type": "str"}, "uuid": {"type": "str"}, "moid": {"type": "str"}}
    return {
        "vms": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {**identity, **more, "guest": {"type": "dict", "required": True}},
            "mutually_exclusive": [["name", "uuid", "moid"]],
            "required_one_of": [["name", "uuid", "moid"]],
        }
    }


def change_options() -> dict[str, t.Any]:
    """The options of the doc fragment ``change``, and ``state``."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "power_cycle": {"type": "str", "choices": ["never", "when_needed"], "default": "never"},
        "shutdown_timeout": {"type": "int", "default": 180},
        "force_power_off": {"type": "bool", "default": True},
        "hardware_upgrade": {"type": "str", "choices": ["never", "when_needed"], "default": "never"},
    }


def progress_option() -> dict[str, t.Any]:
    """The option of the doc fragment ``progress``."""
    return {"progress_file": {"type": "path"}}


def query_option() -> dict[str, t.Any]:
    """The option ``query`` of modules that only read."""
    return {"query": {"type": "str"}}
