"""Fields of the process and the thread, from their own records.

Source: ``userspace/libsinsp/sinsp_filtercheck_thread.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from falcolab.lang.strings import to_bytes, to_text
from falcolab.system.thread import Thread
from falcolab.system.values.context import Context, Extractor, Part, Value
from falcolab.system.values.numbers import signed

_CAPABILITY_NAMES = """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
    NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
    SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
    AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
    PERFMON BPF CHECKPOINT_RESTORE
"""
_CAPABILITIES = tuple(f"CAP_{name}" for name in _CAPABILITY_NAMES.split())
_MAX_ID = 2**32 - 1


def _own(value: Callable[[Thread], Value], depends: Part = Part.PROCESS) -> Extractor:
    """A field that the thread's record tells; absent without one."""

    def extract(context: Context, _arg: str | None) -> Value:
        return None if context.thread is None else value(context.thread)

    return Extractor(extract, depends)


def _nonzero(value: Callable[[Thread], int]) -> Extractor:
    return _own(lambda thread: value(thread) or None)


def known_id(number: int) -> int | None:
    """A thread or process id; None for one that stands for none in the kernel."""
    return number if -1 <= number <= _MAX_ID else None


def positive_index(arg: str | None) -> int | None:
    """The number in a field's brackets; None if there is none."""
    return int(arg) if arg is not None and arg.isascii() and arg.isdecimal() else None


def arguments(thread: Thread) -> bytes:
    """The arguments, joined by blanks."""
    return b" ".join(thread.args)


def environment(context: Context, thread: Thread) -> str:
    """The environment of a thread's process, joined by blanks."""
    return _joined(b"\0".join(context.machine.threads.env(thread)))


@lru_cache(maxsize=256)
def _joined(variables: bytes) -> str:
    return to_text(variables.replace(b"\0", b" "))


def variable(context: Context, thread: Thread, name: str) -> bytes:
    """A variable of the environment; empty if it is not set."""
    begin = to_bytes(name) + b"="
    for entry in context.machine.threads.env(thread):
        if entry.startswith(begin) and (value := entry[len(begin) :].strip(b" ")):
            return value
    return b""


def _args(context: Context, arg: str | None) -> str | None:
    thread, index = context.thread, positive_index(arg)
    if thread is None:
        return None
    if index is None:
        return to_text(arguments(thread))
    return to_text(thread.args[index]) if index < len(thread.args) else ""


def _env(context: Context, arg: str | None) -> str | None:
    thread = context.thread
    if thread is None:
        return None
    is_whole = arg is None or positive_index(arg) is not None
    return environment(context, thread) if is_whole else to_text(variable(context, thread, arg or ""))


def _cwd(context: Context, _arg: str | None) -> str | None:
    return None if context.thread is None else to_text(context.cwd)


def _tid(context: Context, _arg: str | None) -> int | None:
    return known_id(context.event.tid)


def _duration(context: Context, _arg: str | None) -> int | None:
    thread = context.thread
    if thread is None or thread.clone_ts == 0:
        return None
    return (context.event.time - thread.clone_ts) % 2**64


@lru_cache(maxsize=1024)
def _capabilities(mask: int) -> str:
    return " ".join(name for bit, name in enumerate(_CAPABILITIES) if mask >> bit & 1)


def _cgroups(thread: Thread) -> str | None:
    return to_text(b" ".join(name + b"=" + path for name, path in thread.cgroups)) or None


def _cgroup(context: Context, arg: str | None) -> str | None:
    thread, wanted = context.thread, to_bytes(arg or "")
    found = () if thread is None else (path for name, path in thread.cgroups if name == wanted)
    return next((to_text(path) for path in found), None)


FIELDS: dict[str, Extractor] = {
    "proc.pid": _own(lambda thread: known_id(thread.pid)),
    "proc.vpid": _own(lambda thread: None if thread.vpid == -1 else thread.vpid),
    "proc.sid": _own(lambda thread: thread.sid),
    "proc.pgid": _own(lambda thread: thread.pgid),
    "proc.vpgid": _own(lambda thread: thread.vpgid),
    "proc.tty": _own(lambda thread: thread.tty),
    "proc.name": _own(lambda thread: to_text(thread.comm)),
    "proc.exe": _own(lambda thread: to_text(thread.exe)),
    "proc.exepath": _own(lambda thread: to_text(thread.exepath)),
    "proc.args": Extractor(_args, Part.PROCESS),
    "proc.cmdline": _own(lambda thread: to_text(thread.command_line)),
    "proc.exeline": _own(lambda thread: to_text(thread.exe + b" " + arguments(thread))),
    "proc.cmdnargs": _own(lambda thread: len(thread.args)),
    "proc.cmdlenargs": _own(lambda thread: sum(map(len, thread.args))),
    "proc.env": Extractor(_env, Part.PROCESS),
    "proc.cwd": Extractor(_cwd, Part.PROCESS),
    "proc.duration": Extractor(_duration, Part.PROCESS | Part.EVENT),
    "proc.pid.ts": _nonzero(lambda thread: thread.clone_ts),
    "proc.is_exe_writable": _own(lambda thread: thread.exe_writable),
    "proc.is_exe_upper_layer": _own(lambda thread: thread.exe_upper_layer),
    "proc.is_exe_lower_layer": _own(lambda thread: thread.exe_lower_layer),
    "proc.is_exe_from_memfd": _own(lambda thread: thread.exe_from_memfd),
    "proc.is_sid_leader": _own(lambda thread: thread.sid == thread.vpid),
    "proc.is_vpgid_leader": _own(lambda thread: thread.vpgid == thread.vpid),
    "proc.is_pgid_leader": _own(lambda thread: thread.pgid == thread.pid),
    "proc.exe_ino": _nonzero(lambda thread: signed(thread.exe_ino)),
    "proc.exe_ino.ctime": _nonzero(lambda thread: thread.exe_ino_ctime),
    "proc.exe_ino.mtime": _nonzero(lambda thread: thread.exe_ino_mtime),
    "proc.exe_ino.ctime_duration_proc_start": _nonzero(lambda thread: thread.exe_ino_ctime_duration_clone_ts),
    "proc.exe_ino.ctime_duration_pidns_start": _nonzero(
        lambda thread: thread.exe_ino_ctime_duration_pidns_start
    ),
    "proc.pidns_init_start_ts": _nonzero(lambda thread: thread.pidns_init_start_ts),
    "thread.tid": Extractor(_tid, Part.EVENT),
    "thread.vtid": _own(lambda thread: None if thread.vtid == -1 else thread.vtid),
    "thread.ismain": _own(lambda thread: thread.is_main),
    "thread.cap_permitted": _own(lambda thread: _capabilities(thread.cap_permitted)),
    "thread.cap_inheritable": _own(lambda thread: _capabilities(thread.cap_inheritable)),
    "thread.cap_effective": _own(lambda thread: _capabilities(thread.cap_effective)),
    "thread.cgroups": _own(_cgroups),
    "thread.cgroup": Extractor(_cgroup, Part.PROCESS),
}
"""The fields of the process's own record."""
