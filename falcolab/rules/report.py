"""Findings of a rules file for people: file, line, column, the text and a caret."""

from __future__ import annotations

from falcolab.rules.result import FileResult, Finding, snippet


def text_report(result: FileResult, contents: dict[str, str], *, errors_only: bool = False) -> str:
    """A file's result as text: one line of verdict, then each finding with its place."""
    if result.successful:
        verdict = "Ok, with warnings" if result.warnings and not errors_only else "Ok"
    else:
        verdict = "Invalid"
    findings = [("error", finding) for finding in result.errors]
    if not errors_only:
        findings += [("warning", finding) for finding in result.warnings]
    return "\n".join(
        [f"{result.name}: {verdict}", *(_finding(kind, finding, contents) for kind, finding in findings)]
    )


def _finding(kind: str, finding: Finding, contents: dict[str, str]) -> str:
    item = finding.context.item
    place = f"{finding.context.file}:{item.mark.line + 1}:{item.mark.column + 1}"
    lines = [f"{place}: {kind} {finding.code}: {finding.message}"]
    name = next((step for step in reversed(finding.context.locations) if step.item_name), None)
    if name is not None and name.item_type != "condition expression":
        lines.append(f"  in {name.item_type} '{name.item_name}'")
    lines += [f"  | {line}" for line in snippet(finding.context, contents).rstrip("\n").split("\n")]
    if finding.hint:
        lines.append(f"  = {finding.hint}")
    return "\n".join(lines)
