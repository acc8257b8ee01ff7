"""What comes out of a lake is what went in: every field of every event, compared with the machine's.

The machine's values are judged against Falco's by :mod:`tests.conformance.scap_fields`; here the
way through the tables of the lake is judged, also for captures of which Falco's values are not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.fields.field import Arg
from falcolab.lang.typed import FieldValue
from falcolab.sources.scap import open_capture
from falcolab.system.machine import Machine
from falcolab.system.values import FIELDS, Context
from tests.conformance.outcome import Outcome, compare
from tests.conformance.scap_fields import field_value
from tests.conformance.syscall_lake import lake_of

WITH_ARGUMENT = (
    *(
        "proc.aname[1]",
        "proc.aname[2]",
        "proc.aexe[3]",
        "proc.aexepath[2]",
        "proc.acmdline[1]",
        "proc.apid[2]",
    ),
    *("proc.aargs[1]", "proc.aenv[PATH]", "proc.aenv[2]", "proc.args[0]", "proc.args[1]", "proc.env[PATH]"),
    *(
        "proc.env[HOME]",
        "thread.cgroup.cpu",
        "thread.cgroup.memory",
        "evt.arg[0]",
        "evt.arg[1]",
        "evt.arg.fd",
    ),
    *("evt.arg.flags", "evt.arg.name", "evt.arg.path", "evt.arg.pid", "evt.arg.uid", "evt.arg.data"),
    *("evt.rawarg.flags", "evt.rawarg.fd", "evt.type.is.open", "evt.abspath.src", "evt.abspath.dst"),
    *("container.label[io.kubernetes.pod.name]", "container.mount[0]", "container.mount.dest[/etc*]"),
    *("k8s.pod.label[app]", "evt.arg.res", "evt.arg.dirfd", "evt.arg.exe", "evt.arg.args"),
)
"""Fields with arguments, of every kind."""

CAPTURES = ("live__attack_a_k8s", "live__host_scenario", "sysflow__alpine__alpine", "libs__curl_google")
"""Captures that together have every kind of state."""


def stored(data: Path) -> Iterator[Outcome]:
    """One question per capture and field: whether all its values come back, compared and printed."""
    for capture in CAPTURES:
        path = data / "captures/scap" / f"{capture}.scap"
        values = list(_values())
        expected = _machine(path, values)
        (part,) = lake_of(path).parts(SYSCALL)
        rows = np.arange(part.events.rows, dtype=np.int64)
        for value, theirs in zip(values, expected, strict=True):
            ours = part.listed(value, rows)
            name = f"{capture}: {value.name}{' (printed)' if value.is_shown else ''}"
            different = [pair for pair in zip(ours, theirs, strict=True) if not _same(*pair)]
            yield compare(name, *different[0]) if different else Outcome(name)


def _same(ours: Any, theirs: Any) -> bool:
    return bool(ours == theirs) and (ours is None) is (theirs is None)


def _values() -> Iterator[FieldValue]:
    plain = [name for name, field in SOURCES[SYSCALL].fields.items() if field.arg in (Arg.NONE, Arg.OPTIONAL)]
    for name in (*plain, "evt.abspath", *WITH_ARGUMENT):
        value = field_value(name)
        yield value
        yield FieldValue(value.field, value.arg, value.name, value.type, is_shown=True)


def _machine(path: Path, values: list[FieldValue]) -> list[list[Any]]:
    """The values as the machine gives them, by field, in event order."""
    found: list[list[Any]] = [[] for _ in values]
    machine = Machine()
    with open_capture(path) as capture:
        for event in machine.replay(capture):
            context = Context.of(event, machine)
            for value, column in zip(values, found, strict=True):
                extractor = FIELDS[value.field.name]
                find = extractor.shown_value if value.is_shown else extractor.value
                column.append(find(context, value.arg))
    return found
