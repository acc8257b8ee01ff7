from __future__ import annotations

import gzip
import io
import random

import pytest

from falcolab.sources.scap.damage import TruncatedError
from falcolab.sources.scap.stream import CHUNK, Stream

CONTENT = random.Random(0).randbytes(CHUNK) + bytes(3 * CHUNK)


def everything(packed: bytes) -> tuple[bytes, str]:
    """What a stream delivers, taken in pieces of a prime number of bytes, and its problem."""
    stream = Stream(io.BytesIO(packed))
    found = []
    while stream.ensure(1):
        size = min(65537, len(stream.data) - stream.at)
        found.append(stream.take(size))
    return b"".join(found), stream.problem


def test_files_that_are_not_packed() -> None:
    assert everything(CONTENT) == (CONTENT, "")
    assert everything(b"") == (b"", "")


def test_packed_files() -> None:
    assert everything(gzip.compress(CONTENT)) == (CONTENT, "")


def test_packed_files_one_after_the_other() -> None:
    parts = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(CONTENT)
    assert everything(parts) == (b"one " + CONTENT, "")


def test_what_follows_a_packed_file_is_no_part_of_it() -> None:
    for rest in (b"\0", b"rest", b"\x1f", bytes(CHUNK)):
        assert everything(gzip.compress(CONTENT) + rest) == (CONTENT, "")


def test_a_packed_file_that_is_cut_off() -> None:
    packed = gzip.compress(CONTENT)
    for size in (11, 100, CHUNK // 2, len(packed) - 9, len(packed) - 1):
        found, problem = everything(packed[:size])
        assert CONTENT.startswith(found)
        assert problem == "the gzip stream is cut off"


def test_everything_before_the_damage_is_delivered() -> None:
    packed = bytearray(gzip.compress(b"a" * 1000 + b"b" * 1000))
    packed[-8] ^= 1  # The checksum.
    found, problem = everything(bytes(packed))
    assert found == b"a" * 1000 + b"b" * 1000
    assert "incorrect data check" in problem


def test_damage_in_the_middle_of_a_packed_file() -> None:
    stored = bytearray(gzip.compress(CONTENT[:CHUNK], compresslevel=0))
    at = 10 + 5 + 65535  # The header of the second block of what is stored as it is.
    stored[at] = 0xFF
    found, problem = everything(bytes(stored))
    assert found == CONTENT[: len(found)]
    assert len(found) >= 65535 - 15
    assert problem.startswith("the gzip stream is damaged")


def test_positions_are_those_of_the_unpacked_file() -> None:
    stream = Stream(io.BytesIO(gzip.compress(CONTENT)))
    stream.skip(CHUNK + 10)
    assert (stream.offset, stream.take(5)) == (CHUNK + 10, CONTENT[CHUNK + 10 : CHUNK + 15])
    stream.skip(2 * CHUNK)
    assert stream.offset == 3 * CHUNK + 15
    with pytest.raises(TruncatedError, match="should follow and the file has"):
        stream.skip(2**40)


def test_a_bomb_is_unpacked_piece_by_piece() -> None:
    packed = gzip.compress(bytes(64 * 2**20))
    stream = Stream(io.BytesIO(packed))
    largest = 0
    while stream.ensure(1):
        largest = max(largest, len(stream.data))
        stream.at = len(stream.data)
    assert largest <= 2 * CHUNK
    assert stream.offset == 64 * 2**20
