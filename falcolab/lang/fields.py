"""From a field's written name and argument to its catalogue entry, with Falco's refusals."""

from __future__ import annotations

import difflib
import re

from falcolab.fields.catalogue import Source
from falcolab.fields.event_params import EVENT_PARAMS
from falcolab.fields.event_types import EVENT_CODES
from falcolab.fields.field import Arg, Field
from falcolab.fields.types import Type
from falcolab.lang.errors import CompileError, UnknownNameError
from falcolab.lang.strings import integer
from falcolab.lang.typed import FieldValue

MAX_NAME = 128
"""No field has a longer name."""

_NUMBER = re.compile(r"\s*[+-]?[0-9]+", re.ASCII)
_INDEX = re.compile(r"0|[1-9][0-9]*")
_TEXT_ARGUMENT = frozenset({"proc.env", "proc.aenv"})
_ABSPATH_MEMBERS = frozenset({"src", "dst"})


def field_value(source: Source, name: str, arg: str | None) -> FieldValue:
    """The field that ``name[arg]`` means for a source.

    Raises:
        UnknownNameError: there is no such field; the hint is the nearest name.
        CompileError: the argument is missing, not allowed or of the wrong form.
    """
    found = source.find(name) if len(name) <= MAX_NAME else None
    if found is None:
        near = suggestion(source, name)
        hint = f"did you mean {near}?" if near else None
        raise UnknownNameError(f"filter_check called with nonexistent field {_written(name, arg)}", hint=hint)
    field, member = found
    if name in source.plugin_fields:
        _check_plugin_argument(field, arg)
        return FieldValue(field, arg, _written(name, arg), field.type)
    if field.arg is Arg.MEMBER:
        return _member_value(field, member, arg, _written(name, arg))
    _check_argument(field, arg)
    return FieldValue(field, arg, _written(name, arg), field.type)


def suggestion(source: Source, name: str) -> str | None:
    """The field that an author may have meant; nobody means one by a name longer than all."""
    return source.suggest(name) if len(name) <= MAX_NAME else None


def _written(name: str, arg: str | None) -> str:
    return name if not arg else f"{name}[{arg}]"


def _check_plugin_argument(field: Field, arg: str | None) -> None:
    text = _written(field.name, arg)
    if not arg:
        if field.arg in (Arg.KEY, Arg.INDEX_OR_KEY):
            raise CompileError(f"filter '{text}': {field.name} requires an argument but none provided")
        return
    if field.arg is Arg.NONE:
        raise CompileError(
            f"filter '{text}': {field.name} does not allow nor require an argument but one is provided: {arg}"
        )
    if field.arg is Arg.INDEX and not (_INDEX.fullmatch(arg) and integer(arg) < 2**64):
        raise CompileError(f"filter {text} {field.name} has an invalid index argument: {arg}")


def _check_argument(field: Field, arg: str | None) -> None:
    if arg is None:
        if field.arg is Arg.KEY:
            raise CompileError(f"filter '{field.name}': {field.name} requires an argument")
        return
    if field.arg is Arg.NONE:
        raise UnknownNameError(
            f"filter_check called with nonexistent field {_written(field.name, arg)}",
            hint=f"{field.name} takes no argument",
        )
    if field.name not in _TEXT_ARGUMENT and not _NUMBER.fullmatch(arg):
        raise CompileError(f"{arg} is not a valid number")


def _member_value(field: Field, member: str | None, arg: str | None, written: str) -> FieldValue:
    type_ = field.type
    if field.name in ("evt.arg", "evt.rawarg"):
        type_ = _event_argument_type(field, member, arg, written)
    elif field.name == "evt.type.is":
        _check_event_type_member(member, arg, written)
    elif field.name == "evt.abspath":
        if arg is not None or (member is not None and member not in _ABSPATH_MEMBERS):
            raise UnknownNameError(f"filter_check called with nonexistent field {written}")
    elif member is None and arg is None:
        raise CompileError(f"filter syntax error: {written}")
    return FieldValue(field, member if arg is None else arg, written, type_)


def _event_argument_type(field: Field, member: str | None, arg: str | None, written: str) -> Type:
    if member is None and arg is None:
        raise CompileError(f"filter syntax error: {written}")
    raw = field.name == "evt.rawarg"
    if arg is not None:
        if raw or member is not None:
            raise CompileError("evt.arg fields must be expressed explicitly")
        if not _NUMBER.fullmatch(arg):
            raise CompileError(f"{arg} is not a valid number")
        return field.type
    if member not in EVENT_PARAMS:
        raise _unknown_argument(member or "", written)
    if not raw:
        return field.type
    type_ = EVENT_PARAMS[member]
    if type_ is None:
        raise CompileError(f"filter error: Falco cannot compare {written}")
    return type_


def _unknown_argument(member: str, written: str) -> CompileError:
    """Falco looks for the longest argument that the name begins with, and misses differently."""
    near = difflib.get_close_matches(member[:MAX_NAME], EVENT_PARAMS, n=1)
    hint = f"did you mean {written.removesuffix(member)}{near[0]}?" if near else None
    if any(member.startswith(name) for name in EVENT_PARAMS):
        return UnknownNameError(f"filter_check called with nonexistent field {written}", hint=hint)
    return CompileError(f"unknown event argument {member}", hint=hint)


def _check_event_type_member(member: str | None, arg: str | None, written: str) -> None:
    if member is None and arg is None:
        raise CompileError(f"filter syntax error: {written}")
    name = member if arg is None else arg
    if name is not None and not name.isdigit() and name not in EVENT_CODES:
        raise UnknownNameError(f"unknown event type {name}")
