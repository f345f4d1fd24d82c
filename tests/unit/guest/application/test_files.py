# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application's own files in a recorded guest: refused, written, recorded, changed with consent and taken back."""

from __future__ import annotations

import os
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import WriteFile
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module import dpdk_application
from tests.unit.guest.application.test_service import PATH, UNIT, decide, guest, install, refused

__all__ = ["guest"]
RULES = {"path": "/etc/nfv/suricata/ips.rules", "content": "drop\n", "mode": "0640"}
CONFIG = {"path": "/etc/nfv/suricata/suricata.yaml", "content": "password: hunter2\n", "mode": "0600"}
FILES = [CONFIG, RULES]
PATHS = [file["path"] for file in FILES]
BY_FILE = {"eal": "file", "eal_arguments": [], "arguments": ["-c", CONFIG["path"]], "files": FILES}


def removed(guest: t.Any) -> t.Any:
    return decide(guest, state="absent", program=None, dataplane=None)


@pytest.mark.parametrize(
    ("file", "subject", "said"),
    [
        ({"path": "etc/x"}, "files[0].path", "absolute path"),
        ({"path": "/etc/../x"}, "files[0].path", "absolute path"),
        ({"path": "/etc/a\nFile=/etc/passwd"}, "files[0].path", "absolute path"),
        ({"path": "/"}, "files[0].path", "absolute path"),
        ({"path": "/run/x"}, "files[0].path", "outlasts a boot"),
        ({"path": PATH}, "files[0].path", "own unit"),
        ({"mode": "420"}, "files[0].mode", "octal digits"),
        ({"mode": "4755"}, "files[0].mode", "octal digits"),
    ],
)
def test_a_file_that_cannot_be_is_refused(guest: t.Any, file: dict[str, str], subject: str, said: str) -> None:
    error = refused(guest, files=[{**CONFIG, **file}])
    assert (error.error_code, error.subject) == ("file_invalid", subject)
    assert said in str(error)
    assert not guest.exists(PATH)


def test_a_path_is_given_once(guest: t.Any) -> None:
    assert refused(guest, files=[CONFIG, CONFIG]).subject == "files[1].path"


def test_a_file_of_somebody_else_is_refused_and_stays(guest: t.Any) -> None:
    guest.lay_out(CONFIG["path"], "the package's\n")
    error = refused(guest, **BY_FILE)
    assert (error.error_code, error.subject) == ("file_foreign", CONFIG["path"])
    assert guest.text(CONFIG["path"]) == "the package's\n"
    assert not guest.exists(PATH)


def test_arguments_of_eal_have_no_place_beside_a_file(guest: t.Any) -> None:
    assert refused(guest, **{**BY_FILE, "eal_arguments": ["--in-memory"]}).error_code == "value_not_allowed"


def test_a_program_with_its_own_file_gets_its_arguments_alone(guest: t.Any) -> None:
    plan = decide(guest, **BY_FILE)
    apply(plan.steps, guest)
    assert f"ExecStart=/usr/bin/dpdk-testpmd -c {CONFIG['path']}\n" in guest.text(PATH)
    assert [(guest.text(file["path"]), guest.mode(file["path"])) for file in FILES] == [
        ("password: hunter2\n", 0o600),
        ("drop\n", 0o640),
    ]
    assert plan.result["files"] == PATHS


def test_the_record_is_written_before_what_it_records(guest: t.Any) -> None:
    writes = [step.path for step in decide(guest, **BY_FILE).steps if isinstance(step, WriteFile)]
    assert writes == [PATH, *PATHS]


def test_no_content_is_shown(guest: t.Any) -> None:
    plan = decide(guest, **BY_FILE)
    assert plan.after["files"][CONFIG["path"]] == "mode 0600, content as given"
    install(guest, **BY_FILE)
    changed = decide(guest, **{**BY_FILE, "files": [{**CONFIG, "content": "password: other\n"}, RULES]})
    assert changed.before["files"][CONFIG["path"]] == "mode 0600, content another one"
    shown = f"{plan.before}{plan.after}{plan.result}{changed.before}{changed.after}{guest.text(PATH)}"
    assert "password" not in shown


@pytest.mark.parametrize("file", [{"content": "pass\n"}, {"mode": "0600"}])
def test_a_changed_file_restarts_with_consent_alone(guest: t.Any, file: dict[str, str]) -> None:
    install(guest, **BY_FILE)
    changed = {**BY_FILE, "files": [CONFIG, {**RULES, **file}]}
    assert refused(guest, **changed, restart="never").error_code == "restart_required"
    assert guest.text(RULES["path"]) == "drop\n"
    apply(decide(guest, **changed).steps, guest)
    assert guest.commands[-1] == f"systemctl restart {UNIT}"
    assert guest.text(CONFIG["path"]) == CONFIG["content"]


def test_a_process_older_than_its_file_is_restarted(guest: t.Any) -> None:
    """A run was killed after it wrote the file."""
    install(guest, **BY_FILE)
    later = time.time() + 60
    os.utime(guest.path(RULES["path"]), (later, later))
    apply(decide(guest, **BY_FILE).steps, guest)
    assert guest.commands[-1] == f"systemctl restart {UNIT}"


def test_a_killed_run_is_finished(guest: t.Any) -> None:
    """The unit is written, the files are not: they are known as ours."""
    steps = [step for step in decide(guest, **BY_FILE).steps if isinstance(step, WriteFile)]
    apply(steps[:2], guest)
    apply(decide(guest, **BY_FILE).steps, guest)
    assert all(guest.exists(path) for path in PATHS)


def test_a_file_that_is_no_longer_asked_for_is_removed(guest: t.Any) -> None:
    install(guest, **BY_FILE)
    apply(decide(guest, **{**BY_FILE, "files": [CONFIG]}).steps, guest)
    assert [guest.exists(path) for path in PATHS] == [True, False]


def test_everything_is_taken_back(guest: t.Any) -> None:
    install(guest, **BY_FILE)
    apply(removed(guest).steps, guest)
    assert not any(guest.exists(path) for path in (PATH, *PATHS, "/etc/nfv"))
    assert guest.exists("/etc/systemd")
    assert not removed(guest).changed


def test_a_directory_in_which_others_have_files_stays(guest: t.Any) -> None:
    install(guest, **BY_FILE)
    guest.lay_out("/etc/nfv/others", "")
    apply(removed(guest).steps, guest)
    assert guest.names("/etc/nfv") == ("others",)


def test_a_directory_that_was_there_stays(guest: t.Any) -> None:
    guest.path("/etc/nfv").mkdir(parents=True)
    install(guest, **BY_FILE)
    apply(removed(guest).steps, guest)
    assert guest.exists("/etc/nfv")
    assert not guest.exists("/etc/nfv/suricata")


@pytest.mark.parametrize(
    ("how", "problem", "told"),
    [
        (BY_FILE, "/var/run/dpdk/testpmd/dpdk_telemetry.v2: No such file", True),
        (BY_FILE, None, False),
        ({}, "/var/run/dpdk/testpmd/dpdk_telemetry.v2: No such file", False),
    ],
)
def test_a_file_without_the_prefix_is_what_to_look_at_when_telemetry_is_silent(
    guest: t.Any, monkeypatch: t.Any, how: dict[str, t.Any], problem: str | None, told: bool
) -> None:
    install(guest, **how)
    sample = {"application": {"pid": 712, "telemetry_pid": None}, "ports": [], "problems": {}}
    if problem:
        sample["problems"] = {"telemetry": problem}
    monkeypatch.setattr(dpdk_application, "take_sample", lambda *_: sample)
    error = refused(guest, **how)
    assert error.error_code == "ports_not_started"
    assert ("must give EAL the file prefix 'testpmd'" in str(error)) is told
