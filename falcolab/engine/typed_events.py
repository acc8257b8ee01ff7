"""The event types on which Falco tries a condition at all, as a check in front of the condition.

Falco finds out from the comparisons of ``evt.type`` which types of events a condition can be true
for, and never tries it on others. Where it errs, a condition is false that would be true.
"""

from __future__ import annotations

from falcolab.fields.field import Field
from falcolab.fields.types import Type
from falcolab.lang.ast import And
from falcolab.lang.eventtypes import ALL, event_types
from falcolab.lang.operators import OPERATORS
from falcolab.lang.typed import FieldValue, Test, TypedCondition

TYPE_NAME = Field("event type", Type.CHARBUF, "Name of the event's entry in Falco's table.", listed=False)
"""What Falco sorts conditions by: like ``evt.type``, but ``syscall`` for calls without an entry."""

_VALUE = FieldValue(TYPE_NAME, None, TYPE_NAME.name, TYPE_NAME.type)


def with_event_types(condition: TypedCondition) -> TypedCondition:
    """The condition, false for the events on which Falco does not try it."""
    types = event_types(condition)
    if types == ALL:
        return condition
    names = tuple(sorted(types))
    return And((Test(_VALUE, OPERATORS["in"], names, text=f"event type in {names}"), condition))
