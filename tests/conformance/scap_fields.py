"""The fields of captured system calls against what Falco printed for the same events.

    python -m tests.conformance.scap_fields [CAPTURE...]      all captures without names

prints the number of values that agree, of those asked, the share, how many of Falco's are not
null, and how many are left out because they depend on more than the capture: of each capture
together, of each of its fields where that is not everything, and at the end of the fields of
the official rules and of all fields.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.fields.event_params import EVENT_PARAMS
from falcolab.lang.typed import FieldValue
from falcolab.sources.scap import open_capture
from falcolab.system.machine import Machine
from falcolab.system.thread import FdFlag
from falcolab.system.values import FIELDS, Context, to_json
from tests import shared_data
from tests.conformance.outcome import Outcome, compare

UNINITIALISED = frozenset(
    {"proc.exe_ino.ctime_duration_proc_start", "proc.exe_ino.ctime_duration_pidns_start"}
)
DEVICES = frozenset({"fd.dev", "fd.dev.major", "fd.dev.minor"})
ACCOUNTS = frozenset({"user.name", "user.homedir", "user.shell", "user.loginname", "group.name"})

UNORDERED = frozenset({"fd.types"})
"""Falco lists them in the order of a hash table."""

Record = dict[str, Any]


@dataclass(slots=True)
class Share:
    """How far one field of one capture agrees.

    Attributes:
        asked, agreed: numbers of values.
        present: how many of Falco's are not null.
        left_out: how many values are undefined in Falco.
        first: the first difference, in words.
    """

    asked: int = 0
    agreed: int = 0
    present: int = 0
    left_out: int = 0
    first: str = ""

    def add(self, ours: Any, falcos: Any, where: str) -> None:
        """Count one value."""
        self.asked += 1
        self.present += falcos is not None
        if ours == falcos and type(ours) is type(falcos):
            self.agreed += 1
        elif not self.first:
            self.first = compare(where, ours, falcos).problem or f"types differ: {ours!r}"

    def merge(self, other: Share) -> None:
        """Add the counts of another."""
        self.asked += other.asked
        self.agreed += other.agreed
        self.present += other.present
        self.left_out += other.left_out
        self.first = self.first or other.first


@cache
def field_value(name: str) -> FieldValue:
    """The field that a name with its argument means."""
    match = re.fullmatch(r"([^\[]+)(?:\[(.*)\])?", name)
    assert match is not None, name
    found = SOURCES[SYSCALL].find(match[1])
    assert found is not None, name
    field, member = found
    arg = match[2] if match[2] is not None else member
    type_ = EVENT_PARAMS.get(arg or "") if field.name == "evt.rawarg" else None
    return FieldValue(field, arg, name, type_ or field.type)


def captures(data: Path) -> list[str]:
    """The names of all captures with recorded fields."""
    return sorted(path.stem for path in (data / "captures/scap").glob("*.scap"))


def records(data: Path, capture: str) -> dict[int, Record]:
    """What Falco printed, by the number of the event."""
    found: dict[int, Record] = {}
    for path in sorted(data.glob(f"fields/{capture}.jsonl.gz")) + sorted(data.glob(f"events/{capture}.*.gz")):
        with gzip.open(path, "rt") as lines:
            for record in map(json.loads, lines):
                found.setdefault(record["evt.num"], {}).update(record)
    return found


def shares(data: Path, capture: str) -> dict[str, Share]:
    """How far each field of a capture agrees."""
    expected = records(data, capture)
    found: dict[str, Share] = {}
    seen = 0
    machine = Machine()
    with open_capture(data / "captures/scap" / f"{capture}.scap") as source:
        for event in machine.replay(source):
            record = expected.get(event.num)
            if record is None:
                continue
            seen += 1
            context = Context.of(event, machine)
            for name, falcos in record.items():
                where = f"{name} of event {event.num}"
                share = found.setdefault(name, Share())
                ours = _comparable(name, shown(context, name))
                if ours != _comparable(name, falcos) and is_undefined(context, name, ours):
                    share.left_out += 1
                else:
                    share.add(ours, _comparable(name, falcos), where)
    lost = found.setdefault("(events)", Share())
    lost.merge(Share(len(expected), seen, len(expected), first="" if seen == len(expected) else "missing"))
    return found


def shown(context: Context, name: str) -> Any:
    """What an alert would hold."""
    value = field_value(name)
    extracted = FIELDS[value.field.name].shown_value(context, value.arg)
    return to_json(value, extracted, context.event.time)


def is_undefined(context: Context, name: str, ours: Any) -> bool:
    """Whether Falco's value depends on more than the capture, so that ours need not be the same.

    It prints uninitialised memory for times of executables and devices that the lists of a capture
    do not hold, old text for empty buffers, and accounts of the machine that it runs on.
    """
    if name in ACCOUNTS:
        return bool(ours == "<NA>") and context.thread is not None and not context.thread.container_id
    if name in DEVICES:
        return context.fd is not None and bool(context.fd.flags & FdFlag.FROM_PROC) and context.fd.dev == 0
    return (name in UNINITIALISED and ours is None) or (name == "evt.buffer" and ours == "NULL")


def _comparable(name: str, value: Any) -> Any:
    return sorted(value) if name in UNORDERED and value is not None else value


@cache
def official_fields(data: Path) -> frozenset[str]:
    """The fields that the official rules of system calls name in conditions or outputs."""
    names: set[str] = set()
    for path in (data / "rules/official").glob("falco*.yaml"):
        text = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
        names.update(re.findall(r"\b(?:evt|proc|thread|fd|fs|user|group|container|k8s)\.[a-z0-9_.]+", text))
    return frozenset(name for name in names if SOURCES[SYSCALL].find(name) is not None)


def fields(data: Path) -> Iterator[Outcome]:
    """One question per capture and field: whether all its values agree."""
    for capture in captures(data):
        for name, share in shares(data, capture).items():
            is_same = share.agreed == share.asked
            problem = None if is_same else f"{share.agreed} of {share.asked}; {share.first}"
            yield Outcome(f"{capture}: {name}", problem)


def _line(name: str, share: Share) -> str:
    part = share.agreed / share.asked if share.asked else 1.0
    counts = f"{share.agreed:>9}{share.asked:>9}{part:>10.3%}{share.present:>9}{share.left_out:>8}"
    return f"  {name:<44}{counts}  {share.first[:150]}"


def _sum(found: Iterable[Share]) -> Share:
    total = Share()
    for share in found:
        total.merge(share)
    return Share(total.asked, total.agreed, total.present, total.left_out)


def main(names: list[str]) -> int:
    """Print the shares of the captures that are named, or of all."""
    folder = shared_data.shared()
    if folder is None:
        print("needs Falco's recorded verdicts in ../shared or $FALCOLAB_SHARED", file=sys.stderr)
        return 2
    data, total = folder / "conformance", dict[str, Share]()
    for capture in names or captures(data):
        found = shares(data, capture)
        print(_line(capture, _sum(found.values())), flush=True)
        for name, share in sorted(found.items()):
            total.setdefault(name, Share()).merge(share)
            if share.agreed < share.asked or (share.left_out and name not in UNINITIALISED):
                print(_line(f"  {name}", share))
    official = [share for name, share in total.items() if name.split("[")[0] in official_fields(data)]
    print(_line("fields of the official rules", _sum(official)))
    print(_line("all fields", _sum(total.values())))
    return 0 if all(share.agreed == share.asked for share in total.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
