"""Rules that change while the daemon runs: good ones are used, bad ones leave everything as it was."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from capture.daemon.rules import LiveRules, RuleFiles
from capture.daemon.troubles import Troubles
from falcolab.errors import FalcolabError
from falcolab.rules.priority import Priority

RULE = "- {{rule: {name}, desc: d, condition: evt.type = {type_}, output: o, priority: {priority}}}\n"


def rule(name: str, type_: str = "execve", priority: str = "ERROR") -> str:
    return RULE.format(name=name, type_=type_, priority=priority)


@dataclass
class Parts:
    """Rules and what counts them."""

    folder: Path
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.troubles = Troubles(self.registry)
        files = RuleFiles([self.folder], Priority.WARNING, append_suggested=False)
        self.rules = LiveRules(files, self.registry, self.troubles)

    def count(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.rules.enabled()]


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    (tmp_path / "a.yaml").write_text(rule("A"))
    return Parts(tmp_path)


def test_files_that_have_not_changed_are_not_loaded_again(parts: Parts) -> None:
    assert not parts.rules.reload()
    assert parts.count("falcolab_rules_reloads_total") == 0


def test_a_changed_file_is_used(parts: Parts) -> None:
    (parts.folder / "a.yaml").write_text(rule("B"))
    assert parts.rules.reload()
    assert parts.names == ["B"]
    assert parts.count("falcolab_rules_reloads_total") == 1


def test_files_may_come_and_go(parts: Parts) -> None:
    (parts.folder / "b.yaml").write_text(rule("B"))
    assert parts.rules.reload()
    assert parts.names == ["A", "B"]
    (parts.folder / "a.yaml").unlink()
    assert parts.rules.reload()
    assert parts.names == ["B"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("- rule: [", "LOAD_ERR_YAML_PARSE"), (rule("B", "execve and proc.nam = x"), "proc.nam")],
)
def test_a_bad_file_keeps_the_old_rules_and_says_so(
    parts: Parts, caplog: pytest.LogCaptureFixture, text: str, told: str
) -> None:
    (parts.folder / "a.yaml").write_text(text)
    with caplog.at_level(logging.ERROR):
        assert not parts.rules.reload()
        assert not parts.rules.reload()  # the same file again is no news
    assert parts.names == ["A"]
    (record,) = caplog.records
    assert "rules: they stay as they were" in record.getMessage()
    assert told in record.getMessage()
    (problem,) = parts.troubles.problems()
    assert told in problem
    assert parts.count("falcolab_troubles_total", what="rules") == 1
    assert parts.count("falcolab_trouble", what="rules") == 1
    assert parts.count("falcolab_rules_reloads_total") == 0


def test_a_mended_file_ends_the_trouble(parts: Parts) -> None:
    (parts.folder / "a.yaml").write_text("- rule: [")
    assert not parts.rules.reload()
    (parts.folder / "a.yaml").write_text(rule("C"))
    assert parts.rules.reload()
    assert parts.names == ["C"]
    assert parts.troubles.problems() == []
    assert parts.count("falcolab_trouble", what="rules") == 0


def test_rules_below_the_least_priority_stay_off(parts: Parts) -> None:
    (parts.folder / "a.yaml").write_text(rule("A") + rule("B", priority="NOTICE"))
    assert parts.rules.reload()
    assert parts.names == ["A"]


def test_without_rules_to_begin_with_there_is_no_daemon(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- rule: [")
    with pytest.raises(FalcolabError, match="LOAD_ERR_YAML_PARSE"):
        Parts(tmp_path)


def test_suggested_fields_are_appended_if_that_is_asked_for(parts: Parts) -> None:
    files = RuleFiles([parts.folder], Priority.DEBUG, append_suggested=True)
    (enabled,) = files.enabled(files.load())
    assert enabled.output.text.endswith("k8s_ns_name=%k8s.ns.name")
