"""Rules files: which ones, in which order, as which characters."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from falcolab.errors import InputError, RulesError
from falcolab.rules.loader import Loaded, load_files, load_rules, load_texts, rules_files, ruleset_of

RULE = "- {rule: %s, desc: d, output: o, priority: INFO, condition: evt.type = open and proc.name = %s}\n"
MACRO = "- {macro: m, condition: proc.name = a}\n"
USE = "- {rule: r, desc: d, output: o, priority: INFO, condition: evt.type = open and m}\n"


def codes(loaded: Loaded) -> list[list[str]]:
    return [[error.code for error in result.errors] for result in loaded.results]


def test_a_directory_gives_its_yaml_files_by_name(tmp_path: Path) -> None:
    for name in (
        "b.yaml",
        "a.yml",
        "B.yaml",
        "10.yaml",
        "9.yaml",
        ".c.yaml",
        "d.yaml.old",
        "e.txt",
        "f.YAML",
    ):
        (tmp_path / name).write_text("")
    (tmp_path / "g.yaml").mkdir()
    (tmp_path / "g.yaml" / "h.yaml").write_text("")
    names = [path.name for path in rules_files([tmp_path])]
    assert names == [".c.yaml", "10.yaml", "9.yaml", "B.yaml", "a.yml", "b.yaml"]


def test_files_and_directories_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    files = [tmp_path / name for name in ("z", "d/a.yaml", "d/b.yaml", "a.yaml")]
    for file in files:
        file.write_text("")
    assert rules_files([files[0], tmp_path / "d", files[3], files[0]]) == [*files, files[0]]


def test_later_files_change_what_earlier_ones_say(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULE % ("r", "a"))
    (tmp_path / "b.yaml").write_text(
        "- {rule: r, condition: or proc.name = b, override: {condition: append}}\n"
    )
    (tmp_path / "c.yaml").write_text("- {rule: r, enabled: false, override: {enabled: replace}}\n")
    rules = load_rules(tmp_path)
    assert rules["r"].condition.endswith("proc.name = a or proc.name = b")
    assert rules.enabled() == ()
    assert load_files([tmp_path / "b.yaml", tmp_path / "a.yaml"]).successful is False


def test_a_file_is_compiled_with_those_before_it_only() -> None:
    assert codes(load_texts([("a", MACRO), ("b", USE)])) == [[], []]
    assert codes(load_texts([("b", USE), ("a", MACRO)])) == [["LOAD_ERR_VALIDATE"], []]


def test_unused_items_are_told_of_each_file_that_leaves_them_unused() -> None:
    loaded = load_texts([("a", MACRO), ("b", USE)])
    assert [[warning.code for warning in result.warnings] for result in loaded.results] == [
        ["LOAD_UNUSED_MACRO"],
        [],
    ]


def test_after_an_error_there_is_no_ruleset() -> None:
    assert load_texts([("a", USE), ("b", RULE % ("s", "a"))]).successful is False
    with pytest.raises(RulesError, match="Undefined macro"):
        ruleset_of(load_texts([("a", USE)]))


def test_no_file_is_no_ruleset() -> None:
    with pytest.raises(RulesError, match="no rules file"):
        load_rules()


ENCODED = {
    "UTF-8": (RULE % ("r", "é")).encode(),
    "UTF-8 with BOM": codecs.BOM_UTF8 + (RULE % ("r", "é")).encode(),
    "UTF-16": codecs.BOM_UTF16_LE + (RULE % ("r", "é")).encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + (RULE % ("r", "é")).encode("utf-16-be"),
    "UTF-32": codecs.BOM_UTF32_LE + (RULE % ("r", "é")).encode("utf-32-le"),
    "CRLF": (RULE % ("r", "é")).replace("\n", "\r\n").encode(),
    "CR": (RULE % ("r", "é")).replace("\n", "\r").encode(),
    "no line end": (RULE % ("r", "é")).encode().rstrip(),
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=list(ENCODED))
def test_files_may_be_encoded_in_many_ways(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    assert load_rules(path)["r"].condition == "evt.type = open and proc.name = é"


def test_bytes_that_are_no_utf8_are_compared_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes((RULE % ("r", "\xe9")).encode("latin-1"))
    assert load_rules(path)["r"].condition == "evt.type = open and proc.name = \U0010dce9"


@pytest.mark.parametrize("content", [b"\0", b"- \x01", b"\xff\xfe\x00", b"- rule: r\0", b"\xff\xfe\x00\xd8"])
def test_bytes_that_yaml_does_not_know_are_no_yaml(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    assert codes(load_files([path])) == [["LOAD_ERR_YAML_PARSE"]]


@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"\r\n", b"---\n", b"# x", b"~", b"null", codecs.BOM_UTF8]
)
def test_files_with_nothing_in_them_are_fine(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    assert codes(load_files([path])) == [[]]


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such rules file"):
        load_files([tmp_path / "none.yaml"])
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "none")
    with pytest.raises(InputError):
        load_files([tmp_path / "dangling.yaml"])


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    for name in ("a" * 300, "a\0b"):
        with pytest.raises(InputError):
            load_files([tmp_path / name])


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULE % ("r", "a"))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("runs as root, who reads everything")
    with pytest.raises(InputError, match="ermission"):
        load_files([path])


def test_a_file_of_the_system_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InputError):
        load_files(["/proc/self/mem"])


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="64 MiB"):
        load_files(["/dev/zero"])


def test_an_empty_directory_gives_no_files(tmp_path: Path) -> None:
    assert load_files([tmp_path]).results == []


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_text(RULE % ("r", "a"))
    (tmp_path / "b.yaml").symlink_to(tmp_path / "there" / "a")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "none")
    assert [path.name for path in rules_files([tmp_path])] == ["b.yaml"]
