"""Kubernetes audit events without secrets: what is one by its place, and what looks like one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from capture.redaction.errors import RedactionError
from capture.redaction.redactor import MARKER, Redactor
from falcolab.fields.rawjson import BadJsonError, Json, parse
from falcolab.lang.strings import to_bytes, to_text

Change = Callable[[Json], bytes]
"""Gives the text that stands in the place of a value."""

_MASK = b'"%s"' % MARKER
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def _masked(value: Json) -> bytes:
    """The marker instead of any value but null."""
    return value.raw if value.raw == b"null" else _MASK


def _every(change: Change) -> Change:
    """Change all members of an object or elements of an array; anything else is masked."""

    def changed(value: Json) -> bytes:
        if value.is_array:
            return b"[" + b",".join(change(each) for each in value.each()) + b"]"
        if value.is_object:
            return _object({key: change(Json(bytes(raw))) for key, raw in value.members().items()})
        return _masked(value)

    return changed


def _within(**changes: Change) -> Change:
    """Change the members of these names and leave the others as they are; in arrays, of every element."""
    return _within_named(changes)


def _within_named(changes: dict[str, Change]) -> Change:
    def changed(value: Json) -> bytes:
        if value.is_array:
            return b"[" + b",".join(changed(each) for each in value.each()) + b"]"
        if not value.is_object:
            return value.raw
        members = {key: Json(bytes(raw)) for key, raw in value.members().items()}
        return _object(
            {key: changes[key](raw) if key in changes else raw.raw for key, raw in members.items()}
        )

    return changed


def _object(members: dict[str, bytes]) -> bytes:
    pairs = (_quoted(to_bytes(key)) + b":" + raw for key, raw in members.items())
    return b"{" + b",".join(pairs) + b"}"


_SECRET = {
    "data": _every(_masked),
    "stringData": _every(_masked),
    "metadata": _within(annotations=_within_named({_APPLIED: _masked})),
    "value": _masked,
}
"""Of a Secret, or of a JSON patch to one."""

_SECRETS = _within(**_SECRET, items=_within_named(_SECRET), rows=_within(object=_within_named(_SECRET)))
"""Of a Secret, a list or a table of some, or a patch."""

_REVIEW = _within(spec=_within(token=_masked))
_GRANT = _within(status=_within(token=_masked))

_BODIES: dict[tuple[str, str | None], Change] = {
    ("secrets", None): _within(requestObject=_SECRETS, responseObject=_SECRETS),
    ("tokenreviews", None): _within(requestObject=_REVIEW, responseObject=_REVIEW),
    ("serviceaccounts", "token"): _within(requestObject=_GRANT, responseObject=_GRANT),
}
"""By resource and subresource, what of the event's bodies is secret."""

_MENTIONS = (b"secrets", b"tokenreviews", b"serviceaccounts")
_COMMAND = b"command="


class AuditRedactor:
    """Cleans audit events before they are recorded.

    Args:
        redactor: knows what is secret.

    Attributes:
        bodies: how many events had a body that is secret by its place.
    """

    def __init__(self, redactor: Redactor) -> None:
        self.bodies = 0
        self._redactor = redactor

    def event(self, raw: bytes) -> bytes:
        """An event without secrets; the same object if there are none.

        Args:
            raw: its JSON text.

        Raises:
            RedactionError: it may concern secrets and is no JSON, so that nothing of it may be stored.
        """
        if any(mention in raw for mention in _MENTIONS) or _COMMAND in raw:
            try:
                raw = self._command(self._body(raw))
            except BadJsonError as error:
                raise RedactionError(f"an audit event that may concern secrets is no JSON: {error}") from None
        return self._redactor.audit_text(raw)

    def _body(self, raw: bytes) -> bytes:
        event = parse(raw)
        change = _BODIES.get((_text(event, "resource"), _text(event, "subresource") or None))
        if change is None or not (event.get("requestObject") or event.get("responseObject")):
            return raw
        self.bodies += 1
        return change(event)

    def _command(self, raw: bytes) -> bytes:
        """The command that somebody runs in a container stands in the address of the request."""
        if _COMMAND not in raw:
            return raw
        return _within(requestURI=self._address)(parse(raw))

    def _address(self, uri: Json) -> bytes:
        path, mark, query = to_bytes(uri.text()).partition(b"?")
        pairs = [pair.partition(b"=") for pair in query.split(b"&")]
        command = [
            unquote_to_bytes(value.replace(b"+", b" ")) for key, _, value in pairs if key == b"command"
        ]
        if not mark or not command or b"\0" in b"".join(command):
            return uri.raw
        line = b"\0".join(command[1:])
        cleaned = self._redactor.arguments(line, command[0])
        if cleaned is line:
            return uri.raw
        words = iter([command[0], *cleaned.split(b"\0")])
        parts = [
            key + b"=" + quote_plus(next(words), safe="<>").encode()
            if key == b"command"
            else key + equals + value
            for key, equals, value in pairs
        ]
        return _quoted(path + mark + b"&".join(parts))


def _text(event: Json, name: str) -> str:
    value: Any = event.get("objectRef", name)
    return value.text() if value is not None and value.is_string else ""


def _quoted(text: bytes) -> bytes:
    return to_bytes(json.dumps(to_text(text), ensure_ascii=False))
