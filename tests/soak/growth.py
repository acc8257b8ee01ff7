"""What grows without bound, seen from samples over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MIB = 2**20
MEMORY_SLACK = 12 * MIB
"""What the memory may rise by over the second half: the tide of rotations, seen at odd moments."""

ENTRIES_SLACK = 64
"""How many entries more a table may have."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A daemon at one moment.

    Attributes:
        at: seconds since the beginning.
        memory: resident, in bytes, the ring counted once.
        events, lost: since the beginning.
        sizes: entries of every table and cache.
    """

    at: float
    memory: int
    events: int
    lost: int
    sizes: Mapping[str, int]


def slope(samples: Sequence[Sample]) -> float:
    """By how many bytes the memory has risen over the second half, by the line that fits best."""
    half = samples[len(samples) // 2 :]
    times = np.array([each.at for each in half])
    rise = np.polyfit(times, [each.memory for each in half], 1)[0]
    return float(rise * (times[-1] - times[0]))


def growing(samples: Sequence[Sample]) -> list[str]:
    """What is larger than it may be, in words.

    A table grows that is larger in the whole last quarter than it ever was in the second one. Those
    that begin anew with each part of the lake are small now and then, however busy the machine is.
    """
    found = []
    if (rise := slope(samples)) > MEMORY_SLACK:
        found.append(f"memory grows: {rise / MIB:+.1f} MiB over the second half")
    quarter = len(samples) // 4
    for name in samples[-1].sizes:
        most = max(_of(samples[quarter : 2 * quarter], name))
        least = min(_of(samples[-quarter:], name))
        if least > most + ENTRIES_SLACK:
            found.append(f"{name} grows: from {most:,} to {least:,} entries")
    return found


def _of(samples: Sequence[Sample], name: str) -> list[int]:
    """The sizes of a table."""
    return [sample.sizes.get(name, 0) for sample in samples]
