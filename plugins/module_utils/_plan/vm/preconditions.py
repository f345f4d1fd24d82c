# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan needs before the first write. All problems of a VM are found at once, each with its remedy."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import (
    ADAPTERS,
    ALL,
    CPU_PINNING,
    EDP_DEDICATED,
    HUGEPAGES,
)

from .adapter_settings import ADAPTER_SETTINGS, ANY_QUEUES_HARDWARE, desired_adapter, hardware_of_queues
from .model import HARDWARE_VERSION, Change, Network, Value, VmState
from .settings import BY_NAME, in_scope

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Adapter, Dataplane

# On AMD's processors the virtual IOMMU came with hardware version 18, on Intel's with 14 (vSphere 7.0 U1 and 6.7).
AMD_IOMMU_HARDWARE: t.Final = 18
# The real-time features of the distributed switch came with this version of it.
STRICT_LATENCY_SWITCH: t.Final = "9.0"


def hardware_needs(dataplane: Dataplane, wanted: t.Mapping[str, Value], state: VmState, scope: str) -> dict[str, int]:
    """The oldest virtual hardware that each wanted setting needs, by its name."""
    needs: dict[str, int] = {}
    if dataplane.hardware_version is not None:
        needs[HARDWARE_VERSION] = dataplane.hardware_version
    for name, value in wanted.items():
        setting = BY_NAME[name]
        if setting.hardware is not None and value != setting.default:
            amd = name == "iommu" and "amd" in (state.host_facts.cpu_model or "").lower()
            needs[name] = AMD_IOMMU_HARDWARE if amd else setting.hardware
    if scope not in (ALL, ADAPTERS):
        return needs
    for adapter in dataplane.adapters:
        queues = hardware_of_queues(adapter)
        if queues is not None:
            needs[f"adapters.{adapter.name}.queues"] = queues
        values = desired_adapter(adapter)
        for each in ADAPTER_SETTINGS:
            if each.hardware is not None and values[each.name] != each.default:
                needs[f"adapters.{adapter.name}.{each.name}"] = each.hardware
    return needs


def refused_hardware(state: VmState, needs: t.Mapping[str, int], current: int) -> NfvError:
    """The error for virtual hardware that is too old."""
    missing = ", ".join(f"{name} needs {version}" for name, version in needs.items() if version > current)
    return NfvError(
        ErrorCode.HARDWARE_VERSION_OLD,
        state.name,
        f"its virtual hardware is version {current}, but {missing}",
        f"Allow the upgrade to version {max(needs.values())} with hardware_upgrade, which is for good; or leave it out",
    )


def refused_api(state: VmState, changes: t.Sequence[Change]) -> list[NfvError]:
    """Errors for settings that the negotiated API does not have; pyVmomi would drop them silently."""
    adapter = {each.name: each.api for each in ADAPTER_SETTINGS}
    errors = []
    for change in changes:
        own = BY_NAME.get(change.setting)
        needed = own.api if own is not None else adapter.get(change.setting.rsplit(".", 1)[-1])
        if not at_least(state.api_version, needed):
            errors.append(
                NfvError(
                    ErrorCode.API_VERSION_OLD,
                    state.name,
                    f"{change.setting} needs vSphere API {needed}; this vCenter speaks {state.api_version}",
                    "Upgrade vCenter, or leave it out",
                )
            )
    return errors


def refused_reservations(
    state: VmState,
    final: t.Mapping[str, Value],
    adapters: t.Sequence[Adapter] = (),
    passthrough: t.Sequence[str] = (),
) -> list[NfvError]:
    """Settings that need all memory reserved, when it would not be.

    final: the settings after the change; adapters: those of the description; passthrough: the labels of the SR-IOV
    adapters that the VM keeps.
    """
    size, reserved = final.get("memory.size_mb"), final.get("memory.reservation_mb")
    enough = isinstance(size, int) and isinstance(reserved, int) and reserved >= size
    if final.get("memory.reserve_all") or enough:
        return []
    needing = []
    if final.get("cpu.latency_sensitivity") == "high":
        needing.append("latency sensitivity high")
    if str(final.get("memory.host_1g_pages") or "").upper() == "TRUE":
        needing.append("1 GB pages on the host")
    needing += [f"uptv2 of adapter {adapter.name}" for adapter in adapters if adapter.uptv2]
    needing += [f"SR-IOV adapter {label}" for label in passthrough]
    if not needing:
        return []
    return [
        NfvError(
            ErrorCode.MEMORY_RESERVATION_NEEDED,
            state.name,
            f"{' and '.join(needing)} needs all of its memory reserved, but only {reserved} of {size} MiB would be",
            "Set memory.reserve_all true and use vm_hugepages or vm_dataplane, or leave out what needs it",
        )
    ]


def refused_sizes(state: VmState, dataplane: Dataplane, scope: str) -> list[NfvError]:
    """Only vm_dataplane changes the VM's size; for other scopes the description must have the VM's size."""
    pairs = {
        CPU_PINNING: (ErrorCode.CPU_COUNT_DIFFERS, "cpu.count", dataplane.cpu.count, "vCPUs"),
        HUGEPAGES: (ErrorCode.MEMORY_SIZE_DIFFERS, "memory.size_mb", dataplane.memory.size_mb, "MiB of memory"),
    }
    if scope not in pairs:
        return []
    code, name, described, unit = pairs[scope]
    if state.settings.get(name) == described:
        return []
    return [
        NfvError(
            code,
            state.name,
            f"it has {state.settings.get(name)} {unit}, but the description says {described}",
            f"Correct {name}, or use vm_dataplane, which changes the size too",
        )
    ]


def refused_by_host(state: VmState, dataplane: Dataplane, wanted: t.Mapping[str, Value]) -> list[NfvError]:
    """Settings that the VM's host does not support; an unknown host refuses only what is computed from it."""
    cpu, facts = dataplane.cpu, state.host_facts
    errors = []

    def refuse(code: ErrorCode, attempted: str, remedy: str) -> None:
        errors.append(NfvError(code, state.name, attempted, remedy))

    if cpu.reserve_all and state.host_mhz is None and "cpu.reservation_mhz" in wanted:
        refuse(
            ErrorCode.HOST_UNKNOWN,
            "the CPU reservation was to be computed, but the VM has no host",
            "Register it on a host",
        )
    elif wanted.get("cpu.latency_sensitivity") == "high" and not state.host_latency_sensitivity:
        refuse(
            ErrorCode.LATENCY_SENSITIVITY_UNSUPPORTED,
            f"host {state.host} does not support latency sensitivity (capability latencySensitivitySupported)",
            "Move the VM to a host that does, or set cpu.exclusivity to affinity or none",
        )
    threads = wanted.get("cpu.simultaneous_threads")
    if threads == 2 and (facts.simultaneous_threads or 1) < 2:
        refuse(
            ErrorCode.SIMULTANEOUS_THREADS_UNSUPPORTED,
            f"host {state.host} does not show threads to VMs (capability maxSupportedSimultaneousThreads)",
            "Move the VM to a host that does, or set cpu.simultaneous_threads to 1",
        )
    cores = cpu.count // cpu.simultaneous_threads
    if wanted.get("cpu.latency_sensitivity") == "high" and facts.cores is not None and cores > facts.cores:
        refuse(
            ErrorCode.HOST_TOO_SMALL,
            f"the description asks for {cores} exclusive cores, but host {state.host} has {facts.cores}",
            "Describe fewer vCPUs, or move the VM to a larger host",
        )
    beyond = [number for number in cpu.affinity if facts.cpus is not None and number >= facts.cpus]
    if beyond and "cpu.affinity" in wanted:
        refuse(
            ErrorCode.AFFINITY_BEYOND_HOST,
            f"cpu.affinity names CPUs {format_cpu_list(beyond)}, but host {state.host} has CPUs 0 to"
            f" {(facts.cpus or 1) - 1}",
            "Name CPUs that the host has",
        )
    node = wanted.get("numa.node_affinity")
    if node is not None and facts.numa_nodes and int(str(node)) >= facts.numa_nodes:
        refuse(
            ErrorCode.NUMA_NODE_BEYOND_HOST,
            f"placement.numa is {node}, but host {state.host} has NUMA nodes 0 to {facts.numa_nodes - 1}",
            "Name a node that the host has",
        )
    return errors


def refused_adapters(
    state: VmState,
    dataplane: Dataplane,
    networks: t.Mapping[str, Network],
    final: t.Mapping[str, Value],
) -> list[NfvError]:
    """Settings that the VM's firmware, its nodes or the switches do not support.

    networks: the port groups by the names of the adapters; final: as in refused_reservations.
    """
    errors = []
    count, size = final.get("cpu.count"), final.get("numa.cores_per_node")
    nodes = count // size if isinstance(count, int) and isinstance(size, int) and size > 0 else 0
    for adapter in dataplane.adapters:
        if adapter.numa_node is not None and adapter.numa_node >= nodes:
            errors.append(
                NfvError(
                    ErrorCode.NUMA_NODES_NEEDED,
                    state.name,
                    f"numa_node of adapter {adapter.name} is {adapter.numa_node}, and the VM has {nodes} nodes of a"
                    " size that was given",
                    "Describe numa.nodes, with vm_dataplane and virtual hardware 20",
                )
            )
        if adapter.numa_node is not None and state.firmware not in (None, "efi"):
            errors.append(
                NfvError(
                    ErrorCode.FIRMWARE_UNSUITABLE,
                    state.name,
                    f"numa_node of adapter {adapter.name} needs firmware efi, but the VM has {state.firmware}",
                    "Create the VM with EFI (an installed guest would no longer boot after a switch), or leave it out",
                )
            )
        network = networks.get(adapter.name)
        if adapter.strict_latency and network is not None and _too_old_for_strict_latency(network):
            errors.append(
                NfvError(
                    ErrorCode.SWITCH_VERSION_OLD,
                    state.name,
                    f"strict_latency of adapter {adapter.name} needs a distributed switch of version"
                    f" {STRICT_LATENCY_SWITCH}, but {adapter.network} is on {network.switch_version or 'another'}",
                    "Upgrade the switch, or leave strict_latency out",
                )
            )
    return errors


def _too_old_for_strict_latency(network: Network) -> bool:
    return network.switch_uuid is None or not at_least(network.switch_version, STRICT_LATENCY_SWITCH)


def refused_udp_rss(state: VmState, dataplane: Dataplane) -> list[NfvError]:
    """A host that does not allow UDP RSS ignores the adapter's key. Nothing is refused when the host does not say."""
    if state.host_facts.udp_rss_allowed is not False:
        return []
    return [
        NfvError(
            ErrorCode.UDP_RSS_NOT_ALLOWED,
            state.name,
            f"udp_rss of adapter {adapter.name} is set, but host {state.host} has Net.Vmxnet3UDPRSSAllowed 0",
            "Set the host's advanced setting Net.Vmxnet3UDPRSSAllowed to 1, or leave udp_rss out",
        )
        for adapter in dataplane.adapters
        if adapter.udp_rss
    ]


def notes(dataplane: Dataplane, hardware: int | None, scope: str) -> list[str]:
    """Warnings about what the description costs and what has no effect. hardware: the version after the change."""
    found = []
    if scope in (ALL, CPU_PINNING):
        found += _cpu_notes(dataplane)
    if scope in (ALL, ADAPTERS):
        found += _adapter_notes(dataplane, hardware)
    return found


def _cpu_notes(dataplane: Dataplane) -> list[str]:
    cpu = dataplane.cpu
    found = []
    if cpu.exclusivity == "affinity":
        found.append(
            "cpu.affinity binds the VM to CPUs of one host: vMotion cannot move it while it runs, a fully automated DRS"
            " cluster refuses it, and ESXi excludes it from NUMA scheduling"
        )
    if dataplane.profile == "low_latency":
        found.append("profile low_latency: the VM's CPU usage is no longer counted (exclusiveNoStats)")
    if dataplane.switch_mode == EDP_DEDICATED:
        if cpu.system_contexts:
            found.append("cpu.system_contexts has no effect in switch mode edp_dedicated and is not set")
        if dataplane.placement.numa != "auto":
            found.append(
                "placement.numa is not set as node affinity in switch mode edp_dedicated, which aligns the VM with its"
                " uplinks"
            )
    return found


def _adapter_notes(dataplane: Dataplane, hardware: int | None) -> list[str]:
    found = []
    polled = any(adapter.driver == "pmd" for adapter in dataplane.adapters)
    if polled and hardware is not None and hardware < ANY_QUEUES_HARDWARE:
        found.append(
            f"virtual hardware {hardware} has an older VMXNET3 than v6, which came with version {ANY_QUEUES_HARDWARE}"
        )
    return found


def only_in_scope(wanted: t.Mapping[str, Value], scope: str) -> dict[str, Value]:
    """Those of the wanted settings that a module with this scope may change."""
    return {name: value for name, value in wanted.items() if in_scope(BY_NAME[name], scope)}
