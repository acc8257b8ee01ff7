"""The reading of BTF, on types that are written here."""

from __future__ import annotations

import struct

import pytest

from capture.probe.btf import Btf

NAMES = b"\0int\0outer\0inner\0plain\0deep\0bits\0flag\0list\0kind\0one\0two\0alias\0"


def at(name: str) -> int:
    return NAMES.index(b"\0" + name.encode() + b"\0") + 1


def type_(name: str, kind: int, size: int, *rest: tuple[int, ...], flag: int = 0) -> bytes:
    head = struct.pack("<III", at(name) if name else 0, flag << 31 | kind << 24 | len(rest), size)
    return head + b"".join(struct.pack(f"<{len(each)}I", *each) for each in rest)


INT = struct.pack("<IIII", at("int"), 1 << 24, 4, 32)
ARRAY = struct.pack("<IIIIII", 0, 3 << 24, 0, 2, 1, 4)
TYPES = b"".join(
    [
        INT,  # 1
        type_("inner", 4, 8, (at("deep"), 1, 32)),  # 2
        type_("", 5, 8, (at("plain"), 1, 0)),  # 3, a union without a name
        type_("outer", 4, 48, (0, 3, 64), (at("inner"), 6, 128), (at("list"), 5, 192)),  # 4
        ARRAY,  # 5, of inner
        struct.pack("<III", at("alias"), 8 << 24, 2),  # 6, a name of inner
        type_("bits", 4, 8, (at("plain"), 1, 0), (at("flag"), 1, 1 << 24 | 37), flag=1),  # 7
        type_("kind", 6, 4, (at("one"), 1), (at("two"), 2)),  # 8
    ]
)


@pytest.fixture
def btf() -> Btf:
    head = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(TYPES), len(TYPES), len(NAMES))
    return Btf(head + TYPES + NAMES)


@pytest.mark.parametrize(
    ("path", "offset"),
    [
        ("outer.plain", 8),
        ("outer.inner", 16),
        ("outer.inner.deep", 20),
        ("outer.list.deep", 28),
        ("outer.missing", None),
        ("outer.plain.deep", None),
        ("missing.plain", None),
    ],
)
def test_offsets_are_found_by_path(btf: Btf, path: str, offset: int | None) -> None:
    assert btf.offset(path) == offset


def test_bit_fields_are_found_in_their_word(btf: Btf) -> None:
    assert (btf.word("bits.flag"), btf.bit("bits.flag")) == (4, 5)
    assert (btf.word("bits.none"), btf.bit("none.flag")) == (None, None)


def test_sizes_and_constants(btf: Btf) -> None:
    assert (btf.size("outer"), btf.size("nothing")) == (48, None)
    assert btf.constants("kind") == {"one": 1, "two": 2}
    assert btf.constants("nothing") == {}
