"""The kernel's description of its own structures (BTF), from which offsets of members are read.

Format: ``Documentation/bpf/btf.rst`` of the kernel.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from capture.probe.errors import ProbeError

VMLINUX = Path("/sys/kernel/btf/vmlinux")

_MAGIC = 0xEB9F
_HEADER = struct.Struct("<HBBIIIII")
_TYPE = struct.Struct("<III")
_ARRAY = struct.Struct("<III")
_STRUCT, _UNION, _ENUM, _ENUM64 = 4, 5, 6, 19
_MODIFIERS = frozenset({8, 9, 10, 11, 18})
"""Typedef, volatile, const, restrict and tags: they stand for another type."""

_FIXED = {1: 4, 3: 12, 14: 4, 17: 4}
_PER_ENTRY = {_STRUCT: 12, _UNION: 12, _ENUM: 8, 13: 8, 15: 12, _ENUM64: 12}
"""Kind -> bytes that follow the head of a type, once or for each of its entries."""


class Btf:
    """The types of a kernel."""

    def __init__(self, data: bytes) -> None:
        """Index the types.

        Raises:
            ProbeError: the data are no BTF.
        """
        if len(data) < _HEADER.size or _HEADER.unpack_from(data)[0] != _MAGIC:
            raise ProbeError("the kernel's BTF cannot be read: it has another magic number")
        _, _, _, head, types, types_size, strings, _ = _HEADER.unpack_from(data)
        self._data = data
        self._strings = head + strings
        self._at = [0, *self._positions(head + types, head + types + types_size)]

    def offset(self, path: str) -> int | None:
        """Where a member lies, such as ``task_struct.thread_info.status``; None if there is none.

        Members of unnamed structures count as members of what holds them.
        """
        name, *members = path.split(".")
        type_, offset = self._structures.get(name), 0
        for member in members:
            found = None if type_ is None else self._member(type_, member)
            if found is None:
                return None
            offset, type_ = offset + found[0], found[1]
        return offset

    def bit(self, path: str) -> int | None:
        """The position of a bit field within the four bytes at ``offset`` of it rounded down to 4."""
        name, member = path.split(".")
        type_ = self._structures.get(name)
        found = None if type_ is None else self._bits(type_, member)
        return None if found is None else found % 32

    def word(self, path: str) -> int | None:
        """Where the four bytes lie that hold a bit field."""
        name, member = path.split(".")
        type_ = self._structures.get(name)
        found = None if type_ is None else self._bits(type_, member)
        return None if found is None else found // 32 * 4

    def size(self, name: str) -> int | None:
        """The size of a structure in bytes."""
        type_ = self._structures.get(name)
        return None if type_ is None else _TYPE.unpack_from(self._data, self._at[type_])[2]

    def constants(self, enum: str) -> dict[str, int]:
        """The names and values of an enumeration; empty if there is none of that name."""
        for at in self._at[1:]:
            name, info, _ = _TYPE.unpack_from(self._data, at)
            if _kind(info) == _ENUM and self._text(name) == enum:
                entries = struct.iter_unpack("<II", self._data[at + 12 : at + 12 + 8 * (info & 0xFFFF)])
                return {self._text(entry): value for entry, value in entries}
        return {}

    @cached_property
    def _structures(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for number, at in enumerate(self._at):
            if number and _kind(info := _TYPE.unpack_from(self._data, at)[1]) in (_STRUCT, _UNION) and info:
                found.setdefault(self._text(_TYPE.unpack_from(self._data, at)[0]), number)
        return found

    def _positions(self, at: int, end: int) -> Iterator[int]:
        unpack, data = _TYPE.unpack_from, self._data
        while at < end:
            yield at
            info = unpack(data, at)[1]
            kind = _kind(info)
            at += 12 + _FIXED.get(kind, 0) + _PER_ENTRY.get(kind, 0) * (info & 0xFFFF)

    def _members(self, type_: int) -> Iterator[tuple[str, int, int]]:
        """Name, type and position in bits of each member."""
        at = self._at[type_]
        _, info, _ = _TYPE.unpack_from(self._data, at)
        mask = 0xFFFFFF if info >> 31 else 0xFFFFFFFF
        for index in range(info & 0xFFFF):
            name, member, bits = _TYPE.unpack_from(self._data, at + 12 + 12 * index)
            yield self._text(name), member, bits & mask

    def _member(self, type_: int, wanted: str) -> tuple[int, int | None] | None:
        """Where a member lies in bytes, and the structure that it is, if it is one."""
        for name, member, bits in self._members(type_):
            inner = self._structure(member)
            if name == wanted:
                return bits // 8, inner
            if not name and inner is not None and (found := self._member(inner, wanted)) is not None:
                return bits // 8 + found[0], found[1]
        return None

    def _bits(self, type_: int, wanted: str) -> int | None:
        return next((bits for name, _, bits in self._members(type_) if name == wanted), None)

    def _structure(self, type_: int) -> int | None:
        """The structure behind names and qualifiers; for an array, the one of its elements."""
        while type_:
            _, info, size_or_type = _TYPE.unpack_from(self._data, self._at[type_])
            kind = _kind(info)
            if kind in (_STRUCT, _UNION):
                return type_
            if kind == 3:
                type_ = _ARRAY.unpack_from(self._data, self._at[type_] + 12)[0]
            elif kind in _MODIFIERS:
                type_ = size_or_type
            else:
                return None
        return None

    def _text(self, offset: int) -> str:
        begin = self._strings + offset
        return self._data[begin : self._data.index(b"\0", begin)].decode()


def _kind(info: int) -> int:
    return info >> 24 & 31


def read_btf(path: Path = VMLINUX) -> Btf:
    """The types of the running kernel.

    Raises:
        ProbeError: the kernel has none.
    """
    try:
        return Btf(path.read_bytes())
    except OSError:
        raise ProbeError(
            f"{path} is missing: the probe needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, as the"
            " distributions of today build theirs"
        ) from None
