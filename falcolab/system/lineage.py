"""Parents, children and thread groups: how threads come together and are parted.

Source: ``userspace/libsinsp/thread_manager.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Iterator

from falcolab.system.thread import Group, Thread, ThreadFlag
from falcolab.system.threads import ThreadTable


def relate(threads: ThreadTable, thread: Thread) -> None:
    """Bring a thread into its group and under its parent, once its ids are known."""
    if thread.is_invalid or thread.group is not None:
        return
    group = threads.groups.get(thread.pid)
    if group is None:
        group = Group(thread.pid, reaper=thread.pid == 1 or thread.vpid == 1)
        threads.groups[thread.pid] = group
    _join(group, thread)
    if thread.pid == 1:
        return
    parent = threads.get(thread.ptid)
    if parent is None or parent.is_invalid:
        thread.ptid = 0
    else:
        parent.children[thread.tid] = thread


def _join(group: Group, thread: Thread) -> None:
    thread.group = group
    group.alive += 1
    if not thread.is_main:
        group.others[thread.tid] = thread
        return
    if group.main is not None:
        group.others[group.main.tid] = group.main
    group.main = thread


def mark_dead(thread: Thread) -> None:
    """Note that a thread has ended."""
    if thread.group is not None and not thread.is_dead:
        thread.group.alive -= 1
    thread.flags |= ThreadFlag.CLOSED


def revive(thread: Thread) -> None:
    """Note that a thread that seemed to have ended goes on."""
    thread.flags &= ~ThreadFlag.CLOSED
    if thread.group is not None:
        thread.group.alive += 1


def remove(threads: ThreadTable, tid: int) -> None:
    """Remove a thread; a main thread stays until the last thread of its process goes."""
    thread = threads.get(tid)
    if thread is None:
        return
    group = thread.group
    if thread.is_invalid or group is None:
        threads.erase(tid)
        return
    if not thread.is_dead:
        mark_dead(thread)
    if thread.children:
        _reparent(threads, thread)
    if group.alive == 0:
        threads.groups.pop(thread.pid, None)
        threads.erase(thread.pid)
    if not thread.is_main:
        threads.erase(tid)


def _reparent(threads: ThreadTable, thread: Thread) -> None:
    """Give the children to the reaper that the kernel named, or to the one it would choose."""
    reaper = threads.get_or_create(thread.reaper) if thread.reaper > 0 else None
    if reaper is None or reaper.is_invalid or reaper is thread:
        reaper = _find_reaper(threads, thread)
    children, thread.children = thread.children, {}
    if reaper is None:
        for child in children.values():
            child.ptid = 0
        return
    thread.reaper = reaper.tid
    if reaper.pid != thread.pid and reaper.group is not None:
        reaper.group.reaper = True
    for child in children.values():
        child.ptid = reaper.tid
        reaper.children[child.tid] = child


def _find_reaper(threads: ThreadTable, thread: Thread) -> Thread | None:
    """Another living thread of the process, or of the nearest process above that takes in orphans."""
    if thread.group is not None:
        for other in _living(thread.group):
            if other is not thread:
                return other
    seen = {thread.tid}
    above = threads.get(thread.ptid)
    while above is not None and above.tid not in seen and above.in_pidns == thread.in_pidns:
        seen.add(above.tid)
        if above.group is not None and above.group.reaper:
            for other in _living(above.group):
                return other
        above = threads.get(above.ptid)
    return None


def _living(group: Group) -> Iterator[Thread]:
    if group.alive <= 0:
        return
    if group.main is not None and not group.main.is_dead:
        yield group.main
    for thread in group.others.values():
        if not thread.is_dead:
            yield thread
