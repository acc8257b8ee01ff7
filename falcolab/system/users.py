"""Users and groups, as the capture names them.

Falco asks the machine on which it runs for those that the capture does not name. A replay here
does not, so that it means the same everywhere: only what was recorded counts, and root.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from falcolab.system.limits import MAX_ACCOUNTS
from falcolab.system.params import NOT_AVAILABLE, text, unsigned
from falcolab.system.snapshot import User, UserGroup
from falcolab.system.thread import NO_ID

if TYPE_CHECKING:
    from falcolab.system.event import Event
    from falcolab.system.machine import Machine

_ROOT = User(0, 0, b"root", b"/root", NOT_AVAILABLE)
_ROOT_GROUP = UserGroup(0, b"root")
_SYNC_MARKS = (b"+", b"-")
"""With these begin the lines of ``/etc/passwd`` that stand for the accounts of a directory service."""


class Users:
    """The accounts of the host; containers have none but root, for nobody recorded theirs."""

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.groups: dict[int, UserGroup] = {}

    def user(self, container_id: bytes, uid: int) -> User | None:
        """The user, seen from a container (empty for the host)."""
        found = None if container_id else self.users.get(uid)
        return found or (_ROOT if uid == 0 else None)

    def group(self, container_id: bytes, gid: int) -> UserGroup | None:
        """The group of users, seen from a container (empty for the host)."""
        found = None if container_id else self.groups.get(gid)
        return found or (_ROOT_GROUP if gid == 0 else None)

    def take_list(self, users: Iterable[User], groups: Iterable[UserGroup]) -> None:
        """Take in the list of a capture."""
        for user in users:
            self.add_user(user)
        for group in groups:
            self.add_group(group)

    def add_user(self, user: User) -> None:
        """Take in or replace a user of the host."""
        if user.uid != NO_ID and not user.name.startswith(_SYNC_MARKS) and len(self.users) < MAX_ACCOUNTS:
            self.users[user.uid] = user

    def add_group(self, group: UserGroup) -> None:
        """Take in or replace a group of the host."""
        if group.gid != NO_ID and not group.name.startswith(_SYNC_MARKS) and len(self.groups) < MAX_ACCOUNTS:
            self.groups[group.gid] = group


def _user_added(machine: Machine, event: Event) -> None:
    uid, gid = unsigned(event, 0), unsigned(event, 1)
    if uid is not None and text(event, 5) in (b"", NOT_AVAILABLE):
        user = User(uid, NO_ID if gid is None else gid, text(event, 2), text(event, 3), text(event, 4))
        machine.users.add_user(user)


def _user_deleted(machine: Machine, event: Event) -> None:
    if text(event, 5) in (b"", NOT_AVAILABLE):
        machine.users.users.pop(unsigned(event, 0) or 0, None)


def _group_added(machine: Machine, event: Event) -> None:
    gid = unsigned(event, 0)
    if gid is not None and text(event, 2) in (b"", NOT_AVAILABLE):
        machine.users.add_group(UserGroup(gid, text(event, 1)))


def _group_deleted(machine: Machine, event: Event) -> None:
    if text(event, 2) in (b"", NOT_AVAILABLE):
        machine.users.groups.pop(unsigned(event, 0) or 0, None)


OBSERVERS = {
    354: _user_added,
    356: _user_deleted,
    358: _group_added,
    360: _group_deleted,
}
