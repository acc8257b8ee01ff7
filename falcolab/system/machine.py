"""The machine: takes events one after the other, and keeps its tables as they tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from falcolab.system.cgroups import Cgroups
from falcolab.system.containers import place_again
from falcolab.system.event import Event
from falcolab.system.exits import Exits
from falcolab.system.interfaces import Interfaces
from falcolab.system.limits import MAX_ENTER_EVENT
from falcolab.system.lineage import remove
from falcolab.system.plans import Plan, plans
from falcolab.system.snapshot import Interface, Snapshot, User, UserGroup
from falcolab.system.startup import import_snapshot
from falcolab.system.thread import Descriptor, Thread, ThreadFlag
from falcolab.system.threads import ThreadTable
from falcolab.system.users import Users

_HEADER = 26


class Machine:
    """The state of a machine, fed by a capture or by a kernel.

    ::

        machine = Machine()
        for event in machine.replay(capture):   # the events that rules see
            ...                                 # with event.thread and event.fd

    Fields are read before the next event is taken: until then a thread that has exited and a
    descriptor that was closed are still in the tables.

    Attributes:
        num: the number of the last event, ``evt.num``.
        first_time: when the first event happened that came from the machine itself; 0 before it.
        threads, users, network, containers: the tables.
        cgroups: sets control groups and finds containers in them.
        containers_size: the bytes that have told of the containers that are known; container_sizes those
            that have told of each.
        exits: which threads have exited of late.
        exited: the thread that goes when the next event comes.
        closed: the descriptors that do, by their table and number.
    """

    def __init__(self) -> None:
        self.num = 0
        self._plans = plans()
        self._is_begun = False
        self._reset()

    def _reset(self) -> None:
        self.first_time = 0
        self.threads = ThreadTable()
        self.users = Users()
        self.network = Interfaces()
        self.containers: dict[bytes, dict[str, Any]] = {}
        self.containers_size = 0
        self.container_sizes: dict[bytes, int] = {}
        self.cgroups = Cgroups()
        self.exited: int | None = None
        self.closed: list[tuple[dict[int, Descriptor], int]] = []
        self.exits = Exits()

    @property
    def interfaces(self) -> list[Interface]:
        """The network interfaces."""
        return [*self.network.ipv4, *self.network.ipv6]

    def find(self, tid: int) -> Thread | None:
        """The thread, or None if it is not known."""
        return self.threads.by_id.get(tid)

    def user(self, container_id: bytes, uid: int) -> User | None:
        """The user, seen from a container (empty for the host)."""
        return self.users.user(container_id, uid)

    def group(self, container_id: bytes, gid: int) -> UserGroup | None:
        """The group of users, seen from a container (empty for the host)."""
        return self.users.group(container_id, gid)

    def begin(self, snapshot: Snapshot) -> None:
        """Forget everything and start from a snapshot; only the numbering of events goes on."""
        num, is_first = self.num, not self._is_begun
        self._reset()
        self._is_begun = True
        for event in snapshot.events:
            self.take(event)
        if not is_first:
            self.num = num
        self.network = Interfaces(snapshot.interfaces)
        import_snapshot(self, snapshot)

    def replay(self, items: Iterable[Snapshot | Event]) -> Iterator[Event]:
        """Take everything that a source delivers; yields the events that rules see."""
        for item in items:
            if isinstance(item, Snapshot):
                self.begin(item)
            elif self.take(item):
                yield item

    def take(self, event: Event) -> bool:
        """Apply an event; true if rules see it."""
        self.num += 1
        event.num = self.num
        self.settle(event.time)
        plan = self._plans[event.type.id]
        if not self.first_time and not plan.is_meta:
            self.first_time = event.time
        thread = self._thread(event, plan) if plan.has_thread else None
        if plan.observer is not None:
            plan.observer(self, event)
        elif thread is not None and plan.handler is not None:
            plan.handler(self, event, thread)
        if plan.places:
            place_again(self, event)
        if plan.is_exit and thread is not None:
            thread.enter = None
        return not (plan.is_kept or event.state_only)

    def _thread(self, event: Event, plan: Plan) -> Thread | None:
        """The thread that the event is about, with the descriptor that it is about."""
        thread = self.threads.by_id.get(event.tid)
        if thread is None:
            thread = self.threads.get_or_create(event.tid) if plan.makes_thread else None
            if thread is None:
                return None
        event.thread = thread
        if plan.is_enter:
            self._enter(event, thread, plan)
        if not plan.is_exit:
            return thread
        if thread.last_type not in plan.begun_by:
            thread.last_fd = -1
            thread.enter = None
        elif thread.enter is not None and thread.enter.type.id not in plan.begun_by:
            thread.enter = None
        if plan.fd_at >= 0:
            self._find_fd(event, thread, plan.fd_at)
        return thread

    def _enter(self, event: Event, thread: Thread, plan: Plan) -> None:
        thread.last_fd = -1
        thread.last_type = event.type.id
        if plan.fd_at >= 0 and event.params and event.params[0]:
            thread.last_fd = int.from_bytes(event.params[0][:8], "little", signed=True)
        if plan.is_kept:
            size = _HEADER + sum(len(param) + 2 for param in event.params)
            if size <= MAX_ENTER_EVENT:
                thread.enter = event

    def _find_fd(self, event: Event, thread: Thread, position: int) -> None:
        number = thread.last_fd
        if number == -1 and position < len(event.params) and (value := event.params[position]):
            thread.last_fd = number = int.from_bytes(value[:8], "little", signed=True)
        if number < 0:
            return
        shares = thread.flags & ThreadFlag.CLONE_FILES
        fds = self.threads.fds(thread) if shares else thread.fds
        if fds is not None and (descriptor := fds.get(number)) is not None:
            event.fd = descriptor
            event.fd_old_name = descriptor.name

    def remove_later(self, tid: int) -> None:
        """Remove a thread when the next event comes."""
        self.exited = tid

    def close_later(self, fds: dict[int, Descriptor], number: int) -> None:
        """Remove a descriptor when the next event comes."""
        self.closed.append((fds, number))

    def settle(self, time: int) -> None:
        """Remove what goes before the next event, which happens at a time (ns)."""
        if self.exited is not None:
            self._remove_exited(self.exited, time)
        if self.closed:
            self._remove_closed()

    def _remove_closed(self) -> None:
        for fds, number in self.closed:
            fds.pop(number, None)
        self.closed.clear()

    def _remove_exited(self, tid: int, now: int) -> None:
        self.exited = None
        thread = self.threads.get(tid)
        if thread is None:
            return
        self.exits.add(thread.ptid, tid, now)
        remove(self.threads, tid)
