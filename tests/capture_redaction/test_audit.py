"""Audit events: secrets by their place and by their looks go, everything else stays as it was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capture.redaction import AuditRedactor, RedactionError, Redactor
from tests.lake.events import event, line

MARK = "<redacted>"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def about(resource: str, subresource: str | None = None, **members: Any) -> dict[str, Any]:
    reference = {"resource": resource, "name": "a", **({"subresource": subresource} if subresource else {})}
    return event(objectRef=reference, **members)


def cleaned(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(AuditRedactor(Redactor()).event(line(value)))
    return found


def secret(*, password: str = "cGFzcw==", applied: str = "{...}") -> dict[str, Any]:
    return {
        "kind": "Secret",
        "metadata": {"name": "a", "annotations": {APPLIED: applied, "other": "stays"}},
        "data": {"password": password, "user": password},
        "stringData": {"more": password},
        "type": "Opaque",
    }


CLEAN = secret(password=MARK, applied=MARK)
PATCH = [
    {"op": "replace", "path": "/data/password", "value": "cGFzcw=="},
    {"op": "remove", "path": "/data/b"},
]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (secret(), CLEAN),
        (
            {"kind": "SecretList", "items": [secret(), secret()]},
            {"kind": "SecretList", "items": [CLEAN, CLEAN]},
        ),
        ({"kind": "Table", "rows": [{"object": secret()}]}, {"kind": "Table", "rows": [{"object": CLEAN}]}),
        (PATCH, [PATCH[0] | {"value": MARK}, PATCH[1]]),
        ({"data": None, "stringData": "odd"}, {"data": None, "stringData": MARK}),
        ({"data": {"a": {"b": 1}, "c": None}}, {"data": {"a": MARK, "c": None}}),
        ("text", "text"),
    ],
)
@pytest.mark.parametrize("member", ["requestObject", "responseObject"])
def test_the_data_of_secrets_goes_and_its_names_stay(member: str, body: Any, kept: Any) -> None:
    value = about("secrets", **{member: body})
    assert cleaned(value) == value | {member: kept}


@pytest.mark.parametrize(
    ("resource", "subresource", "member", "body", "kept"),
    [
        ("tokenreviews", None, "requestObject", {"spec": {"token": "t"}}, {"spec": {"token": MARK}}),
        ("tokenreviews", None, "responseObject", {"spec": {"token": "t"}}, {"spec": {"token": MARK}}),
        (
            "serviceaccounts",
            "token",
            "responseObject",
            {"status": {"token": "t"}},
            {"status": {"token": MARK}},
        ),
        ("serviceaccounts", None, "requestObject", {"status": {"token": "t"}}, {"status": {"token": "t"}}),
        ("configmaps", None, "requestObject", {"data": {"secrets": "s"}}, {"data": {"secrets": "s"}}),
    ],
)
def test_tokens_of_accounts_go(
    resource: str, subresource: str | None, member: str, body: dict[str, Any], kept: dict[str, Any]
) -> None:
    value = about(resource, subresource, **{member: body})
    assert cleaned(value) == value | {member: kept}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", MARK),
        ("postgres://user:pw@db/x", f"postgres://user:{MARK}@db/x"),
        ("curl -H 'Authorization: Bearer abcdefgh'", f"curl -H 'Authorization: Bearer {MARK}'"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow0123456789\nabc==\n", f"-----BEGIN PRIVATE KEY-----{MARK}\n"),
        ("nothing here", "nothing here"),
    ],
)
def test_what_looks_like_a_secret_goes_wherever_it_stands(text: str, kept: str) -> None:
    value = about("configmaps", requestObject={"data": {"a": text, "b": 'quo"te'}})
    assert cleaned(value) == about("configmaps", requestObject={"data": {"a": kept, "b": 'quo"te'}})


@pytest.mark.parametrize("password", ["x", 'a"b', "a\\b", 'a\\"b\\\\', "a\nb", "\u00e9"])
def test_values_of_variables_of_containers_go_by_their_names(password: str) -> None:
    def pod(value: str) -> dict[str, Any]:
        env = [{"name": "DB_PASSWORD", "value": value}, {"name": "PORT", "value": "80"}]
        applied = json.dumps({"env": env}, separators=(",", ":"))
        return about("pods", requestObject={"env": env, "metadata": {"annotations": {APPLIED: applied}}})

    assert cleaned(pod(password)) == pod(MARK)


def test_commands_that_are_run_in_containers_are_command_lines() -> None:
    uri = "/api/v1/namespaces/a/pods/b/exec?command=mysql&command=-p{}&command=a+b&container=c&stdin=true"
    value = about("pods", "exec", requestURI=uri.format("se%26cret"))
    assert cleaned(value)["requestURI"] == uri.format("<redacted>")
    harmless = about("pods", "exec", requestURI=uri.replace("mysql", "ls").format("x"))
    assert cleaned(harmless) == harmless


def test_everything_else_keeps_its_text() -> None:
    raw = line(about("secrets", requestObject=secret(), size=1)).replace(b'"size":1', b'"size": 1.50e3')
    assert b'"size":1.50e3' in AuditRedactor(Redactor()).event(raw)
    untouched = line(event())
    assert AuditRedactor(Redactor()).event(untouched) is untouched


def test_bodies_are_counted() -> None:
    redactor = AuditRedactor(Redactor())
    redactor.event(line(about("secrets", requestObject=secret())))
    redactor.event(line(about("secrets")))
    assert redactor.bodies == 1


@pytest.mark.parametrize("raw", [b'{"secrets', b'["secrets"', b'{"a":"secrets"} x'])
def test_what_may_hold_secrets_and_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(RedactionError, match="an audit event that may concern secrets is no JSON"):
        AuditRedactor(Redactor()).event(raw)
