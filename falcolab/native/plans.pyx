"""What the lane does with each type of event: a table that is made from those of the Python side."""

from falcolab.lake.syscall.keys import PATH_AS_GIVEN, PATH_FROM_DESCRIPTOR
from falcolab.lake.syscall.referents import descriptor_of, process_of
from falcolab.lake.syscall.traits import traits
from falcolab.sources.scap.convert import PASS, need_of
from falcolab.system import memory, socket_events
from falcolab.system.plans import plans
from falcolab.system.tables import event_types

_ACTIONS = {
    5: CLOSE,
    151: FCNTL,
    363: DUP,  # dup2
    365: DUP3,
    367: DUP,
    3: OPEN,
    307: OPENAT,
    **dict.fromkeys(socket_events.PLAIN_DATA, DATA),
    **dict.fromkeys(socket_events.DATA_WITH_ENDS, DATA_WITH_ENDS),
    **dict.fromkeys(memory.MAPPING, MAPPED),
    145: PRLIMIT,
}
"""Type -> what it does to the tables, of those that do something and are not left to Python."""

_REFERENTS = {None: NONE, descriptor_of: DESCRIPTOR, process_of: PROCESS}
"""What parameters may refer to."""


cdef class Plans:
    """The plan of every event type; the position is the id."""

    def __cinit__(self):
        for type_, plan, trait in zip(event_types(), plans(), traits(), strict=True):
            _fill(&self.of[type_.id], type_, plan, trait)
            self.count += 1


cdef int _fill(Plan* out, object type_, object plan, object trait) except -1:
    out.action = _action(type_, plan, trait)
    out.is_exit, out.fd_at, out.params = plan.is_exit, plan.fd_at, len(type_.params)
    need = need_of(type_)
    out.need = -1 if need == PASS else need if need >= 0 else -2
    out.has_fd, out.has_result, out.resolves_result = trait.has_fd, trait.has_result, trait.resolves_result
    out.kind_at, out.kind_end = (-1, -1) if trait.kind is None else (trait.kind.start, trait.kind.stop)
    out.argument_fd_at, out.has_only_fds = trait.fd_at, trait.has_only_fds
    out.has_paths, out.looks_around, out.has_resolved = trait.has_paths, trait.looks_around, bool(trait.resolved)
    out.unmade = (
        FROM_DESCRIPTOR
        if type_.name in PATH_FROM_DESCRIPTOR
        else AS_GIVEN if type_.name in PATH_AS_GIVEN else NOTHING
    )
    if out.action != NEVER:
        out.taken = len(trait.taken)
        for index, (at, referent) in enumerate(trait.taken):
            out.taken_at[index], out.taken_as[index] = at, _REFERENTS[referent]
    return 0


def _action(type_, plan, trait):
    """What is done with a type, or ``NEVER`` where that is left to Python."""
    is_left = (
        plan.observer is not None
        or plan.is_kept
        or plan.places
        or plan.is_enter
        or not plan.has_thread
        or trait.tells
        or trait.is_dynamic
        or "LARGE_PAYLOAD" in type_.flags
        or len(trait.taken) > MOST_TAKEN
        or any(referent not in _REFERENTS for _, referent in trait.taken)
    )
    if is_left or (plan.handler is not None and type_.id not in _ACTIONS):
        return NEVER
    return _ACTIONS.get(type_.id, PASS_ON)
