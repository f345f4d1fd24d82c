# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every filter does with input that is not what its documentation asks for."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

Filters = dict[str, t.Callable[..., t.Any]]
# What Python raises for data of another shape, or nested too deeply.
_SHAPE = (LookupError, TypeError, AttributeError, ValueError, RecursionError)


def typed(filters: t.Mapping[str, t.Callable[..., t.Any]]) -> Filters:
    """The filters by name, each of which raises AnsibleFilterError and nothing else.

    Its message has an error code: that of the NfvError raised, or ``filter_input_invalid`` for data of another shape.
    """
    return {name: _typed(name, function) for name, function in filters.items()}


def _typed(name: str, function: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    @functools.wraps(function)
    def filtered(*arguments: t.Any, **options: t.Any) -> t.Any:
        try:
            return function(*arguments, **options)
        # Without a cause: Ansible would append its text, which says the same again or is without bounds.
        except NfvError as error:
            raise AnsibleFilterError(str(error)) from None
        except _SHAPE as error:
            refusal = NfvError(
                ErrorCode.FILTER_INPUT_INVALID,
                f"filter {name}",
                f"was given data of another shape than it takes ({type(error).__name__}: {str(error)[:200]})",
                f"Compare the data with ansible-doc -t filter nfv.vsphere_dpdk.{name}",
            )
            raise AnsibleFilterError(str(refusal)) from None

    return filtered


def plain(value: t.Any) -> t.Any:
    """A copy of nested data in Python's own types.

    From ansible-core 2.19 on, a filter is given containers that template their values when they are read. They can be
    read, and not copied by ``copy`` or ``dataclasses.asdict``.
    """
    if isinstance(value, t.Mapping):
        return {plain(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value
