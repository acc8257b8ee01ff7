"""Calls about paths and open files."""

from __future__ import annotations

from capture.probe.calls.call import Call, params

_OPENED = "struct opened file; look_at(&file, ret);"
_HOW = "struct open_how how; read_how(&how, A2);"

FILES = (
    Call(
        "open",
        3,
        params(
            "s64:ret; string:A0; u32:open_flags(A1) | file.flags; u32:open_mode(A1, A2); u32:file.dev;"
            "u64:file.ino"
        ),
        "state",
        before=_OPENED,
    ),
    Call(
        "openat",
        307,
        params(
            "s64:ret; fd:A0; string:A1; u32:open_flags(A2) | file.flags; u32:open_mode(A2, A3); u32:file.dev;"
            "u64:file.ino"
        ),
        "state",
        before=_OPENED,
    ),
    Call(
        "openat2",
        327,
        params(
            "s64:ret; fd:A0; string:A1; u32:open_flags(how.flags) | file.flags;"
            "u32:open_mode(how.flags, how.mode); u32:resolve_flags(how.resolve); u32:file.dev; u64:file.ino"
        ),
        "state",
        before=_OPENED + _HOW,
    ),
    Call(
        "creat",
        59,
        params("s64:ret; string:A0; u32:A1 & 07777; u32:file.dev; u64:file.ino; u16:file.layer"),
        "state",
        before=_OPENED,
    ),
    Call(
        "open_by_handle_at",
        337,
        params("s64:ret; fd:A0; u32:open_flags(A2) | file.flags; path:file.file; u32:file.dev; u64:file.ino"),
        "state",
        before=_OPENED,
    ),
    Call("unlink", 301, params("s64:ret; string:A0")),
    Call("unlinkat", 303, params("s64:ret; fd:A0; string:A1; u32:A2 & 0x200")),
    Call("rmdir", 279, params("s64:ret; string:A0")),
    Call("mkdir", 277, params("s64:ret; string:A0; u32:A1")),
    Call("mkdirat", 305, params("s64:ret; fd:A0; string:A1; u32:A2")),
    Call("mknod", 415, params("s64:ret; string:A0; u32:A1 & 0177777; u32:A2")),
    Call("mknodat", 417, params("s64:ret; fd:A0; string:A1; u32:A2 & 0177777; u32:A3")),
    Call("link", 309, params("s64:ret; string:A0; string:A1")),
    Call("linkat", 311, params("s64:ret; fd:A0; string:A1; fd:A2; string:A3; u32:A4 & 0x1400")),
    Call("symlink", 179, params("s64:ret; string:A0; string:A1")),
    Call("symlinkat", 181, params("s64:ret; string:A0; fd:A1; string:A2")),
    Call("rename", 175, params("s64:ret; string:A0; string:A1")),
    Call("renameat", 177, params("s64:ret; fd:A0; string:A1; fd:A2; string:A3")),
    Call("renameat2", 319, params("s64:ret; fd:A0; string:A1; fd:A2; string:A3; u32:A4")),
    Call("chmod", 315, params("s64:ret; string:A0; u32:A1 & 07777")),
    Call("fchmod", 317, params("s64:ret; fd:A0; u32:A1 & 07777")),
    Call("fchmodat", 313, params("s64:ret; fd:A0; string:A1; u32:A2 & 07777")),
    Call("chown", 379, params("s64:ret; string:A0; u32:A1; u32:A2")),
    Call("lchown", 381, params("s64:ret; string:A0; u32:A1; u32:A2")),
    Call("fchown", 383, params("s64:ret; fd:A0; u32:A1; u32:A2")),
    Call(
        "fchownat",
        385,
        params("s64:ret; fd:A0; string:A1; u32:A2; u32:A3; u32:MAP_FLAG(A4, 0x100, 0x400) | (A4 & 0x1000)"),
    ),
    Call("access", 265, params("s64:ret; string:A0; u32:A1 & 7"), "hot"),
    Call("stat", 67, params("s64:ret; string:A0"), "hot", hook="newstat"),
    Call("lstat", 69, params("s64:ret; string:A0"), "hot", hook="newlstat"),
    Call("fstat", 71, params("s64:ret; fd:A0"), "hot", hook="newfstat"),
    Call("newfstatat", 419, params("s64:ret; fd:A0; string:A1; u32:A3 & 0x1900"), "hot"),
    Call("getcwd", 93, params("s64:ret; string:ret > 0 ? A0 : 0"), "hot"),
    Call("getdents", 237, params("s64:ret; fd:A0"), "hot"),
    Call("getdents64", 239, params("s64:ret; fd:A0"), "hot"),
    Call("chdir", 95, params("s64:ret; string:A0"), "state"),
    Call("fchdir", 97, params("s64:ret; fd:A0"), "state"),
    Call("chroot", 267, params("s64:ret; string:A0"), "state"),
    Call("mount", 257, params("s64:ret; string:A0; string:A1; string:A2; u32:mount_flags(A3)"), "state"),
    Call("umount2", 391, params("s64:ret; string:A0; u32:A1 & 0xf"), "state", hook="umount"),
    Call("flock", 243, params("s64:ret; fd:A0; u32:flock_operation(A1)"), "hot"),
)
