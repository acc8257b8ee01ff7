"""Programs that make known calls, and what rules must see of them: one row for each.

``count`` calls of the type are expected, all alike in ``fields``. ``{dir}`` stands for the folder in
which the program runs and ``{pid}`` for its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PRIME = 23


@dataclass(frozen=True)
class Workload:
    """A program and the events that it must cause.

    Attributes:
        type: the type of the events.
        code: Python that is run with ``call`` (system calls by number), ``libc`` and ``here``.
        fields: what each of them must show; those that do not show the first field's value are others'.
        count: how many.
    """

    type: str
    code: str
    fields: dict[str, Any] = field(default_factory=dict)
    count: int = 1


def times(code: str) -> str:
    """The code a prime number of times."""
    return f"for number in range({PRIME}):\n    {code}\n"


FILES = (
    Workload(
        "open",
        times("os.close(call(2, b'data', 0o1102, 0o640)); os.unlink('data')"),
        {
            "evt.arg.name": "{dir}/data",
            "fd.name": "{dir}/data",
            "fd.typechar": "f",
            "evt.is_open_write": True,
            "evt.is_open_create": True,
            "evt.arg.flags": "O_TRUNC|O_CREAT|O_RDWR|O_F_CREATED",
            "evt.arg.mode": "0640",
            "fs.path.name": "{dir}/data",
        },
        PRIME,
    ),
    Workload(
        "openat",
        times("call(257, -100, b'missing', 0)"),
        {"evt.arg.name": "{dir}/missing", "evt.res": "ENOENT", "evt.failed": True},
        PRIME,
    ),
    Workload(
        "openat",
        "call(257, os.open('/etc', os.O_PATH), b'passwd', 0o2000000)",
        {"fd.name": "/etc/passwd", "evt.is_open_read": True, "fd.directory": "/etc", "evt.res": "SUCCESS"},
    ),
    Workload(
        "openat",
        "call(257, -100, b'/', 0o200000)",
        {"fd.name": "/", "fd.typechar": "d", "evt.arg.flags": "O_DIRECTORY|O_RDONLY|O_TMPFILE"},
    ),
    Workload(
        "openat2",
        "call(437, -100, b'made', struct.pack('QQQ', 0o101, 0o600, 4), 24)",
        {
            "fd.name": "{dir}/made",
            "evt.arg.flags": "O_CREAT|O_WRONLY|O_F_CREATED",
            "evt.arg.mode": "0600",
            "evt.arg.resolve": "RESOLVE_NO_SYMLINKS",
        },
    ),
    Workload(
        "creat",
        times("os.close(call(85, b'new', 0o644))"),
        {"fd.name": "{dir}/new", "evt.arg.mode": "0644"},
        PRIME,
    ),
    Workload(
        "rename",
        "os.close(call(85, b'old', 0o644)); call(82, b'old', b'newer')",
        {
            "evt.arg.oldpath": "{dir}/old",
            "fs.path.source": "{dir}/old",
            "fs.path.target": "{dir}/newer",
            "evt.res": "SUCCESS",
        },
    ),
    Workload(
        "renameat",
        "call(264, -100, b'gone', -100, b'there')",
        {"evt.arg.oldpath": "{dir}/gone", "evt.res": "ENOENT", "evt.arg.newpath": "{dir}/there"},
    ),
    Workload(
        "renameat2",
        "call(316, -100, b'gone2', -100, b'there2', 1)",
        {"evt.arg.oldpath": "{dir}/gone2", "evt.arg.flags": "RENAME_NOREPLACE"},
    ),
    Workload(
        "unlink", times("call(87, b'nothing')"), {"evt.arg.path": "{dir}/nothing", "evt.res": "ENOENT"}, PRIME
    ),
    Workload(
        "unlinkat",
        "os.mkdir('sub'); call(263, -100, b'sub', 0x200)",
        {"evt.arg.name": "{dir}/sub", "evt.arg.flags": "AT_REMOVEDIR", "evt.res": "SUCCESS"},
    ),
    Workload("rmdir", "call(84, b'none')", {"evt.arg.path": "{dir}/none", "evt.res": "ENOENT"}),
    Workload("mkdir", "call(83, b'made', 0o750)", {"fs.path.name": "{dir}/made", "evt.arg.mode": "1E8"}),
    Workload(
        "mkdirat", "call(258, -100, b'made2', 0o700)", {"evt.arg.path": "{dir}/made2", "evt.res": "SUCCESS"}
    ),
    Workload(
        "link", "call(86, b'x1', b'x2')", {"evt.arg.oldpath": "{dir}/x1", "evt.arg.newpath": "{dir}/x2"}
    ),
    Workload(
        "linkat",
        "call(265, -100, b'y1', -100, b'y2', 0x400)",
        {"evt.arg.newpath": "{dir}/y2", "evt.arg.flags": "AT_SYMLINK_FOLLOW"},
    ),
    Workload(
        "symlink", "call(88, b'/etc/shadow', b's')", {"evt.arg.target": "/etc/shadow", "evt.res": "SUCCESS"}
    ),
    Workload(
        "symlinkat",
        "call(266, b'/etc', -100, b's2')",
        {"evt.arg.target": "/etc", "evt.arg.linkpath": "{dir}/s2"},
    ),
    Workload(
        "chmod",
        "os.close(call(85, b'm', 0o644)); call(90, b'm', 0o4755)",
        {
            "fs.path.name": "{dir}/m",
            "evt.arg.mode": "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID",
        },
    ),
    Workload("fchmod", "call(91, call(85, b'n', 0o644), 0o600)", {"evt.arg.mode": "S_IWUSR|S_IRUSR"}),
    Workload(
        "fchmodat",
        "call(268, -100, b'm2', 0o4000)",
        {"evt.arg.filename": "{dir}/m2", "evt.arg.mode": "S_ISUID"},
    ),
    Workload("chown", "call(92, b'o', 7, 8)", {"evt.arg.uid": "7", "evt.arg.gid": "8", "evt.res": "ENOENT"}),
    Workload("mknod", "call(133, b'p', 0o10644, 0)", {"evt.arg.path": "{dir}/p", "evt.res": "SUCCESS"}),
    Workload("chdir", "os.chdir('/usr/lib')", {"evt.arg.path": "/usr/lib", "proc.cwd": "/usr/lib/"}),
    Workload("fchdir", "os.fchdir(os.open('/usr', os.O_RDONLY))", {"proc.cwd": "/usr/"}),
    Workload("chroot", "os.chroot('/')", {"evt.arg.path": "/", "evt.res": "SUCCESS"}),
    Workload(
        "mount",
        "call(165, b'no', b'where', b'tmpfs', 0x1001, 0)",
        {"evt.arg.dev": "no", "evt.arg.dir": "{dir}/where", "evt.arg.type": "tmpfs", "evt.res": "ENOENT"},
    ),
    Workload("umount2", "call(166, b'where', 2)", {"evt.arg.name": "{dir}/where", "evt.arg.flags": "DETACH"}),
)

DESCRIPTORS = (
    Workload("close", times("call(3, 9999)"), {"evt.arg.fd": "9999", "evt.res": "EBADF"}, PRIME),
    Workload("close_range", "call(436, 5000, 5010, 4)", {"evt.rawarg.first": 5000, "evt.rawarg.last": 5010}),
    Workload(
        "dup",
        "call(32, os.open('/etc/passwd', 0))",
        {"fd.name": "/etc/passwd", "evt.res": "SUCCESS"},
    ),
    Workload("dup2", "call(33, os.open('/etc/group', 0), 77)", {"fd.name": "/etc/group", "fd.num": 77}),
    Workload(
        "dup3",
        "call(292, os.open('/etc/hosts', 0), 78, 0o2000000)",
        {"fd.num": 78, "fd.name": "/etc/hosts", "evt.arg.flags": "O_CLOEXEC"},
    ),
    Workload(
        "fcntl",
        "call(72, os.open('/etc/shells', 0), 1030, 90)",
        {"evt.arg.cmd": "F_DUPFD_CLOEXEC", "fd.num": 90, "fd.name": "/etc/shells"},
    ),
    Workload("pipe", "pair = ctypes.create_string_buffer(8); call(22, pair)", {"fd.typechar": "p"}),
    Workload(
        "pipe2", "os.pipe2(0o4000)", {"evt.arg.flags": "O_NONBLOCK", "fd.typechar": "p", "evt.res": "SUCCESS"}
    ),
    Workload("eventfd2", "call(290, 7, 0o4000)", {"fd.typechar": "e", "evt.arg.initval": "7"}),
    Workload("signalfd4", "call(289, -1, bytes(8), 8, 0)", {"fd.typechar": "s"}),
    Workload("timerfd_create", "call(283, 1, 0)", {"fd.typechar": "t"}),
    Workload("inotify_init1", "call(294, 0)", {"fd.typechar": "i"}),
    Workload("epoll_create1", "call(291, 0)", {"evt.arg.flags": "0", "fd.typechar": "l"}),
    Workload(
        "memfd_create",
        "os.memfd_create('hidden', 1)",
        {"fd.typechar": "m", "fd.name": "hidden", "evt.arg.flags": "MFD_CLOEXEC"},
    ),
    Workload("pidfd_open", "call(434, os.getpid(), 0)", {"evt.rawarg.pid": "{pid}", "fd.typechar": "P"}),
    Workload("userfaultfd", "call(323, 1)", {"evt.type": "userfaultfd"}),
    Workload(
        "io_uring_setup",
        "call(425, 1 << 20, bytes(120))",
        {"evt.rawarg.entries": 1 << 20, "evt.res": "EINVAL"},
    ),
    Workload(
        "read",
        times("os.read(os.open('/etc/hostname', 0), 3)"),
        {"fd.name": "/etc/hostname", "evt.rawres": 3},
        PRIME,
    ),
    Workload(
        "write",
        times("os.write(os.open('out', 0o101), b'written')"),
        {"fd.name": "{dir}/out", "evt.arg.data": "written", "evt.buflen": 7},
        PRIME,
    ),
    Workload(
        "writev",
        "os.writev(os.open('outv', 0o101), [b'two', b'parts'])",
        {"fd.name": "{dir}/outv", "evt.arg.data": "twoparts", "evt.arg.size": "8"},
    ),
)

SOCKETS = (
    Workload(
        "connect",
        """
server = socket.create_server(('127.0.0.1', 0)); port = server.getsockname()[1]
for number in range(23):
    client = socket.socket(); client.connect(('127.0.0.1', port)); client.close(); server.accept()[0].close()
""",
        {
            "fd.sip": "127.0.0.1",
            "fd.cip": "127.0.0.1",
            "fd.l4proto": "tcp",
            "fd.typechar": "4",
            "evt.res": "SUCCESS",
            "fd.connected": True,
        },
        PRIME,
    ),
    Workload(
        "accept4",
        """
server = socket.create_server(('::1', 0), family=socket.AF_INET6)
client = socket.create_connection(server.getsockname()[:2]); server.accept()
""",
        {"fd.typechar": "6", "fd.sip": "::1", "evt.arg.queuemax": "128"},
    ),
    Workload(
        "accept",
        """
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname()); call(43, server.fileno(), 0, 0)
""",
        {"fd.typechar": "4", "fd.sip": "127.0.0.1", "evt.res": "SUCCESS"},
    ),
    Workload(
        "connect",
        """
server = socket.socket(socket.AF_INET6); server.bind(('::1', 0)); server.listen()
socket.socket(socket.AF_INET6).connect(server.getsockname()[:2])
""",
        {"fd.typechar": "6", "fd.sip": "::1", "fd.l4proto": "tcp", "evt.res": "SUCCESS"},
    ),
    Workload(
        "connect",
        """
server = socket.socket(socket.AF_UNIX); server.bind('door'); server.listen()
socket.socket(socket.AF_UNIX).connect('door')
""",
        {"fd.typechar": "u", "fd.sockfamily": "unix", "evt.arg.addr": "door", "evt.res": "SUCCESS"},
    ),
    Workload(
        "connect",
        "socket.socket(socket.AF_UNIX).connect_ex('\\0nobody')",
        {"evt.arg.addr": "nobody", "evt.res": "ECONNREFUSED"},
    ),
    Workload(
        "connect",
        "s = socket.socket(); s.connect_ex(('127.0.0.1', 1))",
        {"evt.res": "ECONNREFUSED", "evt.arg.addr": "127.0.0.1:1"},
    ),
    Workload(
        "connect",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 53))",
        {"fd.sport": 53, "fd.l4proto": "udp", "fd.sip": "127.0.0.1"},
    ),
    Workload(
        "bind",
        "socket.socket().bind(('127.0.0.1', 0)); s = socket.socket(); s.bind(('0.0.0.0', 48613))",
        {"fd.sport": 48613, "fd.name": "0.0.0.0:48613", "fd.is_server": True},
    ),
    Workload("listen", "s = socket.create_server(('127.0.0.1', 0)); s.listen(17)", {"evt.arg.backlog": "17"}),
    Workload(
        "socket",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)",
        {"evt.arg.domain": "AF_ROUTE|AF_NETLINK"},
    ),
    Workload("socketpair", "socket.socketpair()", {"fd.typechar": "u", "evt.arg.domain": "AF_LOCAL|AF_UNIX"}),
    Workload(
        "sendto",
        times("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'query', ('127.0.0.1', 9))"),
        {"fd.sport": 9, "fd.sip": "127.0.0.1", "evt.arg.data": "query", "evt.rawres": 5},
        PRIME,
    ),
    Workload(
        "sendmsg",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'ab', b'cd'], [], 0, ('127.0.0.1', 9))",
        {"fd.sport": 9, "evt.arg.data": "abcd", "evt.arg.size": "4"},
    ),
    Workload(
        "recvfrom",
        """
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(('127.0.0.1', 0))
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'answer', a.getsockname()); a.recvfrom(100)
""",
        {"evt.arg.data": "answer", "fd.sip": "127.0.0.1", "evt.rawres": 6},
    ),
)

PROCESSES = (
    Workload(
        "setuid", times("os.setuid(0)"), {"evt.rawarg.uid": 0, "user.uid": 0, "evt.res": "SUCCESS"}, PRIME
    ),
    Workload("setuid", "os.setuid(65534)", {"user.uid": 65534}),
    Workload("setgid", "os.setgid(65534)", {"group.gid": 65534}),
    Workload("setresuid", "os.setresuid(1, 1, 1)", {"user.uid": 1}),
    Workload("setsid", "os.fork() or os.setsid()", {"evt.res": "SUCCESS"}),
    Workload("setns", "call(308, 9999, 0x20000000)", {"evt.arg.nstype": "CLONE_NEWPID", "evt.res": "EBADF"}),
    Workload("unshare", "call(272, 0x20000)", {"evt.arg.flags": "CLONE_NEWNS", "evt.res": "SUCCESS"}),
    Workload("ptrace", "call(101, 0, 0, 0, 0)", {"evt.arg.request": "PTRACE_TRACEME", "evt.res": "SUCCESS"}),
    Workload(
        "ptrace",
        "call(101, 16, 999999, 0, 0)",
        {"evt.arg.request": "PTRACE_ATTACH", "evt.rawarg.pid": 999999, "evt.res": "ESRCH"},
    ),
    Workload("kill", "os.kill(os.getpid(), 0)", {"evt.rawarg.pid": "{pid}", "evt.rawarg.sig": 0}),
    Workload(
        "prctl", "call(157, 15, b'renamed')", {"evt.arg.option": "PR_SET_NAME", "evt.arg.arg2_str": "renamed"}
    ),
    Workload(
        "prctl", "call(157, 36, 1)", {"evt.arg.option": "PR_SET_CHILD_SUBREAPER", "evt.arg.arg2_int": "1"}
    ),
    Workload(
        "syscall", times("call(140, 0, 0)"), {"evt.type": "getpriority", "evt.rawarg.nativeID": 140}, PRIME
    ),
    Workload("bpf", "call(321, 99, 0, 0)", {"evt.rawarg.cmd": 99, "evt.failed": True}),
    Workload(
        "prlimit",
        "call(302, 0, 7, struct.pack('qq', 99, 199), 0)",
        {"evt.arg.newcur": "99", "evt.arg.resource": "RLIMIT_NOFILE"},
    ),
    Workload(
        "execve",
        "os.execv('/bin/true', ['true', 'a b', 'c'])",
        {
            "proc.exepath": "/usr/bin/true",
            "proc.cmdline": "true a b c",
            "proc.name": "true",
            "proc.exe": "true",
            "proc.pid": "{pid}",
            "proc.is_exe_writable": True,
            "evt.res": "SUCCESS",
            "evt.arg.filename": "/bin/true",
        },
    ),
    Workload(
        "execve",
        "strings = lambda *each: (ctypes.c_char_p * (len(each) + 1))(*each, None)\n"
        "call(59, b'/nonexistent/program', strings(b'zero', b'one'), strings(b'A=1'))",
        {
            "evt.arg.filename": "/nonexistent/program",
            "evt.res": "ENOENT",
            "evt.arg.exe": "zero",
            "evt.arg.args": "one.",
            "evt.arg.env": "A=1.",
        },
    ),
    Workload(
        "execve",
        """
made = os.memfd_create('evil', 0)
os.write(made, open('/bin/true', 'rb').read()); os.execve(made, ['shown'], {'B': '2'})
""",
        {"proc.is_exe_from_memfd": True, "proc.exe": "shown", "proc.exepath": "memfd:evil"},
    ),
)

FILE_SYSTEMS = (
    Workload(
        "execve",
        """
os.unshare(os.CLONE_NEWNS) if hasattr(os, 'unshare') else call(272, 0x20000)
for name in ('lower', 'upper', 'work', 'merged'): os.mkdir(name)
program = open('/bin/true', 'rb').read()
open('lower/old', 'wb').write(program)
call(165, b'none', b'/', 0, 0x44000, 0)
assert call(165, b'o', b'merged', b'overlay', 0, b'lowerdir=lower,upperdir=upper,workdir=work') == 0
open('merged/new', 'wb').write(program)
os.chmod('merged/new', 0o755); os.chmod('lower/old', 0o755)
if os.fork() == 0: os.execv('merged/new', ['new'])
os.wait()
""",
        {
            "proc.exe": "new",
            "proc.exepath": "{dir}/merged/new",
            "proc.is_exe_upper_layer": True,
            "proc.is_exe_lower_layer": False,
        },
    ),
    Workload(
        "execve",
        """
import shutil
shutil.copy('/bin/true', '/dev/shm/falcolab-test')
if os.fork() == 0: os.execv('/dev/shm/falcolab-test', ['t'])
os.wait(); os.unlink('/dev/shm/falcolab-test')
""",
        {"proc.exepath": "/dev/shm/falcolab-test", "proc.exe": "t"},
    ),
)

WORKLOADS = (*FILE_SYSTEMS, *FILES, *DESCRIPTORS, *SOCKETS, *PROCESSES)
