"""The known workload: what is done, how often, and the program that does it."""

from __future__ import annotations

import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")

CALLS = {
    "open": 11,
    "openat": 13,
    "creat": 17,
    "mkdir": 19,
    "mkdirat": 23,
    "rmdir": 29,
    "rename": 31,
    "renameat2": 37,
    "link": 41,
    "symlink": 43,
    "symlinkat": 47,
    "unlinkat": 53,
    "chmod": 59,
    "fchmodat": 61,
    "chdir": 67,
    "dup": 71,
    "dup2": 73,
    "dup3": 79,
    "pipe2": 83,
    "socketpair": 89,
    "eventfd2": 97,
    "memfd_create": 101,
    "setuid": 103,
    "setgid": 107,
    "setpgid": 109,
    "prctl": 113,
    "ptrace": 127,
    "kill": 131,
    "mount": 137,
    "umount2": 139,
}
"""Calls, as often as no other one."""

FAILED_EXECVE, CHILDREN, IPV4, IPV6, UNIX, UNLINK = 149, 7, 5, 3, 2, 151

EVENTS = CALLS | {
    "unlink": UNLINK + UNIX,
    "bind": IPV4 + IPV6 + UNIX,
    "listen": IPV4 + IPV6 + UNIX,
    "connect": IPV4 + IPV6 + UNIX,
    "accept4": IPV4 + IPV6 + UNIX,
}
"""Event type -> how many of them the main process makes, besides starting children."""

_ORDERS = {
    **CALLS,
    "unlink": UNLINK,
    "execve": FAILED_EXECVE,
    "child": CHILDREN,
    "ipv4": IPV4,
    "ipv6": IPV6,
    "unix": UNIX,
}


def compile_workload(folder: Path) -> Path:
    """The program; it needs no libraries, so that it runs in any container."""
    program = folder / "workload"
    command: list[str | Path] = ["cc", "-static", "-O1", "-Wall", "-Werror", "-o", program, SOURCE]
    subprocess.run(command, check=True)
    return program


def command_line(program: str | Path, tag: str, folder: str | Path) -> list[str]:
    """Everything once."""
    return [str(program), tag, str(folder), *(f"{name}={count}" for name, count in _ORDERS.items())]
