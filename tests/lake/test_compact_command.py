"""``falcolab lake compact`` and ``falcolab lake prune``: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from falcolab.api.lake import Lake
from falcolab.cli.main import main
from falcolab.cli.quantities import bytes_of, seconds_of
from falcolab.errors import InputError
from tests.lake.test_compact import lake_of_logs, log


@pytest.fixture
def lake(tmp_path: Path) -> str:
    return str(lake_of_logs(tmp_path, log(0, 3), log(3, 3), log(6, 3)).store.root)


def test_compact_tells_what_it_did(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lake", "compact", lake]) == 0
    joined, files = capsys.readouterr().out.splitlines()
    assert joined == "3 captures joined into 1"
    assert files.startswith("24 files are 8; ")
    assert main(["lake", "compact", lake]) == 0
    assert capsys.readouterr().out == "nothing to join\n"


def test_compact_tells_it_as_json(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lake", "compact", lake, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["joined"], told["made"]) == (3, 1)
    assert (told["before"]["files"], told["after"]["files"]) == (24, 8)
    assert told["after"]["bytes"] == sum(capture.bytes for capture in Lake(lake).captures)


def test_what_is_replaced_can_be_kept(lake: str) -> None:
    assert main(["lake", "compact", lake, "--keep-replaced", "1h"]) == 0
    assert len(Lake(lake).store.all_captures()) == 4


def test_prune_shows_what_goes(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    size = sum(capture.bytes for capture in Lake(lake).captures) - 1
    assert main(["lake", "prune", lake, "--max-bytes", str(size), "--dry-run"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[-1].startswith("1 parts would be removed: 3 events, ")
    assert table[2].split()[:4] == ["1", "k8s_audit", "3", "2026-11-23"]
    assert main(["lake", "prune", lake, "--max-bytes", str(size)]) == 0
    assert "1 parts removed: 3 events" in capsys.readouterr().out
    assert main(["lake", "prune", lake, "--older-than", "5000w"]) == 0
    assert capsys.readouterr().out == "0 parts removed: 0 events, 0 bytes\n"


def test_prune_shows_it_as_json(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lake", "prune", lake, "--max-bytes", "0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dry_run"] is False
    assert [(each["part"], each["events"], each["reason"]) for each in told["removed"]] == [
        (1, 3, "size"),
        (2, 3, "size"),
        (3, 3, "size"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prune"], "say what may stay: --older-than TIME, --max-bytes SIZE or both"),
        (
            ["prune", "--older-than", "7"],
            "--older-than 7: no length of time; write it as 7d, 12h, 30m or 90s",
        ),
        (["prune", "--older-than", "-1d"], "--older-than -1d: no length of time"),
        (["prune", "--max-bytes", "much"], "--max-bytes much: no size; write it as 10G, 500M"),
        (["compact", "--keep-replaced", "x"], "--keep-replaced x: no length of time"),
    ],
)
def test_wrong_use_says_how_it_is_right(
    lake: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    command, *options = arguments
    assert main(["lake", command, lake, *options]) == 2
    assert message in capsys.readouterr().err
    assert len(Lake(lake).captures) == 3


def test_a_folder_that_is_no_lake_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["compact"], ["prune", "--older-than", "7d"]):
        command, *options = arguments
        assert main(["lake", command, str(tmp_path), *options]) == 2
        assert "no lake there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("1.5w", 907_200)]
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert seconds_of("--x", text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("512", 512),
        ("1K", 1024),
        ("1.5M", 1_572_864),
        ("10G", 10 * 2**30),
        ("2TiB", 2**41),
        ("3 gb", 3 * 2**30),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of("--x", text) == size


@pytest.mark.parametrize("text", ["", "G", "1X", "-1", "1e3"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no size"):
        bytes_of("--x", text)
