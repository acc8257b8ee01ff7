"""Versions: of the engine, of plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from falcolab.errors import RulesError
from falcolab.rules.decode import number
from falcolab.rules.loader import check_files, load_texts, required_sources, ruleset_of
from falcolab.rules.requirements import missing_plugins
from falcolab.rules.result import Finding
from falcolab.rules.version import ENGINE, Version
from tests.tables import table

HERE = Path(__file__).parent


@pytest.mark.parametrize(("text", "expected"), table(HERE / "versions.txt", "  =>  "))
def test_versions_are_read_as_c_does(text: str, expected: str) -> None:
    assert str(Version.parse(text)).lower() == expected


def test_versions_of_any_length_are_read() -> None:
    assert Version.parse("9" * 5_000 + ".0.0") == Version(2**32 - 1, 0, 0)


@pytest.mark.parametrize(
    ("required", "satisfied"),
    [
        (Version(0, 0, 0), True),
        (Version(0, 61, 9), True),
        (ENGINE, True),
        (Version(0, 62, 1), False),
        (Version(0, 63, 0), False),
        (Version(1, 0, 0), False),
    ],
)
def test_an_engine_will_do_for_older_rules_of_its_major_version(
    required: Version, *, satisfied: bool
) -> None:
    assert ENGINE.satisfies(required) is satisfied


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("17", 17),
        ("+17", 17),
        ("0x1F", 31),
        ("017", 15),
        ("18 ", 18),
        ("4294967295", 2**32 - 1),
        ("4294967296", None),
        ("9" * 5_000, None),
        ("0" * 5_000 + "7", 7),
        ("-1", None),
        ("089", None),
        ("1.0", None),
        ("1_000", None),
        ("", None),
        ("0x", None),
        ("\u0661", None),
    ],
)
def test_numbers_are_read_as_cpp_does(text: str, expected: int | None) -> None:
    assert number(text) == expected


def errors(content: str) -> list[Finding]:
    return load_texts([("rules.yaml", content)]).results[0].errors


@pytest.mark.parametrize("version", ["26", "0.26.0", "0.62.0", "0x10", '"5"'])
def test_older_engines_are_required_in_many_ways(version: str) -> None:
    assert errors(f"- required_engine_version: {version}\n") == []


@pytest.mark.parametrize("version", ["63", "0.62.1", "1.0.0", "4294967295", "9999999999.0.0"])
def test_newer_engines_are_missing(version: str) -> None:
    (error,) = errors(f"- required_engine_version: {version}\n")
    assert error.code == "LOAD_ERR_VALIDATE"


def plugins(*entries: str) -> str:
    return f"- required_plugin_versions: [{', '.join(entries)}]\n"


@pytest.mark.parametrize(
    ("entry", "satisfied"),
    [
        ("{name: k8saudit, version: 0.7.0}", True),
        ("{name: k8saudit, version: 0.99.0}", False),
        ("{name: k8saudit, version: 1.0.0}", False),
        ("{name: json, version: 0.7.0}", True),
        ("{name: okta, version: 0.1.0}", False),
        ("{name: k8saudit-eks, version: 0.1.0, alternatives: [{name: k8saudit, version: 0.1.0}]}", True),
        ("{name: okta, version: 0.1.0, alternatives: [{name: gcpaudit, version: 0.1.0}]}", False),
    ],
)
def test_a_required_plugin_is_there_or_the_rules_cannot_run(entry: str, *, satisfied: bool) -> None:
    loaded = load_texts([("rules.yaml", plugins(entry))])
    assert loaded.successful
    assert (missing_plugins(loaded.collector.plugins) == []) is satisfied
    if satisfied:
        ruleset_of(loaded)
    else:
        with pytest.raises(RulesError, match="which falcolab does not implement"):
            ruleset_of(loaded)


def test_required_plugins_bring_their_sources(tmp_path: Path) -> None:
    rule = "- {rule: r, desc: d, output: o, priority: INFO, condition: ka.verb = a, source: k8s_audit}\n"
    content = plugins("{name: k8saudit, version: 0.7.0}")
    assert required_sources([content, "- [", "x"]) == {"k8s_audit"}
    path = tmp_path / "rules.yaml"
    path.write_text(rule)
    (result,) = check_files([path]).results
    assert [warning.code for warning in result.warnings] == ["LOAD_UNKNOWN_SOURCE"]
    assert check_files([path], "k8s_audit").results[0].warnings == []
    path.write_text(content + rule)
    assert check_files([path]).results[0].warnings == []
