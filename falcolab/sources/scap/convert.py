"""Events of old captures in today's form, step by step as Falco's converter does it.

Old drivers wrote two events for a system call, one at its entry and one at its exit, and
fewer parameters. The converter keeps the entry event of each thread and moves what it told
into the exit event. What is done with which event is data: ``conversions.json``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from falcolab.sources.scap.damage import DamagedError
from falcolab.system.event_type import EventType
from falcolab.system.tables import conversions

DROP = -3
"""The event is never delivered, in whatever form."""
PASS = -2
"""The event is delivered as it is, in whatever form."""
CONVERT = -1
"""The event always needs the table of conversions."""

MAX_STEPS = 50
MAX_STORED = 2**28
"""How many bytes of entry events are kept; the oldest give way, which no real capture needs."""

Params = tuple[bytes, ...]


class ConversionError(DamagedError):
    """An event contradicts the table, which ends the reading as it ends Falco's."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a parameter of the converted event comes from.

    Attributes:
        kind: ``OLD``, ``ENTER``, ``DEFAULT``, ``EMPTY`` or ``CALLBACK``.
        index: of the parameter in the old or in the entry event.
        default: what stands for it when there is no entry event.
        limit: the most bytes that the parameter has.
    """

    kind: str
    index: int
    default: bytes
    limit: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What happens to the events of one type and number of parameters."""

    action: str
    type: int
    sources: tuple[_Source, ...]


class Converter:
    """Converts the events of one capture; it remembers the entry event of every thread.

    Attributes:
        need: by event type, the number of parameters with which an event passes unchanged, or ``DROP``,
            ``PASS`` or ``CONVERT``.
    """

    def __init__(self, types: Sequence[EventType]) -> None:
        self._types = types
        self._steps = {
            (row["type"], row["nparams"]): _step(row, types[row.get("to", row["type"])])
            for row in conversions()
        }
        self.need = [need_of(type_) for type_ in types]
        self._entered: dict[int, tuple[int, Params]] = {}
        self._stored = 0

    def convert(self, type_: int, tid: int, params: Params) -> tuple[int, Params] | None:
        """The event in today's form, or None if it is not delivered.

        Raises:
            ConversionError: the table has no such event, or the entry event is another one's.
        """
        for _ in range(MAX_STEPS):
            need = self.need[type_]
            if need == DROP:
                return None
            if need in (PASS, len(params)):
                return type_, params
            step = self._steps.get((type_, len(params)))
            if step is None:
                name = self._types[type_].name
                raise ConversionError(f"no form of '{name}' ({type_}) has {len(params)} parameters")
            if step.action in ("STORE", "STORE_AND_PASS"):
                self._store(tid, type_, params)
            if step.action in ("STORE", "PASS", "STORE_AND_PASS"):
                return None if step.action == "STORE" else (type_, params)
            made = self._make(step, type_, tid, params)
            params = params + made if step.action == "ADD_PARAMS" else made
            type_ = step.type
        raise ConversionError(f"the conversion to event {type_} does not end")

    def _store(self, tid: int, type_: int, params: Params) -> None:
        self._forget(tid)
        self._entered[tid] = type_, params
        self._stored += _size(params)
        while self._stored > MAX_STORED:
            self._forget(next(iter(self._entered)))

    def _forget(self, tid: int) -> None:
        if (old := self._entered.pop(tid, None)) is not None:
            self._stored -= _size(old[1])

    def _make(self, step: _Step, type_: int, tid: int, params: Params) -> Params:
        entered = self._entered.get(tid)
        made = tuple([self._value(source, type_, params, entered) for source in step.sources])
        if entered is not None and any(source.kind == "ENTER" for source in step.sources):
            self._forget(tid)
        return made

    def _value(
        self, source: _Source, type_: int, params: Params, entered: tuple[int, Params] | None
    ) -> bytes:
        if source.kind == "OLD":
            return params[source.index][: source.limit]
        if source.kind == "CALLBACK":
            return _container_json(params)
        if source.kind != "ENTER" or entered is None:
            return source.default
        if entered[0] != type_ - 1:
            leaving, entering = self._types[type_], self._types[entered[0]]
            raise ConversionError(
                f"the enter event for '{leaving.name}' is not the right one: '{entering.name}' was found"
            )
        if source.index >= len(entered[1]):
            raise ConversionError(f"the enter event of type {entered[0]} has too few parameters")
        return entered[1][source.index][: source.limit]


def _size(params: Params) -> int:
    """About the memory that a stored event takes."""
    return 256 + sum(map(len, params))


def need_of(type_: EventType) -> int:
    """How many parameters events of a type pass with, or ``DROP``, ``PASS`` or ``CONVERT``."""
    if "UNUSED" in type_.flags:
        return DROP
    old = "OLD_VERSION" in type_.flags
    if "CONVERTER_MANAGED" not in type_.flags:
        return DROP if old else PASS
    return CONVERT if old or not type_.is_exit else len(type_.params)


def _step(row: dict[str, object], target: EventType) -> _Step:
    instructions = row.get("instrs", [])
    assert isinstance(instructions, list)  # noqa: S101 - the table is ours
    first = int(str(row["nparams"])) if row["action"] == "ADD_PARAMS" else 0
    sources = tuple(_source(each, target, first + index) for index, each in enumerate(instructions))
    return _Step(str(row["action"]), target.id, sources)


def _source(instruction: list[str | int], target: EventType, position: int) -> _Source:
    """An instruction such as ``["ENTER", 0, "fallback_empty"]`` for a parameter of the new event."""
    kind, index = str(instruction[0]), instruction[1] if len(instruction) > 1 else 0
    param = target.params[position]
    is_empty = kind == "EMPTY" or "fallback_empty" in instruction
    fill = b"\xff" if param.type in ("UID", "GID") else b"\0"
    default = b"" if is_empty else fill * (param.size or 0)
    return _Source(kind, index if isinstance(index, int) else 0, default, param.size or 0xFFFF)


def _container_json(params: Params) -> bytes:
    """The container event of the first captures as the JSON that followed it."""
    identity, type_, name, image = (params + (b"",) * 4)[:4]
    texts = [each.partition(b"\0")[0].decode("utf-8", "surrogateescape") for each in (identity, name, image)]
    number = int.from_bytes(type_[:4], "little")
    container = {"id": texts[0], "type": number, "name": texts[1], "image": texts[2]}
    text = json.dumps(container, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape") + b"\0"
