"""Fields of system call events themselves: type, arguments, result, data.

The last ones are accepted in rules, though Falco does not list them: some are deprecated,
the others were meant for tables of other programs.
"""

from __future__ import annotations

from falcolab.fields.field import Arg, Field, Reading
from falcolab.fields.types import Type

SYSCALL_EVENT: tuple[Field, ...] = (
    Field(
        "evt.deltatime", Type.RELTIME, "Nanoseconds since the event for which this field was last evaluated."
    ),
    Field(
        "evt.deltatime.s",
        Type.RELTIME,
        "Whole seconds since the event for which this field was last evaluated.",
    ),
    Field(
        "evt.deltatime.ns",
        Type.RELTIME,
        "Nanoseconds beyond the whole seconds since this field was last evaluated.",
    ),
    Field(
        "evt.type", Type.CHARBUF, "Name of the event; for a system call that of the call, such as `openat`."
    ),
    Field(
        "evt.type.is",
        Type.UINT32,
        "1 if the event has the named or numbered type, otherwise 0.",
        arg=Arg.MEMBER,
    ),
    Field("syscall.type", Type.CHARBUF, "Name of the system call; absent if the event is none."),
    Field(
        "evt.category", Type.CHARBUF, "Group that the event belongs to, such as `file`, `net` or `process`."
    ),
    Field("evt.cpu", Type.INT16, "Number of the processor on which the event was recorded."),
    Field("evt.args", Type.CHARBUF, "All arguments of the event as `name=value`, parted by blanks."),
    Field(
        "evt.arg",
        Type.CHARBUF,
        "One argument by name or position as text, with flags and descriptors spelled out.",
        arg=Arg.MEMBER,
    ),
    Field(
        "evt.rawarg",
        Type.DYNAMIC,
        "One argument by name as it was recorded, in its own type.",
        arg=Arg.MEMBER,
        rhs=False,
        transformable=False,
    ),
    Field("evt.info", Type.CHARBUF, "Same text as `evt.args`: every argument with its name."),
    Field("evt.buffer", Type.BYTEBUF, "Data that the call read or wrote, as far as it was captured."),
    Field("evt.buflen", Type.UINT64, "Number of bytes that the call read or wrote, by its result."),
    Field(
        "evt.res",
        Type.CHARBUF,
        "`SUCCESS`, or the name of the error that the call returned, such as `ENOENT`.",
    ),
    Field("evt.rawres", Type.INT64, "Number that the system call returned; negative on failure."),
    Field("evt.failed", Type.BOOL, "Whether the system call ended with an error."),
    Field("evt.is_io", Type.BOOL, "Whether the event reads from or writes to a file descriptor."),
    Field("evt.is_io_read", Type.BOOL, "Whether the event takes data from a file descriptor."),
    Field("evt.is_io_write", Type.BOOL, "Whether the event sends data to a file descriptor."),
    Field(
        "evt.io_dir",
        Type.CHARBUF,
        "`read` or `write`, by the direction of the data; absent for other events.",
    ),
    Field("evt.is_wait", Type.BOOL, "Whether the call may put its thread to sleep, as `poll` does."),
    Field("evt.is_syslog", Type.BOOL, "Whether the event writes to the system log's socket."),
    Field("evt.count", Type.UINT32, "Always 1, for tools that count events by summing it."),
    Field("evt.count.error", Type.UINT32, "1 if the system call failed, 0 if it succeeded."),
    Field(
        "evt.count.error.file",
        Type.UINT32,
        "1 if a call on a file failed, 0 if it succeeded; absent for other calls.",
    ),
    Field(
        "evt.count.error.net",
        Type.UINT32,
        "1 if a call on a socket failed, 0 if it succeeded; absent for other calls.",
    ),
    Field(
        "evt.count.error.memory",
        Type.UINT32,
        "1 if a call for memory failed, 0 if it succeeded; absent for other calls.",
    ),
    Field("evt.count.error.other", Type.UINT32, "1 if a call of any other kind failed, 0 if it succeeded."),
    Field("evt.count.exit", Type.UINT32, "1 for exit events; absent for all others."),
    Field(
        "evt.around",
        Type.UINT64,
        "Compared with milliseconds: whether the event is that near to the given timestamp.",
        arg=Arg.KEY,
        rhs=False,
        transformable=False,
        condition_only=True,
        reading=Reading.WITHIN,
    ),
    Field(
        "evt.abspath",
        Type.CHARBUF,
        "Absolute path that a call means by its directory descriptor and name.",
        arg=Arg.MEMBER,
    ),
    Field("evt.is_open_read", Type.BOOL, "Whether a call that opens a file asks for read access."),
    Field("evt.is_open_write", Type.BOOL, "Whether a call that opens a file asks for write access."),
    Field(
        "evt.is_open_exec",
        Type.BOOL,
        "Whether a call that opens a file may create it with execute permission.",
    ),
    Field("evt.is_open_create", Type.BOOL, "Whether a call that opens a file has created it."),
    Field(
        "evt.dir",
        Type.CHARBUF,
        "`<` for system calls, which are reported when they end, and `>` for other events.",
        listed=False,
        deprecated=(
            "enter events no longer exist, so `evt.dir = <` is always true of system calls "
            "and `evt.dir = >` never"
        ),
    ),
    Field(
        "evt.latency",
        Type.RELTIME,
        "Formerly the nanoseconds that a system call took; always 0 today.",
        listed=False,
        deprecated="`evt.latency` is always 0: there are no enter events left to measure from",
    ),
    Field(
        "evt.latency.s",
        Type.RELTIME,
        "Formerly the whole seconds that a system call took; always 0 today.",
        listed=False,
        deprecated="`evt.latency.s` is always 0: there are no enter events left to measure from",
    ),
    Field(
        "evt.latency.ns",
        Type.RELTIME,
        "Formerly the nanoseconds beyond whole seconds that a call took; always 0 today.",
        listed=False,
        deprecated="`evt.latency.ns` is always 0: there are no enter events left to measure from",
    ),
    Field(
        "evt.latency.human",
        Type.CHARBUF,
        "Formerly the duration of a system call as readable text; always `0ns` today.",
        listed=False,
        deprecated="`evt.latency.human` is always `0ns`: there are no enter events left to measure from",
    ),
    Field(
        "evt.wait_latency",
        Type.RELTIME,
        "Formerly the nanoseconds that a thread waited in a call; always 0 today.",
        listed=False,
        deprecated="`evt.wait_latency` is always 0: there are no enter events left to measure from",
    ),
    Field(
        "evt.latency.quantized",
        Type.UINT64,
        "Formerly the decimal logarithm of a system call's duration; meaningless today.",
        listed=False,
    ),
    Field(
        "evt.outputtime",
        Type.CHARBUF,
        "Time of the event in the format chosen for output, by default as `evt.time`.",
        listed=False,
    ),
    Field(
        "evt.count.procinfo",
        Type.UINT32,
        "1 for the periodic statistics of a process's main thread.",
        listed=False,
    ),
    Field("evt.count.threadinfo", Type.UINT32, "1 for the periodic statistics of any thread.", listed=False),
    Field(
        "evt.buflen.in", Type.UINT64, "Bytes that the call read; absent if it does not read.", listed=False
    ),
    Field(
        "evt.buflen.out", Type.UINT64, "Bytes that the call wrote; absent if it does not write.", listed=False
    ),
    Field("evt.buflen.file", Type.UINT64, "Bytes that the call read from or wrote to a file.", listed=False),
    Field("evt.buflen.file.in", Type.UINT64, "Bytes that the call read from a file.", listed=False),
    Field("evt.buflen.file.out", Type.UINT64, "Bytes that the call wrote to a file.", listed=False),
    Field(
        "evt.buflen.net",
        Type.UINT64,
        "Bytes that the call received from or sent to the network.",
        listed=False,
    ),
    Field("evt.buflen.net.in", Type.UINT64, "Bytes that the call received from the network.", listed=False),
    Field("evt.buflen.net.out", Type.UINT64, "Bytes that the call sent to the network.", listed=False),
    Field(
        "evt.infra.docker.name",
        Type.CHARBUF,
        "Name of a Docker daemon event, in infrastructure events only.",
        listed=False,
    ),
    Field(
        "evt.infra.docker.container.id",
        Type.CHARBUF,
        "ID of the container that a Docker daemon event is about.",
        listed=False,
    ),
    Field(
        "evt.infra.docker.container.name",
        Type.CHARBUF,
        "Name of the container that a Docker daemon event is about.",
        listed=False,
    ),
    Field(
        "evt.infra.docker.container.image",
        Type.CHARBUF,
        "Image of the container that a Docker daemon event is about.",
        listed=False,
    ),
)
"""The fields of events of the source ``syscall`` that describe the event, listed ones first."""
