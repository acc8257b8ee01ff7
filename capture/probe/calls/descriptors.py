"""Calls that make, copy, close or use descriptors other than files and sockets."""

from __future__ import annotations

from capture.probe.calls.call import Call, params

_PIPE = "struct pair ends; read_pair(&ends, A0, ret);"
_URING = "struct uring u; read_uring(&u, A1);"

_READ = "s64:ret; data:A1, ret > 0 ? ret : 0; fd:A0; u32:A2"
_WRITE = "s64:ret; data:A1, ret > 0 ? ret : A2; fd:A0; u32:A2"

DESCRIPTORS = (
    Call("close", 5, params("s64:ret; fd:A0"), "state"),
    Call("close_range", 451, params("s64:ret; u32:A0; u32:A1; u32:A2 & 6"), "state"),
    Call("dup", 367, params("s64:ret; fd:A0"), "state"),
    Call("dup2", 363, params("s64:ret; fd:A0; fd:A1"), "state"),
    Call("dup3", 365, params("s64:ret; fd:A0; fd:A1; u32:fd_flags(A2)"), "state"),
    Call("fcntl", 151, params("s64:ret; fd:A0; u8:fcntl_command(A1); u64:A2"), "state"),
    Call(
        "pipe",
        61,
        params("s64:ret; fd:ends.first; fd:ends.second; u64:inode_number(ends.first)"),
        "state",
        before=_PIPE,
    ),
    Call(
        "pipe2",
        393,
        params("s64:ret; fd:ends.first; fd:ends.second; u64:inode_number(ends.first); u32:fd_flags(A1)"),
        "state",
        before=_PIPE,
    ),
    Call("eventfd", 63, params("s64:ret; u64:(u32)A0; u32:0"), "state"),
    Call("eventfd2", 397, params("s64:ret; u16:fd_flags(A1); u64:(u32)A0"), "state"),
    Call("signalfd", 127, params("s64:ret; fd:A0; u32:0; u8:0"), "state"),
    Call("signalfd4", 399, params("s64:ret; u16:fd_flags(A3); fd:A0; u32:0"), "state"),
    Call("timerfd_create", 137, params("s64:ret; u8:0; u8:0"), "state"),
    Call("inotify_init", 139, params("s64:ret; u8:0"), "state"),
    Call("inotify_init1", 395, params("s64:ret; u16:fd_flags(A0)"), "state"),
    Call("epoll_create", 375, params("s64:ret; u32:A0"), "state"),
    Call("epoll_create1", 377, params("s64:ret; u32:MAP_FLAG(A0, 02000000, 1)"), "state"),
    Call("memfd_create", 405, params("s64:ret; string:A0; u32:A1 & 7"), "state"),
    Call("pidfd_open", 409, params("s64:ret; fd:A0; u32:MAP_FLAG(A1, 04000, 1)"), "state"),
    Call("pidfd_getfd", 407, params("s64:ret; fd:A0; fd:A1; u32:A2"), "state"),
    Call("userfaultfd", 321, params("s64:ret; u32:A0"), "state"),
    Call(
        "io_uring_setup",
        339,
        params("s64:ret; u32:A0; u32:u.sq; u32:u.cq; u32:u.flags; u32:u.cpu; u32:u.idle; u32:u.features"),
        "state",
        before=_URING,
    ),
    Call("io_uring_enter", 341, params("s64:ret; fd:A0; u32:A1; u32:A2; u32:A3 & 0xf; u32:0"), "hot"),
    Call("io_uring_register", 343, params("s64:ret; fd:A0; u16:A1; u64:A2; u32:A3"), "hot"),
    Call("read", 7, params(_READ), "hot"),
    Call("write", 9, params(_WRITE), "hot"),
    Call("pread", 113, params(_READ + "; u64:A3"), "hot", hook="pread64"),
    Call("pwrite", 115, params(_WRITE + "; u64:A3"), "hot", hook="pwrite64"),
    Call(
        "readv",
        117,
        params("s64:ret; u32:size_of_vectors(A1, A2); vectors:A1, A2, ret > 0 ? ret : 0; fd:A0"),
        "hot",
    ),
    Call(
        "writev",
        119,
        params("s64:ret; vectors:A1, A2, ret > 0 ? ret : SNAPLEN; fd:A0; u32:size_of_vectors(A1, A2)"),
        "hot",
    ),
    Call(
        "preadv",
        121,
        params("s64:ret; u32:size_of_vectors(A1, A2); vectors:A1, A2, ret > 0 ? ret : 0; fd:A0; u64:A3"),
        "hot",
    ),
    Call(
        "pwritev",
        123,
        params(
            "s64:ret; vectors:A1, A2, ret > 0 ? ret : SNAPLEN; fd:A0; u32:size_of_vectors(A1, A2); u64:A3"
        ),
        "hot",
    ),
    Call("lseek", 87, params("s64:ret; fd:A0; u64:A1; u8:A2 <= 2 ? A2 : 0"), "hot"),
    Call("ioctl", 171, params("s64:ret; fd:A0; u64:A1; u64:A2"), "hot"),
    Call("sendfile", 189, params("s64:ret; u64:0; fd:A0; fd:A1; u64:A3"), "hot", hook="sendfile64"),
    Call("copy_file_range", 333, params("s64:ret; fd:A2; u64:0; fd:A0; u64:0; u64:A4"), "hot"),
    Call("splice", 167, params("s64:ret; fd:A0; fd:A2; u64:A4; u32:A5 & 0xf"), "hot"),
)
