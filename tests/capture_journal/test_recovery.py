"""A journal whose process died: what was appended is kept, what is half written goes, damage is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from capture.journal import Frame, Journal, Recovery, SegmentReader
from capture.journal.frame import FRAME_BYTES, HEADER_BYTES

PAYLOADS = [b"first", b"", b"third" * 7]
SIZES = [FRAME_BYTES + len(payload) for payload in PAYLOADS]
ENDS = [HEADER_BYTES + sum(SIZES[:count]) for count in range(len(SIZES) + 1)]


def abandoned(folder: Path, groups: list[list[bytes]]) -> bytearray:
    """Leave a segment behind as a killed process does; gives its bytes."""
    journal = Journal(folder / "alive")
    for group in groups:
        journal.append_group([(1, payload) for payload in group])
    journal.sync()
    content = (folder / "alive" / "0000000001.open").read_bytes()
    journal.close()
    shutil.rmtree(folder / "alive")
    return bytearray(content)


def reopened(folder: Path, content: bytes | bytearray) -> tuple[Recovery, list[bytes], str]:
    """What a journal makes of these bytes: its report, the payloads it has, and the name of the file."""
    dead = folder / "dead"
    shutil.rmtree(dead, ignore_errors=True)
    dead.mkdir()
    (dead / "0000000001.open").write_bytes(content)
    with Journal(dead) as journal:
        (recovery,) = journal.recovered
        (path,) = dead.glob("0*")
        payloads = [frame.payload for segment in journal.sealed() for frame in SegmentReader(segment.path)]
    return recovery, payloads, path.name


def test_what_was_appended_is_there(tmp_path: Path) -> None:
    content = abandoned(tmp_path, [[payload] for payload in PAYLOADS])
    recovery, payloads, name = reopened(tmp_path, content)
    assert (payloads, name) == (PAYLOADS, "0000000001.sealed")
    assert recovery == Recovery(1, 3, len(content))
    assert str(recovery) == "journal segment 1: 3 frames (116 bytes) kept"


def test_wherever_the_file_breaks_off_whole_frames_stay(tmp_path: Path) -> None:
    content = abandoned(tmp_path, [[payload] for payload in PAYLOADS])
    assert ENDS[-1] == len(content)
    for size in range(HEADER_BYTES, len(content)):
        whole = sum(end <= size for end in ENDS) - 1
        recovery, payloads, _ = reopened(tmp_path, content[:size])
        assert payloads == PAYLOADS[:whole]
        assert recovery == Recovery(1, whole, ENDS[whole], size - ENDS[whole])


def test_a_group_stays_whole_or_goes(tmp_path: Path) -> None:
    content = abandoned(tmp_path, [[b"alone"], [b"events", b"position"]])
    begin = HEADER_BYTES + FRAME_BYTES + len(b"alone")
    for size in range(begin, len(content)):
        recovery, payloads, _ = reopened(tmp_path, content[:size])
        assert payloads == [b"alone"]
        assert recovery.cut == size - begin
    assert reopened(tmp_path, content)[1] == [b"alone", b"events", b"position"]


def test_zeros_that_a_power_cut_leaves_at_the_end_are_cut_off(tmp_path: Path) -> None:
    content = abandoned(tmp_path, [[payload] for payload in PAYLOADS])
    recovery, payloads, _ = reopened(tmp_path, content + bytes(5000))
    assert payloads == PAYLOADS
    assert str(recovery).endswith("116 bytes) kept; 5,000 bytes of an interrupted write cut off")


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_wherever_a_byte_is_wrong_everything_before_stays(tmp_path: Path, frame: int) -> None:
    content = abandoned(tmp_path, [[payload] for payload in [*PAYLOADS, b"last"]])
    for at in range(ENDS[frame], ENDS[frame + 1]):
        damaged = content.copy()
        damaged[at] ^= 0x10
        recovery, payloads, name = reopened(tmp_path, damaged)
        assert (payloads, name) == (PAYLOADS[:frame], "0000000001.sealed")
        assert (recovery.frames, recovery.bytes, recovery.cut) == (frame, ENDS[frame], 0)
        assert f"is damaged at byte {ENDS[frame]:,}; {len(content) - ENDS[frame]:,} bytes" in recovery.damage


def test_a_damaged_header_leaves_nothing_to_deliver_and_is_set_aside(tmp_path: Path) -> None:
    content = abandoned(tmp_path, [[b"x"]])
    for at in range(HEADER_BYTES):
        damaged = content.copy()
        damaged[at] ^= 1
        recovery, payloads, name = reopened(tmp_path, damaged)
        assert (payloads, name) == ([], "0000000001.damaged")
        assert recovery.damage.startswith("the segment's header is damaged at byte 0; 53 bytes")


def test_a_frame_of_another_segment_is_none(tmp_path: Path) -> None:
    content, other = abandoned(tmp_path, [[b"x"], [b"y"]]), abandoned(tmp_path, [[b"x"], [b"z"]])
    mixed = content[: -FRAME_BYTES - 1] + other[-FRAME_BYTES - 1 :] + content[-FRAME_BYTES - 1 :]
    recovery, payloads, _ = reopened(tmp_path, mixed)
    assert payloads == [b"x"]
    assert recovery.damage


def test_a_segment_that_had_not_begun_is_removed(tmp_path: Path) -> None:
    (tmp_path / "0000000001.new").write_bytes(b"half a header")
    with Journal(tmp_path) as journal:
        assert journal.recovered == ()
        journal.append(1, b"x")
        assert journal.number == 1
        assert not list(tmp_path.glob("*.new"))


def test_the_next_segment_has_the_next_number(tmp_path: Path) -> None:
    content = abandoned(tmp_path, [[b"x"]])
    (tmp_path / "0000000007.open").write_bytes(content)
    with Journal(tmp_path) as journal:
        journal.append(1, b"y")
        assert journal.number == 8
        assert [frame for each in journal.sealed() for frame in SegmentReader(each.path)] == [Frame(1, b"x")]
