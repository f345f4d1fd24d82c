# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""testpmd on a second VM: what it is refused, how it is called, what it printed, and what of that counts."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.judge import traffic_rows
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import Expected
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd import console as testpmd_console
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd import run
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd.console import Console
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd.count import (
    BurstCount,
    GeneratorPort,
    count,
    cross_check,
    difference,
    directions,
    is_foreign,
    row,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd.output import (
    Frame,
    PortCounters,
    parse_counters,
    parse_ports,
    parse_received,
    parse_sent,
    refusal,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd.run import (
    BurstLoad,
    GeneratorAdapter,
    Program,
)

FIRST, SECOND = (
    GeneratorAdapter("00:50:56:3f:18:01", "00:50:56:3f:d3:01"),
    GeneratorAdapter("00:50:56:3f:18:02", "00:50:56:3f:d3:02"),
)
LOAD, PROGRAM = BurstLoad(count=40, burst=32, size=128, drain=0.5), Program(start_timeout=10)
FORTH, BACK = directions(
    GeneratorPort(0, FIRST.mac, FIRST.guest_mac), GeneratorPort(1, SECOND.mac, SECOND.guest_mac), 128
)
RIGHT = Frame(1, SECOND.guest_mac, SECOND.mac, 0x0800, 142, "L2_ETHER L3_IPV4 L4_UDP")
NEVER = PortCounters(0, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def recorded() -> str:
    """A session with the testpmd of Debian 12 (22.11.11): two bursts forth, two back, through another testpmd.

    Recorded on af_packet ports in network namespaces, not on VMXNET3 adapters: the driver's name differs.
    """
    return Path(__file__).with_name("recorded.txt").read_text()


def test_recorded_frames_ports_and_counters_are_read(recorded: str) -> None:
    received = parse_received(recorded)
    assert received.announced == len(received.frames) == 80
    assert count((one for one in received.frames if one.port == 1), 40, FORTH) == BurstCount(sent=40, right=40)
    assert count((one for one in received.frames if one.port == 0), 40, BACK) == BurstCount(sent=40, right=40)
    assert [(one.number, one.mac, one.driver, one.up) for one in parse_ports(recorded)] == [
        (0, FIRST.mac, "net_af_packet", True),
        (1, SECOND.mac, "net_af_packet", True),
    ]
    assert parse_counters(recorded) == {0: PortCounters(40, 0, 0, 0, 40, 0), 1: PortCounters(40, 0, 0, 0, 40, 0)}
    assert refusal(recorded) is None


def test_what_was_sent_is_read_from_the_stop_of_that_port(recorded: str) -> None:
    stops = [part for part in recorded.split("testpmd> ") if "Telling cores to stop" in part]
    assert [parse_sent(stop, 0) for stop in stops if parse_sent(stop, 1) is None] == [32, 8]
    assert [parse_sent(stop, 1) for stop in stops if parse_sent(stop, 0) is None] == [32, 8]
    assert parse_sent("Telling cores to stop...", 0) is None
    dropped = stops[0].replace(
        "TX-packets: 32             TX-dropped: 0 ", "TX-packets: 30             TX-dropped: 2 ", 1
    )
    assert parse_sent(dropped, 0) == 30


def test_no_cut_or_mixed_line_counts_as_a_frame(recorded: str) -> None:
    start = recorded.index("received 32 packets")
    text = recorded[recorded.rindex("port", 0, start) : recorded.index("Telling", start)]
    for end in range(len(text) - 1, len(text) - 1200, -7):
        received = parse_received(text[:end])
        assert received.announced == 32
        assert len(received.frames) <= 32
        assert all(difference(frame, FORTH) is None for frame in received.frames)
    mixed = text.replace(" - dst=", "testpmd> - dst=", 3)
    assert len(parse_received(mixed).frames) == len(parse_received(text).frames) - 3
    assert parse_received("  src=" + text.split("  src=", 1)[1]).frames == ()


def test_the_prompt_may_stand_between_the_lines(recorded: str) -> None:
    mixed = recorded.replace("port 1/queue", "tesport 1/queue").replace("\n  src=", "\ntpmd  src=")
    assert parse_received(mixed) == parse_received(recorded)


@pytest.mark.parametrize(
    "said", ["Bad arguments", "Command not found", "Invalid port 7", "Please stop forwarding first"]
)
def test_a_refused_command_is_known(said: str) -> None:
    assert refusal(f"set portlist 7\n{said}\ntestpmd> ") == said


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"port": 0}, "side that it was sent from"),
        ({"source": FIRST.mac}, "--forward-mode=mac"),
        ({"source": FIRST.guest_mac}, f"the guest's adapter has {SECOND.guest_mac}"),
        ({"destination": "02:00:00:00:00:01"}, "--eth-peer=PORT,MAC"),
        ({"length": 141}, "arrived with 141 bytes, sent with 142"),
        ({"packet_type": "L2_ETHER L3_IPV4 L4_TCP"}, "sent as IPv4 and UDP"),
    ],
)
def test_a_frame_that_arrives_otherwise_is_corrupt_and_says_why(changed: dict[str, t.Any], told: str) -> None:
    frame = dataclasses.replace(RIGHT, **changed)
    assert not is_foreign(frame, FORTH)
    tally = count([RIGHT, frame], 2, FORTH)
    assert (tally.right, tally.corrupt) == (1, 1)
    assert told in tally.problems[0]


@pytest.mark.parametrize("changed", [{"ether_type": 0x0806}, {"ether_type": 0x86DD}, {"source": "00:50:56:00:00:99"}])
def test_frames_of_others_are_noise(changed: dict[str, t.Any]) -> None:
    assert count([dataclasses.replace(RIGHT, **changed)], 1, FORTH) == BurstCount(sent=1, noise=1)


def test_the_ports_own_counters_have_the_last_word() -> None:
    tally = BurstCount(sent=40, right=40)
    agreed = {0: dataclasses.replace(NEVER, sent=40), 1: dataclasses.replace(NEVER, received=43)}
    assert cross_check(tally, FORTH, agreed) == tally
    less = {0: dataclasses.replace(NEVER, sent=39), 1: dataclasses.replace(NEVER, received=10)}
    checked = cross_check(tally, FORTH, less)
    assert (checked.sent, checked.right) == (39, 10)
    assert checked.problems == ("testpmd sent 40, its port counted 39", "testpmd received 40, its port counted 10")
    assert cross_check(tally, FORTH, {}).right == 0


@pytest.mark.parametrize(
    ("tally", "failing"),
    [
        (BurstCount(sent=40, right=40), None),
        (BurstCount(sent=40, right=40, noise=7), None),
        (BurstCount(sent=40, right=39), "1 of 40 lost"),
        (BurstCount(sent=40, right=41), "1 arrived twice"),
        (BurstCount(sent=40, right=40, corrupt=1, problems=("a frame came back",)), "1 arrived changed"),
        (BurstCount(sent=32, right=32), "only 32 of 40 sent"),
        (BurstCount(), "no traffic seen: not proved"),
    ],
)
def test_the_judge_takes_the_rows(tally: BurstCount, failing: str | None) -> None:
    expected = Expected((), {"first": "s5u", "second": "sgi"}, (1,), (), traffic="testpmd")
    legs = [row(FORTH, tally, 40, 2.0), row(BACK, BurstCount(sent=40, right=40), 40, 2.0)]
    forth, back = traffic_rows(legs, expected)
    assert back.verdict == "pass"
    assert back.reason == "not observed: payload, order, latency, which frame was lost or came twice"
    assert forth.verdict == ("fail" if failing else "pass")
    assert failing is None or failing in forth.reason


def test_no_rows_are_no_proof() -> None:
    rows = traffic_rows((), Expected((), {}, (1,), (), traffic="testpmd"))
    assert {(one.name, one.verdict) for one in rows} == {("traffic forth", "fail"), ("traffic back", "fail")}


def test_the_command_line() -> None:
    argv = run.command(Program("/usr/bin/dpdk-testpmd"), "0,1", ["0000:00:11.0", "0000:00:12.0"])
    assert " ".join(argv) == (
        "/usr/bin/dpdk-testpmd --lcores 0,1 --in-memory --no-telemetry --file-prefix nfv-generator -m 64"
        " -a 0000:00:11.0 -a 0000:00:12.0 -- --interactive --forward-mode=rxonly --port-topology=loop --no-flush-rx"
        " --nb-cores=1 --total-num-mbufs=8192"
    )


@pytest.mark.parametrize(("online", "lcores"), [("0-1", "0,1"), ("0-7", "0,7"), ("0", "0@0,1@0")])
def test_prompt_and_worker_get_a_cpu_each_where_there_are_two(tmp_path: Path, online: str, lcores: str) -> None:
    (tmp_path / "sys/devices/system/cpu").mkdir(parents=True)
    (tmp_path / "sys/devices/system/cpu/online").write_text(f"{online}\n")
    assert run.default_lcores(Tree(str(tmp_path))) == lcores


@pytest.mark.parametrize(
    ("changed", "code", "subject"),
    [
        ({"first": GeneratorAdapter("nonsense", FIRST.guest_mac)}, "traffic_invalid", "first.mac"),
        ({"second": GeneratorAdapter(FIRST.mac, SECOND.guest_mac)}, "traffic_invalid", "second.mac"),
        ({"second": GeneratorAdapter(SECOND.mac, FIRST.guest_mac)}, "traffic_invalid", "second.guest_mac"),
        (
            {"second": GeneratorAdapter(FIRST.guest_mac, SECOND.guest_mac)},
            "generator_is_guest",
            f"second ({FIRST.guest_mac})",
        ),
        ({"load": dataclasses.replace(LOAD, count=0)}, "traffic_invalid", "count"),
        ({"load": dataclasses.replace(LOAD, burst=512)}, "traffic_invalid", "burst"),
        ({"load": dataclasses.replace(LOAD, size=10)}, "traffic_invalid", "size"),
        ({"load": dataclasses.replace(LOAD, drain=0)}, "traffic_invalid", "drain"),
        ({"program": Program(memory_mb=1)}, "traffic_invalid", "memory_mb"),
        ({"program": Program(lcores="0; true")}, "traffic_invalid", "lcores"),
    ],
)
def test_what_cannot_be_sent_is_refused(changed: dict[str, t.Any], code: str, subject: str) -> None:
    asked = {"first": FIRST, "second": SECOND, "load": LOAD, "program": PROGRAM}
    run.validate(**asked)
    with pytest.raises(NfvError) as refused:
        run.validate(**{**asked, **changed})
    assert (refused.value.error_code, refused.value.subject) == (code, subject)


def test_a_program_that_is_not_there_is_refused() -> None:
    with pytest.raises(NfvError) as refused:
        run.find_program("no-such-testpmd")
    assert (refused.value.error_code, refused.value.subject) == ("program_missing", "no-such-testpmd")


# A program that behaves at a terminal as testpmd does, to see how it is started, spoken to and ended.
STAND_IN = """#!{python}
import os, signal, sys, termios, time
settings = termios.tcgetattr(0)
settings[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)
termios.tcsetattr(0, termios.TCSANOW, settings)
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "broken" in sys.argv:
    sys.exit("EAL: Cannot get hugepage information.")
while True:
    print("testpmd> " if "silent" not in sys.argv else "", end="", flush=True)
    try:
        line = sys.stdin.readline().strip()
    except OSError:
        sys.exit(0)
    if not line:
        sys.exit(0)
    if line == "quit" and "stubborn" not in sys.argv:
        print("x" * 200000)
        sys.exit(0)
    print({{"refuse": "Bad arguments", "hang": ""}}.get(line, f"did {{line}}"))
    if line in ("hang", "quit"):
        time.sleep(60)
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(testpmd_console, "COMMAND_SECONDS", 0.5)
    monkeypatch.setattr(testpmd_console, "END_SECONDS", 0.5)
    program = tmp_path / "testpmd"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    return str(program)


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_session_ends_its_testpmd(stand_in: str) -> None:
    with Console([stand_in], 10) as console:
        assert "did show port summary all" in console.command("show port summary all")
        assert runs(console.pid)
    assert not runs(console.pid)


@pytest.mark.parametrize(("line", "told"), [("refuse", "Bad arguments"), ("hang", "no answer")])
def test_a_command_that_fails_ends_it_and_is_named(stand_in: str, line: str, told: str) -> None:
    with pytest.raises(NfvError) as failed, Console([stand_in, "stubborn"], 10) as console:
        console.command(line)
    assert failed.value.error_code == "generator_failed"
    assert f"'{line}'" in str(failed.value)
    assert told in str(failed.value)
    assert not runs(console.pid)


@pytest.mark.parametrize(
    ("how", "told"), [("broken", "status 1; its last words: EAL: Cannot get hugepage"), ("silent", "no prompt in 1 s")]
)
def test_one_that_does_not_start_says_why_and_is_gone(stand_in: str, how: str, told: str) -> None:
    before = set(Path("/proc").glob("[0-9]*"))
    with pytest.raises(NfvError) as failed:
        Console([stand_in, how], 1)
    assert failed.value.error_code == "generator_not_started"
    assert told in str(failed.value)
    mine = [path for path in set(Path("/proc").glob("[0-9]*")) - before if stand_in in _command(path)]
    assert mine == []


def test_one_that_is_no_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NfvError) as failed:
        Console([str(tmp_path)], 1)
    assert failed.value.error_code == "generator_not_started"


def test_it_ends_with_the_process_that_started_it(stand_in: str, tmp_path: Path) -> None:
    said = tmp_path / "pid"
    child = os.fork()
    if not child:
        try:
            said.write_text(str(Console([stand_in], 10).pid))
        finally:
            os._exit(9)
    os.waitpid(child, 0)
    pid = int(said.read_text())
    until = time.monotonic() + 5
    while _running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _running(pid)


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def _running(pid: int) -> bool:
    """Whether a process runs; one that nobody waits for any more is a zombie without a command."""
    return bool(_command(Path(f"/proc/{pid}")))
