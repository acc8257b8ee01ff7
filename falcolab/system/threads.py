"""The table of threads."""

from __future__ import annotations

from collections.abc import Iterator

from falcolab.system.limits import MAX_COPIED_FDS, MAX_THREADS
from falcolab.system.params import NOT_AVAILABLE
from falcolab.system.thread import Descriptor, Group, Thread, ThreadFlag


class ThreadTable:
    """The threads of the machine, and what they share with the main thread of their process.

    Attributes:
        by_id: the threads.
        groups: the thread groups, by process.
        copied_fds: how many descriptors processes have from their parents.
    """

    def __init__(self) -> None:
        self.by_id: dict[int, Thread] = {}
        self.groups: dict[int, Group] = {}
        self.copied_fds = 0

    @property
    def is_full(self) -> bool:
        """Whether no further thread is taken in."""
        return len(self.by_id) >= MAX_THREADS

    def get(self, tid: int) -> Thread | None:
        """The thread, or None if it is not known."""
        return self.by_id.get(tid)

    def get_or_create(self, tid: int) -> Thread | None:
        """The thread, or a placeholder for it; None if the table is full."""
        thread = self.by_id.get(tid)
        if thread is None and not self.is_full:
            thread = Thread(tid=tid, comm=NOT_AVAILABLE, exe=NOT_AVAILABLE)
            self.by_id[tid] = thread
        return thread

    def put(self, thread: Thread) -> None:
        """Take a thread in, in place of any other with its id."""
        if (old := self.by_id.get(thread.tid)) is not None:
            self._detach(old)
        self.by_id[thread.tid] = thread

    def erase(self, tid: int) -> None:
        """Forget a thread; its children and its process are not told."""
        if (thread := self.by_id.pop(tid, None)) is not None:
            self._detach(thread)

    def _detach(self, thread: Thread) -> None:
        """Take the record out of its group and from its parent."""
        self.copied_fds = max(0, self.copied_fds - len(thread.fds))
        group = thread.group
        if group is not None and group.main is thread:
            group.main = None
        elif group is not None and group.others.get(thread.tid) is thread:
            del group.others[thread.tid]
        parent = self.by_id.get(thread.ptid)
        if parent is not None and parent.children.get(thread.tid) is thread:
            del parent.children[thread.tid]

    def main(self, thread: Thread) -> Thread | None:
        """The main thread of the thread's process; None if it is not known."""
        if thread.is_main:
            return thread
        return thread.group.main if thread.group is not None else None

    def fds(self, thread: Thread) -> dict[int, Descriptor] | None:
        """The descriptors that the thread works with: its own or those of its main thread."""
        if not thread.flags & ThreadFlag.CLONE_FILES:
            return thread.fds
        main = self.main(thread)
        return main.fds if main is not None else None

    def copy_of_fds(self, thread: Thread) -> dict[int, Descriptor]:
        """The descriptors for a child of the thread; the records are shared, for they never change."""
        fds = self.fds(thread) or {}
        self.copied_fds += len(fds)
        return fds.copy() if self.copied_fds <= MAX_COPIED_FDS else {}

    def descriptor(self, thread: Thread, number: int) -> Descriptor | None:
        """What a number stands for in the thread."""
        fds = self.fds(thread) if number >= 0 else None
        return fds.get(number) if fds is not None else None

    def cwd(self, thread: Thread) -> bytes:
        """The working directory, with a slash at its end."""
        main = self.main(thread)
        return main.cwd if main is not None else b"./"

    def env(self, thread: Thread) -> list[bytes]:
        """The environment."""
        main = self.main(thread)
        return main.env if main is not None else thread.env

    def parent(self, thread: Thread) -> Thread | None:
        """The main thread of the parent process, as ``proc.p*`` fields see it."""
        return self.step_up(main) if (main := self.main(thread)) is not None else None

    def step_up(self, thread: Thread) -> Thread | None:
        """The main thread of the process of the thread's parent."""
        parent = self.by_id.get(thread.ptid)
        return self.main(parent) if parent is not None else None

    def ancestor(self, thread: Thread, generation: int) -> Thread | None:
        """The main thread so many processes up, as ``proc.aname[n]`` sees it; 0 is the own process."""
        found = self.main(thread) if generation <= len(self.by_id) else None
        while found is not None and generation > 0:
            found = self.step_up(found)
            generation -= 1
        return found

    def ancestors(self, thread: Thread) -> Iterator[Thread]:
        """The threads above the main thread, step by step over ``ptid``; a loop ends them."""
        main = self.main(thread)
        slow = self.by_id.get(main.ptid) if main is not None else None
        fast = slow
        while slow is not None and slow.tid != -1:
            yield slow
            if (above := self.by_id.get(slow.ptid)) is slow:
                return
            slow = above
            for _ in range(2):
                fast = self.by_id.get(fast.ptid) if fast is not None else None
            if slow is not None and slow is fast:
                return
