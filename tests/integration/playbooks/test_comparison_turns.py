# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The turns of compare_poll_and_interrupt, as shipped, on modules that only say what they were asked to do.

No guest, no tester and no search take part: this holds the order of the turns, that the guest is always restored and
proved, and that a run that broke off leaves no comparison.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import typing as t
from pathlib import Path

from tests.integration.playbooks.conftest import DATAPLANE, PGW
from tests.support.playbook import ROOT, Run, run_playbook
from tests.unit.comparison.sample import TICKS, measurement

COLLECTIONS = ROOT / ".cache/collections"
HERE = "ansible_collections/nfv/vsphere_dpdk"
DEVICES = [
    {"name": name, "mac": f"00:50:56:01:00:0{number}", "pci_address": f"0000:00:0{number}.0"}
    for number, name in enumerate(("s5u", "sgi"), 4)
]
SIDES = [
    {"interface": name, "mac": f"02:00:00:00:00:0{number}", "address": f"198.18.{number}.77"}
    for number, name in enumerate(("s5u", "sgi"), 1)
]
SESSION = {"name": "verification", "ue_address": "198.19.255.1", "local_teid": 1, "peer_teid": 2}
GTPU = {
    "options": {
        "kind": "gtpu",
        **{side: {"interface": side, "address": "198.18.1.77", "gateway": "198.18.1.1"} for side in ("s5u", "sgi")},
        "sessions": [{**SESSION, "peer_address": "198.18.1.77"}],
    },
    "expected": {"sides": {"s5u": "s5u", "sgi": "sgi"}},
}
FRAMES = {
    "options": {
        "kind": "frames",
        "first": {"interface": "s5u", "guest_mac": DEVICES[0]["mac"]},
        "second": {"interface": "sgi", "guest_mac": DEVICES[1]["mac"]},
    },
    "expected": {"sides": {"first": "s5u", "second": "sgi"}},
}
STAND_IN = """#!/usr/bin/python
import json
from ansible.module_utils import basic
asked = {key: value for key, value in basic._load_params().items() if not key.startswith("_")}
with open(LOG, "a") as told:
    told.write(json.dumps([NAME, asked]) + "\\n")
answers = json.loads(ANSWERS)
for moment in [NAME] + [f"{NAME} {value}" for value in asked.values() if isinstance(value, str)]:
    answers.update(json.loads(WRONG).get(moment, {}))
print(json.dumps({"changed": False, **answers}))
raise SystemExit
"""
SEARCH = """
import json
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        asked = self._task.args
        with open(LOG, "a") as told:
            told.write(json.dumps(["rate_search", {key: str(value) for key, value in asked.items()}]) + "\\n")
        with open(FOUND) as found:
            return {"measurement": json.load(found)[f"{asked['variant']} {asked['turn']}"]}
"""
ANSWERS: dict[str, dict[str, t.Any]] = {
    "interrupt_forwarding": {},
    "interrupt_evidence": {"sample": {}, "proved": True, "failures": []},
    "guest_sampler": {"samples": [], "clock_ticks": TICKS},
    "guest_dataplane_info": {"adapters": DEVICES, "dpdk": {"version": "22.11.11"}},
    "tester_load": {"tester": {"socket": "/run/socket", "python": "python3", "sides": SIDES}},
    "traffic_probe": {"traffic": []},
    "pmd_evidence": {"sample": {}},
    "dpdk_application": {},
}
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
VARIABLES: dict[str, t.Any] = {
    **LOCAL,
    "nfv_dataplane": DATAPLANE,
    **PGW,
    "nfv_adapters": [{**one, "driver": "pmd"} for one in DEVICES],
    "comparison_interrupt_service": "when_needed",
    "comparison_frames": ["64"],
    "comparison_turns": 1,
}


def proof(plan: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Role dpdk_verify, which proves whatever it is asked for."""
    verification = {"tester": "tester-1", "traffic": plan["options"]["kind"], "plan": plan}
    return [{"ansible.builtin.set_fact": {"nfv_verification": verification}}, {"nfv.vsphere_dpdk.pmd_evidence": {}}]


def found(variant: str, turn: int) -> dict[str, t.Any]:
    """What a search finds."""
    like = measurement("poll" if variant == "poll" else "interrupt", turn, "64")
    return {**like, "variant": variant, "samples": [], "generator": "probe"}


def run(
    directory: Path, wrong: t.Mapping[str, t.Any], *, group: str = "pgw", **variables: t.Any
) -> tuple[Run, list[tuple[str, t.Any]]]:
    """Runs the playbook. wrong: answers that differ, by the module's name, or that and one of its options' values."""
    collection = directory / "collections" / HERE
    shutil.copytree(COLLECTIONS / HERE, collection)
    log, searched = directory / "log", directory / "found"
    log.touch()
    searched.write_text(json.dumps({f"{one} 1": found(one, 1) for one in ("poll", "interrupt", "kernel_gtp")}))
    for name, answers in ANSWERS.items():
        source = STAND_IN.replace("LOG", repr(str(log))).replace("NAME", repr(name))
        source = source.replace("ANSWERS", repr(json.dumps(answers))).replace("WRONG", repr(json.dumps(wrong)))
        (collection / f"plugins/modules/{name}.py").write_text(source)
    action = SEARCH.replace("LOG", repr(str(log))).replace("FOUND", repr(str(searched)))
    (collection / "plugins/action/rate_search.py").write_text(action)
    role = collection / "roles/dpdk_verify"
    (role / "meta/argument_specs.yml").unlink()
    (role / "tasks/main.yml").write_text(json.dumps(proof(GTPU if group == "pgw" else FRAMES)))
    sent = {"nfv.vsphere_dpdk.traffic_probe": {}, "register": "__dpdk_verify_sent"}
    (role / "tasks/traffic_tester.yml").write_text(json.dumps([sent]))
    inventory = directory / "hosts.json"
    hosts = {
        group: {"hosts": {"pgw-1": {**VARIABLES, "nfv_report_dir": str(directory), **variables}}},
        "testers": {"hosts": {"tester-1": LOCAL}},
    }
    inventory.write_text(json.dumps(hosts))
    paths = f"{directory / 'collections'}{os.pathsep}{COLLECTIONS}"
    done = run_playbook(
        "nfv.vsphere_dpdk.compare_poll_and_interrupt",
        [inventory],
        environment={"ANSIBLE_COLLECTIONS_PATH": paths},
    )
    return done, [tuple(json.loads(line)) for line in log.read_text().splitlines()]


def course(told: t.Sequence[tuple[str, t.Any]]) -> list[str]:
    """What forwards, what is proved of it and what is searched, in order."""
    shown = {
        "interrupt_forwarding": lambda asked: "kernel" if asked.get("forwarding") else "application",
        "dpdk_application": lambda asked: f"testpmd {asked['state']}",
        "pmd_evidence": lambda _asked: "poll proved",
        "interrupt_evidence": lambda asked: "interrupts proved" if asked.get("earlier") is not None else "",
        "rate_search": lambda asked: f"search {asked['variant']} {asked['turn']}",
    }
    lines = [shown[name](asked) for name, asked in told if name in shown]
    return [line for number, line in enumerate(lines) if line and line != (lines[number - 1] if number else None)]


def forwarding_asked(told: t.Sequence[tuple[str, t.Any]]) -> dict[str, t.Any]:
    """The options by which the kernel was made to forward."""
    return next(asked for name, asked in told if name == "interrupt_forwarding" and asked.get("forwarding"))


def test_turns_are_proved_and_the_guest_is_restored(tmp_path: Path) -> None:
    done, told = run(tmp_path, {})
    assert done.succeeded, done.failures
    poll = ["application", "poll proved", "search poll 1"]
    kernel = ["kernel", "interrupts proved", "search kernel_gtp 1"]
    assert course(told) == [*poll, *kernel, "application", "poll proved"]
    assert told[-2:] == [("guest_sampler", {"state": "absent"}), ("tester_load", {"state": "stopped"})]
    asked = forwarding_asked(told)
    assert (asked["forwarding"], asked["units"], asked["cpus"]) == ("gtp", ["ovs-vswitchd.service"], "1")
    assert asked["adapters"][1]["neighbours"] == [{"address": "198.18.2.77", "mac": "02:00:00:00:00:02"}]
    report = json.loads((tmp_path / "comparison.json").read_text())
    assert (report["error"], report["turns"]) == (None, {"poll": 1, "kernel_gtp": 1})
    assert "times as much without loss" in report["sentence"]


def test_a_run_that_breaks_off_restores_the_guest_and_compares_nothing(tmp_path: Path) -> None:
    """LRO left on, say."""
    (tmp_path / "comparison.json").write_text('{"verdict": "judged", "error": null}')
    done, told = run(tmp_path, {"interrupt_evidence": {"proved": False, "failures": ["s5u: lro_off"]}})
    assert not done.succeeded
    assert "[interrupts_not_proved] pgw-1: kernel_gtp in turn 1" in done.failures[0]
    assert "s5u: lro_off" in done.failures[0]
    assert course(told)[-3:] == ["interrupts proved", "application", "poll proved"]
    assert "[comparison_unfinished]" in json.loads((tmp_path / "comparison.json").read_text())["error"]


def test_a_guest_that_is_not_proved_in_the_end_leaves_no_comparison(tmp_path: Path) -> None:
    """Restoring fails where the kernel keeps the adapters."""
    done, told = run(tmp_path, {"interrupt_forwarding absent": {"failed": True, "msg": "[unit_failed] no"}})
    assert not done.succeeded
    assert "[comparison_unfinished]" in json.loads((tmp_path / "comparison.json").read_text())["error"]
    assert not [name for name, _asked in told if name == "rate_search"]


def test_testpmd_stands_for_an_application_and_is_removed(tmp_path: Path) -> None:
    done, told = run(tmp_path, {}, group="vnfs", comparison_interrupt_service="never")
    assert done.succeeded, done.failures
    poll = ["application", "testpmd present", "poll proved", "search poll 1"]
    assert course(told) == [*poll, "kernel", "interrupts proved", "search interrupt 1", "application", "testpmd absent"]
    asked = forwarding_asked(told)
    assert (asked["forwarding"], asked["units"]) == ("routing", ["vnf-comparison-testpmd.service"])
    assert asked["adapters"][0]["addresses"] == ["198.18.1.1/24"]
    assert not (tmp_path / "deploy.json").exists()


def test_restore_alone_measures_nothing_and_needs_no_consent(tmp_path: Path) -> None:
    done, told = run(tmp_path, {}, comparison_state="restore", comparison_interrupt_service="never")
    assert done.succeeded, done.failures
    assert course(told) == ["application", "poll proved"]
    assert not (tmp_path / "comparison.json").exists()
