"""What replays find out is kept, asked for by rows, and forgotten when its file is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from falcolab.engine import answers
from falcolab.engine.answers import Answers, Bools, Indices

KEY, OTHER = b"k" * 16, b"o" * 16


class Judge:
    """Says that odd rows hold, and remembers which it was asked about."""

    def __init__(self, rows: Indices) -> None:
        self.rows = rows
        self.asked: list[int] = []

    def __call__(self, positions: Indices) -> Bools:
        self.asked += self.rows[positions].tolist()
        truth: Bools = self.rows[positions] % 2 == 1
        return truth


def ask(known: Answers, *rows: int, key: bytes | None = KEY) -> tuple[list[bool], list[int]]:
    numbers = np.array(rows, np.int64)
    judge = Judge(numbers)
    return known.of_some(key, numbers, judge).tolist(), judge.asked


def test_only_unknown_rows_are_judged(tmp_path: Path) -> None:
    known = Answers(tmp_path / "a.arrow")
    assert ask(known, 3, 4, 8) == ([True, False, False], [3, 4, 8])
    assert ask(known, 1, 4, 5, 8, 9) == ([True, False, True, False, True], [1, 5, 9])
    assert ask(known, 1, 3) == ([True, True], [])
    assert ask(known) == ([], [])


def test_they_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.arrow"
    first = Answers(path)
    ask(first, 3, 4)
    first.put_all(OTHER, np.packbits([True, False, True]))
    first.save()
    again = Answers(path)
    assert ask(again, 3, 4) == ([True, False], [])
    found = again.of_all(OTHER, 3)
    assert found is not None
    assert np.unpackbits(found, count=3).tolist() == [1, 0, 1]
    assert again.of_all(OTHER, 9) is None
    assert again.of_all(KEY, 2) is None


def test_new_ones_join_the_old(tmp_path: Path) -> None:
    for rows in ((3, 4), (4, 6)):
        known = Answers(tmp_path / "a.arrow")
        ask(known, *rows)
        known.save()
    assert ask(Answers(tmp_path / "a.arrow"), 3, 4, 6) == ([True, False, False], [])


@pytest.mark.parametrize("content", [b"", b"no arrow", b"ARROW1\0\0damaged"])
def test_a_damaged_file_tells_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.arrow"
    path.write_bytes(content)
    known = Answers(path)
    assert ask(known, 3) == ([True], [3])
    known.save()
    assert ask(Answers(path), 3) == ([True], [])


def test_nothing_is_kept_without_a_key_or_a_place(tmp_path: Path) -> None:
    known = Answers(tmp_path / "a.arrow")
    assert ask(known, 3, key=None) == ([True], [3])
    assert ask(known, 3, key=None) == ([True], [3])
    known.save()
    assert not list(tmp_path.iterdir())
    nowhere = Answers(None)
    assert ask(nowhere, 3) == ask(nowhere, 3) == ([True], [3])
    nowhere.save()


def test_what_nobody_asks_for_goes_when_there_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_MAX_ANSWERS", 2)
    path = tmp_path / "a.arrow"
    old = Answers(path)
    ask(old, 1, key=KEY)
    ask(old, 1, key=OTHER)
    old.save()
    new = Answers(path)
    ask(new, 1, key=OTHER)
    ask(new, 1, key=b"n" * 16)
    new.save()
    assert ask(Answers(path), 1, key=OTHER) == ([True], [])
    assert ask(Answers(path), 1, key=KEY) == ([True], [1])


def test_a_lake_that_cannot_be_written_to_goes_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    known = Answers(tmp_path / "file" / "a.arrow")
    assert ask(known, 3) == ([True], [3])
    known.save()
