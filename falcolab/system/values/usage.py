"""Fields of what a process uses: memory, page faults, threads, descriptors; and its standard streams.

Source: ``userspace/libsinsp/sinsp_filtercheck_thread.cpp`` and ``threadinfo.cpp`` of
falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.lang.strings import to_text
from falcolab.system.thread import Descriptor, Thread
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.descriptors import type_name
from falcolab.system.values.event import PROCINFO


def _own(value: Callable[[Thread], Value], depends: Part = Part.USAGE) -> Extractor:
    def extract(context: Context, _arg: str | None) -> Value:
        return None if context.thread is None else value(context.thread)

    return Extractor(extract, depends)


def open_count(context: Context) -> int | None:
    """How many descriptors the process has open."""
    if context.thread is None:
        return None
    main = context.main
    return 0 if main is None else len(main.fds)


def _limit(context: Context) -> int | None:
    if context.thread is None:
        return None
    main = context.main
    return 0 if main is None else main.fdlimit


def _usage(context: Context) -> float | None:
    count, limit = open_count(context), _limit(context)
    if count is None or limit is None:
        return None
    return min(100.0, float(count * 100) / float(limit)) if limit > 0 else 0.0


def _threads(thread: Thread) -> int:
    return 0 if thread.group is None else thread.group.alive


def _other_threads(context: Context) -> int | None:
    thread = context.thread
    if thread is None or thread.group is None:
        return None if thread is None else 0
    main = context.main
    return thread.group.alive - int(main is not None and not main.is_dead)


def _of_main(value: Callable[[Thread], int]) -> Extractor:
    return _own(lambda thread: value(thread) if thread.is_main else 0, Part.USAGE | Part.PROCESS)


def _of(value: Callable[[Context], Value], depends: Part = Part.USAGE) -> Extractor:
    return Extractor(lambda context, _arg: value(context), depends)


def _processor_time(context: Context) -> float | None:
    """Falco takes the difference to the field's last evaluation, which alerts always find to be zero."""
    return 0.0 if context.event.type.id == PROCINFO and context.thread is not None else None


def _total_time(context: Context) -> int | None:
    return None if context.thread is None else 0


def _stream(number: int, value: Callable[[Descriptor], str]) -> Extractor:
    def extract(context: Context, _arg: str | None) -> str | None:
        fd = context.fds.get(number)
        return None if fd is None else value(fd)

    return Extractor(extract, Part.TABLE)


def _name(fd: Descriptor) -> str:
    return to_text(fd.name)


FIELDS: dict[str, Extractor] = {
    "proc.fdopencount": _of(open_count),
    "proc.fdlimit": _of(_limit, Part.PROCESS),
    "proc.fdusage": _of(_usage, Part.USAGE | Part.PROCESS),
    "proc.nthreads": _own(_threads),
    "proc.nchilds": _of(_other_threads),
    "proc.vmsize": _own(lambda thread: thread.vmsize),
    "proc.vmrss": _own(lambda thread: thread.vmrss),
    "proc.vmswap": _own(lambda thread: thread.vmswap),
    "thread.vmsize": _of_main(lambda thread: thread.vmsize),
    "thread.vmrss": _of_main(lambda thread: thread.vmrss),
    "thread.pfmajor": _own(lambda thread: thread.pfmajor),
    "thread.pfminor": _own(lambda thread: thread.pfminor),
    "thread.exectime": _of(lambda _context: 0, Part.NONE),
    "thread.totexectime": _of(_total_time, Part.PROCESS),
    "thread.cpu": _of(_processor_time, Part.EVENT | Part.PROCESS),
    "thread.cpu.user": _of(_processor_time, Part.EVENT | Part.PROCESS),
    "thread.cpu.system": _of(_processor_time, Part.EVENT | Part.PROCESS),
    "proc.stdin.type": _stream(0, type_name),
    "proc.stdout.type": _stream(1, type_name),
    "proc.stderr.type": _stream(2, type_name),
    "proc.stdin.name": _stream(0, _name),
    "proc.stdout.name": _stream(1, _name),
    "proc.stderr.name": _stream(2, _name),
}
"""The fields of usage."""
