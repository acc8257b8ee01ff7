"""Fields of the process and the thread that caused a system call."""

from __future__ import annotations

from falcolab.fields.field import Arg, Field, Reading
from falcolab.fields.types import Type

PROCESS: tuple[Field, ...] = (
    Field(
        "proc.exe", Type.CHARBUF, "Program as its caller named it: the first entry of the argument vector."
    ),
    Field("proc.pexe", Type.CHARBUF, "Program of the parent process as its caller named it."),
    Field(
        "proc.aexe",
        Type.CHARBUF,
        "Program of the n-th ancestor as its caller named it; without number, of any ancestor.",
        arg=Arg.OPTIONAL,
        rhs=False,
        transformable=False,
        reading=Reading.ANY,
    ),
    Field("proc.exepath", Type.CHARBUF, "Path of the executable file, with symbolic links resolved."),
    Field(
        "proc.pexepath", Type.CHARBUF, "Path of the parent's executable file, with symbolic links resolved."
    ),
    Field(
        "proc.aexepath",
        Type.CHARBUF,
        "Path of the n-th ancestor's executable; without number, of any ancestor's.",
        arg=Arg.OPTIONAL,
        rhs=False,
        transformable=False,
        reading=Reading.ANY,
    ),
    Field("proc.name", Type.CHARBUF, "Name of the process in the kernel, cut to 15 bytes."),
    Field("proc.pname", Type.CHARBUF, "Name of the parent process in the kernel, cut to 15 bytes."),
    Field(
        "proc.aname",
        Type.CHARBUF,
        "Name of the n-th ancestor, 0 being the process itself; without number, of any ancestor.",
        arg=Arg.OPTIONAL,
        rhs=False,
        transformable=False,
        reading=Reading.ANY,
    ),
    Field(
        "proc.args",
        Type.CHARBUF,
        "Arguments of the process after its program, joined by blanks, or the numbered one.",
        arg=Arg.OPTIONAL,
    ),
    Field(
        "proc.aargs",
        Type.CHARBUF,
        "Arguments of the n-th ancestor joined by blanks; without number, those of all ancestors.",
        arg=Arg.OPTIONAL,
    ),
    Field("proc.cmdline", Type.CHARBUF, "Name and arguments of the process, joined by blanks."),
    Field("proc.pcmdline", Type.CHARBUF, "Name and arguments of the parent process, joined by blanks."),
    Field(
        "proc.acmdline",
        Type.CHARBUF,
        "Name and arguments of the n-th ancestor; without number, of any ancestor.",
        arg=Arg.OPTIONAL,
        rhs=False,
        transformable=False,
        reading=Reading.ANY,
    ),
    Field("proc.cmdnargs", Type.UINT64, "How many arguments follow the program on the command line."),
    Field(
        "proc.cmdlenargs",
        Type.UINT64,
        "Length of all arguments together in bytes, blanks between them not counted.",
    ),
    Field(
        "proc.exeline", Type.CHARBUF, "Program as its caller named it and the arguments, joined by blanks."
    ),
    Field(
        "proc.env",
        Type.CHARBUF,
        "Environment of the process joined by blanks, or the value of the named variable.",
        arg=Arg.OPTIONAL,
    ),
    Field(
        "proc.aenv",
        Type.CHARBUF,
        "Environment of the n-th or any ancestor, or the nearest value of a named variable.",
        arg=Arg.OPTIONAL,
        rhs=False,
        transformable=False,
        reading=Reading.ANY_UNNAMED,
    ),
    Field("proc.cwd", Type.CHARBUF, "Working directory of the process, with a slash at its end."),
    Field(
        "proc.loginshellid",
        Type.INT64,
        "Process ID of the outermost shell among the process and its ancestors.",
    ),
    Field("proc.tty", Type.UINT32, "Device number of the controlling terminal; 0 if there is none."),
    Field("proc.pid", Type.INT64, "Process ID in the namespace of the host."),
    Field("proc.ppid", Type.INT64, "Process ID of the parent in the namespace of the host."),
    Field(
        "proc.apid",
        Type.INT64,
        "Process ID of the n-th ancestor; without number, of any ancestor.",
        arg=Arg.OPTIONAL,
        rhs=False,
        transformable=False,
        reading=Reading.ANY,
    ),
    Field("proc.vpid", Type.INT64, "Process ID in the process's own PID namespace."),
    Field("proc.pvpid", Type.INT64, "Process ID of the parent in the parent's own PID namespace."),
    Field("proc.sid", Type.INT64, "Session ID in the process's own PID namespace."),
    Field(
        "proc.sname",
        Type.CHARBUF,
        "Name of the session's leader, or of the eldest ancestor left in the session.",
    ),
    Field("proc.sid.exe", Type.CHARBUF, "Program of the session's leader as its caller named it."),
    Field("proc.sid.exepath", Type.CHARBUF, "Path of the executable file of the session's leader."),
    Field("proc.vpgid", Type.INT64, "Process group ID in the process's own PID namespace."),
    Field(
        "proc.vpgid.name",
        Type.CHARBUF,
        "Name of the group's leader, found by the group ID of the own namespace.",
    ),
    Field(
        "proc.vpgid.exe",
        Type.CHARBUF,
        "Program of the group's leader, found by the group ID of the own namespace.",
    ),
    Field(
        "proc.vpgid.exepath",
        Type.CHARBUF,
        "Executable path of the group's leader, found by the group ID of the own namespace.",
    ),
    Field("proc.pgid", Type.INT64, "Process group ID in the namespace of the host."),
    Field("proc.pgid.name", Type.CHARBUF, "Name of the group's leader, found by the group ID of the host."),
    Field("proc.pgid.exe", Type.CHARBUF, "Program of the group's leader, found by the group ID of the host."),
    Field(
        "proc.pgid.exepath",
        Type.CHARBUF,
        "Executable path of the group's leader, found by the group ID of the host.",
    ),
    Field("proc.duration", Type.RELTIME, "Nanoseconds between the start of the process and the event."),
    Field(
        "proc.ppid.duration",
        Type.RELTIME,
        "Nanoseconds between the start of the parent process and the event.",
    ),
    Field("proc.pid.ts", Type.RELTIME, "Start of the process in nanoseconds since the Unix epoch."),
    Field("proc.ppid.ts", Type.RELTIME, "Start of the parent process in nanoseconds since the Unix epoch."),
    Field(
        "proc.is_exe_writable",
        Type.BOOL,
        "Whether the user who started the process may write to its executable.",
    ),
    Field(
        "proc.is_exe_upper_layer",
        Type.BOOL,
        "Whether the executable lies in the upper, writable layer of an overlay file system.",
    ),
    Field(
        "proc.is_exe_lower_layer",
        Type.BOOL,
        "Whether the executable lies in a lower, image layer of an overlay file system.",
    ),
    Field(
        "proc.is_exe_from_memfd",
        Type.BOOL,
        "Whether the executable exists in memory only, made with `memfd_create`.",
    ),
    Field(
        "proc.is_sid_leader",
        Type.BOOL,
        "Whether the process leads its session: `proc.sid` equals `proc.vpid`.",
    ),
    Field(
        "proc.is_vpgid_leader",
        Type.BOOL,
        "Whether `proc.vpgid` equals `proc.vpid`, as in commands typed at a terminal.",
    ),
    Field(
        "proc.is_pgid_leader",
        Type.BOOL,
        "Whether the process leads its group: `proc.pgid` equals `proc.pid`.",
    ),
    Field("proc.exe_ino", Type.INT64, "Inode number of the executable file."),
    Field(
        "proc.exe_ino.ctime",
        Type.ABSTIME,
        "Last change of the executable's inode in nanoseconds since the Unix epoch.",
    ),
    Field(
        "proc.exe_ino.mtime",
        Type.ABSTIME,
        "Last change of the executable's content in nanoseconds since the Unix epoch.",
    ),
    Field(
        "proc.exe_ino.ctime_duration_proc_start",
        Type.ABSTIME,
        "Nanoseconds between the last change of the executable's inode and the process's start.",
    ),
    Field(
        "proc.exe_ino.ctime_duration_pidns_start",
        Type.ABSTIME,
        "Nanoseconds from the PID namespace's start to a later change of the executable's inode.",
    ),
    Field(
        "proc.pidns_init_start_ts",
        Type.UINT64,
        "Start of the PID namespace in nanoseconds since the Unix epoch.",
    ),
    Field(
        "thread.cap_permitted",
        Type.CHARBUF,
        "Capabilities that the thread may make effective, as names parted by blanks.",
    ),
    Field(
        "thread.cap_inheritable",
        Type.CHARBUF,
        "Capabilities that the thread may pass on through `execve`, as names parted by blanks.",
    ),
    Field(
        "thread.cap_effective",
        Type.CHARBUF,
        "Capabilities in force for the thread, as names parted by blanks.",
    ),
    Field("proc.fdopencount", Type.UINT64, "How many file descriptors the process has open."),
    Field("proc.fdlimit", Type.INT64, "How many file descriptors the process may have open."),
    Field("proc.fdusage", Type.DOUBLE, "Open file descriptors in percent of the allowed number."),
    Field(
        "proc.vmsize",
        Type.UINT64,
        "Address space of the process in kilobytes, whether backed by memory or not.",
    ),
    Field("proc.vmrss", Type.UINT64, "Memory of the process that is resident in RAM, in kilobytes."),
    Field("proc.vmswap", Type.UINT64, "Memory of the process that is swapped out, in kilobytes."),
    Field("thread.pfmajor", Type.UINT64, "How many page faults of the thread needed the disk."),
    Field("thread.pfminor", Type.UINT64, "How many page faults of the thread needed no disk."),
    Field("thread.tid", Type.INT64, "Thread ID in the namespace of the host."),
    Field("thread.ismain", Type.BOOL, "Whether the thread is the first one of its process."),
    Field("thread.vtid", Type.INT64, "Thread ID in the thread's own PID namespace."),
    Field(
        "thread.exectime", Type.RELTIME, "Nanoseconds that the thread last ran on a processor; 0 in a replay."
    ),
    Field(
        "thread.totexectime",
        Type.RELTIME,
        "Nanoseconds that the thread has run since the capture began; 0 in a replay.",
    ),
    Field(
        "thread.cgroups", Type.CHARBUF, "Control groups of the thread as `subsystem=path`, parted by blanks."
    ),
    Field(
        "thread.cgroup",
        Type.CHARBUF,
        "Path of the thread's control group in the named subsystem.",
        arg=Arg.MEMBER,
    ),
    Field("proc.nthreads", Type.UINT64, "How many threads of the process are alive, the main one counted."),
    Field(
        "proc.nchilds", Type.UINT64, "How many threads of the process are alive, the main one not counted."
    ),
    Field("thread.cpu", Type.DOUBLE, "Processor time of the thread in percent; only on `procinfo` events."),
    Field(
        "thread.cpu.user", Type.DOUBLE, "Processor time in user mode in percent; only on `procinfo` events."
    ),
    Field(
        "thread.cpu.system",
        Type.DOUBLE,
        "Processor time in the kernel in percent; only on `procinfo` events.",
    ),
    Field(
        "thread.vmsize", Type.UINT64, "Address space of the process in kilobytes; 0 for all but main threads."
    ),
    Field(
        "thread.vmrss",
        Type.UINT64,
        "Resident memory of the process in kilobytes; 0 for all but main threads.",
    ),
    Field("proc.stdin.type", Type.CHARBUF, "Type of the process's standard input, such as `file` or `ipv4`."),
    Field(
        "proc.stdout.type", Type.CHARBUF, "Type of the process's standard output, such as `file` or `ipv4`."
    ),
    Field(
        "proc.stderr.type", Type.CHARBUF, "Type of the process's standard error, such as `file` or `ipv4`."
    ),
    Field("proc.stdin.name", Type.CHARBUF, "Path or connection behind the process's standard input."),
    Field("proc.stdout.name", Type.CHARBUF, "Path or connection behind the process's standard output."),
    Field("proc.stderr.name", Type.CHARBUF, "Path or connection behind the process's standard error."),
)
"""The ``proc.*`` and ``thread.*`` fields, in the order in which Falco lists them."""
