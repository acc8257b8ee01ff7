"""One system call that the probe can record, as a row of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Need = Literal["state", "rules", "hot"]
"""When a call is hooked without being named: ``state`` always, the others when a rule wants it.

``hot`` calls are so frequent that state tracking does without them, although it could use them.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A system call and how its parameters are read when it ends.

    Attributes:
        name: as in ``evt.type``.
        event: the number of its exit event in Falco's table.
        params: one for each parameter of the event, as ``KIND:EXPRESSION``. ``put_KIND`` of the
            program's C files writes it; the expression may use ``ret`` (the result), ``A0`` to ``A5``
            (the arguments) and what ``before`` defines.
        need: see ``Need``.
        hook: what the kernel calls it in the names of tracepoints; empty if that is ``name``.
        before: statements of C in front of the parameters.
        handler: the function of the C files that records it, several calls with one; then ``params``
            is empty.
    """

    name: str
    event: int
    params: tuple[str, ...]
    need: Need = "rules"
    hook: str = ""
    before: str = ""
    handler: str = ""

    @property
    def tracepoint(self) -> str:
        """The name of the tracepoint of its end, without the group."""
        return f"sys_exit_{self.hook or self.name}"


def params(text: str) -> tuple[str, ...]:
    """The parameters of a call, written one after the other with ``;`` between them."""
    return tuple(each.strip() for each in text.split(";"))
