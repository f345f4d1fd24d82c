# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A comparison was killed, and the next deployment comes to adapters that the kernel still forwards with."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.record import RECORD
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest, BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_bind import decide
from tests.unit.guest.conftest import MACS, S5U, SGI
from tests.unit.guest.interrupts.test_plan import PRESENT, converge

if t.TYPE_CHECKING:
    from tests.unit.guest.interrupts.conftest import ForwardingGuest
    from tests.unit.guest.interrupts.test_plan import Made

ADAPTERS = [AdapterRequest("s5u", MACS[S5U], "pmd"), AdapterRequest("sgi", MACS[SGI], "pmd")]


def refusal(guest: ForwardingGuest) -> NfvError:
    with pytest.raises(NfvError) as refused:
        decide(guest, ADAPTERS, BindingPolicy(), "present")
    return refused.value


def test_bind_says_how_to_take_the_comparison_back(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, PRESENT)
    error = refusal(guest)
    assert (error.error_code, RECORD in error.attempted) == ("adapter_in_use", True)
    assert "state=absent" in error.remedy
    assert "allow_in_use" not in str(error), "it would bind the adapters and leave the application stopped"


def test_addresses_of_somebody_else_are_no_comparison(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, PRESENT)
    guest.remove_file(RECORD)
    assert "allow_in_use" in refusal(guest).remedy
