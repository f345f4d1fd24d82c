# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into an archive of evidence, and whether an archive's report is what its own samples say."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import SKIPPED
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.observed import judge_observed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.poll_mode.report import poll_mode_report

from .pseudonyms import Pseudonyms

Mapping = t.Mapping[str, t.Any]
# What of a host is kept, so that nothing else of the inventory gets in.
HOST_KEYS: t.Final = ("inventory", "settings", "options", "expected", "observed", "status")
_SECRET: t.Final = re.compile(r"pass(word|wd|phrase)?$|secret|token|private|credential", re.IGNORECASE)
LEFT_OUT: t.Final = "(left out)"


def release(
    report: Mapping, hosts: t.Mapping[str, Mapping], versions: Mapping, secrets: t.Sequence[str], anonymous: bool
) -> dict[str, bytes]:
    """The members of the archive by name.

    report: as poll_mode_report() makes it; hosts: by name what was observed, with HOST_KEYS; versions: of the software;
    secrets: values that must be in no member; anonymous: replace names and addresses by pseudonyms.
    Raises NfvError: evidence_unclean; evidence_contradicts when the report is not what the samples say.
    """
    data: dict[str, t.Any] = {"report.json": report, "versions.json": versions}
    for number, (name, found) in enumerate(sorted(hosts.items())):
        kept = {key: found[key] for key in HOST_KEYS if key in found}
        data[f"hosts/{number:05}.json"] = {"name": name, **_without_secrets(kept)}
    if anonymous:
        pseudonyms = Pseudonyms([*report["hosts"], *_testers(hosts)])
        pseudonyms.learn(data)
        data = {member: pseudonyms.replaced(content) for member, content in data.items()}
    members = {name: f"{json.dumps(content, indent=1)}\n".encode() for name, content in data.items()}
    for name, content in members.items():
        if any(json.dumps(secret)[1:-1].encode() in content for secret in secrets if secret):
            raise NfvError(
                ErrorCode.EVIDENCE_UNCLEAN,
                name,
                "a password of the inventory would be in the archive of evidence, so none was written",
                "Look for it in nfv_dataplane, in the arguments of the application, and in names.",
            )
    check(members, "the archive to be written")
    return members


def _testers(hosts: t.Mapping[str, Mapping]) -> list[str]:
    settings = (found.get("settings") or {} for found in hosts.values())
    return [str(one[key]) for one in settings for key in ("tester", "generator") if one.get(key)]


def _without_secrets(data: t.Any) -> t.Any:
    if isinstance(data, t.Mapping):
        return {key: LEFT_OUT if _SECRET.search(str(key)) else _without_secrets(value) for key, value in data.items()}
    return [_without_secrets(value) for value in data] if isinstance(data, (list, tuple)) else data


def check(members: t.Mapping[str, bytes], path: str) -> dict[str, t.Any]:
    """The archive's report, when it is what the judge says of the archive's samples today.

    path: the archive's, for messages. Raises NfvError: evidence_unreadable for content of another shape;
    evidence_contradicts when the report says anything else.
    """
    try:
        content = {name: json.loads(text) for name, text in members.items()}
        report: dict[str, t.Any] = content["report.json"]
        names = list(report["hosts"])
        verdicts = {found["name"]: _verdict(found) for name, found in content.items() if name.startswith("hosts/")}
        again = json.loads(json.dumps(poll_mode_report(verdicts, names, report["created"], provenance=report)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NfvError(
            ErrorCode.EVIDENCE_UNREADABLE, path, f"its content cannot be judged ({type(error).__name__}: {error})"
        ) from error
    unknown = sorted(set(verdicts) - set(names))
    if again != report or unknown:
        raise _contradiction(path, report, again, unknown)
    return report


def _verdict(found: Mapping) -> dict[str, t.Any]:
    if found.get("status") == SKIPPED:
        return {"status": SKIPPED, "proved": False, "error_code": "", "evidence": [], "traffic": []}
    return judge_observed(found["observed"], found["expected"])


def _contradiction(path: str, report: Mapping, again: Mapping, unknown: t.Sequence[str]) -> NfvError:
    differing = [name for name, host in again["hosts"].items() if report["hosts"].get(name) != host] + list(unknown)
    where = f"of {', '.join(differing)} " if differing else ""
    return NfvError(
        ErrorCode.EVIDENCE_CONTRADICTS,
        path,
        f"its report {where}is not what its samples say: outcome {str(report.get('outcome'))[:20]}, judged again "
        f"{again['outcome']}",
        "Do not rely on it. Another version of the collection may judge differently; versions.json says which one did.",
    )
