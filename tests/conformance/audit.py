"""Kubernetes audit events: conditions, alerts, regression cases and field values."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from falcolab.api.lake import Lake
from falcolab.engine.conditions import compile_text
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lang.errors import LanguageError
from falcolab.rules.loader import load_files, load_texts, ruleset_of
from falcolab.rules.priority import Priority
from falcolab.rules.selection import Choice
from tests.conformance.outcome import Outcome, compare, digest

_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@lru_cache(maxsize=64)
def lake_of(capture: Path) -> Lake:
    """A lake that holds one audit log, made once."""
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="falcolab-conformance-"))
    folder = Path(_FOLDERS[-1].name) / "lake"
    Lake.ingest(folder, capture)
    return Lake(folder)


def conditions(data: Path) -> Iterator[Outcome]:
    """Every condition: the events that match, or that it is refused."""
    for line in (data / "conditions_k8s_audit.jsonl").read_text().splitlines():
        case = json.loads(line)
        capture = data / "captures/k8s_audit" / f"{case['capture']}.jsonl"
        if "error" in case:
            yield Outcome(case["condition"], None if _is_refused(case["condition"]) else "Falco refuses it")
        else:
            ours = _matches(capture, case["condition"])
            yield compare(case["condition"], ours, (case["matches"], case["sha256_16"]))


def _is_refused(condition: str) -> bool:
    try:
        compile_text(condition, K8S_AUDIT)
    except LanguageError:
        return True
    return False


def _matches(capture: Path, condition: str) -> Any:
    try:
        found = lake_of(capture).match(condition)
    except LanguageError as error:
        return f"refused: {error}"
    keys = sorted(f"{audit_id} {stage}" for _, _, audit_id, stage in found.rows())
    return len(keys), digest(keys)


def alerts(data: Path) -> Iterator[Outcome]:
    """The official audit rules over both recordings, alert by alert."""
    loaded = load_files([data / "rules/official/k8s_audit_rules.yaml"])
    for name in ("cluster", "regression"):
        expected = (data / f"alerts/k8s_{name}.official_k8s_audit.all.jsonl").read_text().splitlines()
        lake = lake_of(data / "captures/k8s_audit" / f"{name}.jsonl")
        ours = [alert.as_json("vm") for alert in lake.replay(ruleset_of(loaded))]
        yield compare(f"{name}: number of alerts", len(ours), len(expected))
        for number, (alert, line) in enumerate(zip(ours, expected, strict=False)):
            yield compare(f"{name}: alert {number}", _typed(alert), _typed(json.loads(line)))


def _typed(value: Any) -> str:
    """A JSON text of the value, so that 1, 1.0 and true differ."""
    if isinstance(value, dict):
        value = {key: item for key, item in value.items() if key != "hostname"}
    return json.dumps(value, sort_keys=True)


def regression(data: Path) -> Iterator[Outcome]:
    """The regression cases over single audit events."""
    for case in json.loads((data / "regression_cases.json").read_text()):
        if case["kind"] == "replay" and case["source"] == K8S_AUDIT:
            yield _replayed(data, case)


def _replayed(data: Path, case: dict[str, Any]) -> Outcome:
    loaded = load_files([data / path for path in case["rules"]])
    if case["exit"] or not loaded.successful:
        return compare(case["id"], 0 if loaded.successful else 1, case["exit"])
    choices = [choice_of(step) for step in case["select"]]
    least = Priority.parse(case["min_priority"] or "debug") or Priority.DEBUG
    lake = lake_of(data / case["capture"])
    found = list(lake.replay(ruleset_of(loaded), choices=choices, min_priority=least))
    ours = [
        {key: value for key, value in alert.as_json("vm").items() if key not in ("hostname", "source")}
        for alert in found
    ]
    counts = dict(Counter(alert.rule.name for alert in found))
    return compare(case["id"], (counts, ours), (case["counts"], case["alerts"]))


def choice_of(step: dict[str, dict[str, str]]) -> Choice:
    """One step of Falco's ``rules`` section."""
    ((action, which),) = step.items()
    return Choice(action == "enable", which.get("rule"), which.get("tag"))


def fields(data: Path) -> Iterator[Outcome]:
    """The value of every field for a sample of events."""
    with gzip.open(data / "fields/k8s_regression.jsonl.gz", "rt") as lines:
        sampled = [json.loads(line) for line in lines]
    found = _values(lake_of(data / "captures/k8s_audit/regression.jsonl"), list(sampled[0]))
    for expected in sampled:
        key = expected["ka.auditid"], expected["jevt.value[/stage]"]
        # The log has two requests with one id; the one that agrees best is meant.
        ours = min(found[key], key=lambda values: sum(values[name] != expected[name] for name in expected))
        for name, value in expected.items():
            yield compare(f"{name} of {key}", _typed(ours[name]), _typed(value))


def _values(lake: Lake, names: list[str]) -> dict[Any, list[dict[str, Any]]]:
    """Field values of all events as alerts have them, by audit id and stage."""
    rules = load_texts([("fields.yaml", "".join(map(_printing, names)))])
    by_event: dict[str, dict[str, Any]] = {}
    for alert in lake.replay(ruleset_of(rules)):
        name = alert.rule.name
        by_event.setdefault(alert.event_id, {})[name] = (
            alert.time if name == "evt.time" else alert.fields[name]
        )
    found: dict[Any, list[dict[str, Any]]] = {}
    for event_id, _, audit_id, stage in lake.match("evt.num exists").rows():
        found.setdefault((audit_id, stage), []).append(by_event[event_id])
    return found


def _printing(name: str) -> str:
    """A rule that prints one field of every event."""
    keys = {
        "rule": name,
        "desc": "d",
        "condition": "evt.num exists",
        "output": f"%{name}",
        "priority": "INFO",
    }
    return f"- {json.dumps({**keys, 'source': K8S_AUDIT})}\n"
