"""Configurations: what is wrong with one is told with its place and the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.daemon.config import read_config
from falcolab.errors import InputError

TABLE = Path(__file__).with_name("config.txt")
LEAST = "lake: /var/lib/falcolab/lake\nrules: [/etc/falcolab/rules.d]\n"


def cases() -> Iterator[object]:
    for case in TABLE.read_text().split("\n== ")[1:]:
        name, *lines = case.splitlines()
        text = "\n".join(line for line in lines if not line.startswith("-> "))
        told = [line.removeprefix("-> ") for line in lines if line.startswith("-> ")]
        assert told, name
        yield pytest.param(text, told, id=name)


@pytest.mark.parametrize(("text", "told"), list(cases()))
def test_what_is_wrong_is_told_with_file_and_place(text: str, told: list[str], tmp_path: Path) -> None:
    path = tmp_path / "capture.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_config(path)
    lines = str(raised.value)
    assert all(f"{path}: {each}" in lines for each in told), lines


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"capture.yaml: No such file"):
        read_config(tmp_path / "capture.yaml")


def test_everything_but_lake_and_rules_has_a_default(tmp_path: Path) -> None:
    path = tmp_path / "capture.yaml"
    path.write_text(LEAST)
    config = read_config(path)
    assert config.journal_folder == Path("/var/lib/falcolab/lake.journal")
    assert config.outputs.stdout
    assert config.outputs.append_suggested
    assert config.matching == "first"
    assert config.syscalls.ring_mb == 32
