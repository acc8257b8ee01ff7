"""Writes what Linux tells a program of itself into a file: ``python told.py FILE``.

The event of opening the file is where an observer is asked for the same.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

_PROC = Path("/proc/thread-self")
_CAPABILITIES = {"cap_permitted": "CapPrm", "cap_effective": "CapEff", "cap_inheritable": "CapInh"}


def told() -> dict[str, Any]:
    """Fields as Falco names them; ids are those of the machine but where a name says otherwise."""
    status = dict(line.split(":", 1) for line in (_PROC / "status").read_text().splitlines())
    stat = (_PROC / "stat").read_text().rpartition(")")[2].split()
    program = os.stat("/proc/self/exe")
    return {
        "thread.tid": int(status["Pid"]),
        "thread.vtid": threading.get_native_id(),
        "thread.ismain": status["Pid"] == status["Tgid"],
        "proc.pid": int(status["Tgid"]),
        "proc.vpid": os.getpid(),
        "proc.ppid": int(status["PPid"]),
        "proc.pgid": int(stat[2]),
        "proc.vpgid": os.getpgid(0),
        "proc.sid": os.getsid(0),
        "proc.tty": int(stat[4]),
        "proc.name": status["Name"].strip(),
        "proc.exepath": os.readlink("/proc/self/exe"),
        "proc.args": " ".join(_strings("cmdline")[1:]),
        "proc.exe": _strings("cmdline")[0],
        "proc.env": " ".join(_strings("environ")),
        "proc.cwd": f"{Path.cwd()}/",
        "proc.exe_ino": program.st_ino,
        "proc.exe_ino.mtime": program.st_mtime_ns,
        "proc.exe_ino.ctime": program.st_ctime_ns,
        "proc.fdlimit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "proc.stdin.name": os.readlink("/proc/self/fd/0"),
        "user.uid": os.geteuid(),
        "group.gid": os.getegid(),
        **{f"thread.{name}": int(status[key], 16) for name, key in _CAPABILITIES.items()},
    }


def _strings(name: str) -> list[str]:
    return (Path("/proc/self") / name).read_text().split("\0")[:-1]


def write(path: str) -> None:
    """Open the file and write what is told, of the file as well."""
    facts = told()
    with open(path, "w", encoding="utf-8") as file:
        json.dump(facts | _of_file(path, file.fileno()), file)


def _of_file(path: str, number: int) -> dict[str, Any]:
    opened = os.fstat(number)
    device = {"fd.dev.major": os.major(opened.st_dev), "fd.dev.minor": os.minor(opened.st_dev)}
    return device | {"fd.num": number, "fd.name": path, "fd.ino": opened.st_ino}


if __name__ == "__main__":
    if sys.argv[2:] == ["thread"]:
        thread = threading.Thread(target=write, args=(sys.argv[1],))
        thread.start()
        thread.join()
    else:
        write(sys.argv[1])
