"""Calls about processes, users, namespaces, memory and the kernel itself."""

from __future__ import annotations

from capture.probe.calls.call import Call, params

_NEW = "struct limit wanted, old; read_limit(&wanted, A2, ret == 0); read_limit(&old, A3, ret == 0);"
_LIMIT = "struct limit l; read_limit(&l, A1, 1);"
_LIMIT_GOT = "struct limit l; read_limit(&l, A1, ret == 0);"
_CRED = "u64 cred = read_u64(bpf_get_current_task(), TASK_CRED);"
_MEMORY = "u64 mm = read_u64(bpf_get_current_task(), TASK_MM);"
_SIZES = (
    "u32:(u32)read_u64(mm, MM_TOTAL_VM) << 2; u32:(pages_of(mm, 0) + pages_of(mm, 1) + pages_of(mm, 3)) << 2;"
    "u32:pages_of(mm, 2) << 2"
)

PROCESSES = (
    Call("clone", 223, (), "state", handler="cloned"),
    Call("clone3", 335, (), "state", handler="cloned"),
    Call("fork", 225, (), "state", handler="cloned"),
    Call("vfork", 227, (), "state", handler="cloned"),
    Call("execve", 293, (), "state", handler="not_started"),
    Call("execveat", 331, (), "state", handler="not_started"),
    Call("setuid", 199, params("s64:ret; u32:A0"), "state"),
    Call("setgid", 201, params("s64:ret; u32:A0"), "state"),
    Call("setreuid", 427, params("s64:ret; u32:A0; u32:A1"), "state"),
    Call("setregid", 429, params("s64:ret; u32:A0; u32:A1"), "state"),
    Call("setresuid", 193, params("s64:ret; u32:A0; u32:A1; u32:A2"), "state"),
    Call("setresgid", 195, params("s64:ret; u32:A0; u32:A1; u32:A2"), "state"),
    Call("setsid", 275, params("s64:ret"), "state"),
    Call("setpgid", 295, params("s64:ret; fd:A0; fd:A1"), "state"),
    Call(
        "capset",
        353,
        params(
            "s64:ret; u64:capabilities(cred, CRED_INHERITABLE); u64:capabilities(cred, CRED_PERMITTED);"
            "u64:capabilities(cred, CRED_EFFECTIVE)"
        ),
        "state",
        before=_CRED,
    ),
    Call("prctl", 401, params("s64:ret; u32:A0; option:A0, A1; option_number:A0, A1"), "state"),
    Call("setns", 241, params("s64:ret; fd:A0; u32:clone_flags(A1)"), "state"),
    Call("unshare", 285, params("s64:ret; u32:clone_flags(A0)"), "state"),
    Call(
        "ptrace",
        169,
        params("s64:ret; traced_address:ret, A2; traced_data:ret, A0, A3; u16:ptrace_request(A0); fd:A1"),
    ),
    Call("kill", 129, params("s64:ret; fd:A0; u8:A1")),
    Call("tkill", 131, params("s64:ret; fd:A0; u8:A1")),
    Call("tgkill", 133, params("s64:ret; fd:A0; fd:A1; u8:A2")),
    Call("bpf", 369, params("s64:ret; u32:A0"), "state"),
    Call("process_vm_readv", 421, params("s64:ret; fd:A0; vectors:A1, A2, ret > 0 ? ret : 0")),
    Call("process_vm_writev", 423, params("s64:ret; fd:A0; vectors:A1, A2, ret > 0 ? ret : SNAPLEN")),
    Call("seccomp", 299, params("s64:ret; u64:(u32)A0; u64:(u32)A1")),
    Call("init_module", 411, params("s64:ret; bytes:A0, A1, STRING; u64:A1; string:A2")),
    Call("finit_module", 413, params("s64:ret; fd:A0; string:A1; u32:A2 & 7")),
    Call(
        "delete_module",
        425,
        params("s64:ret; string:A0; u32:MAP_FLAG(A1, 04000, 2) | MAP_FLAG(A1, 01000, 1)"),
    ),
    Call(
        "prlimit",
        145,
        params(
            "s64:ret; s64:wanted.current; s64:wanted.most; s64:old.current; s64:old.most; fd:A0;"
            "u8:rlimit_resource(A1)"
        ),
        "state",
        hook="prlimit64",
        before=_NEW,
    ),
    Call(
        "setrlimit",
        143,
        params("s64:ret; s64:l.current; s64:l.most; u8:rlimit_resource(A0)"),
        "state",
        before=_LIMIT,
    ),
    Call(
        "getrlimit",
        141,
        params("s64:ret; s64:l.current; s64:l.most; u8:rlimit_resource(A0)"),
        "hot",
        before=_LIMIT_GOT,
    ),
    Call("mprotect", 329, params("s64:ret; u64:A0; u64:A1; u32:protection(A2)"), "hot"),
    Call(
        "mmap",
        161,
        params(f"s64:ret; {_SIZES}; u64:A0; u64:A1; u32:protection(A2); u32:mmap_flags(A3); fd:A4; u64:A5"),
        "hot",
        before=_MEMORY,
    ),
    Call("munmap", 165, params(f"s64:ret; {_SIZES}; u64:A0; u64:A1"), "hot", before=_MEMORY),
    Call("brk", 159, params(f"u64:ret; {_SIZES}; u64:A0"), "hot", before=_MEMORY),
    Call("mlock", 345, params("s64:ret; u64:A0; u64:A1"), "hot"),
    Call("munlock", 347, params("s64:ret; u64:A0; u64:A1"), "hot"),
    Call("mlockall", 349, params("s64:ret; u32:A0 & 7"), "hot"),
    Call("munlockall", 351, params("s64:ret"), "hot"),
    Call("mlock2", 371, params("s64:ret; u64:A0; u64:A1; u32:A2 & 1"), "hot"),
    Call("getuid", 203, params("u32:ret"), "hot"),
    Call("geteuid", 205, params("u32:ret"), "hot"),
    Call("getgid", 207, params("u32:ret"), "hot"),
    Call("getegid", 209, params("u32:ret"), "hot"),
    Call("epoll_wait", 79, params("s64:ret; s64:(s32)A2"), "hot"),
    Call("select", 83, params("s64:ret"), "hot"),
)
