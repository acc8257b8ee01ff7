"""Fields of the parent, the ancestors, and the leaders of session and process group.

Without a number, ``proc.aname`` and its kin are compared with every ancestor and printed as
one text; ``proc.aargs`` is that text in conditions, too.

Source: ``userspace/libsinsp/sinsp_filtercheck_thread.cpp`` and ``threadinfo.cpp`` of
falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.lang.strings import to_text
from falcolab.system.thread import Thread
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.process import arguments, environment, known_id, positive_index, variable
from falcolab.system.values.usage import open_count

_NAMED_LEVELS = 20
"""How many ancestors are asked for a variable."""

Attribute = Callable[[Thread], str | int | None]
_LINEAGE = Part.LINEAGE


def _name(thread: Thread) -> str:
    return to_text(thread.comm)


def _exe(thread: Thread) -> str:
    return to_text(thread.exe)


def _exepath(thread: Thread) -> str:
    return to_text(thread.exepath)


def _cmdline(thread: Thread) -> str:
    return to_text(thread.command_line)


def _args(thread: Thread) -> str:
    return to_text(arguments(thread))


def _pid(thread: Thread) -> int | None:
    return known_id(thread.pid)


def _ancestor(context: Context, generation: int) -> Thread | None:
    return None if context.thread is None else context.machine.threads.ancestor(context.thread, generation)


def _parent(attribute: Attribute) -> Extractor:
    def extract(context: Context, _arg: str | None) -> Value:
        parent = _ancestor(context, 1)
        return None if parent is None else attribute(parent)

    return Extractor(extract, _LINEAGE)


def _joined(context: Context, attribute: Attribute) -> str | None:
    """The values of all ancestors, parted by blanks; None if all are empty."""
    joined = ""
    for each in context.ancestors:
        joined += f" {attribute(each)}" if joined else str(attribute(each))
    return joined or None


def _any(attribute: Attribute, *, has_candidates: bool = True) -> Extractor:
    """A field of the numbered ancestor, or of all of them."""

    def value(context: Context, arg: str | None) -> Value:
        generation = positive_index(arg)
        if generation is None:
            return tuple(attribute(each) for each in context.ancestors) or None
        found = _ancestor(context, generation)
        return None if found is None else attribute(found)

    def shown(context: Context, arg: str | None) -> Value:
        return _joined(context, attribute) if positive_index(arg) is None else value(context, arg)

    return Extractor(value, _LINEAGE, shown) if has_candidates else Extractor(shown, _LINEAGE)


def _shown_pid(context: Context, arg: str | None) -> Value:
    """Without a number the process itself is shown, though its ancestors are compared."""
    found = _ancestor(context, positive_index(arg) or 0)
    return None if found is None else _pid(found)


def _environments(context: Context, arg: str | None) -> Value:
    """The variable that is named; without a name, also with a number, the environments of all ancestors."""
    if arg is not None and positive_index(arg) is None:
        return _inherited(context, arg)
    return tuple(environment(context, each) for each in context.ancestors) or None


def _shown_environment(context: Context, arg: str | None) -> Value:
    thread, generation = context.thread, positive_index(arg)
    if arg is not None and generation is None:
        return _inherited(context, arg)
    if thread is None or not generation:
        return None if thread is None else environment(context, thread)
    if context.main is None:
        return ""
    found = _plain_ancestor(context, generation)
    return None if found is None else environment(context, found)


def _plain_ancestor(context: Context, generation: int) -> Thread | None:
    """The thread so many steps up from the main thread, whether it is a main thread or not."""
    threads = context.machine.threads
    found = context.main if generation <= len(threads.by_id) else None
    while found is not None and generation > 0:
        found = threads.get(found.ptid)
        generation -= 1
    return found


def _inherited(context: Context, name: str) -> str | None:
    """The variable of the nearest ancestor that has it."""
    if context.thread is None:
        return None
    for generation in range(1, _NAMED_LEVELS + 1):
        found = _plain_ancestor(context, generation)
        if found is None:
            break
        if value := variable(context, found, name):
            return to_text(value)
    return ""


def _direct(attribute: Attribute) -> Extractor:
    """A field of the thread that the parent id names, whether it is a main thread or not."""

    def extract(context: Context, _arg: str | None) -> Value:
        thread = context.thread
        found = None if thread is None else context.machine.threads.get(thread.ptid)
        return None if found is None else attribute(found)

    return Extractor(extract, _LINEAGE)


def _parent_duration(context: Context, _arg: str | None) -> int | None:
    """How long the parent has been running.

    For a parent that was there before the recording Falco gives, by a slip, the number of the open
    descriptors of the process itself.
    """
    parent = _ancestor(context, 1)
    if parent is None:
        return None
    return (context.event.time - parent.clone_ts) % 2**64 if parent.clone_ts else open_count(context)


def _login_shell(context: Context, _arg: str | None) -> int | None:
    """The oldest shell among the process and its ancestors."""
    main = context.main
    if main is None:
        return None
    shells = [each for each in (main, *context.ancestors) if each.comm.endswith(b"sh")]
    return shells[-1].pid if shells else None


def _leader(id_of: Callable[[Thread], int], attribute: Attribute, *, is_virtual: bool) -> Extractor:
    """A field of the leader of a session or group; empty if there is none."""

    def extract(context: Context, _arg: str | None) -> Value:
        thread = context.thread
        if thread is None:
            return None
        found = _find_leader(context, thread, id_of, is_virtual=is_virtual)
        return "" if found is None else attribute(found)

    return Extractor(extract, _LINEAGE | Part.THREADS)


def _find_leader(
    context: Context, thread: Thread, id_of: Callable[[Thread], int], *, is_virtual: bool
) -> Thread | None:
    """The thread of that id, or else the farthest in an unbroken line of ancestors with the same id."""
    number = id_of(thread)
    if number == -1:
        return None
    if not (is_virtual and thread.in_pidns):
        found = context.machine.threads.get(number)
        if found is not None:
            return found
    found = None
    for each in context.ancestors:
        if id_of(each) != number:
            break
        found = each
    return found


def _leaders(
    prefix: str, name: str, id_of: Callable[[Thread], int], *, is_virtual: bool
) -> dict[str, Extractor]:
    return {
        name: _leader(id_of, _name, is_virtual=is_virtual),
        f"{prefix}.exe": _leader(id_of, _exe, is_virtual=is_virtual),
        f"{prefix}.exepath": _leader(id_of, _exepath, is_virtual=is_virtual),
    }


FIELDS: dict[str, Extractor] = {
    "proc.ppid": _parent(_pid),
    "proc.pname": _parent(_name),
    "proc.pexe": _parent(_exe),
    "proc.pexepath": _parent(_exepath),
    "proc.pcmdline": _parent(_cmdline),
    "proc.pvpid": _direct(lambda thread: thread.vpid),
    "proc.ppid.ts": _direct(lambda thread: thread.clone_ts),
    "proc.ppid.duration": Extractor(_parent_duration, _LINEAGE | Part.EVENT | Part.USAGE),
    "proc.aname": _any(_name),
    "proc.aexe": _any(_exe),
    "proc.aexepath": _any(_exepath),
    "proc.acmdline": _any(_cmdline),
    "proc.aargs": _any(_args, has_candidates=False),
    "proc.apid": Extractor(_any(_pid).value, _LINEAGE, _shown_pid),
    "proc.aenv": Extractor(_environments, _LINEAGE, _shown_environment),
    "proc.loginshellid": Extractor(_login_shell, _LINEAGE),
    **_leaders("proc.sid", "proc.sname", lambda thread: thread.sid, is_virtual=True),
    **_leaders("proc.vpgid", "proc.vpgid.name", lambda thread: thread.vpgid, is_virtual=True),
    **_leaders("proc.pgid", "proc.pgid.name", lambda thread: thread.pgid, is_virtual=False),
}
"""The fields of ancestors and leaders."""
