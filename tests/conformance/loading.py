"""Rules files and what Falco says about loading them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from falcolab.rules.loader import Loaded, check_files
from tests.conformance.outcome import Outcome, compare

Case = dict[str, Any]


def validation(data: Path) -> Iterator[Outcome]:
    """Every rules file of the validation suite."""
    for line in (data / "validation_cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        yield _outcome(data, case, " ".join(case["rules"]))


def regression_validation(data: Path) -> Iterator[Outcome]:
    """The regression cases that only load rules."""
    for case in json.loads((data / "regression_cases.json").read_text()):
        if case["kind"] == "validate":
            yield _outcome(data, case, case["id"])


def generated_loading(data: Path) -> Iterator[Outcome]:
    """The loading results of the generated rules files."""
    for case in json.loads((data / "generated_cases.json").read_text()):
        yield _outcome(data, case, case["id"])


def _outcome(data: Path, case: Case, name: str) -> Outcome:
    loaded = check_files([data / path for path in case["rules"]])
    exit_code = 0 if loaded.successful else 1
    expected = [_essence(result) for result in case["result"]["falco_load_results"]]
    return compare(name, (exit_code, essence(loaded)), (int(case["exit"]), expected))


def essence(loaded: Loaded) -> list[Any]:
    """What must agree: codes, item types, names and positions, validity; not the wording of messages."""
    results: Any = loaded.as_json()["falco_load_results"]
    return [_essence(result) for result in results]


def _essence(result: dict[str, Any]) -> Any:
    return (
        result["successful"],
        result.get("schema_valid"),
        result.get("schema_warnings"),
        [_finding(finding) for finding in result["errors"]],
        [_finding(finding) for finding in result["warnings"]],
    )


def _finding(finding: dict[str, Any]) -> Any:
    places = finding["context"]["locations"]
    steps = [(step["item_type"], step["item_name"], _position(step["position"])) for step in places]
    return finding["code"], finding.get("deprecated_field"), steps


def _position(position: dict[str, Any]) -> tuple[int, int, int]:
    return position["line"], position["column"], position["offset"]
