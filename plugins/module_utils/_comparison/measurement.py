# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured of one variant in one turn with one size of frames.

Rates are packets/s of both directions together, times are seconds, latencies are microseconds.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .clocks import ClockReading, Clocks
from .fields import Fields, refusal
from .samples import Counters, GuestSample

# Variants: what forwards. All others are compared with POLL.
POLL: t.Final = "poll"
INTERRUPT: t.Final = "interrupt"
BRIDGE: t.Final = "bridge"
KERNEL_GTP: t.Final = "kernel_gtp"
VARIANTS: t.Final = (POLL, INTERRUPT, "interrupt_uncoalesced", BRIDGE, "e1000e", KERNEL_GTP)

NDR: t.Final = "ndr"
PDR: t.Final = "pdr"
GOALS: t.Final = (NDR, PDR)
"""The goals of the search: no loss (NDR), and a loss of at most 0.5 % of the packets (PDR)."""
GUEST: t.Final = "guest"
TESTER: t.Final = "tester"
LIMITS: t.Final = (GUEST, TESTER)
FRAMES: t.Final = ("64", "512", "1400", "imix")
"""Octets of a frame, or a mix of sizes (IMIX)."""
LOADS: t.Final = ("lowest", "10", "50", "90")
"""The lowest rate of the search, and shares of the variant's own PDR in percent."""
PERCENTILES: t.Final = ("minimum", "p50", "p90", "p99", "p999", "maximum")


@dataclasses.dataclass(frozen=True)
class RateBounds:
    """The bounds that a search found for one goal."""

    goal: str
    """The goal: NDR or PDR."""
    lower_pps: float | None
    """The highest rate that meets the goal; None if not even the lowest one that was tried does."""
    upper_pps: float | None
    """The lowest rate that does not; None if every rate that could be tried does."""
    throughput_pps: float | None
    """The rate that comes through at the lower bound."""
    limited_by: str
    """GUEST, or TESTER where the guest may forward more than could be tried."""

    @classmethod
    def from_fields(cls, fields: Fields) -> RateBounds:
        rate = cls(
            fields.choice("goal", GOALS),
            fields.optional_number("lower_pps"),
            fields.optional_number("upper_pps"),
            fields.optional_number("throughput_pps"),
            fields.choice("limited_by", LIMITS),
        )
        if rate.lower_pps is not None and rate.upper_pps is not None and rate.lower_pps > rate.upper_pps:
            raise refusal(fields.path, f"lower_pps {rate.lower_pps:g} is above upper_pps {rate.upper_pps:g}")
        if rate.lower_pps is None and rate.upper_pps is None:
            raise refusal(fields.path, "has neither lower_pps nor upper_pps, so nothing was found")
        if rate.upper_pps is None and rate.limited_by == GUEST:
            raise refusal(fields.path, "names the guest as the limit and has no upper_pps, at which the guest failed")
        return rate


@dataclasses.dataclass(frozen=True)
class MeasuredTrial:
    """One trial."""

    start: float
    """The time when it began, by the tester's clock, in seconds since 1970."""
    seconds: float
    """The seconds for which it sent."""
    intended: int
    """Packets that it should have sent."""
    sent: int
    """Packets that it sent."""
    received: int
    """Packets of these that came through."""
    valid: bool
    """Whether the tester sent what it should have. One that is not valid says nothing of the guest."""

    @classmethod
    def from_fields(cls, fields: Fields) -> MeasuredTrial:
        trial = cls(
            fields.number("start"),
            fields.number("seconds"),
            fields.count("intended"),
            fields.count("sent"),
            fields.count("received"),
            fields.boolean("valid"),
        )
        if trial.received > trial.sent:
            raise refusal(fields.path, f"received {trial.received} of {trial.sent} packets that were sent")
        if trial.seconds == 0:
            raise refusal(f"{fields.path}.seconds", "must be above 0")
        return trial

    @property
    def pps(self) -> float:
        """The rate at which it sent."""
        return self.sent / self.seconds

    @property
    def loss(self) -> float:
        """The share of its packets that were lost."""
        return 1 - self.received / self.sent if self.sent else 0.0


@dataclasses.dataclass(frozen=True)
class Latency:
    """The latencies at one load."""

    load: str
    """One of LOADS."""
    pps: float
    """The rate at this load."""
    packets: int
    """How many packets were timed."""
    percentiles_us: t.Mapping[str, float]
    """Microseconds by each of PERCENTILES."""
    histogram: str
    """HdrHistogram (V2, compressed, base64) of nanoseconds; those of several turns merge."""

    @classmethod
    def from_fields(cls, fields: Fields) -> Latency:
        percentiles = {name: fields.number(f"{name}_us") for name in PERCENTILES}
        if list(percentiles.values()) != sorted(percentiles.values()):
            raise refusal(fields.path, f"percentiles fall: {percentiles}")
        return cls(
            fields.choice("load", LOADS),
            fields.number("pps"),
            fields.count("packets"),
            percentiles,
            fields.text("histogram"),
        )


@dataclasses.dataclass(frozen=True)
class Bursts:
    """How many frames in a row the guest takes (RFC 9004)."""

    frames: int
    """The longest burst without loss."""
    limited_by: str
    """GUEST, or TESTER where no longer burst could be sent."""

    @classmethod
    def from_fields(cls, fields: Fields) -> Bursts:
        return cls(fields.count("frames"), fields.choice("limited_by", LIMITS))


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One variant, one turn, one size of frames."""

    variant: str
    """One of VARIANTS."""
    turn: int
    """The number of the turn, from 1."""
    frame: str
    """One of FRAMES."""
    rates: tuple[RateBounds, ...]
    """The bounds that the search found, one for each goal."""
    trials: tuple[MeasuredTrial, ...]
    """All trials, in the order in which they were run."""
    latencies: tuple[Latency, ...]
    """The latencies, one for each load."""
    bursts: Bursts | None
    """The longest burst without loss; None where no bursts were sent."""
    samples: tuple[GuestSample, ...]
    """The guest's counters, from before the first trial to after the last, by the guest's clock; empty where none were
    taken."""
    clocks: Clocks
    """The guest's clock against the tester's."""

    @classmethod
    def from_dict(cls, value: t.Any, path: str = "measurement") -> Measurement:
        """One measurement. Raises NfvError measurement_invalid for anything of another shape."""
        fields = Fields.of(value, path)
        bursts, samples = fields.values.get("bursts"), list(fields.each("samples"))
        clock_ticks = fields.count("clock_ticks", 1) if samples else 1
        return cls(
            fields.choice("variant", VARIANTS),
            fields.count("turn", 1),
            fields.choice("frame", FRAMES),
            tuple(RateBounds.from_fields(each) for each in fields.each("rates")),
            tuple(MeasuredTrial.from_fields(each) for each in fields.each("trials")),
            tuple(Latency.from_fields(each) for each in fields.each("latencies")),
            None if bursts is None else Bursts.from_fields(Fields.of(bursts, f"{path}.bursts")),
            tuple(GuestSample.from_fields(each, clock_ticks) for each in samples),
            Clocks(tuple(ClockReading.from_fields(each) for each in fields.each("clocks")) if samples else ()),
        )

    @property
    def counters(self) -> Counters:
        """What the guest took, by the tester's clock; nothing where the two clocks cannot be compared."""
        if not self.clocks.known:
            return Counters(())
        by_tester = self.clocks.by_tester
        return Counters(dataclasses.replace(each, seconds=by_tester(each.seconds)) for each in self.samples)

    def rate(self, goal: str) -> RateBounds | None:
        return next((each for each in self.rates if each.goal == goal), None)


def measurements_from_data(values: t.Any) -> tuple[Measurement, ...]:
    """All measurements of a comparison. Raises NfvError measurement_invalid, also for one that is there twice."""
    if not isinstance(values, (list, tuple)):
        raise refusal("measurements", "must be a list")
    measurements = tuple(Measurement.from_dict(one, f"measurements[{number}]") for number, one in enumerate(values))
    seen = set()
    for number, each in enumerate(measurements):
        key = (each.variant, each.turn, each.frame)
        if key in seen:
            raise refusal(
                f"measurements[{number}]", f"is a second one of {each.variant}, turn {each.turn}, {each.frame}"
            )
        seen.add(key)
    return measurements
