# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Wireshark's GTP dissector says of S5-U."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import path_messages
from lab.testing.pgw_packets import SERVER, SERVER6, g_pdu, ipv4, ipv6, outer
from tests.integration.pgw.conftest import Bench
from tests.support.capture import capture, dissect

UE, UE6, LOCAL, REMOTE, UNKNOWN, WRONG = "198.19.0.1", "2001:db8:1:1::7", 0x10001, 0x20001, 0xBADBAD, 0xBAD1
SIZES = (28, 64, 576, 1400, 1464)


def test_dissector_of_others_reads_s5u_without_complaint(bench: Bench, tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.fail("missing: tshark (make setup)")
    bench.switch.converge(bench.plane(2))
    file = tmp_path / "s5u.pcapng"
    # The control, of which the dissector must complain: a packet cut short in its tunnel.
    wrong = g_pdu(WRONG, ipv4(UE, SERVER)[:-10])
    with capture(bench.switch.tester, "s5u", file):
        for size in SIZES:
            bench.uplink(LOCAL, ipv4(UE, SERVER, size))
            bench.sgi.send(ipv4(SERVER, UE, size), pad=60)
            bench.sgi.send(ipv6(SERVER6, UE6, max(size, 40)), pad=60)
        bench.s5u.send(outer(path_messages.echo_request(7)))
        bench.uplink(UNKNOWN, ipv4(UE, SERVER))
        bench.s5u.send(wrong)
        time.sleep(1.5)
    found = dissect(file)
    complaints = {(each.teid, each.complaint) for each in found if each.complaint}
    assert {teid for teid, _complaint in complaints} == {WRONG}, complaints
    assert len([each for each in found if each.teid == REMOTE]) == 2 * len(SIZES)
    assert {path_messages.ECHO_REQUEST, path_messages.ECHO_RESPONSE, path_messages.ERROR_INDICATION} <= {
        each.message for each in found
    }
