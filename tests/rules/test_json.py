"""The JSON of loading, in Falco's shape."""

from __future__ import annotations

from typing import Any

from falcolab.rules.loader import load_texts

RULE = """# é
- rule: r
  desc: d
  output: o
  priority: INFO
  condition: %s
"""


def result_of(content: str) -> dict[str, Any]:
    results: Any = load_texts([("rules.yaml", content)]).as_json()["falco_load_results"]
    (result,) = results
    assert isinstance(result, dict)
    return result


def test_a_file_without_findings() -> None:
    assert result_of(RULE % "evt.type = open") == {
        "name": "rules.yaml",
        "successful": True,
        "schema_valid": True,
        "schema_warnings": [],
        "errors": [],
        "warnings": [],
    }


def test_an_empty_file_has_no_schema() -> None:
    assert result_of("---\n") == {"name": "rules.yaml", "successful": True, "errors": [], "warnings": []}


def test_an_error_tells_the_way_to_its_place() -> None:
    result = result_of(RULE % "evt.type = open and\n    proc.nmae = a")
    assert (result["successful"], result["warnings"]) == (False, [])
    (error,) = result["errors"]
    assert sorted(error) == ["code", "codedesc", "context", "message"]
    assert error["code"] == "LOAD_ERR_COMPILE_CONDITION"
    assert error["codedesc"] == "Error compiling condition"
    assert [
        (place["item_type"], place["item_name"], *place["position"].values())
        for place in error["context"]["locations"]
    ] == [
        ("rules content", "", "rules.yaml", 0, 0, 0),
        ("rule", "r", "rules.yaml", 1, 2, 7),
        ("rule condition", "", "rules.yaml", 5, 13, 67),
        ("condition expression", "", '"evt.type = open a..."', 6, 34, 87),
    ]
    assert error["context"]["snippet"] == "evt.type = open and proc.nmae = a\n" + " " * 20 + "^\n"


def test_columns_and_offsets_count_bytes() -> None:
    (error,) = result_of('- {macro: m, condition: a}\n- {list: "é", items: x}\n')["errors"]
    positions = [place["position"] for place in error["context"]["locations"]]
    assert positions[-1] == {"name": "rules.yaml", "line": 1, "column": 22, "offset": 49}


def test_places_in_a_condition_count_bytes() -> None:
    (error,) = result_of(RULE % "proc.name = é\n    or é.b = c")["errors"]
    *_, outer, inner = [place["position"] for place in error["context"]["locations"]]
    assert inner["offset"] - outer["offset"] == len("proc.name = é or ".encode())
    assert inner["column"] - outer["column"] == len("proc.name = é or ".encode()) + 1


def test_a_deprecated_field_is_named() -> None:
    (warning,) = result_of(RULE % "evt.type = open and evt.latency > 0")["warnings"]
    assert warning["deprecated_field"] == "evt.latency"


def test_a_snippet_is_one_line_around_the_place() -> None:
    names = ", ".join(f"n{n}" for n in range(100))
    (error,) = result_of(RULE % f"evt.type = open and proc.name in ({names}) and proc.nmae = a")["errors"]
    line, caret, end = error["context"]["snippet"].split("\n")
    assert line.startswith("...")
    assert line[caret.index("^") :] == "proc.nmae = a"
    assert (len(line) < 160, end) == (True, "")


def test_a_snippet_of_nothing_says_so() -> None:
    (error,) = load_texts([("rules.yaml", b"\xff\xfe\x00")]).results[0].errors
    assert "No context" in str(error.as_json({"rules.yaml": ""}))
