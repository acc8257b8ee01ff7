"""Which events belong to a command: those of its descendants, whoever is their parent by now."""

from __future__ import annotations

from capture.cli.subtree import Subtree
from falcolab.system.thread import ThreadFlag
from tests.scap.building import event, getuid, number

ROOT, LAUNCHER, OTHER = 100, 50, 7
CLONE, FORK, EXIT = 223, 225, 186


def clone(tid: int, result: int, *, pid: int = 0, ptid: int = 1, flags: int = 0, inner: int = 0) -> bytes:
    """The end of clone in the caller, or in the child if the result is 0."""
    texts = [b"exe\0", b"a\0"]
    ids = [number(tid), number(pid or tid), number(ptid)]
    middle = [b"/\0", number(0), number(0), number(0), number(0, 4), number(0, 4), number(0, 4), b"c\0", b""]
    tail = [number(flags, 4), number(0, 4), number(0, 4), number(inner or tid), number(pid or tid), number(0)]
    return event(CLONE, [number(result), *texts, *ids, *middle, *tail], tid=tid)


def exit_of(tid: int) -> bytes:
    return event(EXIT, [number(0)] * 5, tid=tid)


def tids(subtree: Subtree, *blocks: bytes) -> list[int]:
    """Of the events that were kept, the threads; each block is a chunk of its own."""
    return [int.from_bytes(kept[18:26], "little") for kept in map(subtree.of, blocks) if kept]


def made() -> Subtree:
    return Subtree(ROOT, LAUNCHER)


def call(tid: int) -> bytes:
    return getuid(0, tid=tid)


def test_the_command_and_nobody_else() -> None:
    assert tids(made(), call(ROOT), call(OTHER), call(LAUNCHER), call(ROOT)) == [ROOT, ROOT]


def test_a_chunk_keeps_its_order() -> None:
    chunk = call(ROOT) + call(OTHER) + exit_of(ROOT)
    assert made().of(chunk) == call(ROOT) + exit_of(ROOT)
    assert made().of(b"") == b""


def test_a_child_that_tells_its_parent() -> None:
    assert tids(made(), clone(101, 0, ptid=ROOT), call(101)) == [101, 101]


def test_a_child_of_which_its_parent_has_told_before_it_ended() -> None:
    assert tids(made(), clone(ROOT, 101), exit_of(ROOT), clone(101, 0, ptid=1), call(101)) == [
        ROOT,
        ROOT,
        101,
        101,
    ]


def test_a_thread_of_a_process_that_belongs_to_it() -> None:
    assert tids(made(), clone(101, 0, pid=ROOT, ptid=LAUNCHER), call(101)) == [101, 101]


def test_a_sibling_that_the_command_makes_for_itself() -> None:
    assert tids(made(), clone(101, 0, ptid=LAUNCHER), call(101)) == [101, 101]


def test_grandchildren() -> None:
    blocks = [clone(101, 0, ptid=ROOT), exit_of(ROOT), clone(102, 0, ptid=101), call(102), call(ROOT)]
    assert tids(made(), *blocks) == [101, ROOT, 102, 102]


def test_the_children_of_others() -> None:
    assert tids(made(), clone(OTHER, 101), clone(101, 0, ptid=OTHER), call(101)) == []


def test_an_id_that_is_given_again_after_its_end() -> None:
    blocks = [clone(101, 0, ptid=ROOT), exit_of(101), clone(101, 0, ptid=OTHER), call(101)]
    assert tids(made(), *blocks) == [101, 101]


def test_an_id_inside_of_a_namespace_says_nothing_of_the_thread_with_that_id_outside() -> None:
    inside = clone(ROOT, OTHER, flags=ThreadFlag.CHILD_IN_PIDNS)
    assert tids(made(), inside, call(OTHER)) == [ROOT]
    assert tids(made(), clone(ROOT, OTHER, inner=2), call(OTHER)) == [ROOT]


def test_a_failed_clone_makes_no_child() -> None:
    assert tids(made(), clone(ROOT, -11), call(-11 % 2**32)) == [ROOT]
