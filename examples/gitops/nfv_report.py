#!/usr/bin/env python3
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline makes of run.json, the report of a run of nfv.vsphere_dpdk: a status, and formats that others read.

    nfv_report.py status [--since EPOCH] RUN_JSON    ends with the run's status
    nfv_report.py junit|markdown|prometheus RUN_JSON writes to standard output
    nfv_report.py sarif RUN_JSON [--inventory PATH]  the same; finds the lines of refused keys in the inventory
    nfv_report.py same-plan APPROVED FRESH           ends with 0 when both plans are one, and with 40 otherwise;
                                                     --refusal RUN_JSON leaves the report of the refused deployment

docs/run_report.md of the collection has the report's keys, docs/gitops.md the table of statuses. Python 3.9, nothing
beyond its standard library.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import sys
import typing as t
import xml.etree.ElementTree as ET
from pathlib import Path

from nfv_sarif import sarif

Report = dict[str, t.Any]

SCHEMA = 1
STATUS = {"clean": 0, "changed": 10, "drift": 20, "not_proved": 30, "refused": 40, "failed": 50}
FAILED = "failed"
PLAN_OUTDATED = "plan_outdated"
# The digest of no change in vSphere or in a guest.
NOTHING_CHANGES = f"sha256:{hashlib.sha256(b'[]').hexdigest()}"
# Playbooks that deal with files, not with hosts.
WITHOUT_HOSTS = frozenset({"build_image", "check_evidence"})
# What a change interrupts, in the words of a reviewer.
RISKS = {"power_cycle": "is power-cycled", "reboot": "reboots", "restart": "restarts its application"}


def read(path: Path, since: float = 0) -> Report:
    """The report of a run that ended; one that says failed, with the reason, when it cannot be taken for one.

    since: seconds since the epoch; a report of a run that began earlier is another run's.
    """
    try:
        report: Report = json.loads(path.read_text(encoding="utf-8"))
        if report["schema"] != SCHEMA:
            return unusable(f"{path} has schema {report['schema']}, and this script reads {SCHEMA}: update one of them")
        if report["ended"] is None:
            return unusable(f"the run of {report['playbook']} has not ended: {report['message']}")
        if epoch(report["started"]) < int(since):
            return unusable(f"{path} is the report of an earlier run, begun {report['started']}: this run left none")
        return {**report, "outcome": judged(report)}
    except OSError as error:
        return unusable(f"no report in {path}: {error.strerror}. The run ended before its first play; read its output")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return unusable(f"{path} is no report of a run ({type(error).__name__}: {error})")


def judged(report: Report) -> str:
    """The worst outcome of the run and of its hosts; failed where nothing was looked at. Raises KeyError."""
    outcomes = [report["outcome"], *(host["outcome"] for host in report["hosts"].values())]
    if (
        not report["hosts"]
        and report["playbook"] not in WITHOUT_HOSTS
        and STATUS[report["outcome"]] < STATUS["refused"]
    ):
        return FAILED
    return max(outcomes, key=lambda outcome: STATUS[outcome])


def unusable(reason: str) -> Report:
    """A report that says that nobody knows, and why."""
    error = {"code": None, "message": reason, "side": "controller", "task": None}
    empty: Report = {"hosts": {}, "changes": [], "evidence": [], "errors": [error], "stages": []}
    when = {"started": None, "ended": None, "seconds": 0, "digest": None, "commit": None, "check": False}
    return {"schema": SCHEMA, "playbook": "run", "outcome": FAILED, "message": reason, **when, **empty}


def epoch(moment: str) -> float:
    """Seconds since the epoch of an ISO 8601 time in UTC."""
    return dt.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def shown(value: t.Any) -> str:
    """A value as people read it."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value)


# JUnit: a test case for each row of evidence, each difference and each error, and one for the run.


def junit(report: Report) -> str:
    """JUnit's XML, with the elements and attributes that GitLab and Jenkins show."""
    root = ET.Element("testsuites", name=f"nfv.vsphere_dpdk.{report['playbook']}")
    run = suite(root, report["playbook"], report["seconds"])
    case(run, report["playbook"], "outcome", failed_because(report), report["message"])
    for row in report["evidence"]:
        row_case(run, f"{row.get('subject')}.{row.get('object')}", row)
    for error in report["errors"]:
        case(run, report["playbook"], error["code"] or "error", error["message"])
    for name, host in report["hosts"].items():
        of_host = suite(root, name, host["seconds"])
        case(of_host, name, "outcome", host["outcome"] if STATUS[host["outcome"]] > STATUS["changed"] else None)
        for row in host["evidence"]:
            row_case(of_host, name, row)
        for each in host["differences"]:
            case(of_host, name, f"{each['side']}.{each['setting']}", each["message"])
        for error in host["errors"]:
            case(of_host, name, error["code"] or "error", error["message"])
    for each in root:
        each.set("tests", str(len(each)))
        for kind, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
            each.set(kind, str(len(each.findall(f"testcase/{tag}"))))
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def suite(root: ET.Element, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=name, time=f"{seconds:.3f}")


def failed_because(report: Report) -> str | None:
    return report["message"] if STATUS[report["outcome"]] > STATUS["changed"] else None


def case(parent: ET.Element, of: str, name: str, failure: str | None, output: str = "") -> ET.Element:
    """A test case, which failed when there is a reason."""
    made = ET.SubElement(parent, "testcase", classname=of, name=name, time="0")
    if failure is not None:
        ET.SubElement(made, "failure", message=printable(failure), type="failed").text = printable(failure)
    elif output:
        ET.SubElement(made, "system-out").text = printable(output)
    return made


def row_case(parent: ET.Element, of: str, row: Report) -> None:
    said = row["message"] or f"asked {shown(row['asked'])}, seen {shown(row['seen'])}"
    made = case(parent, of, row["row"], said if row["status"] in ("failed", "unknown") else None, said)
    if row["status"] == "skipped":
        made.clear()
        made.attrib.update(classname=of, name=row["row"], time="0")
        ET.SubElement(made, "skipped", message=printable(said))


def printable(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(char if char in "\t\n" or char >= " " else "?" for char in text)


# Markdown: what a reviewer reads in a merge request.


def markdown(report: Report) -> str:
    """What changed, or with --check would change, per VM; what it interrupts; what is refused, and why."""
    title = "Plan" if report["check"] else "Run"
    lines = [f"# {title} of {report['playbook']}: {report['outcome']}", "", cell(report["message"]), ""]
    risks = [f"- {name} {RISKS[need]}" for name, host in report["hosts"].items() for need in needs(host)]
    lines += ["## Interrupted", "", *risks, ""] if risks else []
    for error in report["errors"]:
        lines += [f"- {cell(error['message'])}"]
    lines += change_table("The cluster", report["changes"]) if report["changes"] else []
    for name, host in report["hosts"].items():
        lines += host_section(name, host)
    lines += [f"Digest of the changes: `{report['digest']}`"] if report["digest"] else []
    return "\n".join(lines) + "\n"


def needs(host: Report) -> list[str]:
    found = {change["needs"] for change in host["changes"]}
    return [need for need in RISKS if need in found]


def host_section(name: str, host: Report) -> list[str]:
    lines = change_table(f"{name}: {host['outcome']}", host["changes"])
    lines += [f"- refused or failed: {cell(error['message'])}" for error in host["errors"]]
    lines += [f"- differs: {cell(each['message'])}" for each in host["differences"]]
    lines += [
        f"- {row['status']}: {row['row']} {cell(row['message'] or '')}"
        for row in host["evidence"]
        if row["status"] in ("failed", "unknown")
    ]
    unseen = [side for side, seen in host["looked"].items() if not seen]
    lines += [f"- not looked at: {' and '.join(unseen)}"] if unseen else []
    return [*lines, ""]


def change_table(title: str, changes: t.Sequence[Report]) -> list[str]:
    if not changes:
        return [f"## {title}", "", "Nothing changes.", ""]
    rows = [
        f"| {each['side']} | {cell(each['setting'])} | {cell(shown(each['from']))} | {cell(shown(each['to']))}"
        f" | {each['needs']} |"
        for each in changes
    ]
    return [f"## {title}", "", "| side | setting | from | to | needs |", "|---|---|---|---|---|", *rows, ""]


def cell(text: str) -> str:
    """Text of others, which neither ends a table's cell nor is markup."""
    for char in "\\`*_[]<>|":
        text = text.replace(char, f"\\{char}")
    return " ".join(text.split())


# Prometheus: for the textfile collector of its node exporter.


def prometheus(report: Report) -> str:
    """Metrics: the status, hosts that are proved, their differences, and when they were proved."""
    ended = epoch(report["ended"]) if report["ended"] else 0
    playbook = {"playbook": report["playbook"]}
    hosts = report["hosts"].items()
    proved = [({"host": name}, int(host["proof"] == "proved")) for name, host in hosts if host["proof"]]
    metrics = [
        ("nfv_run_status", "Status of the last run, see docs/gitops.md", [(playbook, STATUS[report["outcome"]])]),
        ("nfv_run_ended_timestamp_seconds", "When it ended, 0 if it left no report", [(playbook, ended)]),
        ("nfv_run_duration_seconds", "How long it took", [(playbook, report["seconds"])]),
        (
            "nfv_host_status",
            "Status of a host in it",
            [({**playbook, "host": n}, STATUS[h["outcome"]]) for n, h in hosts],
        ),
        ("nfv_host_differences", "Settings not as described", [({"host": n}, len(h["differences"])) for n, h in hosts]),
        ("nfv_host_proved", "Whether it is proved to poll and forward", proved),
        ("nfv_host_proved_timestamp_seconds", "When it was proved", [(of, ended) for of, is_so in proved if is_so]),
    ]
    lines = []
    for name, text, samples in metrics:
        if samples:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
            lines += [f"{name}{{{labels(of)}}} {value}" for of, value in samples]
    return "\n".join(lines) + "\n"


def labels(values: t.Mapping[str, str]) -> str:
    escape = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n"}
    return ",".join(f'{name}="{value.translate(escape)}"' for name, value in values.items())


# The approved plan.


def same_plan(approved: Path, fresh: Path) -> tuple[int, str]:
    """The status, and what to say: 0 when both plans make the same changes, 40 otherwise, 50 without a fresh plan.

    A plan that changes nothing needs no approved one.
    """
    now = read(fresh)
    if STATUS[now["outcome"]] > STATUS["changed"] or not now["check"] or not now["digest"]:
        return STATUS[FAILED], f"{fresh} is no plan: {now['message']}"
    if now["digest"] == NOTHING_CHANGES:
        return 0, "the plan changes nothing in vSphere or in a guest, and needs no approval"
    then = read(approved)
    if not then["digest"] or not then["check"]:
        return STATUS["refused"], f"[{PLAN_OUTDATED}] {approved}: no plan is approved: {then['message']}"
    if (then["playbook"], then["digest"]) == (now["playbook"], now["digest"]):
        return 0, f"the plan is the approved one, {now['digest']}"
    gone, new = planned(then) - planned(now), planned(now) - planned(then)
    lines = [f"  approved, and no longer planned: {each}" for each in sorted(gone)]
    lines += [f"  planned, and not approved: {each}" for each in sorted(new)]
    said = f"[{PLAN_OUTDATED}] {fresh}: it is not the approved plan, so nothing was changed; read it, and approve it"
    return STATUS["refused"], "\n".join([said, *lines])


def refusal(plan: Report, said: str) -> Report:
    """The report of the deployment that did not begin because this plan is not the approved one."""
    error = {"code": PLAN_OUTDATED, "message": said, "side": "controller", "task": "same-plan"}
    hosts = {name: {**host, "outcome": "refused", "changes": []} for name, host in plan["hosts"].items()}
    ended = {"outcome": "refused", "message": said.partition("\n")[0], "check": False, "digest": NOTHING_CHANGES}
    return {**plan, **ended, "hosts": hosts, "changes": [], "errors": [*plan["errors"], error]}


def planned(plan: Report) -> set[str]:
    every = [(name, change) for name, host in plan["hosts"].items() for change in host["changes"]]
    every += [("the cluster", change) for change in plan["changes"]]
    return {
        f"{name} {each['side']} {each['setting']}: {shown(each['from'])} to {shown(each['to'])}" for name, each in every
    }


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("status", "junit", "markdown", "prometheus", "sarif"):
        of = commands.add_parser(name)
        of.add_argument("report", type=Path)
        of.add_argument("--since", type=float, default=0, help="seconds since the epoch")
        of.add_argument("--inventory", type=Path, default=Path("inventory"))
    plans = commands.add_parser("same-plan")
    plans.add_argument("approved", type=Path)
    plans.add_argument("fresh", type=Path)
    plans.add_argument("--refusal", type=Path, help="where to leave the report of the refused deployment")
    given = parser.parse_args(arguments)
    if given.command == "same-plan":
        status, said = same_plan(given.approved, given.fresh)
        print(said, file=sys.stderr)
        if given.refusal and status == STATUS["refused"]:
            given.refusal.parent.mkdir(parents=True, exist_ok=True)
            given.refusal.write_text(json.dumps(refusal(read(given.fresh), said), indent=2), encoding="utf-8")
        return status
    report = read(given.report, given.since)
    if given.command == "status":
        print(f"{report['playbook']}: {report['outcome']} ({STATUS[report['outcome']]}): {report['message']}")
        return STATUS[report["outcome"]]
    if given.command == "sarif":
        print(json.dumps(sarif(report, given.inventory), indent=2))
    else:
        formats = {"junit": junit, "markdown": markdown, "prometheus": prometheus}
        sys.stdout.write(formats[given.command](report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
