"""Captures of system calls through the lake: alerts and conditions, as commands give them."""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from falcolab.api.lake import Lake
from falcolab.engine.conditions import compile_text
from falcolab.fields.catalogue import SYSCALL
from falcolab.lang.errors import LanguageError
from falcolab.rules.loader import Loaded, load_files, ruleset_of
from falcolab.rules.priority import Priority
from tests.conformance.audit import choice_of
from tests.conformance.outcome import Outcome, compare, digest
from tests.conformance.scap_conditions import depends_on_accounts

OFFICIAL = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")

_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@lru_cache(maxsize=64)
def lake_of(capture: Path) -> Lake:
    """A lake that holds one capture, made once."""
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="falcolab-conformance-"))
    folder = Path(_FOLDERS[-1].name) / "lake"
    Lake.ingest_scap(folder, capture)
    return Lake(folder)


def alerts(data: Path) -> Iterator[Outcome]:
    """The official rules over every capture, in both matching modes, alert by alert."""
    rules = ruleset_of(load_files([data / "rules/official" / name for name in OFFICIAL]))
    for path in sorted((data / "alerts").glob("*.official.*.jsonl")):
        name, _, mode, _ = path.name.split(".")
        lake = lake_of(data / "captures/scap" / f"{name}.scap")
        ours = [_essence(alert.as_json("vm")) for alert in lake.replay(rules, SYSCALL, matching=mode)]
        falcos = [_essence(json.loads(line)) for line in path.read_text().splitlines()]
        yield compare(f"{name} {mode}: number of alerts", len(ours), len(falcos))
        for number, (mine, theirs) in enumerate(zip(ours, falcos, strict=False)):
            yield compare(f"{name} {mode}: alert {number}", mine, theirs)


def _essence(alert: dict[str, Any]) -> str:
    """The alert as JSON text, so that 1, 1.0 and true differ; the host's name does not count."""
    return json.dumps({key: value for key, value in alert.items() if key != "hostname"}, sort_keys=True)


def conditions(data: Path) -> Iterator[Outcome]:
    """Every condition that compiles: the events that match."""
    by_capture: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (data / "conditions_syscall.jsonl").read_text().splitlines():
        case = json.loads(line)
        if "error" not in case:
            by_capture[case["capture"]].append(case)
    for capture, cases in by_capture.items():
        yield from _matched(lake_of(data / "captures/scap" / f"{capture}.scap"), cases)


def _matched(lake: Lake, cases: list[dict[str, Any]]) -> Iterator[Outcome]:
    found = lake.match_many([case["condition"] for case in cases], SYSCALL)
    for case, matches in zip(cases, found, strict=True):
        name = f"{case['capture']}: {case['condition']}"
        if isinstance(matches, LanguageError):
            yield Outcome(name, f"refused: {matches}")
            continue
        keys = [" ".join(map(str, key.values())) for key in matches.keys()]  # noqa: SIM118  # no mapping
        outcome = compare(name, (len(keys), digest(keys)), (case["matches"], case["sha256_16"]))
        if outcome.problem and depends_on_accounts(case["capture"], compile_text(case["condition"], SYSCALL)):
            outcome = replace(outcome, reason="Falco took names of accounts from the machine that it ran on")
        yield outcome


def regression(data: Path) -> Iterator[Outcome]:
    """The regression cases over captures, alert by alert."""
    for case in json.loads((data / "regression_cases.json").read_text()):
        if case["kind"] == "replay" and case["source"] == SYSCALL:
            yield _replayed(data, case)


def generated(data: Path) -> Iterator[Outcome]:
    """The generated rules files: alerts per rule and priority."""
    for case in json.loads((data / "generated_cases.json").read_text()):
        yield _replayed(data, case)


def _replayed(data: Path, case: dict[str, Any]) -> Outcome:
    loaded: Loaded = load_files([data / path for path in case["rules"]])
    if case["exit"] or not loaded.successful:
        return compare(case["id"], 0 if loaded.successful else 1, case["exit"])
    found = list(
        lake_of(data / case["capture"]).replay(
            ruleset_of(loaded),
            SYSCALL,
            choices=[choice_of(step) for step in case["select"]],
            min_priority=Priority.parse(case["min_priority"] or "debug") or Priority.DEBUG,
            matching=case.get("matching", "all"),
        )
    )
    ours: dict[str, Any] = {"counts": dict(Counter(alert.rule.name for alert in found))}
    if "priorities" in case:
        ours["priorities"] = dict(Counter(alert.rule.priority.label for alert in found))
    else:
        whole = [alert.as_json("vm") for alert in found]
        dropped = ("hostname", "source")
        ours["alerts"] = [{key: each[key] for key in each if key not in dropped} for each in whole]
    return compare(case["id"], ours, {key: case[key] for key in ours})
