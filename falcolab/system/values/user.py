"""Fields of the user and the group that a thread runs as.

An account that the tables do not know is called ``<NA>``, which is a value like any other;
number 0 is always root. Source: ``userspace/libsinsp/threadinfo.cpp`` and
``sinsp_filtercheck_user.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable

from falcolab.lang.strings import to_text
from falcolab.system.snapshot import User
from falcolab.system.thread import NO_ID, Thread
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.strings import NOT_AVAILABLE

_ACCOUNT = Part.PROCESS | Part.USER


def _number(value: Callable[[Thread], int]) -> Extractor:
    def extract(context: Context, _arg: str | None) -> Value:
        return None if context.thread is None else value(context.thread)

    return Extractor(extract, Part.PROCESS)


def _user(context: Context, uid: int, attribute: Callable[[User], bytes]) -> str:
    thread = context.thread
    user = None if thread is None else context.machine.users.user(thread.container_id, uid)
    return NOT_AVAILABLE if user is None else to_text(attribute(user))


def _of_user(attribute: Callable[[User], bytes]) -> Extractor:
    def extract(context: Context, _arg: str | None) -> Value:
        return None if context.thread is None else _user(context, context.thread.uid, attribute)

    return Extractor(extract, _ACCOUNT)


def _login_name(context: Context, _arg: str | None) -> str | None:
    thread = context.thread
    return None if thread is None else _user(context, thread.loginuid, lambda user: user.name)


def _group_name(context: Context, _arg: str | None) -> str | None:
    thread = context.thread
    if thread is None:
        return None
    group = context.machine.users.group(thread.container_id, thread.gid)
    return NOT_AVAILABLE if group is None else to_text(group.name)


FIELDS: dict[str, Extractor] = {
    "user.uid": _number(lambda thread: thread.uid),
    "user.name": _of_user(lambda user: user.name),
    "user.homedir": _of_user(lambda user: user.home),
    "user.shell": _of_user(lambda user: user.shell),
    "user.loginuid": _number(lambda thread: -1 if thread.loginuid == NO_ID else thread.loginuid),
    "user.loginname": Extractor(_login_name, _ACCOUNT),
    "group.gid": _number(lambda thread: thread.gid),
    "group.name": Extractor(_group_name, _ACCOUNT),
}
"""The fields of accounts."""
