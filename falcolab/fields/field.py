"""One field of an event: its name, its type, its argument, its limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from falcolab.fields.types import Type


class Arg(Enum):
    """What may stand in the brackets after a field's name."""

    NONE = "none"
    """No argument: ``ka.verb``."""
    INDEX = "index"
    """An optional position: ``ka.req.pod.containers.image[0]``."""
    OPTIONAL = "optional"
    """An optional number or name: ``proc.aname[2]``, ``proc.env[PATH]``."""
    KEY = "key"
    """A required name: ``ka.uri.param[command]``."""
    INDEX_OR_KEY = "index or key"
    """A required number or name: ``container.mount[0]``."""
    MEMBER = "member"
    """A required name after a dot or in brackets: ``evt.arg.flags``, ``evt.arg[0]``."""


class Reading(Enum):
    """How an operator is applied to what a field gives for one event."""

    VALUE = "value"
    """To the value, or for list fields as the operator says."""
    ANY = "any"
    """The field gives candidates without a number, and any of them may satisfy the operator, ``!=`` included:
    ``proc.aname``."""
    ANY_UNNAMED = "any unnamed"
    """The same, also with a number, which is ignored; with a name it gives one value: ``proc.aenv``."""
    EITHER = "either"
    """The field gives candidates. Any may satisfy the operator, but ``!=`` must hold for all of them and
    never holds without any: ``fd.ip``."""
    EITHER_FIRST = "either, first"
    """The same, and of a list on the right only the first item counts: ``fd.net``."""
    WITHIN = "within"
    """The field gives a distance in ns; it equals every number of milliseconds that is not less."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field as rules name it.

    Attributes:
        name: the name without argument, such as ``proc.aname``.
        type: the type of its value, or of each element of a list.
        doc: one sentence for people.
        is_list: whether it yields a list of values.
        arg: which argument it takes.
        rhs: whether it may stand on the right of a comparison, and be compared with another field.
        transformable: whether transformers such as ``tolower()`` apply to it.
        condition_only: whether it has no value to print.
        reading: how operators are applied to it.
        listed: whether Falco shows it in its list of fields.
        deprecated: what Falco says of it when a rule uses it, if anything.
    """

    name: str
    type: Type
    doc: str
    is_list: bool = False
    arg: Arg = Arg.NONE
    rhs: bool = True
    transformable: bool = True
    condition_only: bool = False
    reading: Reading = Reading.VALUE
    listed: bool = True
    deprecated: str | None = None
