"""Writes the tables and commands of docs/privileges.md, from the table of privileges that readiness judges by."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.privileges import (
    LABELS,
    NEEDS,
    ROLES,
    Entity,
    Feature,
    Need,
    role_privileges,
)

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/privileges.md"
BEGIN, END = (
    "<!-- Begin of what scripts/privileges_page.py writes -->",
    "<!-- End of what scripts/privileges_page.py writes -->",
)
# The objects as people call them.
_OBJECTS = {
    Entity.VCENTER: "vCenter itself (root object)",
    Entity.DATACENTER: "datacenter",
    Entity.FOLDER: "folder of new VMs",
    Entity.PARENT: "folder of the VM",
    Entity.VM: "VM",
    Entity.TEMPLATE: "template",
    Entity.CLUSTER: "cluster",
    Entity.DATASTORE: "datastore",
    Entity.NETWORK: "port group",
}
_USER = "nfv@vsphere.local"
# Every role has it; nobody grants it by itself.
_IN_EVERY_ROLE = ("System.Read",)


def features_table() -> Iterator[str]:
    """What each feature is, and the objects that it needs something on."""
    yield from ("| feature | what it does | needs something on |", "|---|---|---|")
    for feature in Feature:
        places = dict.fromkeys(_OBJECTS[need.place] for need in NEEDS if need.feature == feature)
        yield f"| `{feature.value}` | {_meaning(feature)} | {', '.join(places)} |"


def _meaning(feature: Feature) -> str:
    """The sentence below the feature in the enum."""
    source = (ROOT / "plugins/module_utils/_readiness/privileges.py").read_text()
    return source.split(f'    {feature.name} = "{feature.value}"\n    """', 1)[1].split('"""', 1)[0].rstrip(".")


def privileges_table() -> Iterator[str]:
    """Every privilege by the object that it is needed on."""
    yield from ("| on | privilege | in the vSphere Client | feature | call | for |", "|---|---|---|---|---|---|")
    for place in Entity:
        for need in (each for each in NEEDS if each.place == place):
            yield (
                f"| {_OBJECTS[place]} | `{need.privilege}` | {LABELS[need.privilege]} | `{need.feature.value}`"
                f"{' (optional)' if need.optional else ''} | {_calls(need)} | {need.reason} |"
            )


def _calls(need: Need) -> str:
    return ", ".join(f"`{call}`" for call in need.calls)


def roles_table() -> Iterator[str]:
    """The roles of the narrow way, with the permission that each of them takes."""
    yield from ("| role | permission on | propagates | privileges |", "|---|---|---|---|")
    for role in ROLES:
        privileges = granted(role_privileges(role, tuple(Feature)))
        listed = ", ".join(f"`{name}`" for name in privileges) or "those of Read-only"
        yield f"| `{role.name}` | {role.target} | {'yes' if role.propagates else 'no'} | {listed} |"


def granted(privileges: Iterable[str]) -> list[str]:
    """Those that a role must name."""
    return sorted(set(privileges) - set(_IN_EVERY_ROLE))


def one_role() -> list[str]:
    """The privileges of the wide way: one role on the datacenter, without what is optional."""
    return granted(need.privilege for need in NEEDS if not need.optional)


def _block(language: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"```{language}"
    yield from lines
    yield "```"


def govc_role(name: str, privileges: Iterable[str]) -> list[str]:
    """The command that makes a role."""
    names = [f"  {privilege}" for privilege in privileges]
    return [" \\\n".join([f"govc role.create {name}", *names])]


def govc_permission(role: str, path: str, propagates: bool) -> str:
    """The command that gives the user a role on an object."""
    return f"govc permissions.set -principal '{_USER}' -role {role} -propagate={str(propagates).lower()} '{path}'"


def powercli_role(name: str, privileges: Iterable[str]) -> list[str]:
    """The commands that make a role."""
    ids = ",\n".join(f"  '{privilege}'" for privilege in privileges)
    return [f"New-VIRole -Name '{name}' -Privilege (Get-VIPrivilege -Id @(\n{ids}\n))"]


def powercli_permission(role: str, entity: str, propagates: bool) -> str:
    """The command that gives the user a role on an object."""
    return (
        f"New-VIPermission -Principal 'VSPHERE.LOCAL\\nfv' -Role '{role}' -Propagate:${str(propagates).lower()}"
        f" -Entity ({entity})"
    )


# How PowerCLI finds the object of each role.
_ENTITIES = {
    "nfv-read": "Get-Datacenter 'DC'",
    "nfv-vms": "Get-Folder -Type VM 'FOLDER'",
    "nfv-template": "Get-Template 'TEMPLATE'",
    "nfv-cluster": "Get-Cluster 'CLUSTER'",
    "nfv-datastore": "Get-Datastore 'DATASTORE'",
    "nfv-network": "Get-VDPortgroup 'PORTGROUP'",
}


def written() -> str:
    """Markdown of everything that the table says."""
    narrow = [(role, granted(role_privileges(role, tuple(Feature)))) for role in ROLES]
    lines = [
        *("## Read only", ""),
        *("govc:", "", *_block("sh", [govc_permission("ReadOnly", "/DC", propagates=True)]), ""),
        "PowerCLI:",
        "",
        *_block("powershell", [powercli_permission("ReadOnly", "Get-Datacenter 'DC'", propagates=True)]),
        *("", "## Everything, with one role on the datacenter", "", "govc:", ""),
        *_block(
            "sh", [*govc_role("nfv-operator", one_role()), govc_permission("nfv-operator", "/DC", propagates=True)]
        ),
        *("", "PowerCLI:", ""),
        *_block(
            "powershell",
            [
                *powercli_role("nfv-operator", one_role()),
                powercli_permission("nfv-operator", "Get-Datacenter 'DC'", propagates=True),
            ],
        ),
        *("", "## Everything, each privilege only where it is needed", "", *roles_table(), "", "govc:", ""),
        *_block(
            "sh",
            [
                *(line for role, names in narrow if names for line in govc_role(role.name, names)),
                *(
                    govc_permission(role.name if names else "ReadOnly", role.path, role.propagates)
                    for role, names in narrow
                ),
            ],
        ),
        *("", "PowerCLI:", ""),
        *_block(
            "powershell",
            [
                *(line for role, names in narrow if names for line in powercli_role(role.name, names)),
                *(
                    powercli_permission(role.name if names else "ReadOnly", _ENTITIES[role.name], role.propagates)
                    for role, names in narrow
                ),
            ],
        ),
        *("", "## Features", "", *features_table(), "", "## Privileges", "", *privileges_table(), ""),
    ]
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with what is written between its marks. Raises ValueError when the marks are not there."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks the marks of what is written")
    return f"{before}{BEGIN}\n\n{written()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: written\n")
